//! What waits until a service has finished something else, and until an appointment.

use jiff::SignedDuration;
use journal::RunKey;
use plan::{Approval, RunStatus, Status, Stop};
use serde_json::{Value, json};

use crate::service::{LATER, NOW, Post, STAFF, Service, job, run, statuses};
use crate::undo::undo;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn no() -> Value {
    json!({"error": {"code": "Request_BadRequest", "message": "no"}})
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_shown_and_not_sent_and_neither_is_what_stands_on_it() {
    let service = Service::default();
    let stages: &[&[&str]] = &[&["a"], &["waits", "b"], &["c"], &["apart", "d"]];
    let preview = service.runner(json!({})).preview::<Post>(&job(stages)).await.unwrap();
    assert_eq!(statuses(&preview)[..2], [Status::Planned, Status::Waits]);
    let (_, outcome) = run(&service.runner(json!({})), &job(stages), &Approval::None).await;
    let outcome = outcome.unwrap();
    assert_eq!(statuses(&outcome), [Status::Done, Status::Waits, Status::Skipped, Status::Done]);
    assert_eq!(service.asked(), ["POST /groups/a", "POST /groups/d"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_is_well_and_leaves_a_mark() {
    let service = Service::default();
    let stages: &[&[&str]] = &[&["a"], &["waits", "b"]];
    let (key, outcome) = run(&service.runner(json!({})), &job(stages), &Approval::None).await;
    let outcome = outcome.unwrap();
    assert_eq!((outcome.status, outcome.goes_on, outcome.again), (RunStatus::GoesOn, Some(LATER), None));
    let marks: Vec<_> = service.ledger.marks().iter().map(|mark| (mark.run, mark.at)).collect();
    assert_eq!(marks, [(key, LATER)]);
    assert!(undo(&service.runner(json!({})), &key).await.unwrap().succeeded());
    assert!(service.ledger.marks().is_empty(), "what was taken back waits no more");
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_a_run_that_was_refused() {
    let service = Service::answering([("POST /groups/a", 400, no())]);
    let stages: &[&[&str]] = &[&["a"], &["waits", "b"]];
    let (_, outcome) = run(&service.runner(json!({})), &job(stages), &Approval::None).await;
    let outcome = outcome.unwrap();
    assert_eq!((outcome.status, outcome.goes_on), (RunStatus::Refused, None));
    assert!(service.ledger.marks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn guard_rails_hold_before_it_is_sent() {
    let service = Service::default();
    let runner = service.runner(json!({"groups": ["9f1c4b0e-54d6-4a38-8f43-0ec5bdb4f1aa"]}));
    let (_, outcome) = run(&runner, &job(&[&["a"], &["waits", STAFF]]), &Approval::None).await;
    assert!(matches!(outcome, Err(Stop::Forbidden(breach)) if breach.rule == "groups"));
    assert!(service.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_later_run_takes_over_an_appointment_and_not_what_another_goes_on_with() {
    let service = Service::default();
    let (today, then) = (service.runner(json!({})), service.runner_at(LATER, json!({})));
    let none = Approval::None;
    let (waits, _) = run(&today, &job(&[&["a"], &["waits", "b"]]), &none).await;
    let (has_both, _) = run(&today, &job(&[&["later"], &["waits", "b"]]), &none).await;
    let (last, _) = run(&today, &job(&[&["c", "later"]]), &none).await;
    for (key, superseded) in [(waits, false), (has_both, true), (last, false)] {
        let record = then.record(&key).await.unwrap();
        assert_eq!(then.is_superseded(&key, &record).await.unwrap(), superseded);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_does_not_make_its_appointment_anew() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let (first, _) = run(&runner, &job(&[&["later"], &["waits", "b"]]), &Approval::None).await;
    let (last, _) = run(&runner, &job(&[&["c", "later"]]), &Approval::None).await;
    runner.take_up::<Post>(&first).await.unwrap();
    let then = service.runner_at(LATER, json!({}));
    let record = then.record(&last).await.unwrap();
    assert!(!then.is_superseded(&last, &record).await.unwrap(), "the one that was asked last has the say");
}

/// A service that has not caught up, as far as this request is concerned.
fn behind(line: &'static str) -> Service {
    let not_found = json!({"error": {"code": "Request_ResourceNotFound", "message": "no"}});
    Service::answering([(line, 404, not_found), ("GET /groups/lags", 200, json!({"done": false}))])
}

#[tokio::test(start_paused = true)]
async fn where_a_service_has_not_caught_up_the_run_goes_on_for_a_day() {
    let service = behind("POST /groups/lags");
    let stages: &[&[&str]] = &[&["a"], &["lags"]];
    let (key, outcome) = run(&service.runner(json!({})), &job(stages), &Approval::None).await;
    let outcome = outcome.unwrap();
    assert_eq!(statuses(&outcome), [Status::Done, Status::NotYet]);
    assert_eq!((outcome.status, outcome.goes_on), (RunStatus::Partial, Some(NOW + MINUTE)));
    let day = SignedDuration::from_hours(24);
    for (later, goes_on) in [(MINUTE, true), (day, false)] {
        let outcome = service.runner_at(NOW + later, json!({})).take_up::<Post>(&key).await.unwrap();
        assert_eq!(outcome.goes_on.is_some(), goes_on, "{later}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_service_is_given_up_after_a_day() {
    let service = Service::default();
    let stages: &[&[&str]] = &[&["a"], &["waits", "b"]];
    let (key, _) = run(&service.runner(json!({})), &job(stages), &Approval::None).await;
    let (hour, day) = (SignedDuration::from_hours(1), SignedDuration::from_hours(24));
    let part = async |after| service.runner_at(NOW + after, json!({})).take_up::<Post>(&key).await.unwrap();
    assert_eq!(part(hour).await.status, RunStatus::GoesOn);
    let last = part(day).await;
    assert_eq!((last.status, last.goes_on), (RunStatus::Partial, None));
    assert_eq!(statuses(&last).last(), Some(&Status::Skipped));
    assert!(last.findings.iter().any(|finding| finding.code == "waited-in-vain"));
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_what_was_refused() {
    let service = Service::answering([("POST /groups/awaited", 400, no())]);
    let stages: &[&[&str]] = &[&["awaited"], &["apart", "a"], &["waits", "b"]];
    let (_, outcome) = run(&service.runner(json!({})), &job(stages), &Approval::None).await;
    let outcome = outcome.unwrap();
    assert_eq!(statuses(&outcome), [Status::Refused, Status::Done, Status::Skipped]);
    assert_eq!((outcome.status, outcome.goes_on), (RunStatus::Partial, None));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_promised_where_nothing_holds_yet() {
    let (_, outcome) =
        run(&behind("POST /groups/lags").runner(json!({})), &job(&[&["lags"]]), &Approval::None).await;
    let outcome = outcome.unwrap();
    assert_eq!((outcome.status, outcome.goes_on), (RunStatus::NotYet, None));
}

#[tokio::test(start_paused = true)]
async fn what_a_service_finishes_in_its_own_time_holds_once_it_is_seen_to() {
    let nothing = "WARNING: The command completed successfully but no settings of 'slow' have been modified.";
    let nothing = json!({"@adminapi.warnings": [nothing]});
    let table = [
        (json!({}), true, Status::Done),
        (json!({}), false, Status::NotYet),
        (nothing.clone(), true, Status::Already),
        (nothing, false, Status::NotYet),
    ];
    for (says, seen, status) in table {
        let read = ("GET /groups/slow", 200, json!({"done": seen}));
        let service = Service::answering([("POST /groups/slow", 200, says.clone()), read]);
        let (_, outcome) = run(&service.runner(json!({})), &job(&[&["slow"]]), &Approval::None).await;
        assert_eq!(statuses(&outcome.unwrap()), [status], "{says}, seen: {seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_goes_on_does_not_take_back_twice() {
    let service = behind("DELETE /groups/lags");
    let runner = service.runner(json!({}));
    let (key, _) = run(&runner, &job(&[&["a"], &["lags"]]), &Approval::None).await;
    let undone = undo(&runner, &key).await.unwrap();
    assert_eq!((statuses(&undone), undone.goes_on.is_some()), (vec![Status::NotYet, Status::Done], true));
    let (asked, run) = (service.asked().len(), RunKey { run: undone.run.unwrap(), ..key });
    let undone = runner.take_up::<Post>(&run).await.unwrap();
    assert_eq!(statuses(&undone), [Status::Done, Status::NotYet], "what was taken back before is still told");
    assert!(
        service.asked()[asked..].iter().all(|line| line.ends_with("/groups/lags")),
        "{:?}",
        service.asked()
    );
}
