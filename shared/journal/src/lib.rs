//! The append-only record of runs.
//!
//! A run of a task leaves here what it planned before it acts, and what became of each change after. It is for going
//! *back* (undo), for the caller who polls, and for the auditor; going *forward* after a crash needs no journal, because
//! the directory itself is the state.
//!
//! The journal does not know what its entries mean: they are JSON objects, one a line. It holds **personal data** (this is
//! the only place that does), so it forgets: see [`Journal::expire`]. It must never be given a **secret**: it does not
//! encrypt, does not look into entries and could not take one back. It is not a queue and not a lock: of many racers exactly
//! one begins a run, and exactly one turns a page of the [ledger](Journal::page); that is all the coordination it offers.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use journal::{Begun, RunId, RunKey, Settings, TaskName};
//! use serde_json::json;
//!
//! const TASK: TaskName = TaskName::of("onboard-user");
//!
//! # let folder = std::env::temp_dir().join(format!("m365-journal-{}", RunId::fresh()));
//! # let lookup = |name: &str| (name == "M365_JOURNAL").then(|| folder.display().to_string());
//! let settings = Settings::read(&lookup)?;
//! let journal = journal::open(&settings, || unreachable!("a folder needs no credential"))?;
//!
//! let run = RunKey { task: TASK, run: RunId::of(TASK, "the caller's idempotency key") };
//! assert_eq!(journal.begin(&run, &json!({"plan": "block the account"})).await?, Begun::New);
//! assert_eq!(journal.begin(&run, &json!({"plan": "block the account"})).await?, Begun::Before);
//! journal.append(&run, &[json!({"status": "done"})]).await?;
//! assert_eq!(journal.read(&run).await?.unwrap().len(), 2);
//! # std::fs::remove_dir_all(folder)?;
//! # Ok(()) }
//! ```

#[cfg(feature = "blob")]
mod blob;
mod error;
mod folder;
mod lines;
mod page;
#[cfg(feature = "blob")]
mod patience;
mod run;
mod settings;

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::{Transport, Url};
use jiff::Timestamp;
use serde_json::Value;

pub use error::Error;
pub use page::{Page, PageName, Version};
pub use run::{Mark, NotARunId, RunId, RunKey, TaskName};
pub use settings::{Place, Settings};

/// How many marks [`Journal::due`] tells at most.
pub const DUE_PAGE: usize = 100;

/// Whether a run is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// We began it, and nobody else.
    New,
    /// A run with this id was begun before.
    Before,
}

/// The append-only record of runs.
///
/// A write that answered with an error, other than those its documentation names, may have happened all the same.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Begins a run with its first entry, a JSON object. Of many who begin the same run, exactly one is told
    /// [`Begun::New`]; the first entry of the others is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid`] when the entry is not an object; nothing was written then.
    async fn begin(&self, run: &RunKey, first: &Value) -> Result<Begun, Error>;

    /// Adds entries, JSON objects, to a run. They are durable when it returns. Adding none asks
    /// nobody and succeeds.
    ///
    /// # Errors
    ///
    /// [`Error::is_unknown_run`] when the run was never begun or has expired, [`Error::is_invalid`] when an entry is
    /// not an object; nothing was written then. After any other error a beginning of the entries may be there, each of
    /// them whole.
    async fn append(&self, run: &RunKey, entries: &[Value]) -> Result<(), Error>;

    /// All entries of a run in the order in which they were added, or `None` when there is no such run (any more). An
    /// entry that a crash kept from being written to its end is left out.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    async fn read(&self, run: &RunKey) -> Result<Option<Vec<Value>>, Error>;

    /// Leaves a mark: look at this run again at that time. Leaving it again changes nothing. A run may have several, and
    /// need not have begun: leave the mark first, and a run that dies right after it began is still found.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    async fn remind(&self, mark: &Mark) -> Result<(), Error>;

    /// The marks of a task up to and including that time, oldest first, at most [`DUE_PAGE`] of them. They stay until
    /// they are forgotten: forget these and ask again for the next page.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    async fn due(&self, task: TaskName, until: Timestamp) -> Result<Vec<Mark>, Error>;

    /// Removes a mark. Removing one that is not there changes nothing.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    async fn forget(&self, mark: &Mark) -> Result<(), Error>;

    /// Removes the runs of a task that were last written to before that time and have no mark, and says how many there
    /// were. See [`Settings::expired_before`]. An idempotency key whose run has expired begins a new one.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written; some runs may be gone by then.
    async fn expire(&self, task: TaskName, before: Timestamp) -> Result<usize, Error>;

    /// A page of the ledger: what runs agree on. One that was never written is null. It must hold no personal data, since
    /// it does not expire.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or the page is damaged.
    async fn page(&self, name: &PageName) -> Result<Page, Error>;

    /// Turns a page: from now on this stands on it. Of many who turn it from the same version, exactly one is told `true`;
    /// `false` means that somebody else was first, and that nothing was written: read the page again. Nobody ever reads
    /// half of it, and it is durable when it returns.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written, or nobody can say whether the page was turned: read it again.
    async fn turn(&self, name: &PageName, seen: &Version, value: &Value) -> Result<bool, Error>;
}

/// What is needed to reach Azure Blob Storage.
#[derive(Clone)]
pub struct Azure {
    /// Gives tokens for the managed identity; asked when the journal is first used.
    pub credential: Arc<dyn TokenCredential>,
    /// The HTTP client to use, so that one serves the whole process.
    pub transport: Transport,
}

/// Opens the journal these settings name. There is no I/O and no token before its first use; `azure` is called only when
/// the journal is in a blob container.
///
/// # Errors
///
/// [`Error::is_invalid`] when the address of the container will not do, or when this build has no support for containers
/// (the crate's feature `blob`, on by default).
pub fn open(settings: &Settings, azure: impl FnOnce() -> Azure) -> Result<Arc<dyn Journal>, Error> {
    match &settings.place {
        Place::Temporary(folder) | Place::Folder(folder) => Ok(Arc::new(folder::Folder::new(folder.clone()))),
        Place::Container(url) => container(url, azure()),
    }
}

#[cfg(feature = "blob")]
fn container(url: &Url, azure: Azure) -> Result<Arc<dyn Journal>, Error> {
    Ok(Arc::new(blob::Container::new(url.clone(), azure)?))
}

#[cfg(not(feature = "blob"))]
fn container(_: &Url, _: Azure) -> Result<Arc<dyn Journal>, Error> {
    Err(Error::invalid("M365_JOURNAL: this build has no support for blob containers; name a folder"))
}
