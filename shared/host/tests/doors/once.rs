//! The same call twice is one run.

use std::time::Duration;

use futures_util::future::join_all;
use plan::Entry;
use serde_json::json;
use tenant::{Fault, Trouble};

use crate::house::{ADELE, House, hello, keyed, pass};

const KEY: (&str, &str) = ("idempotency-key", "7");

fn unreadable(times: u32) -> Fault {
    let then =
        Trouble { status: Some(403), code: Some("Authorization_RequestDenied".into()), ..Trouble::default() };
    Fault {
        method: Some("GET".into()),
        path: Some("/users".into()),
        times: Some(times),
        then,
        ..Fault::default()
    }
}

fn refused(times: u32) -> Fault {
    Fault { method: Some("PATCH".into()), ..unreadable(times) }
}

#[tokio::test(start_paused = true)]
async fn the_same_key_is_answered_from_the_same_run() {
    let house = House::new();
    let first = house.ask(&[KEY], &hello()).await;
    let again = house.ask(&[KEY], &hello()).await;
    let elsewhere = house.another().ask(&[KEY], &hello()).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(first.body, elsewhere.body);
    assert_eq!((house.journal.runs().len(), house.writes()), (1, 1));
    assert_eq!(house.journal.planned(&first.run()), 1);
}

