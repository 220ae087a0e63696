//! Decisions as tables: what is asked and what is known in, sentences out. No client, no tenant, no async.
//!
//! How a sentence is read tells [`telling::decisions`].

#![cfg(test)]

use assign_licence::{AssignLicence, Assignment, Facts};
use directory::account::Account;
use directory::licence::Sku;
use directory::look::Found;
use plan::Task;
use serde_json::{Value, json};
use telling::decisions::{group, id};
use telling::{read, with};

const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
const E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
const VISIO: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";
const SWAY: &str = "a23b959c-7ce8-4e57-9140-b90eb88a9e97";
const TEAMS: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";
const MAIL: &str = "efb87545-963c-4e0d-99df-69c6916d9eb0";
const YAMMER: &str = "7547a3fe-08ee-4ccb-b430-5077c5041653";

fn want(more: Value) -> Assignment {
    read(with(json!({"user": "AdeleV@contoso.com"}), more))
}

fn sku(name: &str, id: &str, free: i64, plans: &[(&str, &str)]) -> Sku {
    let plans: Vec<Value> =
        plans.iter().map(|(name, id)| json!({"servicePlanName": name, "servicePlanId": id})).collect();
    read(json!({
        "skuId": id, "skuPartNumber": name, "capabilityStatus": "Enabled", "consumedUnits": 5,
        "prepaidUnits": {"enabled": 5 + free}, "servicePlans": plans,
    }))
}

fn direct(sku: &str, off: &[&str]) -> Value {
    json!({"skuId": sku, "disabledPlans": off, "state": "Active", "error": "None"})
}

fn by_group(sku: &str, off: &[&str], state: &str, error: &str) -> Value {
    json!({"skuId": sku, "disabledPlans": off, "assignedByGroup": id(7), "state": state, "error": error})
}

/// Adele Vance in the United States, with these licences.
fn adele(states: Value) -> Account {
    read(json!({
        "id": id(1), "userPrincipalName": "AdeleV@contoso.com", "displayName": "Adele Vance", "usageLocation": "US",
        "licenseAssignmentStates": states,
    }))
}

fn have(account: Account) -> Facts {
    let (mail, sway, teams) = (("EXCHANGE_S_ENTERPRISE", MAIL), ("SWAY", SWAY), ("TEAMS1", TEAMS));
    Facts {
        now: "2026-03-02T08:00:00Z".parse().expect("a time"),
        user: Found::One(account),
        skus: [
            sku("SPE_E3", E3, 2, &[mail, sway, teams, ("YAMMER_ENTERPRISE", YAMMER)]),
            sku("SPE_E5", E5, 2, &[mail, sway, teams]),
            sku("VISIOCLIENT", VISIO, 0, &[]),
        ]
        .into(),
        join: Vec::new(),
        leave: Vec::new(),
        groups: Vec::new(),
        holds_role: false,
    }
}

fn holding(states: Value) -> Facts {
    have(adele(states))
}

/// In the group that hands out SPE_E3, and asked to join it.
fn member(states: Value) -> Facts {
    let group = group(7, "Licensing E3", json!({"assignedLicenses": [{"skuId": E3}]}));
    Facts { join: vec![Found::One(group.clone())], groups: vec![group], ..holding(states) }
}

#[track_caller]
fn decides(table: Vec<telling::decisions::Row<'_, AssignLicence>>) {
    telling::decisions::decides::<AssignLicence>(table);
}

#[test]
fn what_is_held_directly_goes_in_one_call() {
    let assign = |more: Value| want(json!({"assign": [with(json!({"sku": "SPE_E3"}), more)]}));
    decides(vec![
        ("new", assign(json!({})), holding(json!([])), &["1 assign SPE_E3 to Adele Vance"]),
        (
            "new, by the name of the product",
            want(json!({"assign": [{"sku": "Microsoft 365 E3"}]})),
            holding(json!([])),
            &["1 assign SPE_E3 to Adele Vance"],
        ),
        ("held: what is off stays off", assign(json!({})), holding(json!([direct(E3, &[SWAY])])), &[]),
        (
            "held, and all plans are wanted",
            assign(json!({"disabledPlans": []})),
            holding(json!([direct(E3, &[SWAY])])),
            &["1 switch SWAY on in SPE_E3 of Adele Vance"],
        ),
        (
            "held by a group",
            assign(json!({})),
            holding(json!([by_group(E3, &[], "Active", "None")])),
            &["note licence-inherited /assign/0"],
        ),
        (
            "no seat",
            want(json!({"assign": [{"sku": "VISIOCLIENT"}]})),
            holding(json!([])),
            &["blocks licence-none-left /assign/0"],
        ),
        (
            "taken, and the mailbox has another",
            want(json!({"remove": ["SPE_E5"]})),
            holding(json!([direct(E3, &[]), direct(E5, &[])])),
            &["1 take SPE_E5 from Adele Vance"],
        ),
        (
            "taken, and the mailbox has no other",
            want(json!({"remove": ["SPE_E3"]})),
            holding(json!([direct(E3, &[])])),
            &["1 take SPE_E3 from Adele Vance", "blocks mailbox-licence /giveUpMailbox"],
        ),
        (
            "the plan of the mailbox is switched off",
            assign(json!({"disabledPlans": ["EXCHANGE_S_ENTERPRISE"]})),
            holding(json!([direct(E3, &[])])),
            &[
                "1 switch EXCHANGE_S_ENTERPRISE off in SPE_E3 of Adele Vance",
                "blocks mailbox-licence /giveUpMailbox",
            ],
        ),
        ("not held", want(json!({"remove": ["SPE_E5"]})), holding(json!([])), &[]),
    ]);
}

