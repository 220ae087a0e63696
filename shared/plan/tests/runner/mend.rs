//! What a process that died left open.

use journal::RunKey;
use plan::{Approval, Status};
use serde_json::{Value, json};

use crate::service::{Post, Service, job, run, statuses};
use crate::undo::undo;

/// A run whose process dies once it has sent the second stage, before it can write down what became of it.
async fn dead(service: &Service) -> RunKey {
    service.ledger.fail_after("changed", 1);
    let (key, died) =
        run(&service.runner(json!({})), &job(&[&["a"], &["b", "c"], &["d"]]), &Approval::None).await;
    assert!(died.is_err(), "{died:?}");
    service.ledger.mend();
    key
}

fn says(plan: &plan::Outcome) -> Vec<&str> {
    plan.changes.iter().map(|change| change.says.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_it_did_is_told_when_the_run_is_taken_up() {
    let service = Service::answering([("GET /groups/c", 200, json!({"done": false}))]);
    let key = dead(&service).await;
    let outcome = service.runner(json!({})).take_up::<Post>(&key).await.unwrap();
    let before = ["post a", "post b"];
    assert_eq!(says(&outcome), [&before[..], &["post a", "post b", "post c", "post d"]].concat());
    let record = service.runner(json!({})).record(&key).await.unwrap();
    let settled: Vec<_> = record.changes().map(|(status, change)| (change.says.as_str(), status)).collect();
    assert_eq!(
        settled[..3],
        [("post a", Status::Done), ("post b", Status::Done), ("post c", Status::NotYet)]
    );
    assert_eq!(settled.len(), 3 + 4, "and what was done anew");
}

#[tokio::test(start_paused = true)]
async fn what_it_did_is_taken_back_though_nobody_took_the_run_up() {
    let service = Service::answering([("GET /groups/c", 200, json!({"done": false}))]);
    let key = dead(&service).await;
    let undone = undo(&service.runner(json!({})), &key).await.unwrap();
    assert_eq!((says(&undone), undone.findings.len()), (vec!["delete b", "delete a"], 0), "d was never sent");
    assert!(service.runner(json!({})).record(&key).await.unwrap().is_undone());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_read_is_unknown_until_it_is_done() {
    let broken = json!({"error": {"code": "InternalServerError", "message": "later"}});
    let service = Service::answering([("GET /groups/b", 500, broken), ("GET /groups/c", 200, Value::Null)]);
    let key = dead(&service).await;
    let undone = undo(&service.runner(json!({})), &key).await.unwrap();
    let named: Vec<_> = undone.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!((says(&undone), named), (vec!["delete a"], vec!["unknown"]));
    let outcome = service.runner(json!({})).take_up::<Post>(&key).await.unwrap();
    assert_eq!(statuses(&outcome), [Status::Done; 5], "it was done for certain now: {outcome:#?}");
    let again = undo(&service.runner(json!({})), &key).await.unwrap();
    assert!(again.findings.is_empty(), "{:?}", again.findings);
}
