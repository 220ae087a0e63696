//! What was approved, and what was not.

use plan::{Approval, RunStatus, Status, Stop};
use serde_json::json;

use crate::service::{ADELE, Post, STAFF, Service, job, run, statuses};

const STAFF_READ: &str = "GET /groups/02bd9fd6-8f93-4758-87c3-1fb73740a315";

/// A run that dies after its plan was let pass, before anything holds, and what it asks for when it is taken up.
async fn taken_up(policy: serde_json::Value, approve: bool, asked: &[&str]) -> Result<plan::Outcome, Stop> {
    let service = Service::answering([(STAFF_READ, 200, json!({"done": false}))]);
    service.ledger.fail("changed");
    let job = job(&[asked]);
    let permissive = service.runner(json!({}));
    let digest = permissive.preview::<Post>(&job).await.unwrap().plan_digest;
    let approval = if approve { Approval::Exactly(digest) } else { Approval::None };
    let (key, died) = run(&permissive, &job, &approval).await;
    assert!(matches!(died, Err(Stop::Journal(_))), "{died:?}");
    service.ledger.mend();
    service.runner(policy).take_up::<Post>(&key).await
}

#[tokio::test(start_paused = true)]
async fn what_was_approved_stays_approved_when_the_run_is_taken_up() {
    let always = json!({"approval": {"always": true}});
    assert!(taken_up(always.clone(), true, &[STAFF]).await.unwrap().succeeded());
    let group = json!({"approval": {"groups": [STAFF]}});
    assert!(taken_up(group, true, &[STAFF]).await.unwrap().succeeded());
}

#[tokio::test(start_paused = true)]
async fn an_approved_run_hands_out_nothing_beyond_what_was_approved_whatever_the_policy() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let digest = runner.preview::<Post>(&job(&[&["a"]])).await.unwrap().plan_digest;
    let (key, done) = run(&runner, &job(&[&["a"]]), &Approval::Exactly(digest)).await;
    done.unwrap();
    let goes_on = runner.record(&key).await.unwrap().approval();
    let (_, moved) = run(&runner, &job(&[&["a", STAFF]]), &goes_on).await;
    assert!(matches!(moved, Err(Stop::Moved(now)) if now.changes.len() == 2));
    assert_eq!(service.asked(), ["POST /groups/a"]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_approved_is_not_approved_by_being_taken_up() {
    let always = json!({"approval": {"always": true}});
    let forbidden = taken_up(always, false, &[STAFF]).await;
    assert!(matches!(forbidden, Err(Stop::Forbidden(breach)) if breach.rule == "approval"));
}

#[tokio::test(start_paused = true)]
async fn approval_of_one_thing_is_none_of_another() {
    let service = Service::default();
    let runner = service.runner(json!({"approval": {"groups": [STAFF]}}));
    let (key, before) = run(&runner, &job(&[&["a"]]), &Approval::None).await;
    before.unwrap();
    let before = runner.record(&key).await.unwrap().approval();
    let (_, forbidden) = run(&runner, &job(&[&[STAFF]]), &before).await;
    assert!(matches!(forbidden, Err(Stop::Forbidden(breach)) if breach.rule == "approval"));
}

#[tokio::test(start_paused = true)]
async fn a_preview_tells_which_guard_rail_forbids_it_but_not_that_it_is_not_approved_yet() {
    let service = Service::default();
    let forbidden = service.runner(json!({"protected": {"ids": [ADELE]}}));
    let preview = forbidden.preview::<Post>(&job(&[&["a"]])).await.unwrap();
    assert_eq!((preview.status, preview.findings[0].code.as_str()), (RunStatus::Refused, "guard-rail"));
    let unapproved = service.runner(json!({"approval": {"always": true}}));
    let preview = unapproved.preview::<Post>(&job(&[&["a"]])).await.unwrap();
    assert_eq!((preview.status, statuses(&preview)), (RunStatus::Planned, vec![Status::Planned]));
}
