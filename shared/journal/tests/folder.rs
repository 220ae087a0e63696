//! The journal in a folder.
#![cfg(test)]

#[macro_use]
mod suite;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::{Begun, Journal, PageName, RunId, RunKey, Settings, TaskName, Version};
use serde_json::json;
use suite::Store;

passes_the_suite!(Folder);

const TASK: TaskName = TaskName::of("onboard-user");

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Store for Folder {
    fn empty() -> Self {
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(RunId::fresh().to_string()))
    }

    fn handle(&self) -> Arc<dyn Journal> {
        let place = self.0.display().to_string();
        let lookup = |name: &str| (name == "M365_JOURNAL").then(|| place.clone());
        let settings = Settings::read(&lookup).unwrap();
        journal::open(&settings, || panic!("a folder needs no credential")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    async fn begun(&self) -> (Arc<dyn Journal>, RunKey, PathBuf) {
        let (journal, run) = (self.handle(), RunId::fresh());
        let run = RunKey { task: TASK, run };
        let path = self.0.join(format!("onboard-user/runs/{}.jsonl", run.run));
        assert_eq!(journal.begin(&run, &json!({"n": 0})).await.unwrap(), Begun::New);
        (journal, run, path)
    }
}

#[test]
fn opening_it_touches_nothing() {
    let store = Folder::empty();
    let journal = store.handle();
    assert!(!store.0.exists());
    drop(journal);
}

#[tokio::test]
async fn a_line_torn_by_a_crash_is_left_out_and_does_not_swallow_the_next() {
    let store = Folder::empty();
    let (journal, run, path) = store.begun().await;
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"\n{\"id\":\"0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47\",\"entry\":{\"n\":").unwrap();
    assert_eq!(journal.read(&run).await.unwrap(), Some(vec![json!({"n": 0})]));
    journal.append(&run, &[json!({"n": 2})]).await.unwrap();
    assert_eq!(journal.read(&run).await.unwrap(), Some(vec![json!({"n": 0}), json!({"n": 2})]));
}

#[tokio::test]
async fn beginning_leaves_no_draft_behind_and_expiry_sweeps_up_what_a_crash_left() {
    let store = Folder::empty();
    let (journal, run, path) = store.begun().await;
    assert_eq!(journal.begin(&run, &json!({"n": 1})).await.unwrap(), Begun::Before);
    let runs = path.parent().unwrap();
    assert_eq!(fs::read_dir(runs).unwrap().count(), 1);

    fs::write(runs.join(".draft"), "{").unwrap();
    fs::write(runs.join("README.md"), "not ours").unwrap();
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    assert_eq!(journal.expire(TASK, soon).await.unwrap(), 1);
    let left: Vec<_> = fs::read_dir(runs).unwrap().map(|item| item.unwrap().file_name()).collect();
    assert_eq!(left, ["README.md"]);
}

fn seats() -> PageName {
    PageName::new("seats").unwrap()
}

#[tokio::test]
async fn a_crash_while_a_page_is_turned_leaves_the_page_as_it_was_and_keeps_nobody_out() {
    let store = Folder::empty();
    let journal = store.handle();
    assert!(journal.turn(&seats(), &Version::default(), &json!(1)).await.unwrap());
    // What a process leaves that was killed before it could rename its draft: the system has taken the lock away.
    fs::write(store.0.join("ledger/seats.draft"), "{\"id\":").unwrap();
    let page = journal.page(&seats()).await.unwrap();
    assert_eq!(page.value, 1);
    assert!(journal.turn(&seats(), &page.version, &json!(2)).await.unwrap());
    assert_eq!(journal.page(&seats()).await.unwrap().value, 2);
    let mut left: Vec<_> =
        fs::read_dir(store.0.join("ledger")).unwrap().map(|item| item.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["seats.json", "seats.lock"]);
}

#[tokio::test]
async fn a_damaged_page_is_an_error_and_is_not_written_over() {
    let store = Folder::empty();
    let journal = store.handle();
    assert!(journal.turn(&seats(), &Version::default(), &json!(1)).await.unwrap());
    let path = store.0.join("ledger/seats.json");
    fs::write(&path, "{").unwrap();
    let error = journal.page(&seats()).await.unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
    assert!(journal.turn(&seats(), &Version::default(), &json!(2)).await.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "{");
}

#[cfg(unix)]
#[tokio::test]
async fn files_and_folders_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let store = Folder::empty();
    let (journal, run, path) = store.begun().await;
    let at = jiff::Timestamp::now();
    journal.remind(&journal::Mark { at, run }).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    let mark = fs::read_dir(store.0.join("onboard-user/due")).unwrap().next();
    assert_eq!(mode(&mark.unwrap().unwrap().path()), 0o600);
    journal.turn(&seats(), &Version::default(), &json!(1)).await.unwrap();
    for file in fs::read_dir(store.0.join("ledger")).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    for folder in ["", "onboard-user", "onboard-user/runs", "onboard-user/due", "ledger"] {
        assert_eq!(mode(&store.0.join(folder)), 0o700, "{folder}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_an_error_that_names_the_run() {
    let store = Folder::empty();
    fs::write(&store.0, "a file where the folder should be").unwrap();
    let run = RunKey { task: TASK, run: RunId::fresh() };
    let error = store.handle().begin(&run, &json!({"n": 0})).await.unwrap_err();
    assert!(error.to_string().contains(&run.run.to_string()), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    fs::remove_file(&store.0).unwrap();
}
