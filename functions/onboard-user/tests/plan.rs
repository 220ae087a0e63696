//! Decisions as tables: what is asked and what is known in, sentences out. No client, no tenant, no async.
//!
//! How a sentence is read tells [`telling::decisions`].

#![cfg(test)]

mod decisions;

use directory::account::Account;
use directory::group::Group;
use directory::licence::Sku;
use directory::look::Found;
use directory::unit::Unit;
use onboard_user::{Domain, Facts, Held, NewHire, OnboardUser};
use plan::Task;
use serde_json::{Value, json};
use telling::decisions::{group, id, sentences};
use telling::{read, with};

const CREATE: &str = "1 create Mallory Cortez (mallory.cortez@contoso.com), blocked";
const CREATED: &str = "2026-01-05T09:00:00Z";
const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
const SWAY: &str = "a23b959c-7ce8-4e57-9140-b90eb88a9e97";
const TEAMS: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";

fn want(more: Value) -> NewHire {
    let least = json!({
        "employeeId": "2042", "givenName": "Mallory", "surname": "Cortez",
        "userPrincipalName": "{given}.{surname}@contoso.com",
    });
    read(with(least, more))
}

/// The account that Mallory Cortez has, never used and as wanted.
fn mallory(more: Value) -> Account {
    let account = json!({
        "id": id(1), "userPrincipalName": "mallory.cortez@contoso.com", "displayName": "Mallory Cortez",
        "mailNickname": "mallory.cortez", "givenName": "Mallory", "surname": "Cortez", "employeeId": "2042",
        "accountEnabled": true, "createdDateTime": CREATED, "lastPasswordChangeDateTime": CREATED,
    });
    read(with(account, more))
}

fn person(number: u32, name: &str, more: Value) -> Account {
    read(with(
        json!({"id": id(number), "userPrincipalName": format!("{number}@contoso.com"), "displayName": name}),
        more,
    ))
}

fn sku(name: &str, id: &str, bought: i64, used: i64, more: Value) -> Sku {
    let plan = |name: &str, id: &str| json!({"servicePlanId": id, "servicePlanName": name});
    read(with(
        json!({
            "skuId": id, "skuPartNumber": name, "capabilityStatus": "Enabled", "consumedUnits": used,
            "prepaidUnits": {"enabled": bought}, "servicePlans": [plan("SWAY", SWAY), plan("TEAMS1", TEAMS)],
        }),
        more,
    ))
}

/// A tenant in which there is nobody.
fn nobody() -> Facts {
    let domain = |name: &str, kind: &str| Domain { name: name.into(), kind: Some(kind.into()) };
    Facts {
        now: "2026-03-02T08:00:00Z".parse().expect("a time"),
        domains: vec![domain("contoso.com", "Managed"), domain("fabrikam.com", "Federated")],
        same: Vec::new(),
        namesakes: Vec::new(),
        manager: None,
        sponsors: Vec::new(),
        skus: Vec::new(),
        groups: Vec::new(),
        unit: None,
        colleague: None,
        colleagues_groups: Vec::new(),
        held: None,
        mail: None,
    }
}

/// A tenant in which this person has an account that holds nothing.
fn somebody(account: Account) -> Facts {
    Facts { same: vec![account], held: Some(Held::default()), ..nobody() }
}

/// What is asked, what is known, what is decided.
type Row<'a> = telling::decisions::Row<'a, OnboardUser>;

#[track_caller]
fn decides(table: Vec<Row<'_>>) {
    telling::decisions::decides::<OnboardUser>(table);
}
