//! A plan: changes in stages, and what is worth saying.
//!
//! ```
//! use plan::{Finding, Plan, Subject};
//! let plan = Plan::about(Subject::named("Adele Vance"))
//!     .finding(Finding::left("hire-date", "set the hire date in the Entra admin centre"));
//! assert!(plan.is_empty() && !plan.is_blocked());
//! ```
//!
//! Changes of one stage are independent of one another and go together; a stage that fails stops the later stages of its
//! subject, up to one that stands apart. A plan holds no clock and no secret, so the same facts always give the same plan
//! and the same digest.

use graph::ObjectId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::change::{Change, Touch};
use crate::outcome::Status;
use crate::seats::Seat;

/// Changes that may go together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Independent of one another.
    pub changes: Vec<Change>,
    /// What must come after the last of them and yet travels with them, in one round trip.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Change>,
    /// Whether it stands apart: it goes ahead whatever became of the stages before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
    /// Whether it waits for what a service has not finished yet: it is shown, approved and held against the guard-rails now,
    /// and sent when the run goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub later: bool,
}

impl Stage {
    fn of(changes: impl IntoIterator<Item = Change>) -> Self {
        Self { changes: changes.into_iter().collect(), ..Self::default() }
    }

    /// What comes after nothing is not after anything; and a stage without changes is none.
    fn settled(mut self) -> Option<Self> {
        if self.changes.is_empty() {
            self.changes = std::mem::take(&mut self.after);
        }
        (!self.changes.is_empty()).then_some(self)
    }

    /// All its changes, in order.
    pub fn all(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().chain(&self.after)
    }
}

/// The principal that one plan is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// Its object id; `None` while the account does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Its name for people; personal data.
    pub name: String,
    /// Whether it holds a directory role, or may take one, as far as the task has looked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_role: bool,
    /// The groups it is a direct member of, as far as the task has looked.
    #[serde(skip)]
    pub member_of: Vec<ObjectId>,
    /// How many people report to it, as far as the task has looked.
    #[serde(skip)]
    pub reports: usize,
}

impl Subject {
    /// A subject that does not exist yet.
    pub fn named(name: impl Into<String>) -> Self {
        Self { id: None, name: name.into(), holds_role: false, member_of: Vec::new(), reports: 0 }
    }

    /// A subject that exists.
    pub fn known(id: ObjectId, name: impl Into<String>) -> Self {
        Self { id: Some(id), ..Self::named(name) }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Good to know.
    Note,
    /// Left to a person: we cannot or may not do it.
    Left,
    /// Nothing of the plan is done while this is so.
    Blocks,
}

/// Something worth saying that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// A stable name in kebab case, for flows to branch on.
    pub code: String,
    /// What was found, in the administrator's words.
    pub says: String,
    /// The field of the request it is about, as a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Whether what was asked does not hold until a person has seen to it: the run has not succeeded then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outstanding: bool,
}

impl Finding {
    /// Good to know.
    pub fn note(code: &str, says: impl Into<String>) -> Self {
        Self::new(Level::Note, code, says)
    }

    /// Left to a person.
    pub fn left(code: &str, says: impl Into<String>) -> Self {
        Self::new(Level::Left, code, says)
    }

    /// Left to a person, and the heart of what was asked: as long as it is not done, the run has not succeeded.
    pub fn outstanding(code: &str, says: impl Into<String>) -> Self {
        Self { outstanding: true, ..Self::left(code, says) }
    }

    /// Nothing is done while this is so.
    pub fn blocks(code: &str, says: impl Into<String>) -> Self {
        Self::new(Level::Blocks, code, says)
    }

    fn new(level: Level, code: &str, says: impl Into<String>) -> Self {
        Self { level, code: code.to_owned(), says: says.into(), field: None, outstanding: false }
    }

    /// Names the field of the request it is about (a JSON pointer).
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

/// What should happen to one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Who it is about.
    pub subject: Subject,
    /// What is changed, in order.
    pub stages: Vec<Stage>,
    /// What is worth saying.
    pub findings: Vec<Finding>,
    /// The seats it takes: promised to its run before anything is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<Seat>,
    /// The appointment: when to look again, because something is to happen only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Timestamp>,
    /// When the run goes on by itself, with what a service had not finished yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes_on: Option<Timestamp>,
    /// What no other run may work on while this one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
}

