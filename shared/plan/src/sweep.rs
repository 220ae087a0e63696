//! Sweeps: what a rule says, brought about for everybody who differs from it.
//!
//! A task plans for one subject. A sweep finds all subjects that differ, and each becomes a run of its own, which is written
//! down, looked at and taken back like any other; the sweep is a run whose parts they are, and taking it back takes them back
//! (decision 17).
//!
//! ```text
//! find ─▶ plans ─▶ how many? ─▶ guard-rails ─▶ seats for all ─▶ journal: which runs ─▶ the runs, many at once ─▶ memory
//! ```
//!
//! Everything is judged before the first write. Where there are not seats enough for all, those who come first in the order
//! in which they were found are served, and the others are named. A sweep does not look at a subject again before it writes:
//! it carries out just what it has planned.

mod back;
mod cases;
mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use graph::SkuId;
use journal::{RunId, RunKey};
use serde_json::Value;
use tokio::time::timeout;
use tracing::warn;

use crate::guard::Breach;
use crate::outcome::{Outcome, RunStatus, chain};
use crate::past::Past;
use crate::permit::Approval;
use crate::plan::{Digest, Finding, Plan, Subject};
use crate::record::{Entry, Job, Record, SweptRun};
use crate::runner::{AT_ONCE, Look, Part, Runner, Stop};
use crate::seats::Seat;
use crate::task::Task;
use crate::undo::UNDO;
use cases::{Case, Cases};
pub use memory::Memory;

/// How often a sweep says that it is still at it: well within a lease.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

/// What a sweep has found.
#[derive(Debug)]
pub struct Sweep<R> {
    /// Each subject that differs, with what is asked for it and its plan, in the order in which they are served.
    pub cases: Vec<(R, Plan)>,
    /// How many differ beside those.
    pub more: usize,
    /// How many may be changed unless exactly this was approved (`If-Match`).
    pub most: usize,
    /// What is worth saying of the whole. Where one blocks, nothing is done, and nothing remembered.
    pub findings: Vec<Finding>,
    /// What to know next time, such as a delta link, and of what it is the mark: the next sweep may be asked for something
    /// else. No personal data.
    pub mark: Value,
}

/// The parts of a sweep were let pass.
#[derive(Clone, Copy)]
struct LetPass {
    /// The look at the tenant that they were planned from.
    look: Look,
    /// Whether somebody has approved them.
    approved: bool,
}

impl Runner {
    /// The subjects that a job is about, if it is one about many.
    pub(crate) async fn cases<T: Task>(
        &self,
        job: &Job<T::Request>,
    ) -> Result<Option<Cases<T::Request>>, Stop> {
        match job {
            Job::Sweep { sweep, want } => Ok(Some(self.found::<T>(sweep, want).await?)),
            Job::Act { action, on } if action == UNDO => {
                let read = self.tenant().clock.now();
                let record = self.record(&RunKey { task: T::NAME, run: *on }).await?;
                match record.parts().next() {
                    Some(_) => Ok(Some(self.taken_back::<T>(&record, read).await?)),
                    None => Ok(None),
                }
            }
            Job::Do(_) | Job::Act { .. } => Ok(None),
        }
    }

    /// Everybody who differs from what a sweep wants.
    async fn found<T: Task>(&self, name: &str, want: &Value) -> Result<Cases<T::Request>, Stop> {
        let read = self.tenant().clock.now();
        let (memory, mut learnt) = self.memory(T::NAME, name).await?;
        let found = Box::pin(T::sweep(name, want, &memory, self.tenant())).await;
        let Sweep { cases, more, most, findings, mark } = found.map_err(Stop::Unreadable)?;
        learnt.mark = if more > 0 { Value::Null } else { mark };
        let case = |(request, plan)| Case::of(T::NAME, Job::Do(request), plan);
        Ok(Cases {
            subject: Subject::named(name),
            cases: cases.into_iter().map(case).collect::<Result<_, _>>()?,
            findings: findings.into_iter().chain((more > 0).then(|| left_over(more))).collect(),
            most,
            read,
            learnt: Some(learnt),
        })
    }

