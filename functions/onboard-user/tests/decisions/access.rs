//! What the account may use.

use crate::*;

/// What Microsoft calls «Microsoft 365 Apps for business», both.
fn two_of_a_name() -> Vec<Sku> {
    let sku = |name: &str, id: &str| sku(name, id, 5, 0, json!({}));
    vec![
        sku("O365_BUSINESS", "cdd28e44-67e3-425e-be4c-737fab2899d3"),
        sku("SMB_BUSINESS", "b214fe43-f5a3-4703-beeb-fa97188220fc"),
    ]
}

#[test]
fn what_licences_are_handed_out() {
    let asks = |list: Value| want(json!({"usageLocation": "CH", "licences": list}));
    let one = || asks(json!([{"sku": "SPE_E3"}]));
    let sells = |facts: Facts, skus: Vec<Sku>| Facts { skus, ..facts };
    let e3 = || vec![sku("SPE_E3", E3, 5, 4, json!({}))];
    let none = || vec![sku("SPE_E3", E3, 5, 5, json!({}))];
    let holds =
        |state: Value| somebody(mallory(json!({"usageLocation": "CH", "licenseAssignmentStates": [state]})));
    let without = |names: Value| asks(json!([{"sku": "SPE_E3", "disabledPlans": names}]));
    decides(vec![
        (
            "a seat is left",
            one(),
            sells(nobody(), e3()),
            &[CREATE, "2 assign SPE_E3 to Mallory Cortez", "3 let Mallory Cortez sign in"],
        ),
        (
            "none is left",
            one(),
            sells(nobody(), none()),
            &[CREATE, "2 let Mallory Cortez sign in", "blocks licence-none-left /licences/0"],
        ),
        (
            "none is left, and the account is wanted all the same",
            want(
                json!({"usageLocation": "CH", "licences": [{"sku": "SPE_E3"}], "whenNoLicence": "createWithout"}),
            ),
            sells(nobody(), none()),
            &[CREATE, "2 let Mallory Cortez sign in", "left licence-none-left /licences/0"],
        ),
        (
            "suspended",
            one(),
            sells(nobody(), vec![sku("SPE_E3", E3, 5, 0, json!({"capabilityStatus": "Suspended"}))]),
            &[CREATE, "2 let Mallory Cortez sign in", "blocks licence-none-left /licences/0"],
        ),
        (
            "in the grace period",
            one(),
            sells(
                nobody(),
                vec![sku(
                    "SPE_E3",
                    E3,
                    0,
                    0,
                    json!({"capabilityStatus": "Warning", "prepaidUnits": {"warning": 1}}),
                )],
            ),
            &[CREATE, "2 assign SPE_E3 to Mallory Cortez", "3 let Mallory Cortez sign in"],
        ),
        (
            "for the company as a whole",
            one(),
            sells(nobody(), vec![sku("SPE_E3", E3, 5, 0, json!({"appliesTo": "Company"}))]),
            &[CREATE, "2 let Mallory Cortez sign in", "blocks licence-company /licences/0/sku"],
        ),
        (
            "by the names that people know them by",
            asks(json!([{"sku": "Microsoft 365 E3", "disabledPlans": ["Microsoft Teams"]}])),
            sells(nobody(), e3()),
            &[CREATE, "2 assign SPE_E3 without TEAMS1 to Mallory Cortez", "3 let Mallory Cortez sign in"],
        ),
        (
            "a name that two have",
            asks(json!([{"sku": "Microsoft 365 Apps for business"}])),
            sells(nobody(), two_of_a_name()),
            &[CREATE, "2 let Mallory Cortez sign in", "blocks licence-ambiguous /licences/0/sku"],
        ),
        (
            "unknown SKU, unknown plan",
            asks(json!([{"sku": "SPE_E7"}, {"sku": E3, "disabledPlans": ["sway", "TEAMS2"]}])),
            sells(nobody(), e3()),
            &[
                CREATE,
                "2 let Mallory Cortez sign in",
                "blocks licence-unknown /licences/0/sku",
                "blocks plan-unknown /licences/1/disabledPlans/1",
            ],
        ),
        (
            "the same twice",
            asks(
                json!([{"sku": "SPE_E3", "disabledPlans": ["SWAY", "TEAMS1"]}, {"sku": E3, "disabledPlans": [TEAMS, "sway", "SWAY"]}]),
            ),
            sells(nobody(), e3()),
            &[
                CREATE,
                "2 assign SPE_E3 without SWAY, TEAMS1 to Mallory Cortez",
                "3 let Mallory Cortez sign in",
            ],
        ),
        (
            "twice, and differently",
            asks(json!([{"sku": "SPE_E3"}, {"sku": "spe_e3", "disabledPlans": ["SWAY"]}])),
            sells(nobody(), e3()),
            &[
                CREATE,
                "2 assign SPE_E3 to Mallory Cortez",
                "3 let Mallory Cortez sign in",
                "blocks licence-twice /licences/1",
            ],
        ),
        (
            "no usage location",
            want(json!({"licences": [{"sku": "SPE_E3"}]})),
            sells(nobody(), e3()),
            &[
                CREATE,
                "2 assign SPE_E3 to Mallory Cortez",
                "3 let Mallory Cortez sign in",
                "blocks usage-location /usageLocation",
            ],
        ),
        ("held", one(), sells(holds(json!({"skuId": E3})), none()), &[]),
        (
            "held, with other plans",
            without(json!(["SWAY"])),
            sells(holds(json!({"skuId": E3, "disabledPlans": [TEAMS]})), none()),
            &["1 switch TEAMS1 on, SWAY off in SPE_E3 of Mallory Cortez"],
        ),
        (
            "held, with plans off that nobody asks about",
            one(),
            sells(holds(json!({"skuId": E3, "disabledPlans": [TEAMS]})), none()),
            &[],
        ),
        (
            "held, and all of it is to be on",
            without(json!([])),
            sells(holds(json!({"skuId": E3, "disabledPlans": [TEAMS, SWAY]})), none()),
            &["1 switch TEAMS1 and SWAY on in SPE_E3 of Mallory Cortez"],
        ),
        (
            "held, with these plans",
            without(json!(["SWAY", "TEAMS1"])),
            sells(holds(json!({"skuId": E3, "disabledPlans": [TEAMS, SWAY]})), none()),
            &[],
        ),
        (
            "held by a group",
            one(),
            sells(holds(json!({"skuId": E3, "assignedByGroup": id(50)})), e3()),
            &["note licence-inherited /licences/0"],
        ),
        (
            "to be held by a group, which came to nothing",
            one(),
            sells(
                holds(
                    json!({"skuId": E3, "assignedByGroup": id(50), "state": "Error", "error": "DependencyViolation"}),
                ),
                e3(),
            ),
            &["1 assign SPE_E3 to Mallory Cortez", "left licence-error"],
        ),
        (
            "twice, and only once with plans",
            asks(json!([{"sku": "SPE_E3", "disabledPlans": []}, {"sku": "spe_e3"}])),
            sells(nobody(), e3()),
            &[
                CREATE,
                "2 assign SPE_E3 to Mallory Cortez",
                "3 let Mallory Cortez sign in",
                "blocks licence-twice /licences/1",
            ],
        ),
    ]);
}

