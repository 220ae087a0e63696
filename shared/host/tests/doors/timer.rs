//! Ticks: what is due is taken up, what fails is put off, what is old expires.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use journal::{Journal, Mark};
use plan::LEASE;
use serde_json::json;
use tenant::{Fault, Options, Trouble};
use tokio::time::Instant;

use crate::house::{ADELE, House, date, hello, pass};

/// How long a tick waits.
const LONGEST: Duration = Duration::from_secs(240);

fn refused(times: Option<u32>) -> Fault {
    let then = Trouble { status: Some(403), ..Trouble::default() };
    Fault { method: Some("PATCH".into()), times, then, ..Fault::default() }
}

/// A run that waits for its time, which comes in an hour.
async fn waiting(house: &House) -> journal::RunKey {
    let at = date() + SignedDuration::from_hours(1);
    let reply = house.ask(&[], &json!({"who": ADELE, "words": "Hello", "at": at})).await;
    assert_eq!((reply.status, &reply.body["again"]), (200, &json!(at)), "{}", reply.text);
    reply.run()
}

#[tokio::test(start_paused = true)]
async fn a_run_is_taken_up_when_its_time_has_come_and_then_forgotten() {
    let house = House::new();
    let run = waiting(&house).await;
    assert_eq!(house.tick().await, host::Tick::default());
    assert_eq!((house.writes(), house.journal.marks().len()), (0, 2), "its own, and its account's");
    pass(SignedDuration::from_hours(1)).await;
    assert_eq!(house.tick().await, host::Tick { succeeded: 1, ..host::Tick::default() });
    assert_eq!((house.job_title(), house.journal.marks().len()), (json!("Hello"), 0));
    assert_eq!(house.journal.planned(&run), 2);
    assert_eq!(house.tick().await, host::Tick::default());
}

