//! Licences, which go last.

use crate::*;

/// Holds these licences, has these groups, this mailbox.
fn holds(states: Value, groups: Vec<Group>, mail: Option<Mail>) -> Facts {
    let account = gone(json!({"licenseAssignmentStates": states}));
    let rest = Rest { skus: vec![e3(), visio()], mail, ..nothing() };
    Facts { quick: Quick { groups, ..quick(account) }, rest: Some(rest) }
}

fn both() -> Value {
    json!([{"skuId": E3}, {"skuId": VISIO}])
}

#[test]
fn which_licences_are_taken() {
    let keep = |name: &str| want(json!({"licences": {"keep": [name]}}));
    let direct = |states: Value| holds(states, Vec::new(), Some(mail(json!({}))));
    decides(vec![
        ("none", want(json!({})), direct(json!([])), &[]),
        (
            "all in one call",
            want(json!({})),
            direct(both()),
            &["1| take SPE_E3, VISIOCLIENT from Lidia Holloway"],
        ),
        (
            "but for one that is kept by its part number",
            keep("spe_e3"),
            direct(both()),
            &["1| take VISIOCLIENT from Lidia Holloway"],
        ),
        (
            "but for one that is kept by the name that people know it by",
            keep("Microsoft 365 E3"),
            direct(both()),
            &["1| take VISIOCLIENT from Lidia Holloway"],
        ),
        (
            "but for one that is kept by its id",
            keep(VISIO),
            direct(both()),
            &["1| take SPE_E3 from Lidia Holloway"],
        ),
        (
            "none, for one that is kept is not held, or is misspelt",
            keep("SPE_E5"),
            direct(both()),
            &["left licence-unknown /licences/keep/0"],
        ),
        (
            "what a group hands out is not taken from the account",
            want(json!({})),
            direct(json!([{"skuId": E3, "assignedByGroup": id(42)}, {"skuId": VISIO}])),
            &["1| take VISIOCLIENT from Lidia Holloway"],
        ),
        (
            "without a mailbox, but for what one may still come with",
            want(json!({})),
            holds(both(), Vec::new(), None),
            &["1| take VISIOCLIENT from Lidia Holloway", "left mailbox-unseen"],
        ),
        (
            "without a mailbox, and nothing that one comes with",
            want(json!({})),
            holds(json!([{"skuId": VISIO}]), Vec::new(), None),
            &["1| take VISIOCLIENT from Lidia Holloway"],
        ),
        (
            "without a mailbox, and its plan is off",
            want(json!({})),
            holds(json!([{"skuId": E3, "disabledPlans": [EXCHANGE]}]), Vec::new(), None),
            &["1| take SPE_E3 from Lidia Holloway"],
        ),
    ]);
}

#[test]
fn of_a_name_that_two_have_somebody_says_which_is_kept() {
    let [one, other] = ["cdd28e44-67e3-425e-be4c-737fab2899d3", "b214fe43-f5a3-4703-beeb-fa97188220fc"];
    let keep = || want(json!({"licences": {"keep": ["Microsoft 365 Apps for business"]}}));
    let holds = |states: Value| {
        let have = holds(states, Vec::new(), Some(mail(json!({}))));
        let skus = vec![visio(), sku("O365_BUSINESS", one, &[]), sku("SMB_BUSINESS", other, &[])];
        Facts { rest: have.rest.map(|rest| Rest { skus, ..rest }), ..have }
    };
    decides(vec![
        (
            "both are held: nothing is taken",
            keep(),
            holds(json!([{"skuId": one}, {"skuId": other}, {"skuId": VISIO}])),
            &["left licence-ambiguous /licences/keep/0"],
        ),
        (
            "one is held: it is that one",
            keep(),
            holds(json!([{"skuId": other}, {"skuId": VISIO}])),
            &["1| take VISIOCLIENT from Lidia Holloway"],
        ),
    ]);
}