    /// What would become of each.
    pub(crate) fn preview_of<R>(&self, mut cases: Cases<R>) -> Outcome {
        cases.guard(&self.policy, Some(&cases.digests()), self.recent_runs(None));
        cases.refuse(&cases.without(cases.free()));
        let told = |case: Case<R>| case.refused.unwrap_or_else(|| Outcome::preview(&case.plan));
        let parts = cases.cases.into_iter().map(told).collect();
        let outcome = Outcome::of_parts(cases.subject, parts, cases.findings);
        let status = if outcome.status == RunStatus::Refused { outcome.status } else { RunStatus::Planned };
        Outcome { status, ..outcome }
    }

    /// Does all that may be done, and tells what became of each.
    pub(crate) async fn sweep<T: Task>(
        &self,
        part: &Part<'_>,
        mut cases: Cases<T::Request>,
    ) -> Result<Outcome, Stop> {
        let approved = match approved(part.approval, &cases, &self.record(part.run).await?) {
            Ok(approved) => approved,
            Err(breach) => return Err(self.refuse_all(part.run, cases, breach).await?),
        };
        cases.guard(&self.policy, approved.as_ref(), self.recent_runs(None));
        let (skus, without) = (cases.free().into_keys().collect(), self.promised(&cases).await?);
        cases.refuse(&without);
        let (is_blocked, parts) = (cases.is_blocked(), cases.parts());
        let Cases { subject, cases, findings, learnt, read, .. } = cases;
        let let_pass = LetPass { look: Look { at: read, is_last: true }, approved: approved.is_some() };
        let ended = self.carry_out_all::<T>(part.run, parts, cases, &skus, let_pass).await?;
        self.settle_all(&skus, &ended.iter().flatten().collect::<Vec<_>>()).await;
        let parts = ended.into_iter().collect::<Result<Vec<_>, _>>()?;
        if let Some(learnt) = learnt.filter(|_| !is_blocked) {
            self.remember(learnt, &parts).await;
        }
        Ok(Outcome { run: Some(part.run.run), ..Outcome::of_parts(subject, parts, findings) })
    }

    /// Nothing of it is let pass: too many differ, or it is not what was approved.
    async fn refuse_all<R>(
        &self,
        run: &RunKey,
        cases: Cases<R>,
        breach: Option<Breach>,
    ) -> Result<Stop, Stop> {
        let now = self.preview_of(cases);
        let stop = breach.map_or_else(|| Stop::Moved(Box::new(now.clone())), Stop::Forbidden);
        self.finish(run, &now.because(&stop)).await?;
        Ok(stop)
    }

    /// Has seats promised, as far as there are any: who goes without, and which seat is lacking.
    async fn promised<R>(&self, cases: &Cases<R>) -> Result<BTreeMap<RunId, Seat>, Stop> {
        let mut left = cases.free();
        loop {
            let without = cases.without(left.clone());
            let (unserved, mut are_short) = (without.keys().copied().collect(), false);
            for (sku, free) in cases.free() {
                let askers = cases.askers(sku, &without);
                let promised = self.promise_each(Seat { sku, free }, &askers, &unserved).await?;
                if promised < askers.len() {
                    left.insert(sku, i64::try_from(promised).unwrap_or(i64::MAX));
                    are_short = true;
                }
            }
            // Others were quicker: who comes first of those who are left?
            if !are_short {
                return Ok(without);
            }
        }
    }

    /// Each in a run of its own, many at once; which runs these are is written down first.
    async fn carry_out_all<T: Task>(
        &self,
        run: &RunKey,
        parts: Vec<SweptRun>,
        cases: Vec<Case<T::Request>>,
        skus: &BTreeSet<SkuId>,
        let_pass: LetPass,
    ) -> Result<Vec<Result<Outcome, Stop>>, Stop> {
        let runs = parts.iter().map(|part| part.run).collect();
        if !parts.is_empty() {
            self.write(run, &[Entry::Swept { at: self.tenant().clock.now(), parts }]).await?;
        }
        let one = |case: Case<T::Request>| self.carry_out_one::<T>(run, case, let_pass);
        let ended = stream::iter(cases).map(one).buffered(AT_ONCE).collect();
        Ok(self.at_it(run, skus, &runs, ended).await)
    }

