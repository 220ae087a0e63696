//! Many at once: what rules and reclaim have in common. Who differs, in the order in which they are served, with a plan for
//! each.
//!
//! However large the tenant, what is kept while everybody is looked at is bounded: the first two thousand of those who
//! differ, and how many come behind them.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::account::Account;
use directory::licence::Sku;
use futures_util::{StreamExt, TryStreamExt, stream};
use graph::{Error, ObjectId};
use plan::{Finding, Level, Plan, Sweep, Task, Tenant};
use serde_json::Value;

use crate::AssignLicence;
use crate::facts::Facts;
use crate::observe::{Belongs, belongs_if_there};
use crate::request::Assignment;

/// How many are changed in one run.
const AT_A_TIME: usize = 2_000;

/// How many plans are made at once; what they read travels in common batches.
const PLANS: usize = 40;

/// What is read of each account of a list.
pub(crate) const SELECT: &[&str] = &[
    "id",
    "userPrincipalName",
    "displayName",
    "accountEnabled",
    "usageLocation",
    "createdDateTime",
    "licenseAssignmentStates",
];

/// How many accounts may be changed at once without approval, unless it is said.
pub(crate) fn most() -> usize {
    25
}

/// That an item of a list is not of the shape it should have.
pub(crate) fn unreadable(error: serde_json::Error) -> Error {
    Error::failed("an account of the list does not have the shape it should have", Some(error.into()))
}

/// Nothing is looked for while names mean nothing in this tenant.
pub(crate) fn blocked(findings: Vec<Finding>) -> Sweep<Assignment> {
    Sweep { cases: Vec::new(), more: 0, most: 0, findings, mark: Value::Null }
}

/// Somebody who differs.
#[derive(Debug)]
pub(crate) struct Differs {
    pub(crate) account: Account,
    /// What brings them in line.
    pub(crate) want: Assignment,
    /// Why.
    pub(crate) why: Finding,
}

/// Those who differ, the least rank first. An account that a list shows twice is in it once.
#[derive(Debug)]
pub(crate) struct Queue<R> {
    first: BTreeMap<(R, ObjectId), Differs>,
    behind: usize,
}

impl<R> Default for Queue<R> {
    fn default() -> Self {
        Self { first: BTreeMap::new(), behind: 0 }
    }
}

impl<R: Ord> Queue<R> {
    pub(crate) fn add(&mut self, rank: R, one: Differs) {
        self.first.insert((rank, one.account.id), one);
        if self.first.len() > AT_A_TIME {
            self.first.pop_last();
            self.behind += 1;
        }
    }

    /// How many come behind those who are served.
    pub(crate) fn behind(&self) -> usize {
        self.behind
    }

    pub(crate) fn in_order(self) -> Vec<Differs> {
        self.first.into_values().collect()
    }
}

/// A plan for each; who turns out to be in line, or is gone, is left out.
pub(crate) async fn plans(
    differ: Vec<Differs>,
    mut known: BTreeMap<ObjectId, Belongs>,
    skus: &Arc<[Sku]>,
    tenant: &Tenant,
) -> Result<Vec<(Assignment, Plan)>, Error> {
    let plan = |one: Differs| {
        let known = known.remove(&one.account.id);
        plan_for(one, known, skus.clone(), tenant)
    };
    let plans: Vec<_> = stream::iter(differ).map(plan).buffered(PLANS).try_collect().await?;
    let is_idle = |plan: &Plan| plan.is_empty() && plan.findings.iter().all(|one| one.level == Level::Note);
    Ok(plans.into_iter().flatten().filter(|(_, plan)| !is_idle(plan)).collect())
}

async fn plan_for(
    Differs { account, want, why }: Differs,
    known: Option<Belongs>,
    skus: Arc<[Sku]>,
    tenant: &Tenant,
) -> Result<Option<(Assignment, Plan)>, Error> {
    let belongs = match known {
        Some(known) => Some(known),
        None => belongs_if_there(account.id, &tenant.graph).await?,
    };
    Ok(belongs.map(|belongs| {
        let facts = Facts::about(account, belongs, skus, tenant.clock.now());
        let plan = AssignLicence::plan(&want, &facts).finding(why);
        (want, plan)
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn somebody(number: usize) -> Differs {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let account = json!({"id": id, "userPrincipalName": "AdeleV@contoso.com"});
        let account: Account = serde_json::from_value(account).unwrap();
        let want = Assignment::of(account.id.to_string());
        Differs { account, want, why: Finding::note("rule", "the one") }
    }

    #[test]
    fn of_more_than_can_be_served_the_first_stay_whatever_their_place_in_the_list() {
        let mut queue = Queue::default();
        (0..AT_A_TIME + 3).for_each(|number| queue.add(usize::MAX - number, somebody(number)));
        assert_eq!(queue.behind(), 3);
        let served = queue.in_order();
        assert_eq!(served.len(), AT_A_TIME);
        assert_eq!(served[0].account.id, somebody(AT_A_TIME + 2).account.id, "the least rank, though last");
        assert!(served.iter().all(|one| one.account.id != somebody(2).account.id));
    }

    #[test]
    fn an_account_that_two_pages_show_is_served_once() {
        let mut queue = Queue::default();
        [1, 2, 1].into_iter().for_each(|number| queue.add(0, somebody(number)));
        assert_eq!(queue.in_order().len(), 2);
    }
}
