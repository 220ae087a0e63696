//! What a cmdlet is given: every parameter known, of the right type, and the mandatory ones there.
//!
//! PowerShell binds parameters before a cmdlet runs, whatever their case; so does this.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::cmdlets::Cmdlet;
use super::refusal::{Refusal, empty_argument, missing, transformation, unknown_parameter};
use super::row;
use crate::clock::read;

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Text,
    Switch,
    /// One text or several.
    Texts,
    /// Several texts, or what to add and remove.
    Changes,
    /// `49.5GB` or `unlimited`.
    Size,
    /// A whole number, or `unlimited`.
    Number,
    Date,
    /// One of these.
    Choice(&'static [&'static str], &'static str),
}

/// Parameters that every cmdlet has.
const COMMON: [(&str, Kind); 6] = [
    ("ErrorAction", Kind::Text),
    ("WarningAction", Kind::Text),
    ("Verbose", Kind::Switch),
    ("Debug", Kind::Switch),
    ("Confirm", Kind::Switch),
    ("WhatIf", Kind::Switch),
];

/// Parameters with their values, under the names the cmdlet gives them.
#[derive(Debug, Clone, Default)]
pub(super) struct Given(BTreeMap<&'static str, Value>);

impl Given {
    /// Binds parameters to a cmdlet.
    pub(super) fn bind(cmdlet: &Cmdlet, parameters: &Map<String, Value>) -> Result<Given, Refusal> {
        let mut given = BTreeMap::new();
        for (name, value) in parameters {
            let known = cmdlet.parameters.iter().chain(&COMMON);
            let mut fitting = known.filter(|(known, _)| known.eq_ignore_ascii_case(name));
            let (known, kind) = *fitting.next().ok_or_else(|| unknown_parameter(name))?;
            check(known, kind, value)?;
            given.insert(known, value.clone());
        }
        let absent: Vec<&str> =
            cmdlet.mandatory.iter().copied().filter(|name| !given.contains_key(name)).collect();
        if !absent.is_empty() {
            return Err(missing(&absent.join(", ")));
        }
        let empty = |name: &&&str| given.get(**name).is_some_and(|value| value.is_null() || *value == "");
        match cmdlet.mandatory.iter().find(empty) {
            Some(name) => Err(empty_argument(name, given.get(name).is_some_and(Value::is_null))),
            None => Ok(Given(given)),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn switch(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(truth)
    }

    pub(super) fn is_on(&self, name: &str) -> bool {
        self.switch(name) == Some(true)
    }

    /// One text or several.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.0.get(name).map(texts).unwrap_or_default()
    }

    /// The words of a value that lists them with commas, or as a list.
    pub(super) fn words(&self, name: &str) -> Vec<String> {
        let all = self.texts(name);
        all.iter().flat_map(|text| text.split(',')).map(|word| word.trim().to_owned()).collect()
    }

    pub(super) fn moment(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(moment)
    }

    /// A choice, in the spelling of the choice.
    pub(super) fn choice(&self, name: &str, all: &[&'static str]) -> Option<&'static str> {
        let given = self.text(name)?;
        all.iter().copied().find(|known| known.eq_ignore_ascii_case(given))
    }

    /// What a multi-valued property is to become.
    pub(super) fn changes(&self, name: &str) -> Option<Changes> {
        let value = self.0.get(name)?;
        let Some(members) = value.as_object() else { return Some(Changes::Replace(texts(value))) };
        let list = |wanted: &str| {
            let found = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| texts(value)).unwrap_or_default()
        };
        Some(Changes::Edit { add: list("Add"), remove: list("Remove") })
    }

    /// Names of the parameters that set something.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

/// What becomes of a multi-valued property.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Changes {
    Replace(Vec<String>),
    Edit { add: Vec<String>, remove: Vec<String> },
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// A boolean, or the word for one.
fn truth(value: &Value) -> Option<bool> {
    match value.as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("true" | "$true") => Some(true),
        Some("false" | "$false") => Some(false),
        _ => value.as_bool(),
    }
}

/// A date; without a zone it is UTC.
fn moment(text: &str) -> Option<i64> {
    read(text).or_else(|| read(&format!("{text}Z"))).or_else(|| read(&format!("{text}T00:00:00Z")))
}

fn check(name: &str, kind: Kind, value: &Value) -> Result<(), Refusal> {
    let (fits, type_name) = match kind {
        Kind::Text => (value.is_null() || value.is_string(), "System.String"),
        Kind::Switch => (truth(value).is_some(), "System.Boolean"),
        Kind::Texts => (value.is_null() || value.is_string() || is_list(value), "System.String[]"),
        Kind::Changes => (
            value.is_null() || value.is_string() || is_list(value) || is_table(value),
            "Microsoft.Exchange.Data.MultiValuedProperty",
        ),
        Kind::Size => (is_size(value), "Microsoft.Exchange.Data.Unlimited"),
        Kind::Number => (is_number(value), "Microsoft.Exchange.Data.Unlimited"),
        Kind::Date => (value.is_null() || value.as_str().and_then(moment).is_some(), "System.DateTime"),
        Kind::Choice(all, type_name) => {
            let words = texts(value);
            let known = |word: &str| all.iter().any(|known| known.eq_ignore_ascii_case(word.trim()));
            let all_known = words.iter().flat_map(|text| text.split(',')).all(known);
            (!words.is_empty() && all_known, type_name)
        }
    };
    if fits { Ok(()) } else { Err(transformation(name, value, type_name)) }
}

fn is_list(value: &Value) -> bool {
    value.as_array().is_some_and(|all| all.iter().all(Value::is_string))
}

/// `{"@odata.type": "#Exchange.GenericHashTable", "Add": […], "Remove": […]}`
fn is_table(value: &Value) -> bool {
    let Some(members) = value.as_object() else { return false };
    let is_edit = |name: &str| name.eq_ignore_ascii_case("Add") || name.eq_ignore_ascii_case("Remove");
    members.get("@odata.type").is_some_and(|kind| kind == "#Exchange.GenericHashTable")
        && members
            .iter()
            .filter(|(name, _)| *name != "@odata.type")
            .all(|(name, value)| is_edit(name) && (is_list(value) || value.is_string()))
}

fn is_unlimited(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("unlimited"))
}

fn is_size(value: &Value) -> bool {
    is_unlimited(value) || value.is_u64() || value.as_str().and_then(row::bytes).is_some()
}

fn is_number(value: &Value) -> bool {
    let is_written = |text: &str| text.split('.').next().is_some_and(|days| days.parse::<u64>().is_ok());
    is_unlimited(value) || value.is_u64() || value.as_str().is_some_and(is_written)
}
