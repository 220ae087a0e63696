//! What is copied from a colleague.

use crate::*;

#[test]
fn what_is_copied_from_a_colleague() {
    let other = "6fd2c87f-b296-42f0-b197-1e91e994b900";
    let colleague = |states: Value| {
        Some(Found::One(person(3, "Adele Vance", json!({"licenseAssignmentStates": states}))))
    };
    let e3 = || vec![sku("SPE_E3", E3, 5, 4, json!({}))];
    let copies = |more: Value| {
        want(with(json!({"usageLocation": "CH", "copyFrom": {"user": "AdeleV@contoso.com"}}), more))
    };
    let direct = || json!([{"skuId": E3, "disabledPlans": [SWAY]}]);
    let groups = || {
        vec![
            group(40, "Finance", json!({})),
            group(41, "All Employees", json!({"groupTypes": ["DynamicMembership"]})),
            group(42, "Branch", json!({"onPremisesSyncEnabled": true})),
            group(43, "Newsletter", json!({"mailEnabled": true})),
            group(44, "Tier 0", json!({"isAssignableToRole": true})),
            group(45, "Licensing", json!({"assignedLicenses": [{"skuId": E3}]})),
        ]
    };
    let has = |state: Value| Facts {
        skus: e3(),
        colleague: colleague(direct()),
        ..somebody(mallory(json!({"usageLocation": "CH", "licenseAssignmentStates": [state]})))
    };
    decides(vec![
        (
            "her own licence, with the same plans off",
            copies(json!({})),
            Facts { skus: e3(), colleague: colleague(direct()), ..nobody() },
            &[CREATE, "2 assign SPE_E3 without SWAY to Mallory Cortez", "3 let Mallory Cortez sign in"],
        ),
        (
            "asked for too: as it was asked for",
            copies(json!({"licences": [{"sku": E3}]})),
            Facts { skus: e3(), colleague: colleague(direct()), ..nobody() },
            &[CREATE, "2 assign SPE_E3 to Mallory Cortez", "3 let Mallory Cortez sign in"],
        ),
        (
            "no usage location",
            want(json!({"copyFrom": {"user": "AdeleV@contoso.com"}})),
            Facts { skus: e3(), colleague: colleague(direct()), ..nobody() },
            &[
                CREATE,
                "2 assign SPE_E3 without SWAY to Mallory Cortez",
                "3 let Mallory Cortez sign in",
                "blocks usage-location /usageLocation",
            ],
        ),
        (
            "from a group, no longer sold, none left",
            copies(json!({})),
            Facts {
                skus: vec![sku("SPE_E3", E3, 5, 5, json!({}))],
                colleague: colleague(
                    json!([{"skuId": E3}, {"skuId": E3, "assignedByGroup": id(45)}, {"skuId": other}]),
                ),
                ..nobody()
            },
            &[
                CREATE,
                "2 let Mallory Cortez sign in",
                "left copy-skipped /copyFrom",
                "left copy-skipped /copyFrom",
                "left copy-skipped /copyFrom",
            ],
        ),
        (
            "held with other plans: copying takes nothing away",
            copies(json!({})),
            has(json!({"skuId": E3})),
            &[],
        ),
        ("held by a group", copies(json!({})), has(json!({"skuId": E3, "assignedByGroup": id(45)})), &[]),
        (
            "groups, and why not the others",
            copies(json!({})),
            Facts { colleague: colleague(json!([])), colleagues_groups: groups(), ..nobody() },
            &[
                CREATE,
                "2 add Mallory Cortez to Finance",
                "3 let Mallory Cortez sign in",
                "left copy-skipped /copyFrom",
                "left copy-skipped /copyFrom",
                "left copy-skipped /copyFrom",
                "left copy-skipped /copyFrom",
                "left no-mailbox",
            ],
        ),
        (
            "a group that was asked for too",
            copies(json!({"groups": ["Licensing"]})),
            Facts {
                groups: vec![Found::One(group(
                    45,
                    "Licensing",
                    json!({"assignedLicenses": [{"skuId": E3}]}),
                ))],
                colleague: colleague(json!([])),
                colleagues_groups: vec![group(45, "Licensing", json!({"assignedLicenses": [{"skuId": E3}]}))],
                skus: e3(),
                ..nobody()
            },
            &[
                CREATE,
                "2 add Mallory Cortez to Licensing",
                "3 let Mallory Cortez sign in",
                "note licence-by-group /groups/0",
            ],
        ),
        (
            "only the groups",
            copies(json!({"copyFrom": {"user": "AdeleV@contoso.com", "kinds": ["groups"]}})),
            Facts {
                skus: e3(),
                colleague: colleague(direct()),
                colleagues_groups: vec![group(40, "Finance", json!({}))],
                ..nobody()
            },
            &[CREATE, "2 add Mallory Cortez to Finance", "3 let Mallory Cortez sign in"],
        ),
    ]);
}
