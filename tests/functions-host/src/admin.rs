//! The host's own interface below `/admin`: running a function by hand, looking at what there is.
//!
//! | request | answer |
//! |---|---|
//! | `POST /admin/functions/{name}` with `{"input": "…"}` | 202; the timer or queue function runs |
//! | `GET /admin/functions`, `GET /admin/functions/{name}` | the functions and their function.json |
//! | `GET /admin/host/status` | state and version, and each app's handler |
//! | `GET /admin/host/ping` | 200, without a key |
//!
//! All but the ping need the master key. Where two apps have a function of the same name, `?app=` says which. HTTP
//! functions are called by their URLs. Keys, files and proxies are not administered here.

use crate::client::HOST_VERSION;
use crate::dispatch::Dispatcher;
use crate::envelope::Call;
use crate::front::{Front, bare, not_running};
use crate::function_json::{Function, Trigger};
use crate::key::AuthLevel;
use crate::listing;
use crate::query;
use crate::queue::Message;
use axum::Json;
use axum::body::Body;
use axum::response::IntoResponse as _;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use serde_json::{Value, json};
use std::sync::Arc;

/// More than enough for an input.
const BODY_LIMIT: usize = 1_000_000;

pub(crate) async fn answer(front: &Front, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let segments: Vec<&str> = head.uri.path().trim_matches('/').split('/').collect();
    if segments.as_slice() == ["admin", "host", "ping"] {
        return bare(StatusCode::OK);
    }
    if !front.world.key.admits(AuthLevel::Admin, &head) {
        return bare(StatusCode::UNAUTHORIZED);
    }
    match (head.method.clone(), segments.as_slice()) {
        (Method::GET, ["admin", "host", "status"]) => Json(status(front)).into_response(),
        (Method::GET, ["admin", "functions"]) => Json(functions(front)).into_response(),
        (Method::GET, ["admin", "functions", name]) => match find(front, &head, name) {
            Ok((app, function)) => Json(shown(front, app, function)).into_response(),
            Err(refusal) => *refusal,
        },
        (Method::POST, ["admin", "functions", name]) => match find(front, &head, name) {
            Ok((app, function)) => run(app, function, &head, body).await,
            Err(refusal) => *refusal,
        },
        _ => bare(StatusCode::NOT_FOUND),
    }
}

fn find<'a>(
    front: &'a Front,
    head: &Parts,
    name: &str,
) -> Result<(&'a Arc<Dispatcher>, &'a Function), Box<Response<Body>>> {
    let wanted = query::first(head.uri.query(), "app");
    let apps = front.apps.iter().filter(|app| wanted.as_ref().is_none_or(|wanted| app.app.name == *wanted));
    let found: Vec<_> = apps.filter_map(|app| Some((app, app.app.function(name)?))).collect();
    match found.as_slice() {
        [] => Err(Box::new(bare(StatusCode::NOT_FOUND))),
        [one] => Ok(*one),
        many => {
            let apps: Vec<_> = many.iter().map(|(app, _)| app.app.name.as_str()).collect();
            let what = format!("'{name}' is a function of {}: say which with ?app=", apps.join(" and "));
            Err(Box::new((StatusCode::CONFLICT, what).into_response()))
        }
    }
}

/// Starts the function and answers before it has run.
async fn run(app: &Arc<Dispatcher>, function: &Function, head: &Parts, body: Body) -> Response<Body> {
    if app.handler.is_stopped() {
        return not_running();
    }
    let input = match input(head, body).await {
        Ok(input) => input,
        Err(status) => return bare(status),
    };
    let Some(call) = manual_call(app, function, input) else {
        let what = "An HTTP function is run by calling its URL.";
        return (StatusCode::BAD_REQUEST, what).into_response();
    };
    let (app, function) = (app.clone(), function.clone());
    tokio::spawn(async move { app.send(&function, call).await });
    bare(StatusCode::ACCEPTED)
}

async fn input(head: &Parts, body: Body) -> Result<String, StatusCode> {
    let content_type =
        head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.to_ascii_lowercase().starts_with("application/json") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let body = Limited::new(body, BODY_LIMIT).collect().await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let body: Value = serde_json::from_slice(&body.to_bytes()).map_err(|_| StatusCode::BAD_REQUEST)?;
    let fields = body.as_object().ok_or(StatusCode::BAD_REQUEST)?;
    match fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("input")).map(|(_, value)| value) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(input)) => Ok(input.clone()),
        Some(_) => Err(StatusCode::BAD_REQUEST),
    }
}

/// A queue function gets the input as a message that never lay in a queue.
fn manual_call(app: &Dispatcher, function: &Function, input: String) -> Option<Call> {
    match function.trigger {
        Trigger::Http { .. } => None,
        Trigger::Timer { .. } => app.manual_timer(function).map(Call::Timer),
        Trigger::Queue { .. } => Some(Call::Queue(Message::by_hand(app.world.clock.now(), &input), input)),
    }
}

fn status(front: &Front) -> Value {
    let apps = front.apps.iter().map(|app| {
        let state = if app.handler.is_stopped() { "Offline" } else { "Running" };
        let in_error = app.app.in_error.iter().map(|(name, why)| json!({"name": name, "error": why}));
        json!({
            "name": app.app.name, "state": state, "processId": app.handler.pid(),
            "functionsInError": in_error.collect::<Vec<_>>(),
        })
    });
    let apps: Vec<_> = apps.collect();
    let running = apps.iter().all(|app| app["state"] == "Running");
    json!({
        "id": "functions-host",
        "state": if running { "Running" } else { "Error" },
        "version": HOST_VERSION,
        "processUptime": u64::try_from(front.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "apps": apps,
    })
}

fn functions(front: &Front) -> Value {
    let all = front.apps.iter().flat_map(|app| app.app.functions.iter().map(move |function| (app, function)));
    Value::Array(all.map(|(app, function)| shown(front, app, function)).collect())
}

fn shown(front: &Front, app: &Dispatcher, function: &Function) -> Value {
    json!({
        "name": function.name,
        "app": app.app.name,
        "language": "Custom",
        "isDisabled": function.disabled,
        "config": function.config,
        "invoke_url_template": listing::url(front.address(), function),
    })
}
