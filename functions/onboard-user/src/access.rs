//! What the account may use: licences, groups, administrative unit, and what is copied from a colleague.
//!
//! Each part answers with changes and with findings. What the caller asked for by name and can never be done blocks the
//! plan, so that the request is put right; what is merely copied is listed with the reason and left out.

use directory::Who;
use directory::account::{Account, LicenceState};
use directory::group::{self, Barrier, Group};
use directory::licence::{self, Sku};
use directory::unit;
use graph::{ServicePlanId, SkuId};
use plan::{Change, Finding};

use crate::facts::{Facts, Found};
use crate::people::ambiguous;
use crate::request::{Kind, NewHire, WantedLicence, WhenNoLicence};

/// Changes, and what is worth saying.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// What is to be changed.
    pub(crate) changes: Vec<Change>,
    /// What is worth saying.
    pub(crate) findings: Vec<Finding>,
}

impl Part {
    /// One change.
    pub(crate) fn change(change: Change) -> Self {
        Self { changes: vec![change], findings: Vec::new() }
    }

    /// One finding.
    pub(crate) fn finding(finding: Finding) -> Self {
        Self { changes: Vec::new(), findings: vec![finding] }
    }

    /// One part after the other.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.changes.extend(other.changes);
        self.findings.extend(other.findings);
        self
    }
}

impl FromIterator<Part> for Part {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        parts.into_iter().fold(Self::default(), Self::and)
    }
}

/// Everything the account may use that it does not have yet.
pub(crate) fn grant(want: &NewHire, have: &Facts, who: &Who, account: Option<&Account>) -> Part {
    licences(want, have, who, account).and(groups(want, have, who)).and(administrative_unit(want, have, who))
}

fn licences(want: &NewHire, have: &Facts, who: &Who, account: Option<&Account>) -> Part {
    let resolved: Vec<_> =
        want.licences.iter().enumerate().map(|(at, wanted)| resolve(wanted, have, at)).collect();
    let asked = resolved.iter().enumerate().map(|(at, wanted)| match wanted {
        Ok(wanted) => {
            match resolved[..at].iter().flatten().find(|before| before.sku.sku_id == wanted.sku.sku_id) {
                Some(before) => named_twice(before, wanted),
                None => hand_out(want, who, account, wanted),
            }
        }
        Err(finding) => Part::finding(finding.clone()),
    });
    let copied = copied_licences(
        want,
        have,
        who,
        account,
        resolved.iter().flatten().map(|wanted| wanted.sku.sku_id).collect(),
    );
    let part: Part = asked.chain(copied).collect();
    let needs_location = !part.changes.is_empty() || !want.licences.is_empty();
    part.and(if needs_location { missing_location(want, account) } else { Part::default() })
}

fn missing_location(want: &NewHire, account: Option<&Account>) -> Part {
    let held = account.and_then(|account| account.usage_location.as_ref());
    if want.usage_location.is_some() || held.is_some() {
        return Part::default();
    }
    let says = "a licence needs a usage location, two letters such as CH";
    Part::finding(Finding::blocks("usage-location", says).at("/usageLocation"))
}

/// A licence that was asked for, in the tenant's terms.
struct Wanted<'a> {
    sku: &'a Sku,
    /// The plans to switch off, each once.
    off: Vec<ServicePlanId>,
    /// Where it was asked for.
    field: String,
}

/// The SKU and the plans to switch off that a name means.
fn resolve<'a>(wanted: &WantedLicence, have: &'a Facts, at: usize) -> Result<Wanted<'a>, Finding> {
    let field = format!("/licences/{at}");
    let Some(sku) = have.skus.iter().find(|sku| sku.is_called(&wanted.sku)) else {
        let known = have.skus.iter().map(|sku| sku.sku_part_number.as_str()).collect::<Vec<_>>().join(", ");
        let says = format!("the tenant has no {}; it has {known}", wanted.sku);
        return Err(Finding::blocks("licence-unknown", says).at(format!("{field}/sku")));
    };
    if sku.is_for_company() {
        let says = format!("{} is for the company as a whole and cannot be handed out", sku.sku_part_number);
        return Err(Finding::blocks("licence-company", says).at(format!("{field}/sku")));
    }
    let mut off = Vec::new();
    for (at, name) in wanted.disabled_plans.iter().enumerate() {
        let plan = sku.plan_called(name).ok_or_else(|| unknown_plan(sku, name, &field, at))?.service_plan_id;
        if !off.contains(&plan) {
            off.push(plan);
        }
    }
    Ok(Wanted { sku, off, field })
}

