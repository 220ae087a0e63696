//! Whether it may begin: who, when, and who takes over.

use crate::*;

/// The leaver was looked for, and found to be this.
fn found(leaver: Found<Account>) -> Facts {
    seen(Quick { leaver, ..quick(lidia(json!({}))) })
}

fn named(successor: Found<Account>) -> Facts {
    seen(Quick { named_successor: Some(successor), ..quick(gone(json!({}))) })
}

fn adele(more: Value) -> Account {
    let account =
        json!({"id": id(3), "userPrincipalName": "AdeleV@contoso.com", "displayName": "Adele Vance"});
    read(with(account, more))
}

#[test]
fn who_it_is_about() {
    let two = vec![lidia(json!({})), lidia(json!({"id": id(9)}))];
    decides(vec![
        ("nobody", want(json!({})), found(Found::None), &["blocks user-unknown /user"]),
        ("two of one employee id", want(json!({})), found(Found::Many(two)), &["blocks ambiguous /user"]),
    ]);
}

#[test]
fn who_takes_over() {
    let asks = || want(json!({"successor": "AdeleV@contoso.com"}));
    let two = vec![adele(json!({})), adele(json!({"id": id(9)}))];
    decides(vec![
        ("somebody", asks(), named(Found::One(adele(json!({})))), &[]),
        ("nobody of that name", asks(), named(Found::None), &["blocks person-unknown /successor"]),
        ("two of one employee id", asks(), named(Found::Many(two)), &["blocks ambiguous /successor"]),
        ("the leaver", asks(), named(Found::One(gone(json!({})))), &["blocks successor-self /successor"]),
        (
            "somebody who may not sign in",
            asks(),
            named(Found::One(adele(json!({"accountEnabled": false})))),
            &["blocks person-blocked /successor"],
        ),
    ]);
}

#[test]
fn a_manager_who_may_not_sign_in_takes_nothing_over() {
    let manager: Reference = read(json!({"id": id(2), "displayName": "Lee Gu", "accountEnabled": false}));
    let object = json!({"@odata.type": "#microsoft.graph.group", "id": id(40), "displayName": "Payroll"});
    let rest = || Rest {
        drive: Some((read(json!({"id": "b!1"})), Vec::new())),
        mail: Some(Mail { successor_opens: false, ..mail(json!({})) }),
        owned: vec![(read(object.clone()), vec![owner(1)])],
        ..nothing()
    };
    let known = |named: Option<Found<Account>>| {
        let manager = Some(manager.clone());
        Facts {
            quick: Quick { manager, named_successor: named, ..quick(gone(json!({}))) },
            rest: Some(rest()),
        }
    };
    let nobody_needed = json!({"oneDrive": false, "mailbox": {"fullAccess": false}});
    decides(vec![
        (
            "nobody else was named",
            want(json!({})),
            known(None),
            &["left manager-blocked /successor", "left sole-owner /successor"],
        ),
        (
            "nobody else was named, and nobody is needed",
            want(nobody_needed),
            known(None),
            &["left sole-owner /successor"],
        ),
        (
            "somebody else was named",
            want(json!({"successor": "AdeleV@contoso.com"})),
            known(Some(Found::One(adele(json!({"accountEnabled": true}))))),
            &[
                "1| let Adele Vance into the mailbox of Lidia Holloway",
                "2| make Adele Vance an owner of the group Payroll",
                "3 Lidia Holloway is no longer an owner of the group Payroll",
                "4| let Adele Vance into the OneDrive of Lidia Holloway",
            ],
        ),
    ]);
}

#[test]
fn nothing_is_cut_off_in_haste_that_the_whole_plan_would_block() {
    let have = Quick { named_successor: Some(Found::None), ..quick(lidia(json!({}))) };
    decides(vec![(
        "somebody at work, and a successor whom nobody knows",
        want(json!({"successor": "nobody@contoso.com"})),
        seen(have),
        &["blocks person-unknown /successor"],
    )]);
}

