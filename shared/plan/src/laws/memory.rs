//! A journal in memory, which outlives the processes of a law.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use journal::{Begun, Error, Journal, Mark, Page, PageName, RunKey, TaskName, Version};
use serde_json::Value;

#[derive(Default)]
pub(super) struct Memory(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    runs: BTreeMap<RunKey, Vec<Value>>,
    marks: BTreeSet<(Timestamp, RunKey)>,
    pages: BTreeMap<PageName, Page>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl Journal for Memory {
    async fn begin(&self, run: &RunKey, first: &Value) -> Result<Begun, Error> {
        let mut inner = self.lock();
        let begun = if inner.runs.contains_key(run) { Begun::Before } else { Begun::New };
        inner.runs.entry(*run).or_insert_with(|| vec![first.clone()]);
        Ok(begun)
    }

    async fn append(&self, run: &RunKey, entries: &[Value]) -> Result<(), Error> {
        self.lock().runs.entry(*run).or_default().extend_from_slice(entries);
        Ok(())
    }

    async fn read(&self, run: &RunKey) -> Result<Option<Vec<Value>>, Error> {
        Ok(self.lock().runs.get(run).cloned())
    }

    async fn remind(&self, mark: &Mark) -> Result<(), Error> {
        self.lock().marks.insert((mark.at, mark.run));
        Ok(())
    }

    async fn due(&self, task: TaskName, until: Timestamp) -> Result<Vec<Mark>, Error> {
        let marks = self.lock().marks.clone();
        let due = marks.into_iter().filter(|(at, run)| *at <= until && run.task == task);
        Ok(due.map(|(at, run)| Mark { at, run }).collect())
    }

    async fn forget(&self, mark: &Mark) -> Result<(), Error> {
        self.lock().marks.remove(&(mark.at, mark.run));
        Ok(())
    }

    async fn expire(&self, _task: TaskName, _before: Timestamp) -> Result<usize, Error> {
        Ok(0)
    }

    async fn page(&self, name: &PageName) -> Result<Page, Error> {
        Ok(self.lock().pages.get(name).cloned().unwrap_or_default())
    }

    async fn turn(&self, name: &PageName, seen: &Version, value: &Value) -> Result<bool, Error> {
        Ok(self.lock().pages.entry(name.clone()).or_default().turn(seen, value))
    }
}
