//! Outcomes as HTTP answers.
//!
//! 200: here is what became of it, partial failure included. 202: here is what became of it so far. 422: nothing was done,
//! because the plan cannot be carried out as asked. 503: nothing was done yet, and asking again helps. Everything else is a
//! problem without an outcome of its own.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use journal::RunKey;
use plan::{Cause, Failure, Outcome, RunStatus, Stop};
use serde_json::json;

use crate::config::ConfigError;
use crate::here::Here;
use crate::problem::Problem;

/// How soon the caller should look again, in seconds.
const POLL: u64 = 5;

/// How soon to try again when the service is busy, in seconds.
const BUSY: u64 = 30;

/// What a run would do.
pub(crate) fn preview(outcome: Outcome) -> Response {
    told(&outcome)
}

/// What became of a run; 202 if it goes on by itself.
pub(crate) fn outcome(outcome: Outcome, run: &RunKey, here: &Here) -> Response {
    if let Some(problem) = nothing_done(&outcome) {
        return problem.with_outcome(outcome).into_response();
    }
    let response = told(&outcome);
    if outcome.goes_on.is_some() { look_later(response, run, here, BUSY) } else { response }
}

fn told(outcome: &Outcome) -> Response {
    let mut response = Json(outcome).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", outcome.plan_digest.0)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Of a run that changed nothing, whether asking again would help.
fn nothing_done(outcome: &Outcome) -> Option<Problem> {
    let (status, kind, title) = match outcome.status {
        RunStatus::Refused => {
            (StatusCode::UNPROCESSABLE_ENTITY, "refused", "nothing was done; the outcome says why")
        }
        RunStatus::NotYet => {
            (StatusCode::SERVICE_UNAVAILABLE, "not-yet", "nothing was done yet; ask again, it is safe")
        }
        RunStatus::Planned
        | RunStatus::Succeeded
        | RunStatus::GoesOn
        | RunStatus::Partial
        | RunStatus::Unknown => return None,
    };
    let problem = Problem::new(status, kind, title);
    Some(if status.is_server_error() { problem.retry_after(BUSY) } else { problem })
}

/// The run goes on: look again at `Location`.
pub(crate) fn underway(run: &RunKey, here: &Here) -> Response {
    look_later(Json(json!({"run": run.run, "status": "running"})).into_response(), run, here, POLL)
}

fn look_later(mut response: Response, run: &RunKey, here: &Here, seconds: u64) -> Response {
    *response.status_mut() = StatusCode::ACCEPTED;
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    if let Ok(location) = HeaderValue::from_str(&here.location(run)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Why a run came to no outcome.
pub(crate) fn stop(stop: &Stop) -> Problem {
    match stop {
        Stop::Unreadable(error) => stopped(Cause::of(error), &Failure::from(error)),
        Stop::Moved(now) => Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "plan-moved",
            "the tenant has moved since the plan was approved; nothing was changed, this is the plan now",
        )
        .with_outcome((**now).clone()),
        Stop::Forbidden(breach) => Problem::new(StatusCode::FORBIDDEN, "guard-rail", stop.to_string())
            .detail(format!("rule: {}", breach.rule)),
        Stop::NoSuchRun => no_such_run("there is no such run, or it has expired"),
        Stop::Journal(error) => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "journal",
            "the journal cannot be used; what was sent by then is settled by asking again",
        )
        .detail(error.to_string()),
    }
}

/// There is nothing to look at.
pub(crate) fn no_such_run(why: impl Into<Box<str>>) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-run", why)
}

/// The run is not over, and cannot be acted upon.
pub(crate) fn not_over() -> Problem {
    let title = "the run is still under way; nothing was changed";
    Problem::new(StatusCode::CONFLICT, "under-way", title).retry_after(POLL)
}

/// Neither a run nor a plan by the deadline.
pub(crate) fn too_slow() -> Problem {
    let title = "the tenant or the journal could not be read in time; nothing was changed";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title).retry_after(BUSY)
}

/// The tenant could not be read, for this reason.
pub(crate) fn stopped(cause: Cause, failure: &Failure) -> Problem {
    match cause {
        Cause::Tenant => not_read(StatusCode::BAD_GATEWAY, "tenant-unreadable", failure),
        Cause::Busy => not_read(StatusCode::SERVICE_UNAVAILABLE, "busy", failure).retry_after(BUSY),
        Cause::Setting => wrong_setting(failure.message.clone()),
        Cause::Defect => broken(),
    }
}

fn not_read(status: StatusCode, kind: &'static str, failure: &Failure) -> Problem {
    let Failure { code, message, request_id, client_request_id, help } = failure;
    let told = [
        Some(code.clone()).filter(|code| !code.is_empty()),
        Some(message.clone()),
        help.clone(),
        request_id.as_ref().map(|id| format!("request-id {id}")),
        client_request_id.as_ref().map(|id| format!("client-request-id {id}")),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    Problem::new(status, kind, "the tenant could not be read; nothing was changed").detail(told.join("; "))
}

/// A setting that will not do.
pub(crate) fn misconfigured(error: Arc<ConfigError>) -> Problem {
    wrong_setting(error.to_string())
}

/// A setting that will not do, or a file that it names.
pub(crate) fn wrong_setting(says: String) -> Problem {
    let title = "a setting of this function will not do; nothing was changed";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "configuration", title).detail(says)
}

/// A defect of ours: no details, they may name somebody.
pub(crate) fn broken() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "defect",
        "this is a defect of the function; ask again, it is safe",
    )
}
