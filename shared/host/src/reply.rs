//! Outcomes as HTTP answers.
//!
//! 200: here is what became of it, partial failure included. 422: nothing was done, because the plan cannot be carried out
//! as asked. Everything else is a problem without an outcome of its own.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use journal::RunKey;
use plan::{Outcome, RunStatus, Stop};
use serde_json::json;

use crate::config::ConfigError;
use crate::problem::Problem;

/// How soon the caller should look again, in seconds.
const POLL: u64 = 5;

/// What became of a run.
pub(crate) fn outcome(outcome: Outcome) -> Response {
    let refused = outcome.status == RunStatus::Refused && outcome.run.is_some();
    if refused {
        let title = "nothing was done; the outcome says why";
        return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", title)
            .with_outcome(outcome)
            .into_response();
    }
    let mut response = Json(&outcome).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", outcome.plan_digest.0)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The run goes on: look again at `Location`.
pub(crate) fn underway(run: &RunKey, base: &str) -> Response {
    let location = format!("{base}/api/{}/runs/{}", run.task, run.run);
    let mut response =
        (StatusCode::ACCEPTED, Json(json!({"run": run.run, "status": "running"}))).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response.headers_mut().insert(header::RETRY_AFTER, POLL.into());
    response
}

/// Why a run came to no outcome.
pub(crate) fn stop(stop: &Stop) -> Problem {
    match stop {
        Stop::Unreadable(error) => unreadable(error),
        Stop::Moved(now) => Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "plan-moved",
            "the tenant has moved since the plan was approved; nothing was changed, this is the plan now",
        )
        .with_outcome((**now).clone()),
        Stop::Forbidden(breach) => Problem::new(StatusCode::FORBIDDEN, "guard-rail", stop.to_string())
            .detail(format!("rule: {}", breach.rule)),
        Stop::NoSuchRun => {
            Problem::new(StatusCode::NOT_FOUND, "no-such-run", "there is no such run, or it has expired")
        }
        Stop::Journal(_) => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "journal",
            "the journal cannot be used; what was sent by then is settled by asking again",
        ),
    }
}

fn unreadable(error: &graph::Error) -> Problem {
    let why = match error.help() {
        Some(help) => format!("{error} ({help})"),
        None => chain(error),
    };
    let (status, kind) = match error {
        error if error.is_throttled() => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        _ => (StatusCode::BAD_GATEWAY, "tenant-unreadable"),
    };
    let id = error.request_id().map(|id| format!("; request-id {id}")).unwrap_or_default();
    let problem =
        Problem::new(status, kind, "the tenant could not be read; nothing was changed").detail(why + &id);
    if status == StatusCode::SERVICE_UNAVAILABLE { problem.retry_after(POLL * 6) } else { problem }
}

/// An error with its sources, printed once, at the door.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

/// A setting that will not do.
pub(crate) fn misconfigured(error: &Arc<ConfigError>) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "configuration", "a setting of this function will not do")
        .detail(error.to_string())
}