#[test]
fn licences_come_back_with_the_plans_that_were_off() {
    let have = holds(json!([{"skuId": E3, "disabledPlans": [SWAY]}]), Vec::new(), Some(mail(json!({}))));
    let plan = OffboardUser::plan(&want(json!({})), &have);
    let undo = plan.changes().next().and_then(|change| change.undo.clone()).expect("an undo");
    let body = serde_json::to_value(&undo.send).expect("a request").to_string();
    assert!(undo.says == "give SPE_E3 back to Lidia Holloway" && body.contains(SWAY), "{body}");
}

#[test]
fn what_the_mailbox_needs_stays_and_the_rest_goes() {
    let has = |mail: Mail| holds(both(), Vec::new(), Some(mail));
    let large = || Mail {
        statistics: read(json!({"TotalItemSize": "50 GB (53,687,091,201 bytes)", "ItemCount": 7})),
        ..mail(json!({}))
    };
    let full = || Mail {
        statistics: read(json!({"TotalItemSize": "50 GB (53,687,091,200 bytes)", "ItemCount": 7})),
        ..mail(json!({}))
    };
    let rest = "1| take VISIOCLIENT from Lidia Holloway";
    let all: &[&str] = &["1| take SPE_E3, VISIOCLIENT from Lidia Holloway"];
    let as_it_is = json!({"mailbox": {"shared": false}});
    let hidden = json!({"RecipientTypeDetails": "UserMailbox"});
    decides(vec![
        ("shared", want(json!({})), has(mail(json!({}))), all),
        (
            "not shared yet",
            want(json!({})),
            has(mail(hidden.clone())),
            &[
                "1| make the mailbox of Lidia Holloway a shared one",
                "2| take VISIOCLIENT from Lidia Holloway",
                "3|... take SPE_E3 from Lidia Holloway",
                "note licence-waits",
                GOES_ON,
            ],
        ),
        ("shared, of just 50 GB", want(json!({})), has(full()), all),
        ("shared, and larger", want(json!({})), has(large()), &[rest, "left mailbox-too-large"]),
        (
            "shared, and on hold",
            want(json!({})),
            has(mail(json!({"LitigationHoldEnabled": true}))),
            &[rest, "left mailbox-hold"],
        ),
        (
            "shared, and kept by a policy",
            want(json!({})),
            has(mail(json!({"InPlaceHolds": ["mbx7cfb30345d454ac0a989ab3041051209:1"]}))),
            &[rest, "left mailbox-hold"],
        ),
        (
            "shared, and with something that a label keeps",
            want(json!({})),
            has(mail(json!({"ComplianceTagHoldApplied": true}))),
            &[rest, "left mailbox-hold"],
        ),
        (
            "shared, and in the last days of a hold",
            want(json!({})),
            has(mail(json!({"DelayHoldApplied": true}))),
            &[rest, "left mailbox-hold"],
        ),
        (
            "shared, and in the last days of what applications keep",
            want(json!({})),
            has(mail(json!({"DelayReleaseHoldApplied": true}))),
            &[rest, "left mailbox-hold"],
        ),
        (
            "shared, and exempt from a policy",
            want(json!({})),
            has(mail(json!({"InPlaceHolds": ["-mbx7cfb30345d454ac0a989ab3041051209"]}))),
            all,
        ),
        (
            "shared, with an archive",
            want(json!({})),
            has(mail(json!({"ArchiveGuid": id(80)}))),
            &[rest, "left mailbox-archive"],
        ),
        ("not to be shared", want(as_it_is), has(mail(hidden.clone())), &[rest, "note mailbox-licence"]),
        (
            "to be deleted",
            want(json!({"deleteAfterDays": 30})),
            has(mail(hidden.clone())),
            &[rest, "note mailbox-licence", "note deleted-later", "again 2026-04-30T00:00:00Z"],
        ),
        (
            "mastered on premises",
            want(json!({})),
            has(mail(with(hidden.clone(), json!({"IsDirSynced": true})))),
            &[rest, "left mailbox-synced", "note mailbox-licence"],
        ),
        (
            "not shared, and the plan of Exchange Online is off",
            want(json!({"mailbox": {"shared": false}})),
            holds(json!([{"skuId": E3, "disabledPlans": [EXCHANGE]}]), Vec::new(), Some(mail(hidden))),
            &["1| take SPE_E3 from Lidia Holloway"],
        ),
    ]);
}

