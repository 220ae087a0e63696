//! What a script tells the person who runs it: plain text, with headings in bold on a terminal.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Error;

/// Tells on stdout. Headings are numbered.
#[derive(Debug)]
pub struct Teller {
    bold: bool,
    steps: AtomicUsize,
}

impl Default for Teller {
    fn default() -> Self {
        Self::new()
    }
}

impl Teller {
    /// Bold headings on a terminal, unless `NO_COLOR` is set (no-color.org).
    pub fn new() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { bold: !plain && io::stdout().is_terminal(), steps: AtomicUsize::new(0) }
    }

    /// Begins a step.
    pub fn step(&self, says: impl Display) {
        let number = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        let (on, off) = if self.bold { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        print(&format!("\n{on}{number}. {says}{off}"));
    }

    /// Says more within a step.
    pub fn note(&self, says: impl Display) {
        print(&format!("   {says}"));
    }

    /// One line of its own.
    pub fn line(&self, says: impl Display) {
        print(&says.to_string());
    }
}

/// Nobody to read it is no reason to stop.
fn print(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The end of a script: what stopped it, if anything, on stderr.
pub fn ended(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr().lock(), "\n{}", error.chain());
            ExitCode::FAILURE
        }
    }
}
