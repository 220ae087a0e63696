//! Readings that are in line share one answer.
//!
//! A hundred leavers at once ask, each, who was let into every shared mailbox: the same questions a hundred times, three at
//! once. So a reading that equals one still in line does not queue up behind it, but waits for its answer.
//!
//! ```text
//! trace ─▶ share ─▶ retry ─▶ gate ─▶ leave ─▶ …
//!            │  joins until          │
//!            └───────────────────────┘
//! ```
//!
//! One that has left is not joined any more, and nothing is kept: whoever asks is told how it is after asking, never before.
//! Nor is a question of other [`Priority`] joined: one that is waited for would wait behind what nobody waits for. If the
//! answer is no success, whoever joined asks anew: it may be the other's patience that was over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use graph::stack::Ask;
use graph::{Call, Error, Priority, Response};
use tokio::time::Instant;
use tower::{Service, ServiceExt};
use tracing::Instrument;
use uuid::Uuid;

use crate::cmdlet::Cmdlet;

type Answer = Result<Response, Error>;
type Asking = BoxFuture<'static, Answer>;

/// What is asked, and whether somebody waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    cmdlet: Cmdlet,
    is_bulk: bool,
}

impl Question {
    fn of(call: &Call<Cmdlet>) -> Self {
        Self { cmdlet: call.request.clone(), is_bulk: call.priority == Priority::Bulk }
    }
}

/// A question in line.
#[derive(Debug)]
struct Place {
    id: Uuid,
    patience: Duration,
    answer: WeakShared<Asking>,
}

/// The questions in line. Clones are the same line.
#[derive(Clone, Debug, Default)]
pub(crate) struct InLine(Arc<Mutex<HashMap<Question, Place>>>);

impl InLine {
    fn lock(&self) -> MutexGuard<'_, HashMap<Question, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to an equal question in line, for which nobody waits longer than this caller would.
    fn join(&self, question: &Question, patience: Duration) -> Option<Shared<Asking>> {
        let line = self.lock();
        line.get(question).filter(|place| place.patience <= patience)?.answer.upgrade()
    }

    /// Takes a place for a question. It is lost when it leaves, and when nobody waits for its answer any more.
    fn queue(
        &self,
        call: &Call<Cmdlet>,
        asking: impl Future<Output = Answer> + Send + 'static,
    ) -> Shared<Asking> {
        let (question, id, patience) = (Question::of(call), call.id, call.patience);
        let ticket = Ticket { line: self.clone(), question: question.clone(), id };
        let asking = async move {
            let _ticket = ticket;
            asking.await
        };
        let asking = asking.in_current_span().boxed().shared();
        if let Some(answer) = asking.downgrade() {
            self.lock().insert(question, Place { id, patience, answer });
        }
        asking
    }

    fn leave(&self, question: &Question, id: Uuid) {
        let mut line = self.lock();
        if line.get(question).is_some_and(|place| place.id == id) {
            line.remove(question);
        }
    }
}

/// Gives the place up when it is dropped.
struct Ticket {
    line: InLine,
    question: Question,
    id: Uuid,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.line.leave(&self.question, self.id);
    }
}

/// Where questions come together.
#[derive(Clone)]
pub(crate) struct Share<S> {
    inner: S,
    line: InLine,
}

impl<S> Share<S> {
    /// Asks `inner` what nobody in line asks.
    pub(crate) fn over(inner: S, line: InLine) -> Self {
        Self { inner, line }
    }
}

impl<S> Service<Call<Cmdlet>> for Share<S>
where
    S: Service<Call<Cmdlet>, Response = Response, Error = Error, Future: Send> + Clone + Send + 'static,
{
    type Response = Response;
    type Error = Error;
    type Future = BoxFuture<'static, Answer>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call<Cmdlet>) -> Self::Future {
        let Self { inner, line } = self.clone();
        if !call.request.is_safe() {
            return Box::pin(inner.oneshot(call));
        }
        Box::pin(async move {
            let question = Question::of(&call);
            let end = Instant::now() + call.patience.max(Cmdlet::WAITS.turn);
            while let Some(others) = line.join(&question, call.patience) {
                let answer = others.await;
                if is_success(&answer) || Instant::now() >= end {
                    return answer;
                }
            }
            line.queue(&call, inner.oneshot(call.clone())).await
        })
    }
}

fn is_success(answer: &Answer) -> bool {
    answer.as_ref().is_ok_and(Response::is_success)
}

/// Behind the gate: what comes by here is in line no longer.
#[derive(Clone)]
pub(crate) struct Leave<S> {
    inner: S,
    line: InLine,
}

impl<S> Leave<S> {
    /// On the way to `inner`.
    pub(crate) fn over(inner: S, line: InLine) -> Self {
        Self { inner, line }
    }
}

impl<S: Service<Call<Cmdlet>>> Service<Call<Cmdlet>> for Leave<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call<Cmdlet>) -> Self::Future {
        self.line.leave(&Question::of(&call), call.id);
        self.inner.call(call)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::pending;
    use futures_util::poll;
    use tower::service_fn;

    use super::*;

    #[tokio::test]
    async fn whoever_goes_away_leaves_nothing_behind() {
        let line = InLine::default();
        let share = Share::over(service_fn(|_| pending::<Answer>()), line.clone());
        let ask = || Box::pin(share.clone().oneshot(Call::new(Cmdlet::new("Get-Mailbox"))));
        let mut asked = [ask(), ask()];
        for call in &mut asked {
            assert!(poll!(call).is_pending());
        }
        let [first, second] = asked;
        drop(first);
        assert_eq!(line.lock().len(), 1);
        drop(second);
        assert_eq!(line.lock().len(), 0);
    }
}
