//! The README and the administrators' page say what is so: every field, every code.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::Path;

use onboard_user::{NewHire, OnboardUser};
use plan::Task;
use serde_json::Value;

const README: &str = include_str!("../README.md");
const PAGE: &str = include_str!("../../../docs/onboard-user.md");

/// The first JSON block: everything at once.
fn example() -> Value {
    let block = README.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    serde_json::from_str(block.expect("a JSON block")).expect("JSON")
}

/// The names between backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The fields there are, as the reader of requests lists them when it meets one that it does not know.
fn fields(of: &str) -> BTreeSet<String> {
    let mut want = example();
    let place = if of.is_empty() { &mut want } else { &mut want[of] };
    place["?"] = Value::Null;
    let error = serde_json::from_value::<NewHire>(want).expect_err("there is no such field").to_string();
    let (_, expected) = error.split_once("expected one of").expect("a list of fields");
    quoted(expected)
}

#[test]
fn the_example_is_good_and_holds_every_field() {
    let want: NewHire = serde_json::from_value(example()).expect("the example is a request");
    assert_eq!(OnboardUser::flaws(&want), []);
    for (of, held) in [("", &example()), ("profile", &example()["profile"])] {
        let held: BTreeSet<String> = held.as_object().expect("fields").keys().cloned().collect();
        assert_eq!(held, fields(of), "{of}");
    }
}

#[test]
fn the_tables_hold_every_field() {
    let rows: BTreeSet<&str> =
        README.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let missing: Vec<String> = fields("")
        .into_iter()
        .chain(fields("profile").into_iter().map(|field| format!("profile.{field}")))
        .filter(|field| !rows.contains(field.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_page_explains_every_code_that_a_story_tells() {
    let stories = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let explained = quoted(PAGE);
    for file in std::fs::read_dir(stories).expect("the stories") {
        let story = std::fs::read_to_string(file.expect("a file").path()).expect("a story");
        let findings = story.lines().filter_map(|line| {
            let (level, rest) = line.strip_prefix("   ")?.split_once(' ')?;
            ["note", "left", "blocks"].contains(&level).then(|| rest.trim_start())
        });
        for finding in findings {
            let code = finding.split([' ', ':']).next().unwrap_or_default();
            assert!(explained.contains(code), "{code} is not explained");
        }
    }
}

#[test]
fn the_readme_names_every_permission() {
    for role in plan::laws::roles(include_str!("../permissions.json")) {
        assert!(README.contains(&format!("| `{role}` |")), "{role}");
    }
}

#[test]
fn the_sections_are_those_of_every_function() {
    let sections: Vec<&str> = README.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(sections, ["What it does", "Asks", "Answers", "Permissions", "Cannot be undone", "Try it"]);
}
