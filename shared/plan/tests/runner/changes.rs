//! What becomes of changes.

use futures_util::{StreamExt, stream};
use journal::{RunId, RunKey};
use plan::{Approval, RunStatus, Status, Stop, Task};
use serde_json::{Value, json};

use crate::service::{Post, Service, job, run, statuses};

#[tokio::test(start_paused = true)]
async fn a_stage_that_does_not_hold_stops_the_later_stages() {
    let refusal = json!({"error": {"code": "Request_BadRequest", "message": "no"}});
    let service = Service::answering([("POST /groups/b", 400, refusal)]);
    let (_, outcome) =
        run(&service.runner(json!({})), &job(&[&["a", "b", "c"], &["d"], &["e"]]), &Approval::None).await;
    let outcome = outcome.unwrap();
    use Status::{Done, Refused, Skipped};
    assert_eq!(statuses(&outcome), [Done, Refused, Done, Skipped, Skipped]);
    assert_eq!(outcome.status, RunStatus::Partial);
    assert!(service.asked().iter().all(|line| !line.ends_with("/d") && !line.ends_with("/e")));
    assert_eq!(outcome.changes[1].failure.as_ref().unwrap().code, "Request_BadRequest");
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_stands_apart_goes_ahead_whatever_became_of_the_others() {
    let refusal = json!({"error": {"code": "Request_BadRequest", "message": "no"}});
    let service =
        Service::answering([("POST /groups/a", 400, refusal.clone()), ("POST /groups/c", 400, refusal)]);
    let stages: &[&[&str]] = &[&["a"], &["b"], &["apart", "c", "d"], &["e"], &["apart", "f"], &["g"]];
    let (_, outcome) = run(&service.runner(json!({})), &job(stages), &Approval::None).await;
    use Status::{Done, Refused, Skipped};
    let expected = [Refused, Skipped, Refused, Done, Skipped, Done, Done];
    assert_eq!(statuses(&outcome.unwrap()), expected);
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_settled_by_reading_and_never_sent_again_blindly() {
    let service = Service::answering([("POST /groups/a", 0, Value::Null)]);
    let (_, outcome) = run(&service.runner(json!({})), &job(&[&["a"]]), &Approval::None).await;
    assert_eq!(statuses(&outcome.unwrap()), [Status::Done]);
    let asked = service.asked();
    assert!(asked.chunks(2).all(|pair| pair == ["POST /groups/a", "GET /groups/a"]), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_reading_cannot_settle_is_unknown() {
    let broken = json!({"error": {"code": "InternalServerError", "message": "later"}});
    let service = Service::answering([("POST /groups/a", 0, Value::Null), ("GET /groups/a", 500, broken)]);
    let (_, outcome) = run(&service.runner(json!({})), &job(&[&["a"], &["b"]]), &Approval::None).await;
    let outcome = outcome.unwrap();
    assert_eq!(statuses(&outcome), [Status::Unknown, Status::Skipped]);
    assert_eq!(outcome.status, RunStatus::Unknown);
    assert!(outcome.changes[0].failure.as_ref().unwrap().help.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_shows_otherwise_is_no_success() {
    for (seen, status) in [(true, Status::Done), (false, Status::Unknown)] {
        let service = Service::answering([
            ("POST /groups/a", 200, json!({"done": false})),
            ("GET /groups/a", 200, json!({"done": seen})),
        ]);
        let (_, outcome) = run(&service.runner(json!({})), &job(&[&["a"]]), &Approval::None).await;
        assert_eq!(statuses(&outcome.unwrap()), [status]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_there_after_a_lost_reply_is_sent_again() {
    let service = Service::answering([
        ("POST /groups/a", 0, Value::Null),
        ("GET /groups/a", 200, json!({"done": false})),
    ]);
    let (_, outcome) = run(&service.runner(json!({})), &job(&[&["a"]]), &Approval::None).await;
    assert_eq!(statuses(&outcome.unwrap()), [Status::Unknown]);
    let posts = service.asked().iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(posts, 3, "each time after reading, and not for ever");
}

#[tokio::test(start_paused = true)]
async fn only_the_approved_plan_is_carried_out() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let approved = runner.preview::<Post>(&job(&[&["a"]])).await.unwrap().plan_digest;
    let (_, moved) = run(&runner, &job(&[&["a", "b"]]), &Approval::Exactly(approved.clone())).await;
    assert!(matches!(moved, Err(Stop::Moved(now)) if now.changes.len() == 2));
    assert!(service.asked().is_empty());
    let (_, same) = run(&runner, &job(&[&["a"]]), &Approval::Exactly(approved)).await;
    assert!(same.unwrap().succeeded());
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_blocked_or_forbidden_sends_nothing() {
    let service = Service::default();
    let (_, blocked) = run(&service.runner(json!({})), &job(&[&["a", "blocked"]]), &Approval::None).await;
    assert_eq!(blocked.unwrap().status, RunStatus::Refused);
    let runner = service.runner(json!({"domains": ["fabrikam.com"]}));
    let (_, forbidden) = run(&runner, &job(&[&["a"]]), &Approval::None).await;
    assert!(matches!(forbidden, Err(Stop::Forbidden(breach)) if breach.rule == "domains"));
    assert!(service.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn so_many_runs_may_change_something_within_an_hour() {
    let runner = Service::default().runner(json!({"maxPerHour": 2}));
    for allowed in [true, true, false] {
        let (_, outcome) = run(&runner, &job(&[&["a"]]), &Approval::None).await;
        assert_eq!(outcome.is_ok(), allowed);
    }
}

#[tokio::test(start_paused = true)]
async fn the_journal_tells_the_plan_and_each_status() {
    let refusal = json!({"error": {"code": "Request_BadRequest", "message": "One or more added object references already exist"}});
    let service = Service::answering([("POST /groups/b", 400, refusal)]);
    let runner = service.runner(json!({}));
    let (key, outcome) = run(&runner, &job(&[&["a"], &["b"]]), &Approval::None).await;
    let record = runner.record(&key).await.unwrap();
    let told: Vec<_> = record.changes().map(|(status, change)| (status, change.says.clone())).collect();
    assert_eq!(told, [(Status::Done, "post a".to_owned()), (Status::Already, "post b".to_owned())]);
    assert_eq!(record.plan().unwrap().changes().count(), 2);
    assert_eq!(record.outcome(), Some(&outcome.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_cannot_be_read_is_no_empty_tenant() {
    let denied =
        json!({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}});
    let service = Service::answering([("GET /organization", 403, denied)]);
    let (_, outcome) = run(&service.runner(json!({})), &job(&[&["a"]]), &Approval::None).await;
    assert!(matches!(outcome, Err(Stop::Unreadable(error)) if error.is_denied()));
    assert!(service.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn many_subjects_go_at_once_and_one_that_fails_stops_no_other() {
    let refusal = json!({"error": {"code": "Request_BadRequest", "message": "no"}});
    let service = Service::answering([("POST /groups/7", 400, refusal)]);
    let runner = service.runner(json!({}));
    let jobs = (0..50).map(|n| (RunKey { task: Post::NAME, run: RunId::fresh() }, vec![vec![n.to_string()]]));
    let outcomes: Vec<_> = runner.run_many::<Post>(stream::iter(jobs)).collect().await;
    let succeeded =
        outcomes.iter().filter(|(_, outcome)| outcome.as_ref().is_ok_and(plan::Outcome::succeeded)).count();
    assert_eq!((outcomes.len(), succeeded), (50, 49));
}

const ADELES: &str = "AdeleV@contoso.com";
const SET: &str = "Set-Mailbox /AdeleV@contoso.com";
const GET: &str = "Get-Mailbox /AdeleV@contoso.com";

#[tokio::test(start_paused = true)]
async fn a_cmdlet_is_sent_and_settled_as_a_request_is() {
    let idle = json!({"value": [], "@adminapi.warnings": [
        "The command completed successfully but no settings of 'AdeleV' have been modified."]});
    let shared = json!({"value": [{"Type": "Shared"}]});
    let gone = json!({"error": {"code": "NotFound", "message": "Error executing cmdlet", "details": [{"code": "Context",
        "message": "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|x"}]}});
    let table = [
        ((200, json!({"value": []})), (200, shared.clone()), Status::Done, 1),
        ((200, idle), (200, shared.clone()), Status::Already, 1),
        ((0, Value::Null), (200, shared), Status::Done, 6),
        ((0, Value::Null), (200, json!({"value": [{"Type": "Regular"}]})), Status::Unknown, 12),
        ((400, gone), (200, Value::Null), Status::Refused, 1),
    ];
    for ((status, body), (read_status, read), expected, asked) in table {
        let service = Service::answering([(SET, status, body), (GET, read_status, read)]);
        let (_, outcome) = run(&service.runner(json!({})), &job(&[&[ADELES]]), &Approval::None).await;
        assert_eq!(statuses(&outcome.unwrap()), [expected]);
        assert_eq!(service.asked().len(), asked, "{:?}", service.asked());
    }
}
