//! How a change is told: the object with its properties, and each relation as what came and what went.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::round::Related;
use super::{Asked, Relation, Told};
use crate::routes::render;
use crate::schema::Property;
use crate::state::Object;
use crate::state::changes::REMOVED;

impl Asked<'_> {
    pub(super) fn tell(&self, told: &Told, related: &[Related]) -> Value {
        match told {
            Told::Gone(id) => json!({ "id": id, REMOVED: { "reason": "deleted" } }),
            Told::Seen(object) if !object.is_live() => {
                json!({ "id": object.id, REMOVED: { "reason": "changed" } })
            }
            Told::Seen(object) => Value::Object(self.entity(object, related)),
        }
    }

    /// An object with what was selected, or else what comes by default and what changed; with `return=minimal` what changed.
    fn entity(&self, object: &Object, related: &[Related]) -> Map<String, Value> {
        let news = self.news(object);
        let changed: Vec<&str> = news.into_iter().flat_map(|known| object.stamps.after(known)).collect();
        let is_selected = |property: &Property| match &self.context.query.select {
            Some(names) => names.contains(&property.name),
            None => property.default || changed.contains(&property.name.as_str()),
        };
        let is_due = |name: &str| news.is_none() || !self.prefers_minimal() || changed.contains(&name);
        let all = object.kind.schema().properties.iter();
        let due = all.filter(|property| is_selected(property) && is_due(&property.name));
        let value = |name: &str| render::value(self.context.directory, object, name);
        let told = due.map(|property| (property.name.clone(), value(&property.name)));
        let mut entity: Map<String, Value> =
            told.filter(|(name, value)| object.stamps.has(name) || !is_nothing(value)).collect();
        entity.insert("id".into(), json!(object.id));
        for relation in related.chunk_by(|one, other| one.0 == other.0) {
            let told: Vec<Value> = relation.iter().map(|(_, holds, id)| self.other(*id, *holds)).collect();
            let names = relation.first().and_then(|(number, ..)| self.tracked.relations.get(*number));
            entity.extend(names.map(|named| (format!("{}@delta", named.name), json!(told))));
        }
        entity
    }

    /// The change after which something is news about an object; none where the object itself is.
    fn news(&self, object: &Object) -> Option<u64> {
        self.round.known.filter(|known| !object.stamps.is_new(*known))
    }

    fn prefers_minimal(&self) -> bool {
        let mut preferences = self.context.asked.prefer.iter().flat_map(|prefer| prefer.split([',', ';']));
        preferences.any(|preference| preference.trim().eq_ignore_ascii_case("return=minimal"))
    }

    /// Who is at the other end of a relation, or ceased to be.
    fn other(&self, id: Uuid, holds: bool) -> Value {
        let kind = self.context.directory.store.kind(id);
        let kind =
            kind.map_or_else(|| "#microsoft.graph.directoryObject".to_owned(), |kind| kind.odata_type());
        if holds {
            json!({ "@odata.type": kind, "id": id })
        } else {
            json!({ "@odata.type": kind, "id": id, REMOVED: { "reason": "deleted" } })
        }
    }

    /// What is to be told next of an object's relations, no more of it than there is room for, and whether there is more.
    pub(super) fn related(&self, place: u64, told: &Told, room: usize) -> (Vec<Related>, bool) {
        let Told::Seen(object) = told else { return (Vec::new(), false) };
        let past = self.round.after.filter(|after| after.number == place).and_then(|after| after.within);
        let relations = self.relations().filter(|_| object.is_live());
        let of = |(number, relation)| self.entries(object, number, relation, past, room + 1);
        let mut related: Vec<Related> = relations.flat_map(of).collect();
        related.sort_unstable();
        let is_cut = related.len() > room;
        related.truncate(room);
        (related, is_cut)
    }

    /// Of an object that is known what came and went; of a new one what there is.
    fn entries(
        &self,
        object: &Object,
        number: usize,
        relation: &Relation,
        past: Option<Related>,
        most: usize,
    ) -> Vec<Related> {
        let entry = |id, holds| (number, holds, id);
        let is_due = |entry: &Related| past.is_none_or(|past| *entry > past);
        if let Some(known) = self.news(object) {
            let turned = self.turned(object, relation, known).map(|(id, holds)| entry(id, holds));
            return turned.filter(is_due).collect();
        }
        let past = past.filter(|past| past.0 == number).map(|(_, _, id)| id);
        let links = &self.context.directory.links;
        let present = links.targets_past(relation.link, object.id, past, most, self.context.view);
        present.into_iter().map(|id| entry(id, true)).filter(is_due).collect()
    }
}

/// What was never set is not told.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}
