//! A directory that has not caught up with itself.
//!
//! A change holds at once for the primary. Three replicas learn of it later, each after its own delay, and the
//! index behind advanced queries later still, so a good read can be followed by a 404 from a slower replica.
//! Source: "Designing for Eventual Consistency for Microsoft Entra" (Microsoft Entra identity blog) and the field.

use std::time::Duration;

use crate::ids::Chance;

/// From where somebody looks at the directory, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) from: From,
    pub(crate) now_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// Where writes are decided: always the truth.
    Primary,
    /// One of the three replicas that answer reads.
    Replica(usize),
    /// What advanced queries are answered from.
    Index,
}

const REPLICAS: usize = 3;

/// When a change becomes visible: to each replica, and to the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visible([i64; REPLICAS + 1]);

impl Visible {
    pub(crate) fn to(&self, view: View) -> bool {
        match view.from {
            From::Primary => true,
            From::Replica(number) => self.0[number % REPLICAS] <= view.now_ms,
            From::Index => self.0[REPLICAS] <= view.now_ms,
        }
    }

    pub(crate) fn everywhere(&self, now_ms: i64) -> bool {
        self.0.iter().all(|at| *at <= now_ms)
    }
}

/// Deals out delays.
#[derive(Debug)]
pub(crate) struct Lag {
    longest_ms: i64,
    chance: Chance,
}

impl Lag {
    pub(crate) fn new(longest: Duration) -> Self {
        Self { longest_ms: i64::try_from(longest.as_millis()).unwrap_or(0), chance: Chance::new(3) }
    }

    pub(crate) fn is_any(&self) -> bool {
        self.longest_ms > 0
    }

    /// `None` where changes are visible at once. The first replica is quick, the last takes up to the whole lag,
    /// the index up to half as long again.
    pub(crate) fn delays(&mut self, now_ms: i64) -> Option<Visible> {
        if self.longest_ms == 0 {
            return None;
        }
        let third = self.longest_ms / 3;
        let mut within = |from: i64, to: i64| {
            let span = u64::try_from(to - from).unwrap_or(0) + 1;
            now_ms + from + i64::try_from(self.chance.below(span)).unwrap_or(0)
        };
        let quick = within(third / 4, third);
        let middle = within(third, 2 * third);
        let slow = within(2 * third, self.longest_ms);
        Some(Visible([quick, middle, slow, within(self.longest_ms, self.longest_ms * 3 / 2)]))
    }
}

/// The replica that answers a request: three requests in a row meet all three, in an order that looks arbitrary.
pub(crate) fn replica_for(request: u64) -> usize {
    const ORDERS: [[usize; REPLICAS]; 6] = [[0, 1, 2], [2, 0, 1], [1, 2, 0], [0, 2, 1], [1, 0, 2], [2, 1, 0]];
    let (round, turn) = (request / REPLICAS as u64, request % REPLICAS as u64);
    let order = Chance::new(round).below(ORDERS.len() as u64);
    ORDERS[order as usize][turn as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_requests_in_a_row_meet_three_replicas() {
        for round in 0..20 {
            let mut met: Vec<usize> = (0..3).map(|turn| replica_for(round * 3 + turn)).collect();
            met.sort_unstable();
            assert_eq!(met, [0, 1, 2]);
        }
    }
}
