//! Names for what differs from one time to the next.

use std::collections::BTreeMap;

use serde_json::Value;
use tenant::Tenant;

use crate::world::Answer;

/// The lists of a state whose objects have names.
const OBJECTS: [&str; 8] = [
    "users",
    "groups",
    "administrativeUnits",
    "directoryRoles",
    "devices",
    "managedDevices",
    "applications",
    "servicePrincipals",
];

/// Where objects have ids of their own.
const IDS: [&str; 3] = ["id", "deviceId", "appId"];

/// What each id is called.
#[derive(Default)]
pub(crate) struct Names {
    known: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
}

impl Names {
    /// Learns the names of everything in the tenant, and what an answer calls its own.
    pub(crate) fn learn(&mut self, tenant: &Tenant, answer: &Answer) {
        self.learn_objects(&tenant.state());
        let outcome = answer.outcome();
        self.number(&outcome["run"], "run");
        self.number(&outcome["planDigest"], "digest");
        self.number(&outcome["credential"], "pass");
        for part in list(outcome, "parts") {
            self.number(&part["run"], "run");
        }
        let parts = list(outcome, "parts").flat_map(|part| list(part, "changes"));
        for change in list(outcome, "changes").chain(parts) {
            if let Some(id) = change["failure"]["requestId"].as_str() {
                self.known.insert(id.to_owned(), "<request-id>".to_owned());
            }
        }
    }

    fn learn_objects(&mut self, state: &Value) {
        for object in OBJECTS.iter().flat_map(|objects| list(state, objects)) {
            IDS.iter().for_each(|id| self.call(&object[*id], object_name(object)));
        }
        for sku in list(state, "subscribedSkus") {
            self.call(&sku["skuId"], text(&sku["skuPartNumber"]));
            for plan in list(sku, "servicePlans") {
                self.call(&plan["servicePlanId"], text(&plan["servicePlanName"]));
            }
        }
    }

    fn call(&mut self, id: &Value, name: String) {
        if let Some(id) = id.as_str() {
            self.known.entry(id.to_owned()).or_insert_with(|| format!("<{name}>"));
        }
    }

    fn number(&mut self, id: &Value, kind: &'static str) {
        let Some(id) = id.as_str().filter(|id| !self.known.contains_key(*id)) else { return };
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        self.known.insert(id.to_owned(), format!("<{kind} {count}>"));
    }

    /// The text with names where ids stood.
    pub(crate) fn in_place_of_ids(&mut self, text: &str) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let mut named = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let (before, from) = rest.split_at(start);
            let (word, after) = from.split_at(from.find(|c| !is_part(c)).unwrap_or(from.len()));
            named.push_str(before);
            named.push_str(&self.name_of(word));
            rest = after;
        }
        named + rest
    }

    fn name_of(&mut self, word: &str) -> String {
        if word.len() == 36 && word.parse::<graph::ObjectId>().is_ok() {
            self.number(&Value::from(word), "id");
        }
        self.known.get(word).cloned().unwrap_or_else(|| word.to_owned())
    }
}

/// A group goes by its nickname, since two of them may share a name for people.
fn object_name(object: &Value) -> String {
    let name = match object.get("groupTypes").or(object.get("mailEnabled")) {
        Some(_) => &object["mailNickname"],
        None => &object["displayName"],
    };
    text(name)
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
