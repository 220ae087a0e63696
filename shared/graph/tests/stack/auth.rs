//! A token on everything, and one fresh one after a 401.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::future::join_all;
use graph::Error;
use graph::auth::{Audience, AuthError, Token, TokenSource};
use graph::stack::{Auth, Batch, TransportError};
use tower::ServiceExt;

use crate::mock::{self, Http, Sent, answer};

/// Numbers its tokens; a refused one is replaced, unless the source is `stubborn`.
#[derive(Default)]
struct Source {
    held: Mutex<Option<Token>>,
    issued: Mutex<u32>,
    stubborn: bool,
    broken: bool,
}

impl TokenSource for Source {
    fn bearer<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        assert_eq!(*audience, Audience::Graph);
        if self.broken {
            return std::future::ready(Err(AuthError::failed("no identity"))).boxed();
        }
        let next = || {
            let mut issued = self.issued.lock().unwrap();
            *issued += 1;
            Token::new(format!("token-{issued}"), SystemTime::now() + Duration::from_secs(3600))
        };
        let token = self.held.lock().unwrap().get_or_insert_with(next).clone();
        std::future::ready(Ok(token)).boxed()
    }

    fn refused(&self, _: &Audience, token: &Token) {
        let mut held = self.held.lock().unwrap();
        if !self.stubborn && held.as_ref().is_some_and(|held| held.is_same_as(token)) {
            *held = None;
        }
    }
}

async fn ask(source: Source, statuses: &'static [u16]) -> (Result<u16, TransportError>, Vec<String>) {
    let (below, log) = mock::service(Duration::ZERO, |_: &Http, place| {
        Ok(http::Response::builder().status(statuses[place]).body(Bytes::new()).unwrap())
    });
    let request =
        http::Request::post("https://graph.microsoft.com/v1.0/users").body(Bytes::from("{}")).unwrap();
    let answer = Auth::over(below, Arc::new(source)).oneshot(request).await;
    let token = |request: Http| {
        assert_eq!(request.body(), "{}");
        assert!(request.headers()["authorization"].is_sensitive());
        request.headers()["authorization"].to_str().unwrap().to_owned()
    };
    (answer.map(|answer| answer.status().as_u16()), log.all().into_iter().map(token).collect())
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let table: [(&[u16], u16, &[&str]); 4] = [
        (&[200], 200, &["Bearer token-1"]),
        (&[403], 403, &["Bearer token-1"]),
        (&[401, 200], 200, &["Bearer token-1", "Bearer token-2"]),
        (&[401, 401], 401, &["Bearer token-1", "Bearer token-2"]),
    ];
    for (statuses, status, tokens) in table {
        let (answer, sent) = ask(Source::default(), statuses).await;
        assert_eq!(
            (answer.unwrap(), &sent.iter().map(String::as_str).collect::<Vec<_>>()[..]),
            (status, tokens),
            "{statuses:?}"
        );
    }
}

#[tokio::test]
async fn the_same_token_is_not_tried_twice() {
    let (answer, sent) = ask(Source { stubborn: true, ..Source::default() }, &[401]).await;
    assert_eq!((answer.unwrap(), sent.len()), (401, 1));
}

#[tokio::test]
async fn nothing_is_sent_without_a_token() {
    let (answer, sent) = ask(Source { broken: true, ..Source::default() }, &[]).await;
    assert!(matches!(answer, Err(TransportError::NoToken(_))), "{answer:?}");
    assert!(sent.is_empty());
}

/// What three writes in one envelope come to where `refused` is never accepted by its token, and who was sent with which.
async fn ask_together(refused: &'static str) -> (Vec<Result<u16, Error>>, Vec<(String, Vec<String>)>) {
    let (below, log) = mock::service(Duration::ZERO, move |request: &Http, _| {
        let is_old = request.headers()["authorization"] == "Bearer token-1";
        let Sent::Together(items) = mock::read(request) else { return Ok(mock::alone(&answer(204, &[]))) };
        let status = |url: &str| match () {
            () if url.ends_with(refused) => 401,
            () if is_old && url.ends_with("/late") => 401,
            () => 204,
        };
        Ok(mock::envelope(items.iter().map(|asked| answer(status(&asked.url), &[]))))
    });
    let batch = Batch::over(Auth::over(below, Arc::new(Source::default())), mock::ROOT);
    let answers =
        join_all(["1", "late", "never"].map(|name| batch.clone().oneshot(mock::writing(name)))).await;
    let sent = log.all().into_iter().map(|request| {
        let token = request.headers()["authorization"].to_str().unwrap().to_owned();
        (token, mock::read(&request).urls())
    });
    (answers.into_iter().map(|answer| answer.map(|answer| answer.status)).collect(), sent.collect())
}

#[tokio::test(start_paused = true)]
async fn an_item_refused_inside_an_envelope_is_sent_once_more_with_a_fresh_token() {
    for (refused, statuses, again) in [
        ("/never", [204, 204, 401], &["/groups/late", "/groups/never"][..]),
        ("/nobody", [204, 204, 204], &["/groups/late"][..]),
    ] {
        let (answers, sent) = ask_together(refused).await;
        assert_eq!(answers.into_iter().map(Result::unwrap).collect::<Vec<_>>(), statuses);
        let [(first, all), (second, some)] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!((first.as_str(), all.len()), ("Bearer token-1", 3));
        let mut some: Vec<_> = some.iter().map(String::as_str).collect();
        some.sort_unstable();
        assert_eq!((second.as_str(), &some[..]), ("Bearer token-2", again));
    }
}
