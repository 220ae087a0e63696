//! One span and one event for each logical request, however often it was tried. An error leaves with the id of its call.
//!
//! Nothing is logged that names a person: the path is told as its route, and neither query, body nor token appears. Other
//! layers log nothing but the gate, when it closes. Events are named as everywhere: `graph.call`, `gate.closed`.

use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tower::{Service, ServiceExt};
use tracing::Instrument;

use super::ask::{Ask, Ended};
use crate::call::{Call, millis};
use crate::error::Error;
use crate::response::Response;

/// Tells what became of each call.
#[derive(Clone)]
pub struct Trace<S>(S);

impl<S> Trace<S> {
    /// Watches `inner`.
    pub fn over(inner: S) -> Self {
        Self(inner)
    }
}

impl<S, R: Ask> Service<Call<R>> for Trace<S>
where
    S: Service<Call<R>, Response = Response, Error = Error, Future: Send> + Clone + Send + 'static,
{
    type Response = Response;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call<R>) -> Self::Future {
        let inner = self.0.clone();
        let span = call.request.span(call.id);
        let told = async move {
            let (begun, tally, id) = (Instant::now(), call.tally.clone(), call.id);
            let answer = inner.oneshot(call).await.map_err(|error| error.of_call(id));
            R::tell(&Ended {
                outcome: outcome(&answer),
                status: answer.as_ref().ok().map(|response| response.status),
                attempts: tally.attempts(),
                wait_ms: millis(tally.waited()),
                elapsed_ms: millis(begun.elapsed()),
                request_id: answer.as_ref().map_or_else(Error::request_id, Response::request_id),
            });
            answer
        };
        Box::pin(told.instrument(span))
    }
}

fn outcome(answer: &Result<Response, Error>) -> &'static str {
    match answer {
        Ok(response) if response.is_success() => "done",
        Ok(_) => "refused",
        Err(error) if error.is_unknown() => "unknown",
        Err(error) if error.is_unreachable() => "unreachable",
        Err(_) => "failed",
    }
}
