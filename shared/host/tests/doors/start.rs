//! A start: the port answers before anything is read, and what is wrong is said when it matters.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use graph::auth::{Audience, AuthError, Http, Issuer, Settings, Timing, Token, TokenSource, Tokens};
use host::App;
use http::Request;

use crate::greet::Greet;
use crate::house::{House, hello, request, send};

fn wrong() -> axum::Router {
    host::router::<Greet>(App::new(Settings::from([
        ("M365_CLOUD", "germany"),
        ("M365_CREDENTIAL", "developer"),
    ])))
}

#[tokio::test(start_paused = true)]
async fn the_port_answers_whatever_the_settings_are() {
    for method in ["GET", "HEAD"] {
        let ping = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
        let reply = send(wrong(), ping).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, ""), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_before_the_first_call() {
    let settings = Settings::new(|name| panic!("{name} was read"));
    let app = App::new(settings);
    let ping = Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(send(host::router::<Greet>(app), ping).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_will_not_do_is_named_by_every_call() {
    let look = "/api/greet/runs/0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47";
    let calls = [
        request("/api/greet", &[], hello().to_string()),
        request("/api/greet?whatIf=true", &[], hello().to_string()),
        request(&format!("{look}/undo"), &[], ""),
        Request::get(look).body(Body::empty()).unwrap(),
    ];
    for call in calls {
        let reply = send(wrong(), call).await;
        assert_eq!((reply.status, reply.problem()), (500, "configuration"));
        let right = "M365_CLOUD must be public, usgov, usgovdod or china";
        assert_eq!(reply.body["detail"], right);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_deadline_is_told_before_a_run_is_begun() {
    let house =
        House::with(tenant::Options::default(), serde_json::json!({}), &[("M365_DEADLINE_SECONDS", "soon")]);
    let reply = house.ask(&[], &hello()).await;
    assert_eq!((reply.status, reply.problem()), (500, "configuration"));
    assert_eq!((house.journal.runs().len(), house.writes()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_credential_setting_that_is_missing_is_told_as_a_setting() {
    let settings = Settings::from([("AZURE_CLIENT_SECRET", "s3cret")]);
    let http = Arc::new(Http::new(settings.clone()));
    let house = House::new().asking(Arc::new(Tokens::from_settings(settings, http)));
    let reply = house.ask(&[], &hello()).await;
    assert_eq!((reply.status, reply.problem()), (500, "configuration"), "{}", reply.text);
    assert!(reply.body["detail"].as_str().unwrap().contains("AZURE_TENANT_ID is not set"), "{}", reply.text);
    assert!(!reply.text.contains("s3cret"));
}

/// Never has a token.
struct Barren;

impl Issuer for Barren {
    fn issue<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        async { Err(AuthError::failed("managed-identity: refused with 400: switch on the app's identity")) }
            .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_no_token_is_told_what_to_check_at_once_and_by_whoever_looks_later() {
    let house = House::new().asking(Arc::new(Tokens::new(Barren, Timing::default())));
    let reply = house.ask(&[], &hello()).await;
    assert_eq!((reply.status, reply.problem()), (502, "tenant-unreadable"));
    let look = house.get(&format!("/api/greet/runs/{}", house.journal.runs()[0].run)).await;
    for told in [reply, look] {
        let detail = told.body["detail"].as_str().unwrap();
        assert!(detail.contains("no token") && detail.contains("switch on the app's identity"), "{detail}");
    }
}

/// A token that Graph refuses.
struct Expired;

impl TokenSource for Expired {
    fn bearer<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        let token = Token::new("eyJ.not.good", SystemTime::now() + Duration::from_secs(3600));
        async { Ok(token) }.boxed()
    }

    fn refused(&self, _: &Audience, _: &Token) {}
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_told_and_not_shown() {
    let house = House::new().asking(Arc::new(Expired));
    let reply = house.ask(&[], &hello()).await;
    assert_eq!((reply.status, reply.problem()), (502, "tenant-unreadable"));
    assert!(reply.body["detail"].as_str().unwrap().contains("InvalidAuthenticationToken"), "{}", reply.text);
    assert!(!reply.text.contains("eyJ"), "{}", reply.text);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_used_is_told_and_nothing_is_changed() {
    let house = House::new();
    house.journal.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    let reply = house.ask(&[], &hello()).await;
    assert_eq!((reply.status, reply.problem()), (500, "journal"));
    assert!(reply.body["detail"].as_str().unwrap().starts_with("M365_JOURNAL"));
    assert_eq!(house.tenant.transcript().len(), 0);
}

/// The service tells this method to come back in ten minutes, for which no call has the patience.
fn busy(method: &str) -> tenant::Fault {
    let then = tenant::Trouble { status: Some(429), retry_after: Some("600".into()), ..Default::default() };
    tenant::Fault { method: Some(method.into()), then, ..Default::default() }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_busy_says_when_to_ask_again() {
    let house = House::new();
    house.tenant.fault(busy("GET"));
    let reply = house.ask(&[], &hello()).await;
    let told = (reply.status, reply.problem(), reply.header("retry-after"));
    assert_eq!(told, (503, "busy", "30"), "{}", reply.text);
    let look = house.get(&format!("/api/greet/runs/{}", reply.body["run"].as_str().unwrap())).await;
    assert_eq!((look.status, look.problem(), look.header("retry-after")), (503, "busy", "30"));
}

#[tokio::test(start_paused = true)]
async fn what_was_not_done_for_want_of_time_is_worth_asking_again() {
    let house = House::new();
    house.tenant.fault(busy("PATCH"));
    let reply = house.ask(&[], &hello()).await;
    let told = (reply.status, reply.problem(), reply.header("retry-after"));
    assert_eq!(told, (503, "not-yet", "30"), "{}", reply.text);
    assert_eq!(reply.body["outcome"]["changes"][0]["status"], "notYet");
    assert_eq!(house.writes(), 0);
}
