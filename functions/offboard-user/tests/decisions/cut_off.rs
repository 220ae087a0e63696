//! What cannot wait.

use crate::*;

fn is(account: Account) -> Facts {
    seen(quick(account))
}

#[test]
fn who_is_cut_off_and_of_what() {
    let blocked = |more: Value| lidia(with(json!({"accountEnabled": false}), more));
    let dated = json!({"employeeLeaveDateTime": TODAY});
    decides(vec![
        ("may sign in", want(json!({})), is(lidia(json!({}))), &[DATE, PASSWORD, BLOCK, SIGN_OUT]),
        (
            "was blocked by hand, and may be signed in still",
            want(json!({})),
            is(blocked(json!({}))),
            &[DATE, PASSWORD, SIGN_OUT],
        ),
        (
            "was blocked and signed out by hand, and the password is the old one",
            want(json!({})),
            is(blocked(with(dated.clone(), json!({"signInSessionsValidFromDateTime": NOW})))),
            &[PASSWORD, SIGN_OUT],
        ),
        (
            "was signed out before the password was set anew",
            want(json!({})),
            is(gone(json!({"signInSessionsValidFromDateTime": "2026-03-31T14:58:00Z"}))),
            &[ONLY_SIGN_OUT],
        ),
        ("was cut off", want(json!({})), is(gone(json!({}))), &[]),
        (
            "was cut off, and let in again since",
            want(json!({})),
            is(gone(json!({"accountEnabled": true}))),
            &[PASSWORD, BLOCK, SIGN_OUT],
        ),
        (
            "left years ago, came back, and leaves again",
            want(json!({})),
            is(lidia(json!({"employeeLeaveDateTime": "2024-01-31T17:00:00Z"}))),
            &[DATE, PASSWORD, BLOCK, SIGN_OUT],
        ),
        (
            "was blocked by hand, and the date in the directory is long past",
            want(json!({})),
            is(blocked(json!({"employeeLeaveDateTime": "2024-01-31T17:00:00Z"}))),
            &[DATE, PASSWORD, SIGN_OUT],
        ),
        ("was cut off long ago", want(json!({})), is(gone_on("2025-06-30T15:00:00Z", json!({}))), &[]),
        (
            "nobody can say since when sessions count",
            want(json!({})),
            is(gone(json!({"signInSessionsValidFromDateTime": null}))),
            &[ONLY_SIGN_OUT],
        ),
        (
            "is mastered on premises",
            want(json!({})),
            is(lidia(json!({"onPremisesSyncEnabled": true}))),
            &[ONLY_SIGN_OUT, "left account-synced"],
        ),
        (
            "is mastered on premises and disabled there",
            want(json!({})),
            is(gone(json!({"onPremisesSyncEnabled": true}))),
            &["left account-synced"],
        ),
    ]);
}

#[test]
fn asked_again_on_another_day_only_who_may_still_sign_in_is_signed_out() {
    let yesterday = "2026-03-30T15:00:00Z";
    let signed_out = |more: Value| lidia(with(json!({"signInSessionsValidFromDateTime": yesterday}), more));
    let there = |is_enabled: bool| json!({"onPremisesSyncEnabled": true, "accountEnabled": is_enabled});
    let new_password = json!({"lastPasswordChangeDateTime": "2026-03-30T16:00:00Z"});
    decides(vec![
        ("a leave", want(json!({})), is(gone_on("2026-03-30T00:00:00Z", json!({}))), &[]),
        (
            "at a moment",
            want(json!({"at": "2026-03-30T00:00:00Z"})),
            is(gone_on("2026-03-30T00:00:00Z", json!({}))),
            &[],
        ),
        ("disabled on premises", want(json!({})), is(signed_out(there(false))), &["left account-synced"]),
        (
            "disabled on premises, and signed out before the moment that is asked for",
            want(json!({"at": "2026-03-30T17:00:00Z"})),
            is(signed_out(there(false))),
            &[ONLY_SIGN_OUT, "left account-synced"],
        ),
        (
            "disabled on premises, and given another password after that",
            want(json!({})),
            is(signed_out(with(there(false), new_password))),
            &[ONLY_SIGN_OUT, "left account-synced"],
        ),
        (
            "disabled on premises, and never signed out",
            want(json!({})),
            is(lidia(there(false))),
            &[ONLY_SIGN_OUT, "left account-synced"],
        ),
        (
            "not even disabled on premises",
            want(json!({})),
            is(signed_out(there(true))),
            &[ONLY_SIGN_OUT, "left account-synced"],
        ),
    ]);
}

