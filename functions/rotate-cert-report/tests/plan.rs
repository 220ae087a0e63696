//! Decisions as tables: what is asked and what is known in, what is done in few words out. No client, no tenant, no async.

#![cfg(test)]

use std::collections::BTreeMap;

use directory::application::Application;
use directory::look::Found;
use graph::ObjectId;
use jiff::{SignedDuration, Timestamp};
use plan::{Plan, Task};
use rotate_cert_report::{Certificate, Facts, Kept, Pointed, RotateCertReport, Rotation, Uses, newest};
use serde_json::{Value, json};
use telling::{read, with};

/// The certificate of the sample: self-signed, of no use to anybody.
const CER: &str = "TUlJQmFzaWM=";
const APP: &str = "11111111-0000-4000-8000-000000000001";
const APP_ID: &str = "22222222-0000-4000-8000-000000000002";
const OLD: &str = "aaaaaaaa000040008000000000000001";
const NEW: &str = "bbbbbbbb000040008000000000000002";
const BY_HAND: &str = "cccccccc-0000-4000-8000-000000000003";

fn now() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn in_days(days: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * days)
}

fn guid(version: &str) -> String {
    version.parse::<ObjectId>().unwrap().to_string()
}

/// A version of the certificate that was made so many days ago and ends so many days from now.
fn version(version: &str, age: i64, ends: i64) -> Value {
    json!({
        "id": format!("https://contoso-keys.vault.azure.net/certificates/payroll/{version}"),
        "kid": format!("https://contoso-keys.vault.azure.net/keys/payroll/{version}"),
        "cer": CER, "x5t": "x5t",
        "attributes": {"enabled": true, "created": in_days(-age).as_second(), "nbf": in_days(-age).as_second(),
                       "exp": in_days(ends).as_second()},
        "tags": {"m365-run": "r-1", "m365-application": APP_ID},
    })
}

/// A credential of the application.
fn held(id: &str, name: &str, ends: i64) -> Value {
    json!({"keyId": id, "displayName": name, "startDateTime": in_days(-300), "endDateTime": in_days(ends), "key": CER})
}

fn pointer(version: &str) -> Value {
    json!({"application": APP_ID, "version": version, "certificate": "c", "key": "k", "x5t": "x", "x5t#S256": "y",
           "expires": in_days(300)})
}

/// What is known of a certificate: which the application holds, which versions there are, and which is published since when.
struct Known {
    held: Vec<Value>,
    versions: Vec<Value>,
    is_pending: bool,
    pointer: Option<(Value, i64)>,
    uses: Uses,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            held: Vec::new(),
            versions: Vec::new(),
            is_pending: false,
            pointer: None,
            uses: Uses::Known(BTreeMap::new()),
        }
    }
}

fn application(certificates: &[Value], secrets: &[Value]) -> Application {
    let object = json!({"id": APP, "appId": APP_ID, "displayName": "Payroll",
                        "keyCredentials": certificates, "passwordCredentials": secrets});
    serde_json::from_value(object).unwrap()
}

fn wanted(more: Value) -> Rotation {
    let want = json!({"application": "Payroll", "certificate": {"vault": "contoso-keys", "name": "payroll"}});
    read(with(want, more))
}

fn planned(want: &Rotation, known: Known) -> Plan {
    let application = application(&known.held, &[]);
    let versions: Vec<_> =
        known.versions.iter().map(|one| serde_json::from_value(one.clone()).unwrap()).collect();
    let newest = newest(want, &application, &versions, now()).map(|newest| newest.id.clone());
    let newest = known.versions.iter().find(|one| newest.as_deref() == one["id"].as_str());
    let kept = Certificate {
        newest: newest.map(|one| serde_json::from_value(one.clone()).unwrap()),
        versions,
        is_pending: known.is_pending,
        pointer: known
            .pointer
            .map(|(says, days)| Pointed { says: serde_json::from_value(says).ok(), at: in_days(-days) }),
    };
    let kept = Kept::Certificate { wanted: want.certificate.clone().unwrap(), kept: Box::new(kept) };
    RotateCertReport::plan(
        want,
        &Facts { now: now(), application: Found::One(application), kept, uses: known.uses },
    )
}

