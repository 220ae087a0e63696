//! Several things in one round trip and yet in order.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join, join_all};
use graph::auth::{Audience, AuthError, Token, TokenSource};
use graph::stack::{TransportError, Wire};
use graph::{Config, Error, Graph, Path, Request, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::captured::captured;
use crate::mock::{self, ENDPOINT, Http, answer, client, read_of, sent, write_of};

type Answers = Vec<Result<Response, Error>>;

/// What an answer comes to, in a word.
fn told(answers: &Answers) -> Vec<String> {
    let word = |answer: &Result<Response, Error>| match answer {
        Ok(response) => response.status.to_string(),
        Err(error) if error.is_unknown() => "unknown".to_owned(),
        Err(error) if error.is_unreachable() => "unreachable".to_owned(),
        Err(error) => error.status().map_or_else(|| error.to_string(), |status| status.to_string()),
    };
    answers.iter().map(word).collect()
}

fn items(request: &Http) -> Vec<Value> {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    body["requests"].as_array().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn the_latter_depend_on_the_last_of_the_former() {
    let (wire, log) =
        mock::graph(Duration::ZERO, |asked| answer(if asked.url.ends_with("/c") { 404 } else { 204 }, &[]));
    let (first, last) = (["a", "b"].map(write_of), ["c", "d"].map(write_of));
    let answers = client(wire).send_in_order(&first, &last).await;
    assert_eq!(told(&answers), ["204", "204", "404", "204"]);
    let [request] = &log.all()[..] else { panic!("{:?}", sent(&log)) };
    let depends_on: Vec<Value> = items(request).iter().map(|item| item["dependsOn"].clone()).collect();
    assert_eq!(depends_on, [Value::Null, Value::Null, json!(["1"]), json!(["1"])]);
    let ids: Vec<Value> =
        items(request).iter().map(|item| item["headers"]["client-request-id"].clone()).collect();
    assert_eq!(
        answers[2].as_ref().unwrap_err().client_request_id().map(|id| json!(id)),
        Some(ids[2].clone())
    );
}

#[tokio::test(start_paused = true)]
async fn where_nothing_goes_first_nothing_waits() {
    let (wire, log) = mock::graph(Duration::ZERO, |_| answer(204, &[]));
    let client = client(wire);
    assert_eq!(told(&client.send_in_order(&[], &["a", "b"].map(write_of)).await), ["204", "204"]);
    assert!(items(&log.all()[0]).iter().all(|item| item["dependsOn"].is_null()));
    assert!(client.send_in_order(&[], &[]).await.is_empty());
    assert_eq!(log.len(), 1, "nothing is no round trip");
}

#[tokio::test(start_paused = true)]
async fn each_answer_is_its_own_and_says_whether_it_may_be_asked_again() {
    let table = [
        (204, None),
        (400, Some(false)),
        (409, Some(true)),
        (403, Some(false)),
        (424, Some(true)),
        (429, Some(true)),
        (503, Some(true)),
    ];
    for (status, is_repeatable) in table {
        let (wire, log) = mock::graph(Duration::ZERO, move |asked| {
            answer(if asked.url.ends_with("/b") { status } else { 204 }, &[("retry-after", "1")])
        });
        let answers = client(wire).send_in_order(&[write_of("a")], &[write_of("b")]).await;
        assert_eq!(told(&answers), ["204".to_owned(), status.to_string()]);
        assert_eq!(answers[1].as_ref().err().map(Error::is_repeatable), is_repeatable, "{status}");
        assert_eq!(log.len(), 1, "nothing is repeated in it");
    }
}

#[tokio::test(start_paused = true)]
async fn an_envelope_is_repeated_only_if_it_was_certainly_not_done() {
    type First = fn() -> Result<http::Response<Bytes>, TransportError>;
    fn status(status: u16) -> Result<http::Response<Bytes>, TransportError> {
        Ok(mock::alone(&answer(status, &[])))
    }
    // What comes first, what a write and a read in it come to, and how often they are sent.
    let table: [(&str, First, [&str; 2], usize); 6] = [
        ("429", || status(429), ["204", "204"], 2),
        ("503", || status(503), ["204", "204"], 2),
        ("not sent", || Err(TransportError::not_sent("no connection")), ["204", "204"], 2),
        ("lost", || Err(TransportError::lost("reset")), ["unknown", "unreachable"], 1),
        ("504", || status(504), ["unknown", "unreachable"], 1),
        ("400", || status(400), ["400", "400"], 1),
    ];
    for (name, first, outcome, times) in table {
        let (wire, log) = mock::service(Duration::ZERO, move |request: &Http, place| match place {
            0 => first(),
            _ => Ok(mock::envelope(items(request).iter().map(|_| answer(204, &[])))),
        });
        let answers = client(wire).send_in_order(&[write_of("a")], &[read_of("b")]).await;
        assert_eq!((told(&answers), log.len()), (outcome.map(str::to_owned).to_vec(), times), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_missing_leaves_a_write_unknown() {
    let (wire, _) =
        mock::service(Duration::ZERO, |_: &Http, _| Ok(mock::envelope(std::iter::once(answer(204, &[])))));
    let answers = client(wire).send_in_order(&[write_of("a")], &[write_of("b"), read_of("c")]).await;
    assert_eq!(told(&answers), ["204", "unknown", "unreachable"]);
}

#[tokio::test(start_paused = true)]
async fn more_than_an_envelope_takes_is_not_sent() {
    let (wire, log) = mock::graph(Duration::ZERO, |_| answer(204, &[]));
    let client = client(wire);
    let many: Vec<Request> = (0..20).map(|n| write_of(&n.to_string())).collect();
    assert_eq!(client.send_in_order(&[], &many).await.len(), 20);
    let answers = client.send_in_order(&[write_of("a")], &many).await;
    assert!(answers.len() == 21 && answers.iter().all(Result::is_err), "{answers:?}");
    assert!(
        answers[0]
            .as_ref()
            .is_err_and(|error| !error.is_unknown() && error.to_string().contains("at most 20"))
    );
    assert_eq!(log.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn it_shares_no_envelope_with_others() {
    let (wire, log) = mock::graph(Duration::ZERO, |_| answer(204, &[]));
    let client = client(wire);
    let (first, last) = ([write_of("a")], [write_of("b")]);
    let others = join_all(["1", "2"].map(|name| client.send(write_of(name))));
    join(client.send_in_order(&first, &last), others).await;
    let mut together: Vec<_> = sent(&log).iter().map(mock::Sent::urls).collect();
    together.sort_unstable();
    assert_eq!(together, [["/groups/1", "/groups/2"], ["/groups/a", "/groups/b"]]);
}

#[tokio::test(start_paused = true)]
async fn the_gate_counts_every_write_in_it() {
    let (wire, log) = mock::graph(Duration::ZERO, |_| answer(204, &[]));
    let client = client(wire).with_patience(Duration::from_secs(600));
    let many: Vec<Request> = (0..20).map(|n| write_of(&n.to_string())).collect();
    let begun = Instant::now();
    // A burst is 350 resource units; 1,200 writes at once, then 8 a second.
    join_all((0..70).map(|_| client.send_in_order(&[], &many))).await;
    assert_eq!(log.len(), 70);
    let least = Duration::from_secs((70 * 20 - 1_200) / 8);
    assert!(begun.elapsed() >= least && begun.elapsed() < least * 2, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_password_is_made_anew_for_each_attempt() {
    let (wire, log) = mock::service(Duration::ZERO, |request: &Http, place| {
        Ok(match place {
            0 => mock::alone(&answer(503, &[])),
            _ => mock::envelope(items(request).iter().map(|_| answer(204, &[]))),
        })
    });
    let block = Request::patch(Path::new("/users/1")).body(json!({"accountEnabled": false}));
    let reset = Request::patch(Path::new("/users/1")).with_fresh_password();
    let answers = client(wire).send_in_order(&[block], &[reset]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let passwords: Vec<Value> = log
        .all()
        .iter()
        .map(|request| items(request)[1]["body"]["passwordProfile"]["password"].clone())
        .collect();
    assert!(passwords.len() == 2 && passwords[0].is_string() && passwords[0] != passwords[1]);
}

#[tokio::test(start_paused = true)]
async fn it_is_one_event_like_any_call() {
    let events = captured(async {
        let (wire, _) = mock::graph(Duration::ZERO, |_| answer(204, &[]));
        client(wire).send_in_order(&[write_of("AdeleV@contoso.com")], &[write_of("b")]).await;
    })
    .await;
    let [call] = &events[..] else { panic!("{events:?}") };
    assert_eq!((&call["name"], &call["span"]["route"]), (&json!("graph.call"), &json!("/$batch")));
    assert_eq!(call["fields"]["outcome"], "done");
    assert!(!call.to_string().contains("AdeleV"), "{call}");
}

/// Numbers its tokens; a refused one is replaced.
#[derive(Default)]
struct Source(Mutex<u32>);

impl TokenSource for Source {
    fn bearer<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        let text = format!("token-{}", self.0.lock().unwrap());
        let token = Token::new(text, SystemTime::now() + Duration::from_secs(3600));
        std::future::ready(Ok(token)).boxed()
    }

    fn refused(&self, _: &Audience, _: &Token) {
        *self.0.lock().unwrap() += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_refused_inside_it_is_not_used_again() {
    let (wire, log) =
        mock::graph(Duration::ZERO, |asked| answer(if asked.url.ends_with("/a") { 401 } else { 424 }, &[]));
    let graph = Graph::over(Config::new(ENDPOINT, Arc::new(Source::default())), Wire::new(wire));
    for _ in 0..2 {
        let answers = graph.send_in_order(&[write_of("a")], &[write_of("b")]).await;
        assert_eq!(told(&answers), ["401", "424"]);
    }
    let tokens: Vec<_> = log.all().iter().map(|request| request.headers()["authorization"].clone()).collect();
    assert_eq!(tokens, ["Bearer token-0", "Bearer token-1"]);
}
