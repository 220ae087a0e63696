//! Rules: who is to hold which licences, by department, country, kind of employee or group.
//!
//! A file says it for the whole tenant. Everybody holds what all the rules that fit them give, and nothing is taken that the
//! file does not name under `takes`. Accounts that may not sign in and guests are left as they are.
//!
//! ```json
//! {
//!   "rules": [
//!     {"name": "Office staff", "when": {"employeeType": ["Employee"]}, "licences": [{"sku": "SPE_E3"}]},
//!     {"name": "Sales in Europe", "when": {"department": ["Sales"], "country": ["Germany", "France"]},
//!      "licences": [{"sku": "VISIOCLIENT"}]}
//!   ],
//!   "takes": ["VISIOCLIENT"]
//! }
//! ```
//!
//! It knows no patterns and no expressions: a rule names values, and an exception is said with `unless`.

mod changed;
mod condition;
mod decide;
mod everybody;
mod file;
mod resolve;
#[cfg(test)]
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use directory::account::Account;
use graph::{Error, ObjectId};
use jiff::{SignedDuration, Timestamp};
use plan::{Finding, Memory, Sweep, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use condition::Condition;
pub(crate) use file::SETTING;
pub use file::{Reconcile, Rule, Rules};

use crate::many::{Differs, Queue, blocked, plans};
use crate::observe::Belongs;
use crate::request::Assignment;
use changed::Links;
use decide::{Difference, Exempt, exempt};
use resolve::{Resolved, resolve};

/// What is known from the last time.
#[derive(Debug, Deserialize, Serialize)]
struct Mark {
    /// By which rules.
    rules: Rules,
    /// What the names of groups meant. Another group may be called so since.
    #[serde(default)]
    groups: Vec<ObjectId>,
    /// When everybody was looked at.
    full: Timestamp,
    links: Links,
}

impl Mark {
    fn of(memory: &Memory) -> Option<Self> {
        serde_json::from_value(memory.mark.clone()).ok().flatten()
    }

    /// Whether it will do to look at who has changed since.
    fn will_do(&self, rules: &Rules, resolved: &Resolved, now: Timestamp) -> bool {
        let longest = SignedDuration::from_hours(rules.full_pass_hours.into());
        self.rules == *rules && self.groups == resolved.groups && now.duration_since(self.full) < longest
    }
}

/// Who was looked at.
#[derive(Debug, Default)]
struct Looked {
    accounts: usize,
    blocked: usize,
    guests: usize,
    /// Those who differ: by the first rule that fits, then whoever has been there for longest.
    differ: Queue<(usize, Option<Timestamp>)>,
}

impl Looked {
    /// Looks at one.
    fn at(&mut self, account: Account, groups: &BTreeSet<ObjectId>, rules: &Resolved) {
        self.accounts += 1;
        match exempt(&account) {
            Some(Exempt::Blocked) => self.blocked += 1,
            Some(Exempt::Guest) => self.guests += 1,
            None => {
                if let Some(Difference { rank, want, why }) = rules.difference(&account, groups) {
                    self.differ.add((rank, account.created_date_time), Differs { account, want, why });
                }
            }
        }
    }

    fn left_alone(&self) -> Option<Finding> {
        let Self { blocked, guests, .. } = self;
        let says =
            format!("left as they are, of those: accounts that may not sign in: {blocked}, guests: {guests}");
        (blocked + guests > 0).then(|| Finding::note("left-alone", says))
    }
}

/// What looking came to.
struct Found {
    looked: Looked,
    /// Where the next round begins.
    links: Links,
    /// What those who were looked at belong to, where that was read.
    known: BTreeMap<ObjectId, Belongs>,
}

/// Finds everybody who differs from the rules.
pub(crate) async fn sweep(
    want: &Reconcile,
    memory: &Memory,
    tenant: &Tenant,
) -> Result<Sweep<Assignment>, Error> {
    let rules = want.rules.as_ref().ok_or_else(|| Error::failed("the sweep has no rules", None))?;
    let resolved = match resolve(rules, &tenant.graph).await? {
        Ok(resolved) => resolved,
        Err(findings) => return Ok(blocked(findings)),
    };
    let now = tenant.clock.now();
    let since = Mark::of(memory).filter(|mark| !want.full && mark.will_do(rules, &resolved, now));
    let (found, full, told) = look(since.as_ref(), memory, &resolved, tenant).await?;
    let Found { looked, links, known } = found;
    let looked_at = Finding::note("looked", format!("{told}: {}", looked.accounts));
    let findings = [Some(looked_at), looked.left_alone()].into_iter().flatten().collect();
    let more = looked.differ.behind();
    let cases = plans(looked.differ.in_order(), known, &resolved.skus, tenant).await?;
    let mark = Mark { rules: rules.clone(), groups: resolved.groups, full, links };
    let mark = serde_json::to_value(mark).unwrap_or(Value::Null);
    Ok(Sweep { cases, more, most: rules.most, findings, mark })
}

/// Looks at who has changed if that will do and can be told, else at everybody; with the time of the last full pass, and in
/// words who that was.
async fn look(
    since: Option<&Mark>,
    memory: &Memory,
    rules: &Resolved,
    tenant: &Tenant,
) -> Result<(Found, Timestamp, &'static str), Error> {
    let now = tenant.clock.now();
    let Some(since) = since else {
        let found = everybody::look(rules, &tenant.graph).await?;
        return Ok((found, now, "accounts of the tenant, all looked at"));
    };
    match changed::look(&since.links, &memory.waiting, rules, &tenant.graph).await? {
        Some(found) => Ok((found, since.full, "accounts that changed or were waiting, and were looked at")),
        None => {
            let found = everybody::look(rules, &tenant.graph).await?;
            let told = "accounts of the tenant, all looked at, since what has changed could not be told";
            Ok((found, now, told))
        }
    }
}
