//! The record of a run: what is written to the journal, and how it is read back.
//!
//! Entries are appended in this order: asked, planned, then one status per change as stages end, then finished. A run that
//! was taken up again after a crash, or when its time came, is planned and finished more than once; the last word counts,
//! but what was *done* by any of them stays done and can be undone.
//!
//! No secret is ever written: a password is made when it is sent, and what a change reveals is not part of its status.

use graph::ObjectId;
use jiff::Timestamp;
use journal::RunId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::Change;
use crate::outcome::{Outcome, Status};
use crate::plan::Plan;

/// What a run is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Job<R> {
    /// The task itself.
    Do(R),
    /// An action on an earlier run, such as `undo`.
    Act {
        /// The name of the action.
        action: String,
        /// The earlier run.
        on: RunId,
    },
}

/// One line of a run's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "camelCase")]
pub enum Entry {
    /// What was asked, and when.
    Asked {
        /// When.
        at: Timestamp,
        /// The job as it was understood.
        job: Job<Value>,
    },
    /// What was planned, before anything was sent.
    Planned {
        /// When.
        at: Timestamp,
        /// The plan.
        plan: Plan,
    },
    /// What became of one change.
    Changed {
        /// What became of it.
        status: Status,
        /// The change, with every id filled in.
        change: Box<Change>,
    },
    /// What became of the whole.
    Finished {
        /// When.
        at: Timestamp,
        /// The outcome, without what the caller alone may see.
        outcome: Outcome,
    },
    /// Another run took this one back.
    Undone {
        /// When.
        at: Timestamp,
    },
}

/// A run, read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Everything that was written, in order.
    pub entries: Vec<Entry>,
}

impl Record {
    /// Reads a run back. A line that a newer version wrote, and we do not know, is left out.
    pub fn read(lines: Vec<Value>) -> Self {
        Self { entries: lines.into_iter().filter_map(|line| serde_json::from_value(line).ok()).collect() }
    }

    /// What was asked.
    pub fn job(&self) -> Option<&Job<Value>> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Asked { job, .. } => Some(job),
            _ => None,
        })
    }

    /// The last plan.
    pub fn plan(&self) -> Option<&Plan> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Planned { plan, .. } => Some(plan),
            _ => None,
        })
    }

    /// Each change that was settled, with its status, in order.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = (Status, &Change)> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Changed { status, change } => Some((*status, change.as_ref())),
            _ => None,
        })
    }

    /// The outcome; `None` while the run goes on, or if it died.
    pub fn outcome(&self) -> Option<&Outcome> {
        match self.entries.iter().rev().find(|entry| !matches!(entry, Entry::Undone { .. })) {
            Some(Entry::Finished { outcome, .. }) => Some(outcome),
            _ => None,
        }
    }

    /// When it was last planned or asked for: a run that is silent for longer than a lease has died.
    pub fn last_written(&self) -> Option<Timestamp> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Asked { at, .. } | Entry::Planned { at, .. } | Entry::Finished { at, .. } => Some(*at),
            _ => None,
        })
    }

    /// Whether another run took this one back.
    pub fn is_undone(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry, Entry::Undone { .. }))
    }

    /// The object id of the account that the run is about, if it came to have one.
    pub fn account(&self) -> Option<ObjectId> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Finished { outcome, .. } => outcome.subject.id,
            Entry::Planned { plan, .. } => plan.subject.id,
            _ => None,
        })
    }
}
