//! Licences, last: a mailbox that loses its licence before it is a shared one is disconnected.
//!
//! Those that were given directly are taken in one call, with the plans that were off in them, so that an undo gives them
//! back as they were. Those that come with a group are taken by leaving it, unless it hands out one that is kept. What is kept
//! is kept by name; what the mailbox still needs is kept and told, and so is what a mailbox may come with that is not seen:
//! it may be on its way.

use directory::Who;
use directory::account::{Account, LicenceState};
use directory::group::Group;
use directory::licence::{self, Sku};
use directory::look::Found;
use directory::product;
use graph::{ServicePlanId, SkuId};
use jiff::{SignedDuration, Timestamp};
use plan::{Change, Finding, Plan};

use crate::facts::{Quick, Rest};
use crate::groups;
use crate::mail::Need;
use crate::request::Leaver;
use crate::start::gone_since;

/// Takes licences, once it is time. `need`: what the mailbox still needs those for that it hangs on; the others go all the
/// same.
pub(crate) fn take(
    plan: Plan,
    want: &Leaver,
    have: &Quick,
    rest: &Rest,
    account: &Account,
    need: Option<Need>,
) -> Plan {
    let kept = kept(want, rest, account);
    let mut all = Taken::all(want, have, rest, account, &kept);
    let plan = plan.findings(all.give_up_kept(&kept, &rest.skus));
    if all.is_empty() {
        return plan;
    }
    if let Some(at) = due(want, have).filter(|at| *at > have.now) {
        let says = format!("licences are taken at {at}, by the timer");
        return plan.finding(Finding::note("licences-later", says)).again_at(Some(at));
    }
    if let Some(unknown) = unknown(want, rest, account) {
        return plan.finding(unknown);
    }
    if groups::unknown(want, have).is_some() {
        all.groups.clear();
    }
    let who = account.who();
    let Some(need) = need else { return plan.apart(all.changes(&who)).findings(all.left()) };
    let (mailbox, others) = all.by_mailbox(&rest.skus);
    let plan = plan.apart(others.changes(&who)).findings(others.left());
    match need {
        _ if mailbox.is_empty() => plan,
        Need::UntilShared(at, waits) => {
            plan.later(mailbox.changes(&who), at).findings(mailbox.left()).finding(waits)
        }
        Need::Lasting(kept) => plan.finding(kept),
    }
}

/// What is taken: licences that were given directly, with the plans that are off in them, and groups that hand some out.
struct Taken<'a> {
    held: Vec<(Sku, Vec<ServicePlanId>)>,
    groups: Vec<&'a Group>,
}

impl<'a> Taken<'a> {
    fn all(want: &Leaver, have: &'a Quick, rest: &Rest, account: &Account, kept: &[SkuId]) -> Self {
        let goes = |group: &&Group| group.gives_licences() && !groups::is_kept(want, group);
        Self { held: direct(rest, account, kept), groups: have.groups.iter().filter(goes).collect() }
    }

    /// Leaves out the groups that hand out a licence which is kept and would be gone with the membership, and tells which.
    fn give_up_kept(&mut self, kept: &[SkuId], skus: &[Sku]) -> Vec<Finding> {
        let groups = std::mem::take(&mut self.groups).into_iter();
        let (stay, go) = groups.partition(|group| kept_of(kept, group, skus).next().is_some());
        self.groups = go;
        stay.into_iter().map(|group: &Group| keeps(kept, group, skus)).collect()
    }

    fn is_empty(&self) -> bool {
        self.held.is_empty() && self.groups.is_empty()
    }

    /// What a mailbox hangs on, and the rest.
    fn by_mailbox(self, skus: &[Sku]) -> (Self, Self) {
        let held = self.held.into_iter().partition(|(sku, off)| sku.serves_mailbox(off));
        let groups = self.groups.into_iter().partition(|group| hands_out_mailbox(group, skus));
        (Self { held: held.0, groups: groups.0 }, Self { held: held.1, groups: groups.1 })
    }

