//! Licences that come with a group.
//!
//! The service hands them out minutes after the group was joined ("What is group-based licensing in Microsoft Entra ID?"),
//! so nobody waits for them here: a seat and a location are looked for before, and what came of it is told to whoever asks
//! again.

use directory::account::{Account, Licence};
use directory::group::Group;
use directory::licence::{self, Sku};
use plan::Finding;

use super::{none_left as no_seat, without};
use crate::access::{Part, is_member};
use crate::facts::{Facts, Found};
use crate::request::NewHire;

/// Whether a group is to be joined that hands out licences.
pub(super) fn is_wanted(have: &Facts) -> bool {
    let mut groups = have.groups.iter().filter_map(Found::one);
    groups.any(|group| group.gives_licences() && group.barrier().is_none() && !is_member(have, group))
}

/// That there is no seat of something which the group hands out.
pub(crate) fn none_left(
    group: &Group,
    want: &NewHire,
    have: &Facts,
    account: Option<&Account>,
    field: &str,
) -> Option<Finding> {
    let lacking: Vec<String> = new(group, account).filter_map(|licence| lacking(licence, have)).collect();
    let says = format!("{} hands out licences, but {}", group.name(), lacking.join("; "));
    (!lacking.is_empty()).then(|| without(want, says).at(field))
}

/// That its licences come later.
pub(crate) fn comes_later(group: &Group, have: &Facts, account: Option<&Account>, field: &str) -> Part {
    let when =
        "some minutes after it is joined: nobody waits for that here, ask again to hear what came of it";
    told(group, new(group, account), have, field, when)
}

/// That the account is in the group, and its licences are still to come.
pub(crate) fn awaited(group: &Group, have: &Facts, account: Option<&Account>, field: &str) -> Part {
    let states = account.map(|account| account.license_assignment_states.as_slice()).unwrap_or_default();
    let has_come = |licence: &Licence| {
        states.iter().any(|state| state.sku_id == licence.sku_id && state.assigned_by_group == Some(group.id))
    };
    let to_come = group.assigned_licenses.iter().filter(|licence| !has_come(licence));
    told(group, to_come, have, field, "some minutes after it is joined, and has not come yet: ask again")
}

/// What became of licences that the account should have, in Microsoft's word and in plain ones.
pub(crate) fn errors(have: &Facts, account: &Account) -> Vec<Finding> {
    let states = account.license_assignment_states.iter();
    let in_trouble = states.filter_map(|state| Some((state, state.trouble()?)));
    let says = in_trouble.map(|(state, error)| {
        let licence = Licence { sku_id: state.sku_id, disabled_plans: Vec::new() };
        let groups = have.held.iter().flat_map(|held| &held.groups);
        let group = state.assigned_by_group.map(|id| {
            let known = groups.clone().find(|group| group.id == id);
            format!(" of {}", known.map_or_else(|| id.to_string(), Group::name))
        });
        let (sku, group) = (name(&licence, have), group.unwrap_or_default());
        format!("{sku}{group} is not in effect, {error}: {}", licence::in_words(error))
    });
    says.map(|says| Finding::left("licence-error", says)).collect()
}

/// What the group hands out that the account has no seat of.
fn new<'a>(group: &'a Group, account: Option<&'a Account>) -> impl Iterator<Item = &'a Licence> {
    let licences = group.assigned_licenses.iter();
    licences.filter(move |licence| !account.is_some_and(|account| account.has_seat(&licence.sku_id)))
}

fn lacking(licence: &Licence, have: &Facts) -> Option<String> {
    match sku(licence, have) {
        Some(sku) if sku.available() > 0 => None,
        Some(sku) => Some(no_seat(sku)),
        None => Some(format!("the tenant no longer has {}", licence.sku_id)),
    }
}

fn told<'a>(
    group: &Group,
    licences: impl Iterator<Item = &'a Licence>,
    have: &Facts,
    field: &str,
    when: &str,
) -> Part {
    let names: Vec<String> = licences.map(|licence| name(licence, have)).collect();
    let says = format!("{} comes with {} {when}", names.join(" and "), group.name());
    match names.is_empty() {
        true => Part::default(),
        false => Part::finding(Finding::note("licence-by-group", says).at(field)),
    }
}

fn sku<'a>(licence: &Licence, have: &'a Facts) -> Option<&'a Sku> {
    have.skus.iter().find(|sku| sku.sku_id == licence.sku_id)
}

fn name(licence: &Licence, have: &Facts) -> String {
    sku(licence, have).map_or_else(|| licence.sku_id.to_string(), |sku| sku.sku_part_number.clone())
}
