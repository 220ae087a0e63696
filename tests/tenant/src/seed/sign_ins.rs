//! When Contoso's people signed in last: most of them today, some not for months, some never.

use serde_json::{Map, Value};

use super::contoso::person;
use super::people;
use crate::clock::written;
use crate::ids::named;
use crate::state::Directory;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Days since somebody last tried, since a program last did on somebody's behalf, and since either last went well; whoever
/// is not here was in yesterday. Christie Cline keeps mistyping her password, Nestor Wilke's phone goes on without him.
const UNUSUAL: [(&str, i64, i64, i64); 7] = [
    ("BenW", 34, 33, 33),
    ("ChristieC", 1, 76, 76),
    ("DebraB", 212, 212, 212),
    ("EnricoC", 96, 95, 95),
    ("LynneR", 141, 140, 140),
    ("NestorW", 48, 1, 1),
    ("emergency", 301, 301, 301),
];
/// Accounts nobody ever used; neither guests nor the accounts of rooms and shared mailboxes sign in.
const NEVER: [&str; 3] = ["HenriettaM", "IrvinS", "PradeepG"];

/// Notes when everybody was in last, counted from the midnight before.
pub(super) fn add(directory: &mut Directory, now_ms: i64) {
    let midnight_ms = now_ms - now_ms.rem_euclid(DAY_MS);
    let usual = people::all().map(|row| row.alias).filter(|alias| !NEVER.contains(alias));
    let usual = usual.filter(|alias| !UNUSUAL.iter().any(|(known, ..)| known == alias));
    let all = UNUSUAL.into_iter().chain(usual.map(|alias| (alias, 1, 1, 1)));
    for (alias, tried, program, succeeded) in all.collect::<Vec<_>>() {
        let Some(mut user) = directory.edit(person(alias)) else { continue };
        let at = |days: i64, hour: i64| midnight_ms - days * DAY_MS + hour * HOUR_MS;
        let mut activity = Map::new();
        for (kind, at_ms) in
            [("", at(tried, 8)), ("NonInteractive", at(program, 16)), ("Successful", at(succeeded, 16))]
        {
            let id = named(&format!("sign-in/{alias}/{kind}")).to_string();
            activity.insert(format!("last{kind}SignInDateTime"), written(at_ms).into());
            activity.insert(format!("last{kind}SignInRequestId"), id.into());
        }
        user.properties.set("signInActivity", Value::Object(activity));
        directory.put(user);
    }
}
