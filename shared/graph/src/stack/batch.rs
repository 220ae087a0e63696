//! Natural batching: whatever is waiting goes together, and nobody waits for company.
//!
//! There is no timer. A call takes a slot and steps back once, so that all who ask at the same moment are there; then up
//! to [`PER_ENVELOPE`] go as one `$batch`, or a single one as plain HTTP. While all [`AT_ONCE`] slots are out, the
//! queue gathers, so envelopes fill up exactly when there is much to do. Interactive calls go before bulk. Who has waited
//! for as long as its patience lasts is told that it was not sent.
//!
//! It repeats nothing but what was not even looked at, and that once: the items of an envelope that Graph could not read
//! go alone, and an item that was refused for its token joins the next envelope, which has a fresh one. What an answer or
//! its absence means for a write is told apart here, because only here is it known what was in an envelope: *not sent*
//! leaves everything as it was, *lost* leaves every write in it unknown.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use http::StatusCode;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};
use tower::{Service, ServiceExt};

use super::auth::Signature;
use super::{Below, TransportError, envelope};
use crate::call::{Call, Priority};
use crate::error::Error;
use crate::lock;
use crate::response::Response;

/// How many requests Graph takes in one envelope.
pub const PER_ENVELOPE: usize = 20;

/// How many envelopes are on their way at once. Few, so that they fill; more than one, so that a slow item does not hold
/// up everybody else.
pub const AT_ONCE: usize = 4;

/// Packs calls into envelopes and hands each its own answer. Clones share one queue. Needs a tokio runtime.
pub struct Batch<S>(pub(super) Arc<Shared<S>>);

pub(super) struct Shared<S> {
    inner: S,
    pub(super) root: String,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    interactive: VecDeque<Item>,
    bulk: VecDeque<Item>,
    slots_taken: usize,
}

struct Item {
    call: Call,
    /// Until when it may wait here.
    deadline: Instant,
    /// Whether a token was refused for it before.
    was_refused: bool,
    reply: oneshot::Sender<Result<Response, Error>>,
}

impl<S> Batch<S> {
    /// Sends to `inner`, below `root`: the address of Graph with its version and without a trailing slash.
    pub fn over(inner: S, root: impl Into<String>) -> Self {
        Self(Arc::new(Shared { inner, root: root.into(), queue: Mutex::default() }))
    }
}

impl<S> Clone for Batch<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Below> Service<Call> for Batch<S> {
    type Response = Response;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let shared = self.0.clone();
        Box::pin(async move {
            if call.request.is_beta() { shared.ask_beta(call).await } else { shared.ask(call).await }
        })
    }
}

impl Queue {
    fn push(&mut self, item: Item) {
        self.of(item.call.priority).push_back(item);
    }

    fn push_first(&mut self, item: Item) {
        self.of(item.call.priority).push_front(item);
    }

    fn of(&mut self, priority: Priority) -> &mut VecDeque<Item> {
        match priority {
            Priority::Interactive => &mut self.interactive,
            Priority::Bulk => &mut self.bulk,
        }
    }

    /// Takes a slot if there is one and somebody waits for it.
    fn take_slot(&mut self) -> bool {
        let somebody_waits = !(self.interactive.is_empty() && self.bulk.is_empty());
        let takes = somebody_waits && self.slots_taken < AT_ONCE;
        self.slots_taken += usize::from(takes);
        takes
    }

    /// Up to an envelope full of calls whose callers still wait, interactive ones first.
    fn take_load(&mut self) -> Vec<Item> {
        let all = std::iter::from_fn(|| self.interactive.pop_front().or_else(|| self.bulk.pop_front()));
        all.filter_map(Item::in_time).take(PER_ENVELOPE).collect()
    }

    /// Tells everybody who has waited too long.
    fn dismiss_late(&mut self) {
        for queue in [&mut self.interactive, &mut self.bulk] {
            *queue = std::mem::take(queue).into_iter().filter_map(Item::in_time).collect();
        }
    }
}

/// A taken slot; given back also when its task is cancelled.
struct Slot<S: Below>(Arc<Shared<S>>);

impl<S: Below> Drop for Slot<S> {
    fn drop(&mut self) {
        lock(&self.0.queue).slots_taken -= 1;
    }
}

