//! What the account holds directly: what is given, taken and switched goes in one call, which does all or nothing.
//!
//! Plans that are off stay off, unless the request says which are to be. A licence that a group hands out already is not
//! given as well, and one that a group hands out cannot be taken here.

use directory::account::{Account, LicenceState};
use directory::licence::{Seat, Sku, Swap};
use directory::product;
use graph::{ServicePlanId, SkuId};
use plan::Finding;

use crate::facts::Facts;
use crate::request::{Assignment, Replacement, Wanted};

/// What becomes of the seats, and what is worth saying.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) swap: Swap,
    pub(crate) findings: Vec<Finding>,
}

impl Part {
    fn note(finding: Finding) -> Self {
        Self { findings: vec![finding], ..Self::default() }
    }

    fn give(seat: Seat) -> Self {
        Self { swap: Swap { give: vec![seat], ..Swap::default() }, ..Self::default() }
    }

    fn take(seat: Seat) -> Self {
        Self { swap: Swap { take: vec![seat], ..Swap::default() }, ..Self::default() }
    }

    fn switch(before: Seat, after: Seat) -> Self {
        Self { swap: Swap { switch: vec![(before, after)], ..Swap::default() }, ..Self::default() }
    }

    fn and(mut self, other: Self) -> Self {
        self.swap.give.extend(other.swap.give);
        self.swap.take.extend(other.swap.take);
        self.swap.switch.extend(other.swap.switch);
        self.findings.extend(other.findings);
        self
    }
}

/// Everything that was asked for.
pub(crate) fn wanted(want: &Assignment, have: &Facts, account: &Account) -> Part {
    let is_over = want.is_over(have.now);
    let account = &Held { have, account };
    let assign = want.assign.iter().enumerate().map(|(at, wanted)| match is_over {
        true => account.end(&wanted.sku, &format!("/assign/{at}/sku")),
        false => account.assign(wanted, &format!("/assign/{at}")),
    });
    let remove =
        want.remove.iter().enumerate().map(|(at, name)| account.remove(name, &format!("/remove/{at}")));
    let replace = want.replace.iter().enumerate().map(|(at, swap)| match is_over {
        true => account.end(&swap.by, &format!("/replace/{at}/by")),
        false => account.replace(swap, &format!("/replace/{at}")),
    });
    let parts = assign.chain(remove).chain(replace).map(|part| part.unwrap_or_else(Part::note));
    let part = parts.fold(Part::default(), Part::and).and(named_twice(want, have));
    if want.clean_up { part.and(account.clean_up()) } else { part }
}

/// The same licence, wanted and not wanted, or wanted in two ways.
fn named_twice(want: &Assignment, have: &Facts) -> Part {
    let assign = want.assign.iter().enumerate().map(|(at, one)| (format!("/assign/{at}/sku"), &one.sku));
    let remove = want.remove.iter().enumerate().map(|(at, name)| (format!("/remove/{at}"), name));
    let replace = want.replace.iter().enumerate();
    let replace = replace.flat_map(|(at, one)| {
        [(format!("/replace/{at}/sku"), &one.sku), (format!("/replace/{at}/by"), &one.by)]
    });
    let mut seen: Vec<SkuId> = Vec::new();
    let mut part = Part::default();
    for (field, name) in assign.chain(remove).chain(replace) {
        let Ok(sku) = product::wanted(&have.skus, name, &field) else { continue };
        if seen.contains(&sku.sku_id) {
            let says = format!("{} is named twice: say once what becomes of it", sku.sku_part_number);
            part.findings.push(Finding::blocks("licence-twice", says).at(field));
        }
        seen.push(sku.sku_id);
    }
    part
}

/// An account with what it holds.
struct Held<'a> {
    have: &'a Facts,
    account: &'a Account,
}

