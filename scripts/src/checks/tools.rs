//! What must be installed, and how.

use std::process::{Command, Stdio};

use super::Held;
use crate::cargo::cargo;
use crate::error::Error;

/// A command that works if the tool is there, what the tool is for, and what installs it.
type Tool = (fn() -> Command, &'static str, &'static str);

const NODE: &str = "apt-get install nodejs npm, or brew install node (20 or later)";

const CHROMIUM: &str =
    "apt-get install chromium chromium-driver, or brew install --cask chromium and chromedriver";

const TOOLS: [Tool; 7] = [
    (|| with(cargo(), &["fmt", "--version"]), "cargo fmt", "rustup component add rustfmt"),
    (|| with(cargo(), &["clippy", "--version"]), "cargo clippy", "rustup component add clippy"),
    (|| with(cargo(), &["deny", "--version"]), "cargo deny", "cargo install --locked cargo-deny"),
    (|| with(Command::new("node"), &["--version"]), "node, for Azurite and Microsoft's JavaScript SDK", NODE),
    (|| with(Command::new("npm"), &["--version"]), "npm, for Azurite and Microsoft's JavaScript SDK", NODE),
    (
        || with(Command::new("python3"), &["-c", "import venv, ensurepip"]),
        "python3 with venv, for Microsoft's Python SDK",
        "apt-get install python3-venv, or brew install python",
    ),
    (
        || with(Command::new("chromedriver"), &["--version"]),
        "chromium and chromedriver, to look at the pages of reports",
        CHROMIUM,
    ),
];

/// Names everything that is missing, each with what installs it.
pub(super) fn are_there() -> Result<Held, Error> {
    let missing = TOOLS.iter().filter(|(tool, ..)| !works(tool()));
    let missing: Vec<String> =
        missing.map(|(_, what, install)| format!("\n   {what}\n      {install}")).collect();
    match missing.is_empty() {
        true => Ok(Held::Yes),
        false => Err(Error::new(format!("these are missing:{}", missing.concat()))),
    }
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

fn works(mut command: Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
