//! Whether a plan may be carried out: what the caller has approved, and what the guard-rails say.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use jiff::SignedDuration;
use journal::RunId;

use crate::change::Touch;
use crate::outcome::Outcome;
use crate::plan::{Digest, Plan};
use crate::runner::{Runner, Stop};

/// What the caller has approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Nothing: apply whatever the plan is now.
    None,
    /// Exactly the plan with this digest (`If-Match`).
    Exactly(Digest),
    /// A plan of this run was let pass before, and the run goes on: what that plan handed out needs no approval again, if
    /// the caller had approved it.
    Before(Option<Vec<Touch>>),
}

impl Approval {
    /// Whether everything that this plan hands out is approved.
    fn covers(&self, plan: &Plan) -> bool {
        match self {
            Self::None => false,
            Self::Exactly(digest) => *digest == plan.digest(),
            Self::Before(approved) => approved
                .as_ref()
                .is_some_and(|approved| plan.hands_out().all(|touch| approved.contains(touch))),
        }
    }
}

impl Runner {
    /// Whether approval and guard-rails let the plan pass.
    pub(crate) fn permit(&self, run: RunId, plan: &Plan, approval: &Approval) -> Result<(), Stop> {
        match approval {
            Approval::Exactly(_) | Approval::Before(Some(_)) if !approval.covers(plan) => {
                return Err(Stop::Moved(Box::new(Outcome::preview(plan))));
            }
            _ => {}
        }
        let recent = self.recent_runs(Some(run));
        self.policy.check(plan, approval.covers(plan), recent).map_err(Stop::Forbidden)?;
        if !plan.is_empty() && !plan.is_blocked() {
            self.recent
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_back((self.tenant().clock.now(), run));
        }
        Ok(())
    }

    /// How many other runs changed something within the last hour.
    pub(crate) fn recent_runs(&self, this: Option<RunId>) -> usize {
        let hour_ago = self.tenant().clock.now() - SignedDuration::from_hours(1);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent.front().is_some_and(|(at, _)| *at < hour_ago) {
            recent.pop_front();
        }
        let others = recent.iter().filter(|(_, run)| this != Some(*run));
        others.map(|(_, run)| run).collect::<BTreeSet<_>>().len()
    }
}
