//! All layers together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use futures_util::future::join_all;
use graph::auth::FixedToken;
use graph::stack::{TransportError, in_process};
use graph::{Config, Graph, Path, Request};
use tokio::time::Instant;

use crate::mock::{self, Sent, answer, client, read_of, sent, write_of};

#[tokio::test(start_paused = true)]
async fn a_request_is_signed_sent_and_answered() {
    let (wire, log) = mock::graph(Duration::ZERO, |_| answer(200, &[]));
    let response = client(wire).send(read_of("staff")).await.unwrap();
    assert_eq!(response.body["ok"], true);
    let request = &log.all()[0];
    assert_eq!(request.uri(), "https://graph.microsoft.com/v1.0/groups/staff");
    assert_eq!(request.headers()["authorization"], "Bearer not-a-secret");
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_body_has_none() {
    let (wire, _) = mock::graph(Duration::ZERO, |_| answer(204, &[]));
    let client = client(wire);
    let (alone, together) = (
        client.send(write_of("1")).await,
        join_all(["2", "3"].map(|name| client.send(write_of(name)))).await,
    );
    assert!(together.into_iter().chain([alone]).all(|answer| answer.unwrap().body.is_null()));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_requests_issued_together_are_five_envelopes() {
    let (wire, log) = mock::graph(Duration::from_millis(80), |_| answer(200, &[]));
    let client = client(wire);
    let names: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    let answers = join_all(names.iter().map(|name| client.send(read_of(name)))).await;
    assert!(answers.iter().all(Result::is_ok));
    let sizes: Vec<_> = sent(&log).iter().map(|sent| sent.urls().len()).collect();
    assert_eq!(sizes, [20; 5]);
}

#[tokio::test(start_paused = true)]
async fn one_throttled_item_rejoins_the_next_envelope_alone() {
    let (wire, log) = mock::graph(Duration::from_millis(80), {
        let throttled = AtomicBool::new(true);
        move |asked| match asked.url.ends_with("/1") && throttled.swap(false, Relaxed) {
            true => answer(429, &[("Retry-After", "7")]),
            false => answer(200, &[]),
        }
    });
    let client = client(wire);
    let answers = join_all(["0", "1", "2"].map(|name| client.send(write_of(name)))).await;
    assert!(answers.iter().all(Result::is_ok));
    let sent = sent(&log);
    assert_eq!(sent[0].urls().len(), 3);
    assert!(matches!(&sent[1..], [Sent::Alone(asked)] if asked.url == "/groups/1"), "{sent:?}");
    assert_eq!(log.times(), [0, 7_080]);
}

#[tokio::test(start_paused = true)]
async fn every_error_keeps_the_id_that_its_call_was_sent_with() {
    type Answer = fn() -> Result<http::Response<Bytes>, TransportError>;
    let table: [(Answer, Option<&str>); 4] = [
        (|| Err(TransportError::lost("connection reset")), None),
        (|| Err(TransportError::not_sent("no connection")), None),
        (|| Ok(mock::alone(&answer(504, &[("request-id", "r-1")]))), Some("r-1")),
        (|| Ok(mock::alone(&answer(400, &[("request-id", "r-1")]))), Some("r-1")),
    ];
    for (answer, request_id) in table {
        let (wire, log) = mock::service(Duration::ZERO, move |_, _| answer());
        let impatient = client(wire).with_patience(Duration::from_millis(100));
        let error = impatient.send(write_of("staff")).await.unwrap_err();
        let sent = log.all()[0].headers()["client-request-id"].to_str().unwrap().to_owned();
        assert_eq!(error.client_request_id().map(|id| id.to_string()), Some(sent), "{error}");
        assert_eq!(error.request_id(), request_id, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_unknown_and_was_sent_once() {
    let (wire, log) = mock::service(Duration::ZERO, |_, _| Err(TransportError::lost("connection reset")));
    let error = client(wire).send(write_of("staff")).await.unwrap_err();
    assert!(error.is_unknown(), "{error}");
    assert_eq!(log.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_router_in_the_process_can_stand_for_graph() {
    let router = Router::new().route("/v1.0/subscribedSkus", get(|| async { r#"{"value": []}"# }));
    let config = Config::new("http://localhost", Arc::new(FixedToken::new("not-a-secret")));
    let graph = Graph::over(config, in_process(router));
    assert!(graph.all(Request::get(Path::new("/subscribedSkus")), 10).await.unwrap().is_empty());
    assert!(graph.send(Request::get(Path::new("/users"))).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn bulk_work_says_that_it_can_wait() {
    let (wire, log) = mock::graph(Duration::ZERO, |_| answer(200, &[]));
    let client = client(wire);
    client.send(read_of("1")).await.unwrap();
    client.bulk().send(read_of("2")).await.unwrap();
    let told: Vec<_> =
        log.all().iter().map(|request| request.headers().contains_key("x-ms-throttle-priority")).collect();
    assert_eq!(told, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_beyond_the_patience() {
    let (wire, _) = mock::graph(Duration::ZERO, |_| answer(429, &[]));
    let begun = Instant::now();
    let error = client(wire).with_patience(Duration::from_secs(5)).send(read_of("1")).await.unwrap_err();
    assert!(
        error.is_throttled() && begun.elapsed() <= Duration::from_secs(5),
        "{error} {:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_impossible_address_is_not_tried_twice() {
    let (wire, log) = mock::graph(Duration::ZERO, |_| answer(200, &[]));
    let begun = Instant::now();
    let error = client(wire).send(Request::get(Path::new("/not valid"))).await.unwrap_err();
    assert!(!error.is_unreachable() && log.len() == 0 && begun.elapsed().is_zero(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_is_in_beta_alone_goes_there_and_by_itself() {
    let (wire, log) = mock::graph(Duration::ZERO, |_| answer(200, &[]));
    let client = client(wire);
    let beta = Request::get(Path::new("/reports/appCredentialSignInActivities")).beta();
    let answers = join_all([beta, read_of("staff")].map(|request| client.send(request))).await;
    assert!(answers.iter().all(Result::is_ok));
    let mut went: Vec<String> = log.all().iter().map(|request| request.uri().path().to_owned()).collect();
    went.sort();
    assert_eq!(went, ["/beta/reports/appCredentialSignInActivities", "/v1.0/groups/staff"]);
}

#[tokio::test(start_paused = true)]
async fn what_amends_a_list_is_not_sent_in_order_with_others() {
    let (wire, log) = mock::graph(Duration::ZERO, |_| answer(200, &[]));
    let amends = Request::patch(Path::new("/applications/a")).without_item("keyCredentials", "keyId", "1");
    let answers = client(wire).send_in_order(&[write_of("staff")], &[amends]).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|error| !error.is_unknown())));
    assert_eq!(log.len(), 0);
}
