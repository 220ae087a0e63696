//! Logs: one line per event on stdout, JSON where nobody reads it by eye (see [`JsonLines`]), text on a terminal.
//!
//! The Functions host takes every line on stderr for an error, so nothing goes there but the reason of a fatal end. A line
//! carries ids and counts; never a name, an address, a key or a token, and so never a message of Microsoft Graph, which may
//! quote any of them: it is in the answer and in the journal. `RUST_LOG` sets levels by target, `info` if absent.
//!
//! | Field | On | Means |
//! |---|---|---|
//! | `timestamp`, `level`, `target`, `event`, `message` | every line | when (UTC), how much it matters, which part of us, what |
//! | `invocation_id` | everything below a call | the id that the Functions host gave the call |
//! | `task`, `run` | everything below a run | which run; it outlives the call that began it |
//!
//! | Event | Level | Its own fields |
//! |---|---|---|
//! | `http.answered` | INFO | `method`, `status`, `elapsed_ms` |
//! | `run.ended` | INFO | `outcome`, `changes`, `holding`, `elapsed_ms`; of a sweep `parts`, and the changes of all of them |
//! | `change.open` | WARN | `status`, `code`, `graph_request_id` or `client_request_id`: a change that does not hold; of a sweep `part`, the run of its own |
//! | `run.stopped` | WARN | `why`; of a refused read `code`, `status`, `graph_request_id`, `client_request_id`; of a guard-rail its `rule`; `error` where there was no connection, or of the journal. ERROR if `why` is `defect` |
//! | `timer.ticked` | INFO | `succeeded`, `unfinished`, `expired` |
//! | `timer.swept` | INFO | `well`, `unwell`: how many a sweep that a timer began has brought in line, and how many not |
//! | `timer.superseded` | INFO | a later run about the same account has the say |
//! | `timer.gave_up` | ERROR | due for as long as runs are kept, and never succeeded |
//! | `timer.reported` | INFO | `to_act_on`: so many rows of a report |
//! | `report.to_act_on` | WARN | `report`, `row`: one of them, by what programs call it |
//! | `report.told` | INFO; WARN if any is refused or unknown | `channel`, `sent`, `before`, `elsewhere`, `unknown`, `refused`, `later`: so many messages |
//! | `envelope.failed` | ERROR | `why`: the invocation failed |
//! | `journal.temporary` | WARN | the journal does not survive the machine |
//! | `journal.torn` | WARN | `task`, `run`, `torn`: so many lines of a record were not written to their end |
//! | `log.levels` | WARN | `RUST_LOG` cannot be read |
//! | `panicked` | ERROR | `location`: a defect of ours |

use std::io::IsTerminal;
use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use journal::RunKey;
use plan::{ChangeOutcome, Outcome, Stop};
use serde::Serialize;
use tracing::Instrument;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::lines::JsonLines;
use crate::live::Ended;
use crate::tell::Tally;

/// Sends events to stdout, and panics among them.
pub(crate) fn start() {
    let asked = std::env::var("RUST_LOG").ok().map(|levels| levels.parse::<Targets>());
    let unreadable = matches!(asked, Some(Err(_)));
    let levels = asked.and_then(Result::ok).unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let registry = tracing_subscriber::registry().with(levels);
    let started = if std::io::stdout().is_terminal() {
        registry.with(tracing_subscriber::fmt::layer().with_writer(std::io::stdout)).try_init()
    } else {
        registry.with(JsonLines::to(std::io::stdout)).try_init()
    };
    if started.is_err() {
        tracing::debug!("events are already sent somewhere");
    }
    if unreadable {
        tracing::warn!(
            name: "log.levels",
            "RUST_LOG must be a level, or targets with levels such as graph=debug: it is info now"
        );
    }
    std::panic::set_hook(Box::new(|panic| panicked(panic.location())));
}

/// The text of a panic may quote anything, so only its place is told.
fn panicked(at: Option<&std::panic::Location<'_>>) {
    let location = at.map(ToString::to_string).unwrap_or_default();
    tracing::error!(name: "panicked", location, "a defect of this function");
}