/// A group that hands out SPE_E3.
fn licensing(number: u32) -> Found<Group> {
    Found::One(group(number, "Licensing", json!({"assignedLicenses": [{"skuId": E3}]})))
}

#[test]
fn a_plan_names_the_seats_that_it_takes_and_how_many_were_free() {
    const E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
    let stock = || vec![sku("SPE_E3", E3, 5, 3, json!({})), sku("SPE_E5", E5, 9, 2, json!({}))];
    let colleague = || person(3, "Adele Vance", json!({"licenseAssignmentStates": [{"skuId": E5}]}));
    let nobody = || Facts {
        skus: stock(),
        groups: vec![licensing(45)],
        colleague: Some(Found::One(colleague())),
        ..nobody()
    };
    let holder = mallory(json!({"licenseAssignmentStates": [{"skuId": E3}]}));
    let holder = Facts { skus: stock(), groups: vec![licensing(45)], ..somebody(holder) };
    let member = Held { groups: vec![group(45, "Licensing", json!({}))], ..Held::default() };
    let member =
        Facts { held: Some(member), ..Facts { groups: vec![licensing(45)], ..somebody(mallory(json!({}))) } };
    let (e3, group) = (json!([{"sku": "SPE_E3"}]), json!(["Licensing"]));
    let table = [
        ("directly", nobody(), json!({"licences": e3, "groups": []}), vec![(E3, 2)]),
        ("by a group", nobody(), json!({"groups": group}), vec![(E3, 2)]),
        ("both, which is one", nobody(), json!({"licences": e3, "groups": group}), vec![(E3, 2)]),
        (
            "copied",
            nobody(),
            json!({"copyFrom": {"user": "AdeleV@contoso.com"}, "groups": group}),
            vec![(E5, 7), (E3, 2)],
        ),
        ("held", holder.clone(), json!({"licences": e3, "groups": group}), vec![]),
        (
            "held, with other plans",
            holder,
            json!({"licences": [{"sku": "SPE_E3", "disabledPlans": ["SWAY"]}]}),
            vec![],
        ),
        (
            "a member, and it has not come yet",
            Facts { skus: stock(), ..member },
            json!({"groups": group}),
            vec![],
        ),
    ];
    for (told, have, asked, expected) in table {
        let plan = OnboardUser::plan(&want(with(json!({"usageLocation": "CH"}), asked)), &have);
        let seats: Vec<_> = plan.seats.iter().map(|seat| (seat.sku.to_string(), seat.free)).collect();
        let expected: Vec<_> = expected.into_iter().map(|(sku, free)| (sku.to_owned(), free)).collect();
        assert_eq!(seats, expected, "{told}");
    }
}

