//! What became of a plan: one status per change, and one for the run.

use std::error::Error;

use graph::ObjectId;
use jiff::{SignedDuration, Timestamp};
use journal::RunId;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::plan::{Digest, Finding, Level, Plan, Stage, Subject};
use crate::runner::Stop;
use crate::seats::Open;

/// How long a run waits for a service that had no time, or did not answer.
const PASSES: SignedDuration = SignedDuration::from_mins(1);

/// What became of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Not sent: this was a preview.
    Planned,
    /// Not sent yet: a service has something to finish first, and the run goes on by itself.
    Waits,
    /// We did it.
    Done,
    /// It was so when we came; not ours to take back.
    Already,
    /// The directory had not caught up in time; asking again mends it.
    NotYet,
    /// Graph refused, and says why.
    Refused,
    /// Not sent, because something before it did not hold.
    Skipped,
    /// Nobody can say whether it was done; asking again reads it first.
    Unknown,
}

impl Status {
    /// Whether the change now holds.
    pub fn holds(self) -> bool {
        matches!(self, Self::Done | Self::Already)
    }
}

/// Why a change does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Graph's code, if Graph answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Graph's message; or ours with its causes, since no answer of Graph explains it.
    pub message: String,
    /// Graph's request id, for a support case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The id that we gave the call, by which it can be traced where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// What helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl From<&graph::Error> for Failure {
    fn from(error: &graph::Error) -> Self {
        Self {
            code: error.code().to_owned(),
            message: if error.is_refused() { error.message().to_owned() } else { chain(error) },
            request_id: error.request_id().map(str::to_owned),
            client_request_id: error
                .client_request_id()
                .filter(|_| error.request_id().is_none())
                .map(|id| id.to_string()),
            help: error.help().map(str::to_owned),
        }
    }
}

/// An error with its sources.
pub fn chain(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |error| (*error).source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

/// One change and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeOutcome {
    /// What it does, in the administrator's words.
    pub says: String,
    /// What became of it.
    pub status: Status,
    /// Whether it can be taken back, or there is nothing to take back.
    pub undoable: bool,
    /// Why it does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl ChangeOutcome {
    /// A change of this status, of which there is no more to say.
    pub(crate) fn of(change: &Change, status: Status) -> Self {
        let undoable = change.undo.is_some() || change.changes_nothing();
        Self { says: change.says.clone(), status, undoable, failure: None }
    }
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunStatus {
    /// A preview: nothing was sent.
    Planned,
    /// Everything holds.
    Succeeded,
    /// Everything holds so far, and the run goes on by itself.
    GoesOn,
    /// Some changes hold and some do not.
    Partial,
    /// Nothing was changed, and the answer says why.
    Refused,
    /// Nothing was changed, because the directory had not caught up or the service had no time; asking again mends it.
    NotYet,
    /// Of some change nobody can say whether it was done.
    Unknown,
}

/// What became of one subject's plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The run; `None` for a preview, which leaves no trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What became of it as a whole.
    pub status: RunStatus,
    /// Who it is about, with the object id once there is one.
    pub subject: Subject,
    /// Each change, in order.
    pub changes: Vec<ChangeOutcome>,
    /// What is worth saying.
    pub findings: Vec<Finding>,
    /// The fingerprint of the plan, for `If-Match`.
    pub plan_digest: Digest,
    /// The appointment: when the run is looked at again, because something is to happen only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Timestamp>,
    /// When the run goes on by itself, with what a service had not finished yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes_on: Option<Timestamp>,
    /// What became of each subject of a sweep, each of them a run of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Outcome>,
    /// What the caller alone is to see, such as a Temporary Access Pass. Never kept: not in the journal, not in a log.
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The seats that are promised to the run and that it has not taken itself.
    #[serde(skip)]
    pub(crate) seats: Vec<Open>,
}

impl Outcome {
    /// A preview of the plan.
    pub fn preview(plan: &Plan) -> Self {
        let status = if plan.is_blocked() { RunStatus::Refused } else { RunStatus::Planned };
        Self::of(plan, status, Status::Planned)
    }

