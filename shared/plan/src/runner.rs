//! The runner: observes, plans, guards, journals, applies. It decides nothing itself.
//!
//! # Guarantees
//!
//! 1. A preview sends nothing that writes and leaves no trace.
//! 2. Before a run begins, a mark in the journal makes the timer take it up again should it die; before its first write,
//!    its plan is there.
//! 3. Once a stage has ended, the status of each of its changes is in the journal.
//! 4. A stage that does not hold stops the later stages of its subject up to one that stands apart, and of no other.
//! 5. Before its first write, the seats that its plan takes are promised to it, and to nobody else: see `seats`.
//! 6. What a change reveals to the caller is in the outcome that is returned, and nowhere else.
//! 7. While it works on what its plan claims, no other run does: see `claim`.
//!
//! A run that died is mended by asking again, or by [`Runner::take_up`]: what its process left open is read back and written
//! down, then the tenant is observed and planned anew. What the
//! approved plan handed out stays approved, and nothing beyond it is handed out; each new plan is held against the guard-rails
//! again.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use futures_util::future::{OptionFuture, join_all};
use futures_util::{Stream, StreamExt};
use jiff::{SignedDuration, Timestamp};
use journal::{Begun, Journal, Mark, RunId, RunKey, TaskName};
use serde::Serialize;
use serde_json::Value;
use tracing::warn;

use crate::apply;
use crate::change::Change;
use crate::guard::{Breach, Policy};
use crate::obstacle::Obstacle;
use crate::outcome::{ChangeOutcome, Failure, Outcome, RunStatus, chain};
use crate::past::Past;
use crate::permit::Approval;
use crate::plan::{Plan, Subject};
use crate::record::{Cause, Entry, Job, Record};
use crate::seats::Asker;
use crate::task::{Task, Tenant};
use crate::undo::{UNDO, takes_back, undo};

/// How long a run may be silent before the timer takes it for dead.
pub const LEASE: SignedDuration = SignedDuration::from_mins(10);

/// How often a run looks at the tenant at the most while others take seats that it saw free.
const LOOKS: usize = 3;

/// How many subjects are worked on at once; what each sends is packed into common batches.
pub(crate) const AT_ONCE: usize = 32;

/// Runs plans against a tenant.
#[derive(Clone)]
pub struct Runner {
    tenant: Tenant,
    journal: Arc<dyn Journal>,
    pub(crate) policy: Arc<Policy>,
    /// When runs of this process changed something, within the last hour.
    pub(crate) recent: Arc<Mutex<VecDeque<(Timestamp, RunId)>>>,
}

/// Leave to work on a run. Should its holder die, the timer takes the run up once [`LEASE`] has passed.
#[derive(Clone, Copy, Debug)]
pub struct Lease(Mark);

/// One part of a run: what is done of it at one time.
pub(crate) struct Part<'a> {
    pub(crate) run: &'a RunKey,
    pub(crate) approval: &'a Approval,
    pub(crate) past: &'a Past,
    /// What is asked, as a fingerprint.
    pub(crate) asked: RunId,
}

/// A look at the tenant.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    /// When it began.
    pub(crate) at: Timestamp,
    /// Whether there is none after it.
    pub(crate) is_last: bool,
}

