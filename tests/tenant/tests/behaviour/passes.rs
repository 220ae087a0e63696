use serde_json::{Value, json};

use crate::client::Client;

const PASSES: &str = "/users/LeeG@contoso.com/authentication/temporaryAccessPassMethods";
const POLICY: &str =
    "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass";

#[tokio::test(start_paused = true)]
async fn a_pass_is_told_once_and_replaced_by_the_next() {
    let client = Client::new();
    let first = client.post(PASSES, json!({ "lifetimeInMinutes": 60, "isUsableOnce": true })).await;
    assert_eq!(first.is(201).body["temporaryAccessPass"].as_str().unwrap().len(), 8);
    assert_eq!(first.body["methodUsabilityReason"], "EnabledByPolicy");
    let second = client.ask("POST", PASSES, None).await;
    assert_ne!(first.body["id"], second.is(201).body["id"]);
    let listed = client.get(PASSES).await;
    assert_eq!(listed.each("id"), [second.body["id"].as_str().unwrap()]);
    assert_eq!(listed.body["value"][0]["temporaryAccessPass"], Value::Null);
    assert!(
        !client.tenant.state().to_string().contains(second.body["temporaryAccessPass"].as_str().unwrap())
    );
    client.delete(&format!("{PASSES}/{}", second.body["id"].as_str().unwrap())).await.is(204);
    assert!(client.get(PASSES).await.each("id").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pass_runs_out_by_the_tenants_clock() {
    let client = Client::new();
    client.post(PASSES, json!({ "startDateTime": "2026-03-02T09:00:00Z" })).await.is(201);
    let mut reasons = Vec::new();
    for minutes in [0, 61, 60] {
        client.tenant.advance(std::time::Duration::from_secs(minutes * 60));
        let listed = Client::of(&client.tenant, &client.tenant.default_identity()).get(PASSES).await;
        reasons.push(listed.body["value"][0]["methodUsabilityReason"].as_str().unwrap().to_owned());
    }
    assert_eq!(reasons, ["NotYetValid", "EnabledByPolicy", "Expired"]);
}

#[tokio::test(start_paused = true)]
async fn the_policy_decides_what_a_pass_may_be() {
    let client = Client::new();
    let long = client.post(PASSES, json!({ "lifetimeInMinutes": 481 })).await;
    long.is_refused(
        400,
        "Request_BadRequest",
        "The lifetimeInMinutes of a Temporary Access Pass has to be between 60 and 480.",
    );
    client.patch(POLICY, json!({ "isUsableOnce": true })).await.is(204);
    assert_eq!(client.post(PASSES, json!({})).await.is(201).body["isUsableOnce"], true);
    client.post(PASSES, json!({ "isUsableOnce": false })).await.is(400);
    client.patch(POLICY, json!({ "state": "disabled" })).await.is(204);
    let disabled = "Temporary Access Pass is disabled by the authentication methods policy of the tenant.";
    client.post(PASSES, json!({})).await.is_refused(400, "Request_BadRequest", disabled);
}

#[tokio::test(start_paused = true)]
async fn administrators_get_passes_only_from_role_holders() {
    let client = Client::new();
    let admin = "/users/AllanD@contoso.com/authentication/temporaryAccessPassMethods";
    client.post(admin, json!({})).await.is(403);
    client.holding(&["Privileged Authentication Administrator"]).post(admin, json!({})).await.is(201);
}

#[tokio::test(start_paused = true)]
async fn methods_are_listed_with_their_types() {
    let client = Client::new();
    let listed = client.get("/users/AdeleV@contoso.com/authentication/methods").await;
    assert_eq!(
        listed.each("@odata.type"),
        ["#microsoft.graph.passwordAuthenticationMethod", "#microsoft.graph.phoneAuthenticationMethod"]
    );
    assert_eq!(listed.body["value"][0]["id"], "28c10230-6103-485e-b985-444c60001490");
}
