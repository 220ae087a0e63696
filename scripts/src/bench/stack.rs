//! What is linked: one HTTP client and one TLS stack, so that there is one pool, one set of roots and one thing to patch.

use std::collections::BTreeSet;

use super::figures::{Report, table};
use super::lab::FUNCTION;
use crate::cargo::cargo;
use crate::error::{Doing, Error};

/// Of these there is to be exactly one version.
const ONE: [&str; 5] = ["reqwest", "hyper", "rustls", "ring", "tokio"];

/// Of these none: each would be a second stack.
const NONE: [&str; 4] = ["openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs"];

/// # Errors
///
/// Cargo does not tell.
pub(super) fn measure() -> Result<Report, Error> {
    let tree =
        cargo().args(["tree", "--package", FUNCTION, "--edges", "normal,build", "--prefix", "none"]).output();
    let tree = tree.doing(|| "ask cargo for its tree".to_owned())?.stdout;
    let tree = String::from_utf8_lossy(&tree);
    let crates = tree.lines().filter_map(version).collect::<BTreeSet<_>>();
    let of =
        |name: &str| crates.iter().filter(|found| found.0 == name).map(|found| found.1).collect::<Vec<_>>();
    let rows = ONE.iter().chain(&NONE).map(|name| [(*name).to_owned(), told(&of(name))]).collect::<Vec<_>>();
    let text = format!("{} crates in all.\n\n{}", crates.len(), table(["Crate", "versions"], &rows));
    let report = ONE
        .iter()
        .fold(Report::new(text), |report, name| report.at_most(name, 1.0, of(name).len() as f64, ""));
    Ok(NONE.iter().fold(report, |report, name| report.at_most(name, 0.0, of(name).len() as f64, "")))
}

/// Name and version of a line such as `tokio v1.54.0 (*)`.
fn version(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?.strip_prefix('v')?))
}

fn told(versions: &[&str]) -> String {
    if versions.is_empty() { "none".to_owned() } else { versions.join(", ") }
}
