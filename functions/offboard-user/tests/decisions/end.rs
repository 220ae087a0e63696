//! What comes last: OneDrive, the profile, the day on which the account is deleted.

use crate::*;

#[test]
fn who_is_let_into_one_drive() {
    let drive = |permissions: Value| Rest {
        drive: Some((read(json!({"id": "b!1"})), read(permissions))),
        ..nothing()
    };
    let may = |roles: Value| json!([{"id": "p", "roles": roles, "grantedToV2": {"user": {"id": id(2)}}}]);
    let nobody = |mut have: Facts| {
        have.quick.manager = None;
        have
    };
    let let_in: &[&str] = &["1| let Lee Gu into the OneDrive of Lidia Holloway"];
    decides(vec![
        ("the manager", want(json!({})), known(drive(json!([]))), let_in),
        ("the manager, who may read it", want(json!({})), known(drive(may(json!(["read"])))), let_in),
        ("the manager, who is in", want(json!({})), known(drive(may(json!(["write"])))), &[]),
        ("nobody, as asked", want(json!({"oneDrive": false})), known(drive(json!([]))), &[]),
        ("nobody, for there is none", want(json!({})), known(nothing()), &[]),
        (
            "nobody takes over",
            want(json!({})),
            nobody(known(drive(json!([])))),
            &["left no-successor /successor"],
        ),
    ]);
}

#[test]
fn whoever_was_named_takes_over_and_not_the_manager() {
    let adele =
        read(json!({"id": id(3), "userPrincipalName": "AdeleV@contoso.com", "displayName": "Adele Vance"}));
    let mut have = known(Rest { drive: Some((read(json!({"id": "b!1"})), Vec::new())), ..nothing() });
    have.quick.named_successor = Some(Found::One(adele));
    decides(vec![(
        "named",
        want(json!({"successor": "AdeleV@contoso.com"})),
        have,
        &["1| let Adele Vance into the OneDrive of Lidia Holloway"],
    )]);
}

#[test]
fn what_becomes_of_the_profile() {
    let asks = |more: Value| want(json!({"profile": more}));
    let is = |more: Value| Facts { quick: quick(gone(more)), rest: Some(nothing()) };
    let phone = || is(json!({"mobilePhone": "+1 2065550100"}));
    let prefix = json!({"displayNamePrefix": "Left - "});
    let synced = json!({"onPremisesSyncEnabled": true});
    let in_a_week = |mut want: Leaver| {
        want.licences.after_days = Some(7);
        want
    };
    decides(vec![
        ("stays", asks(json!({})), phone(), &[]),
        (
            "without the phone number",
            asks(json!({"clearMobilePhone": true})),
            phone(),
            &["1| set mobilePhone of Lidia Holloway"],
        ),
        (
            "without a phone number that is not there",
            asks(json!({"clearMobilePhone": true})),
            is(json!({})),
            &[],
        ),
        (
            "without a phone number that is null",
            asks(json!({"clearMobilePhone": true})),
            is(json!({"mobilePhone": null})),
            &[],
        ),
        (
            "under a new name",
            asks(prefix.clone()),
            is(json!({})),
            &[
                "1| set displayName of Lidia Holloway: displayName from Lidia Holloway to Left - Lidia Holloway",
            ],
        ),
        (
            "under a new name, already",
            asks(prefix.clone()),
            is(json!({"displayName": "Left - Lidia Holloway"})),
            &[],
        ),
        (
            "without a manager",
            asks(json!({"clearManager": true})),
            is(json!({})),
            &["1| leave Lidia Holloway without a manager"],
        ),
        (
            "without a manager, but not while licences are still to come",
            in_a_week(asks(json!({"clearManager": true}))),
            Facts {
                quick: quick(gone(json!({"licenseAssignmentStates": [{"skuId": VISIO}]}))),
                rest: Some(Rest { skus: vec![visio()], ..nothing() }),
            },
            &["note licences-later", "again 2026-04-07T00:00:00Z"],
        ),
        (
            "without a manager, once the mailbox is seen to be a shared one",
            asks(json!({"clearManager": true})),
            known(Rest { mail: Some(mail(json!({"RecipientTypeDetails": "UserMailbox"}))), ..nothing() }),
            &[
                "1| make the mailbox of Lidia Holloway a shared one",
                "2|... leave Lidia Holloway without a manager",
                GOES_ON,
            ],
        ),
        (
            "mastered on premises",
            asks(prefix),
            is(synced.clone()),
            &["left account-synced", "left profile-synced"],
        ),
        (
            "mastered on premises, and without a manager",
            asks(json!({"clearManager": true})),
            is(synced),
            &["left account-synced", "left profile-synced"],
        ),
    ]);
}

