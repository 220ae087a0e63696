//! What an account lacks, or has too much, by the rules: pure.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use directory::account::Account;
use graph::{ObjectId, ServicePlanId, SkuId};
use plan::Finding;

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
    /// Which rules have it so.
    pub(crate) why: Finding,
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
        let fitting: Vec<(usize, &Meant)> =
            self.rules.iter().enumerate().filter(|(_, one)| one.fits(account, groups)).collect();
        let due = due(fitting.iter().flat_map(|(_, one)| &one.gives));
        let lacks: Vec<&Given> = due.iter().filter(|given| lacks(account, given)).collect();
        let extra = self.extra(account, &due);
        if lacks.is_empty() && extra.is_empty() {
            return None;
        }
        let location = || fitting.iter().find_map(|(_, one)| one.rule.usage_location.clone());
        let usage_location = if account.usage_location.is_none() { location() } else { None };
        let rank = fitting.first().map_or(self.rules.len(), |(rank, _)| *rank);
        Some(Difference {
            rank,
            want: Assignment { usage_location, ..self.assignment(account, lacks, extra) },
            why: why(fitting.iter().map(|(_, one)| one.rule.name.as_str())),
        })
    }

    /// What the account holds directly, and no rule gives it.
    fn extra(&self, account: &Account, due: &[Given]) -> Vec<SkuId> {
        let taken = self.takes.iter().filter(|sku| account.direct_licence(sku).is_some());
        taken.filter(|sku| due.iter().all(|given| given.sku != **sku)).copied().collect()
    }

    /// One call that does all or nothing.
    fn assignment(&self, account: &Account, lacks: Vec<&Given>, mut extra: Vec<SkuId>) -> Assignment {
        let mut want = Assignment::of(account.id.to_string());
        for given in lacks {
            let is_new = account.direct_licence(&given.sku).is_none();
            let gone = if is_new { self.closest(given, &extra) } else { None };
            extra.retain(|sku| Some(*sku) != gone);
            let disabled_plans = given.off.as_ref().map(|off| off.iter().map(ToString::to_string).collect());
            let sku = given.sku.to_string();
            match gone.map(|gone| gone.to_string()) {
                Some(gone) => {
                    let plans = Default::default();
                    want.replace.push(Replacement { sku: gone, by: sku, disabled_plans, plans });
                }
                None => want.assign.push(Wanted { sku, disabled_plans }),
            }
        }
        want.remove = extra.iter().map(ToString::to_string).collect();
        want
    }

    /// Of those that go, the one in whose place a licence comes: that with which it shares the most service plans, so that
    /// what was off there stays off; of several like it, the first of `takes`. None, if it shares no plan with any.
    fn closest(&self, given: &Given, extra: &[SkuId]) -> Option<SkuId> {
        let comes = self.plans_of(&given.sku);
        let shared = |gone: &SkuId| self.plans_of(gone).intersection(&comes).count();
        let sharing = extra.iter().copied().filter(|gone| shared(gone) > 0);
        sharing.min_by_key(|gone| Reverse(shared(gone)))
    }

    fn plans_of(&self, id: &SkuId) -> BTreeSet<ServicePlanId> {
        let sku = self.skus.iter().find(|sku| sku.sku_id == *id);
        let plans = sku.into_iter().flat_map(|sku| &sku.service_plans);
        plans.map(|plan| plan.service_plan_id).collect()
    }
}

impl Meant {
    fn fits(&self, account: &Account, groups: &BTreeSet<ObjectId>) -> bool {
        let unless = self.rule.unless.as_ref();
        self.rule.when.fits(account, groups, &self.when)
            && !unless.is_some_and(|unless| unless.fits(account, groups, &self.unless))
    }
}

/// The names of the rules that fit.
fn why<'a>(names: impl Iterator<Item = &'a str>) -> Finding {
    let names = names.collect::<Vec<_>>().join(", ");
    let says = if names.is_empty() { "no rule fits".to_owned() } else { format!("what fits: {names}") };
    Finding::note("rule", says)
}

/// What all of them give together. A plan is off only where all that say anything of plans switch it off, as with the
/// licences of several groups ("What is group-based licensing in Microsoft Entra ID?").
fn due<'a>(gives: impl Iterator<Item = &'a Given>) -> Vec<Given> {
    let mut due: Vec<Given> = Vec::new();
    for given in gives {
        match due.iter_mut().find(|one| one.sku == given.sku) {
            Some(one) => one.off = off_in_both(one.off.take(), given.off.clone()),
            None => due.push(given.clone()),
        }
    }
    due
}

fn off_in_both(
    one: Option<Vec<ServicePlanId>>,
    other: Option<Vec<ServicePlanId>>,
) -> Option<Vec<ServicePlanId>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.into_iter().filter(|plan| other.contains(plan)).collect()),
        (one, other) => one.or(other),
    }
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
