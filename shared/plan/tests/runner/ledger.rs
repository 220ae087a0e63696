//! A journal in memory that remembers in which order it was written to, among everything else that happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use journal::{Begun, Error, Journal, Mark, Page, PageName, RunId, RunKey, TaskName, Version};
use serde_json::Value;

/// What happened, and what is written.
#[derive(Default)]
pub(crate) struct Ledger {
    events: Mutex<Vec<String>>,
    runs: Mutex<BTreeMap<RunKey, Vec<Value>>>,
    marks: Mutex<BTreeSet<Mark>>,
    pages: Mutex<BTreeMap<PageName, Page>>,
    /// What fails, and how often it still succeeds before.
    broken: Mutex<BTreeMap<String, usize>>,
}

impl Ledger {
    pub(crate) fn note(&self, event: &str) {
        self.events.lock().unwrap().push(event.to_owned());
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn marks(&self) -> Vec<Mark> {
        self.marks.lock().unwrap().iter().copied().collect()
    }

    /// From now on this fails: `forget`, or the entry of this name.
    pub(crate) fn fail(&self, event: &str) {
        self.fail_after(event, 0);
    }

    /// The same, once it has succeeded so often.
    pub(crate) fn fail_after(&self, event: &str, times: usize) {
        self.broken.lock().unwrap().insert(event.to_owned(), times);
    }

    pub(crate) fn mend(&self) {
        self.broken.lock().unwrap().clear();
    }

    /// Everything that is written of a run.
    pub(crate) fn lines_of(&self, run: RunId) -> String {
        let runs = self.runs.lock().unwrap();
        let lines = runs.iter().filter(|(key, _)| key.run == run).flat_map(|(_, lines)| lines);
        lines.map(Value::to_string).collect()
    }

    /// Adds a line that nobody can read.
    pub(crate) fn damage(&self, run: &RunKey) {
        self.runs.lock().unwrap().get_mut(run).unwrap().push(Value::Null);
    }

    fn happens(&self, event: &str) -> Result<(), Error> {
        self.note(event);
        match self.broken.lock().unwrap().get_mut(event) {
            // The crate makes its errors itself; this is one of them.
            Some(0) => Err(journal::Settings::read(&|_| Some("ftp://nowhere".to_owned())).unwrap_err()),
            Some(times) => {
                *times -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Journal for Ledger {
    async fn begin(&self, run: &RunKey, first: &Value) -> Result<Begun, Error> {
        self.happens(first["entry"].as_str().unwrap())?;
        let mut runs = self.runs.lock().unwrap();
        let begun = if runs.contains_key(run) { Begun::Before } else { Begun::New };
        runs.entry(*run).or_insert_with(|| vec![first.clone()]);
        Ok(begun)
    }

    async fn append(&self, run: &RunKey, entries: &[Value]) -> Result<(), Error> {
        entries.iter().try_for_each(|entry| self.happens(entry["entry"].as_str().unwrap()))?;
        self.runs.lock().unwrap().get_mut(run).unwrap().extend_from_slice(entries);
        Ok(())
    }

    async fn read(&self, run: &RunKey) -> Result<Option<Vec<Value>>, Error> {
        Ok(self.runs.lock().unwrap().get(run).cloned())
    }

    async fn remind(&self, mark: &Mark) -> Result<(), Error> {
        self.happens("mark")?;
        self.marks.lock().unwrap().insert(*mark);
        Ok(())
    }

    async fn due(&self, _: TaskName, until: Timestamp) -> Result<Vec<Mark>, Error> {
        Ok(self.marks().into_iter().filter(|mark| mark.at <= until).collect())
    }

    async fn forget(&self, mark: &Mark) -> Result<(), Error> {
        self.happens("forget")?;
        self.marks.lock().unwrap().remove(mark);
        Ok(())
    }

    async fn expire(&self, _: TaskName, _: Timestamp) -> Result<usize, Error> {
        Ok(0)
    }

    async fn page(&self, name: &PageName) -> Result<Page, Error> {
        self.happens("page")?;
        Ok(self.pages.lock().unwrap().get(name).cloned().unwrap_or_default())
    }

    async fn turn(&self, name: &PageName, seen: &Version, value: &Value) -> Result<bool, Error> {
        self.happens("turn")?;
        Ok(self.pages.lock().unwrap().entry(name.clone()).or_default().turn(seen, value))
    }
}