    /// The same with one more thing to say.
    pub(crate) fn but(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    /// A plan of which nothing was sent.
    pub fn refused(plan: &Plan) -> Self {
        Self::of(plan, RunStatus::Refused, Status::Skipped)
    }

    /// A plan of which nothing was sent yet, since somebody else is at work: the run goes on by itself.
    pub(crate) fn waiting(plan: &Plan, at: Timestamp) -> Self {
        Self { goes_on: Some(at), ..Self::of(plan, RunStatus::GoesOn, Status::Waits) }
    }

    /// The same, refused, with what stopped it among its findings: for a preview, and for whoever asks later.
    pub(crate) fn because(mut self, stop: &Stop) -> Self {
        self.status = RunStatus::Refused;
        let code = match stop {
            Stop::Moved(_) => "plan-moved",
            Stop::Unreadable(_) => "tenant-unreadable",
            _ => "guard-rail",
        };
        self.but(Finding::blocks(code, chain(stop)))
    }

    /// What became of many, each of them a run of its own.
    pub(crate) fn of_parts(subject: Subject, parts: Vec<Self>, findings: Vec<Finding>) -> Self {
        let status = overall_of(&parts, &findings);
        let plan_digest = Digest::of_all(parts.iter().map(|part| &part.plan_digest));
        let told = Self::of(&Plan::about(subject).findings(findings), status, Status::Planned);
        Self { parts, plan_digest, ..told }
    }

    fn of(plan: &Plan, status: RunStatus, each: Status) -> Self {
        let waits = |stage: &Stage| stage.later && each == Status::Planned;
        let each = |stage| if waits(stage) { Status::Waits } else { each };
        let changes = plan
            .stages
            .iter()
            .flat_map(|stage| stage.all().map(move |change| ChangeOutcome::of(change, each(stage))));
        let ended = status != RunStatus::Refused && status != RunStatus::NotYet;
        Self {
            run: None,
            status,
            subject: plan.subject.clone(),
            changes: changes.collect(),
            findings: plan.findings.clone(),
            plan_digest: plan.digest(),
            again: plan.again.filter(|_| ended),
            goes_on: plan.goes_on.filter(|_| ended),
            parts: Vec::new(),
            credential: None,
            seats: Vec::new(),
        }
    }

    /// The same without what was sent again with the rest, since it was not seen to hold: that has the last word.
    pub(crate) fn without_resent(mut self, rest: &Self) -> Self {
        let sent = |says: &str| {
            rest.changes.iter().any(|change| change.says == says && change.status != Status::Skipped)
        };
        self.changes.retain(|change| !sent(&change.says));
        self
    }

    /// What became of this and of the rest. Where nothing was done of the rest, something was still done here.
    pub(crate) fn and(mut self, rest: Self) -> Self {
        if self.changes.is_empty() {
            return rest;
        }
        let is_refused = rest.status == RunStatus::Refused;
        self.changes.extend(rest.changes);
        let status = match overall(&self.changes, &rest.findings, rest.goes_on) {
            RunStatus::Succeeded | RunStatus::GoesOn if is_refused => RunStatus::Partial,
            status => status,
        };
        Self { changes: self.changes, status, ..rest }
    }

    /// The same, when nothing could come after it for now: what was done stays done, and why there is no more is among the
    /// findings. Where that passes, the run goes on by itself.
    pub(crate) fn cut_short(self, stop: &Stop, now: Timestamp) -> Self {
        let goes_on = stop.passes().then_some(now + PASSES);
        let rest = Self { changes: Vec::new(), goes_on, ..self.clone() }.because(stop);
        self.and(rest)
    }

    /// The outcome once each change has its status.
    pub(crate) fn settled(plan: &Plan, changes: Vec<ChangeOutcome>, account: Option<ObjectId>) -> Self {
        let statuses: Vec<Status> = changes.iter().map(|change| change.status).collect();
        let goes_on = plan.goes_on_after(&statuses);
        let status = overall(&changes, &plan.findings, goes_on);
        let subject = Subject { id: plan.subject.id.or(account), ..plan.subject.clone() };
        let told = Self::of(plan, status, Status::Planned);
        Self { subject, changes, goes_on: told.goes_on.and(goes_on), ..told }
    }

    /// The same; where something holds, and a service had not caught up with the rest, the run goes on by itself: for as long
    /// as there is patience.
    pub(crate) fn goes_on_for(mut self, patience: SignedDuration, now: Timestamp) -> Self {
        let is_behind = self.changes.iter().any(|change| change.status == Status::NotYet);
        if self.status == RunStatus::Partial && is_behind {
            self.goes_on = self.goes_on.or(Some(now + PASSES));
        }
        match self.goes_on {
            Some(_) if patience <= PASSES => self.given_up(),
            _ => self,
        }
    }

    /// The same of a run that has waited for long enough.
    fn given_up(mut self) -> Self {
        let says = "a service has not finished within a day what the rest waits for: see what is the matter, then ask again";
        self.findings.push(Finding::outstanding("waited-in-vain", says));
        self.waits_no_more();
        Self { status: overall(&self.changes, &self.findings, None), goes_on: None, ..self }
    }

    fn waits_no_more(&mut self) {
        for change in self.changes.iter_mut().filter(|change| change.status == Status::Waits) {
            change.status = Status::Skipped;
        }
    }

    /// The same of a run that was taken back since: what waited is not done any more, and nothing is to come.
    #[must_use]
    pub fn taken_back(mut self) -> Self {
        self.waits_no_more();
        self.findings.push(Finding::note("undone", "the run was taken back"));
        let of_part = |part: Self| if part.run.is_some() { part.taken_back() } else { part };
        let parts: Vec<Self> = std::mem::take(&mut self.parts).into_iter().map(of_part).collect();
        let status = match self.status {
            RunStatus::GoesOn if parts.is_empty() => overall(&self.changes, &self.findings, None),
            RunStatus::GoesOn => overall_of(&parts, &self.findings),
            status => status,
        };
        Self { status, parts, again: None, goes_on: None, ..self }
    }

    /// Whether every change holds, and none is to come.
    pub fn succeeded(&self) -> bool {
        self.status == RunStatus::Succeeded
    }

    /// Whether nothing has failed so far.
    pub fn is_well(&self) -> bool {
        matches!(self.status, RunStatus::Succeeded | RunStatus::GoesOn)
    }

    /// When it is looked at again, for whichever reason.
    pub fn next(&self) -> Option<Timestamp> {
        self.again.into_iter().chain(self.goes_on).min()
    }
}

/// Unknown outweighs everything; a run without any change that holds changed nothing, and a refusal is not mended by asking
/// again. What waits has not failed; what is outstanding does not hold, whoever has to see to it.
fn overall(changes: &[ChangeOutcome], findings: &[Finding], goes_on: Option<Timestamp>) -> RunStatus {
    let any = |status| changes.iter().any(|change| change.status == status);
    let has_failed = |change: &ChangeOutcome| !change.status.holds() && change.status != Status::Waits;
    match () {
        () if any(Status::Unknown) => RunStatus::Unknown,
        () if !changes.iter().any(has_failed) && findings.iter().any(|finding| finding.outstanding) => {
            RunStatus::Partial
        }
        () if !changes.iter().any(has_failed) && goes_on.is_some() => RunStatus::GoesOn,
        () if !changes.iter().any(has_failed) => RunStatus::Succeeded,
        () if changes.iter().any(|change| change.status.holds()) => RunStatus::Partial,
        () if any(Status::Refused) => RunStatus::Refused,
        () => RunStatus::NotYet,
    }
}

/// The same of many: what is unknown of one is unknown of all, and where one is done and another is not it is partial.
fn overall_of(parts: &[Outcome], findings: &[Finding]) -> RunStatus {
    let any = |status| parts.iter().any(|part| part.status == status);
    let all_well = parts.iter().all(Outcome::is_well);
    let holds = |part: &Outcome| part.is_well() || part.status == RunStatus::Partial;
    match () {
        () if findings.iter().any(|finding| finding.level == Level::Blocks) => RunStatus::Refused,
        () if any(RunStatus::Unknown) => RunStatus::Unknown,
        () if any(RunStatus::Planned) => RunStatus::Planned,
        () if all_well && findings.iter().any(|finding| finding.outstanding) => RunStatus::Partial,
        () if all_well && any(RunStatus::GoesOn) => RunStatus::GoesOn,
        () if all_well => RunStatus::Succeeded,
        () if parts.iter().any(holds) => RunStatus::Partial,
        () if any(RunStatus::Refused) => RunStatus::Refused,
        () => RunStatus::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(statuses: &[Status]) -> Vec<ChangeOutcome> {
        let change = |&status| ChangeOutcome { says: String::new(), status, undoable: false, failure: None };
        statuses.iter().map(change).collect()
    }

    #[test]
    fn a_run_is_what_its_changes_are() {
        use Status::{Already, Done, NotYet, Refused, Skipped, Unknown, Waits};
        let table: [(&[Status], RunStatus); 12] = [
            (&[], RunStatus::Succeeded),
            (&[Done, Already], RunStatus::Succeeded),
            (&[Done, Refused, Skipped], RunStatus::Partial),
            (&[Already, NotYet], RunStatus::Partial),
            (&[Refused, Skipped], RunStatus::Refused),
            (&[Refused, NotYet], RunStatus::Refused),
            (&[NotYet, Skipped], RunStatus::NotYet),
            (&[Done, Unknown, Refused], RunStatus::Unknown),
            (&[Unknown], RunStatus::Unknown),
            (&[Done, Waits, Refused], RunStatus::Partial),
            (&[Waits, Refused], RunStatus::Refused),
            (&[Waits, NotYet], RunStatus::NotYet),
        ];
        for (statuses, status) in table {
            assert_eq!(overall(&changes(statuses), &[], None), status, "{statuses:?}");
        }
    }

    #[test]
    fn what_goes_on_has_not_succeeded_yet() {
        use Status::{Done, Refused, Waits};
        let table: [(&[Status], RunStatus); 4] = [
            (&[], RunStatus::GoesOn),
            (&[Waits], RunStatus::GoesOn),
            (&[Done, Waits], RunStatus::GoesOn),
            (&[Done, Waits, Refused], RunStatus::Partial),
        ];
        for (statuses, status) in table {
            assert_eq!(overall(&changes(statuses), &[], Some(Timestamp::UNIX_EPOCH)), status, "{statuses:?}");
        }
    }

    #[test]
    fn what_was_taken_back_waits_for_nothing() {
        use Status::{Done, Skipped, Waits};
        let plan = Plan::about(Subject::named("Adele Vance"));
        let at = Some(Timestamp::UNIX_EPOCH);
        let of = |status| Outcome { status, again: at, goes_on: at, ..Outcome::preview(&plan) };
        let waits = Outcome { changes: changes(&[Done, Waits]), ..of(RunStatus::GoesOn) }.taken_back();
        let statuses: Vec<Status> = waits.changes.iter().map(|change| change.status).collect();
        assert_eq!((statuses, waits.status, waits.next()), (vec![Done, Skipped], RunStatus::Partial, None));
        assert_eq!(waits.findings[0].code, "undone");
        assert_eq!(of(RunStatus::Succeeded).taken_back().status, RunStatus::Succeeded);
    }

    #[test]
    fn what_is_outstanding_has_not_succeeded() {
        let table = [
            (Finding::left("a", "b"), RunStatus::Succeeded),
            (Finding::outstanding("a", "b"), RunStatus::Partial),
        ];
        for (finding, status) in table {
            assert_eq!(overall(&changes(&[Status::Done]), &[finding], None), status);
        }
    }
}
