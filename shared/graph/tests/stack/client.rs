//! All layers together.

use std::time::Duration;

use futures_util::future::join_all;
use graph::stack::TransportError;

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
        let throttled = std::sync::atomic::AtomicBool::new(true);
        move |asked| match asked.url.ends_with("/1")
            && throttled.swap(false, std::sync::atomic::Ordering::Relaxed)
        {
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
async fn a_write_whose_answer_is_lost_is_unknown_and_was_sent_once() {
    let (wire, log) = mock::service(Duration::ZERO, |_, _| Err(TransportError::lost("connection reset")));
    let error = client(wire).send(write_of("staff")).await.unwrap_err();
    assert!(error.is_unknown(), "{error}");
    assert_eq!(log.len(), 1);
}
