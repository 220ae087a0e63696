//! A token bucket that stays below a quota, whichever way the service looks at it.
//!
//! A quota of `units` in `window` may be a bucket or a window on Microsoft's side, and a window may begin anywhere. In any
//! `window` this bucket lets through at most what it holds when full and what flows in meanwhile, so both together are
//! kept at 80 % of the quota.
//!
//! The *pace* steers the inflow: it falls by a factor when the service complains, and recovers in small steps (additive
//! increase, multiplicative decrease).

use std::time::Duration;

use tokio::time::Instant;

/// The part of a quota that is used.
const USED: f64 = 0.8;
/// The pace never falls below this.
const SLOWEST: f64 = 0.1;
/// What the pace regains in a second: from half to full in 50 s.
const RECOVERY: f64 = 0.01;

/// What may be used of a service, and how much of it at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quota {
    burst: f64,
    per_second: f64,
}

impl Quota {
    /// `units` in each `window`, of which `burst` may be used at once.
    pub(super) fn new(units: f64, window: Duration, burst: f64) -> Self {
        Self { burst, per_second: (units * USED - burst) / window.as_secs_f64() }
    }
}

#[derive(Debug)]
pub(super) struct Bucket {
    quota: Quota,
    level: f64,
    pace: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn new(quota: Quota) -> Self {
        Self { quota, level: quota.burst, pace: 1.0, at: Instant::now() }
    }

    /// How long until `cost` can be paid; a cost above the burst is let through from a full bucket.
    pub(super) fn wait(&mut self, cost: f64) -> Duration {
        self.wait_behind(0.0, cost)
    }

    /// The same for somebody who goes after others, who will pay this much `ahead`.
    pub(super) fn wait_behind(&mut self, ahead: f64, cost: f64) -> Duration {
        self.refill();
        let missing = ahead + cost.min(self.quota.burst) - self.level;
        if missing <= 0.0 {
            return Duration::ZERO;
        }
        // Rounded up to what the timer can tell apart.
        Duration::from_secs_f64(self.seconds_for(missing)) + Duration::from_millis(1)
    }

    /// How long until so many units have flowed in, which is the faster the longer it takes while the pace recovers.
    fn seconds_for(&self, units: f64) -> f64 {
        let at_full = units / self.quota.per_second;
        let slow_for = (1.0 - self.pace) / RECOVERY;
        let meanwhile = slow_for * (1.0 + self.pace) / 2.0;
        if at_full >= meanwhile {
            return slow_for + at_full - meanwhile;
        }
        ((self.pace * self.pace + 2.0 * RECOVERY * at_full).sqrt() - self.pace) / RECOVERY
    }

    /// Pays; a correction may be negative, and may leave a debt.
    pub(super) fn pay(&mut self, cost: f64) {
        self.level = (self.level - cost).min(self.quota.burst);
    }

    pub(super) fn slow_down(&mut self, factor: f64) {
        self.refill();
        self.pace = (self.pace * factor).max(SLOWEST);
    }

    fn refill(&mut self) {
        let elapsed = self.at.elapsed().as_secs_f64();
        self.at = Instant::now();
        let slow_for = ((1.0 - self.pace) / RECOVERY).min(elapsed);
        let recovered = (self.pace + slow_for * RECOVERY).min(1.0);
        let at_full = slow_for * (self.pace + recovered) / 2.0 + (elapsed - slow_for);
        self.pace = recovered;
        self.level = (self.level + at_full * self.quota.per_second).min(self.quota.burst);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;

    fn bucket() -> Bucket {
        Bucket::new(Quota::new(100.0, Duration::from_secs(10), 10.0))
    }

    /// How many units a greedy caller gets in `time`.
    async fn greedy(bucket: &mut Bucket, time: Duration) -> u32 {
        let end = Instant::now() + time;
        let mut units = 0;
        loop {
            let wait = bucket.wait(1.0);
            if Instant::now() + wait >= end {
                advance(end - Instant::now()).await;
                return units;
            }
            sleep(wait).await;
            if bucket.wait(1.0).is_zero() {
                bucket.pay(1.0);
                units += 1;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bucket_and_the_inflow_together_stay_at_80_percent() {
        let mut bucket = bucket();
        let first = greedy(&mut bucket, Duration::from_secs(10)).await;
        assert!((75..=80).contains(&first), "{first}");
        let second = greedy(&mut bucket, Duration::from_secs(10)).await;
        assert!((65..=70).contains(&second), "the burst is spent, so it is the inflow alone: {second}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slowed_bucket_recovers_in_small_steps() {
        let mut bucket = bucket();
        bucket.pay(10.0);
        let full = bucket.wait(1.0);
        bucket.slow_down(0.5);
        let slow = bucket.wait(1.0);
        assert!(slow >= full * 19 / 10, "{slow:?} after {full:?}");
        advance(Duration::from_secs(60)).await;
        bucket.wait(1.0);
        bucket.pay(10.0);
        assert_eq!(bucket.wait(1.0), full);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_was_told_is_the_one_it_takes_also_while_the_pace_recovers() {
        for factor in [1.0, 0.5, 0.1] {
            for ahead in [1.0, 90.0, 9_000.0] {
                let mut bucket = bucket();
                bucket.slow_down(factor);
                let told = bucket.wait_behind(ahead, 20.0);
                bucket.pay(ahead);
                advance(told - Duration::from_millis(2)).await;
                assert!(!bucket.wait(20.0).is_zero(), "{factor} {ahead}: {told:?} is too long");
                advance(Duration::from_millis(2)).await;
                assert!(bucket.wait(20.0).is_zero(), "{factor} {ahead}: {told:?} is too short");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_pace_never_falls_to_nothing() {
        let mut bucket = bucket();
        bucket.pay(10.0);
        let full = bucket.wait(1.0);
        (0..100).for_each(|_| bucket.slow_down(0.5));
        assert!(bucket.wait(1.0) <= full * 10);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_dearer_than_thought_is_paid_later() {
        let mut bucket = bucket();
        bucket.pay(10.0);
        bucket.pay(7.0);
        assert!(bucket.wait(1.0) > Duration::from_secs(1), "7 units a second flow in");
    }

    #[tokio::test(start_paused = true)]
    async fn a_cost_above_the_burst_passes_when_the_bucket_is_full() {
        let mut bucket = bucket();
        assert_eq!(bucket.wait(1_000.0), Duration::ZERO);
    }
}
