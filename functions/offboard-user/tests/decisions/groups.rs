//! Memberships and ownership.

use crate::*;

#[test]
fn which_groups_are_left() {
    let member = |more: Value| Facts {
        quick: Quick { groups: vec![group(40, "Retail", more)], ..quick(gone(json!({}))) },
        rest: Some(nothing()),
    };
    let keep = |name: &str| want(json!({"groups": {"keep": [name]}}));
    let leave: &[&str] = &["1| remove Lidia Holloway from Retail"];
    let unknown: &[&str] = &["left group-unknown /groups/keep/0"];
    decides(vec![
        ("a security group", want(json!({})), member(json!({})), leave),
        (
            "a group of Microsoft 365",
            want(json!({})),
            member(json!({"groupTypes": ["Unified"], "mailEnabled": true})),
            leave,
        ),
        ("a role-assignable one", want(json!({})), member(json!({"isAssignableToRole": true})), leave),
        (
            "a distribution list",
            want(json!({})),
            member(json!({"mailEnabled": true, "securityEnabled": false})),
            leave,
        ),
        ("a mail-enabled security group", want(json!({})), member(json!({"mailEnabled": true})), leave),
        (
            "a dynamic one",
            want(json!({})),
            member(json!({"groupTypes": ["DynamicMembership"]})),
            &["left group-dynamic"],
        ),
        (
            "a synchronised one",
            want(json!({})),
            member(json!({"onPremisesSyncEnabled": true})),
            &["left group-synced"],
        ),
        ("kept by name", keep("retail"), member(json!({})), &[]),
        (
            "kept by its mail nickname, which is no name of it",
            keep("retail-team"),
            member(json!({"mailNickname": "retail-team"})),
            unknown,
        ),
        (
            "kept beside one that is misspelt",
            want(json!({"groups": {"keep": ["Retail", "Finnance"]}})),
            member(json!({})),
            &["left group-unknown /groups/keep/1"],
        ),
        ("kept by id", keep(&id(40)), member(json!({})), &[]),
        ("another is kept, or this one misspelt", keep("Retial"), member(json!({})), unknown),
        ("a dynamic one, kept", keep("Retail"), member(json!({"groupTypes": ["DynamicMembership"]})), &[]),
    ]);
}

#[test]
fn how_a_membership_goes_depends_on_whose_it_is() {
    let leaves = |more: Value| {
        let quick = Quick { groups: vec![group(40, "Retail", more)], ..quick(gone(json!({}))) };
        let plan = OffboardUser::plan(&want(json!({})), &Facts { quick, rest: Some(nothing()) });
        plan.changes().all(|change| change.send.exchange().is_some())
    };
    assert!(leaves(json!({"mailEnabled": true, "securityEnabled": false})), "a list is Exchange's");
    assert!(!leaves(json!({"mailEnabled": true, "groupTypes": ["Unified"]})), "a group is Graph's");
}

