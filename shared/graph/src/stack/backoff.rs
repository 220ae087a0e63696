//! How long to wait when nobody says how long.

use std::time::Duration;

use uuid::Uuid;

/// Doubling waits, each shortened at random by up to half, so that those who failed together do not return together.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    next: Duration,
    most: Duration,
}

impl Backoff {
    /// Waits from the shortest to the longest.
    pub(super) fn new((next, most): (Duration, Duration)) -> Self {
        Self { next, most }
    }

    pub(super) fn wait(&mut self) -> Duration {
        let full = self.next;
        self.next = (full * 2).min(self.most);
        full.mul_f64(1.0 - chance() / 2.0)
    }
}

/// Evenly between 0 and 1.
fn chance() -> f64 {
    f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_are_shortened_by_half_at_worst() {
        let mut backoff = Backoff::new((Duration::from_millis(500), Duration::from_secs(5)));
        for full in [500, 1000, 2000, 4000, 5000, 5000] {
            let full = Duration::from_millis(full);
            let wait = backoff.wait();
            assert!(wait >= full / 2 && wait <= full, "{wait:?} for {full:?}");
        }
    }
}
