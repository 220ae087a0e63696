//! A journal in memory, which outlives the processes of a test, goes by its clock, and can be broken in several ways.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use journal::{Begun, DUE_PAGE, Error, Journal, Mark, Page, PageName, RunKey, TaskName, Version};
use plan::Clock;
use serde_json::Value;

pub(crate) struct Memory {
    clock: Clock,
    inner: Mutex<Inner>,
    /// Nothing works.
    pub(crate) broken: AtomicBool,
    /// Nothing can be written.
    pub(crate) frozen: AtomicBool,
    /// Nothing is answered.
    pub(crate) silent: AtomicBool,
}

#[derive(Default)]
struct Inner {
    runs: BTreeMap<RunKey, (Vec<Value>, Timestamp)>,
    marks: BTreeSet<(Timestamp, RunKey)>,
    spoilt: BTreeSet<RunKey>,
    pages: BTreeMap<PageName, Page>,
}

impl Memory {
    pub(crate) fn new(clock: Clock) -> Self {
        let [broken, frozen, silent] = [const { AtomicBool::new(false) }; 3];
        Self { clock, inner: Mutex::default(), broken, frozen, silent }
    }

    pub(crate) fn runs(&self) -> Vec<RunKey> {
        self.inner.lock().unwrap().runs.keys().copied().collect()
    }

    pub(crate) fn marks(&self) -> Vec<Mark> {
        self.inner.lock().unwrap().marks.iter().map(|(at, run)| Mark { at: *at, run: *run }).collect()
    }

    /// How often a run was planned.
    pub(crate) fn planned(&self, run: &RunKey) -> usize {
        let inner = self.inner.lock().unwrap();
        inner.runs[run].0.iter().filter(|line| line["entry"] == "planned").count()
    }

    pub(crate) fn text(&self) -> String {
        let inner = self.inner.lock().unwrap();
        inner.runs.values().flat_map(|(lines, _)| lines).map(Value::to_string).collect()
    }

    /// This run cannot be read any more.
    pub(crate) fn spoil(&self, run: RunKey) {
        self.inner.lock().unwrap().spoilt.insert(run);
    }

    async fn open(&self) -> Result<MutexGuard<'_, Inner>, Error> {
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.broken.load(Ordering::SeqCst) { Err(error()) } else { Ok(self.inner.lock().unwrap()) }
    }

    async fn open_to_write(&self) -> Result<MutexGuard<'_, Inner>, Error> {
        if self.frozen.load(Ordering::SeqCst) { Err(error()) } else { self.open().await }
    }
}

/// The crate makes its errors itself; this is one of them.
fn error() -> Error {
    let named = |_: &str| Some("ftp://nowhere".to_owned());
    journal::Settings::read(&named).unwrap_err()
}

#[async_trait::async_trait]
impl Journal for Memory {
    async fn begin(&self, run: &RunKey, first: &Value) -> Result<Begun, Error> {
        let (mut inner, now) = (self.open_to_write().await?, self.clock.now());
        let begun = if inner.runs.contains_key(run) { Begun::Before } else { Begun::New };
        inner.runs.entry(*run).or_insert_with(|| (vec![first.clone()], now));
        Ok(begun)
    }

    async fn append(&self, run: &RunKey, entries: &[Value]) -> Result<(), Error> {
        let (mut inner, now) = (self.open_to_write().await?, self.clock.now());
        let (lines, written) = inner.runs.get_mut(run).unwrap();
        lines.extend_from_slice(entries);
        *written = now;
        Ok(())
    }

    async fn read(&self, run: &RunKey) -> Result<Option<Vec<Value>>, Error> {
        let inner = self.open().await?;
        if inner.spoilt.contains(run) {
            return Err(error());
        }
        Ok(inner.runs.get(run).map(|(lines, _)| lines.clone()))
    }

    async fn remind(&self, mark: &Mark) -> Result<(), Error> {
        self.open_to_write().await?.marks.insert((mark.at, mark.run));
        Ok(())
    }

    async fn due(&self, task: TaskName, until: Timestamp) -> Result<Vec<Mark>, Error> {
        let inner = self.open().await?;
        let due = inner.marks.iter().filter(|(at, run)| *at <= until && run.task == task).take(DUE_PAGE);
        Ok(due.map(|(at, run)| Mark { at: *at, run: *run }).collect())
    }

    async fn forget(&self, mark: &Mark) -> Result<(), Error> {
        self.open_to_write().await?.marks.remove(&(mark.at, mark.run));
        Ok(())
    }

    async fn expire(&self, task: TaskName, before: Timestamp) -> Result<usize, Error> {
        let mut inner = self.open().await?;
        let Inner { runs, marks, .. } = &mut *inner;
        let all = runs.len();
        runs.retain(|run, (_, written)| {
            run.task != task || *written >= before || marks.iter().any(|(_, marked)| marked == run)
        });
        Ok(all - runs.len())
    }

    async fn page(&self, name: &PageName) -> Result<Page, Error> {
        Ok(self.open().await?.pages.get(name).cloned().unwrap_or_default())
    }

    async fn turn(&self, name: &PageName, seen: &Version, value: &Value) -> Result<bool, Error> {
        Ok(self.open_to_write().await?.pages.entry(name.clone()).or_default().turn(seen, value))
    }
}
