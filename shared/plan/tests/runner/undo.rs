//! Taking a run back.

use journal::{RunId, RunKey};
use plan::{Approval, Job, Outcome, Runner, Status, Stop, Task, UNDO};
use serde_json::{Value, json};

use crate::service::{Post, STAFF, Service, job, run, statuses};

pub(crate) async fn undo(runner: &Runner, on: &RunKey) -> Result<Outcome, Stop> {
    let key = RunKey { task: Post::NAME, run: RunId::fresh() };
    let job = Job::Act { action: UNDO.to_owned(), on: on.run };
    let (_, lease) = runner.begin::<Post>(&key, &job, &Approval::None).await?;
    runner.run::<Post>(&lease, &job, &Approval::None).await
}

#[tokio::test(start_paused = true)]
async fn a_run_is_taken_back_in_reverse_and_once() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let (key, _) = run(&runner, &job(&[&["a"], &["b"]]), &Approval::None).await;
    assert_eq!(statuses(&undo(&runner, &key).await.unwrap()), [Status::Done, Status::Done]);
    assert_eq!(service.asked()[2..], ["DELETE /groups/b", "DELETE /groups/a"]);
    let again = undo(&runner, &key).await.unwrap();
    assert!(again.changes.is_empty() && again.findings[0].code == "undone");
}

#[tokio::test(start_paused = true)]
async fn a_run_of_which_something_is_unknown_is_never_said_to_be_taken_back() {
    let broken = json!({"error": {"code": "InternalServerError", "message": "later"}});
    let service = Service::answering([("POST /groups/a", 0, Value::Null), ("GET /groups/a", 500, broken)]);
    let runner = service.runner(json!({}));
    let (key, _) = run(&runner, &job(&[&["a"]]), &Approval::None).await;
    for _ in 0..2 {
        let undone = undo(&runner, &key).await.unwrap();
        assert_eq!(undone.findings[0].code, "unknown");
    }
    assert!(!runner.record(&key).await.unwrap().is_undone());
}

#[tokio::test(start_paused = true)]
async fn a_line_that_cannot_be_read_is_named_and_keeps_the_run_open() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let (key, _) = run(&runner, &job(&[&["a"]]), &Approval::None).await;
    service.ledger.damage(&key);
    assert_eq!(undo(&runner, &key).await.unwrap().findings[0].code, "unknown");
    assert!(!runner.record(&key).await.unwrap().is_undone());
}

#[tokio::test(start_paused = true)]
async fn who_has_become_protected_since_is_protected_from_an_undo_too() {
    let service = Service::default();
    let (key, _) = run(&service.runner(json!({})), &job(&[&["a"]]), &Approval::None).await;
    let guarded = service.runner(json!({"protected": {"membersOf": [STAFF]}}));
    let forbidden = undo(&guarded, &key).await;
    assert!(matches!(forbidden, Err(Stop::Forbidden(breach)) if breach.rule == "protected.membersOf"));
}
