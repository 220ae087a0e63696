//! What does not wait until everything was looked at.

use plan::{Approval, RunStatus, Status, Stop};
use serde_json::{Value, json};

use crate::service::{NOW, Post, Service, job, run, statuses};

const STAGES: &[&[&str]] = &[&["urgent", "a", "b"], &["c"]];

fn no() -> Value {
    json!({"error": {"code": "Request_BadRequest", "message": "no"}})
}

#[tokio::test(start_paused = true)]
async fn it_is_done_before_the_rest_is_looked_at_and_once() {
    let service = Service::default();
    let (_, outcome) = run(&service.runner(json!({})), &job(STAGES), &Approval::None).await;
    assert_eq!(statuses(&outcome.unwrap()), [Status::Done; 3]);
    let expected = [
        "mark",
        "asked",
        "GET /users",
        "planned",
        "POST /groups/a",
        "POST /groups/b",
        "changed",
        "changed",
        "GET /organization",
        // This task plans it again, so it is looked at.
        "GET /groups/a",
        "GET /groups/b",
        "planned",
        "POST /groups/c",
        "changed",
        "finished",
        "forget",
    ];
    assert_eq!(service.ledger.events(), expected);
}

#[tokio::test(start_paused = true)]
async fn it_stays_done_when_the_rest_cannot_be_looked_at() {
    let service = Service::answering([("GET /organization", 403, no())]);
    let (_, outcome) = run(&service.runner(json!({})), &job(STAGES), &Approval::None).await;
    let outcome = outcome.unwrap();
    assert_eq!(statuses(&outcome), [Status::Done; 2]);
    assert_eq!(outcome.status, RunStatus::Partial);
    assert_eq!(outcome.findings[0].code, "tenant-unreadable");
    assert!(outcome.findings[0].says.ends_with("no"), "{:?}", outcome.findings);
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_by_itself_when_the_service_has_no_time_for_the_rest() {
    let table = [(403, no(), None), (429, json!({}), Some(60)), (502, json!({}), Some(60))];
    for (status, body, seconds) in table {
        let service = Service::answering([("GET /organization", status, body)]);
        let (_, outcome) = run(&service.runner(json!({})), &job(STAGES), &Approval::None).await;
        let outcome = outcome.unwrap();
        assert_eq!(outcome.status, RunStatus::Partial, "{status}");
        let goes_on = outcome.goes_on.map(|at| at.duration_since(NOW).as_secs());
        assert_eq!((goes_on, service.ledger.marks().len()), (seconds, seconds.iter().len()), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_stays_done_when_the_rest_is_blocked() {
    let service = Service::default();
    let stages: &[&[&str]] = &[&["urgent", "a"], &["blocked"]];
    let (_, outcome) = run(&service.runner(json!({})), &job(stages), &Approval::None).await;
    let outcome = outcome.unwrap();
    assert_eq!(statuses(&outcome), [Status::Done, Status::Skipped]);
    assert_eq!(outcome.status, RunStatus::Partial);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_seen_to_hold_afterwards_is_sent_again_and_told_once() {
    for (seen, times) in [(true, 1), (false, 2)] {
        let service = Service::answering([("GET /groups/b", 200, json!({"done": seen}))]);
        let (_, outcome) = run(&service.runner(json!({})), &job(STAGES), &Approval::None).await;
        assert_eq!(statuses(&outcome.unwrap()), [Status::Done; 3], "seen: {seen}");
        let sent = service.asked().into_iter().filter(|line| line == "POST /groups/b").count();
        assert_eq!(sent, times, "seen: {seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_in_haste_is_tried_again_with_the_rest_and_told_once() {
    let service = Service::answering([("POST /groups/b", 400, no())]);
    let (_, outcome) = run(&service.runner(json!({})), &job(STAGES), &Approval::None).await;
    use Status::{Done, Refused, Skipped};
    assert_eq!(statuses(&outcome.unwrap()), [Done, Refused, Skipped]);
}

#[tokio::test(start_paused = true)]
async fn an_approved_plan_is_done_in_one_piece() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let preview = runner.preview::<Post>(&job(STAGES)).await.unwrap();
    let approval = Approval::Exactly(preview.plan_digest);
    let (_, outcome) = run(&runner, &job(STAGES), &approval).await;
    assert_eq!(statuses(&outcome.unwrap()), [Status::Done; 3]);
    assert!(!service.asked().contains(&"GET /users".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn guard_rails_hold_for_it_and_count_one_run() {
    let service = Service::default();
    let runner = service.runner(json!({"maxPerHour": 1}));
    assert!(run(&runner, &job(STAGES), &Approval::None).await.1.unwrap().succeeded());
    let before = service.asked().len();
    let (_, second) = run(&runner, &job(STAGES), &Approval::None).await;
    assert!(matches!(second, Err(Stop::Forbidden(breach)) if breach.rule == "maxPerHour"));
    assert_eq!(service.asked()[before..], ["GET /users"]);
}