impl Held<'_> {
    fn assign(&self, wanted: &Wanted, field: &str) -> Result<Part, Finding> {
        let sku = product::wanted(&self.have.skus, &wanted.sku, &format!("{field}/sku"))?;
        let off = wanted.disabled_plans.as_ref();
        let off = off
            .map(|names| product::wanted_plans(sku, names, &format!("{field}/disabledPlans")))
            .transpose()?;
        match (self.account.direct_licence(&sku.sku_id), off) {
            (Some(_), None) => Ok(Part::default()),
            (Some(held), Some(off)) => Ok(switched(sku, held, off)),
            (None, _) if self.account.inherits_licence(&sku.sku_id) => {
                let says = format!("{} comes from {} already", sku.sku_part_number, self.givers(sku));
                Ok(Part::note(Finding::note("licence-inherited", says).at(field)))
            }
            (None, off) => self.seat(sku, off.unwrap_or_default(), field).map(Part::give),
        }
    }

    fn remove(&self, name: &str, field: &str) -> Result<Part, Finding> {
        let sku = product::wanted(&self.have.skus, name, field)?;
        match self.account.direct_licence(&sku.sku_id) {
            Some(held) => Ok(Part::take(as_held(sku, held))),
            None if self.account.inherits_licence(&sku.sku_id) => Ok(Part::note(self.of_group(sku, field))),
            None => Ok(Part::default()),
        }
    }

    /// Takes what was held until a date. What was never given, or is gone, needs no taking.
    fn end(&self, name: &str, field: &str) -> Result<Part, Finding> {
        let sku = product::wanted(&self.have.skus, name, field)?;
        let held = self.account.direct_licence(&sku.sku_id);
        Ok(held.map(|held| Part::take(as_held(sku, held))).unwrap_or_default())
    }

    fn replace(&self, swap: &Replacement, field: &str) -> Result<Part, Finding> {
        let old = product::wanted(&self.have.skus, &swap.sku, &format!("{field}/sku"))?;
        let new = product::wanted(&self.have.skus, &swap.by, &format!("{field}/by"))?;
        let held = (self.account.direct_licence(&old.sku_id), self.account.direct_licence(&new.sku_id));
        let chosen = swap.disabled_plans.as_ref();
        let chosen = chosen
            .map(|names| product::wanted_plans(new, names, &format!("{field}/disabledPlans")))
            .transpose()?;
        match held {
            (Some(gone), Some(kept)) => {
                let off = chosen.unwrap_or_else(|| kept.disabled_plans.clone());
                Ok(Part::take(as_held(old, gone)).and(switched(new, kept, off)))
            }
            (Some(gone), None) => {
                let (off, told) = match chosen {
                    Some(off) => (off, None),
                    None => carried_over(swap, old, new, gone, field)?,
                };
                let seat = self.seat(new, off, &format!("{field}/by"))?;
                let part = Part::take(as_held(old, gone)).and(Part::give(seat));
                let told = told.into_iter().chain(lost(old, new, gone, field));
                Ok(Part { findings: told.collect(), ..part })
            }
            (None, Some(kept)) => Ok(chosen.map(|off| switched(new, kept, off)).unwrap_or_default()),
            (None, None) if self.account.inherits_licence(&old.sku_id) => {
                let finding = self.of_group(old, &format!("{field}/sku"));
                Err(Finding::blocks("licence-of-group", finding.says).at(format!("{field}/sku")))
            }
            (None, None) => {
                let says = format!(
                    "{} holds no {}, so there is nothing to replace: assign {} if it is wanted all the same",
                    self.account.name(),
                    old.sku_part_number,
                    new.sku_part_number
                );
                Err(Finding::blocks("licence-not-held", says).at(format!("{field}/sku")))
            }
        }
    }

    /// A seat, if there is one. Who has one by a group needs no second.
    fn seat(&self, sku: &Sku, off: Vec<ServicePlanId>, field: &str) -> Result<Seat, Finding> {
        match self.account.has_seat(&sku.sku_id) || sku.available() > 0 {
            true => Ok(Seat { sku: sku.clone(), off }),
            false => Err(Finding::blocks("licence-none-left", sku.none_left()).at(field)),
        }
    }

    /// What is held directly goes where groups hand out the same and no plan is lost by it.
    fn clean_up(&self) -> Part {
        let direct = self.account.license_assignment_states.iter();
        let direct = direct.filter(|state| state.assigned_by_group.is_none());
        direct.filter_map(|held| self.overlap(held)).fold(Part::default(), Part::and)
    }

    fn overlap(&self, held: &LicenceState) -> Option<Part> {
        let sku = self.have.sku(&held.sku_id)?;
        let given: Vec<&LicenceState> = self.inherited(sku).collect();
        if given.is_empty() {
            return None;
        }
        let is_lost = |plan: &ServicePlanId| {
            !held.disabled_plans.contains(plan) && given.iter().all(|by| by.disabled_plans.contains(plan))
        };
        let plans = sku.service_plans.iter().map(|plan| plan.service_plan_id).filter(is_lost);
        let lost: Vec<String> = plans.map(|plan| sku.plan_name(&plan)).collect();
        if lost.is_empty() {
            return Some(Part::take(as_held(sku, held)));
        }
        let says = format!(
            "{} comes from {} as well, but without {}: it stays as it is",
            sku.sku_part_number,
            self.givers(sku),
            lost.join(", ")
        );
        Some(Part::note(Finding::note("overlap-kept", says).at("/cleanUp")))
    }

    fn inherited(&self, sku: &Sku) -> impl Iterator<Item = &LicenceState> {
        let states = self.account.license_assignment_states.iter().filter(|state| state.is_active());
        states.filter(move |state| state.sku_id == sku.sku_id && state.assigned_by_group.is_some())
    }

    /// The groups that hand a licence out.
    fn givers(&self, sku: &Sku) -> String {
        let groups = self.inherited(sku).filter_map(|state| state.assigned_by_group.as_ref());
        groups.map(|group| self.have.group_name(group)).collect::<Vec<_>>().join(", ")
    }

    fn of_group(&self, sku: &Sku, field: &str) -> Finding {
        let groups = self.givers(sku);
        let says = format!("{} comes from {groups}: leave that instead", sku.sku_part_number);
        Finding::outstanding("licence-of-group", says).at(field)
    }
}

