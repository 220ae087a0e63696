//! Who belongs to what: members, owners, managers and sponsors, with the lag that applies to them, and with the number of
//! the change that made or ended each relation a delta query tells of.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use uuid::Uuid;

use crate::lag::{View, Visible};

/// A relation, from the object that has it to the one it points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Link {
    /// Group, directory role or administrative unit to member.
    Member,
    /// Group, application or service principal to owner.
    Owner,
    /// User to manager.
    Manager,
    /// User to sponsor.
    Sponsor,
    /// Device to the user it belongs to.
    RegisteredOwner,
    /// Device to a user of it.
    RegisteredUser,
    /// Mailbox or mailing group to whoever may send as it.
    SendAs,
    /// Mailbox to whoever may send on its behalf.
    OnBehalf,
}

impl Link {
    pub(crate) const ALL: [Link; 8] = [
        Link::Member,
        Link::Owner,
        Link::Manager,
        Link::Sponsor,
        Link::RegisteredOwner,
        Link::RegisteredUser,
        Link::SendAs,
        Link::OnBehalf,
    ];

    /// Whether a delta query can tell of it.
    pub(crate) fn is_tracked(self) -> bool {
        matches!(self, Link::Member | Link::Owner | Link::Manager)
    }
}

/// A relation that came to hold, or ceased to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) present: bool,
    /// Its number among all changes that are tracked; nought where it is not.
    pub(crate) number: u64,
    pub(crate) visible: Option<Visible>,
}

/// One side of a relation: the truth, and changes that not every replica shows yet.
#[derive(Debug, Default)]
struct Side {
    truth: BTreeSet<Uuid>,
    recent: Vec<Recent>,
    /// The number of the last change of each that came or went, where it is tracked.
    numbers: BTreeMap<Uuid, u64>,
    last: u64,
}

#[derive(Debug)]
struct Recent {
    id: Uuid,
    added: bool,
    number: u64,
    visible: Visible,
}

impl Side {
    fn seen(&self, view: View) -> BTreeSet<Uuid> {
        let mut seen = self.truth.clone();
        for change in self.recent.iter().rev().filter(|change| !change.visible.to(view)) {
            if change.added {
                seen.remove(&change.id);
            } else {
                seen.insert(change.id);
            }
        }
        seen
    }

    /// The same from one on, in the order of ids, and no more of them than wanted.
    fn seen_past(&self, past: Option<Uuid>, most: usize, view: View) -> Vec<Uuid> {
        let unseen: BTreeMap<Uuid, bool> = self
            .recent
            .iter()
            .rev()
            .filter(|change| !change.visible.to(view))
            .map(|change| (change.id, change.added))
            .collect();
        let is_due = |id: &Uuid| past.is_none_or(|past| *id > past);
        let known =
            self.truth.range((past.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)).copied();
        let mut seen: Vec<Uuid> = known.filter(|id| unseen.get(id) != Some(&true)).take(most).collect();
        seen.extend(unseen.iter().filter(|(id, added)| !**added && is_due(id)).map(|(id, _)| *id));
        seen.sort_unstable();
        seen.dedup();
        seen.truncate(most);
        seen
    }

    /// Whoever came or went after a change, in the order of ids, as somebody sees it.
    fn turned(&self, after: u64, view: View) -> impl Iterator<Item = (Uuid, bool)> {
        let numbers = (self.last > after).then_some(&self.numbers).into_iter().flatten();
        let is_new = move |number: &u64| *number > after;
        numbers.filter(move |(_, number)| is_new(number)).filter_map(move |(id, number)| {
            let (number, present) = self.last_seen(*id, *number, view)?;
            is_new(&number).then_some((*id, present))
        })
    }

    /// The last change of one that somebody sees, and whether it is there since.
    fn last_seen(&self, id: Uuid, last: u64, view: View) -> Option<(u64, bool)> {
        let mut late = self.recent.iter().rev().filter(|change| change.id == id).peekable();
        if late.peek().is_none() {
            return Some((last, self.truth.contains(&id)));
        }
        late.find(|change| change.visible.to(view)).map(|change| (change.number, change.added))
    }

    fn set(&mut self, id: Uuid, turn: Turn, now_ms: i64) {
        let Turn { present, number, visible } = turn;
        self.recent.retain(|change| !change.visible.everywhere(now_ms));
        self.recent.extend(visible.map(|visible| Recent { id, added: present, number, visible }));
        if present {
            self.truth.insert(id);
        } else {
            self.truth.remove(&id);
        }
        if number > 0 {
            self.numbers.insert(id, number);
            self.last = number;
        }
    }
}

/// All relations of the directory.
#[derive(Debug, Default)]
pub(crate) struct Links {
    forward: HashMap<(Link, Uuid), Side>,
    backward: HashMap<(Link, Uuid), Side>,
}

impl Links {
    /// Whether the relation truly holds.
    pub(crate) fn holds(&self, link: Link, from: Uuid, to: Uuid) -> bool {
        self.forward.get(&(link, from)).is_some_and(|side| side.truth.contains(&to))
    }

    /// How many the object truly points at.
    pub(crate) fn count(&self, link: Link, from: Uuid) -> usize {
        self.forward.get(&(link, from)).map_or(0, |side| side.truth.len())
    }

    /// What the object points at, as somebody sees it.
    pub(crate) fn targets(&self, link: Link, from: Uuid, view: View) -> BTreeSet<Uuid> {
        self.forward.get(&(link, from)).map(|side| side.seen(view)).unwrap_or_default()
    }

    /// The same from one on, in the order of ids, and no more of them than wanted.
    pub(crate) fn targets_past(
        &self,
        link: Link,
        from: Uuid,
        past: Option<Uuid>,
        most: usize,
        view: View,
    ) -> Vec<Uuid> {
        self.forward.get(&(link, from)).map(|side| side.seen_past(past, most, view)).unwrap_or_default()
    }

    /// What the object came to point at (`true`) or ceased to after a change, in the order of ids, as somebody sees it.
    pub(crate) fn turned(
        &self,
        link: Link,
        from: Uuid,
        after: u64,
        view: View,
    ) -> impl Iterator<Item = (Uuid, bool)> {
        self.forward.get(&(link, from)).into_iter().flat_map(move |side| side.turned(after, view))
    }

    /// What points at the object, as somebody sees it.
    pub(crate) fn sources(&self, link: Link, to: Uuid, view: View) -> BTreeSet<Uuid> {
        self.backward.get(&(link, to)).map(|side| side.seen(view)).unwrap_or_default()
    }

    /// Every relation an object truly has, from either side.
    pub(crate) fn of(&self, id: Uuid) -> Vec<(Link, Uuid, Uuid)> {
        let ids = |sides: &HashMap<(Link, Uuid), Side>, link| {
            sides
                .get(&(link, id))
                .map(|side| side.truth.iter().copied().collect::<Vec<_>>())
                .unwrap_or_default()
        };
        let forward = Link::ALL
            .into_iter()
            .flat_map(|link| ids(&self.forward, link).into_iter().map(move |to| (link, id, to)));
        let backward = Link::ALL
            .into_iter()
            .flat_map(|link| ids(&self.backward, link).into_iter().map(move |from| (link, from, id)));
        forward.chain(backward).collect()
    }

    /// Makes the relation hold, or no longer hold.
    pub(crate) fn set(&mut self, link: Link, (from, to): (Uuid, Uuid), turn: Turn, now_ms: i64) {
        self.forward.entry((link, from)).or_default().set(to, turn, now_ms);
        self.backward.entry((link, to)).or_default().set(from, Turn { number: 0, ..turn }, now_ms);
    }
}
