use std::time::Duration;

use serde_json::json;
use tenant::{Drop, Fault, Trouble};

use crate::client::{Client, newcomer};

fn fault(method: &str, path: &str, then: Trouble) -> Fault {
    Fault { method: Some(method.into()), path: Some(path.into()), times: Some(1), then, ..Fault::default() }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_made_up_and_nothing_is_done() {
    let client = Client::new();
    let before = client.tenant.state();
    let then = Trouble { status: Some(503), retry_after: Some("2.5".into()), ..Trouble::default() };
    client.tenant.fault(fault("POST", "/users", then));
    let refused = client.post("/users", newcomer("RaulR")).await;
    assert_eq!(
        (refused.status, refused.header("retry-after"), refused.code()),
        (503, "2.5", "ServiceUnavailable")
    );
    assert_eq!(client.tenant.state(), before);
    client.post("/users", newcomer("RaulR")).await.is(201);
}

#[tokio::test(start_paused = true)]
async fn each_status_has_words_of_its_own() {
    let client = Client::new();
    let table = [
        (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        (404, "Directory_ObjectNotFound", "Unable to read the company information from the directory."),
        (429, "TooManyRequests", "Please retry again later."),
        (503, "ServiceUnavailable", "The service is temporarily unavailable. Please try again later."),
    ];
    for (status, code, message) in table {
        client.tenant.fault(fault("GET", "/users", Trouble { status: Some(status), ..Trouble::default() }));
        client.get("/users").await.is_refused(status, code, message);
        client.get("/users").await.is(200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_lost_before_or_after_the_deed() {
    let client = Client::new();
    let lose = |when| Trouble { drop: Some(when), ..Trouble::default() };
    client.tenant.fault(fault("POST", "/users", lose(Drop::Before)));
    assert!(client.post("/users", newcomer("RaulR")).await.dropped);
    client.get("/users/RaulR@contoso.com").await.is(404);
    client.tenant.fault(fault("POST", "/users", lose(Drop::After)));
    assert!(client.post("/users", newcomer("RaulR")).await.dropped);
    client.get("/users/RaulR@contoso.com").await.is(200);
    let entries = client.tenant.transcript();
    assert_eq!(
        entries.iter().map(|entry| (entry.status, entry.wrote)).collect::<Vec<_>>(),
        [(0, false), (404, false), (0, true), (200, false)]
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_waiting_finds_the_deed_done() {
    let client = Client::new();
    client.tenant.fault(fault("POST", "/users", Trouble { delay_ms: Some(60_000), ..Trouble::default() }));
    let answer = tokio::time::timeout(Duration::from_secs(1), client.post("/users", newcomer("RaulR"))).await;
    assert!(answer.is_err());
    client.get("/users/RaulR@contoso.com").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_be_no_json_at_all() {
    let client = Client::new();
    client.tenant.fault(fault(
        "GET",
        "/users",
        Trouble { plain_text: Some("Bad Gateway".into()), status: Some(502), ..Trouble::default() },
    ));
    let answer = client.get("/users").await;
    assert_eq!(
        (answer.status, answer.text.as_str(), answer.header("content-type")),
        (502, "Bad Gateway", "text/plain")
    );
}

#[tokio::test(start_paused = true)]
async fn an_item_of_a_batch_is_in_trouble_alone_unless_the_connection_goes() {
    let client = Client::new();
    let requests = json!({ "requests": [
        { "id": "1", "method": "GET", "url": "/users/AdeleV@contoso.com" },
        { "id": "2", "method": "POST", "url": "/users", "headers": { "Content-Type": "application/json" }, "body": newcomer("RaulR") },
    ] });
    client.tenant.fault(Fault {
        body: Some("RaulR".into()),
        ..fault(
            "POST",
            "/users",
            Trouble { status: Some(429), retry_after: Some("7".into()), ..Trouble::default() },
        )
    });
    let answer = client.post("/$batch", requests.clone()).await;
    let mut statuses: Vec<u64> = answer.is(200).body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|response| response["status"].as_u64().unwrap())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429]);
    client.tenant.fault(fault("POST", "/users", Trouble { drop: Some(Drop::After), ..Trouble::default() }));
    assert!(client.post("/$batch", requests).await.dropped);
    client.get("/users/RaulR@contoso.com").await.is(200);
}
