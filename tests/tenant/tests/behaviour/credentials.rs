use serde_json::{Value, json};
use tenant::Options;

use crate::client::Client;
use crate::keys::{certificate, new_key, of_2026, signed, thumbprints};

pub(crate) const PAYROLL: &str = "Payroll Bridge";

/// An application, found by its name.
pub(crate) async fn application(client: &Client, name: &str) -> Value {
    let path = format!("/applications?$filter=displayName%20eq%20'{}'", name.replace(' ', "%20"));
    client.get(&path).await.is(200).body["value"][0].clone()
}

/// Where it is.
async fn path(client: &Client, name: &str) -> String {
    format!("/applications/{}", application(client, name).await["id"].as_str().unwrap())
}

async fn keys(client: &Client, path: &str) -> Vec<Value> {
    let shown = client.get(&format!("{path}?$select=keyCredentials")).await;
    shown.is(200).body["keyCredentials"].as_array().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn certificates_are_shown_where_one_object_s_keys_are_selected() {
    let client = Client::new();
    let path = path(&client, PAYROLL).await;
    let whole = client.get(&path).await;
    let keys = whole.is(200).body["keyCredentials"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| key["key"].is_null() && key["customKeyIdentifier"].is_string()));
    let list = client.get("/applications?$select=id,keyCredentials").await;
    assert!(!list.is(200).text.contains("MII"));
    let selected = self::keys(&client, &path).await;
    assert!(selected.iter().all(|key| key["key"].as_str().unwrap().starts_with("MII")));
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_added_beside_those_that_are_carried_over() {
    let client = Client::new();
    let path = path(&client, PAYROLL).await;
    let before = application(&client, PAYROLL).await["keyCredentials"].as_array().unwrap().clone();
    let mut added = new_key(&of_2026("rotated"));
    added["keyId"] = json!("5a1c1d22-5b8e-4f0f-9a3b-0c7f3b1a9e11");
    let wanted = json!({ "keyCredentials": [before[0], { "keyId": before[1]["keyId"] }, added] });
    client.patch(&path, wanted).await.is(204);
    let after = keys(&client, &path).await;
    let ids: Vec<&Value> = after.iter().map(|key| &key["keyId"]).collect();
    assert_eq!(ids, [&before[0]["keyId"], &before[1]["keyId"], &added["keyId"]]);
    let new = &after[2];
    assert_eq!((&new["displayName"], &new["key"]), (&json!("CN=rotated"), &added["key"]));
    assert_eq!(new["startDateTime"], "2026-01-01T00:00:00Z");
    assert_eq!(new["endDateTime"], "2027-01-01T00:00:00Z");
    let thumbprint = new["customKeyIdentifier"].as_str().unwrap().replace('+', "-").replace('/', "_");
    assert_eq!(thumbprint.trim_end_matches('='), thumbprints(&of_2026("rotated")).0);
    client.patch(&path, json!({ "keyCredentials": [{ "keyId": added["keyId"] }] })).await.is(204);
    assert_eq!(keys(&client, &path).await.len(), 1, "what is left out is gone");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_do_as_a_certificate_is_refused_each_with_its_reason() {
    let client = Client::new();
    let path = path(&client, PAYROLL).await;
    let held = application(&client, PAYROLL).await["keyCredentials"][0].clone();
    let with = |name: &str, value: Value| {
        let mut key = new_key(&of_2026("new"));
        key[name] = value;
        key
    };
    let changed = |name: &str, value: &str| {
        let mut key = held.clone();
        key[name] = json!(value);
        key
    };
    let update = format!(
        "Update to existing credential with KeyId '{}' is not allowed.",
        held["keyId"].as_str().unwrap()
    );
    let schema = "Property keyCredentials in payload has a value that does not match schema.";
    let (start, end) = ("Key credential start date is invalid.", "Key credential end date is invalid.");
    let table = [
        (changed("endDateTime", "2027-03-02T00:00:00Z"), "Request_BadRequest", update.as_str()),
        (changed("displayName", "CN=other"), "Request_BadRequest", &update),
        (changed("key", &of_2026("other")), "Request_BadRequest", &update),
        (with("key", Value::Null), "Request_BadRequest", schema),
        (with("key", json!("bm8gY2VydGlmaWNhdGU=")), "Request_BadRequest", schema),
        (with("type", Value::Null), "Request_BadRequest", schema),
        (with("startDateTime", json!("2025-12-31T23:59:59Z")), "KeyCredentialsInvalidStartDate", start),
        (with("endDateTime", json!("2027-01-01T00:00:01Z")), "KeyCredentialsInvalidEndDate", end),
        (
            with("key", json!(certificate("old", (2025, 1, 1), (2026, 1, 1)))),
            "KeyCredentialsInvalidEndDate",
            end,
        ),
    ];
    let before = client.tenant.state();
    for (key, code, message) in table {
        client.patch(&path, json!({ "keyCredentials": [key] })).await.is_refused(400, code, message);
    }
    client.patch(&path, json!({ "keyCredentials": [with("usage", json!("Sign"))] })).await.is(400);
    client.patch(&path, json!({ "keyCredentials": [with("colour", json!("red"))] })).await.is(400);
    client.patch(&path, json!({ "keyCredentials": [held, held] })).await.is(400);
    client.patch(&path, json!({ "passwordCredentials": [] })).await.is(400);
    client.patch(&path, json!({ "web": {} })).await.is(501);
    assert_eq!(client.tenant.state(), before);
}

#[tokio::test(start_paused = true)]
async fn simple_properties_are_changed_and_keys_stay() {
    let client = Client::new();
    let path = path(&client, PAYROLL).await;
    let change = json!({ "notes": "Moved to finance.", "tags": ["tier:gold"], "serviceManagementReference": "CMDB-1" });
    client.patch(&path, change.clone()).await.is(204);
    let after = client.get(&path).await;
    for name in ["notes", "tags", "serviceManagementReference"] {
        assert_eq!(after.is(200).body[name], change[name]);
    }
    assert_eq!(after.body["keyCredentials"].as_array().unwrap().len(), 2);
    client.patch(&path, json!({ "appId": "x" })).await.is(400);
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_told_once_and_lasts_two_years_unless_said_otherwise() {
    let client = Client::new();
    let path = path(&client, PAYROLL).await;
    let add = format!("{path}/addPassword");
    let told = client.post(&add, json!({ "passwordCredential": { "displayName": "rotated" } })).await;
    let told = &told.is(200).body;
    let text = told["secretText"].as_str().unwrap();
    assert_eq!((text.len(), &told["hint"]), (40, &json!(&text[..3])));
    assert_eq!(told["endDateTime"], "2028-03-02T08:00:00Z");
    let seen = application(&client, PAYROLL).await;
    let secret = &seen["passwordCredentials"][0];
    assert_eq!((&secret["keyId"], &secret["secretText"]), (&told["keyId"], &Value::Null));
    let everything = format!("{} {:?}", client.tenant.state(), client.tenant.transcript());
    assert!(!everything.contains(text), "nothing keeps the text");
    client.ask("POST", &add, None).await.is(200);
    for wrong in [
        json!({ "endDateTime": "2026-01-01T00:00:00Z" }),
        json!({ "endDateTime": 5 }),
        json!({ "colour": 1 }),
    ] {
        client.post(&add, json!({ "passwordCredential": wrong })).await.is(400);
    }
    let remove = format!("{path}/removePassword");
    client.post(&remove, json!({ "keyId": told["keyId"] })).await.is(204);
    let message = format!("No password credential found with keyId {}.", told["keyId"].as_str().unwrap());
    client.post(&remove, json!({ "keyId": told["keyId"] })).await.is_refused(
        400,
        "Request_BadRequest",
        &message,
    );
}

#[tokio::test(start_paused = true)]
async fn the_organisation_s_policy_may_forbid_secrets_or_long_ones() {
    let client = Client::new();
    let path = path(&client, PAYROLL).await;
    let mut state = client.tenant.state();
    let rule = |rule: Value| json!({ "isEnabled": true, "applicationRestrictions": rule });
    let short = json!({ "restrictionType": "passwordLifetime", "maxLifetime": "P90D" });
    let keys = json!([{ "restrictionType": "asymmetricKeyLifetime", "maxLifetime": "P180D" }]);
    state["appManagementPolicy"] = rule(json!({ "passwordCredentials": [short], "keyCredentials": keys }));
    client.tenant.load(&state).unwrap();
    let add = format!("{path}/addPassword");
    let of = |end: &str| json!({ "passwordCredential": { "endDateTime": end } });
    let code = "CredentialInvalidLifetimeAsPerAppPolicy";
    let message = "Credential lifetime exceeds the max value allowed as per assigned policy.";
    client.post(&add, of("2026-06-01T00:00:00Z")).await.is_refused(400, code, message);
    client.post(&add, of("2026-05-30T00:00:00Z")).await.is(200);
    let change = json!({ "keyCredentials": [new_key(&of_2026("long"))] });
    client.patch(&path, change).await.is_refused(400, code, message);
    let shown = client.get("/policies/defaultAppManagementPolicy").await;
    assert_eq!(shown.is(200).body["isEnabled"], true);
    state["appManagementPolicy"] =
        rule(json!({ "passwordCredentials": [{ "restrictionType": "passwordAddition" }] }));
    client.tenant.load(&state).unwrap();
    let refused = client.post(&add, of("2026-05-30T00:00:00Z")).await;
    assert_eq!(refused.is(400).code(), "CredentialTypeNotAllowedAsPerAppPolicy");
}

#[tokio::test(start_paused = true)]
async fn an_application_changes_those_it_owns_and_no_others() {
    let client = Client::new();
    let payroll = application(&client, PAYROLL).await;
    let (mine, other) = (path(&client, PAYROLL).await, path(&client, "Travel Desk").await);
    let rotator = client.tenant.identity("rotate-cert-report", &["Application.ReadWrite.OwnedBy"]);
    client.tenant.own(&rotator, &[payroll["appId"].as_str().unwrap()]).unwrap();
    assert!(client.tenant.own(&rotator, &["5a1c1d22-5b8e-4f0f-9a3b-0c7f3b1a9e11"]).is_err());
    let owner = Client::of(&client.tenant, &rotator);
    let owners = client.get(&format!("{mine}/owners?$select=displayName")).await;
    assert!(owners.is(200).each("displayName").contains(&"rotate-cert-report"));
    owner.ask("POST", &format!("{mine}/addPassword"), None).await.is(200);
    owner.patch(&mine, json!({ "notes": "ours" })).await.is(204);
    let principal = format!("/servicePrincipals(appId='{}')", payroll["appId"].as_str().unwrap());
    owner.ask("POST", &format!("{principal}/addPassword"), None).await.is(200);
    let denied = owner.ask("POST", &format!("{other}/addPassword"), None).await;
    denied.is_refused(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    );
    owner.patch(&other, json!({ "notes": "ours" })).await.is(403);
    client.only(&["Application.Read.All"]).patch(&mine, json!({ "notes": "x" })).await.is(403);
    client.only(&["Application.ReadWrite.All"]).patch(&other, json!({ "notes": "x" })).await.is(204);
    let principal = client.get(&principal).await.is(200).body["id"].as_str().unwrap().to_owned();
    let narrow = client.tenant.identity("saml-rotator", &["Application.ReadWrite.OwnedBy"]);
    client.tenant.own(&narrow, &[&principal]).unwrap();
    let narrow = Client::of(&client.tenant, &narrow);
    narrow.ask("POST", &format!("/servicePrincipals/{principal}/addPassword"), None).await.is(200);
    narrow.patch(&mine, json!({ "notes": "ours" })).await.is(403);
    let (_, used) = client.tenant.roles(&rotator);
    assert_eq!(used, ["Application.ReadWrite.OwnedBy"]);
}

#[tokio::test(start_paused = true)]
async fn who_is_registered_is_a_service_principal_that_survives_whatever_is_loaded() {
    let client = Client::new();
    let state = client.tenant.state();
    let body = json!({ "name": "rotator", "roles": ["Application.ReadWrite.OwnedBy"], "owns": [named("Expense Portal", &state)] });
    let request = http::Request::post("/control/identities").body(axum::body::Body::from(body.to_string()));
    let told = crate::client::send(&client.tenant, request.unwrap()).await;
    let id = told.is(200).body["clientId"].as_str().unwrap().to_owned();
    let principal = format!("/servicePrincipals(appId='{id}')?$select=id,servicePrincipalType,displayName");
    assert_eq!(client.get(&principal).await.is(200).body["servicePrincipalType"], "ManagedIdentity");
    let owned = client.tenant.state();
    assert_ne!(owned, state, "an owner more");
    client.tenant.load(&owned).unwrap();
    client.get(&principal).await.is(200);
    assert_eq!(client.tenant.state(), owned);
    client.tenant.reset();
    client.get(&principal).await.is(200);
    assert_eq!(client.tenant.state(), state);
}

fn named(name: &str, state: &Value) -> Value {
    let all = state["applications"].as_array().unwrap();
    all.iter().find(|application| application["displayName"] == name).unwrap()["appId"].clone()
}

#[tokio::test(start_paused = true)]
async fn two_changes_of_one_application_s_credentials_want_time_in_between() {
    let gap = std::time::Duration::from_secs(5);
    let client = Client::with(Options { credential_gap: gap, ..Options::default() });
    let (path, other) = (path(&client, PAYROLL).await, path(&client, "Travel Desk").await);
    let add = format!("{path}/addPassword");
    client.ask("POST", &add, None).await.is(200);
    let refused = client.ask("POST", &add, None).await;
    assert_eq!(refused.is(409).code(), "Directory_ConcurrencyViolation");
    client.patch(&path, json!({ "keyCredentials": [] })).await.is(409);
    client.patch(&path, json!({ "notes": "no credential" })).await.is(204);
    client.ask("POST", &format!("{other}/addPassword"), None).await.is(200);
    client.tenant.advance(gap);
    client.patch(&path, json!({ "keyCredentials": [] })).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_has_not_heard_of_a_secret_finds_none() {
    let lag = std::time::Duration::from_secs(30);
    let client = Client::with(Options { lag, ..Options::default() });
    client.tenant.settled();
    let path = path(&client, PAYROLL).await;
    let told = client.ask("POST", &format!("{path}/addPassword"), None).await;
    let body = json!({ "keyId": told.is(200).body["keyId"] });
    client.post(&format!("{path}/removePassword"), body.clone()).await.is(400);
    client.tenant.settled();
    client.post(&format!("{path}/removePassword"), body).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn reading_keys_has_a_quota_of_its_own_for_the_whole_tenant() {
    let client = Client::with(Options { quota: tenant::Quota::L, ..Options::default() });
    let other = client.only(&["Application.Read.All"]);
    for number in 0..150 {
        let asks = if number % 2 == 0 { &client } else { &other };
        asks.get("/applications?$select=id,keyCredentials&$top=1").await.is(200);
    }
    let refused = other.get("/applications?$select=id,keyCredentials&$top=1").await;
    assert_eq!((refused.is(429).code(), refused.header("retry-after")), ("TooManyRequests", "1"));
    client.get("/applications?$select=id&$top=1").await.is(200);
    client.tenant.advance(std::time::Duration::from_secs(1));
    client.get("/applications?$select=id,keyCredentials&$top=1").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_state_with_credentials_comes_back_as_it_was() {
    let client = Client::new();
    let path = path(&client, PAYROLL).await;
    client.patch(&path, json!({ "keyCredentials": [new_key(&of_2026("kept"))] })).await.is(204);
    client.ask("POST", &format!("{path}/addPassword"), None).await.is(200);
    let state = client.tenant.state();
    let keys = keys(&client, &path).await;
    client.tenant.reset();
    client.tenant.load(&state).unwrap();
    assert_eq!(client.tenant.state(), state);
    assert_eq!(self::keys(&client, &path).await, keys);
}

#[tokio::test(start_paused = true)]
async fn who_has_one_key_adds_another_and_removes_it() {
    let client = Client::new();
    let path = path(&client, PAYROLL).await;
    let (own, id) = (of_2026("own"), path.trim_start_matches("/applications/"));
    client.patch(&path, json!({ "keyCredentials": [new_key(&own)] })).await.is(204);
    let proof = |claim: &str, value: Value| {
        let (now, aud) = (1_772_438_400, "00000002-0000-0000-c000-000000000000");
        let mut claims = json!({ "aud": aud, "iss": id, "nbf": now, "exp": now + 600 });
        claims[claim] = value;
        signed(&json!({ "alg": "RS256", "x5t": thumbprints(&own).0 }), &claims)
    };
    let add = format!("{path}/addKey");
    let with = |proof: String| json!({ "keyCredential": new_key(&of_2026("next")), "passwordCredential": null, "proof": proof });
    let wrong = [
        proof("aud", json!("https://graph.microsoft.com")),
        proof("iss", json!("somebody else")),
        proof("exp", json!(1_772_438_400 + 601)),
        proof("nbf", Value::Null),
        format!("{}x", proof("jti", json!("1")).rsplit_once('.').unwrap().0),
    ];
    for proof in wrong {
        let refused = client.post(&add, with(proof)).await;
        assert_eq!(refused.is(401).code(), "Authentication_MissingOrMalformed");
    }
    let good = proof("jti", json!("1"));
    client.only(&["Application.Read.All"]).post(&add, with(good.clone())).await.is(403);
    let added = client.post(&add, with(good.clone())).await;
    assert!(added.is(200).body["key"].is_null());
    assert!(!format!("{:?}", client.tenant.transcript()).contains(&good), "proofs are masked");
    assert_eq!(keys(&client, &path).await.len(), 2);
    let remove = json!({ "keyId": added.body["keyId"], "proof": good });
    client.post(&format!("{path}/removeKey"), remove.clone()).await.is(204);
    client.post(&format!("{path}/removeKey"), remove).await.is(400);
    assert_eq!(keys(&client, &path).await.len(), 1);
}
