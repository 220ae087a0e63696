use serde_json::{Value, json};
use tenant::Options;

use crate::client::Client;

const READER: [&str; 2] = ["User.Read.All", "AuditLog.Read.All"];

async fn activity(client: &Client, alias: &str) -> Value {
    let id = client.user_id(alias).await;
    let answer = client.get(&format!("/users/{id}?$select=displayName,signInActivity")).await;
    answer.is(200).body.get("signInActivity").cloned().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn some_were_in_yesterday_some_not_for_months_some_never() {
    let client = Client::new();
    let table = [
        ("AdeleV", json!("2026-03-01T08:00:00Z"), json!("2026-03-01T16:00:00Z")),
        ("LynneR", json!("2025-10-12T08:00:00Z"), json!("2025-10-13T16:00:00Z")),
        ("ChristieC", json!("2026-03-01T08:00:00Z"), json!("2025-12-16T16:00:00Z")),
        ("IrvinS", Value::Null, Value::Null),
    ];
    for (alias, tried, succeeded) in table {
        let activity = activity(&client, alias).await;
        assert_eq!(activity["lastSignInDateTime"], tried, "{alias}");
        assert_eq!(activity["lastSuccessfulSignInDateTime"], succeeded, "{alias}");
    }
    assert!(activity(&client, "AdeleV").await["lastNonInteractiveSignInRequestId"].is_string());
}

#[tokio::test(start_paused = true)]
async fn who_never_signed_in_has_no_such_property_and_no_filter_finds_them() {
    let client = Client::new();
    let filter = "$filter=signInActivity/lastSignInDateTime%20le%202025-12-31T00:00:00Z";
    let found = client.get(&format!("/users?$select=displayName,signInActivity&{filter}")).await;
    assert_eq!(
        found.is(200).each("displayName"),
        ["Debra Berger", "Enrico Cattaneo", "Lynne Robbins", "Emergency Access"]
    );
    let all = client.get("/users?$select=displayName,signInActivity").await;
    let irvin =
        all.body["value"].as_array().unwrap().iter().find(|user| user["displayName"] == "Irvin Sayers");
    assert_eq!(irvin, Some(&json!({ "displayName": "Irvin Sayers" })));
}

#[tokio::test(start_paused = true)]
async fn it_is_told_when_asked_for_by_id_with_both_permissions_in_a_premium_tenant() {
    let client = Client::new();
    let id = client.user_id("AdeleV").await;
    let (one, list) = (format!("/users/{id}?$select=signInActivity"), "/users?$select=id,signInActivity");
    assert!(client.get(&format!("/users/{id}")).await.body.get("signInActivity").is_none());
    for path in [one.as_str(), list] {
        client.only(&READER).get(path).await.is(200);
        client.only(&READER[..1]).get(path).await.is(403);
        client.only(&READER[1..]).get(path).await.is(403);
    }
    let by_name = client.get("/users/AdeleV@contoso.com?$select=signInActivity").await;
    by_name.is_refused(400, "400", "Get By Key only supports UserId and the key has to be a valid Guid");
    let mut state = client.tenant.state();
    let is_premium = |sku: &Value| sku.to_string().contains("\"AAD_PREMIUM");
    state["subscribedSkus"].as_array_mut().unwrap().retain(|sku| !is_premium(sku));
    client.tenant.load(&state).unwrap();
    for path in [one.as_str(), list] {
        client.only(&READER).get(path).await.is_refused(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        );
    }
}

#[tokio::test(start_paused = true)]
async fn lists_with_sign_ins_have_at_most_five_hundred_on_a_page() {
    let client = Client::with(Options { users: 600, ..Options::default() });
    assert!(client.get("/users?$top=999&$select=id").await.each("id").len() > 600);
    let page = client.get("/users?$top=999&$select=id,signInActivity").await;
    assert_eq!(page.is(200).each("id").len(), 500);
    assert!(page.body["@odata.nextLink"].is_string());
}

#[tokio::test(start_paused = true)]
async fn a_filter_by_sign_ins_goes_with_no_other() {
    let client = Client::new();
    let filter =
        "signInActivity/lastSignInDateTime%20le%202025-12-31T00:00:00Z%20and%20accountEnabled%20eq%20true";
    let refused = client.get(&format!("/users?$filter={filter}")).await;
    assert_eq!((refused.status, refused.code()), (400, "Request_UnsupportedQuery"));
}

#[tokio::test(start_paused = true)]
async fn when_somebody_signed_in_is_state() {
    let client = Client::new();
    let mut state = client.tenant.state();
    let users = state["users"].as_array_mut().unwrap();
    let irvin = users.iter_mut().find(|user| user["mailNickname"] == "IrvinS").unwrap();
    irvin["signInActivity"] = json!({ "lastSignInDateTime": "2026-01-07T10:00:00Z" });
    client.tenant.load(&state).unwrap();
    assert_eq!(client.tenant.state(), state);
    assert_eq!(activity(&client, "IrvinS").await["lastSignInDateTime"], "2026-01-07T10:00:00Z");
}
