//! `maxOutstandingRequests` and `maxConcurrentRequests` of host.json: how many HTTP requests an app takes at once.

use crate::host_json::Throttle;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Admits requests; both bounds are off by default.
#[derive(Debug)]
pub(crate) struct Gate {
    outstanding: Option<Arc<Semaphore>>,
    concurrent: Option<Arc<Semaphore>>,
}

/// Held while a request is being answered.
#[derive(Debug)]
pub(crate) struct Ticket {
    _outstanding: Option<OwnedSemaphorePermit>,
    _concurrent: Option<OwnedSemaphorePermit>,
}

impl Gate {
    pub(crate) fn new(throttle: Throttle) -> Self {
        let semaphore = |bound: Option<usize>| bound.map(|bound| Arc::new(Semaphore::new(bound)));
        Self { outstanding: semaphore(throttle.outstanding), concurrent: semaphore(throttle.concurrent) }
    }

    /// Waits for a turn; `None` when too many are waiting already (429).
    pub(crate) async fn enter(&self) -> Option<Ticket> {
        let outstanding = match &self.outstanding {
            Some(gate) => Some(gate.clone().try_acquire_owned().ok()?),
            None => None,
        };
        let concurrent = match &self.concurrent {
            Some(gate) => Some(gate.clone().acquire_owned().await.ok()?),
            None => None,
        };
        Some(Ticket { _outstanding: outstanding, _concurrent: concurrent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[tokio::test]
    async fn requests_wait_their_turn_and_too_many_are_turned_away() {
        let gate = Gate::new(Throttle { outstanding: Some(2), concurrent: Some(1) });
        let first = gate.enter().await.unwrap();
        let mut second = Box::pin(gate.enter());
        assert!((&mut second).now_or_never().is_none(), "the second waits");
        assert!(gate.enter().await.is_none(), "the third is turned away");
        drop(first);
        assert!(second.await.is_some());
    }
}
