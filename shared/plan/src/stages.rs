//! Sends a plan: stage by stage, and what became of each stage is written down before the next is sent.

use futures_util::future::join_all;
use graph::{MADE, ObjectId, RUN};
use jiff::Timestamp;
use journal::{RunId, RunKey};

use crate::apply::{self, Applied, Carried};
use crate::change::Change;
use crate::outcome::{Outcome, Status};
use crate::plan::{Plan, Stage};
use crate::record::Entry;
use crate::runner::{Runner, Stop};

impl Runner {
    /// Stage by stage; what comes after a stage that does not hold is skipped, up to one that stands apart. What waits behind
    /// something that waits waits, too. What comes after
    /// an account that could not be restored is skipped in any case.
    pub(crate) async fn apply(&self, run: &RunKey, plan: &Plan) -> Result<Outcome, Stop> {
        let (mut account, mut carried) = (plan.subject.id, None);
        let mut applied: Vec<Applied> = Vec::new();
        let (mut stands, mut waits, mut is_there) = (true, false, true);
        for (number, stage) in plan.stages.iter().enumerate() {
            let known = Known { run: run.run, account, carried: carried.as_ref() };
            stands |= stage.apart && is_there;
            let is_in_vain = applied.iter().any(|sent| sent.change.is_awaited_in_vain(sent.outcome.status));
            let ended = match stands {
                true if stage.later && is_in_vain => leave(stage, &known, Status::Skipped),
                true if stage.later => leave(stage, &known, Status::Waits),
                true => self.apply_stage(stage, &known).await,
                false if stage.later && waits => leave(stage, &known, Status::Waits),
                false => leave(stage, &known, Status::Skipped),
            };
            waits = ended.iter().any(|applied| applied.outcome.status == Status::Waits);
            stands &= ended.iter().all(|applied| applied.outcome.status.holds());
            is_there &= !ended.iter().any(Applied::leaves_account_gone);
            account = account.or_else(|| ended.iter().find_map(|applied| applied.account));
            carried = ended.iter().find_map(|applied| applied.carried.clone()).or(carried);
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

    async fn apply_stage(&self, stage: &Stage, known: &Known<'_>) -> Vec<Applied> {
        let changes: Vec<Change> = stage.changes.iter().map(|change| known.fill(change)).collect();
        let after: Vec<Change> = stage.after.iter().map(|change| known.fill(change)).collect();
        let (first, last) = apply::in_order(self.tenant(), &changes, &after).await;
        let apply = |(change, answer)| apply::apply(self.tenant(), change, answer, known.carried);
        let mut ended = join_all(changes.into_iter().zip(first).map(apply)).await;
        ended.extend(join_all(after.into_iter().zip(last).map(apply)).await);
        ended
    }
}

/// What is known once a stage begins, and could not be when it was planned.
struct Known<'a> {
    run: RunId,
    account: Option<ObjectId>,
    carried: Option<&'a Carried>,
}

impl Known<'_> {
    /// The change with every id in its place.
    fn fill(&self, change: &Change) -> Change {
        let change = apply::about(self.account.as_ref(), change).with(RUN, &self.run.to_string());
        self.carried.map_or_else(|| change.clone(), |carried| change.with(MADE, &carried.id))
    }
}

/// What became of a change, as the journal keeps it.
pub(crate) fn changed(at: Timestamp, stage: usize, applied: &Applied) -> Entry {
    Entry::Changed { at, status: applied.outcome.status, change: Box::new(applied.change.clone()), stage }
}

/// Nothing of the stage is sent.
fn leave(stage: &Stage, known: &Known<'_>, status: Status) -> Vec<Applied> {
    stage.all().map(|change| apply::unsent(known.fill(change), status)).collect()
}