#[test]
fn a_password_that_its_owner_set_cuts_nobody_off() {
    let own = |date: &str, password: &str, profile: Value| {
        let set = json!({
            "lastPasswordChangeDateTime": password, "signInSessionsValidFromDateTime": password,
            "passwordProfile": profile,
        });
        is(gone_on(date, set))
    };
    let chosen = || json!({"password": null, "forceChangePasswordNextSignIn": false});
    let given = || json!({"password": null, "forceChangePasswordNextSignIn": true});
    let (friday, sunday) = ("2026-03-27T16:00:00Z", "2026-03-29T09:00:00Z");
    let all: &[&str] = &[DATE, PASSWORD, SIGN_OUT];
    decides(vec![
        (
            "two days after the day of leaving, then blocked by hand",
            want(json!({})),
            own(friday, sunday, chosen()),
            all,
        ),
        (
            "the same, and the directory says nothing of it",
            want(json!({})),
            own(friday, sunday, json!(null)),
            all,
        ),
        (
            "on the very day",
            want(json!({})),
            own(TODAY, "2026-03-31T06:00:00Z", chosen()),
            &[PASSWORD, SIGN_OUT],
        ),
        (
            "a password that somebody gave them, and that they never used",
            want(json!({})),
            own(friday, sunday, given()),
            &[],
        ),
        (
            "their own, in an absence that is to last",
            want(json!({"mode": "absence"})),
            own(TODAY, "2026-03-31T06:00:00Z", chosen()),
            &[],
        ),
    ]);
}

#[test]
fn nobody_takes_an_account_from_on_premises_for_blocked() {
    for (enabled, is_told) in [(true, true), (false, false)] {
        let account = lidia(json!({"onPremisesSyncEnabled": true, "accountEnabled": enabled}));
        let plan = OffboardUser::plan(&want(json!({})), &is(account));
        let says = &plan.findings[0].says;
        assert_eq!(says.contains("is NOT blocked, and can sign in"), is_told, "{says}");
    }
}

#[test]
fn which_devices_are_disabled() {
    let device = |more: Value| read(with(json!({"id": id(30), "displayName": "Box"}), more));
    let has = |more: Value| seen(Quick { devices: vec![device(more)], ..quick(gone(json!({}))) });
    decides(vec![
        ("one", want(json!({})), has(json!({})), &["1 disable the device Box"]),
        (
            "of one system",
            want(json!({})),
            has(json!({"operatingSystem": "Windows", "accountEnabled": true})),
            &["1 disable the device Box (Windows)"],
        ),
        ("disabled already", want(json!({})), has(json!({"accountEnabled": false})), &[]),
        ("kept", want(json!({"keepDevices": true})), has(json!({})), &[]),
        (
            "joined on premises, too",
            want(json!({})),
            has(json!({"trustType": "ServerAd"})),
            &["1 disable the device Box", "left device"],
        ),
        (
            "one that no application may disable",
            want(json!({})),
            has(json!({"operatingSystem": "Linux"})),
            &["left device"],
        ),
        (
            "one that no application may disable, disabled already",
            want(json!({})),
            has(json!({"operatingSystem": "Linux", "accountEnabled": false})),
            &[],
        ),
        (
            "one that no application may disable, kept",
            want(json!({"keepDevices": true})),
            has(json!({"operatingSystem": "Linux"})),
            &[],
        ),
    ]);
}

#[test]
fn devices_go_before_the_account_is_blocked_and_sessions_after() {
    let devices = vec![read(json!({"id": id(30), "displayName": "Box"}))];
    decides(vec![(
        "all of it in one round trip",
        want(json!({})),
        seen(Quick { devices, ..quick(lidia(json!({}))) }),
        &[DATE, "1 disable the device Box", PASSWORD, BLOCK, SIGN_OUT],
    )]);
}