impl<S: Below> Shared<S> {
    /// Queues a call and waits for its answer: until its deadline, unless it is on its way by then.
    async fn ask(self: Arc<Self>, call: Call) -> Result<Response, Error> {
        let (request, deadline) = (call.request.clone(), Instant::now() + call.patience);
        let (reply, mut answer) = oneshot::channel();
        lock(&self.queue).push(Item { call, deadline, was_refused: false, reply });
        self.start();
        let told = match timeout_at(deadline, &mut answer).await {
            Ok(told) => told,
            Err(_) => {
                lock(&self.queue).dismiss_late();
                answer.await
            }
        };
        told.unwrap_or_else(|_| Err(TransportError::lost("sending it broke off").means_for(&request)))
    }

    /// An envelope holds requests to its own version alone, and few are to another.
    async fn ask_beta(&self, call: Call) -> Result<Response, Error> {
        let answer = self.exchange(envelope::alone(&call, &self.root)).await;
        answer.map(Response::from_http).map_err(|error| error.means_for(&call.request))
    }

    fn start(self: &Arc<Self>) {
        if lock(&self.queue).take_slot() {
            tokio::spawn(carry(self.clone()));
        }
    }

    async fn send(&self, mut load: Vec<Item>) {
        if load.len() > 1 {
            self.send_together(load).await;
        } else if let Some(item) = load.pop() {
            self.send_alone(item).await;
        }
    }

    async fn send_alone(&self, item: Item) {
        let answer = self.exchange(envelope::alone(&item.call, &self.root)).await;
        item.tell(answer.map(Response::from_http));
    }

    async fn send_together(&self, load: Vec<Item>) {
        let envelope = envelope::together(load.iter().map(|item| &item.call), &self.root);
        match self.exchange(envelope).await {
            Ok(answer) if answer.status() == StatusCode::OK => self.hand_out(load, answer),
            // It could not be read, so nothing was done; one odd item must not fail the others.
            Ok(answer) if answer.status() == StatusCode::BAD_REQUEST => self.send_singly(load).await,
            // Not one item was looked at, so what holds for the whole holds for each.
            answer => {
                let answer = answer.map(Response::from_http);
                load.into_iter().for_each(|item| item.tell(answer.clone()));
            }
        }
    }

    async fn send_singly(&self, load: Vec<Item>) {
        let left = load.into_iter().filter_map(Item::in_time);
        join_all(left.map(|item| self.send_alone(item))).await;
    }

    /// To each its own answer; who was refused for the token is the first to go with the next one, once.
    fn hand_out(&self, load: Vec<Item>, answer: http::Response<Bytes>) {
        let signature = answer.extensions().get::<Signature>().cloned();
        let mut envelope = Response::from_http(answer);
        let mut answers = envelope::open(envelope.body.take());
        for (place, item) in load.into_iter().enumerate() {
            match (answers.remove(&place), &signature) {
                (Some(Response { status: 401, .. }), Some(signature)) if item.may_go_again() => {
                    signature.refuse();
                    lock(&self.queue).push_first(Item { was_refused: true, ..item });
                }
                (Some(answer), _) => item.tell(Ok(answer)),
                (None, _) => item.miss(&envelope),
            }
        }
    }

    pub(super) async fn exchange(
        &self,
        request: Result<http::Request<Bytes>, http::Error>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let request = request.map_err(TransportError::malformed)?;
        self.inner.clone().oneshot(request).await
    }
}

/// One slot's work: step back once, so that those who ask at the same moment are there; go; make room for the next. A slot
/// that finds nobody left is given back at once.
async fn carry<S: Below>(shared: Arc<Shared<S>>) {
    let slot = Slot(shared.clone());
    yield_now().await;
    let load = lock(&shared.queue).take_load();
    // A panic, already told by the hook, must not strand those who wait for the slot.
    let _ = AssertUnwindSafe(shared.send(load)).catch_unwind().await;
    drop(slot);
    shared.start();
}

impl Item {
    /// The item, if its caller waits for it still; one whose time is over is told so.
    fn in_time(self) -> Option<Self> {
        if Instant::now() < self.deadline {
            return (!self.reply.is_closed()).then_some(self);
        }
        self.end(Err(Error::unreachable("not sent: its time was over before its turn came", None)));
        None
    }

    fn may_go_again(&self) -> bool {
        !self.was_refused && Instant::now() < self.deadline
    }

    fn tell(self, answer: Result<Response, TransportError>) {
        let answer = answer.map_err(|error| error.means_for(&self.call.request));
        self.end(answer);
    }

    fn miss(self, envelope: &Response) {
        let lost = TransportError::lost("the envelope came back without this item");
        let error = lost.means_for(&self.call.request).in_answer(envelope);
        self.end(Err(error));
    }

    fn end(self, answer: Result<Response, Error>) {
        // A caller that has gone away does not want to know.
        let _ = self.reply.send(answer);
    }
}
