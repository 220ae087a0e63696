//! Repeats what is safe to repeat, and nothing else.
//!
//! | What came | A read | A write |
//! |---|---|---|
//! | 429, 503, 509 | again | again: it was turned away |
//! | a refusal that passes, such as 409 `Directory_ConcurrencyViolation` | again | again: it was not done |
//! | not sent | again | again: it was not done |
//! | lost, 500, 502, 504 (of other services: what [leaves it open](Ask::leaves_open)) | again | **unknown**, at once: it may have been done |
//! | a refusal that the request calls *not yet* | again | again: the directory lags |
//! | no token, anything else | as it is | as it is |
//!
//! What bounds it is the call's patience, and a *budget* that all calls of a client share: repetitions after a fault may
//! add a fifth to the load, and no more, so that a service in trouble is not buried by those who wait for it. A service
//! that throttles, or says when to come back (`Retry-After`), paces us itself, and the gate sees to it: that does not draw
//! on the budget. Nor does lag, which says nothing about load. `Retry-After: 0` paces nobody, and counts as a fault. A wait
//! that would use up the patience is not begun: the answer is given as it is.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};
use tower::retry::budget::{Budget, TpsBudget};
use tower::{Service, ServiceExt};

use super::ask::Ask;
use super::backoff::Backoff;
use crate::call::Call;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::response::Response;

/// The share of calls that may be repeated unasked, on top of [`RESERVE`].
const SHARE: f32 = 0.2;
/// How many repetitions a second a client may always make.
const RESERVE: u32 = 2;
/// How far back calls count.
const WINDOW: Duration = Duration::from_secs(10);
/// The shortest `Retry-After` that paces us.
const LEAST: Duration = Duration::from_secs(1);

/// Repeats calls to the service below. Clones share one budget.
#[derive(Clone)]
pub struct Retry<S> {
    inner: S,
    budget: Arc<TpsBudget>,
}

impl<S> Retry<S> {
    /// Repeats what `inner` could not do.
    pub fn over(inner: S) -> Self {
        Self { inner, budget: Arc::new(TpsBudget::new(WINDOW, RESERVE, SHARE)) }
    }
}

impl<S, R: Ask> Service<Call<R>> for Retry<S>
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
        let Self { inner, budget } = self.clone();
        Box::pin(async move {
            let (begun, mut slept) = (Instant::now(), Duration::ZERO);
            let (mut load, mut lag) = (Backoff::new(R::WAITS.load), Backoff::new(R::WAITS.lag));
            budget.deposit();
            loop {
                let patience = deadline(&call, begun, slept).saturating_duration_since(Instant::now());
                let answer = settle(&call.request, attempt(inner.clone(), &call, patience).await);
                let (wait, is_free) = match again(&call.request, &answer) {
                    None => return answer,
                    Some(Again::When(asked)) if asked >= LEAST => (asked, true),
                    Some(Again::When(asked)) => (load.wait().max(asked), false),
                    Some(Again::Lag) => (lag.wait(), true),
                    Some(Again::Throttled) => (load.wait(), true),
                    Some(Again::Fault) => (load.wait(), false),
                };
                if Instant::now() + wait >= deadline(&call, begun, slept) || !(is_free || budget.withdraw()) {
                    return answer;
                }
                call.tally.add_wait(wait);
                slept += wait;
                sleep(wait).await;
            }
        })
    }
}

/// When the patience is over. Standing in line where few go at once counts for nothing, unless it was in vain.
fn deadline<R: Ask>(call: &Call<R>, begun: Instant, slept: Duration) -> Instant {
    let held = call.tally.waited().saturating_sub(slept);
    let in_line = if held < R::WAITS.turn { held } else { Duration::ZERO };
    begun + call.patience + in_line
}

/// One attempt, with the patience that is left.
async fn attempt<S, R: Ask>(inner: S, call: &Call<R>, patience: Duration) -> Result<Response, Error>
where
    S: Service<Call<R>, Response = Response, Error = Error>,
{
    call.tally.add_attempt();
    inner.oneshot(Call { patience, ..call.clone() }).await
}

/// A server error on a write leaves open whether it was done.
fn settle<R: Ask>(request: &R, answer: Result<Response, Error>) -> Result<Response, Error> {
    match answer {
        Ok(response) if !response.is_success() && R::leaves_open(&response) && !request.is_safe() => {
            Err(Error::unknown(
                format!("this was sent, and {} failed to say whether it was done", R::SERVICE),
                Some(R::refused(&response).into()),
            ))
        }
        answer => answer,
    }
}

/// Why to ask again.
enum Again {
    /// The service said when.
    When(Duration),
    /// The service wants less, and does not say when.
    Throttled,
    /// The service is in trouble, or away.
    Fault,
    /// The directory has not caught up.
    Lag,
}

fn again<R: Ask>(request: &R, answer: &Result<Response, Error>) -> Option<Again> {
    let response = match answer {
        Ok(response) if response.is_success() => return None,
        Ok(response) => response,
        Err(error) => return error.is_unreachable().then_some(Again::Fault),
    };
    let when = response.retry_after().map(Again::When);
    match response.status {
        429 | 509 => when.or(Some(Again::Throttled)),
        503 => when.or(Some(Again::Fault)),
        _ if R::leaves_open(response) => when.or(Some(Again::Fault)),
        _ => refused(request, &R::refused(response), when),
    }
}

fn refused<R: Ask>(request: &R, error: &Error, when: Option<Again>) -> Option<Again> {
    if error.refusal().is_some_and(Refusal::is_passing) {
        when.or(Some(Again::Fault))
    } else {
        request.is_not_yet(error).then_some(Again::Lag)
    }
}
