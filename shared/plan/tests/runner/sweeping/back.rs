//! Taking sweeps back, whole and in parts.

use journal::RunKey;
use plan::{Approval, Job, LEASE, RunStatus, Status, UNDO};
use serde_json::{Value, json};

use crate::service::{NOW, Service, statuses};
use crate::sweep::{Align, approval_of, dies, everybody, id, parts, rule, run, sweep, told, undo};
use RunStatus::{Partial, Refused, Succeeded};

/// The runs that a sweep is made of.
async fn runs(runner: &plan::Runner, sweep: &RunKey) -> Vec<RunKey> {
    runner.record(sweep).await.unwrap().parts().map(|part| RunKey { run: part.run, ..*sweep }).collect()
}

#[tokio::test(start_paused = true)]
async fn an_undo_takes_back_what_each_part_did_once_however_often_it_is_asked() {
    let service = Service::with_free(&[("E3", 1)]);
    let runner = service.runner(json!({}));
    let (key, _) = sweep(&runner, &rule(&["a+|b+", "E3+", "E3+", "blocked c+"])).await;
    assert_eq!(service.posted(), ["E3-1", "a-0", "b-0"]);
    let (undone, outcome) = undo(&runner, &key).await;
    assert_eq!((outcome.status, parts(&outcome)), (Succeeded, vec![Succeeded; 2]));
    assert_eq!(statuses(&outcome.parts[0]), [Status::Done; 2]);
    assert!(service.posted().is_empty() && service.free("E3") == 1);
    assert!(service.asked().ends_with(&["DELETE /groups/a-0".to_owned()]), "{:?}", service.asked());
    let asked = service.asked().len();
    for on in [key, key] {
        let (_, again) = undo(&runner, &on).await;
        assert_eq!((again.status, parts(&again), told(&again)), (Succeeded, vec![], vec!["undone"]));
    }
    assert_eq!(service.asked().len(), asked);
    for run in runs(&runner, &key).await.iter().take(2).chain([&key]) {
        assert!(runner.record(run).await.unwrap().is_undone());
    }
    assert!(!runner.record(&undone).await.unwrap().is_undone());
}

#[tokio::test(start_paused = true)]
async fn a_part_is_taken_back_alone_and_then_the_rest() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let (key, _) = sweep(&runner, &rule(&["a+", "b+"])).await;
    let first = runs(&runner, &key).await[0];
    assert!(undo(&runner, &first).await.1.succeeded());
    assert_eq!(service.posted(), ["b-1"]);
    assert!(!runner.record(&key).await.unwrap().is_undone());
    let (_, rest) = undo(&runner, &key).await;
    assert_eq!((parts(&rest), rest.parts[0].subject.id), (vec![Succeeded], Some(id(1))));
    assert_eq!(service.asked().iter().filter(|line| line.starts_with("DELETE")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_died_before_it_did_anything_is_not_taken_up_once_the_sweep_was_taken_back() {
    let (service, rule) = (Service::default(), rule(&["a+", "b+"]));
    service.ledger.fail("planned");
    let (key, _) = run(&service.runner(json!({})), &everybody(&rule), &Approval::None).await;
    service.ledger.mend();
    let later = service.runner_at(NOW + LEASE * 2, json!({}));
    assert!(undo(&later, &key).await.1.succeeded());
    for run in runs(&later, &key).await.iter().chain([&key]) {
        assert!(later.record(run).await.unwrap().is_undone(), "the timer leaves it alone");
    }
    assert!(service.posted().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_part_may_have_done_is_taken_back_too() {
    let (service, rule) = (Service::default(), rule(&["a+", "b+"]));
    service.ledger.fail("changed");
    let (key, _) = run(&service.runner(json!({})), &everybody(&rule), &Approval::None).await;
    service.ledger.mend();
    assert_eq!(service.posted().len(), 2);
    assert!(undo(&service.runner_at(NOW + LEASE * 2, json!({})), &key).await.1.succeeded());
    assert!(service.posted().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_under_way_is_not_taken_back() {
    let (service, rule) = (Service::default(), rule(&["a+", "b+"]));
    service.ledger.fail_after("changed", 1);
    let (key, _) = run(&service.runner(json!({})), &everybody(&rule), &Approval::None).await;
    service.ledger.mend();
    let soon = service.runner(json!({}));
    let (_, outcome) = undo(&soon, &key).await;
    assert_eq!((outcome.status, parts(&outcome)), (Partial, vec![Succeeded, Refused]));
    assert_eq!(told(&outcome.parts[1]), ["under-way"]);
    assert!(!soon.record(&key).await.unwrap().is_undone());
    assert!(undo(&service.runner_at(NOW + LEASE * 2, json!({})), &key).await.1.succeeded());
    assert!(service.posted().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_sweep_of_which_something_is_unknown_is_never_said_to_be_taken_back() {
    let broken = json!({"error": {"code": "InternalServerError", "message": "later"}});
    let service =
        Service::answering([("POST /groups/a-0", 0, Value::Null), ("GET /groups/a-0", 500, broken)]);
    let runner = service.runner(json!({}));
    let (key, outcome) = sweep(&runner, &rule(&["a+", "b+"])).await;
    assert_eq!(outcome.status, RunStatus::Unknown);
    for _ in 0..2 {
        let (_, undone) = undo(&runner, &key).await;
        assert_eq!(told(&undone.parts[0]), ["unknown"]);
        assert!(!runner.record(&key).await.unwrap().is_undone());
    }
}

#[tokio::test(start_paused = true)]
async fn an_undo_is_approved_whole_and_each_is_held_against_the_guard_rails() {
    let service = Service::default();
    let (key, _) = sweep(&service.runner(json!({})), &rule(&["a+", "b+"])).await;
    let runner = service.runner(json!({"approval": {"always": true}, "protected": {"ids": [id(1)]}}));
    let job = Job::Act { action: UNDO.to_owned(), on: key.run };
    let refused = run(&runner, &job, &Approval::None).await.1.unwrap();
    assert_eq!((refused.status, service.posted().len()), (Refused, 2));
    let approved = approval_of(&runner, &job).await;
    let outcome = run(&runner, &job, &approved).await.1.unwrap();
    assert_eq!((parts(&outcome), service.posted()), (vec![Succeeded, Refused], vec!["b-1".to_owned()]));
    assert!(!runner.record(&key).await.unwrap().is_undone());
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_died_is_finished_by_being_taken_up() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let (key, _) = sweep(&runner, &rule(&["a+", "b+", "c+"])).await;
    let job = Job::Act { action: UNDO.to_owned(), on: key.run };
    let undoing = dies(&runner, &service, "DELETE /groups/b-1", &job, &Approval::None).await;
    let later = service.runner_at(NOW + LEASE * 2, json!({}));
    assert!(later.take_up::<Align>(&undoing).await.unwrap().succeeded());
    assert!(service.posted().is_empty() && later.record(&key).await.unwrap().is_undone());
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_was_taken_back_tells_so_of_each_part_and_waits_for_nothing() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let (key, outcome) = sweep(&runner, &rule(&["a+|waits b+", "blocked c+"])).await;
    assert_eq!(outcome.parts[0].status, RunStatus::GoesOn);
    undo(&runner, &key).await;
    let record = runner.record(&key).await.unwrap();
    let told = record.outcome().cloned().unwrap().taken_back();
    assert_eq!(statuses(&told.parts[0]), [Status::Done, Status::Skipped]);
    assert_eq!(told.parts[0].next(), None);
    assert_eq!(told.parts[1].findings.len(), 1, "of which there was no run");
    assert!(service.ledger.marks().is_empty());
}
