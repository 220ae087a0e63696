use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Asker, inner, policy, version_of};

#[tokio::test(start_paused = true)]
async fn each_setting_makes_a_version_and_the_old_ones_stay() {
    let asker = Asker::new();
    let body = json!({
        "value": "one", "contentType": "application/json", "tags": { "m365-run": "0197" },
        "attributes": { "exp": 1_788_336_000, "nbf": 1_772_438_400 },
    });
    let first = asker.ask("PUT", "/secrets/pointer", Some(body)).await.is(200).body.clone();
    assert_eq!((&first["value"], &first["contentType"]), (&json!("one"), &json!("application/json")));
    assert_eq!(first["attributes"]["exp"], 1_788_336_000);
    asker.set("pointer", "two").await.is(200);
    assert_eq!(asker.get("/secrets/pointer").await.is(200).body["value"], "two");
    let old = asker.get(&format!("/secrets/pointer/{}", version_of(&first))).await;
    assert_eq!((&old.is(200).body["value"], &old.body["tags"]["m365-run"]), (&json!("one"), &json!("0197")));
    let versions = asker.get("/secrets/pointer/versions").await;
    let told = versions.is(200).body["value"].as_array().unwrap();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|version| version.get("value").is_none()), "{told:?}");
    let missing = asker.get("/secrets/pointer/0123").await;
    assert_eq!((missing.status, missing.code()), (404, "SecretNotFound"));
    assert!(
        asker.get("/secrets/unknown/versions").await.is(200).body["value"].as_array().unwrap().is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_off_is_not_told_one_out_of_date_is() {
    let asker = Asker::new();
    let past = json!({ "value": "x", "attributes": { "exp": 1_000_000_000 } });
    asker.ask("PUT", "/secrets/old", Some(past)).await.is(200);
    asker.get("/secrets/old").await.is(200);
    let version = version_of(&asker.set("pointer", "x").await.body);
    let off = json!({ "attributes": { "enabled": false }, "contentType": "text/plain" });
    let changed = asker.ask("PATCH", &format!("/secrets/pointer/{version}"), Some(off)).await;
    assert_eq!(
        (changed.is(200).body.get("value"), &changed.body["contentType"]),
        (None, &json!("text/plain"))
    );
    let refused = asker.get("/secrets/pointer").await;
    refused.is_refused(403, "Forbidden", "Operation get is not allowed on a disabled secret.");
    assert_eq!(inner(&refused), "SecretDisabled");
}

#[tokio::test(start_paused = true)]
async fn what_will_not_do_is_refused() {
    let asker = Asker::new();
    let table = [
        json!({}),
        json!({ "value": 7 }),
        json!({ "value": "x".repeat(25_601) }),
        json!({ "value": "x", "contentType": "x".repeat(256) }),
        json!({ "value": "x", "attributes": { "exp": "tomorrow" } }),
        json!({ "value": "x", "attributes": { "enabled": "no" } }),
        json!({ "value": "x", "tags": { "number": 1 } }),
    ];
    for body in table {
        let answer = asker.ask("PUT", "/secrets/pointer", Some(body.clone())).await;
        assert_eq!((answer.status, answer.code()), (400, "BadParameter"), "{body}");
    }
    asker.get("/secrets/pointer").await.is(404);
}

#[tokio::test(start_paused = true)]
async fn the_secret_of_a_certificate_is_the_certificate_alone_and_changed_through_it() {
    let asker = Asker::new();
    let made = asker.make("payroll").await;
    let secret = asker.get("/secrets/payroll").await.is(200).body.clone();
    assert_eq!(
        (&secret["id"], &secret["kid"], &secret["managed"]),
        (&made["sid"], &made["kid"], &json!(true))
    );
    let cer = STANDARD.decode(made["cer"].as_str().unwrap()).unwrap();
    let store = STANDARD.decode(secret["value"].as_str().unwrap()).unwrap();
    assert_eq!((store[0], secret["contentType"].as_str()), (0x30, Some("application/x-pkcs12")));
    assert!(store.windows(cer.len()).any(|window| window == cer));
    assert!(store.len() < cer.len() + 128, "nothing but the certificate is in it");

    let mut pem = policy("portal");
    pem["secret_props"] = json!({ "contentType": "application/x-pem-file" });
    asker.make_with("portal", pem).await;
    let secret = asker.get("/secrets/portal").await.is(200).body["value"].as_str().unwrap().to_owned();
    assert!(
        secret.starts_with("-----BEGIN CERTIFICATE-----\n") && !secret.contains("PRIVATE KEY"),
        "{secret}"
    );

    for (method, body) in
        [("PUT", Some(json!({ "value": "x" }))), ("PATCH", Some(json!({}))), ("DELETE", None)]
    {
        let refused = asker.ask(method, "/secrets/payroll", body).await;
        assert_eq!((refused.status, inner(&refused)), (403, "SecretManagedByKeyVault"), "{method}");
    }
    asker.set("database", "x").await.is(200);
    asker.post("/certificates/database/create", json!({ "policy": policy("database") })).await.is(501);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_secret_is_recovered_with_all_its_versions_or_purged() {
    let asker = Asker::new();
    asker.set("pointer", "one").await.is(200);
    asker.set("pointer", "two").await.is(200);
    let deleted = asker.delete("/secrets/pointer").await;
    assert_eq!(
        deleted.is(200).body["recoveryId"],
        "https://contoso-keys.vault.azure.net/deletedsecrets/pointer"
    );
    assert_eq!(deleted.body.get("value"), None);
    asker.get("/secrets/pointer").await.is(404);
    let taken = asker.set("pointer", "three").await;
    assert_eq!((taken.status, inner(&taken)), (409, "ObjectIsDeletedButRecoverable"));
    assert_eq!(
        asker.get("/deletedsecrets").await.each("id"),
        ["https://contoso-keys.vault.azure.net/secrets/pointer"]
    );
    asker.get("/deletedsecrets/pointer").await.is(200);
    asker.ask("POST", "/deletedsecrets/pointer/recover", None).await.is(200);
    assert_eq!(asker.get("/secrets/pointer").await.body["value"], "two");
    assert_eq!(asker.get("/secrets/pointer/versions").await.each("id").len(), 2);
    asker.delete("/secrets/pointer").await.is(200);
    asker.delete("/deletedsecrets/pointer").await.is(204);
    let gone = asker.get("/deletedsecrets/pointer").await;
    gone.is_refused(404, "SecretNotFound", "Deleted Secret not found: pointer");
    asker.delete("/secrets/pointer").await.is(404);
}
