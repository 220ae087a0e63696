use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};
use tenant::Options;

use super::{Asker, inner, policy, version_of};

fn slow() -> Asker {
    Asker::with(Options { vault_delay: Duration::from_secs(6), ..Options::default() })
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_made_in_its_own_time() {
    let asker = slow();
    let begun = asker.post("/certificates/payroll/create", json!({ "policy": policy("payroll") })).await;
    begun.is(202);
    assert_eq!(begun.header("retry-after"), "10");
    let location = begun.header("location").to_owned();
    let id = begun.body["request_id"].as_str().unwrap();
    assert_eq!(
        location,
        format!(
            "https://contoso-keys.vault.azure.net/certificates/payroll/pending?api-version=2025-07-01&request_id={id}"
        )
    );
    assert_eq!(
        (&begun.body["status"], &begun.body["cancellation_requested"]),
        (&json!("inProgress"), &json!(false))
    );
    assert!(!STANDARD.decode(begun.body["csr"].as_str().unwrap()).unwrap().is_empty());

    let unfinished = asker.get("/certificates/payroll").await.is(200).body.clone();
    assert_eq!((&unfinished["attributes"]["enabled"], unfinished.get("cer")), (&json!(false), None));
    assert!(asker.get("/certificates").await.body["value"].as_array().unwrap().is_empty());
    let pending = asker.get("/certificates?includePending=true").await;
    assert_eq!(pending.body["value"].as_array().unwrap().len(), 1);

    asker.tenant.advance(Duration::from_millis(1_999));
    assert_eq!(
        asker.get("/certificates/payroll/pending").await.body["status"],
        "inProgress",
        "a third of it at least"
    );
    asker.tenant.advance(Duration::from_secs(4));
    let completed = asker.get("/certificates/payroll/pending").await.is(200).body.clone();
    assert_eq!(completed["status"], "completed");
    assert_eq!(completed["target"], "https://contoso-keys.vault.azure.net/certificates/payroll");
    let made = asker.get("/certificates/payroll").await.is(200).body.clone();
    assert_eq!(made["attributes"]["enabled"], true);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_told_with_key_secret_thumbprint_dates_and_policy() {
    let asker = Asker::new();
    let tags = json!({ "m365-run": "0197", "m365-application": "b6c8b1a0" });
    let body = json!({ "policy": policy("payroll"), "tags": tags });
    asker.post("/certificates/payroll/create", body).await.is(202);
    let made = asker.get("/certificates/payroll").await.is(200).body.clone();
    let version = version_of(&made);
    assert_eq!(version.len(), 32);
    for (name, noun) in [("id", "certificates"), ("kid", "keys"), ("sid", "secrets")] {
        assert_eq!(made[name], format!("https://contoso-keys.vault.azure.net/{noun}/payroll/{version}"));
    }
    let cer = STANDARD.decode(made["cer"].as_str().unwrap()).unwrap();
    assert_eq!(super::decoded(&made["x5t"]), digest(&SHA1_FOR_LEGACY_USE_ONLY, &cer).as_ref());
    let attributes = &made["attributes"];
    let seconds = |name: &str| attributes[name].as_i64().unwrap();
    assert_eq!(seconds("created") - seconds("nbf"), 600);
    assert_eq!(seconds("exp") - seconds("created"), 184 * 86_400, "2 March to 2 September");
    assert_eq!(
        (&attributes["recoveryLevel"], &attributes["recoverableDays"]),
        (&json!("Recoverable+Purgeable"), &json!(90))
    );
    assert_eq!(made["tags"], tags);
    assert_eq!(made["policy"]["key_props"]["exportable"], false);
    assert_eq!(made["policy"]["lifetime_actions"][0]["action"]["action_type"], "AutoRenew");
    asker.get(&format!("/certificates/payroll/{version}")).await.is(200);
    assert_eq!(asker.get("/certificates/payroll/policy").await.is(200).body["issuer"]["name"], "Self");
}

#[tokio::test(start_paused = true)]
async fn the_version_before_stays_the_current_one_until_the_next_is_made() {
    let asker = slow();
    asker.post("/certificates/payroll/create", json!({ "policy": policy("payroll") })).await.is(202);
    asker.tenant.advance(Duration::from_secs(6));
    let first = asker.get("/certificates/payroll").await.body.clone();
    asker.post("/certificates/payroll/create", json!({})).await.is(202);
    assert_eq!(version_of(&asker.get("/certificates/payroll").await.body), version_of(&first));
    let again = asker.post("/certificates/payroll/create", json!({})).await;
    again.is_refused(
        409,
        "Forbidden",
        "A new key vault certificate can not be created or imported while a pending key vault certificate's status is inProgress.",
    );
    asker.tenant.advance(Duration::from_secs(6));
    let second = asker.get("/certificates/payroll").await.body.clone();
    assert_ne!(second["x5t"], first["x5t"]);
    let versions = asker.get("/certificates/payroll/versions").await;
    let mut expected = vec![first["id"].as_str().unwrap(), second["id"].as_str().unwrap()];
    expected.sort_unstable();
    assert_eq!(versions.each("id"), expected);
    asker.get(&format!("/certificates/payroll/{}", version_of(&first))).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_there_once_something_was_begun_and_can_be_forgotten() {
    let asker = slow();
    let none = asker.get("/certificates/payroll/pending").await;
    none.is_refused(404, "PendingCertificateNotFound", "Pending certificate not found: payroll");
    asker.post("/certificates/payroll/create", json!({ "policy": policy("payroll") })).await.is(202);
    asker.delete("/certificates/payroll/pending").await.is(200);
    asker.tenant.advance(Duration::from_secs(6));
    asker.get("/certificates/payroll/pending").await.is(404);
    assert_eq!(asker.get("/certificates/payroll").await.code(), "CertificateNotFound");
}

#[tokio::test(start_paused = true)]
async fn a_key_is_used_again_only_where_the_policy_says_so() {
    let asker = Asker::new();
    let mut own = policy("payroll");
    let first = asker.make_with("payroll", own.clone()).await;
    own["key_props"]["reuse_key"] = json!(true);
    let second = asker.make_with("payroll", own).await;
    let number = |version: String| {
        let asker = &asker;
        async move { asker.get(&format!("/keys/payroll/{version}")).await.is(200).body["key"]["n"].clone() }
    };
    assert_eq!(number(version_of(&first)).await, number(version_of(&second)).await);
    let third = asker.make("payroll").await;
    assert_ne!(number(version_of(&first)).await, number(version_of(&third)).await);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made_is_refused_before_anything_is_there() {
    let asker = Asker::new();
    let table = [
        (json!({}), 400),
        (json!({ "policy": { "x509_props": { "subject": "payroll" } } }), 400),
        (
            json!({ "policy": { "x509_props": { "subject": "CN=payroll" }, "issuer": { "name": "Unknown" } } }),
            501,
        ),
        (json!({ "policy": policy("payroll"), "tags": { "long": "x".repeat(513) } }), 400),
    ];
    for (body, status) in table {
        assert_eq!(asker.post("/certificates/payroll/create", body.clone()).await.status, status, "{body}");
    }
    asker.get("/certificates/payroll/pending").await.is(404);
}

#[tokio::test(start_paused = true)]
async fn tags_are_replaced_and_a_certificate_can_be_switched_off() {
    let asker = Asker::new();
    let version = version_of(&asker.make("payroll").await);
    let path = format!("/certificates/payroll/{version}");
    let tagged = asker.ask("PATCH", &path, Some(json!({ "tags": { "state": "old" } }))).await;
    assert_eq!(tagged.is(200).body["tags"], json!({ "state": "old" }));
    let off = asker.ask("PATCH", &path, Some(json!({ "attributes": { "enabled": false } }))).await;
    assert_eq!(
        (&off.is(200).body["attributes"]["enabled"], &off.body["tags"]),
        (&json!(false), &json!({ "state": "old" }))
    );
    asker.ask("PATCH", "/certificates/payroll/0123", Some(json!({ "tags": {} }))).await.is(404);
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_changed_member_by_member() {
    let asker = Asker::new();
    asker.make("payroll").await;
    let change = json!({ "x509_props": { "validity_months": 3 } });
    let changed = asker.ask("PATCH", "/certificates/payroll/policy", Some(change)).await;
    let x509 = &changed.is(200).body["x509_props"];
    assert_eq!((&x509["validity_months"], &x509["subject"]), (&json!(3), &json!("CN=payroll")));
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_of_twenty_five_at_most() {
    let asker = Asker::new();
    for number in 0..27 {
        asker.set(&format!("secret-{number:02}"), "x").await.is(200);
    }
    let first = asker.get("/secrets").await;
    assert_eq!(first.is(200).each("id").len(), 25);
    let next = first.body["nextLink"].as_str().unwrap();
    let address = next.strip_prefix("https://contoso-keys.vault.azure.net:443").unwrap();
    let second = asker.exactly("GET", address, None).await;
    assert_eq!((second.is(200).each("id").len(), &second.body["nextLink"]), (2, &Value::Null));
    let ten = asker.get("/secrets?maxresults=10").await;
    assert_eq!(ten.each("id").len(), 10);
    for wrong in ["0", "26", "all"] {
        assert_eq!(asker.get(&format!("/secrets?maxresults={wrong}")).await.status, 400, "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_keeps_its_name_until_it_is_recovered_purged_or_ninety_days_old() {
    let asker = slow();
    asker.post("/certificates/payroll/create", json!({ "policy": policy("payroll") })).await.is(202);
    asker.tenant.advance(Duration::from_secs(6));
    let deleted = asker.delete("/certificates/payroll").await;
    assert_eq!(
        deleted.is(200).body["recoveryId"],
        "https://contoso-keys.vault.azure.net/deletedcertificates/payroll"
    );
    let dates = |name: &str| deleted.body[name].as_i64().unwrap();
    assert_eq!(dates("scheduledPurgeDate") - dates("deletedDate"), 90 * 86_400);
    let missing = asker.get("/certificates/payroll").await;
    assert_eq!((missing.status, missing.code()), (404, "CertificateNotFound"));
    assert!(
        missing
            .message()
            .starts_with("A certificate with (name/id) payroll was not found in this key vault.")
    );
    asker.get("/keys/payroll").await.is(404);

    let early = asker.get("/deletedcertificates/payroll").await;
    early.is_refused(404, "CertificateNotFound", "Deleted Certificate not found: payroll");
    assert_eq!(inner(&asker.delete("/deletedcertificates/payroll").await), "ObjectIsBeingDeleted");
    asker.tenant.advance(Duration::from_secs(6));
    assert_eq!(asker.get("/deletedcertificates").await.each("id").len(), 1);
    let taken = asker.post("/certificates/payroll/create", json!({ "policy": policy("payroll") })).await;
    assert_eq!(
        (taken.status, taken.code(), inner(&taken)),
        (409, "Conflict", "ObjectIsDeletedButRecoverable")
    );
    assert_eq!(inner(&asker.set("payroll", "x").await), "ObjectIsDeletedButRecoverable");

    asker.ask("POST", "/deletedcertificates/payroll/recover", None).await.is(200);
    asker.get("/certificates/payroll").await.is(200);
    asker.delete("/certificates/payroll").await.is(200);
    asker.tenant.advance(Duration::from_secs(6));
    let mut only = asker.only(&["Key Vault Certificates Officer"]);
    only.delete("/deletedcertificates/payroll").await.is(204);
    asker.get("/deletedcertificates/payroll").await.is(404);

    asker.post("/certificates/payroll/create", json!({ "policy": policy("payroll") })).await.is(202);
    asker.tenant.advance(Duration::from_secs(6));
    asker.delete("/certificates/payroll").await.is(200);
    asker.tenant.advance(Duration::from_secs(90 * 86_400));
    only.token = asker.tenant.token(&asker.tenant.default_identity(), super::VAULT);
    only.get("/deletedcertificates/payroll").await.is(404);
}
