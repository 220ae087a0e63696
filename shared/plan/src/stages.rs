//! Sends a plan: stage by stage, and what became of each stage is written down before the next is sent.

use futures_util::future::join_all;
use graph::ObjectId;
use jiff::Timestamp;
use journal::RunKey;

use crate::apply::{self, Applied};
use crate::change::Change;
use crate::outcome::{Outcome, Status};
use crate::plan::{Plan, Stage};
use crate::record::Entry;
use crate::runner::{Runner, Stop};

impl Runner {
    /// Stage by stage; what comes after a stage that does not hold is skipped, up to one that stands apart. What comes after
    /// an account that could not be restored is skipped in any case.
    pub(crate) async fn apply(&self, run: &RunKey, plan: &Plan) -> Result<Outcome, Stop> {
        let mut account = plan.subject.id;
        let mut applied: Vec<Applied> = Vec::new();
        let (mut stands, mut is_there) = (true, true);
        for (number, stage) in plan.stages.iter().enumerate() {
            stands |= stage.apart && is_there;
            let is_in_vain = applied.iter().any(|sent| sent.change.is_awaited_in_vain(sent.outcome.status));
            let ended = match stands {
                true if stage.later && is_in_vain => leave(stage, account, Status::Skipped),
                true if stage.later => leave(stage, account, Status::Waits),
                true => self.apply_stage(stage, account).await,
                false => leave(stage, account, Status::Skipped),
            };
            stands &= ended.iter().all(|applied| applied.outcome.status.holds());
            is_there &= !ended.iter().any(Applied::leaves_account_gone);
            account = account.or_else(|| ended.iter().find_map(|applied| applied.account));
            let at = self.tenant().clock.now();
            let lines = ended.iter().map(|applied| changed(at, number, applied));
            self.write(run, &lines.collect::<Vec<_>>()).await?;
            self.taken(run.run, plan, &ended).await;
            applied.extend(ended);
        }
        let credential = applied.iter_mut().find_map(|applied| applied.revealed.take());
        let changes = applied.into_iter().map(|applied| applied.outcome).collect::<Vec<_>>();
        let seats = plan.open(&changes);
        Ok(Outcome { credential, seats, ..Outcome::settled(plan, changes, account) })
    }

    async fn apply_stage(&self, stage: &Stage, account: Option<ObjectId>) -> Vec<Applied> {
        let about = |change| apply::about(account.as_ref(), change);
        let changes: Vec<Change> = stage.changes.iter().map(about).collect();
        let after: Vec<Change> = stage.after.iter().map(about).collect();
        let (first, last) = apply::in_order(self.tenant(), &changes, &after).await;
        let apply = |(change, answer)| apply::apply(self.tenant(), change, answer);
        let mut ended = join_all(changes.into_iter().zip(first).map(apply)).await;
        ended.extend(join_all(after.into_iter().zip(last).map(apply)).await);
        ended
    }
}

/// What became of a change, as the journal keeps it.
pub(crate) fn changed(at: Timestamp, stage: usize, applied: &Applied) -> Entry {
    Entry::Changed { at, status: applied.outcome.status, change: Box::new(applied.change.clone()), stage }
}

/// Nothing of the stage is sent.
fn leave(stage: &Stage, account: Option<ObjectId>, status: Status) -> Vec<Applied> {
    stage.all().map(|change| apply::unsent(apply::about(account.as_ref(), change), status)).collect()
}