fn as_held(sku: &Sku, held: &LicenceState) -> Seat {
    Seat { sku: sku.clone(), off: held.disabled_plans.clone() }
}

fn switched(sku: &Sku, held: &LicenceState, off: Vec<ServicePlanId>) -> Part {
    let before = as_held(sku, held);
    match same_plans(&before.off, &off) {
        true => Part::default(),
        false => Part::switch(before, Seat { sku: sku.clone(), off }),
    }
}

fn same_plans(one: &[ServicePlanId], other: &[ServicePlanId]) -> bool {
    one.len() == other.len() && one.iter().all(|plan| other.contains(plan))
}

/// The plans that are off in what goes are off in what comes: the same plan, or the one that the request names. One that has
/// no counterpart is told.
fn carried_over(
    swap: &Replacement,
    old: &Sku,
    new: &Sku,
    gone: &LicenceState,
    field: &str,
) -> Result<(Vec<ServicePlanId>, Option<Finding>), Finding> {
    let mut mapped = Vec::new();
    for (from, to) in &swap.plans {
        let field = format!("{field}/plans/{from}");
        mapped.push((product::wanted_plan(old, from, &field)?, product::wanted_plan(new, to, &field)?));
    }
    let counterpart = |plan: &ServicePlanId| {
        let same = new.service_plans.iter().map(|other| other.service_plan_id).find(|other| other == plan);
        mapped.iter().find(|(from, _)| from == plan).map(|(_, to)| *to).or(same)
    };
    let off = gone.disabled_plans.iter().filter_map(counterpart).collect();
    let without = gone.disabled_plans.iter().filter(|plan| counterpart(plan).is_none());
    let without: Vec<String> = without.map(|plan| old.plan_name(plan)).collect();
    let says = format!(
        "off in {} and no plan of {}, so nothing of it is switched off there: {}",
        old.sku_part_number,
        new.sku_part_number,
        without.join(", ")
    );
    Ok((off, (!without.is_empty()).then(|| Finding::note("plan-without-counterpart", says).at(field))))
}

/// What the account has the use of, and has not with the other licence.
fn lost(old: &Sku, new: &Sku, gone: &LicenceState, field: &str) -> Option<Finding> {
    let is_in_new =
        |plan: &ServicePlanId| new.service_plans.iter().any(|other| other.service_plan_id == *plan);
    let on = old.service_plans.iter().filter(|plan| !gone.disabled_plans.contains(&plan.service_plan_id));
    let lost = on.filter(|plan| !is_in_new(&plan.service_plan_id));
    let lost: Vec<&str> = lost.map(|plan| plan.service_plan_name.as_str()).collect();
    let says = format!(
        "in {} and not in {}: {}; see whether a plan of another name takes its place",
        old.sku_part_number,
        new.sku_part_number,
        lost.join(", ")
    );
    (!lost.is_empty()).then(|| Finding::note("plans-end", says).at(field))
}
