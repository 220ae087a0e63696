//! The journal in a folder: the default, for one machine and any number of processes on it.
//!
//! A run begins as a file of another name, written to the disk and then linked to its own: the link fails when the run
//! is there already, so of many racers one wins, and nobody ever sees a run without its first line. Entries are added by a
//! single write at the end of the file. Files are for their owner alone, because they hold personal data.
//!
//! A page of the ledger is written beside itself and renamed, under a lock that the system takes away from a process that
//! dies; who reads it needs no lock, and sees the page before or after.
//!
//! Runs are not locked: one that is written to while it is being removed by [`Journal::expire`] is lost, which takes a run
//! nobody touched or marked for the whole time of retention. The folder must be on a file system that has hard links and
//! locks.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::page::{Page, PageName, Version};
use crate::run::{Mark, RunId, RunKey, TaskName};
use crate::{Begun, DUE_PAGE, Journal, lines};

/// A journal in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The journal in this folder, which is made when the first run begins.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }
}

#[async_trait]
impl Journal for Folder {
    async fn begin(&self, run: &RunKey, first: &Value) -> Result<Begun, Error> {
        let (path, text) = (self.0.join(run.path()), lines::first(first)?);
        let began = blocking(move || create(&path, &text)).await;
        began.map_err(|source| error(format!("run {run} could not be begun"), source))
    }

    async fn append(&self, run: &RunKey, entries: &[Value]) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        let (path, text) = (self.0.join(run.path()), lines::more(entries)?);
        let appended = blocking(move || append(&path, &text)).await;
        appended.map_err(|source| match source.kind() {
            ErrorKind::NotFound => Error::unknown_run(*run),
            _ => error(format!("run {run} could not be written to"), source),
        })
    }

    async fn read(&self, run: &RunKey) -> Result<Option<Vec<Value>>, Error> {
        let path = self.0.join(run.path());
        let text = blocking(move || if_there(fs::read(path))).await;
        let text = text.map_err(|source| error(format!("run {run} could not be read"), source))?;
        Ok(text.and_then(|text| lines::read(run, &text)))
    }

    async fn remind(&self, mark: &Mark) -> Result<(), Error> {
        let path = self.0.join(mark.path());
        let marked = blocking(move || touch(&path)).await;
        marked.map_err(|source| error(format!("run {} could not be marked", mark.run), source))
    }

    async fn due(&self, task: TaskName, until: Timestamp) -> Result<Vec<Mark>, Error> {
        let folder = self.0.join(task.dues());
        let marks = blocking(move || marks(&folder, task)).await;
        let mut marks =
            marks.map_err(|source| error(format!("the marks of {task} could not be read"), source))?;
        marks.retain(|mark| mark.at <= until);
        marks.sort_unstable();
        marks.truncate(DUE_PAGE);
        Ok(marks)
    }

    async fn forget(&self, mark: &Mark) -> Result<(), Error> {
        let path = self.0.join(mark.path());
        let forgotten = blocking(move || if_there(fs::remove_file(path))).await;
        forgotten
            .map(drop)
            .map_err(|source| error(format!("a mark of run {} could not be removed", mark.run), source))
    }

    async fn expire(&self, task: TaskName, before: Timestamp) -> Result<usize, Error> {
        let (runs, dues) = (self.0.join(task.runs()), self.0.join(task.dues()));
        let expired = blocking(move || {
            let marked = marks(&dues, task)?.into_iter().map(|mark| mark.run.run).collect();
            expire(&runs, &marked, before)
        });
        let expired = expired.await;
        expired.map_err(|source| error(format!("old runs of {task} could not be removed"), source))
    }

    async fn page(&self, name: &PageName) -> Result<Page, Error> {
        let path = self.0.join(name.path());
        let text = blocking(move || if_there(fs::read(path))).await;
        let text = text.map_err(|source| error(format!("page {name} could not be read"), source))?;
        text.map_or_else(|| Ok(Page::default()), |text| Page::read(name, &text))
    }

    async fn turn(&self, name: &PageName, seen: &Version, value: &Value) -> Result<bool, Error> {
        let (path, text) = (self.0.join(name.path()), Page::fresh(value).text()?);
        let (page, seen) = (name.clone(), seen.clone());
        let turned = blocking(move || turn(&path, &page, &seen, &text)).await;
        turned.map_err(|source| error(format!("page {name} could not be turned"), source))
    }
}

