//! Licences by groups: joined, left, and watched.
//!
//! The service hands a group's licences out minutes after somebody joined it, and if it cannot, says so in the account's
//! assignment states and nowhere else ("What is group-based licensing in Microsoft Entra ID?"). So a run that joins a group
//! goes on until each licence of it is active or in error.

use directory::account::{Account, Licence};
use directory::group::{self, Group};
use directory::licence;
use directory::look::{Found, missing};
use graph::SkuId;
use jiff::{SignedDuration, Timestamp};
use plan::{Change, Finding};

use crate::facts::Facts;
use crate::request::Assignment;

/// How soon to look again whether a group's licences have come.
const SOON: SignedDuration = SignedDuration::from_mins(2);

/// What becomes of memberships, and what is worth saying.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) join: Vec<Change>,
    pub(crate) leave: Vec<Change>,
    pub(crate) findings: Vec<Finding>,
    /// What is to come by a group: its seat is promised for as long as it is waited for.
    pub(crate) skus: Vec<SkuId>,
    /// When to look again whether licences have come.
    pub(crate) goes_on: Option<Timestamp>,
}

/// Everything that was asked for. What was to be joined until a date is left then.
pub(crate) fn wanted(want: &Assignment, have: &Facts, account: &Account) -> Part {
    let mut part = Part::default();
    for (at, (found, name)) in have.join.iter().zip(&want.join).enumerate() {
        let field = format!("/join/{at}");
        match named(found, name, &field) {
            Ok(group) if want.is_over(have.now) => part.leave.extend(leave(have, group, account)),
            Ok(group) if have.is_member(group) => part.watch(have, account, group),
            Ok(group) => part.join(have, account, group, &field),
            Err(finding) => part.findings.push(finding),
        }
    }
    for (at, (found, name)) in have.leave.iter().zip(&want.leave).enumerate() {
        match named(found, name, &format!("/leave/{at}")) {
            Ok(group) => part.leave.extend(leave(have, group, account)),
            Err(finding) => part.findings.push(finding),
        }
    }
    part
}

/// A licensing group whose members are ours to change.
fn named<'a>(found: &'a Found<Group>, name: &str, field: &str) -> Result<&'a Group, Finding> {
    if let Some(finding) = missing(found, &format!("group {name}"), "group-unknown", |group| group.id) {
        return Err(finding.at(field));
    }
    let group = found.one().ok_or_else(|| Finding::blocks("group-unknown", name).at(field))?;
    let blocks =
        |code: &str, says: &str| Err(Finding::blocks(code, format!("{}: {says}", group.name())).at(field));
    match group.barrier() {
        Some(barrier) => blocks(barrier.code(), barrier.says()),
        None if !group.gives_licences() => blocks("group-without-licences", "it hands out no licences"),
        None => Ok(group),
    }
}

fn leave(have: &Facts, group: &Group, account: &Account) -> Option<Change> {
    have.is_member(group).then(|| group::leave(&account.who(), group))
}

impl Part {
    /// Joins a group if there is a seat of everything that it hands out: without one the service lets the account in and
    /// leaves an error instead of a licence.
    fn join(&mut self, have: &Facts, account: &Account, group: &Group, field: &str) {
        let lacking: Vec<String> = group
            .assigned_licenses
            .iter()
            .filter(|licence| !account.has_seat(&licence.sku_id))
            .filter_map(|licence| lacking(have, licence))
            .collect();
        if !lacking.is_empty() {
            let says = format!("{} hands out licences, but {}", group.name(), lacking.join("; "));
            return self.findings.push(Finding::blocks("licence-none-left", says).at(field));
        }
        self.join.push(group::join(&account.who(), group).awaited());
        self.awaits(have, group, group.assigned_licenses.iter());
    }

    /// What came of a group that the account is in.
    fn watch(&mut self, have: &Facts, account: &Account, group: &Group) {
        let state = |licence: &&Licence| {
            let mut states = account.license_assignment_states.iter();
            states.find(|state| state.sku_id == licence.sku_id && state.assigned_by_group == Some(group.id))
        };
        let to_come = group.assigned_licenses.iter().filter(|licence| state(licence).is_none());
        self.awaits(have, group, to_come);
        let errors = group.assigned_licenses.iter().filter_map(|licence| {
            let error = state(&licence)?.trouble()?;
            let sku = have.sku_name(&licence.sku_id);
            let says =
                format!("{sku} of {} is not in effect, {error}: {}", group.name(), licence::in_words(error));
            Some(Finding::outstanding("licence-error", says))
        });
        self.findings.extend(errors);
    }

    fn awaits<'a>(&mut self, have: &Facts, group: &Group, licences: impl Iterator<Item = &'a Licence>) {
        let skus: Vec<SkuId> = licences.map(|licence| licence.sku_id).collect();
        if skus.is_empty() {
            return;
        }
        let names: Vec<String> = skus.iter().map(|sku| have.sku_name(sku)).collect();
        self.skus.extend(skus);
        let says = format!(
            "{} comes with {} some minutes after it was joined: the run goes on until it has come",
            names.join(" and "),
            group.name()
        );
        self.findings.push(Finding::note("licence-by-group", says));
        self.goes_on = Some(have.now + SOON);
    }
}

fn lacking(have: &Facts, licence: &Licence) -> Option<String> {
    match have.sku(&licence.sku_id) {
        Some(sku) if sku.available() > 0 => None,
        Some(sku) => Some(sku.none_left()),
        None => Some(format!("the tenant no longer has {}", licence.sku_id)),
    }
}
