//! The subjects that one job is about: for whom nothing is done, and why.
//!
//! It decides and never asks: what is free, what others were promised and what the policy says is handed in.

use std::collections::{BTreeMap, BTreeSet};

use graph::SkuId;
use jiff::Timestamp;
use journal::{RunId, TaskName};
use serde::Serialize;

use super::memory::Learnt;
use crate::guard::Policy;
use crate::outcome::Outcome;
use crate::plan::{Digest, Finding, Level, Plan, Subject};
use crate::record::{Job, SweptRun};
use crate::runner::{Stop, asked};
use crate::seats::{Asker, Seat, takes};

/// The subjects that one job is about, in the order in which they are served.
pub(crate) struct Cases<R> {
    pub(super) subject: Subject,
    pub(super) cases: Vec<Case<R>>,
    pub(super) findings: Vec<Finding>,
    /// How many may be changed without approval.
    pub(super) most: usize,
    /// When the tenant began to be read.
    pub(super) read: Timestamp,
    /// Of a sweep: what to know next time if all goes well.
    pub(super) learnt: Option<Learnt>,
}

/// One of them, and the run that is to be made of it.
pub(super) struct Case<R> {
    pub(super) run: RunId,
    /// What is asked, as a fingerprint.
    pub(super) asked: RunId,
    pub(super) job: Job<R>,
    pub(super) plan: Plan,
    pub(super) digest: Digest,
    /// What is told if nothing is to be done.
    pub(super) refused: Option<Outcome>,
}

impl<R: Serialize> Case<R> {
    pub(super) fn of(task: TaskName, job: Job<R>, plan: Plan) -> Result<Self, Stop> {
        let (asked, digest) = (asked(task, &job)?, plan.digest());
        Ok(Self { run: RunId::fresh(), asked, job, plan, digest, refused: None })
    }
}

impl<R> Case<R> {
    /// Why nothing may be done, whatever is left: the plan says so itself; others were approved, and this was not; or the
    /// policy says so.
    fn refusal(
        &self,
        policy: &Policy,
        approved: Option<&BTreeSet<Digest>>,
        recent: usize,
    ) -> Option<Outcome> {
        let refused = Outcome::refused(&self.plan);
        match approved {
            _ if self.plan.is_blocked() => Some(refused),
            Some(approved) if !approved.contains(&self.digest) => Some(refused.but(not_approved())),
            _ => {
                let breach = policy.check(&self.plan, approved.is_some(), recent).err()?;
                Some(refused.because(&Stop::Forbidden(breach)))
            }
        }
    }

    /// The seats that it takes, if it goes ahead. Who changes nothing waits for what is on its way.
    fn seats(&self) -> &[Seat] {
        if self.refused.is_some() || self.plan.is_empty() { &[] } else { &self.plan.seats }
    }
}

impl<R> Cases<R> {
    /// The fingerprint of all plans together.
    pub(super) fn digest(&self) -> Digest {
        Digest::of_all(self.cases.iter().map(|case| &case.digest))
    }

    pub(super) fn digests(&self) -> BTreeSet<Digest> {
        self.cases.iter().map(|case| case.digest.clone()).collect()
    }

    pub(super) fn parts(&self) -> Vec<SweptRun> {
        self.cases.iter().map(|case| SweptRun { run: case.run, digest: case.digest.clone() }).collect()
    }

    /// Whether a finding forbids all of it.
    pub(super) fn is_blocked(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Blocks)
    }

    /// Refuses those to whom nothing may be done, whatever is left. `recent`: how many runs changed something within the last
    /// hour.
    pub(super) fn guard(&mut self, policy: &Policy, approved: Option<&BTreeSet<Digest>>, recent: usize) {
        let (is_blocked, mut runs) = (self.is_blocked(), recent);
        for case in &mut self.cases {
            case.refused = match is_blocked {
                true => Some(Outcome::refused(&case.plan)),
                false => case.refusal(policy, approved, runs),
            };
            runs += usize::from(case.refused.is_none() && !case.plan.is_empty());
        }
    }

    /// How many seats were free, of each SKU of which any is taken.
    pub(super) fn free(&self) -> BTreeMap<SkuId, i64> {
        let mut free = BTreeMap::new();
        for seat in self.cases.iter().flat_map(Case::seats) {
            let least = free.entry(seat.sku).or_insert(seat.free);
            *least = seat.free.min(*least);
        }
        free
    }

    /// Who goes without, and which seat is lacking, if there are only so many: whoever comes first is served first, with all
    /// that they take or with nothing.
    pub(super) fn without(&self, mut left: BTreeMap<SkuId, i64>) -> BTreeMap<RunId, Seat> {
        let mut without = BTreeMap::new();
        for case in &self.cases {
            let is_gone = |seat: &&Seat| left.get(&seat.sku).is_none_or(|left| *left <= 0);
            match case.seats().iter().find(is_gone) {
                Some(seat) => drop(without.insert(case.run, *seat)),
                None => case.seats().iter().for_each(|seat| *left.entry(seat.sku).or_default() -= 1),
            }
        }
        without
    }

    /// Who asks for a seat of this SKU, but for those who go without.
    pub(super) fn askers(&self, sku: SkuId, without: &BTreeMap<RunId, Seat>) -> Vec<Asker> {
        let takes = |case: &&Case<R>| case.seats().iter().any(|seat| seat.sku == sku);
        let served = self.cases.iter().filter(takes).filter(|case| !without.contains_key(&case.run));
        served.map(|case| Asker { run: case.run, asked: case.asked, read: self.read }).collect()
    }

    /// Refuses those who go without.
    pub(super) fn refuse(&mut self, without: &BTreeMap<RunId, Seat>) {
        for case in &mut self.cases {
            if let Some(seat) = without.get(&case.run) {
                case.refused = Some(Outcome::refused(&case.plan).but(goes_without(&case.plan, seat)));
            }
        }
    }
}

fn not_approved() -> Finding {
    Finding::blocks(
        "plan-moved",
        "this is not what was approved: ask for the sweep anew, and look at its preview",
    )
}

fn goes_without(plan: &Plan, seat: &Seat) -> Finding {
    let says = format!(
        "once those who come before have theirs, no seat is left for this: {}. Free: {}. Buy more, or free some",
        takes(plan, seat.sku),
        seat.free
    );
    Finding::blocks("licence-none-left", says)
}
