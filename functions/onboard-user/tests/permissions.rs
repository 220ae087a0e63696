//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.
//!
//! Every permission of `permissions.json` is dropped in turn. If nothing is refused then, nothing needs it and it has to go.

#![cfg(test)]

mod support;

use std::collections::BTreeSet;

use plan::Policy;
use serde_json::{Value, json};
use tenant::Entry;

use support::{Asked, Meanwhile, World, roles, tenant};

/// Requests that between them take every way through the function.
fn scenarios() -> Vec<Value> {
    vec![
        json!({
            "employeeId": "2042", "givenName": "Mallory", "surname": "Cortez", "usageLocation": "US",
            "userPrincipalName": "{given}.{surname}@contoso.com",
            "profile": {"jobTitle": "Buyer", "mobilePhone": "+1 2065550100", "otherMails": ["mallory@example.com"],
                        "employeeHireDate": "2026-12-01", "employeeLeaveDateTime": "2027-11-30T17:00:00Z"},
            "manager": "MiriamG@contoso.com", "sponsors": ["100003"], "licences": [{"sku": "SPE_E3"}],
            "groups": ["Retail", "Finance"], "administrativeUnit": "Retail Stores",
            "copyFrom": {"user": "LynneR@contoso.com"}, "temporaryAccessPass": {},
        }),
        json!({
            "employeeId": "100004", "givenName": "Alexander", "surname": "Wilber", "usageLocation": "US",
            "userPrincipalName": "AlexW@contoso.com",
            "profile": {"jobTitle": "Marketing Manager", "mobilePhone": "+1 2065550101", "otherMails": ["alex@example.com"],
                        "employeeHireDate": "2026-01-05", "employeeLeaveDateTime": "2027-12-31T17:00:00Z"},
            "manager": "MiriamG@contoso.com", "sponsors": ["LeeG@contoso.com"], "licences": [{"sku": "FLOW_FREE"}],
            "groups": ["Finance"], "administrativeUnit": "Retail Stores", "temporaryAccessPass": {},
        }),
        json!({
            "employeeId": "100009", "givenName": "Debra", "surname": "Berger",
            "userPrincipalName": "DebraB@contoso.com", "startsAt": "2026-01-01T00:00:00Z", "temporaryAccessPass": {},
        }),
    ]
}

/// Goes through a scenario, its credential and its undo, as far as that goes; tells what was used and refused.
async fn gone_through(name: &str, roles: &[String], scenario: &Value) -> (Vec<String>, usize) {
    let (tenant, identity) = tenant(roles);
    let world = World::new(name, (tenant.clone(), identity.clone()), Policy::default(), Meanwhile::default());
    let done = post(&world, "/api/onboard-user", scenario.to_string()).await;
    if let Some(run) = done["run"].as_str() {
        for action in ["credential", "undo"] {
            post(&world, &format!("/api/onboard-user/runs/{run}/{action}"), String::new()).await;
        }
    }
    let refused = tenant.transcript().iter().map(refused).sum();
    (tenant.roles(&identity).1, refused)
}

async fn post(world: &World, path: &str, body: String) -> Value {
    let answer = world.ask(Asked { method: "POST", path, headers: &[], body: body.into() }).await;
    assert!(answer.headers[http::header::CONTENT_TYPE].to_str().is_ok_and(|kind| kind.ends_with("json")));
    assert!(matches!(answer.status, 200 | 422 | 502), "{path}: {} {}", answer.status, answer.body);
    answer.body.get("outcome").unwrap_or(&answer.body).clone()
}

fn refused(entry: &Entry) -> usize {
    usize::from(entry.status == 403) + entry.items.iter().filter(|item| item.status == 403).count()
}

#[tokio::test(start_paused = true)]
async fn every_permission_is_used_and_nothing_is_refused() {
    let mut all = BTreeSet::new();
    for scenario in scenarios() {
        let (used, refused) = gone_through("every_permission", &roles(), &scenario).await;
        assert_eq!(refused, 0, "something was refused in {scenario}");
        all.extend(used);
    }
    assert_eq!(all, roles().into_iter().collect());
}

#[tokio::test(start_paused = true)]
async fn without_any_one_permission_something_is_refused() {
    for missing in roles() {
        let rest: Vec<String> = roles().into_iter().filter(|role| *role != missing).collect();
        let mut all = 0;
        for scenario in scenarios() {
            all += gone_through("without_one", &rest, &scenario).await.1;
        }
        assert!(all > 0, "nothing needs {missing}");
    }
}

#[test]
fn every_permission_says_why() {
    let file: Value = serde_json::from_str(support::PERMISSIONS).expect("permissions.json is JSON");
    for grant in file["graph"].as_array().expect("a list of grants") {
        let why = grant["why"].as_str().unwrap_or_default();
        assert!(why.len() > 20 && !why.ends_with('.'), "{grant}");
    }
}