/// What is done at once, and what waits, in few words.
fn told(plan: &Plan) -> String {
    let stages = plan.stages.iter().flat_map(|stage| {
        stage.changes.iter().map(move |change| {
            let word = change.says.split(' ').next().unwrap_or_default();
            if stage.later { format!("({word})") } else { word.to_owned() }
        })
    });
    stages.collect::<Vec<_>>().join(" ")
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn a_certificate_goes_a_stage_further_each_time() {
    let (old, new) = (|ends| held(&guid(OLD), "old", ends), || held(&guid(NEW), "new", 180));
    let (before, fresh) = (|ends| version(OLD, 160, ends), || version(NEW, 0, 180));
    let table: Vec<(&str, Known, &str)> = vec![
        ("nothing was ever made", Known::default(), "have (add) (sign) (publish)"),
        ("a version is being made", Known { is_pending: true, ..Known::default() }, ""),
        (
            "it is good for a while yet",
            Known {
                held: vec![old(60)],
                versions: vec![before(60)],
                pointer: Some((pointer(OLD), 160)),
                ..Known::default()
            },
            "",
        ),
        (
            "it ends soon",
            Known {
                held: vec![old(29)],
                versions: vec![before(29)],
                pointer: Some((pointer(OLD), 160)),
                ..Known::default()
            },
            "have (add) (sign) (publish)",
        ),
        (
            "the next one is made",
            Known {
                held: vec![old(29)],
                versions: vec![before(29), fresh()],
                pointer: Some((pointer(OLD), 160)),
                ..Known::default()
            },
            "add (sign) (publish)",
        ),
        (
            "the next one is added",
            Known {
                held: vec![old(29), new()],
                versions: vec![before(29), fresh()],
                pointer: Some((pointer(OLD), 160)),
                ..Known::default()
            },
            "sign publish",
        ),
        (
            "the next one is published",
            Known {
                held: vec![old(29), new()],
                versions: vec![before(29), fresh()],
                pointer: Some((pointer(NEW), 0)),
                ..Known::default()
            },
            "",
        ),
        (
            "everybody had time to change over",
            Known {
                held: vec![old(20), new()],
                versions: vec![before(20), fresh()],
                pointer: Some((pointer(NEW), 9)),
                ..Known::default()
            },
            "sign remove sign",
        ),
        (
            "somebody has taken the published one away from the application",
            Known { versions: vec![fresh()], pointer: Some((pointer(NEW), 9)), ..Known::default() },
            "add (sign)",
        ),
    ];
    for (case, known, expected) in table {
        assert_eq!(told(&planned(&wanted(json!({})), known)), expected, "{case}");
    }
}

#[test]
fn the_old_one_goes_only_when_nobody_needs_it() {
    let known = |days, ends, uses| Known {
        held: vec![held(&guid(OLD), "old", ends), held(&guid(NEW), "new", 180)],
        versions: vec![version(OLD, 160, ends), version(NEW, 0, 180)],
        pointer: Some((pointer(NEW), days)),
        uses,
        ..Known::default()
    };
    let used = |days: i64| Uses::Known([(guid(OLD).parse().unwrap(), in_days(-days))].into());
    let nobody_knows = || Uses::Unknown("403 Forbidden: no".to_owned());
    let goes = "sign remove sign";
    let table = [
        // Days since it was published, days until the old one ends, its use, more of the request, what is done, what is told.
        (6, 20, used(100), json!({}), "", Some("overlap")),
        (7, 20, used(100), json!({}), "", Some("overlap")),
        (8, 20, used(100), json!({}), goes, None),
        (8, 20, used(6), json!({}), "", Some("overlap")),
        (8, 20, used(7), json!({}), goes, None),
        (8, 20, used(6), json!({"quiet": 5}), goes, None),
        (8, 20, nobody_knows(), json!({}), "", Some("last-use-unknown")),
        (8, 20, nobody_knows(), json!({"unseen": "remove"}), goes, None),
        (6, 20, nobody_knows(), json!({"unseen": "remove"}), "", Some("overlap")),
        (20, 20, used(100), json!({"grace": 30}), "", Some("overlap")),
        // It has ended: nobody can sign in with it any more.
        (0, -1, used(0), json!({}), goes, None),
    ];
    for (at, (days, ends, uses, more, expected, code)) in table.into_iter().enumerate() {
        let plan = planned(&wanted(more), known(days, ends, uses));
        assert_eq!((told(&plan).as_str(), codes(&plan).first().copied()), (expected, code), "{at}");
        let comes_back = plan.again.is_some_and(|again| again > now());
        assert_eq!(comes_back, code == Some("overlap"), "{at}");
    }
}

#[test]
fn only_what_was_made_here_or_is_named_is_ever_removed() {
    let by_hand = || held(BY_HAND, "by hand", 90);
    let known = || Known {
        held: vec![by_hand(), held(&guid(NEW), "new", 180)],
        versions: vec![version(NEW, 20, 180)],
        pointer: Some((pointer(NEW), 20)),
        ..Known::default()
    };
    let plan = planned(&wanted(json!({})), known());
    assert_eq!((told(&plan).as_str(), codes(&plan)), ("", vec!["others-stay"]));
    let plan = planned(&wanted(json!({"replaces": [BY_HAND]})), known());
    assert_eq!((told(&plan).as_str(), codes(&plan)), ("sign remove sign", vec![]));
}

#[test]
fn what_may_have_leaked_is_renewed_however_long_it_is_valid() {
    let known = || Known {
        held: vec![held(&guid(OLD), "old", 300)],
        versions: vec![version(OLD, 10, 300)],
        pointer: Some((pointer(OLD), 10)),
        ..Known::default()
    };
    for (days, expected) in [(-11, ""), (-9, "have (add) (sign) (publish)")] {
        let want = wanted(json!({"madeAfter": in_days(days)}));
        assert_eq!(told(&planned(&want, known())), expected, "{days}");
    }
}

#[test]
fn a_pointer_of_somebody_else_is_not_touched() {
    let others = json!({"application": APP, "version": OLD, "certificate": "c", "key": "k", "x5t": "x", "x5t#S256": "y",
                        "expires": in_days(300)});
    for says in [others, json!({"connection": "of something else"})] {
        let plan = planned(&wanted(json!({})), Known { pointer: Some((says, 10)), ..Known::default() });
        assert!(plan.is_blocked() && codes(&plan) == ["pointer-taken"], "{plan:#?}");
    }
}

#[test]
fn a_certificate_of_somebody_else_gets_no_new_version() {
    for (tags, says) in [
        (json!({"m365-application": APP}), format!("is that of another application, {APP}: name another")),
        (json!(null), "was not made by this function: name another".to_owned()),
    ] {
        let mut theirs = version(OLD, 160, 20);
        theirs["tags"] = tags;
        let plan = planned(&wanted(json!({})), Known { versions: vec![theirs], ..Known::default() });
        let told = format!("the certificate contoso-keys/payroll is there and {says}");
        assert_eq!(
            (codes(&plan), plan.findings[0].says.as_str()),
            (vec!["certificate-taken"], told.as_str())
        );
        assert!(plan.is_blocked() && plan.is_empty(), "{plan:#?}");
    }
    let mut on_top = version(BY_HAND, 10, 20);
    on_top["tags"] = json!(null);
    let ours = Known { versions: vec![version(OLD, 160, 20), on_top], ..Known::default() };
    assert_eq!(told(&planned(&wanted(json!({})), ours)), "have (add) (sign) (publish)");
}

#[test]
fn what_is_approved_in_the_morning_is_the_same_in_the_evening() {
    let want = wanted(json!({}));
    let digests = [0, 10].map(|hours| {
        let mut plan = planned(&want, Known::default());
        plan.goes_on = Some(now() + SignedDuration::from_hours(hours));
        plan.digest()
    });
    assert_eq!(digests[0], digests[1]);
}

/// A version of the secret for an application, which holds this credential of it, with its age in days.
type Marked<'a> = (Option<(&'a str, &'a str)>, i64);

/// What the case is called, what the application holds, the credentials that the versions hold with their age in days, and what
/// is done.
type Row<'a> = (&'a str, Vec<Value>, Vec<(&'a String, i64)>, &'a str);

/// What is known of a secret: what the application holds, and the versions.
fn planned_secret(secrets: &[Value], versions: &[Marked<'_>], more: Value) -> Plan {
    let secret = with(json!({"vault": "contoso-keys", "name": "payroll"}), more);
    let want: Rotation = read(json!({"application": "Payroll", "secret": secret}));
    let versions = versions.iter().enumerate().map(|(at, (marks, age))| {
        let tags =
            marks.map(|(application, id)| json!({"m365-credential": id, "m365-application": application}));
        serde_json::from_value(json!({
            "id": format!("https://contoso-keys.vault.azure.net/secrets/payroll/{at}"),
            "attributes": {"enabled": true, "created": in_days(-age).as_second()}, "tags": tags,
        }))
        .unwrap()
    });
    let kept = Kept::Secret { wanted: want.secret.clone().unwrap(), versions: versions.collect() };
    let uses = Uses::Known(BTreeMap::new());
    let application = Found::One(application(&[], secrets));
    RotateCertReport::plan(&want, &Facts { now: now(), application, kept, uses })
}

#[test]
fn a_secret_of_somebody_else_gets_no_new_version() {
    let by_hand = vec![held(BY_HAND, "by hand", 90)];
    let take_over = || json!({"takeOver": true});
    let table = [
        (
            None,
            json!({}),
            "",
            "was not made by this function: name another, or say takeOver if it holds a secret of Payroll",
        ),
        (None, take_over(), "add sign publish", ""),
        (Some((APP, BY_HAND)), json!({}), "", "is that of another application, 11111111"),
        (Some((APP, BY_HAND)), take_over(), "", "is that of another application, 11111111"),
    ];
    for (marks, more, done, says) in table {
        let plan = planned_secret(&by_hand, &[(marks, 100)], more);
        let taken = plan.findings.iter().find(|finding| finding.code == "secret-taken");
        assert_eq!((told(&plan).as_str(), plan.is_blocked()), (done, done.is_empty()), "{plan:#?}");
        assert!(taken.map_or("", |taken| &taken.says).contains(says), "{plan:#?}");
    }
}

#[test]
fn a_secret_goes_from_the_application_to_the_vault_or_not_at_all() {
    const ADDED: &str = "add sign publish";
    // The first letters of the SHA-256 of contoso-keys/payroll.
    const OURS: &str = "m365-functions 222ae7f2 r-1";
    let prefix = |name: &str| json!({"keyId": BY_HAND, "displayName": name, "endDateTime": in_days(80)});
    let (old, new) = (guid(OLD), guid(NEW));
    let table: [Row<'_>; 8] = [
        ("nothing was ever made", vec![], vec![], ADDED),
        ("it is good for a while yet", vec![held(&old, "a", 60)], vec![(&old, 30)], ""),
        ("it ends soon", vec![held(&old, "a", 20)], vec![(&old, 60)], ADDED),
        ("the application has it no more", vec![], vec![(&old, 30)], ADDED),
        ("one was made that nobody has", vec![prefix(OURS)], vec![], "remove add sign publish"),
        ("one was made for another place", vec![prefix("m365-functions 00000000 r-1")], vec![], ADDED),
        (
            "the next one is published",
            vec![held(&old, "a", 20), held(&new, "b", 90)],
            vec![(&old, 60), (&new, 1)],
            "",
        ),
        (
            "everybody had time to change over",
            vec![held(&old, "a", 20), held(&new, "b", 90)],
            vec![(&old, 60), (&new, 9)],
            "sign remove sign",
        ),
    ];
    for (case, secrets, versions, expected) in table {
        let versions: Vec<Marked<'_>> =
            versions.iter().map(|(id, age)| (Some((APP_ID, id.as_str())), *age)).collect();
        let plan = planned_secret(&secrets, &versions, json!({}));
        assert_eq!(told(&plan), expected, "{case}");
        assert!(codes(&plan).contains(&"secret-advice"), "{case}");
    }
}
