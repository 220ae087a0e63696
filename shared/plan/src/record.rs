//! The record of a run: what is written to the journal, and how it is read back.
//!
//! Entries are appended in this order: asked, planned, then one status per change as stages end, then finished; or stopped,
//! if the tenant could not be read. A run that was taken up again after a crash, or when its time came, is planned and
//! finished more than once; the last word counts, but what was *done* by any of them stays done and can be undone.
//!
//! No secret is ever written: a password is made when it is sent, and what a change reveals is not part of its status.

use std::collections::{BTreeMap, BTreeSet};

use graph::{ObjectId, SkuId};
use jiff::Timestamp;
use journal::RunId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::Change;
use crate::outcome::{Failure, Outcome, Status};
use crate::permit::Approval;
use crate::plan::{Digest, Plan};
use crate::runner::LEASE;

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
    /// What a rule asks of everybody it is about: see [`Task::sweep`](crate::Task::sweep).
    Sweep {
        /// The name of the sweep.
        sweep: String,
        /// The rule itself.
        want: Value,
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
        /// The plan that the caller approved, by its digest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approved: Option<Digest>,
    },
    /// What was planned, before anything was sent.
    Planned {
        /// When.
        at: Timestamp,
        /// The plan.
        plan: Plan,
        /// Whether approval and guard-rails let it pass.
        #[serde(default)]
        permitted: bool,
    },
    /// What became of one change.
    Changed {
        /// When.
        at: Timestamp,
        /// What became of it.
        status: Status,
        /// The change, with every id filled in.
        change: Box<Change>,
        /// In which stage of the last plan.
        #[serde(default)]
        stage: usize,
    },
    /// Which runs a sweep is made of, before anything of them is sent.
    Swept {
        /// When.
        at: Timestamp,
        /// One for each subject that differs; of somebody who goes without, it never begins.
        parts: Vec<SweptRun>,
    },
    /// A sweep is still at it.
    GoingOn {
        /// When.
        at: Timestamp,
    },
    /// What became of the whole.
    Finished {
        /// When.
        at: Timestamp,
        /// The outcome, without what the caller alone may see.
        outcome: Outcome,
    },
    /// It ended before there was a plan, because the tenant could not be read. Nothing was changed since it was last planned.
    Stopped {
        /// When.
        at: Timestamp,
        /// Why.
        failure: Failure,
        /// What kind of reason that is.
        #[serde(default)]
        cause: Cause,
    },
    /// Another run took this one back.
    Undone {
        /// When.
        at: Timestamp,
    },
    /// Of an account and not of a run: this run has an appointment for it, to do the rest at a later time.
    Appointed {
        /// When the appointment was made.
        at: Timestamp,
        /// The run.
        run: RunId,
    },
    /// A line that a newer version wrote, or that is damaged.
    Unreadable,
}

/// One subject's part of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweptRun {
    /// The run.
    pub run: RunId,
    /// What was planned for it.
    pub digest: Digest,
}

/// Why the tenant could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// It refused, or there was no answer.
    #[default]
    Tenant,
    /// The service had no time: asking again later helps.
    Busy,
    /// There was no token, because a setting will not do: asking again does not help.
    Setting,
    /// A defect of ours, or a record that cannot be read any more.
    Defect,
}

impl Cause {
    /// The kind of reason that this error is.
    pub fn of(error: &graph::Error) -> Self {
        match error {
            error if error.is_setting() => Self::Setting,
            error if error.is_throttled() => Self::Busy,
            _ => Self::Tenant,
        }
    }
}

/// A run, read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Everything that was written, in order.
    pub entries: Vec<Entry>,
}

impl Record {
    /// Reads a run back.
    pub fn read(lines: Vec<Value>) -> Self {
        let entry = |line| serde_json::from_value(line).unwrap_or(Entry::Unreadable);
        Self { entries: lines.into_iter().map(entry).collect() }
    }

