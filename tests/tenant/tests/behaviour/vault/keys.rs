use std::time::Duration;

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Asker, decoded, encoded, inner, policy, version_of};

fn digest() -> String {
    encoded(&Sha256::digest("header.claims"))
}

#[tokio::test(start_paused = true)]
async fn a_signature_is_one_of_the_public_key() {
    let asker = Asker::new();
    let version = version_of(&asker.make("payroll").await);
    let key = asker.get(&format!("/keys/payroll/{version}")).await.is(200).body.clone();
    assert_eq!(
        (&key["managed"], &key["key"]["kty"], &key["key"]["e"]),
        (&json!(true), &json!("RSA"), &json!("AQAB"))
    );
    assert_eq!(key["key"]["key_ops"], json!(["sign", "verify"]));
    let public = RsaPublicKeyComponents { n: decoded(&key["key"]["n"]), e: decoded(&key["key"]["e"]) };
    for (alg, way) in [("RS256", &RSA_PKCS1_2048_8192_SHA256), ("PS256", &RSA_PSS_2048_8192_SHA256)] {
        let body = json!({ "alg": alg, "value": digest() });
        let signed = asker.post(&format!("/keys/payroll/{version}/sign"), body).await;
        assert_eq!(signed.is(200).body["kid"], key["key"]["kid"]);
        public.verify(way, b"header.claims", &decoded(&signed.body["value"])).unwrap();
        let body = json!({ "alg": alg, "digest": digest(), "value": signed.body["value"] });
        let verified = asker.post(&format!("/keys/payroll/{version}/verify"), body).await;
        assert_eq!(verified.is(200).body["value"], true);
        let body = json!({ "alg": alg, "digest": encoded(&[1; 32]), "value": signed.body["value"] });
        let other = asker.post(&format!("/keys/payroll/{version}/verify"), body).await;
        assert_eq!(other.is(200).body["value"], false);
    }
}

#[tokio::test(start_paused = true)]
async fn no_route_gives_the_private_key() {
    let asker = Asker::new();
    let mut exportable = policy("payroll");
    exportable["key_props"]["exportable"] = json!(true);
    asker.make_with("payroll", exportable).await;
    let key = asker.get("/keys/payroll").await.is(200).body["key"].clone();
    for private in ["d", "p", "q", "dp", "dq", "qi"] {
        assert_eq!(key.get(private), None, "{private}");
    }
    asker.get("/secrets/payroll").await.is(501);
    asker.post("/keys/payroll/backup", json!({})).await.is(501);
}

#[tokio::test(start_paused = true)]
async fn a_digest_has_to_fit_the_algorithm_and_the_algorithm_the_key() {
    let asker = Asker::new();
    asker.make("payroll").await;
    let table = [
        (json!({ "alg": "RS256", "value": encoded(&[7; 20]) }), "RS256 requires 32 bytes"),
        (json!({ "alg": "PS512", "value": encoded(&[7; 32]) }), "PS512 requires 64 bytes"),
        (json!({ "alg": "ES256", "value": encoded(&[7; 32]) }), "Key type is 'RSA', algorithm is 'ES256'"),
        (json!({ "alg": "RS1", "value": encoded(&[7; 20]) }), "'RS1'"),
        (json!({ "alg": "RS256", "value": "+/+/" }), "base64url"),
        (json!({ "alg": "RS256" }), "value"),
    ];
    for (body, part) in table {
        let answer = asker.post("/keys/payroll//sign", body).await;
        assert_eq!((answer.status, answer.code()), (400, "BadParameter"), "{part}");
        assert!(answer.message().contains(part), "{}", answer.message());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_off_or_out_of_date_verifies_but_does_not_sign() {
    let asker = Asker::new();
    let made = asker.make("payroll").await;
    let body = json!({ "alg": "RS256", "value": digest() });
    let signed = asker.post("/keys/payroll/sign", body.clone()).await.is(200).body.clone();
    let verify = json!({ "alg": "RS256", "digest": digest(), "value": signed["value"] });
    let switch = |enabled: bool| {
        let change = json!({ "attributes": { "enabled": enabled } });
        asker.ask("PATCH", "/certificates/payroll", Some(change))
    };
    switch(false).await.is(200);
    let off = asker.post("/keys/payroll/sign", body.clone()).await;
    off.is_refused(403, "Forbidden", "Operation sign is not allowed on a disabled key.");
    assert_eq!(inner(&off), "KeyDisabled");
    let version = version_of(&made);
    let verified = asker.post(&format!("/keys/payroll/{version}/verify"), verify.clone()).await;
    assert_eq!(verified.is(200).body["value"], true);

    switch(true).await.is(200);
    asker.tenant.advance(Duration::from_secs(185 * 86_400));
    let later = Asker::of(&asker.tenant, &asker.tenant.default_identity());
    assert_eq!(inner(&later.post("/keys/payroll/sign", body).await), "KeyExpired");
    assert_eq!(later.post("/keys/payroll/verify", verify).await.is(200).body["value"], true);
}

#[tokio::test(start_paused = true)]
async fn a_key_does_only_what_its_certificate_is_for() {
    let asker = Asker::new();
    let mut encrypting = policy("payroll");
    encrypting["x509_props"]["key_usage"] = json!(["keyEncipherment"]);
    asker.make_with("payroll", encrypting).await;
    let answer = asker.post("/keys/payroll/sign", json!({ "alg": "RS256", "value": digest() })).await;
    assert_eq!((answer.status, inner(&answer)), (403, "KeyOperationForbidden"));
}

#[tokio::test(start_paused = true)]
async fn every_version_of_a_certificate_is_one_of_its_key() {
    let asker = Asker::new();
    let (first, second) = (asker.make("payroll").await, asker.make("payroll").await);
    let mut expected: Vec<&Value> = vec![&first["kid"], &second["kid"]];
    expected.sort_by_key(|kid| kid.as_str());
    let versions = asker.get("/keys/payroll/versions").await;
    assert_eq!(versions.is(200).each("kid"), expected);
    assert_eq!(
        asker.get("/keys").await.is(200).each("kid"),
        ["https://contoso-keys.vault.azure.net/keys/payroll"]
    );
    let old = asker.get(&format!("/keys/payroll/{}", version_of(&first))).await;
    assert_eq!(old.is(200).body["key"]["kid"], first["kid"]);
    assert_eq!(asker.get("/keys/unknown").await.code(), "KeyNotFound");
}