#[test]
fn a_mailbox_that_is_to_become_shared_says_at_once_that_it_will_keep_its_licence() {
    let user = |more: Value| mail(with(json!({"RecipientTypeDetails": "UserMailbox"}), more));
    let has = |mail: Mail| holds(both(), Vec::new(), Some(mail));
    let large = Mail {
        statistics: read(json!({"TotalItemSize": "50 GB (53,687,091,201 bytes)", "ItemCount": 7})),
        ..user(json!({}))
    };
    let kept = |code: &'static str| {
        [
            "1| make the mailbox of Lidia Holloway a shared one",
            "2| take VISIOCLIENT from Lidia Holloway",
            code,
            GOES_ON,
        ]
    };
    decides(vec![
        ("larger than 50 GB", want(json!({})), has(large), &kept("left mailbox-too-large")),
        (
            "on hold",
            want(json!({})),
            has(user(json!({"LitigationHoldEnabled": true}))),
            &kept("left mailbox-hold"),
        ),
        (
            "with an archive",
            want(json!({})),
            has(user(json!({"ArchiveGuid": id(80)}))),
            &kept("left mailbox-archive"),
        ),
        (
            "put on hold before",
            want(json!({"mailbox": {"hold": {}}})),
            has(user(json!({}))),
            &[
                "1| put the mailbox of Lidia Holloway on litigation hold",
                "2 make the mailbox of Lidia Holloway a shared one",
                "3| take VISIOCLIENT from Lidia Holloway",
                "left mailbox-hold",
                GOES_ON,
            ],
        ),
        (
            "shared already, and put on hold now",
            want(json!({"mailbox": {"hold": {}}})),
            has(mail(json!({}))),
            &[
                "1| put the mailbox of Lidia Holloway on litigation hold",
                "2| take VISIOCLIENT from Lidia Holloway",
                "left mailbox-hold",
            ],
        ),
    ]);
}

#[test]
fn only_plans_of_exchange_online_carry_a_mailbox() {
    let takes = |plan: &str, expected: &[&str]| {
        let skus = vec![sku("SKU", E3, &[(plan, EXCHANGE)])];
        let account = gone(json!({"licenseAssignmentStates": [{"skuId": E3}]}));
        let mail = Some(mail(json!({"RecipientTypeDetails": "UserMailbox"})));
        let have = Facts { quick: quick(account), rest: Some(Rest { skus, mail, ..nothing() }) };
        let wanted = want(json!({"mailbox": {"shared": false}}));
        decides(vec![(plan, wanted, have, expected)]);
    };
    for plan in ["EXCHANGE_S_STANDARD", "EXCHANGE_B_STANDARD", "EXCHANGE_L_STANDARD"] {
        takes(plan, &["note mailbox-licence"]);
    }
    for plan in ["EXCHANGE_S_FOUNDATION", "EXCHANGE_ANALYTICS", "SWAY"] {
        takes(plan, &["1| take SKU from Lidia Holloway"]);
    }
}

