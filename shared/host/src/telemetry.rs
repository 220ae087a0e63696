//! Logs: one JSON line per event on stdout, readable text on a terminal.
//!
//! The Functions host takes every line on stderr for an error, so nothing goes there but the reason of a fatal end. A line
//! carries the invocation id and the run id, object ids and counts; never a name, an address, a key or a token. `RUST_LOG`
//! sets levels by target, `info` if absent.

use std::io::IsTerminal;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use journal::RunKey;
use tracing::Instrument;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// Sends events to stdout.
pub(crate) fn start() {
    let levels = std::env::var("RUST_LOG").ok().and_then(|levels| levels.parse::<Targets>().ok());
    let levels = levels.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let registry = tracing_subscriber::registry().with(levels);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stdout);
    let started = if std::io::stdout().is_terminal() {
        registry.with(lines).try_init()
    } else {
        registry
            .with(lines.json().flatten_event(true).with_current_span(true).with_span_list(false))
            .try_init()
    };
    if started.is_err() {
        tracing::debug!("events are already sent somewhere");
    }
}

/// One span and one line per invocation. The address is not logged: it may hold a function key.
pub(crate) async fn traced(request: Request, next: Next) -> Response {
    let invocation = request.headers().get("x-azure-functions-invocationid").and_then(|id| id.to_str().ok());
    let span = tracing::info_span!("invocation", invocation_id = invocation.unwrap_or("none"));
    let (is_ping, method) = (request.uri().path() == "/", request.method().clone());
    let begun = std::time::Instant::now();
    async move {
        let response = next.run(request).await;
        if !is_ping {
            let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(name: "http.answered", %method, status = response.status().as_u16(), elapsed_ms, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// Everything that is logged below carries the run's id, and the invocation's if there is one.
pub(crate) fn in_run<T>(run: RunKey, work: impl Future<Output = T>) -> impl Future<Output = T> {
    work.instrument(tracing::info_span!("run", task = %run.task, run = %run.run))
}