#[test]
fn which_groups_are_joined_that_hand_out_licences() {
    let asks = |more: Value| want(with(json!({"usageLocation": "CH", "groups": ["Licensing"]}), more));
    let sells = |left: i64, facts: Facts| Facts {
        skus: vec![sku("SPE_E3", E3, 5, 5 - left, json!({}))],
        groups: vec![licensing(45)],
        ..facts
    };
    let holds =
        |state: Value| somebody(mallory(json!({"usageLocation": "CH", "licenseAssignmentStates": [state]})));
    let inside = |state: Value| Facts {
        held: Some(Held { groups: vec![group(45, "Licensing", json!({}))], ..Held::default() }),
        ..holds(state)
    };
    let (sign_in, join) = ("3 let Mallory Cortez sign in", "2 add Mallory Cortez to Licensing");
    let joined: &[&str] = &[CREATE, join, sign_in, "note licence-by-group /groups/0"];
    let blocked: &[&str] = &[CREATE, "2 let Mallory Cortez sign in", "blocks licence-none-left /groups/0"];
    decides(vec![
        ("a seat is left", asks(json!({})), sells(1, nobody()), joined),
        ("none is left", asks(json!({})), sells(0, nobody()), blocked),
        (
            "none is left, and the account is wanted all the same",
            asks(json!({"whenNoLicence": "createWithout"})),
            sells(0, nobody()),
            &[CREATE, "2 let Mallory Cortez sign in", "left licence-none-left /groups/0"],
        ),
        ("no longer sold", asks(json!({})), Facts { skus: Vec::new(), ..sells(1, nobody()) }, blocked),
        (
            "no usage location",
            want(json!({"groups": ["Licensing"]})),
            sells(1, nobody()),
            &[
                CREATE,
                join,
                sign_in,
                "blocks usage-location /usageLocation",
                "note licence-by-group /groups/0",
            ],
        ),
        (
            "the last seat, asked for by itself too: one account takes one",
            asks(json!({"licences": [{"sku": "SPE_E3"}]})),
            sells(1, nobody()),
            &[CREATE, "2 assign SPE_E3 to Mallory Cortez", join, sign_in, "note licence-by-group /groups/0"],
        ),
        (
            "the last seat, by two groups",
            asks(json!({"groups": ["Licensing", "Licensing too"]})),
            Facts { groups: vec![licensing(45), licensing(46)], ..sells(1, nobody()) },
            &[
                CREATE,
                join,
                join,
                sign_in,
                "note licence-by-group /groups/0",
                "note licence-by-group /groups/1",
            ],
        ),
        (
            "held directly, so no seat is taken",
            asks(json!({})),
            sells(0, holds(json!({"skuId": E3}))),
            &["1 add Mallory Cortez to Licensing"],
        ),
        (
            "held by another group, so no seat is taken",
            asks(json!({})),
            sells(0, holds(json!({"skuId": E3, "assignedByGroup": id(50), "state": "Active"}))),
            &["1 add Mallory Cortez to Licensing"],
        ),
        (
            "to be held by another group, which came to nothing",
            asks(json!({})),
            sells(
                0,
                holds(
                    json!({"skuId": E3, "assignedByGroup": id(50), "state": "Error", "error": "CountViolation"}),
                ),
            ),
            &["blocks licence-none-left /groups/0", "left licence-error"],
        ),
        (
            "a member, whose licence has come",
            asks(json!({})),
            sells(0, inside(json!({"skuId": E3, "assignedByGroup": id(45), "state": "Active"}))),
            &[],
        ),
        (
            "a member, whose licence came to nothing",
            asks(json!({})),
            sells(
                0,
                inside(
                    json!({"skuId": E3, "assignedByGroup": id(45), "state": "Error", "error": "CountViolation"}),
                ),
            ),
            &["left licence-error"],
        ),
        (
            "a member, whose licence is still to come, and who needs no location any more",
            want(json!({"groups": ["Licensing"]})),
            sells(0, Facts { same: vec![mallory(json!({}))], ..inside(json!({"skuId": SWAY})) }),
            &["note licence-by-group /groups/0"],
        ),
    ]);
}

