//! Work that outlasts its caller: 202, and the run goes on.

use std::sync::atomic::Ordering;
use std::time::Duration;

use plan::{Entry, LEASE};
use serde_json::json;
use tokio::time::Instant;

use crate::house::{House, hello, pass};

const SLOW: Duration = Duration::from_secs(8);

#[tokio::test(start_paused = true)]
async fn a_run_that_outlasts_its_deadline_is_answered_later() {
    let house = House::slow(SLOW);
    let began = Instant::now();
    let reply = house.ask(&[], &hello()).await;
    assert_eq!(began.elapsed(), Duration::from_secs(10));
    assert_eq!((reply.status, &reply.body["status"]), (202, &json!("running")));
    assert_eq!(reply.header("retry-after"), "5");
    let location = reply.header("location");
    let run = reply.body["run"].as_str().unwrap();
    assert_eq!(location, format!("https://contoso.azurewebsites.net/api/greet/runs/{run}"));
    let look = house.get(&reply.location()).await;
    assert_eq!((look.status, look.header("retry-after"), look.location()), (202, "5", reply.location()));
    let ended = house.ended(&reply.location()).await;
    assert_eq!((ended.status, &ended.body["status"]), (200, &json!("succeeded")));
    assert_eq!((house.journal.planned(&ended.run()), house.writes()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_outlasts_its_deadline_is_to_be_asked_for_again() {
    let house = House::slow(Duration::from_secs(12));
    let reply = house.post("/api/greet?whatIf=true", &[], &hello()).await;
    assert_eq!((reply.status, reply.problem(), reply.header("retry-after")), (503, "busy", "30"));
    assert!(house.journal.runs().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_prefers_it_is_answered_at_once() {
    let house = House::slow(SLOW);
    let began = Instant::now();
    let reply = house.ask(&[("prefer", "respond-async")], &hello()).await;
    assert_eq!((reply.status, began.elapsed()), (202, Duration::ZERO));
    assert_eq!(house.ended(&reply.location()).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_when_its_caller_has_gone() {
    let house = House::slow(SLOW);
    let key = [("idempotency-key", "7")];
    let body = hello();
    let gone = tokio::time::timeout(Duration::from_secs(1), house.ask(&key, &body)).await;
    assert!(gone.is_err());
    let run = house.journal.runs()[0];
    let ended = house.ended(&format!("/api/greet/runs/{}", run.run)).await;
    assert_eq!((ended.status, house.job_title()), (200, json!("Hello")));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_stops_after_its_caller_was_sent_away_is_told_to_whoever_looks() {
    let house = House::slow(SLOW);
    house.tenant.fault(tenant::Fault {
        method: Some("GET".into()),
        then: tenant::Trouble { status: Some(403), ..tenant::Trouble::default() },
        ..tenant::Fault::default()
    });
    let reply = house.ask(&[("prefer", "respond-async")], &hello()).await;
    let ended = house.ended(&reply.location()).await;
    assert_eq!((ended.status, ended.problem()), (502, "tenant-unreadable"));
}

#[tokio::test(start_paused = true)]
async fn a_dead_run_is_taken_up_by_whoever_looks_and_a_live_one_is_not() {
    let house = House::new();
    let run = house.left_behind("7", &hello(), &[]).await;
    let location = format!("/api/greet/runs/{}", run.run);
    pass(LEASE).await;
    for _ in 0..3 {
        assert_eq!(house.get(&location).await.status, 202);
        tokio::task::yield_now().await;
    }
    assert_eq!((house.journal.planned(&run), house.writes()), (0, 0), "somebody may be working on it");
    pass(jiff::SignedDuration::from_secs(1)).await;
    assert_eq!(house.get(&location).await.status, 202);
    assert_eq!(house.ended(&location).await.status, 200);
    assert_eq!((house.journal.planned(&run), house.job_title()), (1, json!("Hello")));
}

#[tokio::test(start_paused = true)]
async fn the_lease_counts_from_the_last_plan() {
    let house = House::new();
    let run = house.left_behind("7", &hello(), &[]).await;
    pass(LEASE * 2).await;
    let plan = plan::Plan::about(plan::Subject::named("Adele Vance"));
    let planned = Entry::Planned { at: house.now(), plan, permitted: true };
    let planned = serde_json::to_value(planned).unwrap();
    journal::Journal::append(&*house.journal, &run, &[planned]).await.unwrap();
    assert_eq!(house.get(&format!("/api/greet/runs/{}", run.run)).await.status, 202);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(house.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_in_the_address_is_in_location_again_and_again() {
    let house = House::slow(SLOW);
    let reply = house.post("/api/greet?code=s3cret%3D%3D", &[("prefer", "respond-async")], &hello()).await;
    assert!(reply.header("location").ends_with("?code=s3cret%3D%3D"), "{}", reply.header("location"));
    let look = house.get(&reply.location()).await;
    assert_eq!((look.status, look.location()), (202, reply.location()));
    assert_eq!(house.ended(&reply.location()).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn every_call_is_answered_by_the_deadline_even_if_the_journal_says_nothing() {
    let house = House::slow(Duration::ZERO);
    let run = house.ask(&[], &hello()).await.run().run;
    house.journal.silent.store(true, Ordering::SeqCst);
    let of_run = |rest: &str| format!("/api/greet/runs/{run}{rest}");
    let (undo, previewed) = (of_run("/undo"), of_run("/undo?whatIf=true"));
    let began = Instant::now();
    let asked = house.ask(&[("prefer", "respond-async")], &hello()).await;
    let looked = house.get(&of_run("")).await;
    for reply in [&asked, &looked] {
        assert_eq!((reply.status, reply.header("retry-after")), (202, "5"), "it may have begun");
    }
    for target in [undo, previewed] {
        let reply = house.post(&target, &[], &json!(null)).await;
        assert_eq!((reply.status, reply.problem(), reply.header("retry-after")), (503, "busy", "30"));
    }
    assert_eq!(began.elapsed(), Duration::from_secs(4 * 10));
    house.journal.silent.store(false, Ordering::SeqCst);
    assert_eq!(house.get(&asked.location()).await.status, 404, "it has not");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_journal_says_nothing_is_not_under_way_for_ever() {
    let house = House::slow(Duration::from_secs(8));
    let reply = house.ask(&[("prefer", "respond-async")], &hello()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    house.journal.silent.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(2 * 60 * 60)).await;
    house.journal.silent.store(false, Ordering::SeqCst);
    assert_eq!(house.get(&reply.location()).await.status, 202, "it is taken up");
    assert_eq!(house.ended(&reply.location()).await.status, 200);
    assert_eq!((house.job_title(), house.writes()), (json!("Hello"), 1));
}