/// One span and one line per invocation. The address is not logged: it may hold a function key.
pub(crate) async fn traced(request: Request, next: Next) -> Response {
    let invocation = request.headers().get("x-azure-functions-invocationid").and_then(|id| id.to_str().ok());
    let span = tracing::info_span!("invocation", invocation_id = invocation.unwrap_or("none"));
    let (is_ping, method) = (request.uri().path() == "/", request.method().clone());
    let begun = Instant::now();
    async move {
        let response = next.run(request).await;
        if !is_ping {
            let (status, elapsed_ms) = (response.status().as_u16(), millis(begun));
            tracing::info!(name: "http.answered", %method, status, elapsed_ms, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// Works on a run, in a span of its own below that of the call, and tells how it ended.
pub(crate) fn in_run(
    run: RunKey,
    work: impl Future<Output = Ended<Stop>>,
) -> impl Future<Output = Ended<Stop>> {
    let begun = Instant::now();
    let told = async move {
        let ended = work.await;
        match &ended {
            Some(Ok(outcome)) => self::ended(outcome, begun),
            Some(Err(stop)) => stopped(stop),
            None => tracing::error!(name: "run.stopped", why = "defect", "run stopped"),
        }
        ended
    };
    told.instrument(span(&run))
}

/// The span of a run, below that of the call.
pub(crate) fn span(run: &RunKey) -> tracing::Span {
    tracing::info_span!("run", task = %run.task, run = %run.run)
}

fn ended(outcome: &Outcome, begun: Instant) {
    let (mut changes, mut holding) = (0, 0);
    for part in std::iter::once(outcome).chain(&outcome.parts) {
        changes += part.changes.len();
        holding += part.changes.iter().filter(|change| change.status.holds()).count();
        let of = part.run.filter(|run| Some(*run) != outcome.run).map(|run| run.to_string());
        part.changes
            .iter()
            .filter(|change| !change.status.holds())
            .for_each(|change| open(change, of.as_deref()));
    }
    let parts = Some(outcome.parts.len()).filter(|parts| *parts > 0);
    let (outcome, elapsed_ms) = (spelt(outcome.status), millis(begun));
    tracing::info!(name: "run.ended", outcome, parts, changes, holding, elapsed_ms, "run ended");
}

/// A change that does not hold, of a run or of one part of a sweep.
fn open(change: &ChangeOutcome, part: Option<&str>) {
    let failure = change.failure.as_ref();
    let code = failure.map(|failure| failure.code.as_str()).filter(|code| !code.is_empty());
    let graph_request_id = failure.and_then(|failure| failure.request_id.as_deref());
    let client_request_id = failure.and_then(|failure| failure.client_request_id.as_deref());
    let status = spelt(change.status);
    tracing::warn!(name: "change.open", status, code, part, graph_request_id, client_request_id, "a change does not hold");
}

/// Tells of a row of a report that is to be acted on, by what programs call it: names are in the report.
pub(crate) fn to_act_on(report: &str, row: &str) {
    tracing::warn!(name: "report.to_act_on", report, row, "to be acted on");
}

/// Tells how many messages of a channel were sent, and what became of the others: never to whom or where.
pub(crate) fn told(channel: &str, tally: &Tally) {
    let Tally { sent, before, elsewhere, unknown, refused, later, .. } = *tally;
    if unknown + refused > 0 {
        tracing::warn!(name: "report.told", channel, sent, before, elsewhere, unknown, refused, later, "told");
    } else {
        tracing::info!(name: "report.told", channel, sent, before, elsewhere, unknown, refused, later, "told");
    }
}

/// A status as the answer spells it.
fn spelt(status: impl Serialize) -> String {
    let value = serde_json::to_value(status).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// Tells why there is no outcome.
pub(crate) fn stopped(stop: &Stop) {
    match stop {
        Stop::Unreadable(error) => tracing::warn!(
            name: "run.stopped",
            why = "unreadable",
            code = Some(error.code()).filter(|code| !code.is_empty()),
            status = error.status(),
            graph_request_id = error.request_id(),
            client_request_id = error.client_request_id().map(|id| id.to_string()),
            error = error.is_unreachable().then(|| error.message()),
            "the tenant could not be read"
        ),
        Stop::Moved(_) => tracing::warn!(name: "run.stopped", why = "plan-moved", "run stopped"),
        Stop::Forbidden(breach) => {
            tracing::warn!(name: "run.stopped", why = "guard-rail", rule = breach.rule, "run stopped");
        }
        Stop::NoSuchRun => tracing::warn!(name: "run.stopped", why = "no-such-run", "run stopped"),
        Stop::Journal(error) => {
            tracing::warn!(name: "run.stopped", why = "journal", error = plan::chain(error), "run stopped");
        }
    }
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
