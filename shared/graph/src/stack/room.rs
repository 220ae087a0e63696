//! How many calls may be on their way at once, where a service is limited by that and not by a quota.

use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// A number of places.
#[derive(Debug)]
pub(super) struct Room {
    places: Arc<Semaphore>,
    freed: Arc<Notify>,
}

impl Room {
    /// So many places; `freed` is told whenever one is given back.
    pub(super) fn of(places: usize, freed: Arc<Notify>) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), freed }
    }

    pub(super) fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    /// Takes a place; look first whether there is one.
    pub(super) fn take(&self) -> Place {
        Place { permit: self.places.clone().try_acquire_owned().ok(), freed: self.freed.clone() }
    }
}

/// Somebody's place on the way, until it is dropped, however that comes about. Dropping it takes no lock of a lane's.
#[derive(Debug)]
pub(super) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    freed: Arc<Notify>,
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.freed.notify_one();
    }
}
