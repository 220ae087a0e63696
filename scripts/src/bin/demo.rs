//! The demonstration: a tenant, a Functions host and the packaged function on this machine.

use std::process::ExitCode;

use clap::Parser;
use scripts::demo;
use scripts::tell::{self, Teller};

/// Onboards new hires in an offline tenant, and shows what is refused and what can be taken back.
#[derive(Parser)]
struct Arguments {
    /// Leave everything running afterwards, until Ctrl-C, and say what to try.
    #[arg(long)]
    serve: bool,
}

fn main() -> ExitCode {
    tell::ended(demo::run(Arguments::parse().serve, &Teller::new()))
}
