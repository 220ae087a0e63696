//! The gate of one workload: closed or open, paced, with its queue.
//!
//! Whoever fits is let through at once, without giving up its turn to run; the others wait in a queue that one small task
//! empties while there is somebody in it. Interactive calls go before bulk; of equals, writes before reads, since to
//! finish what is begun is worth more than to begin more. Writes have a quota of their own, and one that waits for it holds
//! up no read, so reads wait for as many writes as may go at once and no longer.
//!
//! A lane learns from answers: what a call really cost, that the quota runs short (`x-ms-throttle-limit-percentage` of 0.8
//! or more: slower by a fifth), and that it is used up (429, 509: half as fast, and closed). All answers to what was sent
//! before a slow-down count as one complaint.
//!
//! A service that publishes no quota has a lane without buckets, which limits how many calls are on their way at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout};
use tracing::info;

use super::ask::Ask;
use super::bucket::{Bucket, Quota};
use super::cost::{TenantSize, Workload};
use super::room::{Room, Slot};
use crate::call::{Call, Priority};
use crate::lock;
use crate::response::Response;

/// Nothing but a slot given back lets anybody through.
const UNTIL_TOLD: Duration = Duration::from_secs(3_600);

/// A lane of its own for each workload; clones are the same lane.
#[derive(Clone, Debug)]
pub struct Lane {
    state: Arc<Mutex<State>>,
    /// Told when a slot is given back.
    freed: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    name: String,
    /// Whether its units are the resource units that answers speak of.
    counts_units: bool,
    /// How many may be on their way at once, where that is limited.
    room: Option<Room>,
    units: Option<Bucket>,
    writes: Option<Bucket>,
    open_from: Instant,
    /// How often in a row it was closed without being told for how long.
    strikes: u32,
    slowed_at: Option<Instant>,
    /// By rank: interactive writes, interactive reads, bulk writes, bulk reads.
    queues: [Queue; 4],
    is_served: bool,
}

/// Those of one rank, some of whom may have gone away.
#[derive(Debug, Default)]
struct Queue {
    waiters: VecDeque<Waiter>,
    /// What they pay together.
    toll: Toll,
}

#[derive(Debug)]
struct Waiter {
    toll: Toll,
    deadline: Instant,
    go: oneshot::Sender<Option<Slot>>,
}

/// What somebody pays to pass.
#[derive(Clone, Copy, Debug, Default)]
struct Toll {
    units: f64,
    writes: f64,
}

impl Toll {
    fn of<R: Ask>(request: &R) -> Self {
        Self { units: request.cost(), writes: f64::from(request.writes()) }
    }

    fn and(self, other: Self) -> Self {
        Self { units: self.units + other.units, writes: self.writes + other.writes }
    }

    fn less(self, other: Self) -> Self {
        Self { units: self.units - other.units, writes: self.writes - other.writes }
    }
}

/// Leave to pass, and what was paid for it.
#[derive(Debug)]
pub(super) struct Pass {
    units: f64,
    at: Instant,
    slot: Option<Slot>,
}

impl Pass {
    /// Whether it takes up one of few places.
    pub(super) fn has_slot(&self) -> bool {
        self.slot.is_some()
    }
}

impl Lane {
    /// The lane of a workload of Microsoft Graph, paced by its quota.
    pub(super) fn of(workload: Workload, size: TenantSize) -> Self {
        let lane = Self::new(format!("{workload:?}"), workload.quota(size), workload.writes());
        lock(&lane.state).counts_units = workload == Workload::Directory;
        lane
    }

    /// A lane without a quota that anybody knows, and with at most `at_once` calls on their way.
    pub fn narrow(name: impl Into<String>, at_once: usize) -> Self {
        let lane = Self::new(name.into(), None, None);
        lock(&lane.state).room = Some(Room::of(at_once, lane.freed.clone()));
        lane
    }

    fn new(name: String, units: Option<Quota>, writes: Option<Quota>) -> Self {
        let state = State {
            name,
            counts_units: false,
            room: None,
            units: units.map(Bucket::new),
            writes: writes.map(Bucket::new),
            open_from: Instant::now(),
            strikes: 0,
            slowed_at: None,
            queues: Default::default(),
            is_served: false,
        };
        Self { state: Arc::new(Mutex::new(state)), freed: Arc::default() }
    }

