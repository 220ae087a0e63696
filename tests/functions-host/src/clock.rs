//! The time of day, as the host sees it.
//!
//! Waiting is always tokio's, so that paused time works; only the *date* comes from here: schedules, queue
//! messages and log lines need to know what time it is, not merely how long something took.

use jiff::Timestamp;
use std::fmt::Debug;
use tokio::time::Instant;

/// Tells the time of day.
pub trait Clock: Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that starts at a chosen moment and then goes with tokio's time: under paused time a year of
/// schedules passes at once, and every test sees the same dates.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    epoch: Timestamp,
    started: Instant,
}

impl TokioClock {
    /// Shows `epoch` now.
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self { epoch, started: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        self.epoch.checked_add(self.started.elapsed()).unwrap_or(Timestamp::MAX)
    }
}