/// Why a run came to no outcome.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The tenant could not be read; nothing was changed.
    #[error("the tenant could not be read")]
    Unreadable(#[source] graph::Error),
    /// The plan is not the one that was approved; this is what it is now. Nothing was changed.
    #[error("the tenant has moved since the plan was approved")]
    Moved(Box<Outcome>),
    /// A guard-rail forbids it; nothing was changed.
    #[error("the rule {} forbids it: {}", .0.rule, .0.says)]
    Forbidden(Breach),
    /// There is no such run, or it has expired.
    #[error("there is no such run")]
    NoSuchRun,
    /// The journal failed. What had been sent by then is settled by asking again.
    #[error("the journal cannot be used")]
    Journal(#[from] journal::Error),
}

impl Stop {
    /// Whether it passes by itself: the service had no time, did not answer, or broke.
    pub(crate) fn passes(&self) -> bool {
        let is_broken = |error: &graph::Error| error.status().is_some_and(|status| status >= 500);
        matches!(self, Self::Unreadable(error) if error.is_repeatable() || is_broken(error))
    }
}

impl Runner {
    /// A runner for this tenant.
    pub fn new(tenant: Tenant, journal: Arc<dyn Journal>, policy: Policy) -> Self {
        let tenant = Tenant { protects_roles: policy.protected.role_holders, ..tenant };
        Self { tenant, journal, policy: Arc::new(policy), recent: Arc::default() }
    }

    /// The tenant that it runs against.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Where it writes down what it does.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// The same runner for work that nobody waits for: it lets interactive calls go first.
    #[must_use]
    pub fn in_bulk(&self) -> Self {
        let Tenant { graph, exchange, .. } = &self.tenant;
        let tenant = Tenant { graph: graph.bulk(), exchange: exchange.bulk(), ..self.tenant.clone() };
        Self { tenant, ..self.clone() }
    }

    /// What a job would do, without doing it, or which guard-rail forbids it.
    pub async fn preview<T: Task>(&self, job: &Job<T::Request>) -> Result<Outcome, Stop> {
        if let Some(cases) = self.cases::<T>(job).await? {
            return Ok(self.preview_of(cases));
        }
        let plan = self.look::<T>(job).await?;
        let outcome = Outcome::preview(&plan);
        match self.policy.check(&plan, true, self.recent_runs(None)) {
            Ok(()) => Ok(outcome),
            Err(breach) => Ok(outcome.because(&Stop::Forbidden(breach))),
        }
    }

    /// Writes down that a run begins. Of several who begin the same run, one is told [`Begun::New`]; whoever works on it
    /// does so under the lease.
    pub async fn begin<T: Task>(
        &self,
        run: &RunKey,
        job: &Job<T::Request>,
        approval: &Approval,
    ) -> Result<(Begun, Lease), Stop> {
        let job = serde_json::to_value(job).and_then(serde_json::from_value).map_err(unwritable)?;
        let approved = match approval {
            Approval::Exactly(digest) => Some(digest.clone()),
            Approval::None | Approval::Before(_) => None,
        };
        let entry = self.line(&Entry::Asked { at: self.tenant.clock.now(), job, approved })?;
        let lease = self.lease(run).await?;
        Ok((self.journal.begin(run, &entry).await?, lease))
    }

    /// Makes the timer look at the run again, should it die.
    async fn lease(&self, run: &RunKey) -> Result<Lease, Stop> {
        let now = self.tenant.clock.now();
        let mark = Mark { at: now.saturating_add(LEASE).unwrap_or(now), run: *run };
        self.journal.remind(&mark).await?;
        Ok(Lease(mark))
    }

    /// Gives back a lease under which there is nothing to do.
    pub async fn release(&self, lease: Lease) -> Result<(), Stop> {
        Ok(self.journal.forget(&lease.0).await?)
    }

    /// Does a job in a run that has begun.
    pub async fn run<T: Task>(
        &self,
        lease: &Lease,
        job: &Job<T::Request>,
        approval: &Approval,
    ) -> Result<Outcome, Stop> {
        self.work::<T>(lease, job, approval, &Past::default()).await
    }

    /// Goes on with a run that was begun before.
    pub async fn go_on<T: Task>(
        &self,
        lease: &Lease,
        job: &Job<T::Request>,
        approval: &Approval,
    ) -> Result<Outcome, Stop> {
        let run = lease.0.run;
        let past = Past::of(run.run, &self.mended(&run).await?).asked_anew();
        self.work::<T>(lease, job, approval, &past).await
    }

    /// Does a job under a lease. The lease ends once the run's last word is written: until then the timer looks at it again.
    async fn work<T: Task>(
        &self,
        lease: &Lease,
        job: &Job<T::Request>,
        approval: &Approval,
        past: &Past,
    ) -> Result<Outcome, Stop> {
        let run = &lease.0.run;
        let part = Part { run, approval, past, asked: asked(run.task, job)? };
        // On the heap: what a task looks at may be much, and the stack of a thread is little.
        let ended = Box::pin(self.attempt::<T>(&part, job)).await;
        let now = self.tenant.clock.now();
        let ended = past.and(ended, now).map(|outcome| outcome.goes_on_for(past.patience(now), now));
        self.conclude(lease, job, ended).await
    }

    /// Writes down how it ended, unless the journal itself is what failed: then the timer looks at it again.
    pub(crate) async fn conclude<R>(
        &self,
        lease: &Lease,
        job: &Job<R>,
        ended: Result<Outcome, Stop>,
    ) -> Result<Outcome, Stop> {
        if matches!(ended, Err(Stop::Journal(_))) {
            return ended;
        }
        if let Err(stop) = self.last_word(lease, job, &ended).await {
            warn!(name: "run.untidy", error = chain(&stop), "a run is over, and the journal does not know it");
        }
        if let Ok(outcome) = &ended {
            self.settle(lease.0.run.run, outcome).await;
        }
        ended
    }

    /// Writes down how a run ended and that one was taken back, and ends the lease.
    async fn last_word<R>(
        &self,
        lease: &Lease,
        job: &Job<R>,
        ended: &Result<Outcome, Stop>,
    ) -> Result<(), Stop> {
        let run = &lease.0.run;
        match (ended, job) {
            (Ok(outcome), Job::Act { action, on }) if action == UNDO && takes_back(outcome) => {
                self.close(&RunKey { run: *on, ..*run }).await?;
                self.finish(run, outcome).await?;
            }
            (Ok(outcome), _) => self.finish(run, outcome).await?,
            (Err(Stop::Unreadable(error)), _) => {
                self.stopped(run, Cause::of(error), Failure::from(error)).await?;
            }
            (Err(_), _) => {}
        }
        Ok(self.journal.forget(&lease.0).await?)
    }

    /// Writes down that a run broke on a defect of ours, so that nobody tries it for ever.
    pub async fn broke(&self, run: &RunKey) -> Result<(), Stop> {
        let message = "a defect of the function".to_owned();
        let failure = Failure { message, ..Failure::default() };
        self.stopped(run, Cause::Defect, failure).await
    }

    async fn attempt<T: Task>(&self, part: &Part<'_>, job: &Job<T::Request>) -> Result<Outcome, Stop> {
        let (skus, parts) = (BTreeSet::new(), BTreeSet::new());
        if let Some(cases) = self.at_it(part.run, &skus, &parts, self.cases::<T>(job)).await? {
            return self.sweep::<T>(part, cases).await;
        }
        let first = self.urgently::<T>(part, job).await?;
        let done = first.as_ref().map_or(&[][..], |(done, _)| done);
        match (first.as_ref(), self.see_to::<T>(part, job, done).await) {
            (None, rest) => rest,
            (Some((_, first)), Ok(rest)) => Ok(first.clone().without_resent(&rest).and(rest)),
            (Some(_), Err(Stop::Journal(error))) => Err(Stop::Journal(error)),
            (Some((_, first)), Err(stop)) => Ok(first.clone().cut_short(&stop, self.tenant.clock.now())),
        }
    }

    /// Looks at the tenant, plans what is left once these changes are done, and does it. Looks again where others have taken
    /// seats meanwhile.
    async fn see_to<T: Task>(
        &self,
        part: &Part<'_>,
        job: &Job<T::Request>,
        done: &[Change],
    ) -> Result<Outcome, Stop> {
        let mut looks = 1;
        loop {
            let look = Look { at: self.tenant.clock.now(), is_last: looks == LOOKS };
            let plan = part.past.remaining(self.look::<T>(job).await?, job);
            let plan = part.past.hold(self.unless_seen(plan, done).await);
            if let Some(outcome) = self.carry_out(part, &plan, look).await? {
                return Ok(outcome);
            }
            looks += 1;
        }
    }

    /// What is left of the plan once these changes are done. One that was done and is planned again is not seen to hold:
    /// that is read again, and if need be it is sent again.
    async fn unless_seen(&self, plan: Plan, done: &[Change]) -> Plan {
        let doubted = done.iter().filter(|done| plan.changes().any(|change| change == *done));
        let read = doubted.map(|change| apply::read_back(&self.tenant, change.clone()));
        let read = join_all(read).await.into_iter();
        let holds: Vec<Change> =
            read.filter(|read| read.outcome.status.holds()).map(|read| read.change).collect();
        plan.without(&holds)
    }

    /// Does what must not wait; tells which changes hold now, and what became of it. An approved plan is done as it was
    /// approved, in one piece.
    async fn urgently<T: Task>(
        &self,
        part: &Part<'_>,
        job: &Job<T::Request>,
    ) -> Result<Option<(Vec<Change>, Outcome)>, Stop> {
        let Job::Do(request) = job else { return Ok(None) };
        if matches!(part.approval, Approval::Exactly(_)) {
            return Ok(None);
        }
        let look = Look { at: self.tenant.clock.now(), is_last: true };
        let plan = Box::pin(T::urgent(request, &self.tenant)).await.map_err(Stop::Unreadable)?;
        let plan = plan.map(|plan| part.past.hold(plan));
        let Some(plan) = plan.filter(|plan| !plan.is_empty() && !plan.is_blocked()) else { return Ok(None) };
        let Some(outcome) = self.carry_out(part, &plan, look).await? else { return Ok(None) };
        let holds =
            |(change, outcome): (&Change, &ChangeOutcome)| outcome.status.holds().then(|| change.clone());
        let done = plan.changes().zip(&outcome.changes).filter_map(holds).collect();
        Ok((outcome.changes.iter().any(|change| change.status.holds())).then_some((done, outcome)))
    }

    /// Does many jobs, a bounded number at once, and tells each outcome as it comes.
    pub fn run_many<T: Task>(
        &self,
        jobs: impl Stream<Item = (RunKey, T::Request)>,
    ) -> impl Stream<Item = (RunKey, Result<Outcome, Stop>)> {
        jobs.map(move |(run, request)| async move { (run, self.run_one::<T>(&run, Job::Do(request)).await) })
            .buffer_unordered(AT_ONCE)
    }

    async fn run_one<T: Task>(&self, run: &RunKey, job: Job<T::Request>) -> Result<Outcome, Stop> {
        let (begun, lease) = self.begin::<T>(run, &job, &Approval::None).await?;
        match begun {
            Begun::New => self.run::<T>(&lease, &job, &Approval::None).await,
            Begun::Before => {
                self.release(lease).await?;
                self.take_up::<T>(run).await
            }
        }
    }

    /// Takes a run up again: one that died, one whose time has come, or one that did not succeed. An account that it had,
    /// and that is gone, is not created again: somebody deleted it.
    pub async fn take_up<T: Task>(&self, run: &RunKey) -> Result<Outcome, Stop> {
        let record = self.record(run).await?;
        let job = record.job().cloned().ok_or(Stop::NoSuchRun)?;
        let job = match job {
            Job::Do(request) => Job::Do(serde_json::from_value(request).map_err(unwritable)?),
            Job::Act { action, on } => Job::Act { action, on },
            Job::Sweep { sweep, want } => Job::Sweep { sweep, want },
        };
        let lease = self.lease(run).await?;
        let record = self.mended(run).await?;
        self.work::<T>(&lease, &job, &record.approval(), &Past::of(run.run, &record)).await
    }

    /// Reads a run back.
    pub async fn record(&self, run: &RunKey) -> Result<Record, Stop> {
        self.journal.read(run).await?.map(Record::read).ok_or(Stop::NoSuchRun)
    }

    /// Observes and plans.
    pub(crate) async fn look<T: Task>(&self, job: &Job<T::Request>) -> Result<Plan, Stop> {
        match job {
            Job::Do(request) => {
                let facts = Box::pin(T::observe(request, &self.tenant)).await.map_err(Stop::Unreadable)?;
                Ok(T::plan(request, &facts))
            }
            Job::Act { action, on } => {
                let record = self.record(&RunKey { task: T::NAME, run: *on }).await?;
                if action == UNDO {
                    return self.look_back::<T>(*on, record).await;
                }
                T::act(action, &record, &self.tenant).await.map_err(Stop::Unreadable)
            }
            Job::Sweep { sweep, .. } => Ok(Plan::about(Subject::named(sweep))),
        }
    }

    /// Plans what takes a run back.
    pub(crate) async fn look_back<T: Task>(&self, run: RunId, mut record: Record) -> Result<Plan, Stop> {
        record.entries.extend(self.left_open(run, &record).await);
        let standing = record.account().map(|account| T::standing(account, &self.tenant));
        let standing = OptionFuture::from(standing).await.transpose();
        Ok(undo(&record, standing.map_err(Stop::Unreadable)?.flatten()))
    }

    /// Does what is planned, if that is allowed and there are seats. Nothing, if whether there are needs another look.
    pub(crate) async fn carry_out(
        &self,
        part: &Part<'_>,
        plan: &Plan,
        look: Look,
    ) -> Result<Option<Outcome>, Stop> {
        let (run, permit) = (part.run, self.permit(part.run.run, plan, part.approval));
        let may_go = permit.is_ok() && !plan.is_blocked();
        let asker = Asker { run: run.run, asked: part.asked, read: look.at };
        let obstacle = match may_go {
            true => self.obstacle(&asker, part, plan, look).await?,
            false => None,
        };
        if obstacle.as_ref().is_some_and(|obstacle| obstacle.is_stale) && !look.is_last {
            return Ok(None);
        }
        let permitted = may_go && obstacle.is_none();
        let planned = Entry::Planned { at: self.tenant.clock.now(), plan: plan.clone(), permitted };
        self.write(run, &[planned]).await?;
        if let Err(stop) = permit {
            self.finish(run, &Outcome::refused(plan).because(&stop)).await?;
            return Err(stop);
        }
        let outcome = match (permitted, obstacle) {
            (true, _) => self.apply(run, plan).await?,
            (false, Some(Obstacle { finding, comes_again: Some(at), .. })) => {
                Outcome::waiting(plan, at).but(finding)
            }
            (false, Some(obstacle)) => Outcome::refused(plan).but(obstacle.finding),
            (false, None) => Outcome::refused(plan),
        };
        if permitted && outcome.status != RunStatus::Unknown {
            self.give_back(run.run, plan).await;
        }
        Ok(Some(Outcome { run: Some(run.run), ..outcome }))
    }

    /// Writes the outcome down, and when to look again.
    pub(crate) async fn finish(&self, run: &RunKey, outcome: &Outcome) -> Result<(), Stop> {
        if let Some(at) = outcome.again {
            self.appoint(run, outcome, at).await?;
        }
        if let Some(at) = outcome.goes_on {
            self.journal.remind(&Mark { at, run: *run }).await?;
        }
        let kept = Outcome { credential: None, run: Some(run.run), ..outcome.clone() };
        self.write(run, &[Entry::Finished { at: self.tenant.clock.now(), outcome: kept }]).await
    }

    async fn stopped(&self, run: &RunKey, cause: Cause, failure: Failure) -> Result<(), Stop> {
        self.write(run, &[Entry::Stopped { at: self.tenant.clock.now(), failure, cause }]).await
    }

    /// A run that was taken back is not looked at again.
    async fn close(&self, run: &RunKey) -> Result<(), Stop> {
        let record = self.record(run).await?;
        let (again, goes_on) = record.outcome().map(|ended| (ended.again, ended.goes_on)).unwrap_or_default();
        self.write(run, &[Entry::Undone { at: self.tenant.clock.now() }]).await?;
        for at in [again, goes_on].into_iter().flatten() {
            self.journal.forget(&Mark { at, run: *run }).await?;
        }
        self.end(run.run, record.seats()).await;
        Ok(())
    }

    pub(crate) async fn write(&self, run: &RunKey, entries: &[Entry]) -> Result<(), Stop> {
        let lines = entries.iter().map(|entry| self.line(entry)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.journal.append(run, &lines).await?)
    }

    pub(crate) fn line(&self, entry: &Entry) -> Result<Value, Stop> {
        serde_json::to_value(entry).map_err(unwritable)
    }
}

/// What is asked of a run, as a fingerprint. No idempotency key can name it: they have no line breaks.
pub(crate) fn asked<R: Serialize>(task: TaskName, job: &Job<R>) -> Result<RunId, Stop> {
    let job = serde_json::to_value(job).map_err(unwritable)?;
    Ok(RunId::of(task, &format!("asked\n{job}")))
}

fn unwritable(error: serde_json::Error) -> Stop {
    Stop::Unreadable(graph::Error::failed("the run's record cannot be read or written", Some(error.into())))
}
