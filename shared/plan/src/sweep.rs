//! Sweeps: what a rule says, brought about for everybody who differs from it.
//!
//! A task plans for one subject. A sweep finds all subjects that differ, and each becomes a run of its own, which is written
//! down, looked at and taken back like any other; the sweep is a run whose parts they are, and taking it back takes them back.
//!
//! ```text
//! find ─▶ plans ─▶ how many? ─▶ seats for all ─▶ journal: which runs ─▶ the runs, many at once ─▶ what to know next time
//! ```
//!
//! Everything is judged before the first write. Where there are not seats enough for all, those who come first in the order
//! in which they were found are served, and the others are named. A sweep does not look at a subject again before it writes:
//! it carries out just what it has planned.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use graph::{ObjectId, SkuId};
use jiff::{SignedDuration, Timestamp};
use journal::{Page, PageName, RunId, RunKey, TaskName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::warn;

use crate::guard::Breach;
use crate::outcome::{Outcome, RunStatus, chain};
use crate::past::Past;
use crate::permit::Approval;
use crate::plan::{Digest, Finding, Level, Plan, Subject};
use crate::record::{Entry, Job, Record, SweptRun};
use crate::runner::{AT_ONCE, Look, Part, Runner, Stop, asked};
use crate::seats::{Asker, Seat, takes};
use crate::task::Task;
use crate::undo::UNDO;

/// How often a sweep says that it is still at it: well within a lease.
const SIGN_OF_LIFE: SignedDuration = SignedDuration::from_mins(1);

/// Of how many subjects a sweep remembers that they still differ; of more than that it forgets everything, and looks at
/// all of the tenant the next time.
const WAITING: usize = 1_000;

/// What a sweep has found.
#[derive(Debug)]
pub struct Sweep<R> {
    /// Each subject that differs, with what is asked for it and its plan, in the order in which they are served.
    pub cases: Vec<(R, Plan)>,
    /// How many differ beside those.
    pub more: usize,
    /// How many may be changed unless exactly this was approved (`If-Match`).
    pub most: usize,
    /// What is worth saying of the whole.
    pub findings: Vec<Finding>,
    /// What to know next time, such as a delta link. No personal data.
    pub mark: Value,
}

/// What a sweep knows from the last time. By default nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// [`Sweep::mark`], or null.
    pub mark: Value,
    /// The subjects that differed and still do.
    pub waiting: BTreeSet<ObjectId>,
}

/// The subjects that one job is about.
pub(crate) struct Cases<R> {
    subject: Subject,
    cases: Vec<Case<R>>,
    findings: Vec<Finding>,
    most: usize,
    /// When the tenant began to be read.
    read: Timestamp,
    /// Of a sweep: its name, and what to know next time if all goes well.
    learnt: Option<(String, Value)>,
}

struct Case<R> {
    job: Job<R>,
    plan: Plan,
    digest: Digest,
}

impl<R> Case<R> {
    fn of((job, plan): (Job<R>, Plan)) -> Self {
        let digest = plan.digest();
        Self { job, plan, digest }
    }
}

impl<R> Cases<R> {
    fn found(name: &str, sweep: Sweep<R>, read: Timestamp) -> Self {
        let more = (sweep.more > 0).then(|| more(sweep.more));
        Self {
            subject: Subject::named(name),
            cases: sweep
                .cases
                .into_iter()
                .map(|(request, plan)| Case::of((Job::Do(request), plan)))
                .collect(),
            findings: sweep.findings.into_iter().chain(more).collect(),
            most: sweep.most,
            read,
            learnt: Some((name.to_owned(), if sweep.more > 0 { Value::Null } else { sweep.mark })),
        }
    }

    /// Once a sweep was let pass, nothing is done in its name but what was approved then.
    fn only_approved_before(mut self, record: &Record) -> Self {
        let approved: BTreeSet<&str> = record.parts().map(|part| part.digest.0.as_str()).collect();
        if record.approved().is_some() && !approved.is_empty() {
            self.cases.retain(|case| approved.contains(case.digest.0.as_str()));
        }
        self
    }

    fn digest(&self) -> Digest {
        Digest::of_all(self.cases.iter().map(|case| &case.digest))
    }

