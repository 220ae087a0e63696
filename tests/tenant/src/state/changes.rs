//! What changed since when: numbers for changes, so that a delta query can be answered without a history.
//!
//! Every change of a user or a group, and of who belongs to what, has a number, one above the last. An object carries the
//! number of the change that made it and, for each property that changed after that, the number of the last such change
//! ([`Stamps`]); a relation that of its own last change ([`Links`](super::Links)). So what is kept grows with what there
//! is, not with what happened. What is gone for good is remembered for as long as a token may ask ([`Gone`]).
//!
//! Where the directory lags, a change is known only when every replica shows it: whoever asked before is told again.

use std::collections::VecDeque;

use uuid::Uuid;

use super::object::{Kind, Object};
use crate::lag::{View, Visible};

/// How long a delta token is good, and what is gone is remembered.
pub(crate) const TOKEN_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// The name under which a deletion is stamped.
pub(crate) const REMOVED: &str = "@removed";
/// What licences in effect are told as.
const LICENSED: [&str; 3] = ["assignedLicenses", "assignedPlans", "provisionedPlans"];

/// When an object came and what changed about it since, in numbers of changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stamps {
    since: u64,
    changed: Vec<(&'static str, u64)>,
}

impl Stamps {
    fn new(number: u64) -> Self {
        Self { since: number, ..Self::default() }
    }

    /// Whether the object came, or came back, after a change.
    pub(crate) fn is_new(&self, after: u64) -> bool {
        self.since > after
    }

    /// Whether a property ever changed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.changed.iter().any(|(known, _)| *known == name)
    }

    /// Names of what changed after a change.
    pub(crate) fn after(&self, after: u64) -> impl Iterator<Item = &'static str> {
        self.changed.iter().filter(move |(_, number)| *number > after).map(|(name, _)| *name)
    }

    fn set(&mut self, name: &'static str, number: u64) {
        match self.changed.iter_mut().find(|(known, _)| *known == name) {
            Some((_, last)) => *last = number,
            None => self.changed.push((name, number)),
        }
    }
}

/// Whether a delta query tells of objects of a kind.
pub(super) fn is_tracked(kind: Kind) -> bool {
    matches!(kind, Kind::User | Kind::Group)
}

/// The stamps of an object that replaces another, or comes new.
pub(super) fn stamped(before: Option<&Object>, after: &Object, number: u64) -> Stamps {
    let Some(before) = before.filter(|before| before.is_live() || !after.is_live()) else {
        return Stamps::new(number);
    };
    let mut stamps = before.stamps.clone();
    differing(before, after).into_iter().for_each(|name| stamps.set(name, number));
    stamps
}

/// Names of what differs between two versions of an object.
fn differing(before: &Object, after: &Object) -> Vec<&'static str> {
    let changed = after.properties.iter().filter(|(name, value)| before.properties.get(name) != Some(*value));
    let lost = before.properties.iter().filter(|(name, _)| after.properties.get(name).is_none());
    let mut names: Vec<&'static str> = changed.chain(lost).map(|(name, _)| name).collect();
    if before.licences_in_effect() != after.licences_in_effect() {
        names.extend(LICENSED);
    }
    if before.is_live() != after.is_live() {
        names.push(REMOVED);
    }
    names
}

/// A user or group that is gone for good.
#[derive(Debug)]
pub(crate) struct Gone {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    /// The place in the order of creation.
    pub(crate) place: u64,
    pub(crate) number: u64,
    pub(super) at_ms: i64,
    pub(super) visible: Option<Visible>,
}

/// A change that not everybody knows of yet, and the seats it took or gave back.
#[derive(Debug)]
struct OnTheWay {
    number: u64,
    visible: Visible,
    seats: Vec<(Uuid, i64)>,
}

/// Changes of users, of groups and of who belongs to what, by number.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    last: u64,
    on_the_way: VecDeque<OnTheWay>,
    gone: VecDeque<Gone>,
}

impl Changes {
    /// The number of a change that is made now.
    pub(super) fn next(&mut self, visible: Option<Visible>, seats: Vec<(Uuid, i64)>, now_ms: i64) -> u64 {
        while self.on_the_way.front().is_some_and(|change| change.visible.everywhere(now_ms)) {
            self.on_the_way.pop_front();
        }
        self.last += 1;
        let number = self.last;
        self.on_the_way.extend(visible.map(|visible| OnTheWay { number, visible, seats }));
        number
    }

    pub(super) fn bury(&mut self, gone: Gone) {
        while self.gone.front().is_some_and(|first| first.at_ms + TOKEN_MS < gone.at_ms) {
            self.gone.pop_front();
        }
        self.gone.push_back(gone);
    }

    pub(super) fn kind_of_gone(&self, id: Uuid) -> Option<Kind> {
        self.gone.iter().find(|gone| gone.id == id).map(|gone| gone.kind)
    }

    /// The last change up to which everybody knows of everything.
    pub(crate) fn known(&self, now_ms: i64) -> u64 {
        let first_unknown = self.on_the_way.iter().find(|change| !change.visible.everywhere(now_ms));
        first_unknown.map_or(self.last, |change| change.number - 1)
    }

    /// What is gone for good of a kind since a change, as somebody sees it.
    pub(crate) fn gone(&self, kind: Kind, after: u64, view: View) -> impl Iterator<Item = &Gone> {
        let is_seen = move |gone: &&Gone| gone.visible.is_none_or(|visible| visible.to(view));
        self.gone.iter().filter(move |gone| gone.kind == kind && gone.number > after).filter(is_seen)
    }

    /// Seats of a SKU that changes took, less what they gave back, of which somebody does not know yet.
    pub(crate) fn unseen_seats(&self, sku: Uuid, view: View) -> i64 {
        let unseen = self.on_the_way.iter().filter(|change| !change.visible.to(view));
        unseen.flat_map(|change| &change.seats).filter(|(of, _)| *of == sku).map(|(_, seats)| seats).sum()
    }
}

/// Seats that a change takes, or gives back. Only live users take seats; a group's licences are an instruction.
pub(super) fn seats(before: Option<&Object>, after: Option<&Object>) -> Vec<(Uuid, i64)> {
    let taken = |object: Option<&Object>| {
        let holder = object.filter(|object| object.kind == Kind::User && object.is_live());
        holder.map(Object::active_skus).unwrap_or_default()
    };
    let (before, after) = (taken(before), taken(after));
    let back = before.iter().filter(|sku| !after.contains(sku)).map(|sku| (*sku, -1));
    let new = after.iter().filter(|sku| !before.contains(sku)).map(|sku| (*sku, 1));
    back.chain(new).collect()
}
