//! Staging: a function as the folder that is deployed.
//!
//! ```text
//! dist/onboard-user/
//!   host.json                   the one template of the collection
//!   handler                     the function's program, 0755
//!   onboard-user/function.json  one folder per trigger
//!   enable-due/function.json
//! ```
//!
//! The names are the platform's: a custom handler is found by `defaultExecutablePath` of host.json, a function by the
//! name of its folder (Microsoft, "Azure Functions custom handlers"). Each file takes its place in one step, so that an
//! app may be staged anew while it is served.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::cargo::{self, Profile};
use crate::error::{Doing, Error};
use crate::root;

/// The program's name within the app, as host.json has it. The platform gives execute rights to exactly this name.
const HANDLER: &str = "handler";
const PROGRAM: u32 = 0o755;
const PLAIN: u32 = 0o644;

/// A staged app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The folder that is deployed.
    pub folder: PathBuf,
    /// What is in it.
    files: Vec<Part>,
}

/// One file of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    from: PathBuf,
    /// Within the app, with `/` between folders.
    to: String,
    mode: u32,
}

/// The functions of the collection, by name.
///
/// # Errors
///
/// The folder of functions cannot be read.
pub fn functions() -> Result<Vec<String>, Error> {
    folders_with("Cargo.toml", &root().join("functions"))
}

/// What an identity may: its application permissions, its directory roles, and its roles on a key vault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Application permissions (app roles), on Microsoft Graph and on Exchange Online.
    pub roles: Vec<String>,
    /// Directory roles, such as `User Administrator`.
    pub directory_roles: Vec<String>,
    /// Roles on the key vaults that it is to use, such as `Key Vault Crypto User`.
    pub vault_roles: Vec<String>,
}

impl Rights {
    /// These application permissions, and no role.
    pub fn of(roles: &[&str]) -> Self {
        Self { roles: roles.iter().map(ToString::to_string).collect(), ..Self::default() }
    }

    /// The name of each.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.roles, &self.directory_roles, &self.vault_roles].into_iter().flatten().map(String::as_str)
    }
}

/// What a function asks for: what its identity is granted, and nothing else.
///
/// # Errors
///
/// There is no such function, or its permissions.json cannot be read.
pub fn permissions(function: &str) -> Result<Rights, Error> {
    let file = root().join("functions").join(function).join("permissions.json");
    let text = fs::read_to_string(&file).doing(|| format!("read {}", file.display()))?;
    let asked: Value = serde_json::from_str(&text).doing(|| format!("understand {}", file.display()))?;
    let named = |list: &str, what: &str| {
        let grants = asked[list].as_array().into_iter().flatten();
        grants.filter_map(|grant| grant[what].as_str().map(str::to_owned)).collect()
    };
    let (graph, exchange): (Vec<_>, Vec<_>) = (named("graph", "permission"), named("exchange", "permission"));
    Ok(Rights {
        roles: [graph, exchange].concat(),
        directory_roles: named("directoryRoles", "role"),
        vault_roles: named("keyVault", "role"),
    })
}

/// Builds a function and stages it in a folder.
///
/// # Errors
///
/// There is no such function (the message lists those there are), it does not build, or the folder cannot be written.
pub fn stage(function: &str, profile: Profile, folder: &Path) -> Result<Staged, Error> {
    let known = functions()?;
    if !known.iter().any(|known| known == function) {
        let known = known.join(", ");
        return Err(Error::new(format!("there is no function «{function}»; these are there: {known}")));
    }
    let staged = Staged { folder: folder.to_owned(), files: parts(function, profile)? };
    staged.files.iter().try_for_each(|part| put(part, folder))?;
    staged.remove_others()?;
    Ok(staged)
}

fn parts(function: &str, profile: Profile) -> Result<Vec<Part>, Error> {
    let source = root().join("functions").join(function);
    let triggers = folders_with("function.json", &source)?;
    if triggers.is_empty() {
        return Err(Error::new(format!("{function} has no trigger: no folder with a function.json")));
    }
    let handler = Part { from: cargo::build(function, profile)?, to: HANDLER.to_owned(), mode: PROGRAM };
    let host = Part { from: root().join("host.json"), to: "host.json".to_owned(), mode: PLAIN };
    let triggers = triggers.into_iter().map(|trigger| {
        let to = format!("{trigger}/function.json");
        Part { from: source.join(&to), to, mode: PLAIN }
    });
    Ok([host, handler].into_iter().chain(triggers).collect())
}

