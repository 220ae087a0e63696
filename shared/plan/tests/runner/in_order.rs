//! Changes that come after others and yet travel with them.

use plan::{Approval, Status};
use serde_json::{Value, json};

use crate::service::{Service, job, run, statuses};

const STAGE: &[&[&str]] = &[&["in order", "a", "b", "c"]];

async fn become_of(service: &Service, stages: &[&[&str]]) -> Vec<Status> {
    statuses(&run(&service.runner(json!({})), &job(stages), &Approval::None).await.1.unwrap())
}

fn no() -> Value {
    json!({"error": {"code": "Request_BadRequest", "message": "no"}})
}

#[tokio::test(start_paused = true)]
async fn they_are_sent_once_and_in_one_round_trip() {
    let service = Service::default();
    assert_eq!(become_of(&service, STAGE).await, [Status::Done; 3]);
    assert_eq!(service.asked(), ["POST /groups/a", "POST /groups/b", "POST /groups/c"]);
    assert_eq!(
        service.envelopes(),
        [json!([null, null, ["1"]])],
        "the last comes after the last of the others"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_failure_held_up_is_sent_by_itself_once_the_others_are_settled() {
    for (failed, expected) in [("POST /groups/b", Status::Refused), ("POST /groups/a", Status::Done)] {
        let service = Service::answering([(failed, 400, no())]);
        let [a, b, c] = become_of(&service, STAGE).await[..] else { panic!("three changes") };
        assert_eq!((b, c), (expected, Status::Done), "{failed} {a:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_told_to_wait_is_sent_by_itself_and_what_is_refused_is_not() {
    let service = Service::answering([("POST /groups/b", 400, no())]);
    become_of(&service, STAGE).await;
    let asked = service.asked();
    assert_eq!(asked.iter().filter(|line| line.ends_with("/b")).count(), 1, "{asked:?}");
    let busy = Service::busy("POST /groups/b");
    assert_eq!(become_of(&busy, STAGE).await, [Status::Done; 3]);
    assert_eq!(busy.asked().last().unwrap(), "POST /groups/c");
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_is_settled_by_reading() {
    let service = Service::answering([("POST /groups/b", 0, Value::Null)]);
    assert_eq!(become_of(&service, STAGE).await, [Status::Done; 3]);
    for name in ["a", "b", "c"] {
        assert!(service.asked().contains(&format!("GET /groups/{name}")), "{:?}", service.asked());
    }
}

#[tokio::test(start_paused = true)]
async fn those_that_do_not_fit_in_go_beside_them() {
    let service = Service::default();
    let names: Vec<String> = (0..24).map(|n| format!("g{n}")).collect();
    let stage: Vec<&str> = ["in order"].into_iter().chain(names.iter().map(String::as_str)).collect();
    assert_eq!(become_of(&service, &[&stage]).await, [Status::Done; 24]);
    assert_eq!(service.envelopes()[0].as_array().unwrap().len(), 20);
    assert_eq!(service.asked().len(), 24);
}
