//! The envelope door: `POST /<function>` with `Data` and `Metadata`, as the Functions host calls everything that is not
//! proxied.
//!
//! What is easily got wrong, and is therefore tested (`tests/envelope.rs`): values are JSON text inside JSON strings, or
//! objects, depending on the host's age; the answer must be JSON, never empty and never `null`, or the invocation hangs;
//! only 2xx counts as an answer, so an HTTP status of our own goes inside; `statusCode` is honoured and `status` is not;
//! header values are text and never null; a body is sent as text, since an object would be indented.
//!
//! An HTTP function answers through the output `res`, as every `function.json` of ours calls it. `Metadata` is not read: a
//! message may overwrite what the host writes there.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use crate::app::App;
use crate::function::{Does, Function};
use crate::problem::Problem;
use crate::reports::Reported;
use crate::routes::unwrapped;
use crate::tell::{self, Ticked};
use crate::timer::{Swept, Tick, sweep, tick};
use crate::{body, reply, reports, telemetry};

/// How large an envelope may be, in bytes: the caller's body is in it three times, in JSON inside JSON.
const MOST: usize = 8 * 1024 * 1024;

/// What the host leaves in an address that may not stand there.
const UNFIT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// `POST /<function>`.
pub(crate) async fn door<F: Function>(
    State(app): State<App>,
    Path(function): Path<String>,
    body: Body,
) -> Response {
    if let Some(timer) = F::TIMERS.iter().find(|timer| timer.name.eq_ignore_ascii_case(&function)) {
        return run_timer::<F>(&app, timer.does).await;
    }
    let request = match body::read(body, MOST).await {
        Ok(body) => http_request(&body),
        // Whoever sends so much is a caller of an HTTP function, and can be told.
        Err(problem) => return http_output(problem.into_response()).await,
    };
    match request {
        Ok(Some(request)) => http_output(unwrapped::<F>(app).oneshot(request).await.into_response()).await,
        Ok(None) => {
            failed(&format!("there is no function {function}, or its trigger is not one of HTTP and timer"))
        }
        Err(error) => failed(&format!("this is no invocation: {error}")),
    }
}

async fn run_timer<F: Function>(app: &App, does: Does) -> Response {
    let runner = match app.runner() {
        Ok(runner) => runner,
        Err(error) => return failed(&error.to_string()),
    };
    let ticked = match does {
        Does::Due => tick::<F>(app, runner).await.map(ticked),
        Does::Sweep(name) => match F::want(name, None, app.settings()) {
            Ok(want) => sweep::<F>(app, runner, name, want).await.map(swept),
            Err(wrong) => return failed(&wrong.to_string()),
        },
        Does::Tell => match F::TELLS {
            Some(tells) => Ok(told(tell::tick::<F>(tells, app, runner).await)),
            None => return failed("this function tells nobody"),
        },
        Does::Report(name) => Ok(reported(reports::tick::<F>(name, app, runner).await)),
    };
    ticked.unwrap_or_else(|stop| {
        telemetry::stopped(&stop);
        failed(reply::stop(&stop).title())
    })
}

fn reported(reported: Reported) -> Response {
    let line = match reported {
        Reported::Ended(to_act_on) => {
            tracing::info!(name: "timer.reported", to_act_on, "report");
            format!("read and kept; to act on: {to_act_on}")
        }
        Reported::Stopped(why) => return failed(&why),
        Reported::GoesOn => "the report is being read".to_owned(),
    };
    done(json!({}), &[line])
}

fn told(ticked: Ticked) -> Response {
    let line = match ticked {
        Ticked::Told(told, to_act_on) => {
            tracing::info!(name: "timer.reported", to_act_on, "report");
            format!("read and kept; to act on: {to_act_on}; {}", told.line())
        }
        Ticked::Stopped(why) => return failed(&why),
        Ticked::GoesOn => "the report is being read, and people are being told".to_owned(),
    };
    done(json!({}), &[line])
}

fn swept(swept: Swept) -> Response {
    let line = match swept {
        Swept::Ended { well, unwell } => {
            tracing::info!(name: "timer.swept", well, unwell, "sweep");
            format!("brought in line: {well}; not: {unwell}")
        }
        Swept::Stopped(why) => return failed(&why),
        Swept::GoesOn => "the sweep goes on".to_owned(),
        Swept::Before => "the sweep before is still under way".to_owned(),
    };
    done(json!({}), &[line])
}

fn ticked(Tick { succeeded, unfinished, expired }: Tick) -> Response {
    tracing::info!(name: "timer.ticked", succeeded, unfinished, expired, "tick");
    let line = format!("taken up: {succeeded} succeeded, {unfinished} unfinished; expired: {expired}");
    done(json!({}), &[line])
}

/// An invocation that succeeded. All three members are always there.
fn done(outputs: Value, logs: &[String]) -> Response {
    Json(json!({"Outputs": outputs, "Logs": logs, "ReturnValue": null})).into_response()
}

/// An invocation that failed: the host logs nothing of the body, so we do.
fn failed(why: &str) -> Response {
    tracing::error!(name: "envelope.failed", why, "the invocation failed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "envelope", why).into_response()
}

/// The caller's request, if there is one among `Data`.
fn http_request(envelope: &[u8]) -> Result<Option<Request<Body>>, serde_json::Error> {
    let envelope: Value = serde_json::from_slice(envelope)?;
    let data = opened(&envelope["Data"]);
    Ok(data.as_object().into_iter().flatten().find_map(|(_, value)| unwrap(&opened(value))))
}

/// Tolerates what hosts have sent over the years: objects, or JSON text that holds them; header values as lists or as text.
fn unwrap(value: &Value) -> Option<Request<Body>> {
    let method = Method::from_bytes(value["Method"].as_str()?.as_bytes()).ok()?;
    let url = utf8_percent_encode(value["Url"].as_str()?, UNFIT).to_string();
    let mut request = Request::new(Body::from(body_text(&value["Body"])));
    *request.method_mut() = method;
    *request.uri_mut() = url.parse::<Uri>().ok()?;
    *request.headers_mut() = headers(&opened(&value["Headers"]));
    Some(request)
}

/// JSON text inside a JSON string, however often, or the value itself.
fn opened(value: &Value) -> Value {
    match value.as_str().and_then(|text| serde_json::from_str(text).ok()) {
        Some(inner) => opened(&inner),
        None => value.clone(),
    }
}

/// A value that is no header stays one that cannot be read, so that whoever needs it says so; null is none.
fn headers(value: &Value) -> HeaderMap {
    let named = value.as_object().into_iter().flatten().flat_map(|(name, value)| {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        values.iter().filter(|value| !value.is_null()).filter_map(move |value| {
            let text = value.as_str().unwrap_or("\u{fffd}").replace(char::is_control, "\u{fffd}");
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_bytes(text.as_bytes()).ok()?))
        })
    });
    named.collect()
}

/// Text as it stands; base64 of a body that is not text stays base64, since we refuse what it decodes to.
fn body_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Our answer as the output `res`.
async fn http_output(response: Response) -> Response {
    let (head, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let headers =
        head.headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())));
    let answer = json!({
        "statusCode": head.status.as_u16(),
        "headers": headers.collect::<Map<String, Value>>(),
        "body": String::from_utf8_lossy(&body),
    });
    done(json!({"res": answer}), &[])
}
