//! The plan that takes a run back.
//!
//! In reverse, the undo of every change that is recorded as *done*: never of *already*, which is not ours, and never of
//! *unknown*, which is named for a person to look at. What was done and cannot be taken back is named too. Undo is a plan
//! like any other: it can be previewed, approved by its digest, and asked for twice.

use std::collections::BTreeSet;

use crate::change::Change;
use crate::outcome::Status;
use crate::plan::{Finding, Plan, Subject};
use crate::record::Record;

/// The action that every run knows.
pub const UNDO: &str = "undo";

/// The plan that takes this run back.
pub fn undo(record: &Record) -> Plan {
    let subject = record.plan().map_or_else(|| Subject::named("nobody"), |plan| plan.subject.clone());
    let subject = Subject { id: subject.id.or_else(|| record.account()), ..subject };
    if record.is_undone() {
        return Plan::about(subject).finding(Finding::note("undone", "the run was taken back already"));
    }
    let done = || record.changes().filter(|(status, _)| *status == Status::Done).map(|(_, change)| change);
    let plan = done().rev().fold(Plan::about(subject), |plan, change| plan.then(take_back(change)));
    plan.findings(done().filter(|change| change.undo.is_none()).map(cannot))
        .findings(
            record.changes().filter(|(status, _)| *status == Status::Unknown).map(|(_, change)| look(change)),
        )
        .findings(unsettled(record).iter().map(|says| look_at(says)))
}

fn take_back(change: &Change) -> Option<Change> {
    change.undo.as_deref().cloned()
}

fn cannot(change: &Change) -> Finding {
    Finding::left("cannot-be-undone", format!("cannot be taken back: {}", change.says))
}

fn look(change: &Change) -> Finding {
    look_at(&change.says)
}

fn look_at(says: &str) -> Finding {
    Finding::left("unknown", format!("nobody can say whether this was done, look at it: {says}"))
}

/// What was planned and never settled, because the process died between sending and writing it down.
fn unsettled(record: &Record) -> BTreeSet<String> {
    let Some(plan) = record.plan().filter(|_| record.outcome().is_none()) else { return BTreeSet::new() };
    let settled: BTreeSet<_> = record.changes().map(|(_, change)| change.says.as_str()).collect();
    plan.changes()
        .filter(|change| !settled.contains(change.says.as_str()))
        .map(|change| change.says.clone())
        .collect()
}
