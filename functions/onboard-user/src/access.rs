//! What the account may use: licences, groups, administrative unit, and what is copied from a colleague.
//!
//! Each part answers with changes and with findings. What the caller asked for by name and can never be done blocks the
//! plan, so that the request is put right; what is merely copied is listed with the reason and left out.

use directory::Who;
use directory::account::Account;
use directory::group::{self, Barrier, Group};
use directory::licence::Sku;
use directory::list::{self, List};
use directory::look::{Found, missing};
use directory::unit;
use plan::{Change, Finding, Seat, Touch};

use crate::facts::Facts;
use crate::licences::{self, by_group::Handed};
use crate::request::NewHire;

/// Changes, and what is worth saying.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// What is to be changed.
    pub(crate) changes: Vec<Change>,
    /// What is to be changed once the mailbox is there.
    pub(crate) mail: Vec<Change>,
    /// The seats that are taken.
    pub(crate) seats: Vec<Seat>,
    /// What is worth saying.
    pub(crate) findings: Vec<Finding>,
}

impl Part {
    /// One change.
    pub(crate) fn change(change: Change) -> Self {
        Self { changes: vec![change], ..Self::default() }
    }

    /// One finding.
    pub(crate) fn finding(finding: Finding) -> Self {
        Self { findings: vec![finding], ..Self::default() }
    }

    /// The same, where it takes a seat of this SKU.
    #[must_use]
    pub(crate) fn seated(mut self, sku: &Sku) -> Self {
        self.seats.push(Seat { sku: sku.sku_id, free: sku.available() });
        self
    }

    /// One part after the other.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.changes.extend(other.changes);
        self.mail.extend(other.mail);
        self.seats.extend(other.seats);
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
    licences::hand_out(want, have, who, account)
        .and(groups(want, have, who, account))
        .and(administrative_unit(want, have, who))
}

fn groups(want: &NewHire, have: &Facts, who: &Who, account: Option<&Account>) -> Part {
    let asked = have.groups.iter().zip(&want.groups).enumerate().map(|(at, (found, name))| {
        let field = format!("/groups/{at}");
        let handed = |group| Handed { group, have, account, field: &field };
        match found.one() {
            Some(group) if is_asked(&have.groups[..at], group) => Part::default(),
            Some(group) if is_member(have, group) => handed(group).awaited(),
            Some(group) => join(&handed(group), want, who),
            None => {
                nothing(missing(found, &format!("group {name}"), "group-unknown", |group| group.id), &field)
            }
        }
    });
    asked.chain(copied_groups(have, who)).collect()
}

/// A group that was asked for by name, and that the account is not in. It is joined only if there is a seat of every licence
/// it hands out: without one the service lets the account in and leaves an error instead of a licence.
fn join(handed: &Handed<'_>, want: &NewHire, who: &Who) -> Part {
    let (group, field) = (handed.group, handed.field);
    match (bar(group), handed.none_left(want)) {
        (Some(barrier), _) => {
            let says = format!("{}: {}", group.name(), barrier.says());
            Part::finding(Finding::blocks(barrier.code(), says).at(field))
        }
        (None, Some(finding)) => Part::finding(finding),
        (None, None) => handed.skus().fold(joined(group, who), Part::seated).and(handed.comes_later()),
    }
}

/// Why the account cannot be let into the group by either service.
fn bar(group: &Group) -> Option<Barrier> {
    group.barrier().filter(|barrier| *barrier != Barrier::Exchange)
}

/// Lets the account into the group, by way of the service that its members belong to. Lists take who has a mailbox.
fn joined(group: &Group, who: &Who) -> Part {
    if !is_list(group) {
        return Part::change(group::join(who, group));
    }
    let skus = group.assigned_licenses.iter().map(|licence| Touch::Sku(licence.sku_id));
    let join = skus.fold(list::join(who, &List::from(group)), Change::touching);
    Part { mail: vec![join], ..Part::default() }
}

/// Whether it is a distribution list or a mail-enabled security group, whose members are ours to change.
fn is_list(group: &Group) -> bool {
    group.barrier() == Some(Barrier::Exchange)
}

/// Whether a list is to be joined.
pub(crate) fn joins_list(have: &Facts) -> bool {
    let asked = have.groups.iter().filter_map(Found::one);
    asked.chain(&have.colleagues_groups).any(|group| is_list(group) && !is_member(have, group))
}

/// The colleague's groups, but for those that were asked for by name.
fn copied_groups<'a>(have: &'a Facts, who: &'a Who) -> impl Iterator<Item = Part> + 'a {
    let groups = have.colleagues_groups.iter();
    let new = groups.filter(|group| !is_asked(&have.groups, group) && !is_member(have, group));
    new.map(move |group| match bar(group) {
        Some(barrier) => licences::not_copied(&group.name(), barrier.says()),
        None if group.gives_licences() => {
            licences::not_copied(&group.name(), "it gives licences: ask for it by name if it is wanted")
        }
        None => joined(group, who),
    })
}

fn is_asked(asked: &[Found<Group>], group: &Group) -> bool {
    asked.iter().filter_map(Found::one).any(|asked| asked.id == group.id)
}

/// Whether the account is in the group already.
pub(crate) fn is_member(have: &Facts, group: &Group) -> bool {
    have.held.as_ref().is_some_and(|held| held.groups.iter().any(|joined| joined.id == group.id))
}

fn administrative_unit(want: &NewHire, have: &Facts, who: &Who) -> Part {
    let (Some(found), Some(name)) = (&have.unit, &want.administrative_unit) else { return Part::default() };
    let field = "/administrativeUnit";
    match found.one() {
        Some(unit) if have.held.as_ref().is_some_and(|held| held.units.contains(&unit.id)) => Part::default(),
        Some(unit) if unit.is_dynamic() => Part::finding(
            Finding::blocks("unit-dynamic", format!("{}: its members follow a rule", unit.name())).at(field),
        ),
        Some(unit) => Part::change(unit::join(who, unit)),
        None => {
            let unknown =
                missing(found, &format!("administrative unit {name}"), "unit-unknown", |unit| unit.id);
            nothing(unknown, field)
        }
    }
}

/// What is told instead, where a name means nothing, or several things.
fn nothing(told: Option<Finding>, field: &str) -> Part {
    told.map_or_else(Part::default, |told| Part::finding(told.at(field)))
}
