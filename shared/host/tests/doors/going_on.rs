//! Runs that go on by themselves, since a service has not finished yet what the rest stands on.

use jiff::SignedDuration;
use serde_json::json;

use crate::house::{ADELE, House, Reply, pass};

async fn slowly(house: &House) -> Reply {
    let reply = house
        .ask(&[("idempotency-key", "7")], &json!({"who": ADELE, "words": "Hello", "slowly": true}))
        .await;
    assert_eq!((reply.status, &reply.body["status"]), (202, &json!("goesOn")), "{}", reply.text);
    assert_eq!(reply.body["changes"][0]["status"], "done");
    reply
}

#[tokio::test(start_paused = true)]
async fn the_caller_is_told_what_was_done_so_far_and_where_to_look() {
    let house = House::new();
    let reply = slowly(&house).await;
    assert_eq!((reply.header("retry-after"), reply.body["goesOn"].is_string()), ("30", true));
    let looked = house.get(&reply.location()).await;
    assert_eq!((looked.status, &looked.body), (202, &reply.body));
    assert_eq!(house.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_when_its_time_has_come_makes_it_go_on() {
    let house = House::new();
    let location = slowly(&house).await.location();
    pass(SignedDuration::from_mins(2)).await;
    assert_eq!(house.another().get(&location).await.body["status"], "running");
    let ended = house.ended(&location).await;
    assert_eq!((ended.status, &ended.body["goesOn"]), (200, &json!(null)), "{}", ended.text);
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_for_it_again_makes_it_go_on_too() {
    let house = House::new();
    slowly(&house).await;
    let request = json!({"who": ADELE, "words": "Hello", "slowly": true});
    let again = house.ask(&[("idempotency-key", "7")], &request).await;
    assert_eq!(again.status, 202, "not yet: {}", again.text);
    pass(SignedDuration::from_mins(2)).await;
    assert_eq!(house.ask(&[("idempotency-key", "7")], &request).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn nobody_has_to_look() {
    let house = House::new();
    let location = slowly(&house).await.location();
    pass(SignedDuration::from_mins(2)).await;
    assert_eq!(house.tick().await.succeeded, 1);
    assert_eq!(house.get(&location).await.status, 200);
    assert!(house.journal.marks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_taken_back_goes_on_no_more() {
    let house = House::new();
    let location = slowly(&house).await.location();
    let path = location.split_once("/api").map_or(location.as_str(), |(_, path)| path);
    let undone = house.post(&format!("/api{path}/undo"), &[], &json!({})).await;
    assert_eq!(undone.body["status"], "succeeded", "{}", undone.text);
    for minutes in [0, 2] {
        pass(SignedDuration::from_mins(minutes)).await;
        assert_eq!(house.get(&location).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_says_so_and_is_no_run() {
    let house = House::new();
    let request = json!({"who": ADELE, "words": "Hello", "slowly": true});
    let reply = house.post("/api/greet?whatIf=true", &[], &request).await;
    assert_eq!((reply.status, reply.body["goesOn"].is_string()), (200, true), "{}", reply.text);
}
