//! Everything that must hold, in one go.

use std::process::ExitCode;

use clap::Parser;
use scripts::checks;
use scripts::tell::{self, Teller};

/// Formatting, lints, tests, documentation, licences, advisories, Microsoft's SDKs, the demonstration: stops at the first
/// that fails.
#[derive(Parser)]
struct Arguments {}

fn main() -> ExitCode {
    let Arguments {} = Arguments::parse();
    tell::ended(checks::run_all(&Teller::new()))
}