#[test]
fn when_it_begins() {
    let at = |text: &str| want(json!({"at": text}));
    let today = || seen(quick(lidia(json!({}))));
    let zone = |name: Option<&str>| seen(Quick { zone: name.map(str::to_owned), ..quick(lidia(json!({}))) });
    let leaves = |date: &str| seen(quick(lidia(json!({"employeeLeaveDateTime": date}))));
    let date = |at: &str| format!("1 set the leave date of Lidia Holloway to {at}");
    let cut_off = |date: &str| [date.to_owned(), PASSWORD.into(), BLOCK.into(), SIGN_OUT.into()];
    let later = |at: &str| ["note leaves-later".to_owned(), format!("again {at}")];
    let table: [(&str, Leaver, Facts, Vec<String>); 10] = [
        ("at once", want(json!({})), today(), cut_off(DATE).into()),
        ("tomorrow", at("2026-04-01T17:00:00+02:00"), today(), later("2026-04-01T15:00:00Z").into()),
        (
            "this very moment",
            at("2026-03-31T17:00:00+02:00"),
            today(),
            cut_off(&date("2026-03-31T15:00:00Z")).into(),
        ),
        (
            "five where it is five",
            at("2026-03-31T17:00"),
            zone(Some("W. Europe Standard Time")),
            cut_off(&date("2026-03-31T15:00:00Z")).into(),
        ),
        (
            "five where it is not yet",
            at("2026-03-31T17:00"),
            zone(Some("Pacific Standard Time")),
            later("2026-04-01T00:00:00Z").into(),
        ),
        (
            "five where nobody knows",
            at("2026-03-31T17:00"),
            zone(Some("Customized Time Zone")),
            vec!["blocks time-unclear /at".into()],
        ),
        (
            "five without a mailbox",
            at("2026-03-31T17:00"),
            zone(None),
            vec!["blocks time-unclear /at".into()],
        ),
        (
            "on the day that the directory knows, which is to come",
            at("employeeLeaveDateTime"),
            leaves("2026-04-30T15:00:00Z"),
            later("2026-04-30T15:00:00Z").into(),
        ),
        (
            "on the day that the directory knows, which was yesterday",
            at("employeeLeaveDateTime"),
            leaves("2026-03-30T15:00:00Z"),
            vec![PASSWORD.into(), BLOCK.into(), SIGN_OUT.into()],
        ),
        (
            "on a day that the directory does not know",
            at("employeeLeaveDateTime"),
            today(),
            vec!["blocks time-unclear /at".into()],
        ),
    ];
    for (name, want, have, expected) in table {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        decides(vec![(name, want, have, &expected)]);
    }
}

#[test]
fn a_leave_date_that_is_to_come_does_not_hold_up_who_is_to_leave_at_once() {
    decides(vec![(
        "at once",
        want(json!({})),
        seen(quick(lidia(json!({"employeeLeaveDateTime": "2026-04-30T15:00:00Z"})))),
        &[DATE, PASSWORD, BLOCK, SIGN_OUT],
    )]);
}

#[test]
fn what_is_worth_knowing_before_it_begins() {
    let alone = Quick { manager: None, ..quick(gone(json!({}))) };
    let manager = Quick { reports: vec![somebody(4, "Johanna Lorenz")], ..quick(gone(json!({}))) };
    let admin = Quick { holds_role: true, ..quick(gone(json!({}))) };
    let know = |quick: Quick| Facts { quick, rest: Some(nothing()) };
    let nobody_needed = json!({"oneDrive": false, "mailbox": {"fullAccess": false}});
    decides(vec![
        ("no manager", want(json!({})), know(alone.clone()), &["left no-successor /successor"]),
        ("no manager, and nobody is needed", want(nobody_needed), know(alone), &[]),
        ("a manager of others", want(json!({})), know(manager), &["left reports"]),
        ("a holder of roles", want(json!({})), know(admin), &["note holds-role"]),
    ]);
}

#[test]
fn the_guard_rails_are_told_what_the_account_holds_even_of_the_first_look() {
    let have = Quick {
        holds_role: true,
        groups: vec![group(40, "Break glass", json!({}))],
        reports: vec![somebody(4, "Johanna Lorenz")],
        ..quick(lidia(json!({})))
    };
    let eligible = Quick { may_take_role: true, ..quick(lidia(json!({}))) };
    assert!(OffboardUser::plan(&want(json!({})), &seen(eligible)).subject.holds_role);
    let subject = OffboardUser::plan(&want(json!({})), &seen(have)).subject;
    assert_eq!((subject.holds_role, subject.reports), (true, 1));
    assert_eq!(subject.member_of, [id(40).parse().expect("an id")]);
}

#[test]
fn an_answer_that_would_be_over_when_it_begins_is_no_answer() {
    let asks = |at: Value, until: &str| {
        want(json!({"at": at, "mailbox": {"reply": {"internal": "Lidia has left", "until": until}}}))
    };
    let work = || seen(quick(lidia(json!({"employeeLeaveDateTime": "2026-04-30T15:00:00Z"}))));
    let later = ["note leaves-later", "again 2026-04-30T15:00:00Z"];
    let cut_off = [DATE, PASSWORD, BLOCK, SIGN_OUT];
    let on_leave_date = || json!("employeeLeaveDateTime");
    decides(vec![
        (
            "over an hour ago",
            asks(json!(null), "2026-03-31T14:00:00Z"),
            work(),
            &["blocks reply-over /mailbox/reply/until"],
        ),
        (
            "over this very moment",
            asks(json!(null), NOW),
            work(),
            &["blocks reply-over /mailbox/reply/until"],
        ),
        ("over in a second", asks(json!(null), "2026-03-31T15:00:01Z"), work(), &cut_off),
        (
            "over when the directory says that they leave",
            asks(on_leave_date(), "2026-04-30T15:00:00Z"),
            work(),
            &["blocks reply-over /mailbox/reply/until", later[0], later[1]],
        ),
        ("over after that", asks(on_leave_date(), "2026-04-30T15:00:01Z"), work(), &later),
        (
            "over since, of who is gone",
            asks(json!(null), "2026-03-31T14:59:59Z"),
            seen(quick(gone(json!({})))),
            &[],
        ),
        (
            "over since, of who is cut off on premises",
            asks(json!(null), "2026-03-31T14:59:59Z"),
            seen(quick(gone(json!({"onPremisesSyncEnabled": true, "accountEnabled": true})))),
            &[ONLY_SIGN_OUT, "left account-synced"],
        ),
    ]);
}