/// The fingerprint of a plan's changes: what a person approves, and `If-Match` holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Digest {
    /// The fingerprint of several plans together.
    pub(crate) fn of_all<'a>(digests: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut digests: Vec<&str> = digests.into_iter().map(|digest| digest.0.as_str()).collect();
        digests.sort_unstable();
        Self::of(digests.concat().as_bytes())
    }

    fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Plan {
    /// A plan that does nothing yet.
    pub fn about(subject: Subject) -> Self {
        Self {
            subject,
            stages: Vec::new(),
            findings: Vec::new(),
            seats: Vec::new(),
            again: None,
            goes_on: None,
            claims: None,
        }
    }

    /// Begins a stage that stands on all before it, back to the last that stands apart. A stage without changes is no stage.
    #[must_use]
    pub fn then(self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.stage(Stage::of(changes))
    }

    /// Begins a stage that goes ahead whatever became of those before it. Without changes it is no stage, and what follows
    /// stands on what came before.
    #[must_use]
    pub fn apart(self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.stage(Stage { apart: true, ..Stage::of(changes) })
    }

    /// Begins a chapter: stages of which the first stands apart, and each of the others on those before it.
    #[must_use]
    pub fn chapter<S: IntoIterator<Item = Change>>(self, stages: impl IntoIterator<Item = S>) -> Self {
        let begun = self.stages.len();
        stages.into_iter().fold(self, |plan, stage| {
            let apart = plan.stages.len() == begun;
            plan.stage(Stage { apart, ..Stage::of(stage) })
        })
    }

    /// Begins a stage whose last changes come after the others and yet travel with them, in one round trip.
    #[must_use]
    pub fn in_order(
        self,
        changes: impl IntoIterator<Item = Change>,
        after: impl IntoIterator<Item = Change>,
    ) -> Self {
        self.stage(Stage { after: after.into_iter().collect(), ..Stage::of(changes) })
    }

    fn stage(mut self, stage: Stage) -> Self {
        self.stages.extend(stage.settled());
        self
    }

    /// Adds what is worth saying.
    #[must_use]
    pub fn finding(self, finding: Finding) -> Self {
        self.findings([finding])
    }

    /// Adds all that is worth saying.
    #[must_use]
    pub fn findings(mut self, findings: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(findings);
        self
    }

    /// Begins a stage that stands apart and waits for what a service has not finished yet; the run goes on at that time.
    /// Without changes there is nothing to wait for.
    #[must_use]
    pub fn later(self, changes: impl IntoIterator<Item = Change>, at: Timestamp) -> Self {
        self.waiting(Stage { apart: true, ..Stage::of(changes) }, at)
    }

    /// The same of a stage that stands on all before it, as [`then`](Self::then) does: where something of that does not hold,
    /// there is nothing to wait for, and the run does not go on for its sake.
    #[must_use]
    pub fn then_later(self, changes: impl IntoIterator<Item = Change>, at: Timestamp) -> Self {
        self.waiting(Stage::of(changes), at)
    }

    fn waiting(self, stage: Stage, at: Timestamp) -> Self {
        let waits = !stage.changes.is_empty();
        self.stage(Stage { later: true, ..stage }).goes_on_at(waits.then_some(at))
    }

    /// Makes an appointment to look again; of several times, the first counts.
    #[must_use]
    pub fn again_at(mut self, at: Option<Timestamp>) -> Self {
        self.again = self.again.into_iter().chain(at).min();
        self
    }

    /// Says when the run goes on, because a service has not finished yet what the rest stands on; of several times, the
    /// first counts.
    #[must_use]
    pub fn goes_on_at(mut self, at: Option<Timestamp>) -> Self {
        self.goes_on = self.goes_on.into_iter().chain(at).min();
        self
    }

    /// Whether it is not all that there is to do: something is left to an appointment, or until the run goes on.
    pub fn leaves_more(&self) -> bool {
        self.again.is_some() || self.goes_on.is_some()
    }

    /// When the run goes on once its changes have these statuses: not at all, if every stage that waits was skipped, or it
    /// would wait in vain.
    pub(crate) fn goes_on_after(&self, statuses: &[Status]) -> Option<Timestamp> {
        let is_waited_for = !self.stages.iter().any(|stage| stage.later) || statuses.contains(&Status::Waits);
        let mut ended = self.changes().zip(statuses.iter().copied());
        let is_in_vain = ended.any(|(change, status)| change.is_awaited_in_vain(status));
        self.goes_on.filter(|_| is_waited_for && !is_in_vain)
    }

    /// What is left of it once these changes are done.
    #[must_use]
    pub(crate) fn without(mut self, done: &[Change]) -> Self {
        for stage in &mut self.stages {
            stage.changes.retain(|change| !done.contains(change));
            stage.after.retain(|change| !done.contains(change));
        }
        self.stages = self.stages.into_iter().filter_map(Stage::settled).collect();
        self
    }

    /// All changes, in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.stages.iter().flat_map(Stage::all)
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Whether a finding forbids all of it.
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Blocks)
    }

    /// What it hands out: everything that a guard-rail may want approved.
    pub(crate) fn hands_out(&self) -> impl Iterator<Item = &Touch> {
        self.changes()
            .flat_map(|change| &change.touches)
            .filter(|touch| !matches!(touch, Touch::Principal(_) | Touch::Left(_)))
    }

    /// The fingerprint of what would be changed for whom and when: SHA-256 over subject, changes and appointment, findings
    /// that block included. How many seats were free is no part of it. What waits until the run goes on, and until when, is no part of it: a service that has finished
    /// meanwhile changes nothing of what was approved.
    pub fn digest(&self) -> Digest {
        let blocks = self.findings.iter().filter(|finding| finding.level == Level::Blocks);
        let stages = self.stages.iter().map(|stage| Stage { later: false, ..stage.clone() });
        let stages = stages.collect::<Vec<_>>();
        let content = (&self.subject, stages, self.again, blocks.collect::<Vec<_>>());
        let text = serde_json::to_vec(&content).unwrap_or_default();
        Digest::of(&text)
    }
}