    /// Waits until the call may go; or says at once, or when its patience is over after all, how much longer it would
    /// take. Whoever is in line stays there [for longer](super::Waits::turn), if the service has a line.
    pub(super) async fn enter<R: Ask>(&self, call: &Call<R>) -> Result<Pass, Duration> {
        let (toll, rank, begun) = (Toll::of(&call.request), rank(call), Instant::now());
        let longest = call.patience.max(R::WAITS.turn);
        let turn = self.queue(rank, toll, call.patience, longest)?;
        let went = timeout(longest, turn).await;
        call.tally.add_wait(begun.elapsed());
        match went {
            Ok(Ok(slot)) => Ok(Pass { units: toll.units, at: Instant::now(), slot }),
            _ => Err(self.wait_after_all(rank, toll)),
        }
    }

    fn queue(
        &self,
        rank: usize,
        toll: Toll,
        patience: Duration,
        longest: Duration,
    ) -> Result<oneshot::Receiver<Option<Slot>>, Duration> {
        let mut state = lock(&self.state);
        // Those who went away are counted only until it matters.
        if state.wait_of(rank, toll) > patience {
            state.forget_the_gone();
        }
        let wait = state.wait_of(rank, toll);
        if wait > patience {
            return Err(wait);
        }
        let (go, turn) = oneshot::channel();
        let deadline = Instant::now() + longest;
        state.queues[rank].push(Waiter { toll, deadline, go });
        state.serve();
        if !state.is_empty() && !state.is_served {
            state.is_served = true;
            tokio::spawn(self.clone().serve());
        }
        Ok(turn)
    }

    /// What is still to wait for somebody who was overtaken, or met with a slow-down.
    fn wait_after_all(&self, rank: usize, toll: Toll) -> Duration {
        let mut state = lock(&self.state);
        state.forget_the_gone();
        state.wait_of(rank, toll).max(Duration::from_secs(1))
    }

    /// Lets the queue through as it may go, until it is empty.
    async fn serve(self) {
        loop {
            let wait = {
                let mut state = lock(&self.state);
                state.serve();
                state.is_served = !state.is_empty();
                if !state.is_served {
                    return;
                }
                state.wait()
            };
            // Whatever comes first: its time, or a slot.
            let _ = timeout(wait, self.freed.notified()).await;
        }
    }

    /// Learns from an answer.
    pub(super) fn heed(&self, pass: &Pass, response: &Response) {
        lock(&self.state).heed(pass, response);
    }
}

fn rank<R: Ask>(call: &Call<R>) -> usize {
    let class = match call.priority {
        Priority::Interactive => 0,
        Priority::Bulk => 2,
    };
    class + usize::from(call.request.is_safe())
}

fn writes(rank: usize) -> bool {
    rank.is_multiple_of(2)
}

impl Queue {
    fn push(&mut self, waiter: Waiter) {
        self.toll = self.toll.and(waiter.toll);
        self.waiters.push_back(waiter);
    }

    fn pop(&mut self) -> Option<Waiter> {
        let waiter = self.waiters.pop_front()?;
        self.toll = self.toll.less(waiter.toll);
        Some(waiter)
    }

    fn retain(&mut self, stays: impl Fn(&Waiter) -> bool) {
        self.waiters.retain(stays);
        self.toll = self.waiters.iter().fold(Toll::default(), |sum, waiter| sum.and(waiter.toll));
    }
}

impl State {
    fn closed_for(&self) -> Duration {
        self.open_from.saturating_duration_since(Instant::now())
    }

    fn is_empty(&self) -> bool {
        self.queues.iter().all(|queue| queue.waiters.is_empty())
    }

    /// How long somebody who comes now would have to wait behind those who go first, as far as can be told: others may
    /// come that go before, and answers may close the lane or slow it down.
    fn wait_of(&mut self, rank: usize, toll: Toll) -> Duration {
        let Self { units, writes: quota, queues, .. } = self;
        let mut ahead = Toll::default();
        for (other, queue) in queues[..=rank].iter().enumerate() {
            // Writes that wait for their own quota hold up no read.
            let holds_up = writes(rank) || !writes(other) || quota.is_none();
            let units = if holds_up { queue.toll.units } else { 0.0 };
            ahead = ahead.and(Toll { units, ..queue.toll });
        }
        let for_units = wait_behind(units, ahead.units, toll.units);
        let for_writes =
            if writes(rank) { wait_behind(quota, ahead.writes, toll.writes) } else { Duration::ZERO };
        self.closed_for().max(for_units).max(for_writes)
    }

