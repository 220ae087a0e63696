//! All objects, with as much of their past as some replica still shows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::changes::{self, Changes, Gone};
use super::index::Index;
use super::object::{Kind, Object};
use super::versions::Versions;
use crate::lag::{View, Visible};

/// An object through time, and its place in the order of creation.
#[derive(Debug)]
struct Entry {
    kind: Kind,
    number: u64,
    versions: Versions<Object>,
}

/// All objects of the directory.
#[derive(Debug, Default)]
pub(crate) struct Store {
    entries: HashMap<Uuid, Entry>,
    order: BTreeMap<(Kind, u64), Uuid>,
    numbers: u64,
    /// What was soft-deleted, the longest ago first.
    deleted: BTreeSet<(i64, Uuid)>,
    pub(crate) index: Index,
    /// Seats in use per SKU, counted as objects change.
    consumed: HashMap<Uuid, i64>,
    pub(crate) changes: Changes,
}

impl Store {
    /// The primary's truth about an object, soft-deleted ones included.
    pub(crate) fn truth(&self, id: Uuid) -> Option<&Arc<Object>> {
        self.entries.get(&id).and_then(|entry| entry.versions.truth())
    }

    /// What somebody sees of an object, soft-deleted ones included.
    pub(crate) fn seen(&self, id: Uuid, view: View) -> Option<&Arc<Object>> {
        self.entries.get(&id).and_then(|entry| entry.versions.seen(view))
    }

    /// What somebody sees of an object that is not deleted.
    pub(crate) fn live(&self, id: Uuid, view: View) -> Option<&Arc<Object>> {
        self.seen(id, view).filter(|object| object.is_live())
    }

    /// Adds an object or replaces it by a changed one; `visible` says who learns of it when.
    pub(crate) fn put(&mut self, mut object: Object, visible: Option<Visible>, now_ms: i64) {
        let before = self.truth(object.id).cloned();
        if let Some(number) = self.number_change(before.as_deref(), Some(&object), visible, now_ms) {
            object.stamps = changes::stamped(before.as_deref(), &object, number);
        }
        self.index.replace(before.as_deref(), Some(&object));
        self.remember_deletion(before.as_deref(), Some(&object));
        let (id, kind) = (object.id, object.kind);
        self.write(id, kind, Some(Arc::new(object)), visible, now_ms);
    }

    /// Takes an object away for good.
    pub(crate) fn purge(&mut self, id: Uuid, visible: Option<Visible>, now_ms: i64) {
        let Some(before) = self.truth(id).cloned() else { return };
        if let Some(number) = self.number_change(Some(&before), None, visible, now_ms) {
            let gone = Gone { id, kind: before.kind, place: self.number(id), number, at_ms: now_ms, visible };
            self.changes.bury(gone);
        }
        self.index.replace(Some(&before), None);
        self.remember_deletion(Some(&before), None);
        self.write(id, before.kind, None, visible, now_ms);
    }

    /// Objects of a kind in the order of their creation, from a number on.
    pub(crate) fn ordered(
        &self,
        kind: Kind,
        after: Option<u64>,
        view: View,
    ) -> impl Iterator<Item = (u64, &Arc<Object>)> {
        let from = after.map_or(0, |number| number + 1);
        let within = self.order.range((kind, from)..=(kind, u64::MAX));
        within.filter_map(move |((_, number), id)| self.seen(*id, view).map(|object| (*number, object)))
    }

    /// Seats of a SKU in use, as somebody sees it.
    pub(crate) fn consumed(&self, sku: Uuid, view: View) -> u32 {
        let truth = self.consumed.get(&sku).copied().unwrap_or(0);
        u32::try_from(truth - self.changes.unseen_seats(sku, view)).unwrap_or(0)
    }

    /// An object's place in the order of creation.
    pub(crate) fn number(&self, id: Uuid) -> u64 {
        self.entries.get(&id).map_or(0, |entry| entry.number)
    }

    /// What kind of object this is, or was when it went for good not long ago.
    pub(crate) fn kind(&self, id: Uuid) -> Option<Kind> {
        self.entries.get(&id).map(|entry| entry.kind).or_else(|| self.changes.kind_of_gone(id))
    }

    /// Something that was soft-deleted at that time or before.
    pub(crate) fn deleted_by(&self, at_ms: i64) -> Option<Uuid> {
        self.deleted.first().filter(|(deleted_ms, _)| *deleted_ms <= at_ms).map(|(_, id)| *id)
    }

    fn remember_deletion(&mut self, before: Option<&Object>, after: Option<&Object>) {
        let deletion = |object: &Object| object.deleted_ms.map(|deleted_ms| (deleted_ms, object.id));
        if let Some(deletion) = before.and_then(deletion) {
            self.deleted.remove(&deletion);
        }
        self.deleted.extend(after.and_then(deletion));
    }

    fn write(
        &mut self,
        id: Uuid,
        kind: Kind,
        object: Option<Arc<Object>>,
        visible: Option<Visible>,
        now_ms: i64,
    ) {
        let (numbers, order) = (&mut self.numbers, &mut self.order);
        let entry = self.entries.entry(id).or_insert_with(|| {
            *numbers += 1;
            order.insert((kind, *numbers), id);
            Entry { kind, number: *numbers, versions: Versions::default() }
        });
        entry.versions.write(object, visible, now_ms);
        if entry.versions.is_gone() {
            let key = (entry.kind, entry.number);
            self.order.remove(&key);
            self.entries.remove(&id);
        }
    }

    /// Gives a change of a user or a group its number, and counts the seats it takes or gives back.
    fn number_change(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        visible: Option<Visible>,
        now_ms: i64,
    ) -> Option<u64> {
        before.or(after).filter(|object| changes::is_tracked(object.kind))?;
        let seats = changes::seats(before, after);
        for (sku, seats) in &seats {
            *self.consumed.entry(*sku).or_default() += seats;
        }
        Some(self.changes.next(visible, seats, now_ms))
    }
}
