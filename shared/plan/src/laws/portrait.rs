//! A state as it is compared: what is new has no lasting id and no date, so both are replaced by what they stand for. Nor has
//! a relation, such as a role that somebody holds: taken away and given back, it is the same relation under another id. And
//! from when on a new mailbox is found is no deed of anybody's.

use std::collections::BTreeSet;

use serde_json::Value;

/// The state of a tenant with the ids of what was not there `before`, and all dates, replaced by names: two states are the
/// same in what matters if their portraits are equal.
pub fn portrait(before: &Value, state: &Value) -> Value {
    let known: BTreeSet<String> = words(&before.to_string()).into_iter().filter(|word| is_id(word)).collect();
    let mut there = BTreeSet::new();
    texts(before, &mut there);
    let mut state = state.clone();
    let new = new_accounts(&state, &known);
    without_what_is_not_its_own(&mut state);
    rename(&mut state, &|text| {
        let name = new.iter().find(|(id, _)| text.contains(id.as_str()));
        match name {
            Some((id, name)) => text.replace(id.as_str(), name),
            None if is_date(text) => "<date>".to_owned(),
            None if is_material(text) && !there.contains(text) => "<new>".to_owned(),
            None => without_new_ids(text, &known),
        }
    });
    sorted(state)
}

/// The text with a name in the place of each id that was not there before: the name of a credential names the run that made
/// it.
fn without_new_ids(text: &str, known: &BTreeSet<String>) -> String {
    let new = words(text).into_iter().filter(|word| is_id(word) && !known.contains(word));
    new.fold(text.to_owned(), |text, id| text.replace(&id, "<new>"))
}

/// All texts of a value.
fn texts(value: &Value, all: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(all.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
        Value::Object(members) => members.values().for_each(|member| texts(member, all)),
        _ => {}
    }
}

/// Whether a text is a certificate or its thumbprint, in base64.
fn is_material(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
    text.len() >= 27 && text.bytes().all(is_base64) && text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Whether a word is an id: a GUID, the version of something in a key vault, or the hash of what is kept there.
fn is_id(word: &str) -> bool {
    let is_hex = || [32, 64].contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_guid(word) || is_hex()
}

/// The state without what is deleted: an account that is undone is among the deleted ones for 30 days, and keeps the
/// memberships, and the rights on mailboxes, that nobody sees meanwhile.
pub(super) fn without_deleted(state: &Value) -> Value {
    let mut deleted = BTreeSet::new();
    visit(state, &mut |object| {
        deleted.extend(object["id"].as_str().filter(|_| is_deleted(object)).map(str::to_owned));
    });
    without(&deleted, state)
}

fn is_deleted(object: &Value) -> bool {
    object.get("deletedDateTime").is_some_and(|date| !date.is_null())
}

/// The state without the items of lists that are one of these objects, or refer to one; and without lists that hold nothing.
fn without(ids: &BTreeSet<String>, state: &Value) -> Value {
    let is_one = |item: &Value| {
        let refers_to = [Some(item), item.get("id"), item.get("user")];
        refers_to.into_iter().flatten().filter_map(Value::as_str).any(|id| ids.contains(id))
    };
    match state {
        Value::Array(items) => {
            items.iter().filter(|item| !is_one(item)).map(|item| without(ids, item)).collect()
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), without(ids, value)));
            Value::Object(members.filter(|(_, value)| *value != Value::Array(Vec::new())).collect())
        }
        value => value.clone(),
    }
}

/// The accounts that were not there before, by id, with the name each goes by. The name of one that is deleted begins with
/// its id, without hyphens.
fn new_accounts(state: &Value, known: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut new = Vec::new();
    visit(state, &mut |object| {
        let named = object["id"].as_str().zip(object["userPrincipalName"].as_str());
        let names = named.filter(|(id, _)| !known.contains(*id)).map(|(id, upn)| {
            let prefix = id.replace('-', "");
            let name = format!("<account {}>", upn.replace(&prefix, "deleted "));
            [(id.to_owned(), name), (prefix, "deleted ".to_owned())]
        });
        new.extend(names.into_iter().flatten());
    });
    new
}

/// What of a relation is not its own: its id, and what its holder was called when it began.
const NOT_ITS_OWN: [&str; 3] = ["id", "principalDisplayName", "roleEligibilityScheduleId"];

/// A relation names whose it is.
fn without_what_is_not_its_own(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_what_is_not_its_own),
        Value::Object(members) => {
            members.remove("availableDateTime");
            // The first characters of a secret, which nobody chooses.
            members.remove("hint");
            if members.contains_key("principalId") {
                members.retain(|name, _| !NOT_ITS_OWN.contains(&name.as_str()));
            }
            members.values_mut().for_each(without_what_is_not_its_own);
        }
        _ => {}
    }
}

fn visit(value: &Value, see: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(members) => {
            see(value);
            members.values().for_each(|value| visit(value, see));
        }
        Value::Array(items) => items.iter().for_each(|value| visit(value, see)),
        _ => {}
    }
}

fn rename(value: &mut Value, name: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = name(text),
        Value::Array(items) => items.iter_mut().for_each(|value| rename(value, name)),
        Value::Object(members) => {
            let old = std::mem::take(members);
            members.extend(old.into_iter().map(|(key, mut value)| {
                rename(&mut value, name);
                (name(&key), value)
            }));
        }
        _ => {}
    }
}

/// Lists of a state have no order that means anything once ids are gone.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(sorted).collect();
            items.sort_by_cached_key(ToString::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(members.into_iter().collect())
        }
        value => value,
    }
}

/// The words of a text, ids whole.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').map(str::to_ascii_lowercase).collect()
}

pub(super) fn is_guid(word: &str) -> bool {
    word.len() == 36 && word.parse::<graph::ObjectId>().is_ok()
}

fn is_date(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}