    fn forget_the_gone(&mut self) {
        for queue in &mut self.queues {
            queue.retain(|waiter| !waiter.go.is_closed());
        }
    }

    fn is_full(&self) -> bool {
        self.room.as_ref().is_some_and(Room::is_full)
    }

    fn serve(&mut self) {
        if self.closed_for().is_zero() {
            while !self.is_full() && self.serve_one() {}
        }
    }

    /// Lets the first one through that may go, if any.
    fn serve_one(&mut self) -> bool {
        for rank in 0..self.queues.len() {
            let Some(&Waiter { toll, .. }) = self.queues[rank].waiters.front() else { continue };
            if !wait(&mut self.units, toll.units).is_zero() {
                // Nobody of a lower rank slips past with a smaller cost.
                return false;
            }
            if writes(rank) && !wait(&mut self.writes, toll.writes).is_zero() {
                continue;
            }
            self.admit(rank);
            return true;
        }
        false
    }

    /// Only who is still there pays.
    fn admit(&mut self, rank: usize) {
        let Some(Waiter { toll, go, .. }) = self.queues[rank].pop() else { return };
        let slot = self.room.as_ref().map(Room::take);
        if go.send(slot).is_ok() {
            pay(&mut self.units, toll.units);
            pay(&mut self.writes, toll.writes);
        }
    }

    /// How long until somebody in the queue may go.
    fn wait(&mut self) -> Duration {
        if self.is_full() {
            return UNTIL_TOLD;
        }
        let Self { units, writes: quota, queues, .. } = self;
        let first =
            queues.iter().enumerate().filter_map(|(rank, queue)| Some((rank, queue.waiters.front()?)));
        let soonest = first
            .map(|(rank, waiter)| match writes(rank) {
                true => wait(units, waiter.toll.units).max(wait(quota, waiter.toll.writes)),
                false => wait(units, waiter.toll.units),
            })
            .min();
        self.closed_for().max(soonest.unwrap_or_default()).max(Duration::from_millis(1))
    }

    fn heed(&mut self, pass: &Pass, response: &Response) {
        if let (true, Some(actual)) = (self.counts_units, response.resource_units()) {
            pay(&mut self.units, actual - pass.units);
        }
        // What was sent before the last slow-down says nothing about whether it was enough.
        let is_news = self.slowed_at.is_none_or(|at| pass.at > at);
        match (response.status, response.retry_after()) {
            (429 | 503 | 509, Some(asked)) => self.close(asked, response.status, is_news),
            (429 | 509, None) if is_news => {
                let wait = Duration::from_secs(1 << self.strikes.min(5));
                self.strikes += 1;
                self.close(wait, response.status, is_news);
            }
            (429 | 503 | 509, None) => {}
            _ if is_news && response.limit_percentage().is_some_and(|share| share >= 0.8) => {
                self.slow_down(0.8)
            }
            _ => self.strikes = 0,
        }
    }

    fn close(&mut self, wait: Duration, status: u16, is_news: bool) {
        if self.closed_for().is_zero() && !wait.is_zero() {
            info!(
                name: "gate.closed",
                workload = self.name,
                seconds = wait.as_secs_f64(),
                "the gate closed"
            );
        }
        self.open_from = self.open_from.max(Instant::now() + wait);
        if is_news && status != 503 {
            self.slow_down(0.5);
        }
        let open_from = self.open_from;
        for queue in &mut self.queues {
            // Whoever cannot wait that long is told now.
            queue.retain(|waiter| waiter.deadline >= open_from);
        }
    }

    fn slow_down(&mut self, factor: f64) {
        self.slowed_at = Some(Instant::now());
        for bucket in [&mut self.units, &mut self.writes].into_iter().flatten() {
            bucket.slow_down(factor);
        }
    }
}

/// A quota that nobody knows holds up nobody.
fn wait(bucket: &mut Option<Bucket>, cost: f64) -> Duration {
    bucket.as_mut().map_or(Duration::ZERO, |bucket| bucket.wait(cost))
}

fn wait_behind(bucket: &mut Option<Bucket>, ahead: f64, cost: f64) -> Duration {
    bucket.as_mut().map_or(Duration::ZERO, |bucket| bucket.wait_behind(ahead, cost))
}

fn pay(bucket: &mut Option<Bucket>, cost: f64) {
    if let Some(bucket) = bucket {
        bucket.pay(cost);
    }
}
