use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tenant::{Clock, Options};

use crate::client::{Answer, Client, newcomer, send};

async fn control(client: &Client, method: &str, path: &str, body: Option<Value>) -> Answer {
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    send(&client.tenant, Request::builder().method(method).uri(format!("/control{path}")).body(body).unwrap())
        .await
}

#[tokio::test]
async fn the_clock_moves_when_it_is_told() {
    let client = Client::with(Options { clock: Clock::Virtual, ..Options::default() });
    assert_eq!(control(&client, "GET", "/clock", None).await.body["now"], "2026-03-02T08:00:00Z");
    let moved = control(&client, "POST", "/clock", Some(json!({ "advance_seconds": 90 }))).await;
    assert_eq!(moved.body["now"], "2026-03-02T08:01:30Z");
    let set = control(&client, "POST", "/clock", Some(json!({ "set": "2027-01-01T00:00:00Z" }))).await;
    assert_eq!(set.body["now"], "2027-01-01T00:00:00Z");
    control(&client, "POST", "/clock", Some(json!({}))).await.is(400);
}

#[tokio::test(start_paused = true)]
async fn identities_are_registered_and_show_what_they_used() {
    let client = Client::new();
    let new = json!({ "name": "reporter", "roles": ["User.Read.All", "Group.Read.All"] });
    let answer = control(&client, "POST", "/identities", Some(new)).await;
    assert!(
        answer.is(200).body["clientSecret"].is_string() && answer.body["env"]["IDENTITY_HEADER"].is_string()
    );
    let reporter = client.tenant.identity("reporter", &["User.Read.All", "Group.Read.All"]);
    Client::of(&client.tenant, &reporter).get("/users").await.is(200);
    let all = control(&client, "GET", "/identities", None).await;
    let told = all.body.as_array().unwrap().iter().find(|told| told["name"] == "reporter").unwrap();
    assert_eq!(
        (&told["granted"], &told["used"]),
        (&json!(["User.Read.All", "Group.Read.All"]), &json!(["User.Read.All"]))
    );
}

#[tokio::test(start_paused = true)]
async fn a_reset_brings_back_the_seed_and_keeps_identities() {
    let client = Client::new();
    let before = client.tenant.state();
    client.create("RaulR").await;
    assert_ne!(client.tenant.state(), before);
    control(&client, "POST", "/reset", None).await.is(200);
    assert_eq!(client.tenant.state(), before);
    assert!(client.tenant.transcript().is_empty());
    client.get("/users/AdeleV@contoso.com").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn faults_are_set_over_the_wire() {
    let client = Client::new();
    let rule = json!({ "method": "POST", "path": "/users", "skip": 0, "times": 1, "then": { "status": 503, "retryAfter": "2.5" } });
    control(&client, "POST", "/faults", Some(rule.clone())).await.is(200);
    assert_eq!(client.post("/users", newcomer("RaulR")).await.header("retry-after"), "2.5");
    control(&client, "POST", "/faults", Some(json!([rule, rule]))).await.is(200);
    control(&client, "DELETE", "/faults", None).await.is(200);
    client.post("/users", newcomer("RaulR")).await.is(201);
    control(&client, "POST", "/faults", Some(json!({ "then": { "explode": true } }))).await.is(400);
}

#[tokio::test(start_paused = true)]
async fn the_transcript_is_told_and_emptied() {
    let client = Client::new();
    client.post("/users", newcomer("RaulR")).await.is(201);
    let told = control(&client, "GET", "/transcript", None).await;
    let entry = &told.body[0];
    assert_eq!(
        (&entry["method"], &entry["path"], &entry["status"]),
        (&json!("POST"), &json!("/v1.0/users"), &json!(201))
    );
    assert_eq!((&entry["app"], &entry["wrote"]), (&json!("default"), &json!(true)));
    assert!(!told.text.contains("xWwvJ]6NMw+bWH-d"));
    control(&client, "DELETE", "/transcript", None).await.is(200);
    assert_eq!(control(&client, "GET", "/transcript", None).await.body, json!([]));
}
