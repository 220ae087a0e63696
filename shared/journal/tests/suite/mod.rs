//! What every journal must do, wherever it is. Each function is one property, told by its name.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use journal::{Begun, DUE_PAGE, Journal, Mark, PageName, RunId, RunKey, TaskName, Version};
use serde_json::{Value, json};

/// A store of its own for every test.
pub(crate) trait Store: Sized {
    /// A store with nothing in it.
    fn empty() -> Self;
    /// One more handle on it, as another process would have.
    fn handle(&self) -> Arc<dyn Journal>;
}

/// Runs the whole suite on this kind of store.
macro_rules! passes_the_suite {
    ($store:ty) => {
        passes_the_suite!($store:
            of_many_racing_begins_exactly_one_is_new,
            the_winners_entry_is_the_first,
            entries_come_back_in_the_order_they_were_added,
            entries_added_at_the_same_time_are_all_kept_whole,
            reading_an_unknown_run_is_none,
            adding_to_an_unknown_run_is_refused_and_leaves_nothing,
            an_entry_that_is_not_an_object_is_refused_and_leaves_nothing,
            adding_nothing_changes_nothing,
            text_of_any_language_survives,
            runs_of_different_tasks_do_not_meet,
            two_handles_see_each_other,
            marks_are_told_oldest_first_up_to_the_time_asked,
            a_mark_left_twice_is_one_and_forgotten_twice_is_none,
            marks_come_in_pages,
            expiry_removes_old_runs_but_none_that_is_marked,
            an_expired_run_can_begin_anew,
            a_page_that_was_never_written_is_null,
            what_stands_on_a_page_is_read_back_by_everybody,
            of_many_who_turn_a_page_exactly_one_wins_and_what_it_wrote_is_there,
            everybody_who_tries_again_gets_a_turn_and_none_is_lost,
            a_page_is_not_turned_from_what_is_not_its_last_version,
            pages_of_different_names_do_not_meet_and_do_not_expire,
        );
    };
    ($store:ty: $($name:ident,)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            suite::$name(&<$store as suite::Store>::empty()).await;
        })*
    };
}

const TASK: TaskName = TaskName::of("onboard-user");
const OTHER: TaskName = TaskName::of("offboard-user");

