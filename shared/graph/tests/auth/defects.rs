//! What the SDK alone does badly under load or in an outage, and what these tokens do instead: one test each, over real
//! sockets where requests are counted and on paused time where outages are long. The numbers in the comments were
//! measured with azure_identity 1.0.0.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::desk::{Answer, Desk, in_seconds, issued, quick, tokens};
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode, headers::Headers};
use futures_util::FutureExt;
use futures_util::future::join_all;
use graph::auth::{Audience, Credentials, Settings, Timing, Tokens};
use serde_json::json;
use tokio::time::Instant;

/// Moves tokio's clock while no answer is awaited.
async fn jump(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_hundred_first_callers_cause_one_request() {
    let desk = Desk::open(|n, _| issued(n, 3600)).await;
    let tokens = Arc::new(tokens(&desk, quick()));
    desk.pause();
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let tokens = tokens.clone();
            tokio::spawn(async move { tokens.bearer(&Audience::Graph).await })
        })
        .collect();
    desk.has_seen(1).await;
    desk.resume();
    for answer in join_all(callers).await {
        assert_eq!(answer.unwrap().unwrap().text(), "token-0");
    }
    assert_eq!(desk.requests(), 1);
}

/// The SDK: 100 callers, 100 requests one after the other, 5.1 s.
#[tokio::test]
async fn a_token_with_less_than_five_minutes_is_kept_all_the_same() {
    let desk = Desk::open(|n, _| issued(n, 299)).await;
    let tokens = tokens(&desk, quick());
    for _ in 0..3 {
        for answer in join_all((0..100).map(|_| tokens.bearer(&Audience::Graph))).await {
            assert_eq!(answer.unwrap().text(), "token-0");
        }
    }
    assert_eq!(desk.requests(), 1);
}

/// The SDK: each of 20 callers repeats the series of retries in turn, 60 requests, 17.1 s for the last.
#[tokio::test]
async fn an_endpoint_that_fails_is_asked_in_one_series_for_all_who_wait() {
    let desk = Desk::open(|_, _| Answer::Is(500, json!({}))).await;
    let tokens = tokens(&desk, quick());
    for _ in 0..2 {
        for answer in join_all((0..20).map(|_| tokens.bearer(&Audience::Graph))).await {
            let error = answer.unwrap_err();
            assert!(error.is_refused() && error.help().ends_with("ask again later"), "{error}");
        }
    }
    assert_eq!(desk.requests(), 3, "one try and two retries");
}

/// The SDK: an error, although the old token is good for minutes.
#[tokio::test]
async fn the_old_token_is_served_while_its_renewal_fails() {
    let desk = Desk::open(|n, _| if n == 0 { issued(n, 3600) } else { Answer::Is(500, json!({})) }).await;
    let tokens = tokens(&desk, Timing { hold: Duration::ZERO, ..quick() });
    tokens.bearer(&Audience::Graph).await.unwrap();
    // Renewal is due; then nearly over: the renewal is waited for, fails, and the old token is still valid.
    for (seconds, requests) in [(3400, 4), (180, 7)] {
        jump(seconds).await;
        assert_eq!(tokens.bearer(&Audience::Graph).await.unwrap().text(), "token-0");
        desk.has_seen(requests).await;
    }
    jump(30).await;
    assert!(tokens.bearer(&Audience::Graph).await.unwrap_err().is_refused());
}

/// The SDK: a cached Graph token waits 2.9 s for somebody else's Key Vault token.
#[tokio::test]
async fn audiences_never_wait_for_one_another() {
    let vault = |resource: &str| resource.starts_with("https://vault");
    let desk = Desk::open(
        move |n, seen| if vault(seen.field("resource")) { Answer::Never } else { issued(n, 3600) },
    );
    let desk = desk.await;
    let tokens = tokens(&desk, quick());
    tokens.bearer(&Audience::Graph).await.unwrap();
    let mut stuck = Box::pin(tokens.bearer(&Audience::KeyVault));
    assert!(stuck.as_mut().now_or_never().is_none());
    desk.has_seen(2).await;
    let kept = tokens.bearer(&Audience::Graph).now_or_never();
    assert_eq!(kept.expect("at once").unwrap().text(), "token-0");
    assert_eq!(tokens.bearer(&Audience::Exchange).await.unwrap().text(), "token-2");
}

/// Never answers, always with 500, or not the first time.
#[derive(Debug)]
enum Outage {
    Silence,
    Errors,
    OneLostAnswer(AtomicBool),
}

#[async_trait::async_trait]
impl HttpClient for Outage {
    async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (status, body) = match self {
            Self::OneLostAnswer(lost) if lost.swap(true, Ordering::SeqCst) => {
                let expires_on = in_seconds(3600);
                (StatusCode::Ok, json!({"access_token": "late", "expires_on": expires_on}))
            }
            Self::Errors => (StatusCode::InternalServerError, json!({})),
            _ => std::future::pending().await,
        };
        Ok(AsyncRawResponse::from_bytes(status, Headers::new(), body.to_string()))
    }
}

fn during(outage: Outage, settings: [(&str, &str); 2]) -> Tokens {
    let credentials = Credentials::new(Settings::from(settings), crate::desk::http(), Timing::default());
    Tokens::new(credentials.with_transport(Arc::new(outage)), Timing::default())
}

const ENDPOINT: [(&str, &str); 2] =
    [("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token"), ("IDENTITY_HEADER", "h3ader")];
const METADATA: [(&str, &str); 2] = [("M365_CREDENTIAL", "managed-identity"), ("M365_CLOUD", "public")];

/// The SDK: 120.6 s of silence, 81.8 s of errors.
#[tokio::test(start_paused = true)]
async fn an_outage_is_told_within_the_deadline() {
    for settings in [ENDPOINT, METADATA] {
        for outage in [Outage::Silence, Outage::Errors] {
            let name = format!("{outage:?} {settings:?}");
            let start = Instant::now();
            let error = during(outage, settings).bearer(&Audience::Graph).await.unwrap_err();
            assert!(start.elapsed() <= Timing::default().deadline, "{name}: {:?}", start.elapsed());
            assert!(!error.help().is_empty(), "{name}: {error}");
        }
    }
}

/// The SDK: waits a minute for it.
#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_is_asked_for_again_in_time() {
    let tokens = during(Outage::OneLostAnswer(AtomicBool::new(false)), ENDPOINT);
    assert_eq!(tokens.bearer(&Audience::Graph).await.unwrap().text(), "late");
}
