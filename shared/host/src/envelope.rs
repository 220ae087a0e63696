//! The envelope door: `POST /<function>` with `Data` and `Metadata`, as the Functions host calls everything that is not
//! proxied.
//!
//! What is easily got wrong, and is therefore tested here: values are JSON text inside JSON strings, or objects, depending on
//! the host's age; the answer must be JSON, never empty and never `null`, or the invocation hangs; only 2xx counts as an
//! answer, so an HTTP status of our own goes inside; `statusCode` is honoured and `status` is not; header values are text
//! and never null; a body is sent as text, since an object would be indented.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use crate::app::App;
use crate::function::Function;
use crate::problem::Problem;
use crate::reply;
use crate::routes::router;
use crate::timer::tick;

/// What the host sends.
#[derive(Debug, Deserialize)]
struct Invocation {
    #[serde(rename = "Data", default)]
    data: Map<String, Value>,
}

/// `POST /<function>`.
pub(crate) async fn door<F: Function>(
    State(app): State<App>,
    Path(function): Path<String>,
    body: Bytes,
) -> Response {
    let invocation = match serde_json::from_slice::<Invocation>(&body) {
        Ok(invocation) => invocation,
        Err(error) => return failed(&format!("this is no invocation: {error}")),
    };
    if F::TIMERS.contains(&function.as_str()) {
        return run_timer::<F>(&app).await;
    }
    match invocation.data.into_iter().find_map(|(name, value)| Some((name, http_request(&value)?))) {
        Some((binding, request)) => {
            http_outputs(&binding, router::<F>(app).oneshot(request).await.into_response()).await
        }
        None => {
            failed(&format!("there is no function {function}, or its trigger is not one of HTTP and timer"))
        }
    }
}

async fn run_timer<F: Function>(app: &App) -> Response {
    let ticked = match app.runner() {
        Ok(runner) => tick::<F>(app, runner).await.map_err(|stop| reply::stop(&stop)),
        Err(error) => Err(reply::misconfigured(&error)),
    };
    match ticked {
        Ok(tick) => {
            tracing::info!(name: "timer.ticked", succeeded = tick.succeeded, unfinished = tick.unfinished, expired = tick.expired, "tick");
            let line = format!(
                "taken up: {} succeeded, {} unfinished; expired: {}",
                tick.succeeded, tick.unfinished, tick.expired
            );
            done(json!({}), vec![line])
        }
        Err(problem) => failed(problem.title()),
    }
}

/// An invocation that succeeded. All three members are always there.
fn done(outputs: Value, logs: Vec<String>) -> Response {
    Json(json!({"Outputs": outputs, "Logs": logs, "ReturnValue": null})).into_response()
}

/// An invocation that failed: the host logs nothing of the body, so we do.
fn failed(why: &str) -> Response {
    tracing::error!(name: "envelope.failed", why, "the invocation failed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "envelope", why).into_response()
}

/// The caller's request, if this value of `Data` is one. Tolerates what hosts have sent over the years: objects, or JSON
/// text that holds them; header values as lists or as text.
fn http_request(value: &Value) -> Option<Request<Body>> {
    let value = opened(value);
    let method = Method::from_bytes(value["Method"].as_str()?.as_bytes()).ok()?;
    let url = value["Url"].as_str()?;
    let target = url.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_else(|| "/".to_owned());
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in opened(&value["Headers"]).as_object().into_iter().flatten() {
        request = request.header(name, header_text(value)?);
    }
    request.body(Body::from(body_text(&value["Body"]))).ok()
}

/// JSON text inside a JSON string, or the value itself.
fn opened(value: &Value) -> Value {
    let text = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    text.unwrap_or_else(|| value.clone())
}

fn header_text(value: &Value) -> Option<String> {
    match value {
        Value::Array(values) => Some(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn body_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Our answer as the output of this name: the binding of an HTTP trigger `req` is answered by `res`.
async fn http_outputs(binding: &str, response: Response) -> Response {
    let output = if binding == "req" { "res" } else { "$return" };
    let (head, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let headers: Map<String, Value> = head
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    let answer = json!({
        "statusCode": head.status.as_u16(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
    });
    match output {
        "res" => done(json!({"res": answer}), Vec::new()),
        _ => Json(json!({"Outputs": {}, "Logs": [], "ReturnValue": answer})).into_response(),
    }
}
