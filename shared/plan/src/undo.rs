//! The plan that takes a run back.
//!
//! In reverse, stage by stage, the undo of every change that is recorded as *done*: never of *already*, which is not ours,
//! and never of *unknown*, which is named for a person to look at. What cannot be taken back any more holds up nothing
//! else. What was done and cannot be taken back is named too. Of a run that
//! created its account there is one thing to take back, the account: what it was given goes with it, and comes back with it
//! if it is restored. An account that is gone is restored first, where the run itself deleted it: everything else waits for
//! that. Where somebody else did, nothing is done, and what comes first is told. Undo is a plan like any other: it can be
//! previewed, approved by its digest, and asked for twice.

use crate::change::Change;
use crate::outcome::{Outcome, Status};
use crate::plan::{Finding, Plan, Subject};
use crate::record::Record;
use crate::task::Standing;

/// The action that every run knows.
pub const UNDO: &str = "undo";

/// The plan that takes this run back, about an account as it stands now; `None`: it is gone, or never was. It claims what
/// the run did.
pub(crate) fn undo(record: &Record, standing: Option<Standing>) -> Plan {
    let claims = record.plan().and_then(|plan| plan.claims.clone());
    Plan { claims, ..planned(record, standing) }
}

fn planned(record: &Record, standing: Option<Standing>) -> Plan {
    let is_gone = standing.is_none() && record.account().is_some();
    let Standing { subject, findings } = standing.unwrap_or_else(|| as_recorded(record));
    if record.is_undone() {
        return Plan::about(subject).finding(undone());
    }
    let done = || record.changes().filter(|(status, _)| *status == Status::Done).map(|(_, change)| change);
    if let Some(creation) = done().find(|change| change.creates_account && change.undo.is_some()) {
        return Plan::about(subject).then(take_back(creation)).findings(findings);
    }
    if is_gone && !done().filter_map(|change| change.undo.as_ref()).any(|undo| undo.restores_account) {
        return Plan::about(subject).finding(account_gone());
    }
    let stages = record.stages();
    let plan = stages.iter().rev().fold(Plan::about(subject), |plan, stage| {
        let done = stage.iter().filter(|(status, _)| *status == Status::Done);
        plan.apart(done.filter_map(|(_, change)| take_back(change)))
    });
    plan.findings(findings)
        .findings(done().filter(|change| change.undo.is_none() && !change.changes_nothing()).map(cannot))
        .findings(unknown(record).map(look))
        .findings(record.has_gaps().then(|| look_at("a line of the run's record cannot be read")))
}

/// That there is nothing left to take back.
pub(crate) fn undone() -> Finding {
    Finding::note("undone", "the run was taken back already")
}

/// Who the run was about, as they were then.
fn as_recorded(record: &Record) -> Standing {
    let subject = record.plan().map_or_else(|| Subject::named("nobody"), |plan| plan.subject.clone());
    Standing { subject: Subject { id: record.account(), ..subject }, findings: Vec::new() }
}

fn account_gone() -> Finding {
    let says = "the account has been deleted since: restore it first, by undoing the run that deleted it or among the deleted users of the Entra admin centre (for 30 days), then ask for this undo again";
    Finding::blocks("account-gone", says)
}

/// Whether an undo that ended so has taken back all that the run did: nothing is left to a person to find out.
pub(crate) fn takes_back(undone: &Outcome) -> bool {
    let is_sure = undone.findings.iter().all(|finding| finding.code != UNKNOWN);
    undone.succeeded() && is_sure && undone.parts.iter().all(takes_back)
}

const UNKNOWN: &str = "unknown";

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
    Finding::left(UNKNOWN, format!("nobody can say whether this was done, look at it: {says}"))
}

/// What may have been done, unless it was done for certain later.
fn unknown(record: &Record) -> impl Iterator<Item = &Change> {
    let same = |one: &Change, other: &Change| one.says == other.says && one.send == other.send;
    let is_done = move |wanted: &Change| {
        record.changes().any(|(status, change)| status == Status::Done && same(change, wanted))
    };
    let unknown = record.changes().filter(|(status, _)| *status == Status::Unknown).map(|(_, change)| change);
    unknown.filter(move |change| !is_done(change))
}

#[cfg(test)]
mod tests {
    use graph::{Path, Request};
    use jiff::Timestamp;

    use super::*;
    use crate::{Entry, Proof, Subject};

    fn change(says: &str) -> Change {
        let read = || Request::get(Path::new("/users"));
        let undo =
            Change::new(format!("undo {says}"), Request::delete(Path::new("/users")), Proof::gone(read()));
        Change::new(says, Request::post(Path::new("/users")), Proof::gone(read())).undone_by(undo)
    }

    fn forever(says: &str) -> Change {
        Change { undo: None, ..change(says) }
    }

    /// What deletes the account is taken back by restoring it.
    fn deletion() -> Change {
        let undo = change("delete").undo.map(|undo| Box::new(undo.restoring_the_account()));
        Change { undo, ..change("delete") }
    }

    fn adele() -> Subject {
        let id = "87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap();
        Subject::known(id, "Adele Vance")
    }

