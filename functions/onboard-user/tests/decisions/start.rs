//! The first day: sign-in, pass, and what the guard-rails are told.

use crate::*;

#[test]
fn when_sign_in_is_allowed() {
    let blocked = |more: Value| somebody(mallory(with(json!({"accountEnabled": false}), more)));
    let reset = json!({"lastPasswordChangeDateTime": "2026-02-27T17:00:00Z"});
    let later = json!({"startsAt": "2026-03-09T08:00:00+01:00"});
    decides(vec![
        (
            "starts later",
            want(later.clone()),
            nobody(),
            &[CREATE, "note starts-later", "again 2026-03-09T07:00:00Z"],
        ),
        (
            "has started",
            want(json!({"startsAt": "2026-03-02T08:00:00Z"})),
            nobody(),
            &[CREATE, "2 let Mallory Cortez sign in"],
        ),
        ("blocked and never used", want(json!({})), blocked(json!({})), &["1 let Mallory Cortez sign in"]),
        (
            "created over a minute",
            want(json!({})),
            blocked(json!({"lastPasswordChangeDateTime": "2026-01-05T09:01:00Z"})),
            &["1 let Mallory Cortez sign in"],
        ),
        (
            "never used, starts later",
            want(later.clone()),
            blocked(json!({})),
            &["note starts-later", "again 2026-03-09T07:00:00Z"],
        ),
        ("blocked since", want(json!({})), blocked(reset.clone()), &["blocks account-blocked /reinstate"]),
        (
            "signed out since",
            want(json!({})),
            blocked(json!({"signInSessionsValidFromDateTime": "2026-02-27T17:00:00Z"})),
            &["blocks account-blocked /reinstate"],
        ),
        (
            "nobody can say whether it was used",
            want(json!({})),
            blocked(json!({"lastPasswordChangeDateTime": null})),
            &["blocks account-blocked /reinstate"],
        ),
        ("back", want(json!({"reinstate": true})), blocked(reset.clone()), &["1 let Mallory Cortez sign in"]),
        (
            "back, later",
            want(with(later.clone(), json!({"reinstate": true}))),
            blocked(reset),
            &["note starts-later", "again 2026-03-09T07:00:00Z"],
        ),
        (
            "may sign in already",
            want(later),
            somebody(mallory(json!({}))),
            &["left started-before /startsAt"],
        ),
        (
            "disabled on premises",
            want(json!({})),
            blocked(json!({"onPremisesSyncEnabled": true})),
            &["left account-synced"],
        ),
    ]);
}

#[test]
fn who_gets_a_pass() {
    let pass = |more: Value| want(with(json!({"temporaryAccessPass": {}}), more));
    let new = json!({"createdDateTime": "2026-03-02T07:50:00Z", "lastPasswordChangeDateTime": "2026-03-02T07:50:00Z"});
    let used = json!({"lastPasswordChangeDateTime": "2026-02-27T17:00:00Z"});
    let blocked = json!({"accountEnabled": false});
    let listed = |facts: Facts| Facts { held: Some(Held { has_pass: true, ..Held::default() }), ..facts };
    let issue = "issue a Temporary Access Pass for Mallory Cortez";
    let let_in = "1 let Mallory Cortez sign in";
    let in_use: &[&str] = &["left account-in-use /temporaryAccessPass"];
    decides(vec![
        (
            "nobody yet",
            pass(json!({})),
            nobody(),
            &[CREATE, "2 let Mallory Cortez sign in", &format!("3 {issue}"), "note credential-once"],
        ),
        (
            "an account that a run has just created and let in before it died",
            pass(json!({})),
            somebody(mallory(new.clone())),
            &[&format!("1 {issue}"), "note credential-once"],
        ),
        (
            "one that it has not let in",
            pass(json!({})),
            somebody(mallory(with(new.clone(), blocked.clone()))),
            &[let_in, &format!("2 {issue}"), "note credential-once"],
        ),
        (
            "one that has a pass",
            pass(json!({})),
            listed(somebody(mallory(new.clone()))),
            &["note pass-issued"],
        ),
        (
            "one that was new and is in use",
            pass(json!({})),
            somebody(mallory(with(new, json!({"lastPasswordChangeDateTime": "2026-03-02T07:59:00Z"})))),
            in_use,
        ),
        ("one that is a day old", pass(json!({})), somebody(mallory(json!({}))), in_use),
        ("one that is in use", pass(json!({})), somebody(mallory(used.clone())), in_use),
        (
            "one that is in use, called back or not",
            pass(json!({"reinstate": true})),
            somebody(mallory(used.clone())),
            in_use,
        ),
        (
            "one that is let in only now",
            pass(json!({})),
            somebody(mallory(blocked.clone())),
            &[let_in, "left credential-later"],
        ),
        (
            "one that is let in again",
            pass(json!({"reinstate": true})),
            somebody(mallory(with(used, blocked.clone()))),
            &[let_in, "left credential-later"],
        ),
        (
            "one that starts later",
            pass(json!({"startsAt": "2026-03-09T07:00:00Z"})),
            nobody(),
            &[CREATE, "left credential-later", "note starts-later", "again 2026-03-09T07:00:00Z"],
        ),
        (
            "one that the timer lets in: nobody reads its answer",
            pass(json!({"startsAt": "2026-03-01T07:00:00Z"})),
            somebody(mallory(blocked.clone())),
            &[let_in, "left credential-later"],
        ),
        (
            "one that is disabled on premises",
            pass(json!({})),
            somebody(mallory(with(blocked, json!({"onPremisesSyncEnabled": true})))),
            &["left account-synced", "left credential-later"],
        ),
    ]);
}

#[test]
fn the_guard_rails_are_told_what_the_account_holds() {
    let held = Held { holds_role: true, groups: vec![group(40, "Finance", json!({}))], ..Held::default() };
    let have = Facts { held: Some(held), ..somebody(mallory(json!({}))) };
    let plan = OnboardUser::plan(&want(json!({})), &have);
    assert!(plan.subject.holds_role);
    assert_eq!(plan.subject.member_of, [id(40).parse().expect("an id")]);
    assert_eq!(sentences(&plan), ["note holds-role"]);
}
