//! The one place where time comes from.
//!
//! Lag, token lifetimes, quotas and every date in an answer hang on this clock, so that a test that stops it
//! stops all of them. It keeps an offset on top of its source, which is how time is moved by hand.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::options::Clock;

/// Where [`Clock::Virtual`] and [`Clock::Tokio`] begin: 2 March 2026, 08:00 UTC, a Monday morning.
const BEGIN_MS: i64 = 1_772_438_400_000;

/// A clock that can be moved forward by hand.
#[derive(Debug)]
pub(crate) struct Timekeeper {
    clock: Clock,
    started: tokio::time::Instant,
    offset_ms: AtomicI64,
}

impl Timekeeper {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, started: tokio::time::Instant::now(), offset_ms: AtomicI64::new(0) }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.source_ms() + self.offset_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
        self.offset_ms.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, to_ms: i64) {
        self.offset_ms.store(to_ms - self.source_ms(), Ordering::Relaxed);
    }

    fn source_ms(&self) -> i64 {
        match self.clock {
            Clock::Real => Timestamp::now().as_millisecond(),
            Clock::Virtual => BEGIN_MS,
            Clock::Tokio => BEGIN_MS + i64::try_from(self.started.elapsed().as_millis()).unwrap_or(0),
        }
    }
}

/// `2026-03-02T08:00:00Z`: how the directory writes a date.
pub(crate) fn written(ms: i64) -> String {
    let seconds = Timestamp::from_millisecond(ms).unwrap_or_default();
    seconds.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The same without a zone, as `innerError.date` has it.
pub(crate) fn written_without_zone(ms: i64) -> String {
    let mut text = written(ms);
    text.pop();
    text
}

/// `2026-03-02T08:00:00.250Z`: to the millisecond, where it is about how long something took.
pub(crate) fn written_exactly(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A moment that is to be written in some other way.
pub(crate) fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// Reads a date with a zone, in milliseconds since 1970.
pub(crate) fn read(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(|moment| moment.as_millisecond())
}