/// Copies a file beside its place, then puts it there in one step.
fn put(part: &Part, folder: &Path) -> Result<(), Error> {
    let place = folder.join(&part.to);
    let beside = place.with_extension(format!("{}.new", std::process::id()));
    let copied = || -> io::Result<()> {
        fs::create_dir_all(place.parent().unwrap_or(folder))?;
        fs::copy(&part.from, &beside)?;
        set_mode(&beside, part.mode)?;
        fs::rename(&beside, &place)
    };
    copied().doing(|| format!("copy {} to {}", part.from.display(), place.display()))
}

#[cfg(unix)]
fn set_mode(file: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_file: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

impl Staged {
    /// Removes what an earlier staging has left: a trigger that is no more would otherwise go on being served.
    fn remove_others(&self) -> Result<(), Error> {
        let first = |part: &Part| OsString::from(part.to.split('/').next().unwrap_or_default());
        let wanted: BTreeSet<OsString> = self.files.iter().map(first).collect();
        let removed = || -> io::Result<()> {
            for entry in fs::read_dir(&self.folder)? {
                let entry = entry?;
                match entry.file_type()?.is_dir() {
                    _ if wanted.contains(&entry.file_name()) => {}
                    true => fs::remove_dir_all(entry.path())?,
                    false => fs::remove_file(entry.path())?,
                }
            }
            Ok(())
        };
        removed().doing(|| format!("tidy {}", self.folder.display()))
    }

    /// Packs the app into an archive for deployment, with Unix modes: where the platform mounts an archive read-only it
    /// cannot make the handler executable itself. The same files give the same archive.
    ///
    /// # Errors
    ///
    /// The archive cannot be written.
    pub fn zip(&self, archive: &Path) -> Result<(), Error> {
        let packed = || -> io::Result<()> {
            let mut zip = ZipWriter::new(File::create(archive)?);
            let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
            for part in &self.files {
                zip.start_file(&part.to, plain.unix_permissions(part.mode))?;
                io::copy(&mut File::open(self.folder.join(&part.to))?, &mut zip)?;
            }
            zip.finish().map(drop).map_err(io::Error::from)
        };
        packed().doing(|| format!("write {}", archive.display()))
    }
}

/// The folders that hold such a file, by name.
fn folders_with(file: &str, folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).doing(|| format!("list {}", folder.display()))?;
    let holding = entries.filter_map(Result::ok).filter(|entry| entry.path().join(file).is_file());
    let names: BTreeSet<String> =
        holding.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    Ok(names.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(folder: &Path, to: &[&str]) -> Staged {
        let from = root().join("host.json");
        let part = |to: &&str| Part { from: from.clone(), to: (*to).to_owned(), mode: PROGRAM };
        let staged = Staged { folder: folder.to_owned(), files: to.iter().map(part).collect() };
        staged.files.iter().for_each(|part| put(part, folder).unwrap());
        staged
    }

    #[test]
    fn an_unknown_function_is_refused_with_those_there_are() {
        let error = stage("onbord-user", Profile::Debug, Path::new("nowhere")).unwrap_err().to_string();
        assert!(error.contains("«onbord-user»") && error.contains("onboard-user"), "{error}");
        assert!(!Path::new("nowhere").exists());
    }

    #[test]
    fn a_function_is_granted_what_it_names_on_either_service_and_in_the_directory() {
        let asked = permissions("offboard-user").unwrap();
        for name in ["User.ReadWrite.All", "Exchange.ManageAsApp"] {
            assert!(asked.roles.iter().any(|role| role == name), "{name}: {asked:?}");
        }
        assert!(asked.directory_roles.iter().any(|role| role == "User Administrator"), "{asked:?}");
        assert_eq!(
            permissions("onboard-user").unwrap().directory_roles,
            ["Exchange Recipient Administrator"]
        );
    }

    #[test]
    fn what_was_staged_before_and_is_no_more_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let before = staged(folder.path(), &["handler", "old-timer/function.json", "stale.txt"]);
        assert!(before.folder.join("old-timer/function.json").is_file());
        staged(folder.path(), &["handler", "timer/function.json"]).remove_others().unwrap();
        let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<BTreeSet<_>>(), ["handler", "timer"].map(OsString::from).into());
    }

    #[test]
    fn an_archive_keeps_the_handler_executable_and_is_the_same_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let app = staged(&folder.path().join("app"), &["handler"]);
        let archives = ["one.zip", "two.zip"].map(|name| folder.path().join(name));
        archives.iter().for_each(|archive| app.zip(archive).unwrap());
        let [one, two] = archives.map(|archive| fs::read(archive).unwrap());
        assert_eq!(one, two);
        let mut zip = zip::ZipArchive::new(io::Cursor::new(one)).unwrap();
        assert_eq!(zip.by_name("handler").unwrap().unix_mode().unwrap() & 0o777, 0o755);
    }
}
