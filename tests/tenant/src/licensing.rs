//! Licences by group: what a group hands on to its members, how long that takes, and why it may fail.
//!
//! A membership changes at once, and so does what a group hands on; what members hold follows when the directory gets
//! round to it ([`Waiting`]). What cannot be handed on is an error of the member's and takes no seat. What cannot be
//! changed or taken back, because something else of the member's is built on it, stays in effect and is an error all the
//! same. Sources: "Resolve group license assignment problems in Microsoft Entra ID"; "licenseAssignmentState resource
//! type".
//!
//! Nothing is tried again by itself when seats become free: that takes `reprocessLicenseAssignment`, or another change of
//! the member's groups. Groups within a licensed group get nothing, as with the real one.

use std::collections::VecDeque;

use serde_json::Value;
use uuid::Uuid;

use crate::routes::{countries, unique};
use crate::state::licence::{DEPENDS, EXCLUDES};
use crate::state::{Directory, Holding, Kind, Link, Object, Plan};

const NO_SEAT: &str = "CountViolation";
const SHUT_OUT: &str = "MutuallyExclusiveViolation";
const LACKING: &str = "DependencyViolation";
const NOT_SERVED: &str = "ProhibitedInUsageLocationViolation";

/// Users whose inherited licences have yet to follow, in the order in which they are due.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// How long it takes; at nought nobody ever waits.
    pub(crate) delay_ms: i64,
    due: VecDeque<(i64, Uuid)>,
}

impl Waiting {
    pub(crate) fn add(&mut self, due_ms: i64, user: Uuid) {
        self.due.push_back((due_ms, user));
    }

    /// Whoever is due by now, once.
    pub(crate) fn next(&mut self, now_ms: i64) -> Option<(i64, Uuid)> {
        let is_due = self.due.front().is_some_and(|(due_ms, _)| *due_ms <= now_ms);
        if is_due { self.due.pop_front() } else { None }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (i64, Uuid)> {
        self.due.iter().copied()
    }
}

/// Somebody's groups have changed, or what one of them hands on: what that person holds follows, after a while.
pub(crate) fn follow(directory: &mut Directory, user: Uuid) {
    match directory.licensing.delay_ms {
        0 => reconcile(directory, user),
        delay_ms => directory.licensing.add(directory.now_ms + delay_ms, user),
    }
}

/// Does what has become due by then, each at its own time.
pub(crate) fn catch_up(directory: &mut Directory, now_ms: i64) {
    while let Some((due_ms, user)) = directory.licensing.next(now_ms) {
        directory.now_ms = due_ms;
        reconcile(directory, user);
    }
}

/// Brings what a user inherits in line with the groups the user is a direct member of.
pub(crate) fn reconcile(directory: &mut Directory, user: Uuid) {
    let Some(mut after) = directory.edit(user).filter(|object| object.kind == Kind::User) else { return };
    let before = std::mem::take(&mut after.licences);
    after.licences = Case { directory, user: &after, before: &before }.outcome();
    if after.licences != before {
        provision_mailbox(directory, &mut after);
        directory.put(after);
    }
}

/// One user, with what was held before.
struct Case<'a> {
    directory: &'a Directory,
    user: &'a Object,
    before: &'a [Holding],
}

