//! The envelope of the Functions host, in every shape that hosts have sent, and the answers that it can read.

use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use http::Request;
use serde_json::{Value, json};

use crate::house::{ADELE, House, Reply, hello, pass};

/// What the host sends for an HTTP function, as it was captured from a host of 2024.
fn trigger(method: &str, target: &str, body: Option<Value>) -> Value {
    let mut request = json!({
        "Url": format!("https://contoso.azurewebsites.net{target}"),
        "Method": method,
        "Query": {"code": "s3cret"},
        "Headers": {
            "Accept": ["*/*"], "Connection": ["keep-alive"], "Host": ["contoso.azurewebsites.net"],
            "Content-Type": ["application/json"], "x-functions-key": ["s3cret"],
        },
        "Params": {"rest": null},
        "Identities": [{"AuthenticationType": null, "IsAuthenticated": false, "Claims": []}],
    });
    if let Some(body) = body {
        request["Body"] = body;
    }
    request
}

fn envelope(request: &Value) -> Value {
    json!({
        "Data": {"req": request},
        "Metadata": {
            "Query": {}, "Headers": {"Accept": "*/*"}, "who": "\"AdeleV@contoso.com\"",
            "sys": {"MethodName": "ask", "UtcNow": "2026-11-21T08:00:00Z", "RandGuid": "7a85f722-f6ba-4add-9a45-7ed862be02ae"},
        },
    })
}

fn invocation(function: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(format!("/{function}"))
        .header("host", "127.0.0.1:63950")
        .header("content-type", "application/json; charset=utf-8")
        .header("x-azure-functions-invocationid", "fa4fcd1a-a965-431e-8f10-a15c07b4fe2a")
        .body(body.into())
        .unwrap()
}

/// The HTTP answer in a reply that the host can read: see [`is_readable`].
async fn answered(house: &House, envelope: &Value) -> Value {
    let reply = house.send(invocation("ask", envelope.to_string())).await;
    is_readable(&reply);
    reply.body["Outputs"]["res"].clone()
}

/// A reply by which the host ends the invocation with success: anything else hangs it, or fails it.
fn is_readable(reply: &Reply) {
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"), "{}", reply.text);
    assert!(reply.body.is_object(), "{}", reply.text);
    assert!(reply.body["Logs"].as_array().unwrap().iter().all(Value::is_string), "{}", reply.text);
    assert_eq!(reply.body["ReturnValue"], Value::Null);
    let names: Vec<&String> = reply.body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["Logs", "Outputs", "ReturnValue"]);
    let Some(output) = reply.body["Outputs"].get("res") else { return };
    let names: Vec<&String> = output.as_object().unwrap().keys().collect();
    assert_eq!(names, ["body", "headers", "statusCode"], "`status` is not honoured");
    assert!(output["statusCode"].is_u64() && output["body"].is_string(), "{output}");
    assert!(output["headers"].as_object().unwrap().values().all(Value::is_string), "{output}");
    assert!(output["headers"]["content-type"].as_str().unwrap().contains("json"), "{output}");
}

