//! Everything that must hold, in one go: what `./scripts/test` does, here and in continuous integration.
//!
//! Cheap checks come first, and the first that fails ends it. What cannot be checked where it runs, because a service of
//! somebody else's is out of reach, is said at the end and does not pass for checked.

mod sdk;
mod tools;

use std::process::Command;
use std::time::Instant;

use crate::cargo::cargo;
use crate::error::{Doing, Error};
use crate::root;
use crate::tell::Teller;

/// How a check ended that did not fail.
enum Held {
    /// It holds.
    Yes,
    /// It could not be looked at; why.
    Unchecked(&'static str),
}

/// One thing that must hold.
struct Check {
    says: &'static str,
    look: fn() -> Result<Held, Error>,
}

const CHECKS: [Check; 10] = [
    Check { says: "The tools are there", look: tools::are_there },
    Check { says: "The code is formatted", look: || run(cargo().args(["fmt", "--all", "--check"])) },
    Check { says: "Clippy has nothing to say", look: clippy },
    Check { says: "The tests pass", look: || run(cargo().args(["test", "--locked", "--workspace"])) },
    Check { says: "The journal works in Azure Blob Storage (Azurite)", look: azurite },
    Check { says: "The documentation has no broken links", look: documentation },
    Check { says: "Licences, bans and sources are as deny.toml says", look: deny },
    Check { says: "No advisory is known against a dependency", look: advisories },
    Check { says: "Microsoft's SDKs understand the offline tenant", look: sdk::understand },
    Check { says: "The demonstration plays", look: || run(&mut Command::new(root().join("scripts/demo"))) },
];

/// Looks at everything, in order.
///
/// # Errors
///
/// The first check that fails.
pub fn run_all(teller: &Teller) -> Result<(), Error> {
    let began = Instant::now();
    let mut unchecked = Vec::new();
    for Check { says, look } in CHECKS {
        teller.step(says);
        let began = Instant::now();
        match look().map_err(|error| Error::new(format!("«{says}»: no. {}", error.chain())))? {
            Held::Yes => teller.note(format!("yes, in {} s", began.elapsed().as_secs())),
            Held::Unchecked(why) => unchecked.push((says, why)),
        }
    }
    unchecked.iter().for_each(|(says, why)| teller.line(format!("\nNOT CHECKED: {says}: {why}")));
    let (held, minutes) = (CHECKS.len() - unchecked.len(), began.elapsed().as_secs().div_ceil(60));
    teller
        .line(format!("\n{held} checks passed, 0 failed, {} not checked, in {minutes} min", unchecked.len()));
    Ok(())
}

/// Runs a command; what it says goes to the terminal.
fn run(command: &mut Command) -> Result<Held, Error> {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let line = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let status = command.current_dir(root()).status().doing(|| format!("start {line}"))?;
    match status.success() {
        true => Ok(Held::Yes),
        false => Err(Error::new(format!("`{line}` ended with {status}"))),
    }
}

fn clippy() -> Result<Held, Error> {
    let what = ["clippy", "--locked", "--workspace", "--all-targets", "--all-features"];
    run(cargo().args(what).args(["--", "--deny", "warnings"]))
}

fn azurite() -> Result<Held, Error> {
    let journal = ["--locked", "--quiet", "--package", "journal", "--features", "azurite"];
    let mut beside = cargo();
    beside.arg("run").args(journal).args(["--example", "with-azurite", "--"]);
    run(beside.arg(cargo().get_program()).arg("test").args(journal).args(["--test", "blob"]))
}

fn documentation() -> Result<Held, Error> {
    run(cargo().args(["doc", "--locked", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))
}

fn deny() -> Result<Held, Error> {
    run(cargo().args(["deny", "--log-level", "error", "check", "bans", "licenses", "sources"]))
}

/// The database of advisories is fetched first, so that being cut off from it is not taken for an advisory, nor for none.
fn advisories() -> Result<Held, Error> {
    match run(cargo().args(["deny", "fetch", "db"])) {
        Ok(_) => run(cargo().args(["deny", "check", "--warn", "unmaintained", "advisories"])),
        Err(_) => Ok(Held::Unchecked("the database of RustSec cannot be reached from here")),
    }
}
