//! How many calls may be on their way at once, where a service is limited by that and not by a quota.

use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// A number of slots.
#[derive(Debug)]
pub(super) struct Room {
    slots: Arc<Semaphore>,
    freed: Arc<Notify>,
}

impl Room {
    /// So many slots; `freed` is told whenever one is given back.
    pub(super) fn of(slots: usize, freed: Arc<Notify>) -> Self {
        Self { slots: Arc::new(Semaphore::new(slots)), freed }
    }

    pub(super) fn is_full(&self) -> bool {
        self.slots.available_permits() == 0
    }

    /// Takes a slot; look first whether there is one.
    pub(super) fn take(&self) -> Slot {
        Slot { permit: self.slots.clone().try_acquire_owned().ok(), freed: self.freed.clone() }
    }
}

/// Leave to be on the way, until it is dropped, however that comes about. Dropping it takes no lock of a lane's.
#[derive(Debug)]
pub(super) struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    freed: Arc<Notify>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.freed.notify_one();
    }
}
