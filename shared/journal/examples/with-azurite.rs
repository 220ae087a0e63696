//! Runs a command beside Azurite, Microsoft's emulator of Azure Storage, and ends with the command's exit code:
//!
//! ```text
//! cargo run -p journal --features azurite --example with-azurite -- \
//!     cargo test -p journal --features azurite --test blob
//! ```
//!
//! The first time, npm installs Azurite below the target directory. It listens on a free port of the loopback interface
//! and over https, because the client of Azure sends tokens nowhere else; the certificate is made here and thrown away
//! with the process. The command finds in its environment:
//!
//! * `AZURITE_BLOB_ENDPOINT`: as in `https://127.0.0.1:41873/devstoreaccount1`
//! * `AZURITE_CA_FILE`: the certificate to trust, as PEM
//!
//! Nothing survives it: Azurite keeps everything in memory and is killed at the end.

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::{env, fs, thread};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const VERSION: &str = "3.35.0";

fn main() -> Result<ExitCode> {
    let mut args = env::args_os().skip(1);
    let program = args.next().ok_or("usage: with-azurite <command> [<argument>...]")?;
    let folder = folder()?;
    install(&folder)?;
    let certificate = Certificate::write(&folder)?;
    let azurite = Azurite::start(&folder, &certificate)?;
    let status = command(program)
        .args(args)
        .env("AZURITE_BLOB_ENDPOINT", &azurite.endpoint)
        .env("AZURITE_CA_FILE", &certificate.pem)
        .status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The command, without what `cargo run` says about this package: a cargo within it would build other crates anew,
/// because their build scripts look at these variables.
fn command(program: OsString) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|ours| name.to_string_lossy().starts_with(ours)) {
            command.env_remove(name);
        }
    }
    command
}

/// `azurite` below the target directory, in which this program lies two folders deep.
fn folder() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("this program does not lie in a target directory")?;
    let folder = target.join("azurite");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn install(folder: &Path) -> Result<()> {
    let manifest = fs::read_to_string(folder.join("node_modules/azurite/package.json")).unwrap_or_default();
    if manifest.contains(&format!("\"version\": \"{VERSION}\"")) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--loglevel=error", "--prefix"])
        .arg(folder)
        .arg(format!("azurite@{VERSION}"))
        .stdout(Stdio::null());
    let status = found("npm", npm.status())?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("npm could not install azurite@{VERSION}: {status}").into()),
    }
}

fn found<T>(program: &str, result: io::Result<T>) -> Result<T> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!(
            "{program} is not installed: Azurite needs Node.js 20 or later with npm, as from `apt-get install nodejs npm` \
             or `brew install node`"
        )
        .into(),
        _ => error.into(),
    })
}

/// A certificate for this one start, in files that go away with it.
struct Certificate {
    pem: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn write(folder: &Path) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let file = |end| folder.join(format!("{}.{end}", std::process::id()));
        let this = Self { pem: file("cert.pem"), key: file("key.pem") };
        fs::write(&this.pem, made.cert.pem())?;
        fs::write(&this.key, made.signing_key.serialize_pem())?;
        Ok(this)
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.pem);
        let _ = fs::remove_file(&self.key);
    }
}

/// A running Azurite, killed when it is dropped.
struct Azurite {
    process: Child,
    endpoint: String,
}

impl Azurite {
    fn start(folder: &Path, certificate: &Certificate) -> Result<Self> {
        let mut node = Command::new("node");
        node.arg(folder.join("node_modules/azurite/dist/src/blob/main.js"))
            .args(["--blobHost", "127.0.0.1", "--blobPort", "0", "--oauth", "basic"])
            .args(["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"])
            .arg("--cert")
            .arg(&certificate.pem)
            .arg("--key")
            .arg(&certificate.key)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut azurite = Self { process: found("node", node.spawn())?, endpoint: String::new() };
        let output = azurite.process.stdout.take().ok_or("Azurite has no output")?;
        azurite.endpoint = format!("{}/devstoreaccount1", address(output)?);
        Ok(azurite)
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until Azurite says where it listens, then lets it talk to nobody.
fn address(output: ChildStdout) -> Result<String> {
    let mut output = BufReader::new(output);
    let mut said = String::new();
    while output.read_line(&mut said)? > 0 {
        if let Some((_, address)) = said.split_once("successfully listens on ") {
            let address = address.trim().to_owned();
            thread::spawn(move || io::copy(&mut output, &mut io::sink()));
            return Ok(address);
        }
    }
    Err(format!("Azurite ended before it listened: {said}").into())
}