#[test]
fn what_becomes_of_what_is_owned() {
    let owns = |kind: &str, owners: &[u32], more: Value| {
        let object = with(
            json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": id(40), "displayName": "Payroll"}),
            more,
        );
        let owners = owners.iter().map(|number| owner(*number)).collect();
        known(Rest { owned: vec![(read(object), owners)], ..nothing() })
    };
    let both_owned = || {
        let group = |number: u32, name: &str| {
            read(json!({"@odata.type": "#microsoft.graph.group", "id": id(number), "displayName": name}))
        };
        let owned =
            vec![(group(40, "Payroll"), vec![owner(1)]), (group(41, "Retail"), vec![owner(1), owner(5)])];
        known(Rest { owned, ..nothing() })
    };
    let alone = |mut have: Facts| {
        have.quick.manager = None;
        have
    };
    let with_blocked = || {
        let mut have = owns("group", &[1], json!({}));
        let blocked = json!({"id": id(5), "displayName": "Debra Berger", "accountEnabled": false});
        have.rest.iter_mut().for_each(|rest| rest.owned[0].1.push(read(blocked.clone())));
        have
    };
    let with_another = |mut have: Facts| {
        have.rest.iter_mut().for_each(|rest| rest.owned[0].1.push(owner(6)));
        have
    };
    let joined = |mut have: Facts| {
        have.rest.iter_mut().for_each(|rest| rest.successor_in = vec![id(40).parse().expect("an id")]);
        have
    };
    let team = |more: Value| {
        let team = json!({"groupTypes": ["Unified"], "resourceProvisioningOptions": ["Team"]});
        owns("group", &[1], with(team, more))
    };
    let handed_on: &[&str] = &[
        "1| make Lee Gu an owner of the group Payroll",
        "2 Lidia Holloway is no longer an owner of the group Payroll",
    ];
    let dynamic = json!({"groupTypes": ["Unified", "DynamicMembership"]});
    decides(vec![
        (
            "together with somebody who may not sign in",
            want(json!({})),
            with_blocked(),
            &[handed_on[0], handed_on[1], "note owner-blocked"],
        ),
        (
            "together with somebody who may not sign in, and nobody takes over",
            want(json!({})),
            alone(with_blocked()),
            &["left no-successor /successor", "left sole-owner /successor"],
        ),
        (
            "together with somebody who may not sign in, and somebody who may",
            want(json!({})),
            with_another(with_blocked()),
            &["1| Lidia Holloway is no longer an owner of the group Payroll"],
        ),
        (
            "a team alone: who owns it must be a member, too",
            want(json!({})),
            team(json!({})),
            &[
                "1| add Lee Gu to Payroll",
                "2| make Lee Gu an owner of the group Payroll",
                "3 Lidia Holloway is no longer an owner of the group Payroll",
            ],
        ),
        (
            "a team alone, of which the successor is a member",
            want(json!({})),
            joined(team(json!({}))),
            handed_on,
        ),
        ("a team alone, whose members follow a rule", want(json!({})), team(dynamic), handed_on),
        (
            "something of a kind that is not known",
            want(json!({})),
            owns("agentIdentityBlueprint", &[], json!({})),
            &["left owner"],
        ),
        (
            "something of a kind that is not known, and nobody takes over",
            want(json!({})),
            alone(owns("agentIdentityBlueprint", &[], json!({}))),
            &["left no-successor /successor", "left owner"],
        ),
        (
            "together with another",
            want(json!({})),
            owns("group", &[1, 5], json!({})),
            &["1| Lidia Holloway is no longer an owner of the group Payroll"],
        ),
        (
            "alone",
            want(json!({})),
            owns("group", &[1], json!({})),
            &[
                "1| make Lee Gu an owner of the group Payroll",
                "2 Lidia Holloway is no longer an owner of the group Payroll",
            ],
        ),
        (
            "one alone and one together: the second does not wait for a new owner",
            want(json!({})),
            both_owned(),
            &[
                "1| Lidia Holloway is no longer an owner of the group Retail",
                "2| make Lee Gu an owner of the group Payroll",
                "3 Lidia Holloway is no longer an owner of the group Payroll",
            ],
        ),
        (
            "an application alone",
            want(json!({})),
            owns("application", &[1], json!({})),
            &[
                "1| make Lee Gu an owner of the application Payroll",
                "2 Lidia Holloway is no longer an owner of the application Payroll",
            ],
        ),
        (
            "alone, and nobody takes over",
            want(json!({})),
            alone(owns("group", &[1], json!({}))),
            &["left no-successor /successor", "left sole-owner /successor"],
        ),
        (
            "together with another, and nobody takes over",
            want(json!({})),
            alone(owns("servicePrincipal", &[1, 5], json!({}))),
            &[
                "1| Lidia Holloway is no longer an owner of the enterprise application Payroll",
                "left no-successor /successor",
            ],
        ),
        (
            "a dynamic group, whose rule is for its members",
            want(json!({})),
            owns("group", &[1, 5], json!({"groupTypes": ["Unified", "DynamicMembership"]})),
            &["1| Lidia Holloway is no longer an owner of the group Payroll"],
        ),
        (
            "a synchronised group",
            want(json!({})),
            owns("group", &[1, 5], json!({"onPremisesSyncEnabled": true})),
            &["left owner"],
        ),
        (
            "a distribution list",
            want(json!({})),
            owns("group", &[1], json!({"mailEnabled": true, "securityEnabled": false})),
            &["left owner"],
        ),
        (
            "a role-assignable group",
            want(json!({})),
            owns("group", &[1], json!({"isAssignableToRole": true})),
            &[
                "1| make Lee Gu an owner of the group Payroll",
                "2 Lidia Holloway is no longer an owner of the group Payroll",
            ],
        ),
    ]);
}
