//! Who has asked too much: a bucket of resource units and a bucket of writes for each application.
//!
//! Source: "Microsoft Graph service-specific throttling limits", identity and access.

use std::collections::HashMap;

use uuid::Uuid;

use crate::options::Quota;
use crate::refusal::Refusal;

const WRITES: f64 = 3_000.0;
const WRITES_MS: f64 = 150_000.0;
const UNITS_MS: f64 = 10_000.0;
const SIGN_INS: f64 = 10.0;
const SIGN_INS_MS: f64 = 60_000.0;
/// What a vault answers within ten seconds ("Azure Key Vault service limits").
const VAULT: f64 = 4_000.0;
const KEYS: f64 = 150.0;
const KEYS_MS: f64 = 60_000.0;

/// A bucket that fills again at an even pace.
#[derive(Debug)]
struct Bucket {
    capacity: f64,
    per_ms: f64,
    left: f64,
    at_ms: i64,
}

impl Bucket {
    fn new(capacity: f64, window_ms: f64, now_ms: i64) -> Self {
        Self { capacity, per_ms: capacity / window_ms, left: capacity, at_ms: now_ms }
    }

    fn refill(&mut self, now_ms: i64) {
        let gained = (now_ms - self.at_ms).max(0) as f64 * self.per_ms;
        self.left = (self.left + gained).min(self.capacity);
        self.at_ms = now_ms;
    }

    /// Milliseconds until there is enough; zero when there is.
    fn wait_ms(&self, cost: f64) -> f64 {
        ((cost - self.left) / self.per_ms).max(0.0)
    }

    /// Takes one, or refuses.
    fn take(&mut self, now_ms: i64) -> Result<(), Refusal> {
        self.refill(now_ms);
        match self.wait_ms(1.0) {
            wait if wait > 0.0 => Err(later(wait)),
            _ => {
                self.left -= 1.0;
                Ok(())
            }
        }
    }

    /// The share that is used up.
    fn used(&self) -> f64 {
        1.0 - self.left / self.capacity
    }
}

/// What throttling says about a request that may go ahead.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Passed {
    /// The share of the quota that is used up, where that is more than four fifths.
    pub(crate) percentage: Option<f64>,
}

/// Buckets by application.
#[derive(Debug)]
pub(crate) struct Throttle {
    quota: Quota,
    buckets: HashMap<Uuid, (Bucket, Bucket)>,
    sign_ins: HashMap<Uuid, Bucket>,
    vaults: HashMap<String, Bucket>,
    /// Of the whole tenant.
    keys: Option<Bucket>,
}

impl Throttle {
    pub(crate) fn new(quota: Quota) -> Self {
        Self { quota, buckets: HashMap::new(), sign_ins: HashMap::new(), vaults: HashMap::new(), keys: None }
    }

    /// Takes the cost of a request, or refuses it and takes nothing.
    pub(crate) fn charge(
        &mut self,
        app: Uuid,
        tenant: Uuid,
        cost: u32,
        write: bool,
        now_ms: i64,
    ) -> Result<Passed, Refusal> {
        let Some(units) = self.quota.units() else { return Ok(Passed::default()) };
        let (reads, writes) = self.buckets.entry(app).or_insert_with(|| {
            (Bucket::new(f64::from(units), UNITS_MS, now_ms), Bucket::new(WRITES, WRITES_MS, now_ms))
        });
        reads.refill(now_ms);
        writes.refill(now_ms);
        let wait = reads.wait_ms(f64::from(cost));
        if wait > 0.0 {
            return Err(throttled(wait, "ReadWrite", "ResourceUnitLimitExceeded", app, tenant));
        }
        let wait = if write { writes.wait_ms(1.0) } else { 0.0 };
        if wait > 0.0 {
            return Err(throttled(wait, "Write", "WriteLimitExceeded", app, tenant));
        }
        reads.left -= f64::from(cost);
        writes.left -= f64::from(u8::from(write));
        let used = if write { reads.used().max(writes.used()) } else { reads.used() };
        Ok(Passed { percentage: (used >= 0.8).then_some(used) })
    }

    /// Counts a read of when people signed in, which another service than the directory answers: ten a minute.
    pub(crate) fn charge_sign_ins(&mut self, app: Uuid, now_ms: i64) -> Result<(), Refusal> {
        if self.quota == Quota::None {
            return Ok(());
        }
        let new = || Bucket::new(SIGN_INS, SIGN_INS_MS, now_ms);
        self.sign_ins.entry(app).or_insert_with(new).take(now_ms)
    }

    /// Counts a read that selects the keys of applications, whoever asks: 150 a minute.
    pub(crate) fn charge_keys(&mut self, now_ms: i64) -> Result<(), Refusal> {
        if self.quota == Quota::None {
            return Ok(());
        }
        self.keys.get_or_insert_with(|| Bucket::new(KEYS, KEYS_MS, now_ms)).take(now_ms)
    }

    /// Counts a request to a vault, or tells how many milliseconds it has to wait.
    pub(crate) fn charge_vault(&mut self, vault: &str, weight: u32, now_ms: i64) -> Result<(), f64> {
        if self.quota == Quota::None {
            return Ok(());
        }
        let new = || Bucket::new(VAULT, UNITS_MS, now_ms);
        let bucket = self.vaults.entry(vault.to_owned()).or_insert_with(new);
        bucket.refill(now_ms);
        match bucket.wait_ms(f64::from(weight)) {
            wait if wait > 0.0 => Err(wait),
            _ => {
                bucket.left -= f64::from(weight);
                Ok(())
            }
        }
    }
}

fn later(wait_ms: f64) -> Refusal {
    let seconds = (wait_ms / 1000.0).ceil().max(1.0);
    Refusal::new(429, "TooManyRequests", "Please retry again later.").after(seconds.to_string())
}

fn throttled(wait_ms: f64, kind: &str, why: &str, app: Uuid, tenant: Uuid) -> Refusal {
    let mut refusal = later(wait_ms);
    refusal.headers.push(("x-ms-throttle-scope", format!("Tenant_Application/{kind}/{app}/{tenant}")));
    refusal.headers.push(("x-ms-throttle-information", why.to_owned()));
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_bucket_refuses_and_fills_again() {
        let mut throttle = Throttle::new(Quota::S);
        let mut charge = |cost, at| throttle.charge(Uuid::nil(), Uuid::nil(), cost, false, at);
        assert!(charge(2_000, 0).is_ok());
        let share = charge(1_000, 0).unwrap().percentage.unwrap();
        assert!((0.85..0.86).contains(&share), "{share}");
        let refusal = charge(1_000, 0).unwrap_err();
        assert_eq!(refusal.status, 429);
        assert!(refusal.headers.contains(&("Retry-After", "2".into())));
        assert!(charge(1_000, 2_000).is_ok());
    }

    #[test]
    fn writes_have_a_bucket_of_their_own() {
        let mut throttle = Throttle::new(Quota::L);
        for _ in 0..3_000 {
            throttle.charge(Uuid::nil(), Uuid::nil(), 1, true, 0).unwrap();
        }
        let refusal = throttle.charge(Uuid::nil(), Uuid::nil(), 1, true, 0).unwrap_err();
        assert!(refusal.headers.contains(&("x-ms-throttle-information", "WriteLimitExceeded".into())));
    }
}
