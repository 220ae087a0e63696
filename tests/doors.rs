//! The packaged function behind the local Functions host: what a caller of the deployed app meets.
//!
//! What the function decides is tried elsewhere; here it is the way in and out: readiness, keys, each way in which a host
//! hands requests on, the timer, the log.

#![cfg(test)]

use std::time::Duration;

use functions_host::Level;
use jiff::{SignedDuration, Timestamp};
use scripts::http::Answer;
use serde_json::{Value, json};
use suite::{FUNCTION, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The switches of host.json by which a host hands requests on in one way or another, each as an app setting.
const PROXYING: &str = "AzureFunctionsJobHost__customHandler__enableProxyingHttpRequest";
const FORWARDING: &str = "AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest";
const TIMER: &str = "/admin/functions/enable-due";

fn newcomer() -> Value {
    json!({
        "employeeId": "200003", "givenName": "Mallory", "surname": "Cortez", "usageLocation": "US",
        "userPrincipalName": "{given}.{surname}@contoso.com", "profile": {"mobilePhone": "+1 2065550100"},
        "licences": [{"sku": "SPE_E3"}], "groups": ["Retail"],
        "temporaryAccessPass": {"lifetimeInMinutes": 60},
    })
}

/// What the handler says, line by line.
fn console(world: &World) -> Vec<functions_host::Line> {
    let lines = world.host.lines(FUNCTION).unwrap();
    lines.into_iter().filter(|line| line.category == "Host.Function.Console").collect()
}

#[tokio::test]
async fn the_handler_is_ready_even_when_it_is_misconfigured_and_the_first_call_says_how() {
    let world = World::start(&[("M365_TENANT_SIZE", "huge")]).await.unwrap();
    let root = world.send("GET", &world.host.handler_url(FUNCTION).unwrap(), &[], None).await.unwrap();
    let first = world.post("?whatIf=true", &[], &newcomer()).await.unwrap();
    assert_eq!((root.status, first.status), (200, 500));
    assert_eq!(first.body["type"], "urn:m365-functions:problem:configuration");
    assert!(first.body["detail"].as_str().unwrap().starts_with("M365_TENANT_SIZE"), "{}", first.body);
    world.host.stop().await;
}

#[tokio::test]
async fn without_the_key_neither_function_nor_tenant_is_asked() {
    let world = World::start(&[]).await.unwrap();
    let url = world.url(&format!("/api/{FUNCTION}"));
    for headers in [&[][..], &[("x-functions-key", "guessed")]] {
        let answer = world.send("POST", &url, headers, Some(&newcomer())).await.unwrap();
        assert_eq!(answer.status, 401, "{headers:?}");
    }
    let timer = world.send("POST", &world.url(TIMER), &[], Some(&json!({"input": ""}))).await.unwrap();
    assert_eq!(timer.status, 401);
    assert!(world.tenant.transcript().is_empty() && console(&world).is_empty());
    world.host.stop().await;
}

#[tokio::test]
async fn proxied_forwarded_or_in_an_envelope_a_call_is_answered_alike() {
    let ways = [("True", "True"), ("False", "True"), ("False", "False")];
    let mut told = Vec::new();
    for (proxying, forwarding) in ways {
        let world = World::start(&[(PROXYING, proxying), (FORWARDING, forwarding)]).await.unwrap();
        let planned = world.post("?whatIf=true", &[], &newcomer()).await.unwrap();
        let refused = world.post("", &[], &json!({"employeeId": 7})).await.unwrap();
        assert_eq!((planned.status, refused.status), (200, 400), "{proxying} {forwarding}");
        assert_eq!(refused.headers["content-type"], "application/problem+json");
        assert_eq!(refused.body["errors"][0]["pointer"], "/employeeId");
        told.push(planned.body);
        world.host.stop().await;
    }
    assert_eq!(told[0]["status"], "planned");
    assert!(told.iter().all(|plan| *plan == told[0]), "{told:#?}");
}

/// Why proxying is switched on: callers such as Logic Apps may send chunks.
#[tokio::test]
async fn a_body_in_chunks_arrives_when_proxied_and_does_no_harm_when_the_host_loses_it() {
    for (proxying, status) in [("True", "HTTP/1.1 200"), ("False", "HTTP/1.1 5")] {
        let world = World::start(&[(PROXYING, proxying)]).await.unwrap();
        let answer = post_in_chunks(&world).await;
        assert!(answer.starts_with(status), "proxying {proxying}: {answer}");
        let wrote = world.tenant.transcript().iter().any(|entry| entry.wrote);
        assert_eq!(wrote, proxying == "True");
        world.host.stop().await;
    }
}

async fn post_in_chunks(world: &World) -> String {
    let body = newcomer().to_string();
    let (one, two) = body.split_at(body.len() / 2);
    let (address, key) = (world.host.address(), world.host.key());
    let head = format!(
        "POST /api/{FUNCTION} HTTP/1.1\r\nhost: {address}\r\nx-functions-key: {key}\r\nconnection: close\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all([head, chunk(one), chunk(two), chunk("")].concat().as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn whoever_would_rather_poll_is_sent_where_they_came_from() {
    let world = World::start(&[]).await.unwrap();
    let accepted = world.post("", &[("prefer", "respond-async")], &newcomer()).await.unwrap();
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let location = accepted.headers["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(&world.url("/api/")), "{location}");
    let outcome = polled(&world, &location).await;
    assert_eq!((outcome.status, &outcome.body["status"]), (200, &json!("succeeded")), "{}", outcome.body);
    assert!(outcome.body["credential"].is_null(), "the pass went to nobody and is kept nowhere");
    world.host.stop().await;
}

/// Asks until there is an outcome; each answer comes when the handler has had its turn.
async fn polled(world: &World, location: &str) -> Answer {
    world.host.line_with(FUNCTION, "run.ended").await.unwrap();
    loop {
        let headers = [("x-functions-key", world.host.key())];
        let answer = world.send("GET", location, &headers, None).await.unwrap();
        if answer.status != 202 {
            return answer;
        }
    }
}

#[tokio::test]
async fn the_timer_lets_in_whoever_has_started() {
    let world = World::start(&[]).await.unwrap();
    let mut request = newcomer();
    request["startsAt"] = (Timestamp::now() + SignedDuration::from_secs(2)).to_string().into();
    let outcome = world.post("", &[], &request).await.unwrap().body;
    assert_eq!(outcome["status"], "succeeded", "{outcome}");
    assert!(!may_sign_in(&world), "{outcome}");
    let ticking = async {
        while !may_sign_in(&world) {
            assert!(world.host.fire_timer(FUNCTION, "enable-due").await.unwrap().is_success());
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ticking).await.unwrap();
    world.host.line_with(FUNCTION, "taken up: 1 succeeded, 0 unfinished").await.unwrap();
    world.host.stop().await;
}

fn may_sign_in(world: &World) -> bool {
    let state = world.tenant.state();
    let users = state["users"].as_array().unwrap();
    users.iter().find(|user| user["employeeId"] == "200003").unwrap()["accountEnabled"] == true
}

#[tokio::test]
async fn an_administrator_may_fire_the_timer_by_hand() {
    let world = World::start(&[]).await.unwrap();
    let key = [("x-functions-key", world.host.key())];
    let fired = world.send("POST", &world.url(TIMER), &key, Some(&json!({"input": ""}))).await.unwrap();
    let line = world.host.line_with(FUNCTION, "taken up:").await.unwrap();
    assert_eq!((fired.status, line.category.as_str()), (202, "Function.enable-due.User"));
    assert_eq!(line.text, "taken up: 0 succeeded, 0 unfinished; expired: 0");
    world.host.stop().await;
}

#[tokio::test]
async fn the_log_tells_which_run_and_invocation_and_nobodys_name_key_or_pass() {
    let world = World::start(&[]).await.unwrap();
    let done = world.post("", &[], &newcomer()).await.unwrap();
    let run = done.body["run"].as_str().unwrap();
    let pass = done.body["credential"].as_str().unwrap();
    world.post(&format!("/runs/{run}/undo"), &[], &json!({})).await.unwrap();
    world.post("", &[], &json!({"employeeId": "200003"})).await.unwrap();
    let lines = console(&world);
    let json =
        lines.iter().map(|line| serde_json::from_str::<Value>(&line.text).unwrap()).collect::<Vec<_>>();
    assert!(lines.iter().all(|line| line.level == Level::Information), "{lines:#?}");
    assert!(
        json.iter().all(|line| line["invocation_id"].as_str().is_some_and(|id| id.len() == 36)),
        "{json:#?}"
    );
    assert!(json.iter().any(|line| line["run"] == run && line["event"] == "run.ended"), "{json:#?}");
    let header = world.tenant.identity(FUNCTION, &[]).identity_header;
    let secrets =
        ["Mallory", "Cortez", "mallory", "contoso.com", "2065550100", pass, world.host.key(), &header];
    for line in lines {
        let spilt = secrets.iter().find(|secret| line.text.contains(**secret));
        assert_eq!(spilt, None, "{}", line.text);
    }
    world.host.stop().await;
}
