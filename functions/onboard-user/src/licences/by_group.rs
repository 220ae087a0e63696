//! Licences that come with a group.
//!
//! The service hands them out minutes after the group was joined ("What is group-based licensing in Microsoft Entra ID?"),
//! so nothing but the mailbox waits for them: a seat and a location are looked for before, and what came of it is told to whoever asks
//! again.

use directory::account::{Account, Licence};
use directory::group::Group;
use directory::licence::{self, Sku};
use directory::look::Found;
use graph::{ObjectId, SkuId};
use plan::Finding;

use super::without;
use crate::access::{Part, is_member};
use crate::facts::Facts;
use crate::request::NewHire;

/// Whether a group is to be joined that hands out licences.
pub(super) fn is_wanted(have: &Facts) -> bool {
    let mut groups = have.groups.iter().filter_map(Found::one);
    groups.any(|group| group.gives_licences() && group.barrier().is_none() && !is_member(have, group))
}

/// What a group that was asked for hands out, to an account that may or may not exist.
pub(crate) struct Handed<'a> {
    pub(crate) group: &'a Group,
    pub(crate) have: &'a Facts,
    pub(crate) account: Option<&'a Account>,
    /// Where the group was asked for.
    pub(crate) field: &'a str,
}

impl Handed<'_> {
    /// That there is no seat of something.
    pub(crate) fn none_left(&self, want: &NewHire) -> Option<Finding> {
        let lacking: Vec<String> =
            self.unseated().filter_map(|licence| lacking(licence, self.have)).collect();
        let says = format!("{} hands out licences, but {}", self.group.name(), lacking.join("; "));
        (!lacking.is_empty()).then(|| without(want, says).at(self.field))
    }

    /// That its licences come later.
    pub(crate) fn comes_later(&self) -> Part {
        self.told(self.unseated(), "some minutes after it is joined: ask again to hear what came of it")
    }

    /// That the account is in the group, and its licences are still to come.
    pub(crate) fn awaited(&self) -> Part {
        let states =
            self.account.map(|account| account.license_assignment_states.as_slice()).unwrap_or_default();
        let has_come = |licence: &Licence| {
            let group = Some(self.group.id);
            states.iter().any(|state| state.sku_id == licence.sku_id && state.assigned_by_group == group)
        };
        let to_come = self.group.assigned_licenses.iter().filter(|licence| !has_come(licence));
        self.told(to_come, "some minutes after it is joined, and has not come yet: ask again")
    }

    /// Of what a seat is taken.
    pub(crate) fn skus(&self) -> impl Iterator<Item = &Sku> {
        self.unseated().filter_map(|licence| sku(&licence.sku_id, self.have))
    }

    /// What the account has no seat of.
    fn unseated(&self) -> impl Iterator<Item = &Licence> {
        let has_seat =
            |licence: &Licence| self.account.is_some_and(|account| account.has_seat(&licence.sku_id));
        self.group.assigned_licenses.iter().filter(move |licence| !has_seat(licence))
    }

    fn told<'a>(&self, licences: impl Iterator<Item = &'a Licence>, when: &str) -> Part {
        let names: Vec<String> = licences.map(|licence| name(&licence.sku_id, self.have)).collect();
        let says = format!("{} comes with {} {when}", names.join(" and "), self.group.name());
        match names.is_empty() {
            true => Part::default(),
            false => Part::finding(Finding::note("licence-by-group", says).at(self.field)),
        }
    }
}

/// What became of licences that the account should have, in Microsoft's word and in plain ones.
pub(crate) fn errors(have: &Facts, account: &Account) -> Vec<Finding> {
    let in_trouble = account.license_assignment_states.iter().filter_map(|state| {
        let (error, sku) = (state.trouble()?, name(&state.sku_id, have));
        let group = state.assigned_by_group.map(|id| format!(" of {}", group_name(id, have)));
        let words = licence::in_words(error);
        let says = format!("{sku}{} is not in effect, {error}: {words}", group.unwrap_or_default());
        Some(Finding::left("licence-error", says))
    });
    in_trouble.collect()
}

fn group_name(id: ObjectId, have: &Facts) -> String {
    let known = have.held.iter().flat_map(|held| &held.groups).find(|group| group.id == id);
    known.map_or_else(|| id.to_string(), Group::name)
}

fn lacking(licence: &Licence, have: &Facts) -> Option<String> {
    match sku(&licence.sku_id, have) {
        Some(sku) if sku.available() > 0 => None,
        Some(sku) => Some(sku.none_left()),
        None => Some(format!("the tenant no longer has {}", licence.sku_id)),
    }
}

fn sku<'a>(id: &SkuId, have: &'a Facts) -> Option<&'a Sku> {
    have.skus.iter().find(|sku| sku.sku_id == *id)
}

fn name(id: &SkuId, have: &Facts) -> String {
    sku(id, have).map_or_else(|| id.to_string(), |sku| sku.sku_part_number.clone())
}
