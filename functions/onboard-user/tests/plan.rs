//! Decisions as tables: what is asked and what is known in, sentences out. No client, no tenant, no async.
//!
//! A change reads `2 add Mallory Cortez to Finance`, the number being its stage; a finding `blocks group-unknown
//! /groups/0`; when to look again `again 2026-03-09T07:00:00Z`, and when to go on `goes on 2026-03-02T08:02:00Z`. A stage
//! that waits reads `5 waits …`, one that stands apart `5 apart …`.

#![cfg(test)]

mod decisions;

use directory::account::Account;
use directory::group::Group;
use directory::licence::Sku;
use directory::look::Found;
use directory::unit::Unit;
use onboard_user::{Domain, Facts, Held, NewHire, OnboardUser};
use plan::{Change, Plan, Stage, Task};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const CREATE: &str = "1 create Mallory Cortez (mallory.cortez@contoso.com), blocked";
const CREATED: &str = "2026-01-05T09:00:00Z";
const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
const SWAY: &str = "a23b959c-7ce8-4e57-9140-b90eb88a9e97";
const TEAMS: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a fact")
}

/// An object id that is easy to tell from others.
fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn with(mut value: Value, more: Value) -> Value {
    let members = value.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    value
}

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

fn group(number: u32, name: &str, more: Value) -> Group {
    read(with(
        json!({"id": id(number), "displayName": name, "securityEnabled": true, "mailEnabled": false}),
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

fn sentences(plan: &Plan) -> Vec<String> {
    let stages = plan.stages.iter().enumerate();
    let changes =
        stages.flat_map(|(at, stage)| stage.all().map(move |change| sentence(at + 1, stage, change)));
    let findings = plan.findings.iter().map(|finding| {
        let level = serde_json::to_value(finding.level).expect("a level");
        let field = finding.field.as_ref().map(|field| format!(" {field}")).unwrap_or_default();
        format!("{} {}{field}", level.as_str().unwrap_or_default(), finding.code)
    });
    let again = plan.again.map(|at| format!("again {at}"));
    let goes_on = plan.goes_on.map(|at| format!("goes on {at}"));
    changes.chain(findings).chain(again).chain(goes_on).collect()
}

fn sentence(number: usize, stage: &Stage, change: &Change) -> String {
    let how = match (stage.later, stage.apart) {
        (true, true) => "waits apart ",
        (true, false) => "waits ",
        (false, true) => "apart ",
        (false, false) => "",
    };
    let for_good = if change.undo.is_none() { " (cannot be undone)" } else { "" };
    format!("{number} {how}{}{for_good}", change.says)
}

/// What is asked, what is known, what is decided.
type Row<'a> = (&'a str, NewHire, Facts, &'a [&'a str]);

#[track_caller]
fn decides(table: Vec<Row<'_>>) {
    for (name, want, have, expected) in table {
        let plan = OnboardUser::plan(&want, &have);
        assert_eq!(sentences(&plan), expected, "{name}");
        assert_eq!(
            plan.digest(),
            OnboardUser::plan(&want, &have).digest(),
            "{name}: the same facts, the same plan"
        );
    }
}
