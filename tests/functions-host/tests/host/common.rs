//! Staged apps around the echo handler, and a caller that shows everything.

use ::http::header::CONTENT_TYPE;
use ::http::{Method, Request};
use axum::body::Body;
use functions_host::{App, Host, Options};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) const KEY: &str = "open-sesame";

/// Far more than any test takes: one that waits for what never comes fails instead of hanging.
const LIMIT: Duration = Duration::from_secs(60);

/// A test, which ends one way or the other.
pub(crate) async fn in_time(test: impl Future<Output = ()>) {
    assert!(tokio::time::timeout(LIMIT, test).await.is_ok(), "the test still waits after {LIMIT:?}");
}

/// A folder that goes away with the test.
pub(crate) struct Stage(PathBuf);

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("functions-host-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Stages an app of the echo handler; `host` is laid over a host.json that works.
    pub(crate) fn app(&self, name: &str, host: Value, functions: &[(&str, Value)]) -> App {
        let dir = self.0.join(name);
        fs::create_dir_all(&dir).unwrap();
        let mut file = json!({
            "version": "2.0",
            "customHandler": {"description": {"defaultExecutablePath": env!("CARGO_BIN_EXE_echo-handler")}},
            "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"},
        });
        lay_over(&mut file, host);
        write(&dir.join("host.json"), &file);
        for (function, bindings) in functions {
            fs::create_dir_all(dir.join(function)).unwrap();
            write(&dir.join(function).join("function.json"), &json!({"bindings": bindings}));
        }
        App::new(dir)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn lay_over(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                lay_over(under.entry(name).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

pub(crate) fn write(path: &Path, value: &Value) {
    fs::write(path, value.to_string()).unwrap();
}

pub(crate) async fn start(apps: Vec<App>) -> Host {
    start_with(Options { apps, ..Options::default() }).await
}

pub(crate) async fn start_with(options: Options) -> Host {
    Host::start(Options { key: Some(KEY.into()), ..options }).await.unwrap()
}

pub(crate) fn http(methods: &[&str]) -> Value {
    json!([
        {"type": "httpTrigger", "direction": "in", "name": "req", "methods": methods},
        {"type": "http", "direction": "out", "name": "res"},
    ])
}

pub(crate) fn timer() -> Value {
    json!([{"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 0 2 1 1 *"}])
}

pub(crate) fn queue(name: &str) -> Value {
    json!([{"type": "queueTrigger", "direction": "in", "name": "job", "queueName": name}])
}

/// An answer of the echo handler with a JSON body.
pub(crate) fn json_answer(body: Value) -> Value {
    json!({"headers": {"content-type": "application/json"}, "body": body.to_string()})
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) async fn get(url: &str) -> Reply {
    send(Request::get(url), "").await
}

/// With the key, and a JSON body.
pub(crate) async fn post(url: &str, body: &str) -> Reply {
    let request = Request::post(url).header("x-functions-key", KEY).header(CONTENT_TYPE, "application/json");
    send(request, body).await
}

pub(crate) async fn call(method: Method, url: &str) -> Reply {
    send(Request::builder().method(method).uri(url).header("x-functions-key", KEY), "").await
}

pub(crate) async fn send(request: http::request::Builder, body: &str) -> Reply {
    send_body(request, Body::from(body.to_owned())).await
}

pub(crate) async fn send_body(request: http::request::Builder, body: Body) -> Reply {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request.body(body).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let text = body.collect().await.unwrap().to_bytes();
    Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

/// Every request the handler of the app has had, but for pings.
pub(crate) async fn seen(host: &Host, app: &str) -> Vec<Value> {
    host.ready(app).await.unwrap();
    let all = get(&format!("{}/__seen", host.handler_url(app).unwrap())).await.json();
    all.as_array().unwrap().clone()
}
