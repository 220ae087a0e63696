//! What went wrong with the journal: one opaque error, asked by predicates.
//!
//! `Display` says in one line what happened and what would be right, and never prints its source. It names runs by their
//! ids and never quotes an entry: entries hold personal data.

use std::error::Error as StdError;
use std::fmt;

use crate::page::PageName;
use crate::run::RunKey;

type Source = Box<dyn StdError + Send + Sync>;

/// An error of the journal.
pub struct Error(Box<Kind>);

#[derive(Debug)]
enum Kind {
    /// A setting, a name or an entry is not what it should be.
    Invalid(String),
    /// There is no such run.
    UnknownRun(RunKey),
    /// The journal may not be written or read.
    Denied { why: String, source: Source },
    /// Anything else: it may or may not have happened.
    Failed { why: String, source: Source },
}

impl Error {
    pub(crate) fn invalid(why: impl Into<String>) -> Self {
        Self(Box::new(Kind::Invalid(why.into())))
    }

    pub(crate) fn unknown_run(run: RunKey) -> Self {
        Self(Box::new(Kind::UnknownRun(run)))
    }

    pub(crate) fn denied(why: impl Into<String>, source: impl Into<Source>) -> Self {
        let (why, source) = (why.into(), source.into());
        Self(Box::new(Kind::Denied { why, source }))
    }

    pub(crate) fn failed(why: impl Into<String>, source: impl Into<Source>) -> Self {
        let (why, source) = (why.into(), source.into());
        Self(Box::new(Kind::Failed { why, source }))
    }

    /// For whoever gives up on a page that others were always first to turn.
    pub fn contended(page: &PageName) -> Self {
        Self::failed(format!("page {page} could not be turned"), "somebody else was first each time")
    }

    /// Whether a setting, a name or an entry is not what it should be; trying again changes nothing.
    pub fn is_invalid(&self) -> bool {
        matches!(*self.0, Kind::Invalid(_))
    }

    /// Whether the run does not exist, or has expired.
    pub fn is_unknown_run(&self) -> bool {
        matches!(*self.0, Kind::UnknownRun(_))
    }

    /// Whether a permission is missing: of the folder, or a role on the container.
    pub fn is_denied(&self) -> bool {
        matches!(*self.0, Kind::Denied { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Invalid(why) => f.write_str(why),
            Kind::UnknownRun(run) => write!(f, "the journal knows no run {run}"),
            Kind::Denied { why, .. } | Kind::Failed { why, .. } => f.write_str(why),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.0 {
            Kind::Invalid(_) | Kind::UnknownRun(_) => None,
            Kind::Denied { source, .. } | Kind::Failed { source, .. } => Some(source.as_ref()),
        }
    }
}