#[test]
fn one_licence_takes_the_place_of_another_and_no_plan_comes_on() {
    let replace =
        |more: Value| want(json!({"replace": [with(json!({"sku": "SPE_E3", "by": "SPE_E5"}), more)]}));
    let ends = "note plans-end /replace/0";
    decides(vec![
        (
            "what is off stays off",
            replace(json!({})),
            holding(json!([direct(E3, &[SWAY])])),
            &["1 replace SPE_E3 by SPE_E5 without SWAY for Adele Vance", ends],
        ),
        (
            "a plan without a counterpart",
            replace(json!({})),
            holding(json!([direct(E3, &[YAMMER])])),
            &["1 replace SPE_E3 by SPE_E5 for Adele Vance", "note plan-without-counterpart /replace/0"],
        ),
        (
            "a plan of another name",
            replace(json!({"plans": {"YAMMER_ENTERPRISE": "TEAMS1"}})),
            holding(json!([direct(E3, &[YAMMER])])),
            &["1 replace SPE_E3 by SPE_E5 without TEAMS1 for Adele Vance"],
        ),
        (
            "chosen",
            replace(json!({"disabledPlans": ["TEAMS1"]})),
            holding(json!([direct(E3, &[SWAY])])),
            &["1 replace SPE_E3 by SPE_E5 without TEAMS1 for Adele Vance", ends],
        ),
        ("done before", replace(json!({})), holding(json!([direct(E5, &[SWAY])])), &[]),
        (
            "both held",
            replace(json!({})),
            holding(json!([direct(E3, &[]), direct(E5, &[SWAY])])),
            &["1 take SPE_E3 from Adele Vance"],
        ),
        ("neither held", replace(json!({})), holding(json!([])), &["blocks licence-not-held /replace/0/sku"]),
        (
            "by a group",
            replace(json!({})),
            holding(json!([by_group(E3, &[], "Active", "None")])),
            &["blocks licence-of-group /replace/0/sku"],
        ),
    ]);
}

#[test]
fn a_group_is_joined_and_watched() {
    let join = || want(json!({"join": ["Licensing E3"]}));
    let new = |states| Facts { groups: Vec::new(), ..member(states) };
    let goes_on = "goes on 2026-03-02T08:02:00Z";
    decides(vec![
        (
            "new",
            join(),
            new(json!([])),
            &["1 add Adele Vance to Licensing E3", "note licence-by-group", goes_on],
        ),
        ("on its way", join(), member(json!([])), &["note licence-by-group", goes_on]),
        ("there", join(), member(json!([by_group(E3, &[], "Active", "None")])), &[]),
        (
            "in error",
            join(),
            member(json!([by_group(E3, &[], "Error", "CountViolation")])),
            &["left licence-error"],
        ),
        (
            "in error, and to be worked out anew",
            want(json!({"join": ["Licensing E3"], "reprocess": true})),
            member(json!([by_group(E3, &[], "Error", "CountViolation")])),
            &[
                "1 have the licences of Adele Vance by groups worked out anew (cannot be undone)",
                "left licence-error",
                "note reprocessed /reprocess",
            ],
        ),
    ]);
}

#[test]
fn what_is_held_twice_is_cleaned_up_unless_a_plan_is_lost() {
    let clean = || want(json!({"cleanUp": true}));
    let twice = |off: &[&str]| holding(json!([direct(E3, &[]), by_group(E3, off, "Active", "None")]));
    decides(vec![
        ("the group gives the same", clean(), twice(&[]), &["1 take SPE_E3 from Adele Vance"]),
        ("the group gives less", clean(), twice(&[SWAY]), &["note overlap-kept /cleanUp"]),
        (
            "the group cannot give it",
            clean(),
            holding(json!([direct(E3, &[]), by_group(E3, &[], "Error", "CountViolation")])),
            &[],
        ),
        ("directly only", clean(), holding(json!([direct(E3, &[])])), &[]),
    ]);
}

#[test]
fn what_is_lent_is_taken_when_its_time_is_over() {
    let lent = |until: &str| want(json!({"assign": [{"sku": "SPE_E5"}], "until": until}));
    decides(vec![
        (
            "until then",
            lent("2026-04-01T00:00:00Z"),
            holding(json!([])),
            &["1 assign SPE_E5 to Adele Vance", "note until", "again 2026-04-01T00:00:00Z"],
        ),
        (
            "then",
            lent("2026-03-01T00:00:00Z"),
            holding(json!([direct(E3, &[]), direct(E5, &[SWAY])])),
            &["1 take SPE_E5 from Adele Vance"],
        ),
        ("gone before", lent("2026-03-01T00:00:00Z"), holding(json!([])), &[]),
    ]);
}

#[test]
fn seats_are_named_for_what_takes_one() {
    let plan = |want: &Assignment, have: &Facts| {
        AssignLicence::plan(want, have)
            .seats
            .iter()
            .map(|seat| (seat.sku.to_string(), seat.free))
            .collect::<Vec<_>>()
    };
    let both = want(json!({"assign": [{"sku": "SPE_E5"}, {"sku": "SPE_E3", "disabledPlans": []}]}));
    assert_eq!(plan(&both, &holding(json!([direct(E3, &[SWAY])]))), [(E5.to_owned(), 2)]);
    let join = want(json!({"join": ["Licensing E3"]}));
    let new = Facts { groups: Vec::new(), ..member(json!([])) };
    assert_eq!(plan(&join, &new), [(E3.to_owned(), 2)]);
    assert_eq!(plan(&join, &member(json!([]))), [(E3.to_owned(), 2)], "for as long as it is waited for");
    assert_eq!(plan(&join, &member(json!([by_group(E3, &[], "Active", "None")]))), []);
}
