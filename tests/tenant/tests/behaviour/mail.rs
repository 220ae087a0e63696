use serde_json::{Value, json};
use tenant::{Fault, Trouble};

use crate::client::{Answer, Client, send};

fn message() -> Value {
    json!({
        "subject": "Two secrets end this week", "body": { "contentType": "HTML", "content": "<p>…</p>" },
        "toRecipients": [{ "emailAddress": { "address": "AlexW@contoso.com" } }],
    })
}

#[tokio::test(start_paused = true)]
async fn mail_is_sent_each_time_it_is_asked_for_and_kept() {
    let client = Client::new().only(&["Mail.Send"]);
    let path = "/users/AdeleV@contoso.com/sendMail";
    let body = json!({ "message": message(), "saveToSentItems": false });
    for _ in 0..2 {
        assert!(client.post(path, body.clone()).await.is(202).text.is_empty());
    }
    let state = client.tenant.state();
    let sent = state["sentMail"].as_array().unwrap();
    assert_eq!((sent.len(), &sent[0]["message"]), (2, &message()));
    assert_eq!(sent[0]["savedToSentItems"], false);
    client.tenant.load(&state).unwrap();
    assert_eq!(client.tenant.state(), state);
    client.post("/users/emergency@contoso.onmicrosoft.com/sendMail", body.clone()).await.is(404);
    client.only(&["User.Read.All"]).post(path, body).await.is(403);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_none_is_refused() {
    let client = Client::new();
    let with = |name: &str, value: Value| {
        let mut message = message();
        message[name] = value;
        json!({ "message": message })
    };
    let table = [
        json!({}),
        json!({ "message": message(), "later": true }),
        with("toRecipients", json!([])),
        with("toRecipients", json!([{ "emailAddress": { "name": "Alex" } }])),
        with("body", json!({ "contentType": "markdown", "content": "x" })),
        with("subjekt", json!("x")),
    ];
    for body in table {
        client.post("/users/AdeleV@contoso.com/sendMail", body.clone()).await.is(400);
    }
    assert!(client.tenant.state()["sentMail"].is_null());
}

async fn tell(client: &Client, hook: &str, body: &Value) -> Answer {
    let request = http::Request::post(format!("/hooks/{hook}")).header("content-type", "application/json");
    send(&client.tenant, request.body(axum::body::Body::from(body.to_string())).unwrap()).await
}

fn card(text: &str) -> Value {
    let content =
        json!({ "type": "AdaptiveCard", "version": "1.5", "body": [{ "type": "TextBlock", "text": text }] });
    json!({ "type": "message", "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "content": content }] })
}

#[tokio::test(start_paused = true)]
async fn a_channel_takes_adaptive_cards_and_nothing_else() {
    let client = Client::new();
    tell(&client, "teams/operations", &card("All is well.")).await.is(202);
    let mut old = card("x");
    old["attachments"][0]["contentType"] = json!("application/vnd.microsoft.teams.card.o365connector");
    tell(&client, "teams/operations", &old).await.is(400);
    tell(&client, "teams/operations", &json!({ "text": "All is well." })).await.is(400);
    tell(&client, "teams/operations", &card(&"x".repeat(28 * 1_024))).await.is(413);
    tell(&client, "callback/run-1", &json!({ "status": "done" })).await.is(200);
    tell(&client, "elsewhere/1", &json!({})).await.is(404);
    let request = http::Request::get("/control/hooks").body(axum::body::Body::empty()).unwrap();
    let told = send(&client.tenant, request).await;
    let hooks: Vec<&Value> = told.body.as_array().unwrap().iter().map(|one| &one["hook"]).collect();
    assert_eq!(hooks, ["teams/operations", "callback/run-1"]);
    client.tenant.clear_told();
    assert!(client.tenant.told().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_be_in_trouble_like_anything_else() {
    let client = Client::new();
    let then = Trouble { status: Some(502), ..Trouble::default() };
    client.tenant.fault(Fault {
        path: Some("/hooks/teams/".into()),
        times: Some(1),
        then,
        ..Fault::default()
    });
    tell(&client, "teams/operations", &card("x")).await.is(502);
    tell(&client, "teams/operations", &card("x")).await.is(202);
    let lost = Trouble { drop: Some(tenant::Drop::After), ..Trouble::default() };
    client.tenant.fault(Fault { path: Some("/hooks/".into()), then: lost, ..Fault::default() });
    assert!(tell(&client, "teams/operations", &card("x")).await.dropped);
    assert_eq!(client.tenant.told().len(), 2);
}
