//! The README and the administrators' page say what is so: every field, every permission, every code.
//!
//! The README's first JSON block is everything at once: a request with every field there is. Where one field excludes another,
//! the next blocks that are requests have those. Which fields there are, the reader of requests tells when it meets one that
//! it does not know.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::rights::Rights;
use crate::tested::{Tested, text};

/// A field that no request has.
const NONE: &str = "?";

/// The example is a good request, and holds every field there is, in every object of it.
///
/// # Panics
///
/// It is not so; the message names the object.
pub fn example_is_whole(function: Tested) {
    let examples = examples(function);
    let flaws = function.read(examples[0].clone()).unwrap_or_else(|error| panic!("the example: {error}"));
    assert!(flaws.is_empty(), "the example: {flaws:?}");
    for (place, fields) in examples.iter().flat_map(|example| places(function, example)) {
        let here = examples.iter().filter_map(|example| example.pointer(&place)?.as_object());
        let held: BTreeSet<String> = here.flatten().map(|(name, _)| name.clone()).collect();
        assert_eq!(held, fields, "the example at '{place}', and the fields there are");
    }
}

/// Every field has a row in the tables, as `profile.jobTitle`; or is named in the row of the field that it is within.
///
/// # Panics
///
/// One has not; the message names it.
pub fn tables_are_whole(function: Tested) {
    let readme = function.readme();
    let row = |name: &str| readme.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
    for (place, fields) in examples(function).iter().flat_map(|example| places(function, example)) {
        let outer = dotted(&place);
        for field in fields {
            let own = if outer.is_empty() { field.clone() } else { format!("{outer}.{field}") };
            let told = row(&own).is_some() || row(&outer).is_some_and(|row| row.contains(&field));
            assert!(told, "no table tells of {own}");
        }
    }
}

/// The administrators' page explains every code of a finding that a story tells.
///
/// # Panics
///
/// It does not; the message names the code.
pub fn page_explains_every_code(function: Tested) {
    let page = function.page();
    let explained = quoted(&page);
    for story in function.stories_told() {
        for code in text(&story).lines().filter_map(code) {
            assert!(explained.contains(code), "{code} is not explained");
        }
    }
}

/// The README names every permission and directory role in a table.
///
/// # Panics
///
/// It does not; the message names it.
pub fn permissions_are_named(function: Tested) {
    let readme = function.readme();
    for name in Rights::of(function).names() {
        assert!(readme.contains(&format!("| `{name}` |")), "no table tells of {name}");
    }
}

/// The first JSON block.
/// The first JSON block, and those after it that are requests.
fn examples(function: Tested) -> Vec<Value> {
    let readme = function.readme();
    let blocks = readme.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let read = |block: &str| {
        serde_json::from_str(block).unwrap_or_else(|error| panic!("a JSON block of the README: {error}"))
    };
    let mut examples: Vec<Value> = blocks.map(read).collect();
    let mut is_first = true;
    examples.retain(|example| {
        std::mem::take(&mut is_first) || function.read(example.clone()).is_ok_and(|flaws| flaws.is_empty())
    });
    assert!(!examples.is_empty(), "the README has no JSON block");
    examples
}

/// The objects of a request that refuse what they do not know, as JSON pointers, with the fields that each may have.
///
/// # Panics
///
/// The request itself is none.
fn places(function: Tested, example: &Value) -> Vec<(String, BTreeSet<String>)> {
    let mut all = Vec::new();
    objects(example, "", &mut all);
    let places: Vec<_> = all
        .into_iter()
        .filter_map(|place| fields(function, example, &place).map(|fields| (place, fields)))
        .collect();
    assert!(places.iter().any(|(place, _)| place.is_empty()), "a request with unknown fields is read");
    places
}

/// Where objects are.
fn objects(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.push(place.to_owned());
            members.iter().for_each(|(name, value)| objects(value, &format!("{place}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| objects(item, &format!("{place}/{at}"), found));
        }
        _ => {}
    }
}

/// The fields that an object may have; nothing if it takes any.
fn fields(function: Tested, example: &Value, place: &str) -> Option<BTreeSet<String>> {
    let mut want = example.clone();
    *want.pointer_mut(place)?.as_object_mut()?.entry(NONE).or_insert(Value::Null) = json!(null);
    let error = function.read(want).err()?.to_string();
    let (_, expected) = error.split_once("unknown field `?`, expected ")?;
    Some(quoted(expected).into_iter().map(str::to_owned).collect())
}

/// `/licences/0/sku` as `licences.sku`
fn dotted(place: &str) -> String {
    let parts = place.split('/').filter(|part| !part.is_empty() && part.parse::<usize>().is_err());
    parts.collect::<Vec<_>>().join(".")
}

/// What is between backticks.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The code of the finding that a line of a story tells.
fn code(line: &str) -> Option<&str> {
    let (level, rest) = line.strip_prefix("   ")?.split_once(' ')?;
    let is_finding = ["note", "left", "blocks"].contains(&level);
    rest.trim_start().split([' ', ':']).next().filter(|_| is_finding)
}
