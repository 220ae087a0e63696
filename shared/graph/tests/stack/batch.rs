//! What goes together, what it looks like on the wire, and who is told what.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::poll;
use graph::stack::{AT_ONCE, Batch, PER_ENVELOPE, TransportError};
use graph::{Call, Error, Path, Priority, Request, Response};
use serde_json::json;
use tokio::time::Instant;
use tower::{Service, ServiceExt};

use crate::mock::{self, Http, Log, ROOT, Sent, answer, reading, sent, writing};

const A_WHILE: Duration = Duration::from_millis(80);

fn batch(
    below: impl mock::Below<Http, http::Response<Bytes>, TransportError>,
) -> impl Service<Call, Response = Response, Error = Error, Future: Send> + Clone {
    Batch::over(below, ROOT)
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

fn sizes(log: &Log<Http>) -> Vec<usize> {
    sent(log).iter().map(|sent| sent.urls().len()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_lone_call_is_not_wrapped_and_waits_for_nobody() {
    let (below, log) = mock::graph(Duration::ZERO, |_| answer(200, &[]));
    let call = writing("staff");
    batch(below).oneshot(call.clone()).await.unwrap();
    let [Sent::Alone(asked)] = &sent(&log)[..] else { panic!("{:?}", sent(&log)) };
    assert_eq!((asked.method.as_str(), asked.url.as_str()), ("PATCH", "/groups/staff"));
    assert_eq!(asked.body, json!({"description": "x"}));
    assert_eq!(
        asked.headers,
        json!({"accept": "application/json", "client-request-id": call.id.to_string(), "content-type": "application/json"})
    );
    assert_eq!(log.times(), [0]);
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_asked_together_share_an_envelope() {
    let (below, log) = mock::graph(Duration::ZERO, |_| answer(200, &[]));
    let batch = batch(below);
    let count = Call::new(Request::get(Path::new("/users")).advanced());
    let action = Call {
        priority: Priority::Bulk,
        ..Call::new(Request::post(Path::new("/users/1/revokeSignInSessions")))
    };
    let ids = [count.id, action.id].map(|id| id.to_string());
    let answers = join_all([count, action].map(|call| batch.clone().oneshot(call))).await;
    assert!(answers.iter().all(Result::is_ok));
    let [Sent::Together(items)] = &sent(&log)[..] else { panic!("{:?}", sent(&log)) };
    assert_eq!((items[0].method.as_str(), items[0].url.as_str()), ("GET", "/users?$count=true"));
    assert_eq!(items[0].headers, json!({"client-request-id": ids[0], "ConsistencyLevel": "eventual"}));
    assert!(items[0].body.is_null());
    assert_eq!(items[1].body, json!({}), "an action without parameters");
    assert_eq!(
        items[1].headers,
        json!({"client-request-id": ids[1], "Content-Type": "application/json", "x-ms-throttle-priority": "Low"})
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn calls_of_different_tasks_share_an_envelope() {
    let (below, log) = mock::graph(Duration::ZERO, |_| answer(200, &[]));
    let batch = Batch::over(below, ROOT);
    let tasks = async move {
        let task = |name: String| tokio::spawn(batch.clone().oneshot(reading(&name)));
        join_all(names(10).into_iter().map(task).collect::<Vec<_>>()).await
    };
    let answers = tokio::spawn(tasks).await.unwrap();
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(Result::is_ok)));
    assert_eq!(sizes(&log), [10]);
}

#[tokio::test(start_paused = true)]
async fn each_caller_gets_its_own_answer_in_whatever_order_they_come() {
    let (below, _) = mock::graph(Duration::ZERO, |asked| Response {
        body: json!({"url": asked.url}),
        ..answer(if asked.url.ends_with("/3") { 404 } else { 200 }, &[("x-ms-resource-unit", "2")])
    });
    let batch = batch(below);
    let answers = join_all(names(7).iter().map(|name| batch.clone().oneshot(reading(name)))).await;
    for (name, answer) in names(7).iter().zip(answers) {
        let answer = answer.unwrap();
        assert_eq!(answer.body["url"], format!("/groups/{name}"));
        assert_eq!(answer.status, if name == "3" { 404 } else { 200 });
        assert_eq!(answer.resource_units(), Some(2.0));
    }
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_an_envelope_becomes_of_each_item() {
    type Answer = fn() -> Result<http::Response<Bytes>, TransportError>;
    fn told(answer: &Result<Response, Error>) -> String {
        match answer {
            Ok(response) => format!("{} after {:?}", response.status, response.retry_after()),
            Err(error) if error.is_unknown() => "unknown".to_owned(),
            Err(error) if error.is_unreachable() => "unreachable".to_owned(),
            Err(error) => error.to_string(),
        }
    }
    let table: [(Answer, &str, &str); 8] = [
        (|| Err(TransportError::not_sent("refused")), "unreachable", "unreachable"),
        (|| Err(TransportError::lost("reset")), "unreachable", "unknown"),
        (
            || Err(TransportError::NoToken(graph::auth::AuthError::failed("no identity"))),
            "no token for Microsoft Graph",
            "no token for Microsoft Graph",
        ),
        (
            || Ok(mock::alone(&answer(429, &[("retry-after", "3")]))),
            "429 after Some(3s)",
            "429 after Some(3s)",
        ),
        (|| Ok(mock::alone(&answer(503, &[]))), "503 after None", "503 after None"),
        (|| Ok(mock::alone(&answer(504, &[]))), "504 after None", "504 after None"),
        (|| Ok(mock::envelope(std::iter::empty())), "unreachable", "unknown"),
        (|| Ok(http::Response::new(Bytes::from("<h1>oops</h1>"))), "unreachable", "unknown"),
    ];
    for (answer, read, write) in table {
        let (below, _) = mock::service(Duration::ZERO, move |_: &Http, _| answer());
        let batch = batch(below);
        let answers = join_all([reading("1"), writing("1")].map(|call| batch.clone().oneshot(call))).await;
        assert_eq!(answers.iter().map(told).collect::<Vec<_>>(), [read, write]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_envelope_has_an_id_of_its_own_and_its_answers_id_is_kept_for_what_is_missing() {
    let (below, log) = mock::service(Duration::ZERO, |_: &Http, _| {
        let mut answer = mock::envelope(std::iter::empty());
        answer.headers_mut().insert("request-id", http::HeaderValue::from_static("r-1"));
        Ok(answer)
    });
    let (batch, calls) = (batch(below), [writing("1"), writing("2")]);
    let answers = join_all(calls.clone().map(|call| batch.clone().oneshot(call))).await;
    for answer in answers {
        assert_eq!(answer.unwrap_err().request_id(), Some("r-1"));
    }
    let id = log.all()[0].headers()["client-request-id"].to_str().unwrap().to_owned();
    assert!(id.len() == 36 && calls.iter().all(|call| call.id.to_string() != id), "{id}");
}

#[tokio::test(start_paused = true)]
async fn an_odd_item_is_unknown_and_the_others_are_not() {
    let table = [
        (json!({"id": "0", "status": 204, "headers": null}), "204"),
        (json!({"id": "0", "status": 204, "headers": ["x"]}), "204"),
        (json!({"id": "0", "status": 429, "headers": {"Retry-After": 7, "X": {}}}), "429"),
        (json!({"id": "0"}), "unknown"),
        (json!({"id": "0", "status": "204"}), "unknown"),
        (json!({"id": null, "status": 204}), "unknown"),
        (json!("?"), "unknown"),
    ];
    for (odd, told) in table {
        let body = json!({"responses": [odd, {"id": "1", "status": 204}]}).to_string();
        let (below, _) = mock::service(Duration::ZERO, move |_: &Http, _| {
            Ok(http::Response::new(Bytes::from(body.clone())))
        });
        let batch = batch(below);
        let answers = join_all(["0", "1"].map(|name| batch.clone().oneshot(writing(name)))).await;
        let [first, second] = &answers[..] else { panic!("{answers:?}") };
        match first {
            Ok(answer) => {
                assert_eq!(answer.status.to_string(), told, "{odd}");
                let asked = (answer.status == 429).then_some(Duration::from_secs(7));
                assert_eq!(answer.retry_after(), asked, "{odd}");
            }
            Err(error) => assert!(error.is_unknown() && told == "unknown", "{odd}: {error}"),
        }
        assert_eq!(second.as_ref().unwrap().status, 204, "{odd}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_items_of_an_envelope_that_graph_cannot_read_go_alone_once() {
    let (below, log) = mock::service(Duration::ZERO, |request: &Http, _| {
        Ok(mock::alone(&match mock::read(request) {
            Sent::Alone(asked) if asked.url.ends_with("/odd") => answer(400, &[("request-id", "odd")]),
            Sent::Alone(_) => answer(204, &[]),
            Sent::Together(_) => answer(400, &[("request-id", "whole")]),
        }))
    });
    let batch = batch(below);
    let answers = join_all(["1", "odd", "3"].map(|name| batch.clone().oneshot(writing(name)))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [204, 400, 204]);
    assert_eq!(answers[1].request_id(), Some("odd"));
    assert_eq!(sizes(&log), [3, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn while_all_slots_are_out_the_queue_gathers() {
    let (below, log) = mock::graph(A_WHILE, |_| answer(200, &[]));
    let batch = batch(below);
    let (first, later) = (names(AT_ONCE), names(30));
    let one_by_one = first.iter().enumerate().map(|(n, name)| {
        let batch = batch.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(n as u64)).await;
            batch.oneshot(reading(name)).await
        }
    });
    let crowd = later.iter().map(|name| {
        let batch = batch.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            batch.oneshot(reading(name)).await
        }
    });
    let (early, late) = futures_util::join!(join_all(one_by_one), join_all(crowd));
    assert!(early.iter().chain(&late).all(Result::is_ok));
    assert_eq!(sizes(&log), [1, 1, 1, 1, 20, 10]);
    assert_eq!(log.times(), [0, 1, 2, 3, 80, 81]);
}

/// Takes all slots for [`A_WHILE`], with calls that nobody waits for to the end.
async fn occupy<S>(batch: &S)
where
    S: Service<Call, Response = Response, Error = Error, Future: Send> + Clone + Send + 'static,
{
    for _ in 0..AT_ONCE {
        tokio::spawn(batch.clone().oneshot(reading("busy")));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn interactive_calls_go_before_bulk() {
    let (below, log) = mock::graph(A_WHILE, |_| answer(200, &[]));
    let batch = Batch::over(below, ROOT);
    occupy(&batch).await;
    let bulk = names(25).into_iter().map(|name| Call { priority: Priority::Bulk, ..reading(&name) });
    let calls = bulk.chain([reading("urgent")]);
    let answers = join_all(calls.map(|call| batch.clone().oneshot(call))).await;
    assert!(answers.iter().all(Result::is_ok));
    let next = sent(&log)[AT_ONCE].urls();
    assert_eq!((next.len(), next[0].as_str(), next[1].as_str()), (20, "/groups/urgent", "/groups/0"));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_caller_went_away_is_not_sent() {
    let (below, log) = mock::graph(A_WHILE, |_| answer(200, &[]));
    let batch = Batch::over(below, ROOT);
    occupy(&batch).await;
    let mut gone = Box::pin(batch.clone().oneshot(writing("gone")));
    assert!(poll!(&mut gone).is_pending());
    drop(gone);
    batch.oneshot(writing("stays")).await.unwrap();
    assert_eq!(sent(&log)[AT_ONCE..].iter().flat_map(Sent::urls).collect::<Vec<_>>(), ["/groups/stays"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_panics_below_gives_its_slot_back() {
    let panics = AtomicUsize::new(0);
    let (below, _) = mock::service(Duration::ZERO, move |_: &Http, _| {
        assert!(panics.fetch_add(1, Relaxed) >= AT_ONCE, "the wire is broken");
        Ok(mock::alone(&answer(200, &[])))
    });
    let batch = batch(below);
    for _ in 0..AT_ONCE {
        assert!(batch.clone().oneshot(writing("1")).await.unwrap_err().is_unknown());
    }
    assert_eq!(batch.oneshot(writing("1")).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_panic_below_does_not_strand_those_who_wait() {
    let (below, log) = mock::service(A_WHILE, |_: &Http, place| {
        assert!(place >= AT_ONCE, "the wire is broken");
        Ok(mock::alone(&answer(200, &[])))
    });
    let batch = Batch::over(below, ROOT);
    occupy(&batch).await;
    assert_eq!(batch.oneshot(writing("1")).await.unwrap().status, 200);
    assert_eq!(log.times()[AT_ONCE], 80);
}

#[tokio::test(start_paused = true)]
async fn who_waits_longer_than_its_patience_is_not_sent_and_told_in_time() {
    let (below, log) = mock::graph(Duration::from_secs(25), |_| answer(200, &[]));
    let (batch, begun) = (Batch::over(below, ROOT), Instant::now());
    let crowd = (0..400).map(|n| {
        let call = Call { patience: Duration::from_secs(10), ..writing(&n.to_string()) };
        let asked = batch.clone().oneshot(call);
        async move { (asked.await, begun.elapsed().as_secs()) }
    });
    let answers = join_all(crowd).await;
    let sent = AT_ONCE * PER_ENVELOPE;
    assert_eq!(log.times(), [0; AT_ONCE]);
    assert!(answers[..sent].iter().all(|(answer, at)| answer.is_ok() && *at == 25), "not cut short");
    let not_sent = |(answer, at): &(Result<Response, Error>, u64)| {
        answer.as_ref().is_err_and(|error| error.is_unreachable() && !error.is_unknown()) && *at == 10
    };
    assert!(answers[sent..].iter().all(not_sent), "{:?}", answers[sent]);
}

#[expect(dead_code, reason = "fails to compile if a batch could not be sent to another thread")]
fn futures_are_send(batch: Batch<graph::stack::Wire>) -> impl Future + Send {
    batch.oneshot(reading("1"))
}