    fn changes(&self, who: &Who) -> Vec<Change> {
        let taken = (!self.held.is_empty()).then(|| licence::take_all(who, &self.held));
        taken.into_iter().chain(self.groups.iter().filter_map(|group| groups::leaving(who, group))).collect()
    }

    /// The groups that cannot be left here.
    fn left(&self) -> Vec<Finding> {
        self.groups.iter().filter_map(|group| groups::told(group)).collect()
    }
}

fn hands_out_mailbox(group: &Group, skus: &[Sku]) -> bool {
    group.assigned_licenses.iter().any(|licence| {
        let sku = skus.iter().find(|sku| sku.sku_id == licence.sku_id);
        sku.is_some_and(|sku| sku.serves_mailbox(&licence.disabled_plans))
    })
}

/// What a group hands out that is to be kept.
fn kept_of<'a>(kept: &[SkuId], group: &Group, skus: &'a [Sku]) -> impl Iterator<Item = &'a Sku> {
    let handed_out = |sku: &&Sku| group.assigned_licenses.iter().any(|licence| licence.sku_id == sku.sku_id);
    skus.iter().filter(handed_out).filter(|sku| kept.contains(&sku.sku_id))
}

fn keeps(kept: &[SkuId], group: &Group, skus: &[Sku]) -> Finding {
    let kept: Vec<&str> = kept_of(kept, group, skus).map(|sku| sku.sku_part_number.as_str()).collect();
    let says = format!("{} keeps the leaver: it hands out {}, which is kept", group.name(), kept.join(", "));
    Finding::note("licence-of-group", says)
}

/// The licences that the caller wants kept.
fn kept(want: &Leaver, rest: &Rest, account: &Account) -> Vec<SkuId> {
    let meant = want.licences.keep.iter().map(|name| meant(name, rest, account));
    meant.filter_map(|found| Some(found.one()?.sku_id)).collect()
}

/// What a name means among what the leaver holds.
fn meant<'a>(name: &str, rest: &'a Rest, account: &Account) -> Found<&'a Sku> {
    let is_held =
        |sku: &&Sku| account.license_assignment_states.iter().any(|state| state.sku_id == sku.sku_id);
    match product::find(&rest.skus, name) {
        Found::One(sku) => Found::of(Some(sku).filter(is_held).into_iter().collect()),
        Found::Many(several) => Found::of(several.into_iter().filter(is_held).collect()),
        Found::None => Found::None,
    }
}

/// A licence that is to be kept and is not held may be another one misspelt; of a name of several nobody knows which is meant.
fn unknown(want: &Leaver, rest: &Rest, account: &Account) -> Option<Finding> {
    const UNTIL: &str = "no licence is taken until that is put right";
    want.licences.keep.iter().enumerate().find_map(|(at, name)| {
        let (code, says) = match meant(name, rest, account) {
            Found::One(_) => return None,
            Found::None => ("licence-unknown", format!("the leaver does not hold {name}: {UNTIL}")),
            Found::Many(several) => {
                ("licence-ambiguous", format!("{}: {UNTIL}", product::ambiguous(name, several)))
            }
        };
        Some(Finding::left(code, says).at(format!("/licences/keep/{at}")))
    })
}

/// The licences that were given directly and are not kept, with the plans that are off.
fn direct(rest: &Rest, account: &Account, kept: &[SkuId]) -> Vec<(Sku, Vec<ServicePlanId>)> {
    let states = account.license_assignment_states.iter().filter(|state| state.assigned_by_group.is_none());
    let sku = |state: &LicenceState| rest.skus.iter().find(|sku| sku.sku_id == state.sku_id).cloned();
    let held = states.filter_map(|state| Some((sku(state)?, state.disabled_plans.clone())));
    held.filter(|(sku, _)| !kept.contains(&sku.sku_id)).collect()
}

fn due(want: &Leaver, have: &Quick) -> Option<Timestamp> {
    let days = want.licences.after_days?;
    gone_since(want, have).checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
}
