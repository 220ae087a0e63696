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
    queues: [VecDeque<Waiter>; 4],
    is_served: bool,
}

#[derive(Debug)]
struct Waiter {
    cost: f64,
    writes: bool,
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
        let (cost, writes) = (units(&call.request), !call.request.is_safe());
        let (begun, rank) = (Instant::now(), rank(call.priority, writes));
        let turn = self.queue(call, rank, cost)?;
        let went = timeout(call.patience, turn).await;
        call.tally.add_wait(begun.elapsed());
        match went {
            Ok(Ok(())) => Ok(Pass { cost, at: Instant::now() }),
            _ => Err(lock(&self.0).wait_of(rank, cost, writes).max(Duration::from_secs(1))),
        }
    }

    fn queue(&self, call: &Call, rank: usize, cost: f64) -> Result<oneshot::Receiver<()>, Duration> {
        let mut state = lock(&self.0);
        let writes = !call.request.is_safe();
        let wait = state.wait_of(rank, cost, writes);
        if wait > call.patience {
            return Err(wait);
        }
        let (go, turn) = oneshot::channel();
        let deadline = Instant::now() + call.patience;
        state.queues[rank].push_back(Waiter { cost, writes, deadline, go });
        state.serve();
        if !state.is_empty() && !state.is_served {
            state.is_served = true;
            tokio::spawn(self.clone().serve());
        }
        Ok(turn)
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

fn rank(priority: Priority, writes: bool) -> usize {
    let class = match priority {
        Priority::Interactive => 0,
        Priority::Bulk => 2,
    };
    class + usize::from(!writes)
}

impl State {
    fn closed_for(&self) -> Duration {
        self.open_from.saturating_duration_since(Instant::now())
    }

    fn is_empty(&self) -> bool {
        self.queues.iter().all(VecDeque::is_empty)
    }

    /// How long somebody who comes now would have to wait behind those who go first, as far as can be told: others may
    /// come that go before, and answers may close the lane or slow it down.
    fn wait_of(&mut self, rank: usize, cost: f64, writes: bool) -> Duration {
        let Self { units, writes: quota, queues, .. } = self;
        let ahead = || queues[..=rank].iter().flatten().filter(|waiter| !waiter.go.is_closed());
        let written = ahead().filter(|waiter| waiter.writes).count() as f64;
        // Writes that wait for their own quota hold up no read.
        let counts = |waiter: &&Waiter| writes || !waiter.writes || quota.is_none();
        let spent = ahead().filter(counts).map(|waiter| waiter.cost).sum();
        let for_units = wait_behind(units, spent, cost);
        let for_writes = if writes { wait_behind(quota, written, 1.0) } else { Duration::ZERO };
        self.closed_for().max(for_units).max(for_writes)
    }

    fn serve(&mut self) {
        if self.closed_for().is_zero() {
            while self.serve_one() {}
        }
    }

    /// Lets the first one through that may go, if any.
    fn serve_one(&mut self) -> bool {
        for rank in 0..self.queues.len() {
            let Some(Waiter { cost, writes, .. }) = self.queues[rank].front() else { continue };
            let (cost, writes) = (*cost, *writes);
            if !wait(&mut self.units, cost).is_zero() {
                // Nobody of a lower rank slips past with a smaller cost.
                return false;
            }
            if writes && !wait(&mut self.writes, 1.0).is_zero() {
                continue;
            }
            self.admit(rank, cost, writes);
            return true;
        }
        false
    }

    /// Only who is still there pays.
    fn admit(&mut self, rank: usize, cost: f64, writes: bool) {
        let went = self.queues[rank].pop_front().is_some_and(|waiter| waiter.go.send(()).is_ok());
        if went {
            pay(&mut self.units, cost);
            pay(&mut self.writes, f64::from(u8::from(writes)));
        }
    }

    /// How long until somebody in the queue may go.
    fn wait(&mut self) -> Duration {
        let Self { units, writes, queues, .. } = self;
        let first = queues.iter().filter_map(VecDeque::front);
        let soonest = first
            .map(|waiter| match waiter.writes {
                true => wait(units, waiter.cost).max(wait(writes, 1.0)),
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
