use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::{Answer, Client, newcomer, reference, send};

async fn batch(client: &Client, requests: Value) -> Answer {
    client.post("/$batch", json!({ "requests": requests })).await
}

fn response<'a>(answer: &'a Answer, id: &str) -> &'a Value {
    answer.body["responses"].as_array().unwrap().iter().find(|response| response["id"] == id).unwrap()
}

#[tokio::test(start_paused = true)]
async fn items_succeed_and_fail_each_on_its_own() {
    let client = Client::new();
    let (group, user) = (client.group_id("Finance").await, client.user_id("AdeleV").await);
    let json_header = json!({ "Content-Type": "application/json" });
    let answer = batch(&client, json!([
        { "id": "1", "method": "GET", "url": "/users/AdeleV@contoso.com?$select=id" },
        { "id": "2", "method": "GET", "url": "users/nobody@contoso.com" },
        { "id": "3", "method": "POST", "url": format!("/groups/{group}/members/$ref"), "headers": json_header, "body": reference(&user) },
        { "id": "4", "method": "POST", "url": "/users", "headers": json_header, "body": newcomer("AdeleV") },
        { "id": "5", "method": "PUT", "url": "/users", "headers": json_header, "body": {} },
    ])).await;
    answer.is(200);
    let statuses: Vec<&Value> =
        ["1", "2", "3", "4", "5"].iter().map(|id| &response(&answer, id)["status"]).collect();
    assert_eq!(statuses, [&json!(200), &json!(404), &json!(204), &json!(400), &json!(405)]);
    assert_eq!(response(&answer, "1")["body"]["id"], json!(user));
    assert!(response(&answer, "3").get("body").is_none());
    assert_eq!(response(&answer, "4")["body"]["error"]["code"], "Request_BadRequest");
    assert_eq!(response(&answer, "1")["headers"]["x-ms-resource-unit"], "1");
}

