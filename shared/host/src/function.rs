//! A task as it is served: its name on the wire, its timers, and how a call of a sweep is read.

use std::fmt;

use graph::auth::Settings;
use plan::{Flaw, Task};
use serde_json::Value;

/// A task that is served as a function app.
pub trait Function: Task {
    /// Its timer triggers.
    const TIMERS: &'static [Timer] = &[];

    /// What one of [`SWEEPS`](Task::SWEEPS) is to bring about: read from the body of a call, which a timer has none of, and
    /// from the app settings. It is kept with the run, so it holds no secret.
    ///
    /// # Errors
    /// What is wrong with the body, or with a setting.
    fn want(_sweep: &str, _body: Option<&[u8]>, _settings: &Settings) -> Result<Value, Wrong> {
        Ok(Value::Null)
    }
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
}