fn fresh() -> RunKey {
    RunKey { task: TASK, run: RunId::fresh() }
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

async fn begun(journal: &dyn Journal) -> RunKey {
    let run = fresh();
    assert_eq!(journal.begin(&run, &json!({"n": 0})).await.unwrap(), Begun::New);
    run
}

/// Begins the same run twenty times at once, and says who was told that it is new.
async fn race(store: &impl Store, run: RunKey) -> Vec<usize> {
    let racers: Vec<_> = (0..20)
        .map(|racer| {
            let journal = store.handle();
            tokio::spawn(async move { journal.begin(&run, &json!({"racer": racer})).await })
        })
        .collect();
    let mut winners = Vec::new();
    for (racer, begin) in racers.into_iter().enumerate() {
        if begin.await.unwrap().unwrap() == Begun::New {
            winners.push(racer);
        }
    }
    winners
}

pub(crate) async fn of_many_racing_begins_exactly_one_is_new(store: &impl Store) {
    for _ in 0..5 {
        assert_eq!(race(store, fresh()).await.len(), 1);
    }
}

pub(crate) async fn the_winners_entry_is_the_first(store: &impl Store) {
    let run = fresh();
    let winners = race(store, run).await;
    let entries = store.handle().read(&run).await.unwrap().unwrap();
    assert_eq!(entries, [json!({"racer": winners[0]})]);
}

pub(crate) async fn entries_come_back_in_the_order_they_were_added(store: &impl Store) {
    let journal = store.handle();
    let run = begun(&*journal).await;
    journal.append(&run, &[json!({"n": 1}), json!({"n": 2})]).await.unwrap();
    journal.append(&run, &[json!({"n": 3})]).await.unwrap();
    let expected: Vec<Value> = (0..4).map(|n| json!({"n": n})).collect();
    assert_eq!(journal.read(&run).await.unwrap(), Some(expected));
}

pub(crate) async fn entries_added_at_the_same_time_are_all_kept_whole(store: &impl Store) {
    let journal = store.handle();
    let run = begun(&*journal).await;
    let long = "x".repeat(10_000);
    let writers: Vec<_> = (1..=20)
        .map(|n| {
            let (journal, long) = (store.handle(), long.clone());
            tokio::spawn(async move { journal.append(&run, &[json!({"n": n, "long": long})]).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let entries = journal.read(&run).await.unwrap().unwrap();
    let mut numbers: Vec<u64> = entries.iter().filter_map(|entry| entry["n"].as_u64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..=20).collect::<Vec<_>>());
}

pub(crate) async fn reading_an_unknown_run_is_none(store: &impl Store) {
    assert_eq!(store.handle().read(&fresh()).await.unwrap(), None);
}

pub(crate) async fn adding_to_an_unknown_run_is_refused_and_leaves_nothing(store: &impl Store) {
    let (journal, run) = (store.handle(), fresh());
    let error = journal.append(&run, &[json!({"n": 1})]).await.unwrap_err();
    assert!(error.is_unknown_run(), "{error:?}");
    assert!(error.to_string().contains(&run.to_string()), "{error}");
    assert_eq!(journal.read(&run).await.unwrap(), None);
}

pub(crate) async fn an_entry_that_is_not_an_object_is_refused_and_leaves_nothing(store: &impl Store) {
    let journal = store.handle();
    let (unknown, run) = (fresh(), begun(&*journal).await);
    assert!(journal.begin(&unknown, &json!(1)).await.unwrap_err().is_invalid());
    assert_eq!(journal.read(&unknown).await.unwrap(), None);
    let entries = [json!({"n": 1}), json!("text")];
    assert!(journal.append(&run, &entries).await.unwrap_err().is_invalid());
    assert_eq!(journal.read(&run).await.unwrap(), Some(vec![json!({"n": 0})]));
}

pub(crate) async fn adding_nothing_changes_nothing(store: &impl Store) {
    let journal = store.handle();
    let run = begun(&*journal).await;
    journal.append(&run, &[]).await.unwrap();
    assert_eq!(journal.read(&run).await.unwrap(), Some(vec![json!({"n": 0})]));
    let unknown = fresh();
    journal.append(&unknown, &[]).await.unwrap();
    assert_eq!(journal.read(&unknown).await.unwrap(), None);
}

pub(crate) async fn text_of_any_language_survives(store: &impl Store) {
    let journal = store.handle();
    let run = begun(&*journal).await;
    let entry = json!({"says": "Gerhart Möller, 日本語, עברית, 🦀, a\nline\r\nbreak, \u{2028}, \u{0}"});
    journal.append(&run, std::slice::from_ref(&entry)).await.unwrap();
    assert_eq!(journal.read(&run).await.unwrap().unwrap()[1], entry);
}

pub(crate) async fn runs_of_different_tasks_do_not_meet(store: &impl Store) {
    let journal = store.handle();
    let run = begun(&*journal).await;
    let namesake = RunKey { task: OTHER, ..run };
    assert_eq!(journal.read(&namesake).await.unwrap(), None);
    assert_eq!(journal.begin(&namesake, &json!({"n": 7})).await.unwrap(), Begun::New);
    assert_eq!(journal.read(&run).await.unwrap(), Some(vec![json!({"n": 0})]));
}

pub(crate) async fn two_handles_see_each_other(store: &impl Store) {
    let (one, other) = (store.handle(), store.handle());
    let run = begun(&*one).await;
    other.append(&run, &[json!({"n": 1})]).await.unwrap();
    assert_eq!(other.begin(&run, &json!({"n": 9})).await.unwrap(), Begun::Before);
    assert_eq!(one.read(&run).await.unwrap(), Some(vec![json!({"n": 0}), json!({"n": 1})]));
    let mark = Mark { at: noon(), run };
    one.remind(&mark).await.unwrap();
    assert_eq!(other.due(TASK, noon()).await.unwrap(), [mark]);
}

pub(crate) async fn marks_are_told_oldest_first_up_to_the_time_asked(store: &impl Store) {
    let journal = store.handle();
    assert_eq!(journal.due(TASK, noon()).await.unwrap(), []);
    let mark = |at| Mark { at, run: fresh() };
    let just_after = noon() + SignedDuration::from_nanos(1);
    let [now, later, older, old] = [noon(), just_after, noon() - hours(48), noon() - hours(1)].map(mark);
    for mark in [&now, &later, &older, &old] {
        journal.remind(mark).await.unwrap();
    }
    let elsewhere = RunKey { task: OTHER, ..now.run };
    journal.remind(&Mark { run: elsewhere, ..now }).await.unwrap();
    assert_eq!(journal.due(TASK, noon()).await.unwrap(), [older, old, now]);
    assert_eq!(journal.due(TASK, just_after).await.unwrap(), [older, old, now, later]);
}

pub(crate) async fn a_mark_left_twice_is_one_and_forgotten_twice_is_none(store: &impl Store) {
    let journal = store.handle();
    let mark = Mark { at: noon(), run: fresh() };
    journal.remind(&mark).await.unwrap();
    journal.remind(&mark).await.unwrap();
    assert_eq!(journal.due(TASK, noon()).await.unwrap(), [mark]);
    journal.forget(&mark).await.unwrap();
    journal.forget(&mark).await.unwrap();
    assert_eq!(journal.due(TASK, noon()).await.unwrap(), []);
}

pub(crate) async fn marks_come_in_pages(store: &impl Store) {
    let journal = store.handle();
    let mut left = Vec::new();
    for n in 0..DUE_PAGE + 5 {
        let at = noon() - SignedDuration::from_secs(n as i64);
        let mark = Mark { at, run: fresh() };
        journal.remind(&mark).await.unwrap();
        left.push(mark);
    }
    left.sort_unstable();
    let page = journal.due(TASK, noon()).await.unwrap();
    assert_eq!(page, left[..DUE_PAGE]);
    for mark in &page {
        journal.forget(mark).await.unwrap();
    }
    assert_eq!(journal.due(TASK, noon()).await.unwrap(), left[DUE_PAGE..]);
}

pub(crate) async fn expiry_removes_old_runs_but_none_that_is_marked(store: &impl Store) {
    let journal = store.handle();
    let (plain, marked) = (begun(&*journal).await, begun(&*journal).await);
    let namesake = RunKey { task: OTHER, ..plain };
    journal.begin(&namesake, &json!({"n": 0})).await.unwrap();
    let mark = Mark { at: noon(), run: marked };
    journal.remind(&mark).await.unwrap();

    let now = Timestamp::now();
    assert_eq!(journal.expire(TASK, now - hours(1)).await.unwrap(), 0);
    assert!(journal.read(&plain).await.unwrap().is_some());

    assert_eq!(journal.expire(TASK, now + hours(1)).await.unwrap(), 1);
    assert_eq!(journal.read(&plain).await.unwrap(), None);
    assert!(journal.read(&marked).await.unwrap().is_some());
    assert!(journal.read(&namesake).await.unwrap().is_some());

    journal.forget(&mark).await.unwrap();
    assert_eq!(journal.expire(TASK, now + hours(1)).await.unwrap(), 1);
    assert_eq!(journal.read(&marked).await.unwrap(), None);
}

pub(crate) async fn an_expired_run_can_begin_anew(store: &impl Store) {
    let journal = store.handle();
    let run = begun(&*journal).await;
    journal.expire(TASK, Timestamp::now() + hours(1)).await.unwrap();
    let error = journal.append(&run, &[json!({"n": 1})]).await.unwrap_err();
    assert!(error.is_unknown_run(), "{error:?}");
    assert_eq!(journal.begin(&run, &json!({"n": 2})).await.unwrap(), Begun::New);
    assert_eq!(journal.read(&run).await.unwrap(), Some(vec![json!({"n": 2})]));
}

fn page(name: &str) -> PageName {
    PageName::new(name).unwrap()
}

fn seats() -> PageName {
    page("seats/05e9a617-0261-4cee-bb44-138d3ef5d965")
}

/// Turns a page that was just read.
async fn turn(journal: &dyn Journal, name: &PageName, value: &Value) -> Version {
    let seen = journal.page(name).await.unwrap().version;
    assert!(journal.turn(name, &seen, value).await.unwrap());
    seen
}

pub(crate) async fn a_page_that_was_never_written_is_null(store: &impl Store) {
    let page = store.handle().page(&seats()).await.unwrap();
    assert_eq!((page.value, page.version), (Value::Null, Version::default()));
}

pub(crate) async fn what_stands_on_a_page_is_read_back_by_everybody(store: &impl Store) {
    let (one, other) = (store.handle(), store.handle());
    for value in [json!({"says": "日本語, 🦀, a\nline\r\nbreak"}), json!([1, 2]), json!("text"), Value::Null]
    {
        turn(&*one, &seats(), &value).await;
        let read = other.page(&seats()).await.unwrap();
        assert_eq!(read.value, value);
        assert_ne!(read.version, Version::default());
        assert_eq!(one.page(&seats()).await.unwrap(), read);
    }
}

/// Turns a page twenty times at once from the same version, and says whose turn it was.
async fn race_to_turn(store: &impl Store, seen: &Version) -> Vec<usize> {
    let racers: Vec<_> = (0..20)
        .map(|racer| {
            let (journal, seen) = (store.handle(), seen.clone());
            tokio::spawn(async move { journal.turn(&seats(), &seen, &json!({"racer": racer})).await })
        })
        .collect();
    let mut winners = Vec::new();
    for (racer, turned) in racers.into_iter().enumerate() {
        if turned.await.unwrap().unwrap() {
            winners.push(racer);
        }
    }
    winners
}

pub(crate) async fn of_many_who_turn_a_page_exactly_one_wins_and_what_it_wrote_is_there(store: &impl Store) {
    let journal = store.handle();
    for _ in 0..5 {
        let seen = journal.page(&seats()).await.unwrap().version;
        let winners = race_to_turn(store, &seen).await;
        assert_eq!(winners.len(), 1, "{winners:?}");
        let now = journal.page(&seats()).await.unwrap().value;
        assert_eq!(now, json!({"racer": winners[0]}));
    }
}

pub(crate) async fn everybody_who_tries_again_gets_a_turn_and_none_is_lost(store: &impl Store) {
    let counters: Vec<_> = (0..8)
        .map(|_| {
            let journal = store.handle();
            tokio::spawn(async move {
                loop {
                    let page = journal.page(&seats()).await.unwrap();
                    let next = json!(page.value.as_u64().unwrap_or_default() + 1);
                    if journal.turn(&seats(), &page.version, &next).await.unwrap() {
                        break;
                    }
                }
            })
        })
        .collect();
    for counter in counters {
        counter.await.unwrap();
    }
    assert_eq!(store.handle().page(&seats()).await.unwrap().value, 8);
}

pub(crate) async fn a_page_is_not_turned_from_what_is_not_its_last_version(store: &impl Store) {
    let journal = store.handle();
    let never = turn(&*journal, &seats(), &json!(1)).await;
    let first = turn(&*journal, &seats(), &json!(2)).await;
    for stale in [never, first] {
        assert!(!journal.turn(&seats(), &stale, &json!(3)).await.unwrap(), "{stale:?}");
    }
    let last = journal.page(&seats()).await.unwrap();
    assert_eq!(last.value, 2);
    assert!(!journal.turn(&page("elsewhere"), &last.version, &json!(3)).await.unwrap());
    assert_eq!(journal.page(&page("elsewhere")).await.unwrap().value, Value::Null);
}

pub(crate) async fn pages_of_different_names_do_not_meet_and_do_not_expire(store: &impl Store) {
    let journal = store.handle();
    let names = ["seats/a", "seats/b", "seats", "b"].map(page);
    for (n, name) in names.iter().enumerate() {
        turn(&*journal, name, &json!(n)).await;
    }
    journal.expire(TASK, Timestamp::now() + hours(1)).await.unwrap();
    for (n, name) in names.iter().enumerate() {
        assert_eq!(journal.page(name).await.unwrap().value, n);
    }
}
