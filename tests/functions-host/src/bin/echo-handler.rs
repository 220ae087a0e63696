//! A custom handler for trying the host: it answers in all the good and bad ways, as its settings tell it.
//!
//! | setting | meaning |
//! |---|---|
//! | `START` | `ok`, `exit CODE` (at once), `deaf` (never listens), `mute` (never answers `/`) |
//! | `START_ONCE` | a file: `START` counts only while it does not exist; it is created then |
//! | `ANSWERS` | JSON: path to `{"status": 200, "headers": {}, "body": "…", "hang": false, "exit": CODE}` |
//!
//! A path without an answer gets a valid empty one. `GET /__seen` tells all requests so far, with their headers and
//! bodies; below `/api/` requests are told back; `/api/stream` streams what it is sent.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::IntoResponse as _;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::exit;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Answer {
    status: Option<u16>,
    headers: BTreeMap<String, String>,
    body: String,
    hang: bool,
    exit: Option<i32>,
}

#[derive(Debug, Default)]
struct Echo {
    mute: bool,
    answers: BTreeMap<String, Answer>,
    seen: Mutex<Vec<Value>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name| std::env::var(name).ok();
    let port: u16 =
        setting("FUNCTIONS_CUSTOMHANDLER_PORT").ok_or("no FUNCTIONS_CUSTOMHANDLER_PORT")?.parse()?;
    let start = start(setting("START"), setting("START_ONCE"))?;
    if let Some(code) = start.strip_prefix("exit ") {
        for line in ["one", "two", "warning: three", "four", "five"] {
            writeln!(io::stderr().lock(), "{line}")?;
        }
        exit(code.parse()?);
    }
    if start == "deaf" {
        std::future::pending::<()>().await;
    }
    let answers = setting("ANSWERS").map(|answers| serde_json::from_str(&answers)).transpose()?;
    let echo = Echo { mute: start == "mute", answers: answers.unwrap_or_default(), ..Echo::default() };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    writeln!(io::stdout().lock(), "echo-handler is up with {arguments:?}")?;
    axum::serve(listener, Router::new().fallback(answer).with_state(Arc::new(echo))).await?;
    Ok(())
}

/// `ok` from the second start on, where the first one is to be different.
fn start(start: Option<String>, once: Option<String>) -> io::Result<String> {
    let start = start.unwrap_or_else(|| "ok".into());
    let Some(once) = once else { return Ok(start) };
    if Path::new(&once).exists() {
        return Ok("ok".into());
    }
    std::fs::write(once, "")?;
    Ok(start)
}

async fn answer(State(echo): State<Arc<Echo>>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/" if echo.mute => std::future::pending().await,
        "/" => return StatusCode::NO_CONTENT.into_response(),
        "/__seen" => return json_answer(&Value::Array(seen(&echo).clone())),
        "/api/stream" => return Response::new(request.into_body()),
        _ => {}
    }
    let told = told(request).await;
    seen(&echo).push(told.clone());
    match echo.answers.get(&path) {
        Some(answer) => scripted(answer, &path).await,
        None if path.starts_with("/api/") => json_answer(&told),
        None => json_answer(&json!({"Outputs": {}, "Logs": [], "ReturnValue": null})),
    }
}

fn seen(echo: &Echo) -> std::sync::MutexGuard<'_, Vec<Value>> {
    echo.seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn json_answer(value: &Value) -> Response<Body> {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn told(request: Request<Body>) -> Value {
    let (head, body) = request.into_parts();
    let headers = headers(&head.headers);
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    json!({
        "method": head.method.as_str(),
        "uri": head.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
        "pid": std::process::id(),
    })
}

fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let shown = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), shown(value))).collect()
}

/// Tells on stdout that a request was dropped before it was answered.
struct Abandoned<'a>(&'a str);

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        // Nobody to read it is no reason to fail.
        let _ = writeln!(io::stdout().lock(), "abandoned {}", self.0);
    }
}

async fn scripted(answer: &Answer, path: &str) -> Response<Body> {
    if let Some(code) = answer.exit {
        exit(code);
    }
    if answer.hang {
        let _abandoned = Abandoned(path);
        writeln!(io::stdout().lock(), "hanging {path}").unwrap_or_default();
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(answer.status.unwrap_or(200));
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let response = response.body(Body::from(answer.body.clone()));
    response.unwrap_or_else(|_| StatusCode::IM_A_TEAPOT.into_response())
}