    /// One part: just what was planned for it. The sweep has had its seats promised to it, and tells when that ends.
    async fn carry_out_one<T: Task>(
        &self,
        sweep: &RunKey,
        case: Case<T::Request>,
        LetPass { look, approved }: LetPass,
    ) -> Result<Outcome, Stop> {
        let Case { run, asked, job, plan, digest, refused } = case;
        if let Some(refused) = refused {
            return Ok(refused);
        }
        let (run, promised) = (&RunKey { run, ..*sweep }, Plan { seats: Vec::new(), ..plan.clone() });
        let approval = if approved { Approval::Exactly(digest) } else { Approval::None };
        let (_, lease) = self.begin::<T>(run, &job, &approval).await?;
        let part = Part { run, approval: &approval, past: &Past::default(), asked };
        let refused = || Outcome { run: Some(run.run), ..Outcome::refused(&plan) };
        let ended = match self.carry_out(&part, &promised, look).await {
            Ok(outcome) => Ok(outcome.unwrap_or_else(refused)),
            Err(Stop::Journal(error)) => Err(Stop::Journal(error)),
            Err(stop) => Ok(refused().because(&stop)),
        };
        let now = self.tenant().clock.now();
        let ended = ended.map(|outcome| outcome.goes_on_for(Past::default().patience(now), now));
        let ended = self.conclude(&lease, &job, ended).await?;
        Ok(Outcome { seats: plan.open(&ended.changes), ..ended })
    }

    /// Says every minute that the run is still at it, so that nobody takes it for dead, nor what it was promised for free.
    pub(crate) async fn at_it<W>(
        &self,
        run: &RunKey,
        skus: &BTreeSet<SkuId>,
        parts: &BTreeSet<RunId>,
        work: impl Future<Output = W>,
    ) -> W {
        let mut work = pin!(work);
        loop {
            if let Ok(done) = timeout(SIGN_OF_LIFE, work.as_mut()).await {
                return done;
            }
            if let Err(stop) = self.write(run, &[Entry::GoingOn { at: self.tenant().clock.now() }]).await {
                warn!(name: "sweep.silent", error = chain(&stop), "a sweep goes on, and the journal does not know it");
            }
            self.renew(skus, parts).await;
        }
    }
}

/// Whose plans were approved, or nobody's, if that need not be. Once a sweep was let pass, nothing is done in its name but
/// what was approved then. An error: too many differ, or it is not what was approved.
fn approved<R>(
    approval: &Approval,
    cases: &Cases<R>,
    record: &Record,
) -> Result<Option<BTreeSet<Digest>>, Option<Breach>> {
    let before: BTreeSet<Digest> = record.parts().map(|part| part.digest.clone()).collect();
    match approval {
        Approval::Exactly(digest) if *digest == cases.digest() => Ok(Some(cases.digests())),
        Approval::Exactly(digest) if record.was_approved(digest) && !before.is_empty() => Ok(Some(before)),
        Approval::Exactly(_) => Err(None),
        _ if cases.cases.len() > cases.most => Err(Some(too_many(cases.cases.len(), cases.most))),
        _ => Ok(None),
    }
}

fn left_over(more: usize) -> Finding {
    let says = format!("{more} more differ than are taken on at once: ask again once this is done");
    Finding::outstanding("more", says)
}

fn too_many(differ: usize, most: usize) -> Breach {
    let says = format!(
        "{differ} differ, and no more than {most} may be changed at once: preview it, and apply it with If-Match: \"<planDigest>\""
    );
    Breach { rule: "most".to_owned(), says }
}
