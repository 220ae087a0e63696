//! Who belongs to what: members, owners, managers and sponsors, with the lag that applies to them.

use std::collections::{BTreeSet, HashMap};

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
}

/// One side of a relation: the truth, and changes that not every replica shows yet.
#[derive(Debug, Default)]
struct Side {
    truth: BTreeSet<Uuid>,
    recent: Vec<Recent>,
}

#[derive(Debug)]
struct Recent {
    id: Uuid,
    added: bool,
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

    fn set(&mut self, id: Uuid, present: bool, visible: Option<Visible>, now_ms: i64) {
        self.recent.retain(|change| !change.visible.everywhere(now_ms));
        self.recent.extend(visible.map(|visible| Recent { id, added: present, visible }));
        if present {
            self.truth.insert(id);
        } else {
            self.truth.remove(&id);
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
    pub(crate) fn set(
        &mut self,
        link: Link,
        (from, to): (Uuid, Uuid),
        present: bool,
        visible: Option<Visible>,
        now_ms: i64,
    ) {
        self.forward.entry((link, from)).or_default().set(to, present, visible, now_ms);
        self.backward.entry((link, to)).or_default().set(from, present, visible, now_ms);
    }
}
