//! The profile: what the directory is to hold of the person, without names to sign in with and without relations.
//!
//! Of an account that is mastered on premises only the usage location is ours to set; the rest is named for a person.

use directory::Who;
use directory::account::{self, Account};
use jiff::Timestamp;
use plan::{Change, Finding};
use serde_json::{Map, Value};

use crate::facts::Facts;
use crate::people;
use crate::request::NewHire;

const HIRE_DATE: &str = "employeeHireDate";
const LEAVE_DATE: &str = "employeeLeaveDateTime";
const USAGE_LOCATION: &str = "usageLocation";

/// What a new account is to hold, by Graph's names.
pub(crate) fn wanted(want: &NewHire) -> Map<String, Value> {
    let mut properties = want.profile.properties();
    properties.insert("givenName".into(), want.given_name.clone().into());
    properties.insert("surname".into(), want.surname.clone().into());
    properties.extend(want.usage_location.clone().map(|location| (USAGE_LOCATION.into(), location.into())));
    properties
}

/// What has to be read of an account to compare it.
pub(crate) fn compared(want: &NewHire) -> Vec<String> {
    let leave_date = want.profile.employee_leave_date_time.map(|_| LEAVE_DATE.to_owned());
    let names = wanted(want).into_iter().map(|(name, _)| name).filter(|name| name != USAGE_LOCATION);
    names.chain(leave_date).collect()
}

/// Sets what differs.
pub(crate) fn update(want: &NewHire, account: &Account) -> impl Iterator<Item = Change> {
    first_location(want, account).into_iter().chain(update_together(want, account))
}

fn first_location(want: &NewHire, account: &Account) -> Option<Change> {
    let location = want.usage_location.as_deref().filter(|_| account.usage_location.is_none())?;
    Some(account::locate(&account.who(), location))
}

fn update_together(want: &NewHire, account: &Account) -> Option<Change> {
    let has_location = account.usage_location.is_some();
    let ours = |name: &str| match name {
        HIRE_DATE => false,
        USAGE_LOCATION => has_location,
        _ => !account.is_synced(),
    };
    let differing = differing(want, account).filter(|(name, _)| ours(name));
    let (set, was): (Map<_, _>, Map<_, _>) = differing
        .map(|(name, wanted)| {
            let held = held(account, &name);
            ((name.clone(), merged(&held, wanted.clone())), (name, before(held, &wanted)))
        })
        .unzip();
    account::update(&account.who(), &set, &was).unless(set.is_empty())
}

/// An application may set the hire date of an account that it creates, and of no other (Microsoft Graph, "Update user").
pub(crate) fn left_hire_date(want: &NewHire, account: &Account) -> Option<Finding> {
    let day = want.profile.employee_hire_date.filter(|_| !account.is_synced())?;
    differing(want, account).find(|(name, _)| name == HIRE_DATE)?;
    let says = format!("no application may change the hire date of an account that exists: set it to {day}");
    Some(Finding::left("hire-date", says).at("/profile/employeeHireDate"))
}

/// Its own change, since it takes a permission of its own to write ("Update user").
pub(crate) fn leave_date(want: &NewHire, who: &Who, account: Option<&Account>) -> Option<Change> {
    let wanted = Value::String(want.profile.employee_leave_date_time?.to_string());
    one(who, account, LEAVE_DATE, wanted).filter(|_| !account.is_some_and(Account::is_synced))
}

/// Sets one property, unless the account holds it.
fn one(who: &Who, account: Option<&Account>, name: &str, wanted: Value) -> Option<Change> {
    let was = account.map_or(Value::Null, |account| held(account, name));
    let so = account.is_some_and(|account| !differs(account, name, &wanted));
    let only = |value: Value| Map::from_iter([(name.to_owned(), value)]);
    account::update(who, &only(wanted), &only(was)).unless(so)
}

/// What differs and is mastered on premises.
pub(crate) fn left_on_premises(want: &NewHire, have: &Facts, account: &Account) -> Option<Finding> {
    if !account.is_synced() {
        return None;
    }
    let properties = differing(want, account).map(|(name, _)| name).filter(|name| name != USAGE_LOCATION);
    let leaves = want.profile.employee_leave_date_time.map(|at| Value::String(at.to_string()));
    let leaves = leaves.filter(|at| differs(account, LEAVE_DATE, at)).map(|_| LEAVE_DATE.to_owned());
    let manager = people::differing_manager(have, account).map(|_| "manager".to_owned());
    let names: Vec<String> = properties.chain(leaves).chain(manager).collect();
    let says = format!("the account is mastered on premises: set {} there", names.join(", "));
    (!names.is_empty()).then(|| Finding::left("account-synced", says))
}

fn differing<'a>(want: &NewHire, account: &'a Account) -> impl Iterator<Item = (String, Value)> + 'a {
    wanted(want).into_iter().filter(|(name, value)| differs(account, name, value))
}

fn differs(account: &Account, name: &str, wanted: &Value) -> bool {
    match (held(account, name), wanted) {
        (Value::Object(held), Value::Object(wanted)) => {
            wanted.iter().any(|(name, value)| held.get(name) != Some(value))
        }
        (Value::Array(held), Value::Array(wanted)) => {
            held.len() != wanted.len() || !wanted.iter().all(|value| held.contains(value))
        }
        (held, wanted) => held != *wanted && !same_instant(&held, wanted),
    }
}

/// Graph writes the same instant in more than one way.
fn same_instant(held: &Value, wanted: &Value) -> bool {
    let instant = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    instant(held).is_some() && instant(held) == instant(wanted)
}

fn held(account: &Account, name: &str) -> Value {
    match name {
        USAGE_LOCATION => account.usage_location.clone().into(),
        name => account.rest.get(name).cloned().unwrap_or(Value::Null),
    }
}

/// Of a nested property the members that nobody asked to change stay as they are, also where a write replaces the whole.
fn merged(held: &Value, wanted: Value) -> Value {
    match (held, wanted) {
        (Value::Object(held), Value::Object(wanted)) => {
            Value::Object(held.clone().into_iter().chain(wanted).collect())
        }
        (_, wanted) => wanted,
    }
}

/// What takes a change back: of a nested property each member that was set, empty if it was, also where a write leaves
/// alone what it does not name.
fn before(held: Value, wanted: &Value) -> Value {
    match (held, wanted) {
        (Value::Object(held), Value::Object(wanted)) => {
            let empty = wanted.keys().map(|name| (name.clone(), Value::Null));
            Value::Object(empty.chain(held).collect())
        }
        (held, _) => held,
    }
}