#[tokio::test(start_paused = true)]
async fn answers_come_back_in_another_order_but_always_the_same() {
    let client = Client::new();
    let requests: Vec<Value> =
        (1..=20).map(|id| json!({ "id": id.to_string(), "method": "GET", "url": "/organization" })).collect();
    let order = |answer: &Answer| {
        answer.body["responses"]
            .as_array()
            .unwrap()
            .iter()
            .map(|response| response["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = order(&batch(&client, json!(requests)).await);
    assert_eq!(first.len(), 20);
    assert_ne!(first, (1..=20).map(|id| id.to_string()).collect::<Vec<_>>());
    assert_eq!(first, order(&batch(&client, json!(requests)).await));
}

#[tokio::test(start_paused = true)]
async fn an_item_whose_dependency_failed_is_424() {
    let client = Client::new();
    let (good, bad) = ("/organization", "/users/nobody@contoso.com");
    let table = [
        ("each on the one before", [(bad, None), (good, Some("a")), (good, Some("b"))], [404, 424, 424]),
        ("all on one", [(bad, None), (good, Some("a")), (good, Some("A"))], [404, 424, 424]),
        ("some on one", [(good, None), (bad, None), (good, Some("b"))], [200, 404, 424]),
    ];
    for (order, items, expected) in table {
        let items = ["a", "b", "c"].into_iter().zip(items);
        let requests = items.map(
            |(id, (url, on))| json!({ "id": id, "method": "GET", "url": url, "dependsOn": on.into_iter().collect::<Vec<_>>() }),
        );
        let answer = batch(&client, requests.collect()).await;
        let statuses = ["a", "b", "c"].map(|id| response(&answer, id)["status"].clone());
        assert_eq!(statuses, expected.map(Value::from), "{order}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_depends_on_another_waits_for_it() {
    let latency = Duration::from_secs(1);
    let client = Client::with(tenant::Options { latency, ..tenant::Options::default() });
    let item =
        |id: &str, on: Value| json!({ "id": id, "method": "GET", "url": "/organization", "dependsOn": on });
    let table = [
        (json!([item("a", json!([])), item("b", json!([])), item("c", json!([]))]), 1),
        (json!([item("a", json!([])), item("b", json!(["a"])), item("c", json!(["a"]))]), 2),
        (json!([item("a", json!([])), item("b", json!(["a"])), item("c", json!(["b"]))]), 3),
    ];
    for (requests, rounds) in table {
        let start = Instant::now();
        batch(&client, requests).await.is(200);
        assert_eq!(start.elapsed(), latency * rounds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_envelope_is_refused_whole() {
    let client = Client::new();
    let item = |id: &str| json!({ "id": id, "method": "GET", "url": "/organization" });
    let json_header = json!({ "Content-Type": "application/json" });
    let many: Vec<Value> = (0..21).map(|id| item(&id.to_string())).collect();
    let table = [
        (json!([]), "BadRequest", "Invalid batch payload format."),
        (
            json!(many),
            "MaximumValueExceeded",
            "Number of batch request steps exceeds the maximum value of 20.",
        ),
        (
            json!([item("a"), item("A")]),
            "BadRequest",
            "The request id 'A' is used more than once in the batch.",
        ),
        (
            json!([{ "id": "1", "method": "POST", "url": "/users", "body": newcomer("RaulR") }]),
            "BadRequest",
            "Write request id : 1 does not contain Content-Type header or body.",
        ),
        (
            json!([{ "id": "1", "method": "POST", "url": "/users/AdeleV@contoso.com/revokeSignInSessions", "headers": json_header }]),
            "BadRequest",
            "Write request id : 1 does not contain Content-Type header or body.",
        ),
        (
            json!([item("a"), { "id": "b", "method": "GET", "url": "/users", "dependsOn": ["a"] }, { "id": "c", "method": "GET", "url": "/users", "dependsOn": ["a", "b"] }]),
            "BadRequest",
            "Batch should be either fully sequential or fully parallel.",
        ),
        (
            json!([item("a"), item("b"), { "id": "c", "method": "GET", "url": "/users", "dependsOn": ["a"] }, { "id": "d", "method": "GET", "url": "/users", "dependsOn": ["b"] }]),
            "BadRequest",
            "Batch should be either fully sequential or fully parallel.",
        ),
        (
            json!([{ "id": "1", "method": "GET", "url": "/users", "atomicityGroup": "g" }]),
            "BadRequest",
            "Request '1' has an atomicityGroup, which is not supported.",
        ),
        (
            json!([{ "id": "1", "method": "GET", "url": "/users", "headers": { "Prefer": "return=minimal, respond-async" } }]),
            "BadRequest",
            "The preference 'respond-async' is not supported in a batch.",
        ),
        (
            json!([{ "id": "1", "method": "POST", "url": "/$batch", "body": {}, "headers": json_header }]),
            "BadRequest",
            "A batch request cannot contain another batch request.",
        ),
        (
            json!([{ "id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/users" }]),
            "BadRequest",
            "Invalid url 'https://graph.microsoft.com/v1.0/users' in request '1': it has to be relative to the version.",
        ),
        (
            json!([{ "id": "1", "method": "GET", "url": "/users", "dependsOn": ["0"] }]),
            "BadRequest",
            "Request '1' depends on '0', which does not come before it.",
        ),
    ];
    for (requests, code, message) in table {
        batch(&client, requests).await.is_refused(400, code, message);
    }
    let request = http::Request::post("/v1.0/$batch")
        .header("authorization", client.bearer())
        .header("content-type", "application/json")
        .header("prefer", "respond-async")
        .body(json!({ "requests": [item("a")] }).to_string().into());
    let message = "The preference 'respond-async' is not supported in a batch.";
    send(&client.tenant, request.unwrap()).await.is_refused(400, "BadRequest", message);
}

#[tokio::test(start_paused = true)]
async fn the_transcript_shows_envelope_and_items() {
    let client = Client::new();
    batch(&client, json!([
        { "id": "1", "method": "GET", "url": "/users?$select=id" },
        { "id": "2", "method": "POST", "url": "/users", "headers": { "content-type": "application/json" }, "body": newcomer("RaulR") },
    ])).await.is(200);
    let entry = client.tenant.transcript().pop().unwrap();
    assert_eq!(
        (entry.method.as_str(), entry.path.as_str(), entry.status, entry.cost, entry.wrote),
        ("POST", "/v1.0/$batch", 200, 2, true)
    );
    let items: Vec<(&str, u16, bool)> =
        entry.items.iter().map(|item| (item.url.as_str(), item.status, item.wrote)).collect();
    assert_eq!(items, [("/users?$select=id", 200, false), ("/users", 201, true)]);
    assert_eq!(entry.items[1].body.as_ref().unwrap()["passwordProfile"]["password"], "***");
}
