//! One logical request on its way down the stack.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

use crate::request::Request;

/// Who is waiting: decides who goes first when there is not enough for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// A person or a flow waits for the answer. Told to Graph by saying nothing: its default is `Normal`.
    #[default]
    Interactive,
    /// One of many, nobody watches: told to Graph as `x-ms-throttle-priority: Low`.
    Bulk,
}

/// A request, with what the stack must know beyond it. Unless it is told otherwise it is one to Microsoft Graph.
#[derive(Clone, Debug)]
pub struct Call<R = Request> {
    /// What is asked.
    pub request: R,
    /// Sent as `client-request-id`, the same for every attempt, so that a support case finds them all.
    pub id: Uuid,
    /// Who is waiting.
    pub priority: Priority,
    /// How long it may take in all: it waits no longer, wherever it waits, and is not tried again after that. An attempt
    /// on its way is never cut short for it, so its answer may come later; nor does [standing in line](crate::stack::Waits)
    /// for a service that takes few at once count.
    pub patience: Duration,
    /// What it took so far.
    pub tally: Tally,
}

impl Call {
    /// How long a call may take unless it is told otherwise: half of what a flow or Logic Apps waits for us.
    pub const PATIENCE: Duration = Duration::from_secs(60);
}

impl<R> Call<R> {
    /// A call that somebody waits for.
    pub fn new(request: R) -> Self {
        Self {
            request,
            id: Uuid::new_v4(),
            priority: Priority::default(),
            patience: Call::PATIENCE,
            tally: Tally::default(),
        }
    }
}

/// What a call took, written by the layers and read by `trace`. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    attempts: AtomicU32,
    waited_ms: AtomicU64,
}

impl Tally {
    /// How often it was tried.
    pub fn attempts(&self) -> u32 {
        self.0.attempts.load(Ordering::Relaxed)
    }

    /// How long it was held back on our side, between attempts and at the gate.
    pub fn waited(&self) -> Duration {
        Duration::from_millis(self.0.waited_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn add_attempt(&self) {
        self.0.attempts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_wait(&self, wait: Duration) {
        self.0.waited_ms.fetch_add(millis(wait), Ordering::Relaxed);
    }
}

/// As it is counted and logged.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
