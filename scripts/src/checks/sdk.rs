//! Microsoft's own clients against the offline tenant: what they send is understood, and they can read what they get.
//!
//! They and what they need are installed below the target directory, the first time from their registries.

use std::path::PathBuf;
use std::process::Command;
use std::{fs, io};

use super::{Held, run};
use crate::cargo::{self, Profile};
use crate::error::{Doing, Error};
use crate::http::Http;
use crate::package::Rights;
use crate::root;
use crate::tenant::TenantProcess;

/// What the scripts do needs these.
const ROLES: [&str; 3] =
    ["User.ReadWrite.All", "GroupMember.ReadWrite.All", "LicenseAssignment.ReadWrite.All"];

pub(super) fn understand() -> Result<Held, Error> {
    let clients = [javascript()?, python()?];
    let runtime = tokio::runtime::Runtime::new().doing(|| "start a runtime".to_owned())?;
    clients.into_iter().try_for_each(|client| runtime.block_on(against_a_tenant(client)))?;
    Ok(Held::Yes)
}

/// Runs a client's script against a tenant of its own.
async fn against_a_tenant(mut client: Command) -> Result<(), Error> {
    let tenant = TenantProcess::start(&cargo::build("tenant", Profile::Debug)?, Http::new()?).await?;
    let token = tenant.token("sdk", &Rights::of(&ROLES)).await?;
    run(client.arg(tenant.root()).arg(token)).map(drop)
}

/// Node looks for packages beside the script, so the script goes where they are.
fn javascript() -> Result<Command, Error> {
    let folder = folder("javascript", &["package.json", "graph_client.mjs"])?;
    run(Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"])
        .arg(&folder))?;
    let mut node = Command::new("node");
    node.arg(folder.join("graph_client.mjs"));
    Ok(node)
}

fn python() -> Result<Command, Error> {
    let folder = folder("python", &["requirements.txt", "msgraph_sdk.py"])?;
    let venv = folder.join("venv");
    let program = venv.join("bin/python");
    if !program.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    let quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(&program).args(quietly).arg(folder.join("requirements.txt")))?;
    let mut python = Command::new(program);
    python.arg(folder.join("msgraph_sdk.py"));
    Ok(python)
}

/// A folder below the target directory, with these files of `tests/tenant/sdk`.
fn folder(name: &str, files: &[&str]) -> Result<PathBuf, Error> {
    let (from, to) = (root().join("tests/tenant/sdk"), cargo::target()?.join("sdk").join(name));
    let copied = || -> io::Result<()> {
        fs::create_dir_all(&to)?;
        files.iter().try_for_each(|file| fs::copy(from.join(file), to.join(file)).map(drop))
    };
    copied().doing(|| format!("copy {} to {}", from.display(), to.display()))?;
    Ok(to)
}
