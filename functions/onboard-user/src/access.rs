//! What the account may use: licences, groups, administrative unit, and what is copied from a colleague.
//!
//! Each part answers with changes and with findings. What the caller asked for by name and can never be done blocks the
//! plan, so that the request is put right; what is merely copied is listed with the reason and left out.

use directory::Who;
use directory::account::Account;
use directory::group::{self, Barrier, Group};
use directory::licence::{self, Sku};
use directory::unit;
use graph::{ObjectId, ServicePlanId, SkuId};
use plan::{Change, Finding};

use crate::facts::{Facts, Found};
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
    fn change(change: Change) -> Self {
        Self { changes: vec![change], findings: Vec::new() }
    }

    fn finding(finding: Finding) -> Self {
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
    let asked = want.licences.iter().enumerate().map(|(at, wanted)| {
        let field = format!("/licences/{at}");
        match resolve(wanted, &have.skus, &field) {
            Ok((sku, off)) => hand_out(want, who, account, sku, &off, &field),
            Err(finding) => Part::finding(finding),
        }
    });
    let missing_location = needs_location(want, account).then(|| {
        Part::finding(
            Finding::blocks("usage-location", "a licence needs a usage location, two letters such as CH")
                .at("/usageLocation"),
        )
    });
    asked.chain(copied_licences(want, have, who, account)).chain(missing_location).collect()
}

fn needs_location(want: &NewHire, account: Option<&Account>) -> bool {
    let held = account.and_then(|account| account.usage_location.as_ref());
    !want.licences.is_empty() && want.usage_location.is_none() && held.is_none()
}

/// The SKU and the plans to switch off that a name means.
fn resolve<'a>(
    wanted: &WantedLicence,
    skus: &'a [Sku],
    field: &str,
) -> Result<(&'a Sku, Vec<ServicePlanId>), Finding> {
    let Some(sku) = skus.iter().find(|sku| sku.is_called(&wanted.sku)) else {
        let known = skus.iter().map(|sku| sku.sku_part_number.as_str()).collect::<Vec<_>>().join(", ");
        let says = format!("the tenant has no {}; it has {known}", wanted.sku);
        return Err(Finding::blocks("licence-unknown", says).at(format!("{field}/sku")));
    };
    let plan = |(at, name): (usize, &String)| match sku.plan_called(name) {
        Some(plan) => Ok(plan.service_plan_id),
        None => Err(Finding::blocks(
            "plan-unknown",
            format!("{name} is not a service plan of {}", sku.sku_part_number),
        )
        .at(format!("{field}/disabledPlans/{at}"))),
    };
    let off = wanted.disabled_plans.iter().enumerate().map(plan).collect::<Result<Vec<_>, _>>()?;
    Ok((sku, off))
}

fn hand_out(
    want: &NewHire,
    who: &Who,
    account: Option<&Account>,
    sku: &Sku,
    off: &[ServicePlanId],
    field: &str,
) -> Part {
    let direct = account.and_then(|account| account.direct_licence(&sku.sku_id));
    match direct {
        Some(held) if same_plans(&held.disabled_plans, off) => Part::default(),
        Some(held) => Part::change(licence::assign(who, sku, off, Some(&held.disabled_plans))),
        None if account.is_some_and(|account| account.inherits_licence(&sku.sku_id)) => Part::finding(
            Finding::note("licence-inherited", format!("{} comes from a group already", sku.sku_part_number))
                .at(field),
        ),
        None if sku.available() > 0 => Part::change(licence::assign(who, sku, off, None)),
        None => Part::finding(none_left(want, sku, field)),
    }
}

fn none_left(want: &NewHire, sku: &Sku, field: &str) -> Finding {
    let bought = sku.prepaid_units.enabled + sku.prepaid_units.warning;
    let says = format!(
        "no seat of {} is left: {bought} bought, {} in use, subscription {}",
        sku.sku_part_number, sku.consumed_units, sku.capability_status
    );
    match want.when_no_licence {
        WhenNoLicence::Refuse => Finding::blocks("licence-none-left", says).at(field),
        WhenNoLicence::CreateWithout => Finding::left("licence-none-left", says).at(field),
    }
}