    /// How many seats of each SKU it takes, and how many are free.
    fn wanted(&self) -> BTreeMap<SkuId, (usize, i64)> {
        let plans = self.cases.iter().map(|case| &case.plan).filter(|plan| !plan.is_blocked());
        let mut wanted = BTreeMap::new();
        for seat in plans.flat_map(|plan| &plan.seats) {
            let (seats, free) = wanted.entry(seat.sku).or_insert((0, seat.free));
            *seats += 1;
            *free = seat.free.min(*free);
        }
        wanted
    }

    /// What each goes without if there are only so many seats: whoever comes first is served first.
    fn without(&self, mut seats: BTreeMap<SkuId, usize>) -> Vec<Option<Seat>> {
        let mut serve = |plan: &Plan| {
            if plan.is_blocked() {
                return None;
            }
            let left = |seat: &&Seat| seats.get(&seat.sku).copied().unwrap_or_default() == 0;
            let lacking = plan.seats.iter().find(left).copied();
            if lacking.is_none() {
                plan.seats.iter().for_each(|seat| *seats.entry(seat.sku).or_default() -= 1);
            }
            lacking
        };
        self.cases.iter().map(|case| serve(&case.plan)).collect()
    }
}

impl Runner {
    /// The subjects that a job is about, if it is one about many.
    pub(crate) async fn cases<T: Task>(
        &self,
        job: &Job<T::Request>,
    ) -> Result<Option<Cases<T::Request>>, Stop> {
        let read = self.tenant().clock.now();
        match job {
            Job::Sweep { sweep, want } => {
                let memory = self.memory(T::NAME, sweep).await?;
                let found = Box::pin(T::sweep(sweep, want, &memory, self.tenant())).await;
                Ok(Some(Cases::found(sweep, found.map_err(Stop::Unreadable)?, read)))
            }
            Job::Act { action, on } if action == UNDO => {
                let record = self.record(&RunKey { task: T::NAME, run: *on }).await?;
                match record.parts().next() {
                    Some(_) => Ok(Some(self.taken_back::<T>(&record, read).await?)),
                    None => Ok(None),
                }
            }
            Job::Do(_) | Job::Act { .. } => Ok(None),
        }
    }

    /// What takes the parts of a sweep back. A part that never began has done nothing.
    async fn taken_back<T: Task>(&self, record: &Record, read: Timestamp) -> Result<Cases<T::Request>, Stop> {
        let undo = async |run: RunId| {
            let job = Job::Act { action: UNDO.to_owned(), on: run };
            match self.look::<T>(&job).await {
                Ok(plan) if plan.is_empty() && plan.findings.iter().all(|told| told.level == Level::Note) => {
                    Ok(None)
                }
                Ok(plan) => Ok(Some(Case::of((job, plan)))),
                Err(Stop::NoSuchRun) => Ok(None),
                Err(stop) => Err(stop),
            }
        };
        let runs: Vec<RunId> = record.parts().map(|part| part.run).collect();
        let cases: Vec<_> = stream::iter(runs).map(undo).buffered(AT_ONCE).try_collect().await?;
        Ok(Cases {
            subject: Subject::named(UNDO),
            cases: cases.into_iter().flatten().collect(),
            findings: Vec::new(),
            most: usize::MAX,
            read,
            learnt: None,
        })
    }

    /// What would become of each.
    pub(crate) fn preview_of<R>(&self, cases: &Cases<R>) -> Outcome {
        let free = |(sku, (_, free)): (SkuId, (usize, i64))| (sku, usize::try_from(free).unwrap_or_default());
        let without = cases.without(cases.wanted().into_iter().map(free).collect());
        let parts = cases.cases.iter().zip(without).map(|(case, lacking)| {
            self.refusal(case, lacking, true).unwrap_or_else(|| Outcome::preview(&case.plan))
        });
        let outcome = Outcome::of_parts(cases.subject.clone(), parts.collect(), cases.findings.clone());
        let status = if outcome.status == RunStatus::Refused { outcome.status } else { RunStatus::Planned };
        Outcome { status, ..outcome }
    }

