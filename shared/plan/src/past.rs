//! What a run that goes on has behind it: what it did then is not done again if somebody else undid it since.
//!
//! A run that died half-way is another matter. It may find undone what it did a moment ago, because the directory has not
//! caught up; so only a part of a run that had ended counts.

use std::collections::BTreeSet;

use graph::SkuId;
use jiff::{SignedDuration, Timestamp};
use journal::RunId;

use crate::call::Call;
use crate::change::Change;
use crate::outcome::{ChangeOutcome, Outcome, Status};
use crate::plan::{Finding, Plan};
use crate::record::{Job, Record};
use crate::runner::Stop;
use crate::undo::UNDO;

/// For how long a run goes on by itself because a service has not caught up. Exchange Online takes up to four hours for what
/// it does last ("Place a mailbox on Litigation Hold").
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// What a run has behind it.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Whether it came to have an account.
    has_account: bool,
    /// What it did, and does once only.
    once: Vec<Call>,
    /// Since when it has been at it: since it was asked for, or since the time it named itself.
    since: Option<Timestamp>,
    /// What it did, and what was so when it came.
    held: Vec<Change>,
    /// Of which SKUs it was promised a seat.
    pub(crate) seats: BTreeSet<SkuId>,
    /// What holds by now.
    before: Option<Outcome>,
}

impl Past {
    /// What this record tells.
    pub(crate) fn of(run: RunId, record: &Record) -> Self {
        let has_ended = record.outcome().is_some();
        let done = record.changes().filter(|(status, change)| *status == Status::Done && change.once);
        let once = done.filter(|_| has_ended).map(|(_, change)| change.send.clone()).collect();
        let held = record.changes().filter(|(status, _)| status.holds()).map(|(_, change)| change.clone());
        Self {
            has_account: record.account().is_some(),
            once,
            since: record.due_since(),
            held: held.collect(),
            seats: record.seats(),
            before: so_far(run, record),
        }
    }

    /// What became of the whole run: what holds since before, and what became of this part. What did not hold before is
    /// planned anew, so its word counts no more.
    pub(crate) fn and(&self, part: Result<Outcome, Stop>, now: Timestamp) -> Result<Outcome, Stop> {
        let Some(before) = self.before.clone() else { return part };
        match part {
            Ok(part) => Ok(before.and(part)),
            Err(Stop::Journal(error)) => Err(Stop::Journal(error)),
            Err(stop) => Ok(before.cut_short(&stop, now)),
        }
    }

    /// How long a run waits from now on for a service that has not caught up.
    pub(crate) fn patience(&self, now: Timestamp) -> SignedDuration {
        PATIENCE - self.since.map_or(SignedDuration::ZERO, |since| now.duration_since(since))
    }

    /// What is left of an undo that goes on. It is planned from what the run did, which does not tell what was taken back.
    pub(crate) fn remaining<R>(&self, plan: Plan, job: &Job<R>) -> Plan {
        match job {
            Job::Act { action, .. } if action == UNDO => plan.without(&self.held),
            _ => plan,
        }
    }

    /// The same for a run that its caller asks for again: an account that is not seen may not be visible yet.
    pub(crate) fn asked_anew(self) -> Self {
        Self { has_account: false, ..self }
    }

    /// The plan, unless it would do again what others have undone.
    pub(crate) fn hold(&self, plan: Plan) -> Plan {
        let gone = self.has_account && plan.changes().any(|change| change.creates_account);
        let contested = plan.changes().find(|change| self.once.contains(&change.send));
        let contested = contested.map(|change| {
            let says = format!(
                "this run did it, and somebody has undone it since: {}. Ask anew if it is still wanted",
                change.says
            );
            Finding::blocks("undone-since", says)
        });
        plan.findings(gone.then(account_gone)).findings(contested)
    }
}

/// What holds by now of what the run did, whether or not it ever ended.
fn so_far(run: RunId, record: &Record) -> Option<Outcome> {
    let holds = record.changes().filter(|(status, _)| status.holds());
    let changes: Vec<_> = holds.map(|(status, change)| ChangeOutcome::of(change, status)).collect();
    let before = record.outcome().cloned().or_else(|| record.plan().map(Outcome::preview))?;
    (!changes.is_empty()).then_some(Outcome { run: Some(run), changes, ..before })
}

fn account_gone() -> Finding {
    let says = "the account that this run was about has been deleted: ask anew if there is to be another";
    Finding::blocks("account-gone", says)
}
