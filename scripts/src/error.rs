//! What went wrong, for a person at a terminal.

use std::error::Error as StdError;

/// Why a script stopped.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub struct Error {
    says: String,
    unmet: bool,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Something cannot be done; says what would be right.
    pub fn new(says: impl Into<String>) -> Self {
        Self { says: says.into(), unmet: false, source: None }
    }

    /// Something was not as it should be: what was expected, and what was found.
    pub fn unmet(expected: impl Into<String>, found: impl Into<String>) -> Self {
        let says = format!("expected: {}\n   found: {}", expected.into(), found.into());
        Self { unmet: true, ..Self::new(says) }
    }

    /// Whether an expectation was not met, rather than something being impossible.
    pub fn is_unmet(&self) -> bool {
        self.unmet
    }

    /// The error with its sources, one after the other.
    pub fn chain(&self) -> String {
        let sources = std::iter::successors(self.source(), |&error| error.source());
        sources.fold(self.to_string(), |text, source| format!("{text}: {source}"))
    }
}

/// Says what was being done when something failed.
pub trait Doing<T> {
    /// What cannot be done, as in `read tests/data/new-hires.csv`.
    ///
    /// # Errors
    ///
    /// Whatever it was before, as the source of one that says what was being done.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T, E: StdError + Send + Sync + 'static> Doing<T> for Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error {
            source: Some(Box::new(source)),
            ..Error::new(format!("cannot {}", what()))
        })
    }
}