fn body_of(output: &Value) -> Value {
    serde_json::from_str(output["body"].as_str().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_call_in_an_envelope_is_answered_as_any_other() {
    let house = House::new();
    let call = trigger("POST", "/api/greet", Some(hello().to_string().into()));
    let output = answered(&house, &envelope(&call)).await;
    assert_eq!((&output["statusCode"], &body_of(&output)["status"]), (&json!(200), &json!("succeeded")));
    assert_eq!(
        output["headers"]["etag"],
        format!("\"{}\"", body_of(&output)["planDigest"].as_str().unwrap())
    );
    assert_eq!(house.job_title(), "Hello");
}

#[tokio::test(start_paused = true)]
async fn every_shape_of_an_envelope_is_understood() {
    let plain = trigger("POST", "/api/greet?whatIf=true", Some(hello().to_string().into()));
    let with = |name: &str, value: Value| {
        let mut changed = plain.clone();
        changed[name] = value;
        envelope(&changed)
    };
    let as_text = |value: &Value| Value::from(value.to_string());
    let text_headers = json!({"Content-Type": "application/json", "Host": "localhost:7071"});
    let odd_headers = json!({"Content-Type": ["application/json"], "X-None": null, "X-Number": 7, "no header": ["x"], "X-Bad": ["a\nb"]});
    let table = [
        ("as it is", envelope(&plain)),
        ("the request as text", envelope(&as_text(&plain))),
        ("the request as text in text", envelope(&as_text(&as_text(&plain)))),
        ("Data as text", json!({"Data": as_text(&json!({"req": plain}))})),
        (
            "another binding beside it",
            json!({"Data": {"a": "\"hello!!\"", "b": null, "req": plain}, "Metadata": null}),
        ),
        ("another name", json!({"Data": {"request": plain}})),
        ("no Metadata", json!({"Data": {"req": plain}})),
        ("the query as text", with("Query", "{}".into())),
        ("headers as text", with("Headers", as_text(&plain["Headers"]))),
        ("header values as text", with("Headers", text_headers)),
        ("odd headers", with("Headers", odd_headers)),
        ("no headers", with("Headers", Value::Null)),
        ("the body as an object", with("Body", hello())),
        ("identities as text", with("Identities", "[]".into())),
    ];
    for (shape, envelope) in table {
        let output = answered(&House::new(), &envelope).await;
        assert_eq!(
            (&output["statusCode"], &body_of(&output)["status"]),
            (&json!(200), &json!("planned")),
            "{shape}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_envelope_may_come_in_chunks() {
    let house = House::new();
    let call = envelope(&trigger("POST", "/api/greet", Some(hello().to_string().into()))).to_string();
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
        call.into_bytes().chunks(7).map(|part| Ok(part.to_vec())).collect();
    let reply = house.send(invocation("ask", Body::from_stream(stream::iter(chunks)))).await;
    is_readable(&reply);
    assert_eq!(reply.body["Outputs"]["res"]["statusCode"], 200);
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_is_a_status_inside_and_a_success_outside() {
    let house = House::new();
    let with_type = |kind: &str| {
        let mut call = trigger("POST", "/api/greet", Some("eyJ3aG8iOiAieCJ9".into()));
        call["Headers"]["Content-Type"] = json!([kind]);
        call
    };
    let large = json!({"who": ADELE, "words": "x".repeat(300 * 1024)}).to_string();
    let defect = json!({"who": ADELE, "words": "panic, Adele Vance"}).to_string();
    let ask = |body: &str| trigger("POST", "/api/greet", Some(body.into()));
    let run = "/api/greet/runs/0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47";
    let table = [
        (trigger("POST", "/api/greet", None), 400, "invalid-request"),
        (ask("{}"), 400, "invalid-request"),
        (trigger("POST", "/api/greet?whatIf=true&whatIf=true", Some("{}".into())), 400, "invalid-query"),
        (trigger("POST", "/api/greet?whatIf=true,true", Some("{}".into())), 400, "invalid-query"),
        (with_type("application/octet-stream"), 415, "not-json"),
        (with_type("multipart/form-data; boundary=x"), 415, "not-json"),
        (ask(&large), 413, "too-large"),
        (ask(&defect), 500, "defect"),
        (trigger("GET", "/api/greet/everybody", None), 405, "wrong-method"),
        (trigger("GET", run, None), 404, "no-such-run"),
        (trigger("GET", "/api/greet/runs/ü {}", None), 404, "no-such-run"),
        (trigger("GET", "/api/elsewhere", None), 404, "nothing-here"),
        (trigger("POST", "/ask", Some("{}".into())), 404, "nothing-here"),
    ];
    for (call, status, kind) in table {
        let output = answered(&house, &envelope(&call)).await;
        assert_eq!(output["statusCode"], status, "{call}");
        assert_eq!(output["headers"]["content-type"], "application/problem+json");
        let problem = body_of(&output);
        assert_eq!(problem["type"], format!("urn:m365-functions:problem:{kind}"), "{call}");
    }
    assert_eq!(house.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_header_that_matters_and_cannot_be_read_is_named_and_changes_nothing() {
    let house = House::new();
    for name in ["If-Match", "Idempotency-Key", "Prefer"] {
        for value in [json!(["é"]), json!("é"), json!(["a\nb"]), json!([7]), json!({})] {
            let mut call = trigger("POST", "/api/greet", Some(hello().to_string().into()));
            call["Headers"][name] = value.clone();
            let output = answered(&house, &envelope(&call)).await;
            let problem = body_of(&output);
            assert_eq!(problem["type"], "urn:m365-functions:problem:invalid-header", "{name}: {value}");
            assert!(problem["title"].as_str().unwrap().starts_with(name), "{problem}");
        }
    }
    assert_eq!((house.journal.runs().len(), house.writes()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_envelope_that_is_too_large_is_told_to_the_caller() {
    let house = House::new();
    let call = trigger("POST", "/api/greet", Some("x".repeat(9 * 1024 * 1024).into()));
    let output = answered(&house, &envelope(&call)).await;
    assert_eq!(output["statusCode"], 413);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_is_looked_at_where_the_caller_reached_the_host() {
    let house = House::slow(Duration::from_secs(8));
    let call = trigger("POST", "/api/greet?code=s3cret", Some(hello().to_string().into()));
    let output = answered(&house, &envelope(&call)).await;
    assert_eq!((&output["statusCode"], &output["headers"]["retry-after"]), (&json!(202), &json!("5")));
    let location = output["headers"]["location"].as_str().unwrap();
    assert!(location.starts_with("https://contoso.azurewebsites.net/api/greet/runs/"), "{location}");
    assert!(location.ends_with("?code=s3cret"), "{location}");
    let target = location.strip_prefix("https://contoso.azurewebsites.net").unwrap();
    let look = answered(&house, &envelope(&trigger("GET", target, None))).await;
    assert_eq!((&look["statusCode"], &look["headers"]["location"]), (&json!(202), &json!(location)));
    tokio::time::sleep(Duration::from_secs(60)).await;
    let ended = answered(&house, &envelope(&trigger("GET", target, None))).await;
    assert_eq!((&ended["statusCode"], &body_of(&ended)["status"]), (&json!(200), &json!("succeeded")));
}

#[tokio::test(start_paused = true)]
async fn a_function_may_be_called_like_the_task() {
    let house = House::new();
    let call = envelope(&trigger("POST", "/api/greet", Some(hello().to_string().into())));
    let reply = house.send(invocation("greet", call.to_string())).await;
    is_readable(&reply);
    assert_eq!(reply.body["Outputs"]["res"]["statusCode"], 200);
    assert_eq!(house.ask(&[], &hello()).await.status, 200);
}

/// What a host sends for a timer, in the shapes that are known or possible.
fn timers() -> Vec<Value> {
    let timer = json!({
        "Schedule": {"AdjustForDST": true},
        "ScheduleStatus": {"Last": "0001-01-01T00:00:00", "Next": "2026-11-21T08:00:00+00:00", "LastUpdated": "2026-11-21T08:00:00.0096035+00:00"},
        "IsPastDue": true,
    });
    let metadata = json!({"sys": {"MethodName": "greet-due"}, "RetryContext": {"RetryCount": 1, "MaxRetryCount": 3, "Exception": null}});
    vec![
        json!({"Data": {"timer": timer}, "Metadata": metadata}),
        json!({"Data": {"timer": timer.to_string()}}),
        json!({"Data": {"timer": {"Schedule": {}, "ScheduleStatus": null, "IsPastDue": false}}}),
        json!({"Data": {"timer": {"isPastDue": false}}}),
        json!({}),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_timer_takes_up_what_is_due_whatever_its_shape() {
    for timer in timers() {
        let house = House::new();
        house.dead("7", &hello()).await;
        pass(plan::LEASE * 2).await;
        let reply = house.send(invocation("greet-due", timer.to_string())).await;
        is_readable(&reply);
        assert_eq!(reply.body["Logs"], json!(["taken up: 1 succeeded, 0 unfinished; expired: 0"]), "{timer}");
        assert_eq!((&reply.body["Outputs"], house.job_title()), (&json!({}), json!("Hello")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_timer_with_nothing_due_succeeds_and_says_so() {
    let reply = House::new().send(invocation("Greet-Due", timers()[0].to_string())).await;
    is_readable(&reply);
    assert_eq!(reply.body["Logs"], json!(["taken up: 0 succeeded, 0 unfinished; expired: 0"]));
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_is_delivered_twice_at_once_works_once() {
    let house = House::slow(Duration::from_secs(1));
    let run = house.dead("7", &hello()).await;
    pass(plan::LEASE * 2).await;
    let timer = || invocation("greet-due", timers()[0].to_string());
    let (one, other) = tokio::join!(house.send(timer()), house.send(timer()));
    is_readable(&one);
    is_readable(&other);
    assert_eq!((house.journal.planned(&run), house.writes()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_cannot_use_the_journal_fails_its_invocation() {
    let house = House::new();
    house.journal.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    let reply = house.send(invocation("greet-due", timers()[0].to_string())).await;
    assert_eq!((reply.status, reply.problem()), (500, "envelope"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_invocation_of_ours_fails() {
    let house = House::new();
    let queue =
        json!({"Data": {"queue": "\"hello!!\""}, "Metadata": {"DequeueCount": "1", "Id": "\"52d53c5f\""}})
            .to_string();
    for body in [
        queue.as_str(),
        "",
        "null",
        "[]",
        "{",
        "{\"Data\": 7}",
        "{\"Data\": {\"req\": {\"Method\": \"POST\"}}}",
    ] {
        let reply = house.send(invocation("unknown", body.to_owned())).await;
        assert_eq!((reply.status, reply.problem()), (500, "envelope"), "{body}");
    }
}
