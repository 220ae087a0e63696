//! An absence, and a move.

use crate::*;

/// Somebody at work with a mailbox, a group, a licence, a device, and a method.
fn somebody_at_work() -> Facts {
    let account = lidia(json!({"licenseAssignmentStates": [{"skuId": VISIO}]}));
    let devices = vec![read(json!({"id": id(30), "displayName": "Laptop"}))];
    let groups = vec![
        group(40, "Retail", json!({})),
        group(43, "Diagrams", json!({"assignedLicenses": [{"skuId": VISIO}]})),
    ];
    let reports = vec![somebody(4, "Johanna Lorenz")];
    let method = json!({"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "id": "m"});
    let rest =
        Rest { methods: vec![read(method)], skus: vec![visio()], mail: Some(used(json!({}))), ..nothing() };
    Facts { quick: Quick { devices, groups, reports, ..quick(account) }, rest: Some(rest) }
}

/// Of who moves, no right on the mailbox of anybody else is looked at.
const ELSEWHERE: &str = "note rights-elsewhere";

#[test]
fn who_is_absent_is_blocked_and_keeps_everything() {
    let absence = json!({"mode": "absence"});
    let answers = with(absence.clone(), json!({"mailbox": {"reply": {"internal": "Back in May"}}}));
    decides(vec![
        ("silently", want(absence.clone()), somebody_at_work(), &[BLOCK, SIGN_OUT]),
        (
            "with an answer",
            want(answers),
            somebody_at_work(),
            &[BLOCK, SIGN_OUT, "2| let the mailbox of Lidia Holloway answer everybody by itself"],
        ),
        (
            "without a mailbox",
            want(absence.clone()),
            Facts { rest: Some(nothing()), ..somebody_at_work() },
            &[BLOCK, SIGN_OUT],
        ),
        (
            "mastered on premises",
            want(absence),
            seen(quick(lidia(json!({"onPremisesSyncEnabled": true})))),
            &[ONLY_SIGN_OUT, "left account-synced"],
        ),
    ]);
}

#[test]
fn asked_again_on_another_day_nothing_is_done_twice() {
    let yesterday =
        json!({"accountEnabled": false, "signInSessionsValidFromDateTime": "2026-03-30T15:00:00Z"});
    let away = |more: Value| lidia(with(yesterday.clone(), more));
    let absence = || want(json!({"mode": "absence"}));
    let until = "2026-05-04T06:00:00Z";
    let answers = || {
        want(json!({"mode": "absence", "mailbox": {"reply": {"internal": "Back in May", "until": until}}}))
    };
    let utc = |at: &str| json!({"dateTime": format!("{at}.0000000"), "timeZone": "UTC"});
    let answering = Mail {
        reply: read(json!({
            "status": "scheduled", "externalAudience": "all",
            "internalReplyMessage": "Back in May", "externalReplyMessage": "Back in May",
            "scheduledStartDateTime": utc("2026-03-30T00:00:00"), "scheduledEndDateTime": utc("2026-05-04T06:00:00"),
        })),
        ..used(json!({}))
    };
    let rest = Some(Rest { mail: Some(answering), ..nothing() });
    decides(vec![
        ("an absence", absence(), seen(quick(away(json!({})))), &[]),
        ("an absence with an answer", answers(), Facts { quick: quick(away(json!({}))), rest }, &[]),
        (
            "an absence of who was blocked by hand, and not signed out",
            absence(),
            seen(quick(lidia(json!({"accountEnabled": false})))),
            &[ONLY_SIGN_OUT],
        ),
        (
            "an absence of who was let in since",
            absence(),
            seen(quick(away(json!({"accountEnabled": true})))),
            &[BLOCK, SIGN_OUT],
        ),
        (
            "an absence of who got another password since",
            absence(),
            seen(quick(away(json!({"lastPasswordChangeDateTime": "2026-03-30T16:00:00Z"})))),
            &[ONLY_SIGN_OUT],
        ),
        (
            "a move",
            want(json!({"mode": "move"})),
            Facts { quick: quick(lidia(json!({}))), rest: Some(nothing()) },
            &[ELSEWHERE],
        ),
    ]);
}

#[test]
fn who_moves_leaves_groups_and_licences_and_signs_in_as_before() {
    let moves = |more: Value| want(with(json!({"mode": "move"}), more));
    decides(vec![
        (
            "out of everything",
            moves(json!({})),
            somebody_at_work(),
            &[
                "1| remove Lidia Holloway from Retail",
                "2| take VISIOCLIENT from Lidia Holloway",
                "2| remove Lidia Holloway from Diagrams",
                ELSEWHERE,
            ],
        ),
        (
            "but for what is kept",
            moves(json!({"groups": {"keep": ["Diagrams"]}, "licences": {"keep": ["VISIOCLIENT"]}})),
            somebody_at_work(),
            &["1| remove Lidia Holloway from Retail", ELSEWHERE],
        ),
        (
            "but for the licence that the mailbox hangs on",
            moves(json!({})),
            Facts {
                quick: Quick {
                    groups: Vec::new(),
                    ..quick(lidia(json!({"licenseAssignmentStates": [{"skuId": E3}]})))
                },
                rest: Some(Rest { skus: vec![e3()], ..Rest::default() }),
            },
            &[ELSEWHERE, "note mailbox-licence"],
        ),
        (
            "licences after a week",
            moves(json!({"at": TODAY, "licences": {"afterDays": 7}})),
            somebody_at_work(),
            &[
                "1| remove Lidia Holloway from Retail",
                ELSEWHERE,
                "note licences-later",
                "again 2026-04-07T00:00:00Z",
            ],
        ),
        (
            "later",
            moves(json!({"at": "2026-04-30T17:00:00Z"})),
            somebody_at_work(),
            &["note leaves-later", "again 2026-04-30T17:00:00Z"],
        ),
    ]);
}

#[test]
fn what_only_a_leaver_can_have_is_a_flaw_in_the_other_modes() {
    let table: [(&str, Value, &[&str]); 3] = [
        ("/successor", json!({"successor": "LeeG@contoso.com"}), &["absence", "move"]),
        ("/keepDevices", json!({"keepDevices": true}), &["absence", "move"]),
        ("/profile", json!({"profile": {"clearManager": true}}), &["absence", "move"]),
    ];
    for (field, more, refused) in table {
        for mode in ["leave", "absence", "move"] {
            let flaws = OffboardUser::flaws(&want(with(json!({"mode": mode}), more.clone())));
            let told: Vec<(&str, &str)> =
                flaws.iter().map(|flaw| (flaw.field.as_str(), flaw.says.as_str())).collect();
            let right: &[(&str, &str)] = &[(field, "only with the mode leave")];
            assert_eq!(told, if refused.contains(&mode) { right } else { &[] }, "{field} with {mode}");
        }
    }
}