impl Case<'_> {
    /// What the user holds from now on: directly, then by group in the order of their ids.
    fn outcome(&self) -> Vec<Holding> {
        let handed = self.handed();
        let mut held: Vec<Holding> =
            self.before.iter().filter(|held| held.by_group.is_none()).cloned().collect();
        held.extend(handed.iter().filter(|handed| self.is_known(handed)).cloned());
        for new in handed.iter().filter(|handed| !self.is_known(handed)) {
            let error = self.obstacle(&held, new);
            held.push(self.handed_on(new, error));
        }
        self.depend(&mut held);
        self.let_go(&mut held, &handed);
        held.iter_mut().for_each(|held| self.date(held));
        held.sort_by_key(|held| held.by_group);
        held
    }

    /// What the groups of the user hand on.
    fn handed(&self) -> Vec<Holding> {
        let directory = self.directory;
        let groups = directory.sources(Link::Member, self.user.id, directory.truth());
        let licensing = groups.iter().filter(|group| group.kind == Kind::Group);
        let by = |group: &Object, held: &Holding| Holding {
            by_group: Some(group.id),
            updated_ms: directory.now_ms,
            ..held.clone()
        };
        licensing.flat_map(|group| group.licences.iter().map(move |held| by(group, held))).collect()
    }

    /// Whether it was handed on before just like that.
    fn is_known(&self, handed: &Holding) -> bool {
        self.before
            .iter()
            .any(|held| held.error.is_none() && held.is_of(handed) && held.disabled == handed.disabled)
    }

    /// Why a licence cannot be handed on to somebody who holds all this.
    fn obstacle(&self, held: &[Holding], new: &Holding) -> Option<&'static str> {
        let with_new: Vec<Holding> = held.iter().chain([new]).cloned().collect();
        if !countries::is_served(location(self.directory, self.user)) {
            Some(NOT_SERVED)
        } else if !self.has_seat(held, new.sku) {
            Some(NO_SEAT)
        } else {
            excluding(&self.directory.enabled_plans(&with_new)).map(|_| SHUT_OUT)
        }
    }

    /// Whether the user has a seat already, or there is one left.
    fn has_seat(&self, held: &[Holding], sku: Uuid) -> bool {
        let seats = self.directory.sku(sku).map_or(0, |sku| sku.prepaid_units.usable());
        let takes_one = |held: &Holding| held.sku == sku && held.is_active();
        self.before.iter().chain(held).any(takes_one) || self.directory.consumed(sku) < seats
    }

    /// A licence as it is handed on. With an error it is not in effect, unless it was before: then it stays as it was.
    fn handed_on(&self, new: &Holding, error: Option<&str>) -> Holding {
        let Some(error) = error else { return new.clone() };
        let was = self.before.iter().find(|held| held.is_of(new) && held.is_active());
        let disabled = was.map_or(&new.disabled, |was| &was.disabled).clone();
        Holding { error: Some(error.to_owned()), kept: was.is_some(), disabled, ..new.clone() }
    }

    /// Takes new licences out of effect again that lack what they build on.
    fn depend(&self, held: &mut [Holding]) {
        let is_new = |held: &Holding| held.by_group.is_some() && held.error.is_none() && !self.is_known(held);
        while let Some(plan) = lacking(self.directory, held).map(|(plan, _)| plan) {
            let gives = |held: &Holding| self.directory.gives(held, plan);
            let Some(new) = held.iter_mut().find(|held| is_new(held) && gives(held)) else { return };
            *new = self.handed_on(new, Some(LACKING));
        }
    }

    /// What no group hands on any more goes, but for what something else is built on.
    fn let_go(&self, held: &mut Vec<Holding>, handed: &[Holding]) {
        let is_gone = |held: &&Holding| {
            held.by_group.is_some() && held.is_active() && !handed.iter().any(|handed| handed.is_of(held))
        };
        for gone in self.before.iter().filter(is_gone) {
            if lacking(self.directory, held).is_none() {
                return;
            }
            held.push(Holding { error: Some(LACKING.to_owned()), kept: true, ..gone.clone() });
            if lacking(self.directory, held).is_some() {
                held.pop();
            }
        }
    }

    /// What is as it was keeps its date.
    fn date(&self, held: &mut Holding) {
        let was =
            self.before.iter().find(|was| Holding { updated_ms: held.updated_ms, ..(*was).clone() } == *held);
        held.updated_ms = was.map_or(self.directory.now_ms, |was| was.updated_ms);
    }
}

/// Where a user is as far as groups care: in the organisation's country, unless another was set.
fn location<'a>(directory: &'a Directory, user: &'a Object) -> &'a str {
    let home = || directory.organization.get("countryLetterCode").and_then(Value::as_str);
    user.text("usageLocation").or_else(home).unwrap_or_default()
}

/// A plan that lacks what it builds on, and the identifiers of all that would do.
pub(crate) fn lacking(directory: &Directory, held: &[Holding]) -> Option<(Uuid, String)> {
    let plans = directory.enabled_plans(held);
    let has = |name: &str| plans.iter().find(|plan| plan.service_plan_name == name);
    let (plan, needed) = DEPENDS.iter().find_map(|(name, needed)| {
        has(name).filter(|_| !needed.iter().any(|name| has(name).is_some())).map(|plan| (plan, needed))
    })?;
    let sold = directory.skus.iter().flat_map(|sku| &sku.service_plans);
    let mut ids: Vec<String> = sold
        .filter(|sold| needed.contains(&sold.service_plan_name.as_str()))
        .map(|sold| sold.service_plan_id.to_string())
        .collect();
    ids.sort();
    ids.dedup();
    Some((plan.service_plan_id, ids.join(", ")))
}

/// Two plans that shut each other out.
pub(crate) fn excluding(plans: &[&Plan]) -> Option<(Uuid, Uuid)> {
    let id = |name: &str| {
        plans.iter().find(|plan| plan.service_plan_name == name).map(|plan| plan.service_plan_id)
    };
    EXCLUDES.iter().find_map(|(one, other)| id(one).zip(id(other)))
}

/// Whoever gets an Exchange plan gets addresses; they stay when the licence goes.
pub(crate) fn provision_mailbox(directory: &Directory, user: &mut Object) {
    let has_mailbox = directory.enabled_plans(&user.licences).iter().any(|plan| plan.is_mailbox());
    if !has_mailbox || user.properties.texts("proxyAddresses").next().is_some() {
        return;
    }
    let primary = user.text("mail").or(user.text("userPrincipalName")).unwrap_or_default().to_owned();
    let secondary =
        format!("{}@{}", user.text("mailNickname").unwrap_or_default(), directory.initial_domain());
    let mut addresses = vec![format!("SMTP:{primary}")];
    if !secondary.eq_ignore_ascii_case(&primary) && unique::is_free(directory, user.id, &secondary) {
        addresses.push(format!("smtp:{secondary}"));
    }
    user.properties.set("mail", primary);
    user.properties.set("proxyAddresses", addresses);
}
