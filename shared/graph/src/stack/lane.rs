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

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tracing::info;

use super::bucket::Bucket;
use super::cost::{TenantSize, Workload, units};
use crate::call::{Call, Priority};
use crate::lock;
use crate::response::Response;

/// A lane of its own for each workload; clones are the same lane.
#[derive(Clone, Debug)]
pub(super) struct Lane(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    workload: Workload,
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

/// Those of one rank, and what they cost together; some may have gone away.
#[derive(Debug, Default)]
struct Queue {
    waiters: VecDeque<Waiter>,
    cost: f64,
}

#[derive(Debug)]
struct Waiter {
    cost: f64,
    deadline: Instant,
    go: oneshot::Sender<()>,
}

/// Leave to pass, and what was paid for it.
#[derive(Debug)]
pub(super) struct Pass {
    cost: f64,
    at: Instant,
}

impl Lane {
    pub(super) fn new(workload: Workload, size: TenantSize) -> Self {
        Self(Arc::new(Mutex::new(State {
            workload,
            units: workload.quota(size).map(Bucket::new),
            writes: workload.writes().map(Bucket::new),
            open_from: Instant::now(),
            strikes: 0,
            slowed_at: None,
            queues: Default::default(),
            is_served: false,
        })))
    }

    /// Waits until the call may go; or says at once, or when its patience is over after all, how much longer it would
    /// take.
    pub(super) async fn enter(&self, call: &Call) -> Result<Pass, Duration> {
        let (cost, rank, begun) = (units(&call.request), rank(call), Instant::now());
        let turn = self.queue(rank, cost, call.patience)?;
        let went = timeout(call.patience, turn).await;
        call.tally.add_wait(begun.elapsed());
        match went {
            Ok(Ok(())) => Ok(Pass { cost, at: Instant::now() }),
            _ => Err(self.wait_after_all(rank, cost)),
        }
    }

    fn queue(&self, rank: usize, cost: f64, patience: Duration) -> Result<oneshot::Receiver<()>, Duration> {
        let mut state = lock(&self.0);
        // Those who went away are counted only until it matters.
        if state.wait_of(rank, cost) > patience {
            state.forget_the_gone();
        }
        let wait = state.wait_of(rank, cost);
        if wait > patience {
            return Err(wait);
        }
        let (go, turn) = oneshot::channel();
        let deadline = Instant::now() + patience;
        state.queues[rank].push(Waiter { cost, deadline, go });
        state.serve();
        if !state.is_empty() && !state.is_served {
            state.is_served = true;
            tokio::spawn(self.clone().serve());
        }
        Ok(turn)
    }

    /// What is still to wait for somebody who was overtaken, or met with a slow-down.
    fn wait_after_all(&self, rank: usize, cost: f64) -> Duration {
        let mut state = lock(&self.0);
        state.forget_the_gone();
        state.wait_of(rank, cost).max(Duration::from_secs(1))
    }

    /// Lets the queue through as it may go, until it is empty.
    async fn serve(self) {
        loop {
            let wait = {
                let mut state = lock(&self.0);
                state.serve();
                state.is_served = !state.is_empty();
                if !state.is_served {
                    return;
                }
                state.wait()
            };
            sleep(wait).await;
        }
    }

    /// Learns from an answer.
    pub(super) fn heed(&self, pass: &Pass, response: &Response) {
        lock(&self.0).heed(pass, response);
    }
}

fn rank(call: &Call) -> usize {
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
        self.cost += waiter.cost;
        self.waiters.push_back(waiter);
    }

    fn pop(&mut self) -> Option<Waiter> {
        let waiter = self.waiters.pop_front()?;
        self.cost -= waiter.cost;
        Some(waiter)
    }

    fn retain(&mut self, stays: impl Fn(&Waiter) -> bool) {
        self.waiters.retain(stays);
        self.cost = self.waiters.iter().map(|waiter| waiter.cost).sum();
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
    fn wait_of(&mut self, rank: usize, cost: f64) -> Duration {
        let Self { units, writes: quota, queues, .. } = self;
        let (mut cost_ahead, mut writes_ahead) = (0.0, 0.0);
        for (other, queue) in queues[..=rank].iter().enumerate() {
            // Writes that wait for their own quota hold up no read.
            if writes(rank) || !writes(other) || quota.is_none() {
                cost_ahead += queue.cost;
            }
            if writes(other) {
                writes_ahead += queue.waiters.len() as f64;
            }
        }
        let for_units = wait_behind(units, cost_ahead, cost);
        let for_writes = if writes(rank) { wait_behind(quota, writes_ahead, 1.0) } else { Duration::ZERO };
        self.closed_for().max(for_units).max(for_writes)
    }

    fn forget_the_gone(&mut self) {
        for queue in &mut self.queues {
            queue.retain(|waiter| !waiter.go.is_closed());
        }
    }

    fn serve(&mut self) {
        if self.closed_for().is_zero() {
            while self.serve_one() {}
        }
    }

    /// Lets the first one through that may go, if any.
    fn serve_one(&mut self) -> bool {
        for rank in 0..self.queues.len() {
            let Some(Waiter { cost, .. }) = self.queues[rank].waiters.front() else { continue };
            let cost = *cost;
            if !wait(&mut self.units, cost).is_zero() {
                // Nobody of a lower rank slips past with a smaller cost.
                return false;
            }
            if writes(rank) && !wait(&mut self.writes, 1.0).is_zero() {
                continue;
            }
            self.admit(rank, cost);
            return true;
        }
        false
    }

    /// Only who is still there pays.
    fn admit(&mut self, rank: usize, cost: f64) {
        let went = self.queues[rank].pop().is_some_and(|waiter| waiter.go.send(()).is_ok());
        if went {
            pay(&mut self.units, cost);
            pay(&mut self.writes, f64::from(u8::from(writes(rank))));
        }
    }

    /// How long until somebody in the queue may go.
    fn wait(&mut self) -> Duration {
        let Self { units, writes: quota, queues, .. } = self;
        let first =
            queues.iter().enumerate().filter_map(|(rank, queue)| Some((rank, queue.waiters.front()?)));
        let soonest = first
            .map(|(rank, waiter)| match writes(rank) {
                true => wait(units, waiter.cost).max(wait(quota, 1.0)),
                false => wait(units, waiter.cost),
            })
            .min();
        self.closed_for().max(soonest.unwrap_or_default()).max(Duration::from_millis(1))
    }

    fn heed(&mut self, pass: &Pass, response: &Response) {
        if let (Workload::Directory, Some(actual)) = (self.workload, response.resource_units()) {
            pay(&mut self.units, actual - pass.cost);
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
                workload = ?self.workload,
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
