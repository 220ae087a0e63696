//! Reports: in which form, by when, and what is kept of them.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use jiff::SignedDuration;
use journal::{Journal, PageName};
use serde_json::{Value, json};
use tenant::{Fault, Options, Trouble};

use crate::house::{Headers, House, Reply, pass};

const REPORT: &str = "/api/greet/greeted";

async fn get(house: &House, target: &str, headers: Headers<'_>) -> Reply {
    let request = Request::get(target).header("host", "contoso.azurewebsites.net");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    house.send(request.body(Body::empty()).unwrap()).await
}

async fn kept(house: &House) -> Value {
    house.journal.page(&PageName::new("reports/greet/greeted").unwrap()).await.unwrap().value
}

async fn tick(house: &House) -> Reply {
    house.post("/greet-report", &[], &json!({"Data": {"timer": {}}, "Metadata": {}})).await
}

fn unreadable() -> Fault {
    let then =
        Trouble { status: Some(403), code: Some("Authorization_RequestDenied".into()), ..Trouble::default() };
    Fault { method: Some("GET".into()), then, ..Fault::default() }
}

#[tokio::test(start_paused = true)]
async fn the_caller_chooses_the_form() {
    let house = House::new();
    const JSON: &str = "application/json";
    const CSV: &str = "text/csv; charset=utf-8; header=present";
    const PAGE: &str = "text/html; charset=utf-8";
    const PROBLEM: &str = "application/problem+json";
    let table: [(&str, Headers<'_>, u16, &str); 11] = [
        ("", &[], 200, JSON),
        ("", &[("accept", "")], 200, JSON),
        ("", &[("accept", "*/*")], 200, JSON),
        ("", &[("accept", "text/csv")], 200, CSV),
        ("", &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")], 200, PAGE),
        ("?format=html&code=k", &[("accept", JSON)], 200, PAGE),
        ("?Format=CSV", &[], 200, CSV),
        ("", &[("accept", "application/pdf")], 406, PROBLEM),
        ("?format=xlsx", &[], 400, PROBLEM),
        ("?format=csv&format=json", &[], 400, PROBLEM),
        ("?whatIf=true", &[], 400, PROBLEM),
    ];
    for (query, headers, status, kind) in table {
        let reply = get(&house, &format!("{REPORT}{query}"), headers).await;
        assert_eq!((reply.status, reply.header("content-type")), (status, kind), "{query} {headers:?}");
    }
    assert_eq!(house.post(REPORT, &[], &json!({})).await.problem(), "wrong-method");
    assert_eq!(get(&house, "/API/Greet/GREETED/", &[]).await.status, 200);
    let own = get(&house, "/api/greet", &[]).await;
    assert_eq!(
        (own.status, &own.body["report"]),
        (200, &json!("greeted")),
        "one that is called like the task"
    );
    assert_eq!(house.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_outlasts_its_caller_goes_on_and_is_kept() {
    let house = House::slow(Duration::from_secs(30));
    let first = get(&house, &format!("{REPORT}?code=k"), &[]).await;
    assert_eq!(
        (first.status, first.header("retry-after"), &first.body["status"]),
        (202, "60", &json!("running"))
    );
    assert_eq!(first.header("location"), "https://contoso.azurewebsites.net/api/greet/greeted?code=k");
    assert_eq!(kept(&house).await, Value::Null);
    pass(SignedDuration::from_secs(30)).await;
    tokio::task::yield_now().await;
    let second = get(&house, REPORT, &[]).await;
    assert_eq!((second.status, &second.body["at"]), (200, &kept(&house).await["at"]));
    let says = second.body["incomplete"][0]["says"].as_str().unwrap();
    assert!(says.contains("21 November 2026"), "{says}");
    let elsewhere = get(&house.another(), REPORT, &[]).await;
    assert_eq!(elsewhere.body["at"], second.body["at"], "another process tells what this one has read");
}

#[tokio::test(start_paused = true)]
async fn a_timer_reads_a_report_and_keeps_it() {
    let house = House::new();
    let reply = tick(&house).await;
    assert_eq!((reply.status, &reply.body["Logs"][0]), (200, &json!("read and kept; to act on: 1")));
    assert_eq!(kept(&house).await["facts"], json!({"greeted": false}), "and no personal data");
    let slow = House::with(Options::default(), json!({}), &[("SLOWLY", "yes")]);
    assert_eq!(tick(&slow).await.body["Logs"][0], "the report is being read");
    assert_eq!(tick(&slow).await.body["Logs"][0], "the report is being read", "and not begun anew");
    assert_eq!(tick(&slow).await.body["Logs"][0], "read and kept; to act on: 1");
    assert_eq!(kept(&slow).await["facts"], json!({"greeted": false}));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_no_report_and_nothing_is_kept_of_it() {
    let house = House::new();
    house.tenant.fault(unreadable());
    assert_eq!(get(&house, REPORT, &[]).await.problem(), "tenant-unreadable");
    assert_eq!(tick(&house).await.problem(), "envelope");
    assert_eq!(kept(&house).await, Value::Null);
    house.tenant.clear_faults();
    assert_eq!(get(&house, REPORT, &[]).await.status, 200, "asked again, it is read again");
}