#[cfg(test)]
mod tests {
    use graph::{Path, Request};

    use super::*;
    use crate::Proof;

    fn change(says: &str) -> Change {
        Change::new(says, Request::post(Path::new("/users")), Proof::gone(Request::get(Path::new("/users"))))
    }

    const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";

    fn plan() -> Plan {
        Plan::about(Subject::named("Adele Vance"))
            .then([change("one"), change("two")])
            .then(change("three").unless(false))
    }

    #[test]
    fn a_stage_without_changes_is_no_stage() {
        assert_eq!(plan().then(change("four").unless(true)).stages.len(), 2);
    }

    #[test]
    fn a_chapter_stands_apart_and_its_stages_on_one_another() {
        let plan = plan().chapter([vec![], vec![change("four")], vec![], vec![change("five")]]);
        let apart: Vec<bool> = plan.stages.iter().map(|stage| stage.apart).collect();
        assert_eq!(apart, [false, false, true, false]);
    }

    #[test]
    fn the_digest_moves_with_the_changes_and_with_nothing_else() {
        let noted = plan().finding(Finding::note("hello", "good to know"));
        assert_eq!(plan().digest(), noted.digest());
        assert_ne!(plan().digest(), plan().then([change("four")]).digest());
        assert_ne!(plan().digest(), plan().finding(Finding::blocks("no", "not now")).digest());
        assert_ne!(plan().digest(), plan().again_at(Some(Timestamp::UNIX_EPOCH)).digest());
        assert_eq!(plan().digest(), plan().goes_on_at(Some(Timestamp::UNIX_EPOCH)).digest());
        assert_eq!(plan().digest(), plan().seat(E3.parse().unwrap(), 7).digest());
        assert_ne!(plan().digest(), plan().in_order([change("four")], [change("five")]).digest());
    }

    #[test]
    fn what_waits_is_approved_with_the_rest_and_leaves_the_appointment_alone() {
        let at = Timestamp::UNIX_EPOCH;
        let (waits, ready) = (plan().later([change("four")], at), plan().apart([change("four")]));
        assert_eq!(waits.digest(), ready.digest());
        assert_ne!(waits.digest(), plan().digest());
        assert_ne!(waits.digest(), waits.clone().again_at(Some(at)).digest());
        assert_eq!((waits.again, waits.goes_on, waits.leaves_more()), (None, Some(at), true));
        assert!(!plan().later([], at).leaves_more(), "there is nothing to wait for");
    }

    #[test]
    fn a_run_goes_on_for_what_waits_and_not_for_what_was_skipped() {
        use Status::{Done, NotYet, Refused, Skipped, Waits};
        let at = Timestamp::UNIX_EPOCH;
        let plan = plan().then_later([change("four")], at);
        assert!(!plan.stages[2].apart && plan.stages[2].later);
        let awaited = self::plan().apart([change("four").awaited()]).goes_on_at(Some(at));
        let table = [
            (&awaited, vec![Done, Refused, Skipped, NotYet], Some(at)),
            (&awaited, vec![Done, Done, Done, Refused], None),
            (&awaited, vec![Done, Done, Done, Skipped], None),
            (&plan, vec![Done, Done, Done, Waits], Some(at)),
            (&plan, vec![Done, Done, Refused, Skipped], None),
            (&self::plan().goes_on_at(Some(at)), vec![Done, Done, Refused], Some(at)),
        ];
        for (plan, statuses, expected) in table {
            assert_eq!(plan.goes_on_after(&statuses), expected, "{statuses:?}");
        }
    }

    #[test]
    fn what_is_done_is_taken_out_wherever_it_stands() {
        let long = plan().in_order([change("four")], [change("five")]);
        let rest = long.clone().without(&[change("two"), change("four")]);
        assert_eq!(rest.stages[2], Stage::of([change("five")]), "nothing is left that it comes after");
        let says = |plan: &Plan| plan.changes().map(|change| change.says.clone()).collect::<Vec<_>>();
        assert_eq!(says(&long), ["one", "two", "three", "four", "five"]);
        assert_eq!(says(&rest), ["one", "three", "five"]);
        assert_eq!(long.without(&[change("three")]).stages.len(), 2);
    }

    #[test]
    fn an_account_takes_one_seat_of_a_sku_by_however_many_ways() {
        let sku = E3.parse().unwrap();
        let seats = |plan: Plan| plan.seats;
        assert_eq!(seats(plan().seat(sku, 3).seat(sku, 2).seat(sku, 5)), [Seat { sku, free: 2 }]);
    }

    #[test]
    fn only_a_blocking_finding_blocks() {
        assert!(!plan().finding(Finding::left("exchange", "by hand")).is_blocked());
        assert!(plan().finding(Finding::blocks("no-licence", "none left")).is_blocked());
    }
}
