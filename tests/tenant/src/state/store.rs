//! All objects, with as much of their past as some replica still shows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::index::Index;
use super::object::{Kind, Object};
use crate::lag::{View, Visible};

/// An object through time: what every replica shows, and newer versions that not all of them show yet.
#[derive(Debug)]
struct Entry {
    kind: Kind,
    number: u64,
    settled: Option<Arc<Object>>,
    newer: Vec<(Visible, Option<Arc<Object>>)>,
}

impl Entry {
    fn truth(&self) -> Option<&Arc<Object>> {
        self.newer.last().map_or(self.settled.as_ref(), |(_, object)| object.as_ref())
    }

    fn seen(&self, view: View) -> Option<&Arc<Object>> {
        let latest = self.newer.iter().rev().find(|(visible, _)| visible.to(view));
        latest.map_or(self.settled.as_ref(), |(_, object)| object.as_ref())
    }

    /// Forgets versions that nobody shows any more.
    fn settle(&mut self, now_ms: i64) {
        let settled = self.newer.iter().rposition(|(visible, _)| visible.everywhere(now_ms));
        if let Some((_, object)) = settled.and_then(|at| self.newer.drain(..=at).next_back()) {
            self.settled = object;
        }
    }
}

/// All objects of the directory.
#[derive(Debug, Default)]
pub(crate) struct Store {
    entries: HashMap<Uuid, Entry>,
    order: BTreeMap<(Kind, u64), Uuid>,
    numbers: u64,
    pub(crate) index: Index,
    /// Seats in use per SKU, counted as objects change.
    pub(crate) consumed: HashMap<Uuid, u32>,
}

impl Store {
    /// The primary's truth about an object, soft-deleted ones included.
    pub(crate) fn truth(&self, id: Uuid) -> Option<&Arc<Object>> {
        self.entries.get(&id).and_then(Entry::truth)
    }

    /// What somebody sees of an object, soft-deleted ones included.
    pub(crate) fn seen(&self, id: Uuid, view: View) -> Option<&Arc<Object>> {
        self.entries.get(&id).and_then(|entry| entry.seen(view))
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
        let (id, kind) = (object.id, object.kind);
        self.write(id, kind, Some(Arc::new(object)), visible, now_ms);
    }

    /// Takes an object away for good.
    pub(crate) fn purge(&mut self, id: Uuid, visible: Option<Visible>, now_ms: i64) {
        let Some(before) = self.truth(id).cloned() else { return };
        self.recount(Some(&before), None);
        self.index.replace(Some(&before), None);
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
            Entry { kind, number: *numbers, settled: None, newer: Vec::new() }
        });
        entry.settle(now_ms);
        match visible {
            Some(visible) => entry.newer.push((visible, object)),
            None => (entry.settled, entry.newer) = (object, Vec::new()),
        }
        if entry.settled.is_none() && entry.newer.is_empty() {
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