/// Runs this where it may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
}

fn error(why: String, source: io::Error) -> Error {
    match source.kind() {
        ErrorKind::PermissionDenied => {
            Error::denied(format!("{why}: this process may not use the folder"), source)
        }
        _ => Error::failed(why, source),
    }
}

fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(missing) if missing.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn create(path: &Path, text: &[u8]) -> io::Result<Begun> {
    let folder = folder_of(path)?;
    let draft = folder.join(format!(".{}", Uuid::new_v4()));
    let linked = write_new(&draft, text).and_then(|()| fs::hard_link(&draft, path));
    if_there(fs::remove_file(&draft))?;
    match linked {
        Ok(()) => sync_folder(folder).map(|()| Begun::New),
        Err(there) if there.kind() == ErrorKind::AlreadyExists => Ok(Begun::Before),
        Err(other) => Err(other),
    }
}

fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = private_file().write(true).create_new(true).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn append(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(text)?;
    file.sync_data()
}

fn touch(path: &Path) -> io::Result<()> {
    let folder = folder_of(path)?;
    private_file().append(true).create(true).open(path)?.sync_all()?;
    sync_folder(folder)
}

/// Writes a page if the version that was seen is still the last. The draft has one name: a crash leaves one at the most.
fn turn(path: &Path, name: &PageName, seen: &Version, text: &[u8]) -> io::Result<bool> {
    let folder = folder_of(path)?;
    let lock = private_file().append(true).create(true).open(path.with_extension("lock"))?;
    lock.lock()?;
    let last = if_there(fs::read(path))?.map(|text| Page::read(name, &text)).transpose();
    if last.map_err(io::Error::other)?.unwrap_or_default().version != *seen {
        return Ok(false);
    }
    let draft = path.with_extension("draft");
    let mut file = private_file().write(true).create(true).truncate(true).open(&draft)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_folder(folder).map(|()| true)
}

fn marks(folder: &Path, task: TaskName) -> io::Result<Vec<Mark>> {
    let names = names(folder)?;
    Ok(names.iter().filter_map(|name| Mark::named(task, name)).collect())
}

fn expire(folder: &Path, marked: &HashSet<RunId>, before: Timestamp) -> io::Result<usize> {
    let mut expired = 0;
    for name in names(folder)? {
        let run = RunId::of_file(&name);
        // A name that begins with a dot is a draft that a crash left behind.
        let ours = run.is_some() || name.starts_with('.');
        let path = folder.join(&name);
        if ours && !run.is_some_and(|run| marked.contains(&run)) && written_before(&path, before)? {
            if_there(fs::remove_file(&path))?;
            expired += usize::from(run.is_some());
        }
    }
    Ok(expired)
}

fn written_before(path: &Path, before: Timestamp) -> io::Result<bool> {
    let Some(file) = if_there(fs::metadata(path))? else {
        return Ok(false);
    };
    let written = Timestamp::try_from(file.modified()?).map_err(io::Error::other)?;
    Ok(written < before)
}

/// The names in a folder; none while there is no folder.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let Some(found) = if_there(fs::read_dir(folder))? else {
        return Ok(Vec::new());
    };
    let names = found.map(|item| item.map(|item| item.file_name().into_string().ok()));
    names.filter_map(Result::transpose).collect()
}

/// The folder this path is in, made if need be.
fn folder_of(path: &Path) -> io::Result<&Path> {
    let folder = path.parent().ok_or_else(|| io::Error::other("a run lies in a folder"))?;
    private_folder().recursive(true).create(folder)?;
    Ok(folder)
}

/// Makes a new name in the folder survive a power cut; elsewhere than on Unix, folders cannot be synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(unix)]
fn private_folder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// Elsewhere than on Unix a file has the rights of the folder it is made in.
#[cfg(not(unix))]
fn private_file() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(not(unix))]
fn private_folder() -> DirBuilder {
    DirBuilder::new()
}