    /// Why nothing is done for one, if that is so.
    fn refusal<R>(&self, case: &Case<R>, lacking: Option<Seat>, approved: bool) -> Option<Outcome> {
        let plan = &case.plan;
        if plan.is_blocked() {
            return Some(Outcome::refused(plan));
        }
        if let Some(seat) = lacking {
            return Some(Outcome::refused(plan).but(goes_without(plan, &seat)));
        }
        let breach = self.policy.check(plan, approved, self.recent_runs(None)).err()?;
        Some(Outcome::refused(plan).because(&Stop::Forbidden(breach)))
    }

    /// Does all that may be done, and tells what became of each.
    pub(crate) async fn sweep<T: Task>(
        &self,
        part: &Part<'_>,
        cases: Cases<T::Request>,
    ) -> Result<Outcome, Stop> {
        let record = self.record(part.run).await?;
        let approved = record.approved().is_some() || matches!(part.approval, Approval::Exactly(_));
        let cases = cases.only_approved_before(&record);
        if let Err(stop) = self.may(part.approval, &cases, &record) {
            self.finish(part.run, &self.preview_of(&cases).because(&stop)).await?;
            return Err(stop);
        }
        let skus = cases.wanted().into_keys().collect();
        let without = cases.without(self.promised(part, &cases).await?);
        let refused = cases.cases.iter().zip(without);
        let refused: Vec<_> = refused.map(|(case, lacking)| self.refusal(case, lacking, approved)).collect();
        let Cases { subject, cases, findings, learnt, .. } = cases;
        let judged = cases.into_iter().zip(refused).map(|(case, refused)| (RunId::fresh(), case, refused));
        let parts = self.carry_out_all::<T>(part.run, judged.collect(), approved).await?;
        self.end(part.run.run, skus).await;
        let blocks = |finding: &Finding| finding.level == Level::Blocks;
        if let Some((sweep, mark)) = learnt.filter(|_| !findings.iter().any(blocks)) {
            self.remember(part.run.task, &sweep, mark, &parts).await?;
        }
        Ok(Outcome { run: Some(part.run.run), ..Outcome::of_parts(subject, parts, findings) })
    }

    /// Whether approval and the most that may change at once let it pass.
    fn may<R>(&self, approval: &Approval, cases: &Cases<R>, record: &Record) -> Result<(), Stop> {
        let was_let_pass = record.parts().next().is_some();
        match approval {
            Approval::Exactly(_) if was_let_pass => Ok(()),
            Approval::Exactly(digest) if *digest == cases.digest() => Ok(()),
            Approval::Exactly(_) => Err(Stop::Moved(Box::new(self.preview_of(cases)))),
            _ if cases.cases.len() > cases.most => {
                Err(Stop::Forbidden(too_many(cases.cases.len(), cases.most)))
            }
            _ => Ok(()),
        }
    }

    /// Has seats promised for all of them, as far as there are any.
    async fn promised<R>(&self, part: &Part<'_>, cases: &Cases<R>) -> Result<BTreeMap<SkuId, usize>, Stop> {
        let asker = Asker { run: part.run.run, asked: part.asked, read: cases.read };
        let mut promised = BTreeMap::new();
        for (sku, (wanted, free)) in cases.wanted() {
            promised.insert(sku, self.promise_up_to(wanted, &asker, Seat { sku, free }).await?);
        }
        Ok(promised)
    }

    /// Each in a run of its own, many at once; which runs these are is written down first.
    async fn carry_out_all<T: Task>(
        &self,
        run: &RunKey,
        judged: Vec<(RunId, Case<T::Request>, Option<Outcome>)>,
        approved: bool,
    ) -> Result<Vec<Outcome>, Stop> {
        let going = judged.iter().filter(|(_, _, refused)| refused.is_none());
        let parts: Vec<SweptRun> =
            going.map(|(run, case, _)| SweptRun { run: *run, digest: case.digest.clone() }).collect();
        let mut alive = self.tenant().clock.now();
        if !parts.is_empty() {
            self.write(run, &[Entry::Swept { at: alive, parts }]).await?;
        }
        let ended = stream::iter(judged).map(|(part, case, refused)| async move {
            match refused {
                Some(refused) => Ok(refused),
                None => self.carry_out_one::<T>(&RunKey { run: part, ..*run }, case, approved).await,
            }
        });
        let mut ended = Box::pin(ended.buffered(AT_ONCE));
        let mut outcomes = Vec::new();
        while let Some(outcome) = ended.next().await {
            outcomes.push(outcome);
            alive = self.sign_of_life(run, alive).await?;
        }
        outcomes.into_iter().collect()
    }

