//! A task as it is served: its name on the wire, its timers, its reports, the notes it takes, and how a call of a sweep is
//! read.

use std::fmt;
use std::future::Future;

use graph::auth::Settings;
use jiff::Timestamp;
use plan::{Flaw, Runner, Task};
use report::Report;
use serde_json::Value;

use crate::config::OpenVaults;
use crate::reports::Untold;
use crate::tell::{News, Tells};

/// A task that is served as a function app.
pub trait Function: Task {
    /// Its timer triggers.
    const TIMERS: &'static [Timer] = &[];

    /// How it reaches key vaults, if it does: [`key_vaults`](crate::key_vaults). A function that does not has no part of their
    /// client in its binary.
    const VAULTS: Option<OpenVaults> = None;

    /// What one of [`SWEEPS`](Task::SWEEPS) is to bring about: read from the body of a call, which a timer has none of, and
    /// from the app settings. It is kept with the run, so it holds no secret.
    ///
    /// # Errors
    /// What is wrong with the body, or with a setting.
    fn want(_sweep: &str, _body: Option<&[u8]>, _settings: &Settings) -> Result<Value, Wrong> {
        Ok(Value::Null)
    }

    /// What it reports, at `GET /api/<task>/<report>`; a report that is called like the task, at `GET /api/<task>`.
    const REPORTS: &'static [&'static str] = &[];

    /// Reads what one of [`Self::REPORTS`] is made of; it may read and never writes to the tenant. The tenant is read page by
    /// page and never collected. What cannot be read is a fact, too, unless nothing can be told without it.
    fn survey(
        _report: &str,
        _runner: &Runner,
        _settings: &Settings,
    ) -> impl Future<Output = Result<Value, Untold>> + Send {
        async { Err(no_report()) }
    }

    /// What is kept of the facts, on a page of the ledger, for who cannot wait until they are read anew: all of them but
    /// personal data.
    fn kept(_report: &str, facts: Value) -> Value {
        facts
    }

    /// Makes a report of facts that were read then, or of what was [kept](Self::kept) of them. It decides, and reads nothing
    /// but settings.
    ///
    /// # Errors
    /// A setting will not do, or other facts are needed.
    fn report(_report: &str, _facts: &Value, _at: Timestamp, _settings: &Settings) -> Result<Report, Untold> {
        Err(no_report())
    }

    /// That it tells people of one of [`Self::REPORTS`], at `POST /api/<task>/tell` and where a timer says so.
    const TELLS: Option<Tells> = None;

    /// What there is to tell of a report: of facts that were just read, or of why there are none, since nobody hears of silence.
    /// It decides, and reads nothing but settings; one that will not do is told in the news.
    fn news(_read: Result<&Value, &str>, _at: Timestamp, _settings: &Settings) -> News {
        News::default()
    }

    /// What people may note, at `POST /api/<task>/<note>`: what changes how the function decides, and nothing in the tenant,
    /// such as that somebody knows of a credential that expires. All notes of a name are on one page of the ledger, which
    /// [`noted`](crate::noted) reads.
    const NOTES: &'static [&'static str] = &[];

    /// Takes a note: from the page as it is, and the body of a call, to the page as it is to be. It decides, and reads and
    /// writes nothing; the same note taken again leaves the page as it is. A page is read and written whole: it has a bound.
    ///
    /// # Errors
    /// What is wrong with the body.
    fn note(_note: &str, _page: Value, _body: &[u8], _at: Timestamp) -> Result<Note, Vec<Flaw>> {
        Err(vec![Flaw::at("", "there is no such note")])
    }
}

/// A note that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The page of all notes of this name, as it is to be.
    pub page: Value,
    /// What the caller is answered.
    pub answer: Value,
}

fn no_report() -> Untold {
    Untold::Wrong(Wrong::Setting("there is no such report".to_owned()))
}

/// What is wrong with the call of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The body.
    Body(Vec<Flaw>),
    /// An app setting, or the file that it names: says which, and what would be right.
    Setting(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(says) => f.write_str(says),
            Self::Body(flaws) => {
                let flaws = flaws.iter().map(|flaw| format!("{}: {}", flaw.field, flaw.says));
                f.write_str(&flaws.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

/// A timer trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its name: that of its folder with a `function.json`.
    pub name: &'static str,
    /// What a tick does.
    pub does: Does,
}

/// What a tick of a timer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Takes up the runs whose time has come, and those that died.
    Due,
    /// Begins this sweep.
    Sweep(&'static str),
    /// Reads this report, and keeps it.
    Report(&'static str),
    /// Does the same with the report that people are told of, and tells them.
    Tell,
}

impl Timer {
    /// A timer that takes up what is due.
    pub const fn due(name: &'static str) -> Self {
        Self { name, does: Does::Due }
    }

    /// A timer that begins a sweep.
    pub const fn sweep(name: &'static str, sweep: &'static str) -> Self {
        Self { name, does: Does::Sweep(sweep) }
    }

    /// A timer that reads the report that people are told of, keeps it, and tells them.
    pub const fn tell(name: &'static str) -> Self {
        Self { name, does: Does::Tell }
    }

    /// A timer that reads a report and keeps it.
    pub const fn report(name: &'static str, report: &'static str) -> Self {
        Self { name, does: Does::Report(report) }
    }
}
