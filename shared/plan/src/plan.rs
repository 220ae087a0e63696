//! A plan: changes in stages, and what is worth saying.
//!
//! ```
//! use plan::{Finding, Plan, Subject};
//! let plan = Plan::about(Subject::named("Adele Vance"))
//!     .finding(Finding::left("exchange", "add the alias adele@contoso.com in Exchange"));
//! assert!(plan.is_empty() && !plan.is_blocked());
//! ```
//!
//! Changes of one stage are independent of one another and go together; a stage that fails stops the later stages of its
//! subject. A plan holds no clock and no secret, so the same facts always give the same plan and the same digest.

use graph::ObjectId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::change::{Change, Touch};

/// Changes that may go together.
pub type Stage = Vec<Change>;

/// The principal that one plan is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// Its object id; `None` while the account does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Its name for people; personal data.
    pub name: String,
    /// Whether it holds a directory role, as far as the task has looked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_role: bool,
    /// The groups it is a direct member of, as far as the task has looked.
    #[serde(skip)]
    pub member_of: Vec<ObjectId>,
}

impl Subject {
    /// A subject that does not exist yet.
    pub fn named(name: impl Into<String>) -> Self {
        Self { id: None, name: name.into(), holds_role: false, member_of: Vec::new() }
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

    /// Nothing is done while this is so.
    pub fn blocks(code: &str, says: impl Into<String>) -> Self {
        Self::new(Level::Blocks, code, says)
    }

    fn new(level: Level, code: &str, says: impl Into<String>) -> Self {
        Self { level, code: code.to_owned(), says: says.into(), field: None }
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
    /// When to look again, because something is to happen only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Timestamp>,
}

/// The fingerprint of a plan's changes: what a person approves, and `If-Match` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Plan {
    /// A plan that does nothing yet.
    pub fn about(subject: Subject) -> Self {
        Self { subject, stages: Vec::new(), findings: Vec::new(), again: None }
    }

    /// Begins a stage. A stage without changes is no stage.
    #[must_use]
    pub fn then(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.stages.push(changes.into_iter().collect());
        self.stages.retain(|stage| !stage.is_empty());
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

    /// Says when to look again.
    #[must_use]
    pub fn again_at(mut self, at: Option<Timestamp>) -> Self {
        self.again = at;
        self
    }

    /// All changes, in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.stages.iter().flatten()
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
            .filter(|touch| !matches!(touch, Touch::Principal(_)))
    }

    /// The fingerprint of what would be changed for whom and when: SHA-256 over subject, changes and time to look again,
    /// findings that block included.
    pub fn digest(&self) -> Digest {
        let blocks = self.findings.iter().filter(|finding| finding.level == Level::Blocks);
        let content = (&self.subject, &self.stages, &self.again, blocks.collect::<Vec<_>>());
        let text = serde_json::to_vec(&content).unwrap_or_default();
        Digest(Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect())
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
    fn the_digest_moves_with_the_changes_and_with_nothing_else() {
        let noted = plan().finding(Finding::note("hello", "good to know"));
        assert_eq!(plan().digest(), noted.digest());
        assert_ne!(plan().digest(), plan().then([change("four")]).digest());
        assert_ne!(plan().digest(), plan().finding(Finding::blocks("no", "not now")).digest());
        assert_ne!(plan().digest(), plan().again_at(Some(Timestamp::UNIX_EPOCH)).digest());
    }

    #[test]
    fn only_a_blocking_finding_blocks() {
        assert!(!plan().finding(Finding::left("exchange", "by hand")).is_blocked());
        assert!(plan().finding(Finding::blocks("no-licence", "none left")).is_blocked());
    }
}