fn unknown_plan(sku: &Sku, name: &str, field: &str, at: usize) -> Finding {
    let known =
        sku.service_plans.iter().map(|plan| plan.service_plan_name.as_str()).collect::<Vec<_>>().join(", ");
    let says = format!("{name} is not a service plan of {}; these are: {known}", sku.sku_part_number);
    Finding::blocks("plan-unknown", says).at(format!("{field}/disabledPlans/{at}"))
}

fn named_twice(before: &Wanted<'_>, wanted: &Wanted<'_>) -> Part {
    if same_plans(&before.off, &wanted.off) {
        return Part::default();
    }
    let says =
        format!("{} is asked for twice, with different plans switched off", wanted.sku.sku_part_number);
    Part::finding(Finding::blocks("licence-twice", says).at(wanted.field.clone()))
}

fn hand_out(want: &NewHire, who: &Who, account: Option<&Account>, wanted: &Wanted<'_>) -> Part {
    let Wanted { sku, off, field } = wanted;
    let direct = account.and_then(|account| account.direct_licence(&sku.sku_id));
    match direct {
        Some(held) if same_plans(&held.disabled_plans, off) => Part::default(),
        Some(held) => Part::change(licence::assign(who, sku, off, Some(&held.disabled_plans))),
        None if account.is_some_and(|account| account.inherits_licence(&sku.sku_id)) => Part::finding(
            Finding::note("licence-inherited", format!("{} comes from a group already", sku.sku_part_number))
                .at(field),
        ),
        None if sku.available() > 0 => Part::change(licence::assign(who, sku, off, None)),
        None => Part::finding(match want.when_no_licence {
            WhenNoLicence::Refuse => Finding::blocks("licence-none-left", none_left(sku)).at(field),
            WhenNoLicence::CreateWithout => Finding::left("licence-none-left", none_left(sku)).at(field),
        }),
    }
}

fn none_left(sku: &Sku) -> String {
    format!(
        "no seat of {} is left: {} bought, {} in use, subscription {}",
        sku.sku_part_number,
        sku.prepaid_units.enabled + sku.prepaid_units.warning,
        sku.consumed_units,
        sku.capability_status
    )
}

fn same_plans(held: &[ServicePlanId], wanted: &[ServicePlanId]) -> bool {
    held.len() == wanted.len() && held.iter().all(|plan| wanted.contains(plan))
}

/// The colleague's own licences, but for those that were asked for by name.
fn copied_licences<'a>(
    want: &NewHire,
    have: &'a Facts,
    who: &'a Who,
    account: Option<&'a Account>,
    asked: Vec<SkuId>,
) -> impl Iterator<Item = Part> + use<'a> {
    let colleague = have.colleague.as_ref().filter(|_| want.copies(Kind::Licences)).and_then(Found::one);
    let states =
        colleague.map(|colleague| colleague.license_assignment_states.as_slice()).unwrap_or_default();
    let new = states.iter().filter(move |state| !asked.contains(&state.sku_id));
    new.map(move |state| copied_licence(have, who, account, state))
}