    async fn sign_of_life(&self, run: &RunKey, last: Timestamp) -> Result<Timestamp, Stop> {
        let now = self.tenant().clock.now();
        if now.duration_since(last) < SIGN_OF_LIFE {
            return Ok(last);
        }
        self.write(run, &[Entry::GoingOn { at: now }]).await?;
        Ok(now)
    }

    /// One part: just what was planned for it. Its seats are promised to the sweep.
    async fn carry_out_one<T: Task>(
        &self,
        run: &RunKey,
        case: Case<T::Request>,
        approved: bool,
    ) -> Result<Outcome, Stop> {
        let Case { job, plan, digest } = case;
        let plan = Plan { seats: Vec::new(), ..plan };
        let approval = if approved { Approval::Exactly(digest) } else { Approval::None };
        let (_, lease) = self.begin::<T>(run, &job, &approval).await?;
        let part = Part { run, approval: &approval, past: &Past::default(), asked: asked(run, &job)? };
        let look = Look { at: self.tenant().clock.now(), is_last: true };
        let refused = |stop: &Stop| Outcome { run: Some(run.run), ..Outcome::refused(&plan).because(stop) };
        let ended = match self.carry_out(&part, &plan, look).await {
            Ok(outcome) => Ok(outcome.unwrap_or_else(|| Outcome::refused(&plan))),
            Err(stop @ (Stop::Forbidden(_) | Stop::Moved(_))) => Ok(refused(&stop)),
            Err(stop) => Err(stop),
        };
        let now = self.tenant().clock.now();
        let ended = ended.map(|outcome| outcome.goes_on_for(Past::default().patience(now), now));
        self.conclude(&lease, &job, ended).await
    }

    /// What the sweep knows from the last time.
    async fn memory(&self, task: TaskName, sweep: &str) -> Result<Memory, Stop> {
        let page = self.journal().page(&page_of(task, sweep)?).await?;
        Ok(serde_json::from_value(page.value).unwrap_or_default())
    }

    /// Keeps what to know next time. Somebody who was quicker knows as much.
    async fn remember(
        &self,
        task: TaskName,
        sweep: &str,
        mark: Value,
        parts: &[Outcome],
    ) -> Result<(), Stop> {
        let differs = parts.iter().filter(|part| !part.is_well()).filter_map(|part| part.subject.id);
        let waiting: BTreeSet<ObjectId> = differs.collect();
        let memory = if waiting.len() > WAITING { Memory::default() } else { Memory { mark, waiting } };
        let name = page_of(task, sweep)?;
        let Page { version, .. } = self.journal().page(&name).await?;
        let value = serde_json::to_value(memory).unwrap_or_default();
        if let Err(error) = self.journal().turn(&name, &version, &value).await {
            warn!(name: "sweep.forgot", error = chain(&error), "the next sweep looks at more than it need");
        }
        Ok(())
    }
}

fn page_of(task: TaskName, sweep: &str) -> Result<PageName, Stop> {
    Ok(PageName::new(format!("sweeps/{task}/{sweep}"))?)
}

fn more(more: usize) -> Finding {
    let says = format!("{more} more differ than are taken on at once: ask again once this is done");
    Finding::outstanding("more", says)
}

fn goes_without(plan: &Plan, seat: &Seat) -> Finding {
    let says = format!(
        "once those who come before have theirs, no seat is left for this: {}. Free: {}. Buy more, or free some",
        takes(plan, seat.sku),
        seat.free
    );
    Finding::blocks("licence-none-left", says)
}

fn too_many(differ: usize, most: usize) -> Breach {
    let says = format!(
        "{differ} differ, and no more than {most} may be changed at once: preview it, and apply it with If-Match: \"<planDigest>\""
    );
    Breach { rule: "most".to_owned(), says }
}
