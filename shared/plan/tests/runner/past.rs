//! Runs that go on: what they did before, and somebody else undid.

use plan::{Approval, RunStatus, Status};
use serde_json::json;

use crate::service::{Post, Service, job, run, statuses};

#[tokio::test(start_paused = true)]
async fn what_somebody_undid_is_not_done_again_if_it_is_done_once() {
    for (name, expected) in [("once", Status::Skipped), ("a", Status::Done)] {
        let service = Service::default();
        let runner = service.runner(json!({}));
        let (key, first) = run(&runner, &job(&[&[name], &["b"]]), &Approval::None).await;
        assert_eq!(statuses(&first.unwrap()), [Status::Done; 2]);
        let second = runner.take_up::<Post>(&key).await.unwrap();
        assert_eq!(statuses(&second)[..2], [Status::Done; 2], "what was done before is still told");
        assert_eq!(statuses(&second)[2], expected, "{name}");
        let told = second.findings.iter().any(|finding| finding.code == "undone-since");
        assert_eq!(told, name == "once");
    }
}

#[tokio::test(start_paused = true)]
async fn what_it_never_did_is_still_done() {
    let no = json!({"error": {"code": "Request_BadRequest", "message": "no"}});
    let service = Service::answering([("POST /groups/once", 400, no)]);
    let runner = service.runner(json!({}));
    let (key, first) = run(&runner, &job(&[&["once"]]), &Approval::None).await;
    assert_eq!(first.unwrap().status, RunStatus::Refused);
    let second = runner.take_up::<Post>(&key).await.unwrap();
    assert_eq!((statuses(&second), second.findings.len()), (vec![Status::Refused], 0), "tried again");
}

#[tokio::test(start_paused = true)]
async fn what_is_urgent_is_not_done_again_either() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let (key, _) = run(&runner, &job(&[&["urgent", "once"], &["b"]]), &Approval::None).await;
    let before = service.asked().len();
    let second = runner.take_up::<Post>(&key).await.unwrap();
    assert_eq!(second.status, RunStatus::Partial);
    assert_eq!(service.asked()[before..], ["GET /users"]);
}