    fn record(settled: Vec<(Status, Change)>) -> Record {
        let plan = Plan::about(adele()).then(settled.iter().map(|(_, change)| change.clone()));
        let planned = Entry::Planned { at: Timestamp::UNIX_EPOCH, plan, permitted: true };
        let changed = settled.into_iter().enumerate().map(|(stage, (status, change))| Entry::Changed {
            at: Timestamp::UNIX_EPOCH,
            status,
            change: Box::new(change),
            stage,
        });
        Record { entries: [planned].into_iter().chain(changed).collect() }
    }

    fn undo_of(record: &Record) -> Plan {
        undo(record, Some(Standing { subject: adele(), findings: Vec::new() }))
    }

    fn sentences(plan: &Plan) -> Vec<&str> {
        plan.changes().map(|change| change.says.as_str()).collect()
    }

    #[test]
    fn only_what_was_done_is_taken_back_and_in_reverse() {
        use Status::{Already, Done, NotYet, Refused, Skipped, Unknown};
        let settled = [Done, Already, Done, Refused, NotYet, Skipped, Unknown];
        let settled =
            settled.iter().enumerate().map(|(n, status)| (*status, change(&n.to_string()))).collect();
        assert_eq!(sentences(&undo_of(&record(settled))), ["undo 2", "undo 0"]);
    }

    #[test]
    fn what_went_together_is_taken_back_together() {
        let mut record = record(["a", "b", "c"].map(|says| (Status::Done, change(says))).into());
        for entry in &mut record.entries {
            if let Entry::Changed { stage, .. } = entry {
                *stage = usize::from(*stage == 2);
            }
        }
        record.entries.extend(record.entries.clone());
        let plan = undo_of(&record);
        let stages: Vec<usize> = plan.stages.iter().map(|stage| stage.changes.len()).collect();
        assert_eq!(stages, [1, 2, 1, 2]);
        assert!(plan.stages.iter().all(|stage| stage.apart));
    }

    #[test]
    fn an_account_takes_with_it_what_it_was_given() {
        let creation = change("create").creating_the_account();
        let settled =
            [(Status::Done, creation), (Status::Done, change("join")), (Status::Unknown, change("assign"))];
        let plan = undo_of(&record(settled.into()));
        assert_eq!(sentences(&plan), ["undo create"]);
        assert!(plan.findings.is_empty(), "{:?}", plan.findings);
    }

    #[test]
    fn of_an_account_that_is_gone_only_its_own_deletion_is_taken_back() {
        let (block, create) = (|| change("block"), || change("create").creating_the_account());
        let table: [(Vec<Change>, &[&str], &[&str]); 4] = [
            (vec![block(), deletion()], &["undo delete", "undo block"], &[]),
            (vec![block()], &[], &["account-gone"]),
            (vec![forever("reset")], &[], &["account-gone"]),
            (vec![create(), change("join")], &["undo create"], &[]),
        ];
        for (done, taken_back, told) in table {
            let plan = undo(&record(done.into_iter().map(|change| (Status::Done, change)).collect()), None);
            let codes: Vec<&str> = plan.findings.iter().map(|finding| finding.code.as_str()).collect();
            assert_eq!((sentences(&plan), codes), (taken_back.to_vec(), told.to_vec()));
            assert_eq!((plan.subject.clone(), plan.is_blocked()), (adele(), taken_back.is_empty()));
        }
    }

    #[test]
    fn a_run_that_never_had_an_account_is_taken_back_all_the_same() {
        let mut record = record(vec![(Status::Done, change("one"))]);
        for entry in &mut record.entries {
            if let Entry::Planned { plan, .. } = entry {
                plan.subject.id = None;
            }
        }
        assert_eq!(sentences(&undo(&record, None)), ["undo one"]);
    }

    #[test]
    fn what_cannot_be_taken_back_and_what_is_unknown_is_named() {
        let plan = undo_of(&record(vec![(Status::Done, forever("one")), (Status::Unknown, change("two"))]));
        let codes: Vec<&str> = plan.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert!(plan.is_empty());
        assert_eq!(codes, ["cannot-be-undone", "unknown"]);
    }

    #[test]
    fn what_was_done_for_certain_later_is_unknown_no_more() {
        use Status::{Done, Unknown};
        let twice = |then| vec![(Unknown, change("one")), (then, change("one"))];
        for (then, unknown) in [(Done, 0), (Status::Already, 1)] {
            let plan = undo_of(&record(twice(then)));
            let named = plan.findings.iter().filter(|finding| finding.code == UNKNOWN).count();
            assert_eq!(named, unknown, "{then:?}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_may_have_been_a_change() {
        let mut record = record(vec![(Status::Done, change("one"))]);
        record.entries.push(Entry::Unreadable);
        let finding = &undo_of(&record).findings[0];
        assert_eq!(finding.code, UNKNOWN);
    }

    #[test]
    fn a_run_is_taken_back_once() {
        let mut record = record(vec![(Status::Done, change("one"))]);
        record.entries.push(Entry::Undone { at: Timestamp::UNIX_EPOCH });
        assert!(undo_of(&record).is_empty());
    }
}
