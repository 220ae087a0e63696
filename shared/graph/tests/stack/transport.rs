//! What tells *not sent* from *lost*.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use graph::Path;
use graph::auth::{Http, Settings};
use graph::stack::{Transport, TransportError, Wire, in_process, internet};
use http::Uri;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tower::{ServiceExt, service_fn};

fn request(url: &str) -> http::Request<Bytes> {
    http::Request::post(url).body(Bytes::from("x")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_an_answer_is_lost_when_its_time_is_over() {
    let silent = Wire::new(service_fn(|_| std::future::pending()));
    let begun = tokio::time::Instant::now();
    let answer = Transport::new(silent, Duration::from_secs(30)).oneshot(request("http://localhost/")).await;
    assert!(matches!(answer, Err(TransportError::Lost(_))), "{answer:?}");
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_router_of_this_process_is_asked_without_sockets() {
    let router = Router::new()
        .route("/v1.0/echo", post(|body: String| async move { (http::StatusCode::CREATED, body) }));
    let answer = in_process(router).oneshot(request("https://graph.microsoft.com/v1.0/echo")).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (201, &b"x"[..]));
}

#[tokio::test]
async fn a_connection_that_is_refused_sent_nothing() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let http = Arc::new(Http::new(Settings::new(|_| None)));
    let answer = internet(http).oneshot(request(&format!("http://127.0.0.1:{port}/AdeleV"))).await;
    assert!(matches!(answer, Err(TransportError::NotSent(_))), "{answer:?}");
    assert!(!format!("{answer:?}").contains("AdeleV"), "{answer:?}");
}

#[tokio::test]
async fn a_path_arrives_as_it_was_built() {
    let seen = |uri: Uri| async move { uri.path().to_owned() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, Router::new().fallback(seen)).into_future());
    let wire = internet(Arc::new(Http::new(Settings::new(|_| None))));
    for key in
        ["", ".", "..", "../..", "%2e%2e", "$count", "o'neil@contoso.com", "x#EXT#@contoso.com", "|^`{"]
    {
        let path = Path::new("/v1.0/users").key(key).then("manager");
        let answer = wire.clone().oneshot(request(&format!("http://{address}{path}"))).await.unwrap();
        assert_eq!(answer.body(), path.as_str(), "{key}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_lost_the_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.read_exact(&mut [0; 4]).await.unwrap();
    });
    let http = Arc::new(Http::new(Settings::new(|_| None)));
    let answer = internet(http).oneshot(request(&format!("http://127.0.0.1:{port}/"))).await;
    assert!(matches!(answer, Err(TransportError::Lost(_))), "{answer:?}");
    server.await.unwrap();
}