/// One licence of the colleague's. What the account has stays as it is: copying adds, and takes nothing away.
fn copied_licence(have: &Facts, who: &Who, account: Option<&Account>, state: &LicenceState) -> Part {
    let Some(sku) = have.skus.iter().find(|sku| sku.sku_id == state.sku_id) else {
        return not_copied(&state.sku_id.to_string(), "the tenant no longer has it");
    };
    let is_held = account.is_some_and(|account| {
        account.direct_licence(&sku.sku_id).is_some() || account.inherits_licence(&sku.sku_id)
    });
    match state.assigned_by_group {
        _ if is_held => Part::default(),
        Some(_) => not_copied(&sku.sku_part_number, "it comes from a group of the colleague's"),
        None if sku.available() > 0 => Part::change(licence::assign(who, sku, &state.disabled_plans, None)),
        None => not_copied(&sku.sku_part_number, &none_left(sku)),
    }
}

fn not_copied(what: &str, why: &str) -> Part {
    Part::finding(Finding::left("copy-skipped", format!("{what} was not copied: {why}")).at("/copyFrom"))
}

fn groups(want: &NewHire, have: &Facts, who: &Who) -> Part {
    let asked = have.groups.iter().zip(&want.groups).enumerate().map(|(at, (found, name))| {
        let field = format!("/groups/{at}");
        match found {
            Found::One(group) if is_asked(&have.groups[..at], group) => Part::default(),
            Found::One(group) => join(group, have, who, &field),
            Found::None => {
                Part::finding(Finding::blocks("group-unknown", format!("there is no group {name}")).at(field))
            }
            Found::Many(groups) => {
                Part::finding(ambiguous(name, groups.iter().map(|group| group.id)).at(field))
            }
        }
    });
    asked.chain(copied_groups(have, who)).collect()
}

/// A group that was asked for by name.
fn join(group: &Group, have: &Facts, who: &Who, field: &str) -> Part {
    match group.barrier() {
        _ if is_member(have, group) => Part::default(),
        None => Part::change(group::join(who, group)),
        Some(Barrier::Exchange) => Part::finding(
            Finding::left(
                Barrier::Exchange.code(),
                format!("{}: {}", group.name(), Barrier::Exchange.says()),
            )
            .at(field),
        ),
        Some(barrier) => Part::finding(
            Finding::blocks(barrier.code(), format!("{}: {}", group.name(), barrier.says())).at(field),
        ),
    }
}

/// The colleague's groups, but for those that were asked for by name.
fn copied_groups<'a>(have: &'a Facts, who: &'a Who) -> impl Iterator<Item = Part> + 'a {
    let groups = have.colleagues_groups.iter();
    let new = groups.filter(|group| !is_asked(&have.groups, group) && !is_member(have, group));
    new.map(move |group| match group.barrier() {
        Some(barrier) => not_copied(&group.name(), barrier.says()),
        None if group.gives_licences() => {
            not_copied(&group.name(), "it gives licences: ask for it by name if it is wanted")
        }
        None => Part::change(group::join(who, group)),
    })
}

fn is_asked(asked: &[Found<Group>], group: &Group) -> bool {
    asked.iter().filter_map(Found::one).any(|asked| asked.id == group.id)
}

fn is_member(have: &Facts, group: &Group) -> bool {
    have.held.as_ref().is_some_and(|held| held.groups.iter().any(|joined| joined.id == group.id))
}

fn administrative_unit(want: &NewHire, have: &Facts, who: &Who) -> Part {
    let (Some(found), Some(name)) = (&have.unit, &want.administrative_unit) else { return Part::default() };
    let field = "/administrativeUnit";
    match found {
        Found::One(unit) if have.held.as_ref().is_some_and(|held| held.units.contains(&unit.id)) => {
            Part::default()
        }
        Found::One(unit) if unit.is_dynamic() => Part::finding(
            Finding::blocks("unit-dynamic", format!("{}: its members follow a rule", unit.name())).at(field),
        ),
        Found::One(unit) => Part::change(unit::join(who, unit)),
        Found::None => Part::finding(
            Finding::blocks("unit-unknown", format!("there is no administrative unit {name}")).at(field),
        ),
        Found::Many(units) => Part::finding(ambiguous(name, units.iter().map(|unit| unit.id)).at(field)),
    }
}