    /// Whether there is a line that cannot be read.
    pub(crate) fn has_gaps(&self) -> bool {
        self.entries.contains(&Entry::Unreadable)
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

    /// The SKUs of which a plan takes a seat.
    pub(crate) fn seats(&self) -> BTreeSet<SkuId> {
        let plans = self.entries.iter().filter_map(|entry| match entry {
            Entry::Planned { plan, .. } => Some(plan),
            _ => None,
        });
        plans.flat_map(|plan| &plan.seats).map(|seat| seat.sku).collect()
    }

    /// The runs that a sweep is made of, in order; none, if it is no sweep, or nothing of it was let pass.
    pub fn parts(&self) -> impl Iterator<Item = &SweptRun> {
        let swept = self.entries.iter().filter_map(|entry| match entry {
            Entry::Swept { parts, .. } => Some(parts),
            _ => None,
        });
        swept.flatten()
    }

    /// Each change that was settled, with its status, in order.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = (Status, &Change)> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Changed { status, change, .. } => Some((*status, change.as_ref())),
            _ => None,
        })
    }

    /// The same, by the stages in which they were applied.
    pub(crate) fn stages(&self) -> Vec<Vec<(Status, &Change)>> {
        let (mut stages, mut last) = (Vec::<Vec<_>>::new(), None);
        for entry in &self.entries {
            match entry {
                Entry::Planned { .. } => last = None,
                Entry::Changed { status, change, stage, .. } => {
                    if last.replace(*stage) != Some(*stage) {
                        stages.push(Vec::new());
                    }
                    stages.last_mut().into_iter().for_each(|stage| stage.push((*status, change.as_ref())));
                }
                _ => {}
            }
        }
        stages
    }

    /// Of a run whose process died: in which stage of its last plan it stood, and those of the changes there that it may have
    /// sent and nobody has written down.
    pub(crate) fn open_stage(&self) -> Option<(usize, Vec<&Change>)> {
        let (mut last, mut written) = (None, BTreeMap::<usize, usize>::new());
        for entry in &self.entries {
            match entry {
                Entry::Planned { plan, permitted, .. } => {
                    last = permitted.then_some(plan);
                    written.clear();
                }
                Entry::Changed { stage, .. } => *written.entry(*stage).or_default() += 1,
                Entry::Finished { .. } | Entry::Stopped { .. } => last = None,
                _ => {}
            }
        }
        let mut stages = last?.stages.iter().enumerate();
        stages.find_map(|(number, stage)| {
            let lines = written.get(&number).copied().unwrap_or_default();
            let open: Vec<&Change> = stage.all().skip(lines).collect();
            (!open.is_empty()).then_some((number, open))
        })
    }

    /// The outcome; `None` while the run goes on, or if it died or was stopped.
    pub fn outcome(&self) -> Option<&Outcome> {
        match self.last_word()? {
            Entry::Finished { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// Whether the run is to go on by now, with what a service had not finished before.
    pub fn goes_on(&self, now: Timestamp) -> bool {
        let is_due = |outcome: &Outcome| outcome.goes_on.is_some_and(|at| at <= now);
        !self.is_undone() && self.outcome().is_some_and(is_due)
    }

    /// Why the tenant could not be read, if that is what ended the run.
    pub fn stopped(&self) -> Option<(Cause, &Failure)> {
        match self.last_word()? {
            Entry::Stopped { failure, cause, .. } => Some((*cause, failure)),
            _ => None,
        }
    }

    /// Whether somebody may still be working on it: it has not ended, and was written to within the lease.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        let has_ended = self.outcome().is_some() || self.stopped().is_some();
        !has_ended && self.last_written().is_some_and(|at| now.duration_since(at) <= LEASE)
    }

    /// When it was asked for.
    pub fn asked_at(&self) -> Option<Timestamp> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Asked { at, .. } => Some(*at),
            _ => None,
        })
    }

    /// The appointments that runs have made for an account, the last first.
    pub(crate) fn appointments(&self) -> impl Iterator<Item = (Timestamp, RunId)> {
        self.entries.iter().rev().filter_map(|entry| match entry {
            Entry::Appointed { at, run } => Some((*at, *run)),
            _ => None,
        })
    }

    /// With what approval the run goes on: once a plan of it was let pass, the approval stands.
    pub fn approval(&self) -> Approval {
        match (self.permitted(), self.approved()) {
            (Some(plan), approved) => Approval::Before(approved.map(|_| plan.hands_out().cloned().collect())),
            (None, Some(digest)) => Approval::Exactly(digest.clone()),
            (None, None) => Approval::None,
        }
    }

    /// Whether this is the plan that the caller approved.
    pub fn was_approved(&self, digest: &Digest) -> bool {
        self.approved() == Some(digest)
    }

    pub(crate) fn approved(&self) -> Option<&Digest> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Asked { approved, .. } => approved.as_ref(),
            _ => None,
        })
    }

    /// The first plan that approval and guard-rails let pass.
    fn permitted(&self) -> Option<&Plan> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Planned { plan, permitted: true, .. } => Some(plan),
            _ => None,
        })
    }

    /// Since when the run has been at it: since the time it named itself if it was done with all before that, else since it
    /// was asked for.
    pub fn due_since(&self) -> Option<Timestamp> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Finished { outcome, .. } if outcome.succeeded() => outcome.again,
            Entry::Asked { at, .. } => Some(*at),
            _ => None,
        })
    }

    /// When it was last written to: a run that is silent for longer than a lease has died.
    fn last_written(&self) -> Option<Timestamp> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Asked { at, .. }
            | Entry::Planned { at, .. }
            | Entry::Changed { at, .. }
            | Entry::Swept { at, .. }
            | Entry::GoingOn { at }
            | Entry::Finished { at, .. }
            | Entry::Stopped { at, .. } => Some(*at),
            Entry::Undone { .. } | Entry::Appointed { .. } | Entry::Unreadable => None,
        })
    }

    fn last_word(&self) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| !matches!(entry, Entry::Undone { .. }))
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
