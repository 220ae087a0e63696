//! What is told of a call, and what is not.

use std::cell::RefCell;
use std::io::Write;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use graph::auth::{Audience, AuthError, Issuer, Timing, Token, Tokens};
use graph::stack::Trace;
use graph::{Call, Error, Path, Request};
use serde_json::{Value, json};
use tower::ServiceExt;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;

use crate::mock::{self, answer, client, reading};

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static NAMES: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the names of events, which lines do not tell.
struct Names;

impl<S: Subscriber> Layer<S> for Names {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        NAMES.with_borrow_mut(|names| names.push(event.metadata().name()));
    }
}

/// Keeps what is told apart by thread, since each test has its own. One subscriber serves them all: `tracing` remembers
/// for each place in the code whether anybody listens, and would take one thread's word for all.
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The events of this crate that are told while `work` runs, each with its name.
pub(crate) async fn captured(work: impl Future<Output = ()>) -> Vec<Value> {
    let lines = tracing_subscriber::fmt::layer().json().with_writer(|| Lines);
    let subscriber = tracing_subscriber::registry().with(lines).with(Names);
    // An error says that another test was first.
    let _ = subscriber.try_init();
    LINES.take();
    NAMES.take();
    work.await;
    let text = String::from_utf8(LINES.take()).unwrap();
    let events = text.lines().zip(NAMES.take()).map(|(line, name)| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        event["name"] = name.into();
        event
    });
    events
        .filter(|event| event["target"].as_str().is_some_and(|target| target.starts_with("graph::")))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_is_one_event_however_often_it_was_tried() {
    let events = captured(async {
        let (wire, log) = mock::service(Duration::from_millis(80), |_, place| {
            Ok(mock::alone(&match place {
                0 => answer(429, &[("retry-after", "7")]),
                _ => answer(200, &[("request-id", "r-1")]),
            }))
        });
        client(wire).send(Request::get(Path::new("/subscribedSkus"))).await.unwrap();
        assert_eq!(log.len(), 2);
    })
    .await;
    let calls: Vec<_> = events.iter().filter(|event| event["name"] == "graph.call").collect();
    let [call] = calls[..] else { panic!("{events:?}") };
    assert_eq!(call["level"], "DEBUG");
    assert_eq!(
        call["fields"],
        json!({"message": "call ended", "outcome": "done", "status": 200, "attempts": 2, "wait_ms": 7000,
               "elapsed_ms": 7160, "graph_request_id": "r-1"})
    );
    assert_eq!((&call["span"]["method"], &call["span"]["route"]), (&json!("GET"), &json!("/subscribedSkus")));
    assert_eq!(call["span"]["client_request_id"].as_str().map(str::len), Some(36));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_named() {
    let events = captured(async {
        let (wire, _) = mock::graph(Duration::ZERO, |_| answer(400, &[]));
        let path = Path::user(&"AdeleV@contoso.com".parse().unwrap());
        let request = Request::patch(path).filter("mail eq 'AdeleV'").body(json!({"displayName": "AdeleV"}));
        client(wire).send(request).await.unwrap_err();
    })
    .await;
    let text = serde_json::to_string(&events).unwrap();
    assert!(text.contains("/users/{key}") && text.contains("refused"), "{text}");
    assert!(!text.contains("AdeleV") && !text.contains("not-a-secret"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn the_outcome_is_told_also_where_there_is_no_answer() {
    type Failure = fn() -> Error;
    let table: [(Failure, &str); 3] = [
        (|| Error::unknown("lost", None), "unknown"),
        (|| Error::unreachable("away", None), "unreachable"),
        (|| Error::failed("no token", None), "failed"),
    ];
    for (failure, outcome) in table {
        let events = captured(async move {
            let (below, _) = mock::calls(move |_, _| Err(failure()));
            let call: Call = reading("1");
            Trace::over(below).oneshot(call).await.unwrap_err();
        })
        .await;
        assert_eq!(events[0]["fields"]["outcome"], outcome);
        assert!(events[0]["fields"]["status"].is_null());
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_could_not_be_had_is_told_once_under_its_name() {
    struct Broken;
    impl Issuer for Broken {
        fn issue<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
            std::future::ready(Err(AuthError::failed("no identity"))).boxed()
        }
    }
    let events = captured(async {
        let tokens = Tokens::new(Broken, Timing::default());
        futures_util::future::join_all((0..3).map(|_| tokens.bearer(&Audience::Graph))).await;
    })
    .await;
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((&event["name"], &event["level"]), (&json!("token.failed"), &json!("WARN")));
    assert_eq!(event["fields"]["error"], "no identity");
}
