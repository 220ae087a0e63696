//! Stages a function as the folder that is deployed.

use std::process::ExitCode;

use clap::Parser;
use scripts::cargo::Profile;
use scripts::tell::{self, Teller};
use scripts::{Error, package, root};

/// Builds a function and stages it in dist/: host.json, handler, and a folder per trigger.
#[derive(Parser)]
struct Arguments {
    /// The function: the name of a folder of functions/.
    function: String,
    /// As it is shipped (the default).
    #[arg(long, conflicts_with = "debug")]
    release: bool,
    /// As tests and the demo use it: quicker to build.
    #[arg(long)]
    debug: bool,
    /// Also pack it into a zip beside that folder, for deployment.
    #[arg(long)]
    zip: bool,
}

fn main() -> ExitCode {
    tell::ended(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Error> {
    let profile = if arguments.debug { Profile::Debug } else { Profile::Release };
    let dist = root().join("dist");
    let staged = package::stage(&arguments.function, profile, &dist.join(&arguments.function))?;
    let teller = Teller::new();
    teller.line(staged.folder.display());
    if arguments.zip {
        let archive = dist.join(format!("{}.zip", arguments.function));
        staged.zip(&archive)?;
        teller.line(archive.display());
    }
    Ok(())
}
