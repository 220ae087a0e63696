//! All objects, with as much of their past as some replica still shows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

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
    pub(crate) consumed: HashMap<Uuid, u32>,
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
    pub(crate) fn put(&mut self, object: Object, visible: Option<Visible>, now_ms: i64) {
        let before = self.truth(object.id).cloned();
        self.recount(before.as_deref(), Some(&object));
        self.index.replace(before.as_deref(), Some(&object));
        self.remember_deletion(before.as_deref(), Some(&object));
        let (id, kind) = (object.id, object.kind);
        self.write(id, kind, Some(Arc::new(object)), visible, now_ms);
    }

    /// Takes an object away for good.
    pub(crate) fn purge(&mut self, id: Uuid, visible: Option<Visible>, now_ms: i64) {
        let Some(before) = self.truth(id).cloned() else { return };
        self.recount(Some(&before), None);
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

    /// An object's place in the order of creation.
    pub(crate) fn number(&self, id: Uuid) -> u64 {
        self.entries.get(&id).map_or(0, |entry| entry.number)
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

    fn recount(&mut self, before: Option<&Object>, after: Option<&Object>) {
        for sku in before.into_iter().filter(|object| seats(object)).flat_map(Object::active_skus) {
            self.consumed.entry(sku).and_modify(|seats| *seats = seats.saturating_sub(1));
        }
        for sku in after.into_iter().filter(|object| seats(object)).flat_map(Object::active_skus) {
            *self.consumed.entry(sku).or_default() += 1;
        }
    }
}

/// Only live users take seats; a group's licences are an instruction.
fn seats(object: &Object) -> bool {
    object.kind == Kind::User && object.is_live()
}
