//! Actions on a run: undo, and the task's own.

use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{ADELE, House, hello, pass};

#[tokio::test(start_paused = true)]
async fn undo_is_previewed_done_and_done_only_once() {
    let house = House::new();
    let before = house.job_title();
    let run = house.ask(&[], &hello()).await.run().run;
    let undo = format!("/api/greet/runs/{run}/undo");
    let preview = house.post(&format!("{undo}?whatIf=true"), &[], &Value::Null).await;
    assert_eq!((preview.status, &preview.body["status"]), (200, &json!("planned")));
    assert_eq!(house.job_title(), "Hello");
    let undone = house.post(&undo, &[], &Value::Null).await;
    assert_eq!((undone.status, &undone.body["status"]), (200, &json!("succeeded")), "{}", undone.text);
    assert_eq!(house.job_title(), before);
    let again = house.post(&undo, &[], &Value::Null).await;
    assert_eq!(again.body["findings"][0]["code"], "undone");
    assert_eq!(house.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_taken_back_is_not_done_again_by_its_key() {
    let house = House::new();
    let key = ("idempotency-key", "7");
    let first = house.ask(&[key], &hello()).await;
    house.post(&format!("/api/greet/runs/{}/undo", first.run().run), &[], &Value::Null).await;
    let again = house.ask(&[key], &hello()).await;
    assert_eq!((&again.body["run"], &again.body["changes"]), (&first.body["run"], &first.body["changes"]));
    assert_eq!(again.body["findings"][0]["code"], "undone");
    assert_ne!(house.job_title(), "Hello");
}

#[tokio::test(start_paused = true)]
async fn a_run_under_way_cannot_be_undone() {
    let house = House::slow(Duration::from_secs(8));
    let accepted = house.ask(&[("prefer", "respond-async")], &hello()).await;
    let undo = format!("/api/greet/runs/{}/undo", accepted.run().run);
    for other in [house.another(), house.another()] {
        let here = house.post(&undo, &[], &Value::Null).await;
        assert_eq!((here.status, here.problem()), (409, "under-way"));
        assert!(!here.header("retry-after").is_empty());
        assert_eq!(other.post(&format!("{undo}?whatIf=true"), &[], &Value::Null).await.status, 409);
    }
    house.ended(&accepted.location()).await;
    assert_eq!(house.post(&undo, &[], &Value::Null).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_task_has_actions_of_its_own_and_no_others() {
    let house = House::new();
    let run = house.ask(&[], &hello()).await.run().run;
    let act = |action: &str| format!("/api/greet/runs/{run}/{action}");
    assert_eq!(house.post(&act("repeat"), &[], &Value::Null).await.status, 200);
    assert_eq!(house.post(&act("explode"), &[], &Value::Null).await.problem(), "nothing-here");
    assert_eq!(house.journal.runs().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_died_is_finished_by_whoever_looks() {
    let house = House::slow(Duration::from_secs(8));
    let first = house.ask(&[("prefer", "respond-async")], &json!({"who": ADELE, "words": "Hello"})).await;
    house.ended(&first.location()).await;
    let undo = format!("/api/greet/runs/{}/undo", first.run().run);
    let undoing = house.post(&undo, &[("prefer", "respond-async")], &Value::Null).await;
    // Nobody looks in this process any more; the next one takes it up once the lease is over.
    let other = house.another();
    pass(plan::LEASE * 2).await;
    assert_eq!(other.ended(&undoing.location()).await.status, 200);
    assert_ne!(house.job_title(), "Hello");
}
