//! Measures what is claimed, and writes it into docs/benchmarks.md.

use std::process::ExitCode;

use clap::Parser;
use scripts::bench::{self, Section};
use scripts::tell::{self, Teller};

/// Measures the functions as they are shipped, and rewrites the tables of docs/benchmarks.md. Fails if a target is missed.
#[derive(Parser)]
struct Arguments {
    /// Only these, printed and not written down.
    #[arg(value_enum)]
    sections: Vec<Section>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { sections } = Arguments::parse();
    tell::ended(bench::run(&sections, &Teller::new()).await)
}
