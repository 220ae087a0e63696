use axum::body::Body;
use http::Request;
use serde_json::json;
use tenant::{Drop, Fault, Options, Quota, Trouble};

use super::{Asker, inner, policy};
use crate::client::send;

#[tokio::test(start_paused = true)]
async fn who_has_no_token_is_challenged_and_told_where_to_get_one() {
    let asker = Asker::new();
    let nobody = Asker { token: String::new(), ..asker.at("contoso-keys") };
    let answer = nobody.get("/secrets").await;
    answer.is_refused(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.");
    let tenant = asker.tenant.state()["tenantId"].as_str().unwrap().to_owned();
    let challenge = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://vault.azure.net\""
    );
    assert_eq!(answer.header("www-authenticate"), challenge);
}

#[tokio::test(start_paused = true)]
async fn a_token_has_to_be_for_key_vault_good_and_of_this_tenant() {
    let asker = Asker::new();
    let default = asker.tenant.default_identity();
    let of_graph = asker.tenant.token(&default, "https://graph.microsoft.com");
    let forged = format!("{}x", asker.token);
    let table = [
        (
            of_graph,
            "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://graph.microsoft.com.",
        ),
        (forged, "AKV10046: Unable to resolve the key used for signature validation."),
        ("rubbish".to_owned(), "[BearerReadAccessTokenFailed] Error validating token: 'S2S12005'."),
    ];
    for (token, message) in table {
        let other = Asker { token, ..asker.at("contoso-keys") };
        other.get("/secrets").await.is_refused(401, "Unauthorized", message);
    }
    asker.tenant.advance(std::time::Duration::from_secs(3_601));
    let late = asker.get("/secrets").await;
    late.is_refused(401, "Unauthorized", "[TokenExpired] Error validating token: 'S2S12086'.");
}

#[tokio::test(start_paused = true)]
async fn both_token_endpoints_give_tokens_for_key_vault() {
    let asker = Asker::new();
    let default = asker.tenant.default_identity();
    let tenant = asker.tenant.state()["tenantId"].as_str().unwrap().to_owned();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fvault.azure.net%2F.default",
        default.client_id, default.secret
    );
    let request =
        Request::post(format!("/{tenant}/oauth2/v2.0/token")).header("host", "login.microsoftonline.com");
    let signed_in = send(&asker.tenant, request.body(Body::from(form)).unwrap()).await;
    let request = Request::get("/msi/token?api-version=2019-08-01&resource=https://vault.azure.net")
        .header("x-identity-header", &default.identity_header);
    let managed = send(&asker.tenant, request.body(Body::empty()).unwrap()).await;
    for answer in [signed_in, managed] {
        let token = answer.is(200).body["access_token"].as_str().unwrap().to_owned();
        Asker { token, ..asker.at("contoso-hr") }.get("/secrets").await.is(200);
    }
}

