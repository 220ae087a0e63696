//! The laws, for each way in which licences are assigned.

#![cfg(test)]

use assign_licence::AssignLicence;
use graph::auth::Settings;
use host::Function;
use plan::Job;
use plan::laws::{self, Case};
use serde_json::{Value, json};
use telling::{edit, object, read, with};
use tenant::Tenant;

const PERMISSIONS: &str = include_str!("../permissions.json");

const YAMMER: &str = "7547a3fe-08ee-4ccb-b430-5077c5041653";

fn case(name: &'static str, user: &str, more: Value) -> Case<AssignLicence> {
    let request = with(json!({"user": format!("{user}@contoso.com")}), more);
    Case { name, job: Job::Do(read(request)), prepare: |_| () }
}

async fn hold(cases: &[Case<AssignLicence>]) {
    laws::hold(PERMISSIONS, cases).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_licences_that_are_assigned() {
    let assigned = json!({"assign": [
        {"sku": "VISIOCLIENT"}, {"sku": "EMSPREMIUM"}, {"sku": "SPE_E5", "disabledPlans": ["YAMMER_ENTERPRISE"]},
    ]});
    hold(&[case("licences that are assigned", "AdeleV", assigned)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_somebody_who_was_nowhere() {
    let located = json!({"usageLocation": "US", "assign": [{"sku": "VISIOCLIENT"}]});
    let nowhere: fn(&Tenant) = |tenant| {
        edit(tenant, |state| {
            object(state, "users", "AlexW@contoso.com")
                .as_object_mut()
                .map(|user| user.remove("usageLocation"));
        });
    };
    hold(&[Case { prepare: nowhere, ..case("somebody who was nowhere", "AlexW", located) }]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_one_licence_in_the_place_of_another() {
    let replaced = json!({"replace": [{"sku": "ENTERPRISEPACK", "by": "SPE_E5"}], "remove": ["FLOW_FREE"]});
    let yammer_off: fn(&Tenant) = |tenant| {
        edit(tenant, |state| {
            let christie = object(state, "users", "ChristieC@contoso.com");
            christie["licences"][0]["disabledPlans"] = json!([YAMMER]);
        });
    };
    let mapped = json!({"replace": [{"sku": "ENTERPRISEPACK", "by": "SPE_E5", "plans": {"YAMMER_ENTERPRISE": "SWAY"}}]});
    let plain = case("one licence in the place of another", "ChristieC", replaced);
    let mapped =
        case("one licence in the place of another, with a plan of another name", "ChristieC", mapped);
    hold(&[Case { prepare: yammer_off, ..plain }, Case { prepare: yammer_off, ..mapped }]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_licences_by_groups() {
    let joined = json!({"join": ["LicensingE3"]});
    let moved = json!({"assign": [{"sku": "SPE_E5"}], "leave": ["LicensingE3"]});
    hold(&[
        case("somebody who joins a licensing group", "MeganB", joined),
        case("somebody who gets directly what came by a group", "DiegoS", moved),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_what_is_held_twice() {
    let twice: fn(&Tenant) = |tenant| {
        edit(tenant, |state| {
            let e3 = json!({"skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": [], "lastUpdatedDateTime": "2026-01-05T09:00:00Z"});
            let diego = object(state, "users", "DiegoS@contoso.com");
            match diego["licences"].as_array_mut() {
                Some(licences) => licences.push(e3),
                None => diego["licences"] = json!([e3]),
            }
        });
    };
    let cleaned = case("what is held twice", "DiegoS", json!({"cleanUp": true}));
    hold(&[Case { prepare: twice, ..cleaned }]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_a_licence_until_a_date() {
    let lent = json!({"assign": [{"sku": "VISIOCLIENT"}], "until": "2030-01-07T08:00:00+01:00"});
    let over = json!({"assign": [{"sku": "ENTERPRISEPACK"}], "until": "2026-01-07T08:00:00+01:00", "giveUpMailbox": true});
    hold(&[case("a licence until a date", "AdeleV", lent), case("a date that is past", "ChristieC", over)])
        .await;
}

/// A sweep that is asked for as a body of a call would.
fn sweep(name: &'static str, sweep: &str, want: Value) -> Case<AssignLicence> {
    let settings = Settings::from([("NO", "SETTING")]);
    let want = AssignLicence::want(sweep, Some(want.to_string().as_bytes()), &settings).unwrap();
    Case { name, job: Job::Sweep { sweep: sweep.to_owned(), want }, prepare: |_| () }
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_everybody_who_differs_from_the_rules() {
    let rules = json!({
        "rules": [
            {"name": "Retail", "when": {"department": ["retail"]}, "licences": [{"sku": "VISIOCLIENT"}]},
            {"name": "Money", "when": {"group": ["Finance"]}, "unless": {"jobTitle": ["Accountant"]},
             "licences": [{"sku": "SPE_E5", "disabledPlans": ["YAMMER_ENTERPRISE"]}]},
        ],
        "takes": ["EXCHANGESTANDARD", "EMSPREMIUM"],
    });
    hold(&[sweep("rules", "reconcile", json!({"rules": rules}))]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_what_nobody_uses() {
    let want = json!({"licences": ["FLOW_FREE", "ENTERPRISEPACK"], "blockedDays": 0, "inactiveDays": 30, "giveUpMailbox": true});
    hold(&[sweep("reclaim", "reclaim", want)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_what_is_worked_out_anew() {
    let in_error: fn(&Tenant) = |tenant| {
        edit(tenant, |state| {
            let licences = object(state, "users", "DiegoS@contoso.com")["licences"].as_array_mut();
            let by_group = licences.into_iter().flatten().filter(|held| !held["assignedByGroup"].is_null());
            by_group.for_each(|held| held["error"] = json!("CountViolation"));
        });
    };
    let case = case("what is worked out anew", "DiegoS", json!({"reprocess": true}));
    hold(&[Case { prepare: in_error, ..case }]).await;
}
