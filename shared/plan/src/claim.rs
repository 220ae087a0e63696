//! Claims: of two runs, only one at a time works on what bears only one.
//!
//! Most of what a plan does may be done twice at once, since each change sets something to what it should be. Some work makes
//! something new each time, or builds on a list that is only written as a whole: there the second run would make another, or
//! undo the first. Its plan [claims](Plan::claims) what it works on, and before anything is written the runner has the claim
//! granted, on a page of the ledger (`claims/<what>`) that is turned by one at a time. Whoever comes second changes nothing,
//! and goes on by itself in a while; whoever comes right after somebody else looks at the tenant again, since what was seen
//! before may have changed under that claim.
//!
//! A claim ends with its run's part, or once the run has been silent for longer than its lease. It stands for as long where
//! nobody can say what the run has done: by then, everybody can see it.

use jiff::{SignedDuration, Timestamp};
use journal::{PageName, RunId};
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::obstacle::Obstacle;
use crate::outcome::chain;
use crate::plan::{Finding, Plan};
use crate::runner::{LEASE, Look, Runner, Stop};

/// How often a page is turned at the most while others are first: each of them got something done.
const TURNS: usize = 100;

/// How soon whoever comes second comes again.
const PAUSE: SignedDuration = SignedDuration::from_mins(2);

/// The page of a claim: who has it, or had it last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Claim {
    run: RunId,
    until: Timestamp,
}

impl Plan {
    /// Says what no other run may work on while this one does: small letters, digits and hyphens, such as an object id. No
    /// part of the digest.
    #[must_use]
    pub fn claiming(mut self, what: impl Into<String>) -> Self {
        self.claims = Some(what.into());
        self
    }
}

impl Claim {
    /// Whether somebody else has it, or had it after the tenant was looked at.
    fn stands_against(&self, run: RunId, look: Look, now: Timestamp) -> Option<Obstacle> {
        let is_others = self.run != run && self.until > look.at;
        let comes_again = now.saturating_add(PAUSE).ok();
        is_others.then(|| Obstacle { finding: taken(), is_stale: self.until <= now, comes_again })
    }
}

impl Runner {
    /// Has the plan's claim granted to a run; or says why it is not. A plan without changes claims nothing.
    pub(crate) async fn claim(&self, run: RunId, plan: &Plan, look: Look) -> Result<Option<Obstacle>, Stop> {
        let Some(name) = page(plan)? else { return Ok(None) };
        for _ in 0..TURNS {
            let now = self.tenant().clock.now();
            let page = self.journal().page(&name).await?;
            let held = serde_json::from_value::<Option<Claim>>(page.value).map_err(unreadable)?;
            if let Some(taken) = held.and_then(|held| held.stands_against(run, look, now)) {
                return Ok(Some(taken));
            }
            let until = now.saturating_add(LEASE).unwrap_or(now);
            let value = serde_json::to_value(Claim { run, until }).map_err(unreadable)?;
            if self.journal().turn(&name, &page.version, &value).await? {
                return Ok(None);
            }
        }
        Err(journal::Error::contended(&name).into())
    }

    /// Gives a claim back. One that cannot be given back ends with its lease.
    pub(crate) async fn give_back(&self, run: RunId, plan: &Plan) {
        if let Err(stop) = self.end_claim(run, plan).await {
            warn!(name: "claim.held", error = chain(&stop), "a claim could not be given back, and ends with its lease");
        }
    }

    async fn end_claim(&self, run: RunId, plan: &Plan) -> Result<(), Stop> {
        let Some(name) = page(plan)? else { return Ok(()) };
        let page = self.journal().page(&name).await?;
        let held = serde_json::from_value::<Option<Claim>>(page.value).map_err(unreadable)?;
        if let Some(held) = held.filter(|held| held.run == run) {
            let ended = Claim { until: self.tenant().clock.now(), ..held };
            let value = serde_json::to_value(ended).map_err(unreadable)?;
            // Where somebody was first, it is theirs.
            self.journal().turn(&name, &page.version, &value).await?;
        }
        Ok(())
    }
}

fn page(plan: &Plan) -> Result<Option<PageName>, Stop> {
    let claims = plan.claims.as_ref().filter(|_| !plan.is_empty());
    Ok(claims.map(|what| PageName::new(format!("claims/{what}"))).transpose()?)
}

fn taken() -> Finding {
    let says =
        "another run is at work on this: nothing was done yet, and this run goes on when that one is over";
    Finding::note("under-way", says)
}

fn unreadable(error: serde_json::Error) -> Stop {
    Stop::Unreadable(graph::Error::failed("a claim cannot be read or written", Some(error.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_795_000_000, 0);

    fn minutes(minutes: i64) -> Timestamp {
        NOON + jiff::SignedDuration::from_mins(minutes)
    }

    #[test]
    fn a_claim_stands_against_others_while_it_lasts_and_against_what_they_saw_before() {
        let (run, other) = (RunId::fresh(), RunId::fresh());
        // Whose it is, until when, when the tenant was looked at, and what noon says to that: whether it is stale.
        let table = [
            (other, 5, -1, Some(false)),
            (other, 0, -1, Some(true)),
            (other, -1, -1, None),
            (other, -2, -1, None),
            (run, 5, -1, None),
        ];
        for (holder, until, looked, expected) in table {
            let look = Look { at: minutes(looked), is_last: false };
            let claim = Claim { run: holder, until: minutes(until) };
            let told = claim.stands_against(run, look, NOON).map(|taken| taken.is_stale);
            assert_eq!(told, expected, "until {until}, looked {looked}");
        }
    }
}