#[tokio::test(start_paused = true)]
async fn the_version_of_the_api_has_to_be_given_and_known() {
    let asker = Asker::new();
    asker.exactly("GET", "/secrets", None).await.is_refused(
        400,
        "BadParameter",
        "api-version must be specified",
    );
    let unknown = asker.exactly("GET", "/secrets?api-version=2031-01-01", None).await;
    assert_eq!((unknown.status, unknown.code()), (400, "BadParameter"));
    assert!(unknown.message().contains("(2031-01-01) is not recognized"), "{}", unknown.message());
    asker.exactly("GET", "/secrets?api-version=7.4", None).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn each_action_needs_a_role_on_this_vault_that_has_it() {
    let asker = Asker::new();
    asker.make("payroll").await;
    asker.set("pointer", "{}").await.is(200);
    let table = [
        ("Key Vault Reader", [200, 200, 403, 403, 403, 403]),
        ("Key Vault Secrets User", [403, 200, 200, 403, 403, 403]),
        ("Key Vault Secrets Officer", [403, 200, 200, 200, 403, 403]),
        ("Key Vault Certificates Officer", [200, 403, 403, 403, 202, 403]),
        ("Key Vault Crypto User", [403, 403, 403, 403, 403, 200]),
    ];
    for (role, expected) in table {
        let only = asker.only(&[role]);
        let digest = json!({ "alg": "PS256", "value": super::encoded(&[7; 32]) });
        let statuses = [
            only.get("/certificates/payroll").await.status,
            only.get("/secrets/pointer/versions").await.status,
            only.get("/secrets/pointer").await.status,
            only.set("pointer", "{}").await.status,
            only.post("/certificates/payroll/create", json!({ "policy": policy("payroll") })).await.status,
            only.post("/keys/payroll//sign", digest).await.status,
        ];
        assert_eq!(statuses, expected, "{role}");
    }
    let elsewhere = asker.only(&["Key Vault Reader"]).at("contoso-hr");
    assert_eq!(inner(&elsewhere.get("/certificates").await), "ForbiddenByRbac");
}

#[tokio::test(start_paused = true)]
async fn a_missing_role_is_told_with_the_action_and_the_resource() {
    let asker = Asker::new();
    let answer = asker.only(&["Key Vault Reader"]).get("/secrets/pointer").await;
    assert_eq!((answer.status, answer.code(), inner(&answer)), (403, "Forbidden", "ForbiddenByRbac"));
    for part in [
        "Caller is not authorized to perform action on resource.\r\n",
        "\r\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n",
        "/providers/microsoft.keyvault/vaults/contoso-keys/secrets/pointer'\r\n",
        "\r\nAssignment: (not found)\r\n",
        "Vault: contoso-keys;location=westeurope",
    ] {
        assert!(answer.message().contains(part), "{part}: {}", answer.message());
    }
}

#[tokio::test(start_paused = true)]
async fn roles_are_given_by_the_control_and_the_used_ones_are_told() {
    let asker = Asker::new();
    let register = |roles: serde_json::Value| {
        let new = json!({ "name": "rotator", "roles": [], "vaultRoles": { "contoso-keys": roles } });
        let request = Request::post("/control/identities").body(Body::from(new.to_string())).unwrap();
        send(&asker.tenant, request)
    };
    register(json!(["Key Vault Emperor"])).await.is(400);
    let registered = register(json!(["Key Vault Reader", "Key Vault Secrets Officer"])).await;
    for setting in ["M365_VAULT_ENDPOINT", "M365_LOGIN_ENDPOINT"] {
        assert!(registered.is(200).body["env"][setting].is_string(), "{setting}");
    }
    let identity = asker.tenant.identity("rotator", &[]);
    let rotator = Asker::of(&asker.tenant, &identity);
    rotator.set("pointer", "{}").await.is(200);
    assert_eq!(asker.tenant.roles(&identity).1, ["Key Vault Secrets Officer"]);
    let request = Request::get("/control/identities").body(Body::empty()).unwrap();
    let all = send(&asker.tenant, request).await;
    let told = all.body.as_array().unwrap().iter().find(|told| told["name"] == "rotator").unwrap().clone();
    let roles = json!({ "contoso-keys": ["Key Vault Reader", "Key Vault Secrets Officer"] });
    assert_eq!(told["vaultRoles"], roles);
    asker.tenant.reset();
    rotator.set("pointer", "{}").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_is_not_there_cannot_be_reached() {
    let asker = Asker::new();
    assert!(asker.at("fabrikam-keys").get("/secrets").await.dropped);
    let entry = asker.tenant.transcript().pop().unwrap();
    assert_eq!((entry.vault.as_deref(), entry.status), (Some("fabrikam-keys"), 0));
    asker.tenant.grant_vault(&asker.tenant.default_identity(), "fabrikam-keys", &["Key Vault Reader"]);
    asker.at("fabrikam-keys").get("/secrets").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_says_so_and_names_are_checked() {
    let asker = Asker::new();
    for (method, path) in
        [("POST", "/keys/payroll/create"), ("GET", "/certificates/contacts"), ("GET", "/rng")]
    {
        assert_eq!(asker.ask(method, path, None).await.status, 501, "{method} {path}");
    }
    let named = asker.set("my_secret", "x").await;
    named.is_refused(400, "BadParameter", "The request URI contains an invalid name: my_secret");
    assert_eq!(asker.ask("PUT", "/secrets/pointer", None).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn rules_name_a_request_by_vault_and_path() {
    let asker = Asker::new();
    let fault = |path: &str, times: u32, then: Trouble| {
        let (path, times) = (Some(path.to_owned()), Some(times));
        asker.tenant.fault(Fault { method: Some("PUT".into()), path, times, then, ..Fault::default() });
    };
    let busy = Trouble { status: Some(429), retry_after: Some("7".into()), ..Trouble::default() };
    fault("https://contoso-keys.vault.azure.net/secrets/", 1, busy);
    fault("*/secrets/pointer", 1, Trouble { status: Some(429), ..Trouble::default() });
    fault("*/secrets/pointer", 1, Trouble { drop: Some(Drop::After), ..Trouble::default() });
    let told = asker.set("pointer", "1").await;
    assert_eq!((told.status, told.code(), told.header("retry-after")), (429, "Throttled", "7"));
    let quiet = asker.set("pointer", "1").await;
    assert_eq!((quiet.status, quiet.header("retry-after")), (429, ""));
    assert!(asker.set("pointer", "2").await.dropped);
    assert_eq!(
        asker.get("/secrets/pointer").await.is(200).body["value"],
        "2",
        "the reply was lost, the deed done"
    );
    asker.at("contoso-hr").set("other", "3").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_vault_answers_four_thousand_requests_within_ten_seconds_and_setting_secrets_weighs_more() {
    let asker = Asker::with(Options { quota: Quota::S, ..Options::default() });
    let mut throttled = Vec::new();
    for number in 0..290 {
        let answer = asker.set("pointer", "x").await;
        if answer.status == 429 {
            throttled.push((number, answer.header("retry-after").to_owned()));
        }
    }
    assert_eq!(throttled.first().map(|(number, _)| *number), Some(285), "4,000 / 14");
    let told: Vec<&str> = throttled.iter().map(|(_, wait)| wait.as_str()).collect();
    assert!(told.contains(&"1") && told.contains(&""), "with Retry-After and without: {told:?}");
    asker.at("contoso-hr").set("pointer", "x").await.is(200);
    asker.tenant.advance(std::time::Duration::from_secs(10));
    asker.set("pointer", "x").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn the_transcript_tells_vault_and_path_and_masks_values() {
    let asker = Asker::new();
    asker.set("database", "xWwvJ]6NMw+bWH-d").await.is(200);
    let entry = asker.tenant.transcript().pop().unwrap();
    assert_eq!(entry.vault.as_deref(), Some("contoso-keys"));
    assert_eq!(entry.path, "/secrets/database?api-version=2025-07-01");
    assert!(entry.wrote);
    assert_eq!(entry.body.unwrap()["value"], "***");
}
