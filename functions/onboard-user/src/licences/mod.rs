//! Licences: those asked for, those copied from a colleague, and (in [`by_group`]) those that come with a group.
//!
//! An account takes one seat of a SKU, by however many ways it comes to it, so each way asks for itself whether there is one.

pub(crate) mod by_group;

use directory::Who;
use directory::account::{Account, LicenceState};
use directory::licence::{self, Sku};
use directory::look::Found;
use directory::product;
use graph::{ServicePlanId, SkuId};
use plan::Finding;

use crate::access::Part;
use crate::facts::Facts;
use crate::request::{Kind, NewHire, WantedLicence, WhenNoLicence};

/// Every licence that was asked for or is copied, unless the account has it.
pub(crate) fn hand_out(want: &NewHire, have: &Facts, who: &Who, account: Option<&Account>) -> Part {
    let resolved: Vec<_> =
        want.licences.iter().enumerate().map(|(at, wanted)| resolve(wanted, have, at)).collect();
    let asked = resolved.iter().enumerate().map(|(at, wanted)| match wanted {
        Ok(wanted) => {
            match resolved[..at].iter().flatten().find(|before| before.sku.sku_id == wanted.sku.sku_id) {
                Some(before) => named_twice(before, wanted),
                None => assign(want, who, account, wanted),
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
    let needs_location = !part.changes.is_empty() || !want.licences.is_empty() || by_group::is_wanted(have);
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
    /// The plans to switch off, each once; `None`: as it is, and everything on where it is new.
    off: Option<Vec<ServicePlanId>>,
    /// Where it was asked for.
    field: String,
}

/// The SKU and the plans to switch off that a name means.
fn resolve<'a>(wanted: &WantedLicence, have: &'a Facts, at: usize) -> Result<Wanted<'a>, Finding> {
    let field = format!("/licences/{at}");
    let sku = product::wanted(&have.skus, &wanted.sku, &format!("{field}/sku"))?;
    let names = wanted.disabled_plans.as_ref();
    let off = names
        .map(|names| product::wanted_plans(sku, names, &format!("{field}/disabledPlans")))
        .transpose()?;
    Ok(Wanted { sku, off, field })
}

fn named_twice(before: &Wanted<'_>, wanted: &Wanted<'_>) -> Part {
    let is_same = match (&before.off, &wanted.off) {
        (Some(before), Some(wanted)) => same_plans(before, wanted),
        (before, wanted) => before == wanted,
    };
    if is_same {
        return Part::default();
    }
    let says = format!(
        "{} is asked for twice, and not with the same plans switched off",
        wanted.sku.sku_part_number
    );
    Part::finding(Finding::blocks("licence-twice", says).at(wanted.field.clone()))
}

fn assign(want: &NewHire, who: &Who, account: Option<&Account>, wanted: &Wanted<'_>) -> Part {
    let Wanted { sku, off, field } = wanted;
    let direct = account.and_then(|account| account.direct_licence(&sku.sku_id));
    match (direct, off) {
        (Some(_), None) => Part::default(),
        (Some(held), Some(off)) if same_plans(&held.disabled_plans, off) => Part::default(),
        (Some(held), Some(off)) => Part::change(licence::switch(who, sku, &held.disabled_plans, off)),
        (None, _) if account.is_some_and(|account| account.inherits_licence(&sku.sku_id)) => Part::finding(
            Finding::note("licence-inherited", format!("{} comes from a group already", sku.sku_part_number))
                .at(field),
        ),
        (None, off) if sku.available() > 0 => {
            Part::change(licence::assign(who, sku, off.as_deref().unwrap_or_default())).seated(sku)
        }
        (None, _) => Part::finding(without(want, sku.none_left()).at(field)),
    }
}

/// What comes of it that there is no seat.
fn without(want: &NewHire, says: String) -> Finding {
    match want.when_no_licence {
        WhenNoLicence::Refuse => Finding::blocks("licence-none-left", says),
        WhenNoLicence::CreateWithout => Finding::left("licence-none-left", says),
    }
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
    let is_held = account.is_some_and(|account| account.has_seat(&sku.sku_id));
    match state.assigned_by_group {
        _ if is_held => Part::default(),
        Some(_) => not_copied(&sku.sku_part_number, "it comes from a group of the colleague's"),
        None if sku.available() > 0 => {
            Part::change(licence::assign(who, sku, &state.disabled_plans)).seated(sku)
        }
        None => not_copied(&sku.sku_part_number, &sku.none_left()),
    }
}

/// Something of the colleague's that the account does not get, and why.
pub(crate) fn not_copied(what: &str, why: &str) -> Part {
    Part::finding(Finding::left("copy-skipped", format!("{what} was not copied: {why}")).at("/copyFrom"))
}
