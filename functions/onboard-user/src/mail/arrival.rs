//! Whether a mailbox is there, and when to look again if it is not.
//!
//! A mailbox comes with a licence that has a plan of Exchange Online, mostly within half an hour and sometimes after hours
//! (seen in the field). The directory knows since when the licence is held, so every part of a run knows how long it has
//! been: it looks again after half as long as that, and after a day it is told instead.

use std::collections::BTreeSet;

use directory::account::Account;
use directory::group::Group;
use directory::licence::Sku;
use directory::look::Found;
use directory::product;
use graph::{ServicePlanId, SkuId};
use jiff::{SignedDuration, Timestamp};
use plan::{Change, Touch};

use crate::access::is_member;
use crate::facts::Facts;
use crate::request::{NewHire, WantedLicence};

/// How soon to look again, at the earliest and at the latest.
const SOON: SignedDuration = SignedDuration::from_mins(2);
const SELDOM: SignedDuration = SignedDuration::from_hours(1);
/// How soon to look again for a licence that a group hands out first.
const BY_GROUP: SignedDuration = SignedDuration::from_mins(15);
/// After how long a mailbox that has not come is late.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// Whether the mailbox is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is.
    Here,
    /// Its licence is held, and it comes; this is when to look again.
    OnItsWay(Timestamp),
    /// It comes if its licence is handed out; this is when to look.
    Planned(Timestamp),
    /// It should have come.
    Late,
    /// Nothing brings one.
    Never,
}

/// Whether the mailbox is there; `changes` are those that hand out licences, directly or by a group.
pub(crate) fn arrival(
    want: &NewHire,
    have: &Facts,
    account: Option<&Account>,
    changes: &[Change],
) -> Arrival {
    if have.mail.as_ref().is_some_and(|mail| mail.mailbox.is_some()) {
        return Arrival::Here;
    }
    let held = account.and_then(|account| held_since(have, account));
    let awaited =
        account.filter(|_| awaits_group(have)).map(|account| account.created_date_time.unwrap_or_default());
    match held.or(awaited) {
        Some(since) => waited(have.now, since),
        None if comes_directly(want, have, changes) => Arrival::Planned(have.now + SOON),
        None if comes_by_group(have, changes) => Arrival::Planned(have.now + BY_GROUP),
        None => Arrival::Never,
    }
}

fn waited(now: Timestamp, since: Timestamp) -> Arrival {
    let waited = now.duration_since(since);
    match waited > LATE {
        true => Arrival::Late,
        false => Arrival::OnItsWay(now + (waited / 2).clamp(SOON, SELDOM)),
    }
}

/// Since when the account has held a licence that brings a mailbox; where the directory does not say, for ever.
fn held_since(have: &Facts, account: &Account) -> Option<Timestamp> {
    let states = account.license_assignment_states.iter().filter(|state| state.is_active());
    let giving = states.filter(|state| gives_mailbox(have, &state.sku_id, &state.disabled_plans));
    giving.map(|state| state.last_updated_date_time.unwrap_or_default()).min()
}

/// Whether the account is in a group that hands out such a licence, which has not come.
fn awaits_group(have: &Facts) -> bool {
    let asked = have.groups.iter().filter_map(Found::one).filter(|group| is_member(have, group));
    asked.into_iter().any(|group| hands_out(have, group))
}

fn hands_out(have: &Facts, group: &Group) -> bool {
    group
        .assigned_licenses
        .iter()
        .any(|licence| gives_mailbox(have, &licence.sku_id, &licence.disabled_plans))
}

/// Whether one of the changes hands out such a licence that was asked for, or is copied.
fn comes_directly(want: &NewHire, have: &Facts, changes: &[Change]) -> bool {
    let skus: BTreeSet<SkuId> = changes.iter().flat_map(|change| &change.touches).filter_map(sku).collect();
    let asked = want.licences.iter().any(|wanted| {
        let sku = product::find(&have.skus, &wanted.sku).one().copied();
        let sku = sku.filter(|sku| skus.contains(&sku.sku_id));
        sku.is_some_and(|sku| sku.gives_mailbox(&switched_off(sku, wanted)))
    });
    let colleague = have.colleague.as_ref().and_then(Found::one);
    let states = colleague.into_iter().flat_map(|colleague| &colleague.license_assignment_states);
    let mut copied = states.filter(|state| skus.contains(&state.sku_id) && state.assigned_by_group.is_none());
    asked || copied.any(|state| gives_mailbox(have, &state.sku_id, &state.disabled_plans))
}

fn switched_off(sku: &Sku, wanted: &WantedLicence) -> Vec<ServicePlanId> {
    let names = wanted.disabled_plans.iter().flatten();
    names.filter_map(|name| Some(product::find_plan(sku, name).one()?.service_plan_id)).collect()
}

/// Whether one of the changes lets the account into a group that hands out such a licence.
fn comes_by_group(have: &Facts, changes: &[Change]) -> bool {
    let is_joined =
        |group: &&Group| changes.iter().any(|change| change.touches.contains(&Touch::Group(group.id)));
    have.groups.iter().filter_map(Found::one).filter(is_joined).any(|group| hands_out(have, group))
}

fn sku(touch: &Touch) -> Option<SkuId> {
    match touch {
        Touch::Sku(sku) => Some(*sku),
        _ => None,
    }
}

fn gives_mailbox(have: &Facts, sku: &SkuId, off: &[ServicePlanId]) -> bool {
    have.skus.iter().find(|known| known.sku_id == *sku).is_some_and(|sku| sku.gives_mailbox(off))
}