#[test]
fn on_which_day_the_account_is_deleted() {
    let after = |days: u32| want(json!({"deleteAfterDays": days}));
    let since = |date: &str| Facts { quick: quick(gone_on(date, json!({}))), rest: Some(nothing()) };
    let back = lidia(json!({"employeeLeaveDateTime": "2024-01-31T17:00:00Z"}));
    let delete: &[&str] =
        &["1 delete Lidia Holloway with everything it holds (it can be restored for 30 days)"];
    decides(vec![
        ("never", want(json!({})), since("2020-01-01T00:00:00Z"), &[]),
        ("not yet", after(30), since(TODAY), &["note deleted-later", "again 2026-04-30T00:00:00Z"]),
        ("today", after(30), since("2026-03-01T15:00:00Z"), delete),
        (
            "a second too early",
            after(30),
            since("2026-03-01T15:00:01Z"),
            &["note deleted-later", "again 2026-03-31T15:00:01Z"],
        ),
        (
            "not yet, of who left years ago and came back",
            after(30),
            Facts { quick: quick(back), rest: Some(nothing()) },
            &[DATE, PASSWORD, BLOCK, SIGN_OUT, "note deleted-later", "again 2026-04-30T00:00:00Z"],
        ),
    ]);
}

#[test]
fn nothing_is_deleted_while_anything_is_left_to_do() {
    let after = |more: Value| want(with(json!({"deleteAfterDays": 30}), more));
    let is = |more: Value, rest: Rest| Facts {
        quick: quick(gone_on("2026-02-01T15:00:00Z", more)),
        rest: Some(rest),
    };
    let owned = || {
        let object = json!({"@odata.type": "#microsoft.graph.group", "id": id(40), "displayName": "Payroll"});
        Rest { owned: vec![(read(object), vec![owner(1)])], ..nothing() }
    };
    let mut alone = is(json!({}), owned());
    alone.quick.manager = None;
    let synced = json!({"onPremisesSyncEnabled": true});
    let phone = json!({"mobilePhone": "+1 2065550100"});
    let day = json!({"at": "2026-02-01T15:00:00Z"});
    decides(vec![
        (
            "a profile is not cleaned up yet",
            after(json!({"profile": {"clearMobilePhone": true}})),
            is(phone, nothing()),
            &["1| set mobilePhone of Lidia Holloway", "note deletion-waits", "again 2026-03-31T16:00:00Z"],
        ),
        (
            "a group would be nobody's",
            after(json!({})),
            alone,
            &[
                "left no-successor /successor",
                "left sole-owner /successor",
                "note deletion-waits",
                "again 2026-03-31T16:00:00Z",
            ],
        ),
        (
            "mastered on premises",
            after(day),
            is(synced.clone(), nothing()),
            &["left account-synced", "left delete-synced"],
        ),
        (
            "mastered on premises, and nobody said since when",
            after(json!({})),
            is(synced, nothing()),
            &["blocks time-unclear /at"],
        ),
    ]);
}

#[test]
fn of_two_days_the_first_is_when_to_look_again() {
    let account = gone(json!({"licenseAssignmentStates": [{"skuId": VISIO}]}));
    let have = Facts { quick: quick(account), rest: Some(Rest { skus: vec![visio()], ..nothing() }) };
    decides(vec![(
        "licences after a week, the account after a month",
        want(json!({"licences": {"afterDays": 7}, "deleteAfterDays": 30})),
        have,
        &["note licences-later", "note deleted-later", "again 2026-04-07T00:00:00Z"],
    )]);
}