#[tokio::test(start_paused = true)]
async fn twenty_calls_at_once_with_the_same_key_are_one_run() {
    let house = House::slow(Duration::from_secs(2));
    let body = hello();
    let replies = join_all((0..20).map(|_| house.ask(&[KEY], &body))).await;
    let outcomes: Vec<_> = replies.iter().map(|reply| (reply.status, &reply.body["status"])).collect();
    assert_eq!(outcomes, vec![(200, &json!("succeeded")); 20]);
    assert_eq!((house.journal.runs().len(), house.writes()), (1, 1));
    assert_eq!(house.journal.planned(&replies[0].run()), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_key_each_call_is_a_run_of_its_own() {
    let house = House::new();
    let (one, other) = (house.ask(&[], &hello()).await, house.ask(&[], &hello()).await);
    assert_ne!(one.run(), other.run());
}

#[tokio::test(start_paused = true)]
async fn the_same_key_with_another_request_is_refused_and_with_other_spaces_it_is_not() {
    let house = House::new();
    house.ask(&[KEY], &hello()).await;
    let reply = house.ask(&[KEY], &json!({"who": ADELE, "words": "Good morning"})).await;
    assert_eq!((reply.status, reply.problem()), (422, "key-reused"));
    let spaced = format!(" {{\"words\": \"Hello\",\n \"who\": \"{ADELE}\"}}");
    let reply = house.send(crate::house::request("/api/greet", &[KEY], spaced)).await;
    assert_eq!(reply.status, 200);
    assert_eq!((house.writes(), house.job_title()), (1, json!("Hello")));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_did_not_succeed_is_taken_up_again_by_its_key() {
    let house = House::new();
    house.tenant.fault(refused(1));
    let first = house.ask(&[KEY], &hello()).await;
    assert_eq!((first.status, first.problem()), (422, "refused"), "{}", first.text);
    assert_eq!(first.body["outcome"]["changes"][0]["failure"]["code"], "Authorization_RequestDenied");
    let second = house.ask(&[KEY], &hello()).await;
    assert_eq!((second.status, &second.body["status"]), (200, &json!("succeeded")));
    assert_eq!(first.body["outcome"]["run"], second.body["run"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_could_not_read_the_tenant_is_over_and_taken_up_again_by_its_key() {
    let house = House::new();
    house.tenant.fault(unreadable(1));
    let first = house.ask(&[KEY], &hello()).await;
    assert_eq!((first.status, first.problem()), (502, "tenant-unreadable"), "{}", first.text);
    let run = house.journal.runs()[0];
    let look = house.get(&format!("/api/greet/runs/{}", run.run)).await;
    assert_eq!((look.status, look.problem()), (502, "tenant-unreadable"));
    assert!(look.body["detail"].as_str().unwrap().contains("Authorization_RequestDenied"), "{}", look.text);
    let second = house.ask(&[KEY], &hello()).await;
    assert_eq!((second.status, second.run()), (200, run));
    assert!(house.journal.marks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_action_of_a_flow_is_one_run_however_often_it_is_sent() {
    let house = House::new();
    let run = ("x-ms-workflow-run-id", "08586611142736787787412824395CU21");
    let action = ("x-ms-workflow-operation-name", "Greet");
    let other = json!({"who": "MeganB@contoso.com", "words": "Hello"});
    let one = house.ask(&[run, action, ("x-ms-tracking-id", "1")], &hello()).await.run();
    assert_eq!(one, house.ask(&[run, action, ("x-ms-tracking-id", "2")], &hello()).await.run());
    assert_ne!(one, house.ask(&[run, action], &other).await.run(), "the next item of a loop");
    let next = ("x-ms-workflow-run-id", "08586611142736787787412824395CU22");
    assert_ne!(one, house.ask(&[next, action], &hello()).await.run(), "the next run of the flow");
}

#[tokio::test(start_paused = true)]
async fn a_preview_leaves_no_trace_with_a_key_either() {
    let house = House::new();
    let preview = house.post("/api/greet?whatIf=true", &[KEY], &hello()).await;
    assert_eq!((preview.status, &preview.body["status"]), (200, &json!("planned")));
    assert_eq!(preview.body.get("run"), None);
    assert_eq!((house.journal.runs().len(), house.journal.marks().len(), house.writes()), (0, 0, 0));
    assert_eq!(house.ask(&[KEY], &hello()).await.body["changes"][0]["status"], "done");
}

#[tokio::test(start_paused = true)]
async fn an_approved_plan_is_done_and_one_that_has_moved_is_not() {
    let house = House::new();
    let digest = house.post("/api/greet?whatIf=true", &[], &hello()).await.header("etag").to_owned();
    let approved = ("if-match", digest.as_str());
    house.ask(&[], &json!({"who": ADELE, "words": "Good morning"})).await;
    let moved = house.ask(&[approved, KEY], &hello()).await;
    assert_eq!((moved.status, moved.problem()), (412, "plan-moved"));
    assert_eq!(house.job_title(), "Good morning");
    let told = house.get(&format!("/api/greet/runs/{}", keyed("7").run)).await;
    assert_eq!((told.status, &told.body["outcome"]["findings"][0]["code"]), (422, &json!("plan-moved")));
    let now = format!("\"{}\"", moved.body["outcome"]["planDigest"].as_str().unwrap());
    assert_eq!(house.ask(&[approved, KEY], &hello()).await.status, 412, "the same approval is no better now");
    assert_eq!(house.ask(&[("if-match", &now), KEY], &hello()).await.status, 200);
    assert_eq!(house.job_title(), "Hello");
}

#[tokio::test(start_paused = true)]
async fn a_guard_rail_holds_however_often_the_same_run_is_asked_for() {
    let house = House::guarded(json!({"approval": {"always": true}}));
    for _ in 0..2 {
        let reply = house.ask(&[KEY], &hello()).await;
        assert_eq!((reply.status, reply.problem()), (403, "guard-rail"));
        assert_eq!(reply.body["detail"], "rule: approval");
    }
    let look = house.get(&format!("/api/greet/runs/{}", house.journal.runs()[0].run)).await;
    assert_eq!((look.status, look.problem()), (422, "refused"));
    assert_eq!(look.body["outcome"]["findings"][0]["code"], "guard-rail", "{}", look.text);
    assert_eq!(house.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_died_before_its_plan_passed_is_held_to_the_guard_rails_when_it_is_taken_up() {
    let house = House::guarded(json!({"approval": {"always": true}}));
    let run = house.dead("7", &hello()).await;
    pass(plan::LEASE * 2).await;
    let location = format!("/api/greet/runs/{}", run.run);
    assert_eq!(house.get(&location).await.status, 202);
    assert_eq!(house.ended(&location).await.status, 422);
    assert_eq!(house.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_died_after_its_plan_was_approved_goes_on() {
    let house = House::guarded(json!({"approval": {"always": true}}));
    let plan = plan::Plan::about(plan::Subject::named("Adele Vance"));
    let planned = Entry::Planned { at: house.now(), plan, permitted: true };
    let run = house.left_behind("7", &hello(), &[planned]).await;
    pass(plan::LEASE * 2).await;
    assert_eq!(house.ask(&[KEY], &hello()).await.run(), run);
    assert_eq!(house.job_title(), "Hello");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_another_process_may_be_working_on_is_not_begun_a_second_time() {
    let house = House::new();
    let run = house.left_behind("7", &hello(), &[]).await;
    let reply = house.ask(&[KEY], &hello()).await;
    assert_eq!((reply.status, reply.run()), (202, run));
    pass(plan::LEASE * 2).await;
    assert_eq!((house.ask(&[KEY], &hello()).await.status, house.writes()), (200, 1));
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_was_never_given_is_no_approval_however_far_the_run_has_come() {
    let house = House::new();
    house.tenant.fault(refused(2));
    assert_eq!(house.ask(&[KEY], &hello()).await.problem(), "refused", "a plan of it was let pass");
    let nonsense = format!("\"{}\"", "ab".repeat(32));
    let reply = house.ask(&[KEY, ("if-match", &nonsense)], &hello()).await;
    assert_eq!((reply.status, reply.problem(), house.writes()), (412, "plan-moved", 0), "{}", reply.text);
}

#[tokio::test(start_paused = true)]
async fn the_approval_that_a_run_was_begun_with_holds_when_it_is_repeated_and_when_it_is_left_out() {
    let house = House::new();
    let digest = house.post("/api/greet?whatIf=true", &[], &hello()).await.header("etag").to_owned();
    let approved = ("if-match", digest.as_str());
    house.tenant.fault(refused(2));
    for again in [&[KEY, approved][..], &[KEY, approved], &[KEY]] {
        house.ask(again, &hello()).await;
    }
    assert_eq!((house.job_title(), house.writes()), (json!("Hello"), 1));
    let other = ("idempotency-key", "8");
    house.ask(&[], &json!({"who": ADELE, "words": "Good morning"})).await;
    assert_eq!(house.ask(&[other, approved], &hello()).await.problem(), "plan-moved");
    assert_eq!(house.ask(&[other], &hello()).await.problem(), "plan-moved", "it was begun with an approval");
}

#[tokio::test(start_paused = true)]
async fn a_preview_tells_what_a_guard_rail_forbids_and_not_that_an_approval_is_to_follow() {
    let table = [(json!({"maxPerHour": 0}), "refused"), (json!({"approval": {"always": true}}), "planned")];
    for (policy, status) in table {
        let house = House::guarded(policy);
        let preview = house.post("/api/greet?whatIf=true", &[], &hello()).await;
        assert_eq!((preview.status, &preview.body["status"]), (200, &json!(status)), "{}", preview.text);
        let forbids = preview.text.contains("\"guard-rail\"");
        assert_eq!(forbids, status == "refused", "{}", preview.text);
        assert_eq!(house.ask(&[], &hello()).await.problem(), "guard-rail");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_over_is_not_taken_up_because_somebody_uses_its_key() {
    let house = House::new();
    let done = ("idempotency-key", "8");
    house.ask(&[done], &hello()).await;
    house.tenant.fault(refused(1));
    let other = json!({"who": ADELE, "words": "Good morning"});
    assert_eq!(house.ask(&[KEY], &other).await.problem(), "refused");
    assert_eq!(house.ask(&[KEY], &hello()).await.problem(), "key-reused");
    assert_eq!(house.ask(&[done], &hello()).await.status, 200);
    pass(plan::LEASE * 2).await;
    assert_eq!(house.tick().await, host::Tick::default());
    assert_eq!((house.job_title(), house.journal.marks().len()), (json!("Hello"), 0));
}