#[tokio::test(start_paused = true)]
async fn ticks_that_were_missed_are_caught_up_by_the_next_one() {
    let house = House::new();
    waiting(&house).await;
    pass(SignedDuration::from_hours(24 * 30)).await;
    assert_eq!(house.another().tick().await.succeeded, 1);
    assert_eq!(house.job_title(), "Hello");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_died_is_taken_up_once_its_lease_is_over() {
    let house = House::new();
    house.dead("7", &hello()).await;
    assert_eq!(house.tick().await.succeeded, 0);
    pass(LEASE * 2).await;
    assert_eq!(house.tick().await.succeeded, 1);
    assert!(house.journal.marks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_another_process_may_be_working_on_is_left_to_it() {
    let house = House::new();
    let run = house.left_behind("7", &hello(), &[]).await;
    house.journal.remind(&Mark { at: house.now(), run }).await.unwrap();
    assert_eq!(house.tick().await.unfinished, 1);
    assert_eq!((house.writes(), house.journal.marks().len()), (0, 1));
    pass(LEASE * 2).await;
    assert_eq!(house.tick().await.succeeded, 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_does_not_succeed_is_put_off_for_longer_each_time_and_still_done() {
    let house = House::new();
    waiting(&house).await;
    house.tenant.fault(refused(Some(4)));
    pass(SignedDuration::from_hours(1)).await;
    let due = date() + SignedDuration::from_hours(1);
    for minutes in [10, 20, 40, 80] {
        assert_eq!(house.tick().await, host::Tick { unfinished: 1, ..host::Tick::default() });
        let again = house.journal.marks()[0].at;
        assert_eq!((again.duration_since(due).as_mins(), house.journal.marks().len()), (minutes, 1));
        assert_eq!(house.tick().await, host::Tick::default(), "not before its time");
        pass(again.duration_since(house.now())).await;
    }
    assert_eq!(house.tick().await.succeeded, 1);
}

#[tokio::test(start_paused = true)]
async fn a_page_full_of_runs_that_fail_does_not_stand_in_the_way_of_the_next() {
    let house = House::new();
    let nobody = json!({"who": "nobody@contoso.com", "words": "Hello"});
    for number in 0..120 {
        house.dead(&format!("{number}"), &nobody).await;
    }
    pass(SignedDuration::from_secs(1)).await;
    house.dead("last", &hello()).await;
    pass(LEASE * 2).await;
    assert_eq!(house.tick().await, host::Tick { succeeded: 1, unfinished: 120, expired: 0 });
    assert_eq!((house.job_title(), house.journal.marks().len()), (json!("Hello"), 120));
    assert_eq!(house.tick().await, host::Tick::default(), "all are put off");
}

#[tokio::test(start_paused = true)]
async fn more_than_a_page_of_marks_is_taken_up_in_one_tick() {
    let house = House::new();
    for number in 0..130 {
        house.dead(&format!("{number}"), &hello()).await;
    }
    pass(LEASE * 2).await;
    assert_eq!(house.tick().await.succeeded, 130);
    assert!(house.journal.marks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_tick_has_no_time_for_goes_on_or_is_left_to_the_next() {
    let latency = Duration::from_secs(28);
    let house = House::with(Options { latency, ..Options::default() }, json!({}), &[]);
    for number in 0..130 {
        house.dead(&format!("{number}"), &json!({"who": ADELE, "words": format!("Hello {number}")})).await;
    }
    pass(LEASE * 2).await;
    let began = Instant::now();
    let first = house.tick().await;
    assert_eq!(began.elapsed(), LONGEST);
    assert!(first.succeeded > 0 && first.succeeded < 130, "{first:?}");
    assert_eq!(first.unfinished, 0);
    let written = house.writes();
    tokio::time::sleep(latency * 4).await;
    assert!(house.writes() > written, "what was under way goes on");
    let second = house.tick().await;
    assert!(second.succeeded > 0, "{second:?}");
}

#[tokio::test(start_paused = true)]
async fn a_tick_ends_before_the_host_kills_it_even_if_the_journal_says_nothing() {
    let house = House::new();
    house.journal.silent.store(true, Ordering::SeqCst);
    let began = Instant::now();
    assert_eq!(house.tick().await, host::Tick::default());
    assert!(began.elapsed() < Duration::from_secs(600), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_does_not_stand_in_the_way_of_the_others_nor_of_expiry() {
    let house = House::with(Options::default(), json!({}), &[("M365_JOURNAL_RETENTION_DAYS", "30")]);
    house.ask(&[], &hello()).await;
    pass(SignedDuration::from_hours(24 * 31)).await;
    let unreadable = house.dead("7", &hello()).await;
    house.dead("8", &hello()).await;
    house.journal.spoil(unreadable);
    pass(LEASE * 2).await;
    assert_eq!(house.tick().await, host::Tick { succeeded: 1, unfinished: 1, expired: 1 });
    let [mark] = house.journal.marks()[..] else { panic!("{:?}", house.journal.marks()) };
    assert!(mark.run == unreadable && mark.at > house.now(), "it is put off");
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_to_does_not_keep_a_tick_busy() {
    let house = House::new();
    for key in ["7", "8"] {
        house.dead(key, &hello()).await;
    }
    pass(LEASE * 2).await;
    house.journal.frozen.store(true, Ordering::SeqCst);
    let began = Instant::now();
    assert_eq!(house.tick().await, host::Tick { unfinished: 2, ..host::Tick::default() });
    assert_eq!((began.elapsed(), house.journal.marks().len()), (Duration::ZERO, 2));
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_a_run_left_behind_when_it_succeeded_is_tidied_up_and_the_run_is_left_alone() {
    let house = House::new();
    let over = house.ask(&[], &hello()).await.run();
    let waits = waiting(&house).await;
    for run in [over, waits] {
        house.journal.remind(&Mark { at: house.now(), run }).await.unwrap();
    }
    assert_eq!(house.tick().await, host::Tick::default());
    assert_eq!((house.journal.planned(&over), house.journal.planned(&waits)), (1, 1));
    assert_eq!(house.journal.marks().len(), 2, "the appointment stays");
    pass(SignedDuration::from_hours(1)).await;
    assert_eq!(house.tick().await.succeeded, 1);
    house.journal.remind(&Mark { at: house.now(), run: waits }).await.unwrap();
    assert_eq!(house.tick().await, host::Tick::default(), "its time came and was followed");
    assert_eq!((house.journal.planned(&waits), house.journal.marks().len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_taken_back_is_not_taken_up() {
    let house = House::new();
    let run = house.ask(&[], &hello()).await.run();
    house.post(&format!("/api/greet/runs/{}/undo", run.run), &[], &json!(null)).await;
    house.journal.remind(&Mark { at: house.now(), run }).await.unwrap();
    assert_eq!(house.tick().await, host::Tick::default());
    assert_ne!(house.job_title(), "Hello");
    assert!(house.journal.marks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_mark_whose_run_is_gone_goes_too() {
    let house = House::new();
    let run = crate::house::run("0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47");
    house.journal.remind(&Mark { at: house.now(), run }).await.unwrap();
    assert_eq!(house.tick().await, host::Tick::default());
    assert!(house.journal.marks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn old_runs_expire_and_one_that_never_succeeds_is_given_up_first() {
    let house = House::with(Options::default(), json!({}), &[("M365_JOURNAL_RETENTION_DAYS", "30")]);
    house.ask(&[], &hello()).await;
    house.dead("7", &json!({"who": "nobody@contoso.com", "words": "Hello"})).await;
    let mut expired = Vec::new();
    for day in 1..=70 {
        pass(SignedDuration::from_hours(24)).await;
        expired.extend((house.tick().await.expired == 1).then_some(day));
    }
    assert_eq!(
        expired,
        [31, 62],
        "one as it is, the other given up on the same day and kept for as long again"
    );
    assert_eq!((house.journal.runs().len(), house.journal.marks().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn two_ticks_at_once_take_a_run_up_once() {
    let house = House::slow(Duration::from_secs(1));
    let run = house.dead("7", &hello()).await;
    pass(LEASE * 2).await;
    let (one, other) = tokio::join!(house.tick(), house.tick());
    assert_eq!((one.succeeded, other.succeeded), (1, 1));
    assert_eq!((house.journal.planned(&run), house.writes()), (1, 1));
}
