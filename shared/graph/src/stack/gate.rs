//! Who waits while the service says wait, and how fast everybody else may go.
//!
//! There is one lane per [`Workload`] of Microsoft Graph, and one in all for another service. A lane is *closed* while any
//! of its calls was told to wait: others would only be told the same, and throttled calls count against the quota as well.
//! An open lane is *paced* below the documented quota, and slows down further when answers say that the quota runs short.
//! Where a service is limited by how many calls are on their way at once, a call is on its way until its answer is there,
//! even if whoever asked has gone away: the service works on it all the same.
//!
//! Interactive calls go before bulk ones, here as in the batch. To Graph itself bulk is told as `x-ms-throttle-priority:
//! Low`, so that it is throttled first; interactive is Graph's default and not told. `High` is never claimed: it would only
//! be taken from the other applications of the tenant.
//!
//! A call that would have to wait longer than its patience, as far as can be told, is not held: it gets a 429 of our own
//! making at once, which says how long. So does one that is overtaken until its patience is over.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tower::{Service, ServiceExt};
use tracing::Instrument;

use super::ask::Ask;
use super::cost::{TenantSize, Workload};
use super::lane::Lane;
use crate::call::Call;
use crate::error::Error;
use crate::response::Response;

/// Holds calls back until their workload can take them. Clones share the lanes.
#[derive(Clone)]
pub struct Gate<S> {
    inner: S,
    lanes: Arc<[Lane]>,
}

impl<S> Gate<S> {
    /// Guards `inner`, by the quotas of a tenant of this size.
    pub fn over(inner: S, size: TenantSize) -> Self {
        Self { inner, lanes: Workload::ALL.map(|workload| Lane::of(workload, size)).into() }
    }

    /// Guards `inner` with a single lane, whatever goes through it.
    pub fn with(inner: S, lane: Lane) -> Self {
        Self { inner, lanes: [lane].into() }
    }
}

impl<S, R: Ask> Service<Call<R>> for Gate<S>
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
        let inner = self.inner.clone();
        let lane = self.lanes[call.request.lane().min(self.lanes.len() - 1)].clone();
        Box::pin(async move {
            let begun = Instant::now();
            let pass = match lane.enter(&call).await {
                Ok(pass) => pass,
                Err(wait) => return Ok(held(wait)),
            };
            let patience = call.patience.saturating_sub(begun.elapsed());
            let has_slot = pass.has_slot();
            let sent = async move {
                let answer = inner.oneshot(Call { patience, ..call }).await;
                if let Ok(response) = &answer {
                    lane.heed(&pass, response);
                }
                answer
            };
            if has_slot { Sent(Some(Box::pin(sent))).await } else { sent.await }
        })
    }
}

/// A call on its way. Whoever drops it leaves it behind, to go on until there is an answer.
struct Sent(Option<BoxFuture<'static, Result<Response, Error>>>);

impl Future for Sent {
    type Output = Result<Response, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut call) = self.0.take() else { return Poll::Pending };
        let answer = call.as_mut().poll(context);
        if answer.is_pending() {
            self.0 = Some(call);
        }
        answer
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let (Some(call), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(call.in_current_span());
        }
    }
}

/// The answer to a call that was not sent, since it would have had to wait for too long.
fn held(wait: Duration) -> Response {
    let seconds = wait.as_secs_f64().ceil();
    let retry_after = HeaderValue::try_from(seconds.to_string());
    let headers =
        retry_after.into_iter().map(|value| (http::header::RETRY_AFTER, value)).collect::<HeaderMap>();
    let message = format!(
        "not sent: calls of this kind have to wait for another {seconds} s to keep to the service's quota"
    );
    Response { status: 429, headers, body: json!({"error": {"code": "TooManyRequests", "message": message}}) }
}