fn same_plans(held: &[ServicePlanId], wanted: &[ServicePlanId]) -> bool {
    held.len() == wanted.len() && held.iter().all(|plan| wanted.contains(plan))
}

/// The colleague's own licences; what comes from a group comes with the group.
fn copied_licences<'a>(
    want: &'a NewHire,
    have: &'a Facts,
    who: &'a Who,
    account: Option<&'a Account>,
) -> impl Iterator<Item = Part> + 'a {
    let colleague = copied(want, Kind::Licences).and(have.colleague.as_ref()).and_then(Found::one);
    let states =
        colleague.map(|colleague| colleague.license_assignment_states.as_slice()).unwrap_or_default();
    states.iter().map(move |state| match have.skus.iter().find(|sku| sku.sku_id == state.sku_id) {
        _ if asked_for(want, have, &state.sku_id) => Part::default(),
        Some(sku) if state.assigned_by_group.is_some() => Part::finding(Finding::note(
            "copy-skipped",
            format!("{} of the colleague comes from a group and was not copied", sku.sku_part_number),
        )),
        Some(sku) => hand_out(want, who, account, sku, &state.disabled_plans, "/copyFrom"),
        None => Part::finding(Finding::note(
            "copy-skipped",
            format!("the licence {} is no longer bought", state.sku_id),
        )),
    })
}

fn asked_for(want: &NewHire, have: &Facts, sku: &SkuId) -> bool {
    let known = have.skus.iter().find(|known| known.sku_id == *sku);
    known.is_some_and(|known| want.licences.iter().any(|wanted| known.is_called(&wanted.sku)))
}

fn groups(want: &NewHire, have: &Facts, who: &Who) -> Part {
    let asked = have.groups.iter().zip(&want.groups).enumerate().map(|(at, (found, name))| {
        let field = format!("/groups/{at}");
        match found {
            Found::One(group) => join(group, have, who, &field),
            Found::None => {
                Part::finding(Finding::blocks("group-unknown", format!("there is no group {name}")).at(field))
            }
            Found::Many(groups) => {
                Part::finding(ambiguous(name, groups.iter().map(|group| group.id)).at(field))
            }
        }
    });
    asked.chain(copied_groups(want, have, who)).collect()
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

fn copied_groups<'a>(want: &'a NewHire, have: &'a Facts, who: &'a Who) -> impl Iterator<Item = Part> + 'a {
    let groups = copied(want, Kind::Groups).map(|()| have.colleagues_groups.as_slice()).unwrap_or_default();
    let new = groups.iter().filter(|group| !is_asked(have, group) && !is_member(have, group));
    new.map(move |group| match group.barrier() {
        Some(barrier) => skipped(group, barrier.says()),
        None if group.gives_licences() => {
            skipped(group, "it gives licences: ask for it by name if it is wanted")
        }
        None => Part::change(group::join(who, group)),
    })
}

fn skipped(group: &Group, why: &str) -> Part {
    Part::finding(
        Finding::left("copy-skipped", format!("{} was not copied: {why}", group.name())).at("/copyFrom"),
    )
}

fn copied(want: &NewHire, kind: Kind) -> Option<()> {
    want.copy_from.as_ref().is_some_and(|from| from.kinds.contains(&kind)).then_some(())
}

fn is_asked(have: &Facts, group: &Group) -> bool {
    have.groups.iter().filter_map(Found::one).any(|asked| asked.id == group.id)
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

/// Several things of one name: the caller must say which.
pub(crate) fn ambiguous(name: &str, ids: impl Iterator<Item = ObjectId>) -> Finding {
    let ids = ids.map(|id| id.to_string()).collect::<Vec<_>>().join(", ");
    Finding::blocks("ambiguous", format!("{name} may mean any of these, give the object id: {ids}"))
}