#[test]
fn which_groups_are_joined() {
    let asks = |names: Value| want(json!({"groups": names}));
    let found = |groups: Vec<Found<Group>>| Facts { groups, ..nobody() };
    let finance = || Found::One(group(40, "Finance", json!({})));
    let member = Facts {
        groups: vec![Found::One(group(41, "All Employees", json!({"groupTypes": ["DynamicMembership"]})))],
        held: Some(Held { groups: vec![group(41, "All Employees", json!({}))], ..Held::default() }),
        ..somebody(mallory(json!({})))
    };
    let kind = |more: Value| found(vec![Found::One(group(42, "Some", more))]);
    let refused = |code: &str| {
        [CREATE.to_owned(), "2 let Mallory Cortez sign in".to_owned(), format!("blocks {code} /groups/0")]
    };
    let barriers = [
        (json!({"groupTypes": ["Unified", "DynamicMembership"]}), "group-dynamic"),
        (json!({"onPremisesSyncEnabled": true}), "group-synced"),
        (json!({"isAssignableToRole": true}), "group-role-assignable"),
    ];
    decides(vec![
        (
            "one",
            asks(json!(["Finance"])),
            found(vec![finance()]),
            &[CREATE, "2 add Mallory Cortez to Finance", "3 let Mallory Cortez sign in"],
        ),
        (
            "under two names",
            asks(json!(["Finance", "finance-team"])),
            found(vec![finance(), finance()]),
            &[CREATE, "2 add Mallory Cortez to Finance", "3 let Mallory Cortez sign in"],
        ),
        ("a member already, even of a dynamic one", asks(json!(["All Employees"])), member, &[]),
        (
            "unknown",
            asks(json!(["Some"])),
            found(vec![Found::None]),
            &[CREATE, "2 let Mallory Cortez sign in", "blocks group-unknown /groups/0"],
        ),
        (
            "ambiguous",
            asks(json!(["Some"])),
            found(vec![Found::Many(vec![group(42, "Some", json!({})), group(43, "Some", json!({}))])]),
            &[CREATE, "2 let Mallory Cortez sign in", "blocks ambiguous /groups/0"],
        ),
        (
            "a distribution list, and no mailbox",
            asks(json!(["Some"])),
            kind(json!({"mailEnabled": true, "securityEnabled": false})),
            &[CREATE, "2 let Mallory Cortez sign in", "left no-mailbox"],
        ),
    ]);
    for (more, code) in barriers {
        let lines = refused(code);
        let expected: Vec<&str> = lines.iter().map(String::as_str).collect();
        decides(vec![(code, asks(json!(["Some"])), kind(more), &expected)]);
    }
}

#[test]
fn which_administrative_unit() {
    let asks = || want(json!({"administrativeUnit": "Retail Stores"}));
    let unit = |more: Value| read::<Unit>(with(json!({"id": id(60), "displayName": "Retail Stores"}), more));
    let found = |found: Found<Unit>, facts: Facts| Facts { unit: Some(found), ..facts };
    let inside = Facts {
        held: Some(Held { units: vec![id(60).parse().expect("an id")], ..Held::default() }),
        ..somebody(mallory(json!({})))
    };
    decides(vec![
        (
            "one",
            asks(),
            found(Found::One(unit(json!({}))), nobody()),
            &[
                CREATE,
                "2 put Mallory Cortez into the administrative unit Retail Stores",
                "3 let Mallory Cortez sign in",
            ],
        ),
        ("inside already", asks(), found(Found::One(unit(json!({}))), inside), &[]),
        (
            "its members follow a rule",
            asks(),
            found(Found::One(unit(json!({"membershipType": "Dynamic"}))), nobody()),
            &[CREATE, "2 let Mallory Cortez sign in", "blocks unit-dynamic /administrativeUnit"],
        ),
        (
            "unknown",
            asks(),
            found(Found::None, nobody()),
            &[CREATE, "2 let Mallory Cortez sign in", "blocks unit-unknown /administrativeUnit"],
        ),
        (
            "ambiguous",
            asks(),
            found(Found::Many(vec![unit(json!({})), unit(json!({"id": id(61)}))]), nobody()),
            &[CREATE, "2 let Mallory Cortez sign in", "blocks ambiguous /administrativeUnit"],
        ),
    ]);
}
