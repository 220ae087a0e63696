//! The names of things in the journal: tasks, runs, and marks on runs.
//!
//! Everything that ends up in a path or in the name of a blob is made here, from a name that is part of the program and
//! from UUIDs and timestamps. Nothing a caller of a function typed reaches a path. The layout is the same everywhere:
//!
//! ```text
//! <task>/runs/<run>.jsonl          one per run
//! <task>/due/<time>_<run>          one per mark, empty
//! ```
//!
//! Beside the tasks is the ledger: see [`crate::page`].

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The name of a task, `[a-z][a-z0-9-]*`: a folder below the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskName(&'static str);

impl TaskName {
    /// The task of this name. Call it in a constant, and a name that will not do does not compile:
    ///
    /// ```
    /// use journal::TaskName;
    /// const ONBOARD: TaskName = TaskName::of("onboard-user");
    /// # assert_eq!(ONBOARD.as_str(), "onboard-user");
    /// ```
    ///
    /// # Panics
    ///
    /// When the name is anything but a small letter followed by small letters, digits and hyphens, or `ledger`, which is
    /// where the pages are.
    pub const fn of(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(
            !bytes.is_empty() && bytes[0].is_ascii_lowercase(),
            "a task's name begins with a small letter"
        );
        assert!(!matches!(bytes, b"ledger"), "no task is called like the ledger");
        let mut at = 1;
        while at < bytes.len() {
            assert!(
                matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'-'),
                "a task's name is made of small letters, digits and hyphens"
            );
            at += 1;
        }
        Self(name)
    }

    /// The name as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Where the runs of the task are.
    pub(crate) fn runs(self) -> String {
        format!("{self}/runs/")
    }

    /// Where the marks of the task are.
    pub(crate) fn dues(self) -> String {
        format!("{self}/due/")
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The id of one run: a UUID, written with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Uuid);

impl RunId {
    /// An id that was never used before. It begins with the time, so that runs sort by their age (UUID version 7).
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id that belongs to an idempotency key of this task: the same key, the same run (UUID version 8, of a
    /// SHA-256). The key itself is not kept.
    pub fn of(task: TaskName, key: &str) -> Self {
        let digest = Sha256::new().chain_update(task.0).chain_update([0]).chain_update(key).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The run of the file of this name, or `None` when the name was not given by us.
    pub(crate) fn of_file(name: &str) -> Option<Self> {
        name.strip_suffix(".jsonl")?.parse().ok()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// The text is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotARunId(());

impl fmt::Display for NotARunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a run is a UUID, as in 0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47")
    }
}

impl std::error::Error for NotARunId {}

impl FromStr for RunId {
    type Err = NotARunId;

    fn from_str(text: &str) -> Result<Self, NotARunId> {
        Uuid::try_parse(text).map(Self).map_err(|_| NotARunId(()))
    }
}

/// Which run: its task and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunKey {
    /// The task the run belongs to.
    pub task: TaskName,
    /// The id of the run, unique within the task.
    pub run: RunId,
}

impl RunKey {
    /// Where the run is.
    pub(crate) fn path(&self) -> String {
        format!("{}{}.jsonl", self.task.runs(), self.run)
    }
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.task, self.run)
    }
}

/// "Look at this run again at that time."
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark {
    /// When to look.
    pub at: Timestamp,
    /// At which run.
    pub run: RunKey,
}

impl Mark {
    /// Where the mark is: below its task, under a name that sorts by time, as in
    /// `20261121T081500.000000000Z_0199f3a4-...`.
    pub(crate) fn path(&self) -> String {
        let at = self.at.strftime("%Y%m%dT%H%M%S%.9fZ");
        format!("{}{at}_{}", self.run.task.dues(), self.run.run)
    }

    /// The mark of this name, or `None` when the name was not given by us.
    pub(crate) fn named(task: TaskName, name: &str) -> Option<Self> {
        let (at, run) = name.split_once('_')?;
        let run = RunKey { task, run: run.parse().ok()? };
        let at = at.parse().ok()?;
        Some(Self { at, run })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: TaskName = TaskName::of("onboard-user");

    #[test]
    fn the_same_key_is_the_same_run_and_another_key_or_task_is_not() {
        let run = RunId::of(TASK, "flow-7");
        assert_eq!(run, RunId::of(TASK, "flow-7"));
        assert_ne!(run, RunId::of(TASK, "flow-8"));
        assert_ne!(run, RunId::of(TaskName::of("offboard-user"), "flow-7"));
    }

    #[test]
    fn the_run_of_a_key_never_changes_between_versions_of_the_program() {
        let run = RunId::of(TASK, "flow-7").to_string();
        assert_eq!(run, "213bcefd-b0b3-805d-a317-5aeee75ea524");
    }

    #[test]
    fn a_run_id_is_written_with_hyphens_and_read_back() {
        let run = RunId::fresh();
        assert_eq!(run.to_string().parse(), Ok(run));
        assert_eq!(serde_json::to_value(run).unwrap(), run.to_string());
        assert!("../secrets".parse::<RunId>().is_err());
    }

    #[test]
    fn a_run_is_read_back_from_the_name_of_its_file() {
        let run = RunId::fresh();
        let path = RunKey { task: TASK, run }.path();
        let name = path.strip_prefix("onboard-user/runs/").unwrap();
        assert_eq!(RunId::of_file(name), Some(run));
        assert_eq!(RunId::of_file("README.md"), None);
    }

    #[test]
    fn fresh_runs_sort_by_their_age() {
        let runs: Vec<RunId> = (0..100).map(|_| RunId::fresh()).collect();
        assert!(runs.is_sorted());
    }

    #[test]
    fn names_that_could_leave_the_folder_are_not_names_of_tasks() {
        for name in ["", "Onboard", "7up", "-a", "a/b", "a..b", "a_b", "ä", crate::page::LEDGER] {
            assert!(std::panic::catch_unwind(|| TaskName::of(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn a_mark_is_read_back_from_its_name_and_names_sort_by_time() {
        let run = RunKey { task: TASK, run: RunId::fresh() };
        let mark = |at: &str| Mark { at: at.parse().unwrap(), run };
        let marks = [
            mark("2026-11-21T08:15:00Z"),
            mark("2026-11-21T08:15:00.000000001Z"),
            mark("2026-11-21T08:15:00.5Z"),
            mark("2026-12-01T00:00:00Z"),
        ];
        assert!(marks.map(|mark| mark.path()).is_sorted());
        for mark in marks {
            let path = mark.path();
            let name = path.strip_prefix("onboard-user/due/").unwrap();
            assert_eq!(Mark::named(TASK, name), Some(mark));
        }
        assert_eq!(Mark::named(TASK, ".DS_Store"), None);
    }
}