#[test]
fn licences_that_come_with_a_group_are_taken_by_leaving_it() {
    let hands_out = |number: u32, sku: &str, more: Value| {
        group(number, "Licensing", with(json!({"assignedLicenses": [{"skuId": sku}]}), more))
    };
    let has = |groups: Vec<Group>, mail: Mail| holds(json!([]), groups, Some(mail));
    let leave: &[&str] = &["1| remove Lidia Holloway from Licensing"];
    let from_group = || {
        let states = json!([{"skuId": E3, "assignedByGroup": id(42)}]);
        let group = hands_out(42, VISIO, json!({"assignedLicenses": [{"skuId": E3}, {"skuId": VISIO}]}));
        holds(states, vec![group], Some(mail(json!({}))))
    };
    let waits = mail(json!({"RecipientTypeDetails": "UserMailbox"}));
    let share = "1| make the mailbox of Lidia Holloway a shared one";
    decides(vec![
        ("shared", want(json!({})), has(vec![hands_out(42, E3, json!({}))], mail(json!({}))), leave),
        (
            "not shared yet",
            want(json!({})),
            has(vec![hands_out(42, E3, json!({}))], waits.clone()),
            &[share, "2|... remove Lidia Holloway from Licensing", "note licence-waits", GOES_ON],
        ),
        (
            "not shared yet, and no mailbox hangs on it",
            want(json!({})),
            has(vec![hands_out(42, VISIO, json!({}))], waits),
            &[share, "2| remove Lidia Holloway from Licensing", GOES_ON],
        ),
        (
            "kept",
            want(json!({"groups": {"keep": ["Licensing"]}})),
            has(vec![hands_out(42, E3, json!({}))], mail(json!({}))),
            &[],
        ),
        (
            "one of its licences is kept",
            want(json!({"licences": {"keep": ["SPE_E3"]}})),
            from_group(),
            &["note licence-of-group"],
        ),
        (
            "its licence is kept by somebody who moves",
            want(json!({"mode": "move", "licences": {"keep": [E3]}})),
            from_group(),
            &["note rights-elsewhere", "note licence-of-group"],
        ),
        (
            "dynamic",
            want(json!({})),
            has(vec![hands_out(42, E3, json!({"groupTypes": ["DynamicMembership"]}))], mail(json!({}))),
            &["left group-dynamic"],
        ),
    ]);
}

#[test]
fn on_which_day_licences_are_taken() {
    let after = |days: u32| want(json!({"licences": {"afterDays": days}}));
    let gone_on_day = |date: &str| {
        let account = gone_on(date, json!({"licenseAssignmentStates": both()}));
        let rest = Rest { skus: vec![e3(), visio()], mail: Some(mail(json!({}))), ..nothing() };
        Facts { quick: quick(account), rest: Some(rest) }
    };
    let nothing_held = || known(Rest { mail: Some(mail(json!({}))), ..nothing() });
    let cut_off_later = |date: &str, password: &str| {
        let mut have = gone_on_day(date);
        have.quick.leaver = Found::One(gone_on(
            date,
            json!({
                "licenseAssignmentStates": both(), "lastPasswordChangeDateTime": password,
                "signInSessionsValidFromDateTime": password,
            }),
        ));
        have
    };
    decides(vec![
        ("not yet", after(30), gone_on_day(TODAY), &["note licences-later", "again 2026-04-30T00:00:00Z"]),
        (
            "today",
            after(30),
            gone_on_day("2026-03-01T15:00:00Z"),
            &["1| take SPE_E3, VISIOCLIENT from Lidia Holloway"],
        ),
        (
            "a second too early",
            after(30),
            gone_on_day("2026-03-01T15:00:01Z"),
            &["note licences-later", "again 2026-03-31T15:00:01Z"],
        ),
        (
            "today, of who was cut off within a week of that day",
            after(30),
            cut_off_later("2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z"),
            &["1| take SPE_E3, VISIOCLIENT from Lidia Holloway"],
        ),
        (
            "not yet, of who was cut off later than that: the days count from today",
            after(30),
            cut_off_later("2026-03-01T00:00:00Z", "2026-03-08T00:00:01Z"),
            &[DATE, PASSWORD, SIGN_OUT, "note licences-later", "again 2026-04-30T00:00:00Z"],
        ),
        ("none, so nobody needs to look again", after(30), nothing_held(), &[]),
    ]);
}
