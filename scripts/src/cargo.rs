//! Cargo as a child process: it builds what the other tools stage and start.
//!
//! A cargo that is started by `cargo run` or `cargo test` finds variables about the *outer* package in its environment.
//! Build scripts of other crates look at them and would run anew each time, so they are taken away.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::error::{Doing, Error};
use crate::root;

/// How something is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build; what tests and the demo use.
    Debug,
    /// What is shipped.
    Release,
}

/// Cargo in the root of the collection, with the arguments still to come.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    without_outer_package(&mut cargo);
    cargo
}

/// Takes from a child's environment what cargo says about the package that runs now.
pub fn without_outer_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|outer| name.to_string_lossy().starts_with(outer)) {
            command.env_remove(name);
        }
    }
}

/// Builds the program of a package that is called like the package, and says where it is.
///
/// # Errors
///
/// It does not build; the compiler has said why on stderr.
pub fn build(package: &str, profile: Profile) -> Result<PathBuf, Error> {
    let mut cargo = cargo();
    cargo.args([
        "build",
        "--quiet",
        "--message-format=json-render-diagnostics",
        "--package",
        package,
        "--bin",
    ]);
    cargo.arg(package).args((profile == Profile::Release).then_some("--release")).stderr(Stdio::inherit());
    let done = cargo.output().doing(|| "start cargo".to_owned())?;
    let lines = String::from_utf8_lossy(&done.stdout).into_owned();
    let program = lines.lines().filter_map(program).next_back();
    program.filter(|_| done.status.success()).ok_or_else(|| Error::new(format!("{package} does not build")))
}

/// The target directory, below which this program lies.
///
/// # Errors
///
/// This program does not lie in one.
pub fn target() -> Result<PathBuf, Error> {
    let program = std::env::current_exe().doing(|| "find this program".to_owned())?;
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.map(Path::to_owned).ok_or_else(|| Error::new("this program does not lie in a target directory"))
}

/// The program that one of cargo's messages tells of.
fn program(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    message["executable"].as_str().map(PathBuf::from)
}
