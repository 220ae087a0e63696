//! What an account lacks, or has too much, by the rules: pure.

use std::collections::BTreeSet;

use directory::account::Account;
use directory::licence::Sku;
use graph::{ObjectId, ServicePlanId, SkuId};

use super::resolve::{Given, Meant, Resolved};
use crate::request::{Assignment, Replacement, Wanted};

/// Why the rules say nothing of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exempt {
    /// It may not sign in.
    Blocked,
    /// It is a guest.
    Guest,
}

/// How an account differs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    /// The first rule that fits it, by its place; behind all of them, if none does.
    pub(crate) rank: usize,
    /// What brings it in line.
    pub(crate) want: Assignment,
}

/// Whether the rules leave the account as it is.
pub(crate) fn exempt(account: &Account) -> Option<Exempt> {
    let kind = account.rest.get("userType").and_then(serde_json::Value::as_str);
    match account.account_enabled {
        Some(true) if kind == Some("Guest") => Some(Exempt::Guest),
        Some(true) => None,
        Some(false) | None => Some(Exempt::Blocked),
    }
}

impl Resolved {
    /// How an account differs from the rules, if it does. `groups`: those of [`Resolved::groups`] that it is in.
    pub(crate) fn difference(&self, account: &Account, groups: &BTreeSet<ObjectId>) -> Option<Difference> {
        let fits = |one: &&Meant| one.fits(account, groups);
        let rank = self.rules.iter().position(|one| fits(&one)).unwrap_or(self.rules.len());
        let due = due(self.rules.iter().filter(fits).flat_map(|one| &one.gives));
        let lacks: Vec<&Given> = due.iter().filter(|given| lacks(account, given)).collect();
        let extra = self.takes.iter().filter(|sku| due.iter().all(|given| given.sku != **sku));
        let extra: Vec<SkuId> = extra.filter(|sku| account.direct_licence(sku).is_some()).copied().collect();
        if lacks.is_empty() && extra.is_empty() {
            return None;
        }
        let location = || self.rules.iter().filter(fits).find_map(|one| one.rule.usage_location.clone());
        let usage_location = if account.usage_location.is_none() { location() } else { None };
        Some(Difference {
            rank,
            want: Assignment { usage_location, ..self.assignment(account, lacks, extra) },
        })
    }

    /// One call that does all or nothing: a licence that comes takes the place of that one, of those that go, with which it
    /// shares the most service plans, so that what was off there stays off.
    fn assignment(&self, account: &Account, lacks: Vec<&Given>, mut extra: Vec<SkuId>) -> Assignment {
        let mut want = Assignment::of(account.id.to_string());
        for given in lacks {
            let comes = account.direct_licence(&given.sku).is_none();
            let shared = |gone: &SkuId| self.shared(gone, &given.sku);
            let goes = extra.iter().copied().max_by_key(shared).filter(|gone| comes && shared(gone) > 0);
            let disabled_plans = given.off.as_ref().map(|off| off.iter().map(ToString::to_string).collect());
            let sku = given.sku.to_string();
            match goes {
                Some(gone) => {
                    extra.retain(|sku| *sku != gone);
                    let plans = Default::default();
                    want.replace.push(Replacement { sku: gone.to_string(), by: sku, disabled_plans, plans });
                }
                None => want.assign.push(Wanted { sku, disabled_plans }),
            }
        }
        want.remove = extra.iter().map(ToString::to_string).collect();
        want
    }

    /// How many service plans two SKUs share.
    fn shared(&self, one: &SkuId, other: &SkuId) -> usize {
        let plans = |id: &SkuId| -> BTreeSet<ServicePlanId> {
            let sku = self.skus.iter().find(|sku| sku.sku_id == *id);
            sku.into_iter()
                .flat_map(|sku: &Sku| &sku.service_plans)
                .map(|plan| plan.service_plan_id)
                .collect()
        };
        plans(one).intersection(&plans(other)).count()
    }
}

impl Meant {
    fn fits(&self, account: &Account, groups: &BTreeSet<ObjectId>) -> bool {
        let unless = self.rule.unless.as_ref();
        self.rule.when.fits(account, groups, &self.when)
            && !unless.is_some_and(|unless| unless.fits(account, groups, &self.unless))
    }
}

/// What all of them give together. A plan is off only where all that say anything of plans switch it off, as with the
/// licences of several groups ("What is group-based licensing in Microsoft Entra ID?").
fn due<'a>(gives: impl Iterator<Item = &'a Given>) -> Vec<Given> {
    let mut due: Vec<Given> = Vec::new();
    for given in gives {
        match due.iter_mut().find(|one| one.sku == given.sku) {
            None => due.push(given.clone()),
            Some(one) => {
                one.off = match (one.off.take(), &given.off) {
                    (Some(off), Some(other)) => {
                        Some(off.into_iter().filter(|plan| other.contains(plan)).collect())
                    }
                    (off, other) => off.or_else(|| other.clone()),
                };
            }
        }
    }
    due
}

/// Whether the account lacks it, or holds it directly with other plans off.
fn lacks(account: &Account, given: &Given) -> bool {
    match (account.direct_licence(&given.sku), &given.off) {
        (Some(held), Some(off)) => {
            let held: BTreeSet<_> = held.disabled_plans.iter().collect();
            held != off.iter().collect()
        }
        (Some(_), None) => false,
        (None, _) => !account.inherits_licence(&given.sku),
    }
}
