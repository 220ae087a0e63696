//! Where and when it was measured.

use std::process::Command;

use crate::error::{Doing, Error};
use crate::root;

/// Date, machine, compiler, commit, in one line.
///
/// # Errors
///
/// The compiler or git cannot be asked.
pub(super) fn described() -> Result<String, Error> {
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let rustc = told("rustc", &["--version"])?;
    let commit = told("git", &["rev-parse", "--short", "HEAD"])?;
    Ok(format!(
        "Measured on {date}: {cores} cores, {}, load {} when it began; {rustc}; commit {commit}.",
        processor(),
        load()
    ))
}

fn told(program: &str, arguments: &[&str]) -> Result<String, Error> {
    let told = Command::new(program).args(arguments).current_dir(root()).output();
    let told = told.doing(|| format!("ask {program}"))?;
    Ok(String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

fn processor() -> String {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| "an unnamed processor".to_owned(), |(_, name)| name.to_owned())
}

/// How many processes wanted to run in the last minute: what else the machine was doing.
fn load() -> String {
    let averages = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    averages.split(' ').next().unwrap_or("unknown").to_owned()
}
