//! What is told of a call, and what is not.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use graph::auth::{Audience, AuthError, Issuer, Timing, Token, Tokens};
use graph::stack::Trace;
use graph::{Call, Error, Path, Request};
use serde_json::json;
use tower::ServiceExt;

use crate::captured::captured;
use crate::mock::{self, answer, client, reading};

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
