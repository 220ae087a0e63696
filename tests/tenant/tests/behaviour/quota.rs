use std::time::Duration;

use serde_json::{Value, json};
use tenant::{Options, Quota};

use crate::client::Client;

fn small() -> Client {
    Client::with(Options { quota: Quota::S, ..Options::default() })
}

#[tokio::test(start_paused = true)]
async fn costs_are_those_of_the_table() {
    let client = small();
    let group = client.group_id("Finance").await;
    let user = "/users/AdeleV@contoso.com";
    let table = [
        ("/users".to_owned(), "2"),
        ("/users?$select=id".to_owned(), "1"),
        ("/users?$top=5".to_owned(), "1"),
        ("/users?$expand=manager".to_owned(), "3"),
        ("/groups".to_owned(), "1"),
        (user.to_owned(), "1"),
        (format!("{user}?$expand=manager"), "2"),
        (format!("{user}/memberOf"), "2"),
        (format!("{user}/licenseDetails"), "2"),
        (format!("/groups/{group}/members"), "3"),
        (format!("/groups/{group}/members?$select=id&$top=5"), "1"),
        (format!("/groups/{group}/transitiveMembers"), "5"),
        ("/subscribedSkus".to_owned(), "3"),
        ("/organization".to_owned(), "1"),
    ];
    for (path, cost) in table {
        assert_eq!(client.get(&path).await.is(200).header("x-ms-resource-unit"), cost, "{path}");
    }
    let asks = [
        ("/directoryObjects/getByIds", json!({ "ids": [] }), "5"),
        ("/directoryObjects/getByIds?$select=id", json!({ "ids": [] }), "2"),
    ];
    for (path, body, cost) in asks {
        assert_eq!(client.post(path, body).await.is(200).header("x-ms-resource-unit"), cost, "{path}");
    }
}

/// Asks for so many units at once that the quota is used up, and tells the last answer.
async fn exhaust(client: &Client) -> crate::client::Answer {
    let mut answer = client.get("/subscribedSkus").await;
    while answer.status == 200 {
        answer = client.get("/subscribedSkus").await;
    }
    answer
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_too_much_is_told_when_to_come_back() {
    let client = small();
    let refused = exhaust(&client).await;
    refused.is_refused(429, "TooManyRequests", "Please retry again later.");
    assert_eq!(refused.body["error"]["innerError"]["status"], "429");
    assert_eq!(
        (refused.header("retry-after"), refused.header("x-ms-throttle-information")),
        ("1", "ResourceUnitLimitExceeded")
    );
    assert!(refused.header("x-ms-throttle-scope").starts_with("Tenant_Application/ReadWrite/"));
    tokio::time::advance(Duration::from_secs(1)).await;
    let answer = client.get("/subscribedSkus").await;
    assert_eq!(answer.is(200).header("x-ms-throttle-limit-percentage").chars().next(), Some('0'));
}

#[tokio::test(start_paused = true)]
async fn another_application_has_a_quota_of_its_own() {
    let client = small();
    exhaust(&client).await;
    client.only(&["LicenseAssignment.Read.All"]).get("/subscribedSkus").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn items_of_a_batch_are_throttled_one_by_one() {
    let client = small();
    exhaust(&client).await;
    tokio::time::advance(Duration::from_millis(20)).await;
    let requests: Vec<Value> =
        (0..10).map(|id| json!({ "id": id.to_string(), "method": "GET", "url": "/organization" })).collect();
    let answer = client.post("/$batch", json!({ "requests": requests })).await;
    let responses = answer.is(200).body["responses"].as_array().unwrap();
    let throttled: Vec<&Value> = responses.iter().filter(|response| response["status"] == 429).collect();
    assert!(!throttled.is_empty() && throttled.len() < 10, "{} of 10", throttled.len());
    assert_eq!(throttled[0]["headers"]["Retry-After"], "1");
}

#[tokio::test(start_paused = true)]
async fn writes_run_out_before_units_do() {
    let client = Client::with(Options { quota: Quota::L, ..Options::default() });
    let body = json!({ "department": "Sales" });
    let mut answer = client.patch("/users/AdeleV@contoso.com", body.clone()).await;
    while answer.status == 204 {
        answer = client.patch("/users/AdeleV@contoso.com", body.clone()).await;
    }
    assert_eq!((answer.status, answer.header("x-ms-throttle-information")), (429, "WriteLimitExceeded"));
    client.get("/organization").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn sign_ins_are_read_ten_times_a_minute() {
    let client = small();
    let path = "/users?$select=id,signInActivity&$top=500";
    for _ in 0..10 {
        client.get(path).await.is(200);
    }
    let refused = client.get(path).await;
    refused.is_refused(429, "TooManyRequests", "Please retry again later.");
    assert_eq!(refused.header("retry-after"), "6");
    client.get("/users?$select=id").await.is(200);
    tokio::time::advance(Duration::from_secs(6)).await;
    client.get(path).await.is(200);
}
