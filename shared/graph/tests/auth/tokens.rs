//! How tokens are kept, renewed and given up, on paused time and with an issuer that does as it is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use azure_core::credentials::TokenCredential;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join};
use graph::auth::{Audience, AuthError, FixedToken, Issuer, Settings, Timing, Token, TokenSource, Tokens};
use tokio::sync::Semaphore;
use tokio::time::{Instant, advance, timeout};

const HOUR: u64 = 3600;

/// What the issuer does next.
#[derive(Clone, Copy)]
enum Does {
    Issues(u64),
    Fails,
    Hangs,
    Panics,
}

/// Numbers its tokens from 0; asks for a permit before each answer.
#[derive(Clone)]
struct Desk(Arc<Inner>);

struct Inner {
    calls: AtomicUsize,
    does: Mutex<Does>,
    permits: Semaphore,
}

impl Desk {
    fn that(does: Does) -> (Self, Arc<Tokens>) {
        Self::with(does, Timing::default())
    }

    fn with(does: Does, timing: Timing) -> (Self, Arc<Tokens>) {
        let inner =
            Inner { calls: AtomicUsize::new(0), does: Mutex::new(does), permits: Semaphore::new(1000) };
        let desk = Self(Arc::new(inner));
        let tokens = Tokens::new(desk.clone(), timing);
        (desk, Arc::new(tokens))
    }

    fn now(&self, does: Does) {
        *self.0.does.lock().unwrap() = does;
    }

    fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }
}

impl Issuer for Desk {
    fn issue<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        async {
            let number = self.0.calls.fetch_add(1, Ordering::SeqCst);
            let does = *self.0.does.lock().unwrap();
            self.0.permits.acquire().await.unwrap().forget();
            match does {
                Does::Issues(seconds) => Ok(token(number, seconds)),
                Does::Fails => Err(AuthError::failed(format!("failure {number}"))),
                Does::Hangs => std::future::pending().await,
                Does::Panics => panic!("as told"),
            }
        }
        .boxed()
    }
}

fn token(number: usize, seconds: u64) -> Token {
    Token::new(format!("token-{number}"), SystemTime::now() + Duration::from_secs(seconds))
}

async fn graph(tokens: &Tokens) -> String {
    match tokens.bearer(&Audience::Graph).await {
        Ok(token) => token.text().to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The answer, if it is there without waiting.
fn at_once(tokens: &Tokens) -> Option<String> {
    graph(tokens).now_or_never()
}

/// Lets the tasks that were spawned run until all of them wait for time.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_looked_up_before_the_first_token_is_wanted() {
    let looked_up = Arc::new(AtomicUsize::new(0));
    let counter = looked_up.clone();
    let settings = Settings::new(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        None
    });
    let http = Arc::new(graph::auth::Http::new(settings.clone()));
    let tokens = Tokens::from_settings(settings, http.clone());
    assert_eq!(looked_up.load(Ordering::SeqCst), 0);
    assert!(tokens.bearer(&Audience::Graph).await.unwrap_err().is_setting());
    assert!(format!("{http:?}").contains("<uninit>"), "no client without a request");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_in_the_background_five_minutes_before_its_end() {
    let (desk, tokens) = Desk::that(Does::Issues(HOUR));
    assert_eq!(graph(&tokens).await, "token-0");
    advance(Duration::from_secs(HOUR - 310)).await;
    assert_eq!(at_once(&tokens).as_deref(), Some("token-0"));
    settle().await;
    assert_eq!(desk.calls(), 1, "too early");

    advance(Duration::from_secs(15)).await;
    assert_eq!(at_once(&tokens).as_deref(), Some("token-0"), "nobody waits for a renewal");
    settle().await;
    assert_eq!(at_once(&tokens).as_deref(), Some("token-1"));
    assert_eq!(desk.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_token_is_renewed_in_the_last_quarter_of_its_life() {
    let (desk, tokens) = Desk::that(Does::Issues(40));
    for (advanced, expected, calls) in
        [(0, "token-0", 1), (28, "token-0", 1), (4, "token-0", 2), (0, "token-1", 2)]
    {
        advance(Duration::from_secs(advanced)).await;
        assert_eq!(graph(&tokens).await, expected);
        settle().await;
        assert_eq!(desk.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_with_thirty_seconds_left_is_not_handed_out_while_a_new_one_can_be_had() {
    let (_, tokens) = Desk::that(Does::Issues(HOUR));
    graph(&tokens).await;
    advance(Duration::from_secs(HOUR - 29)).await;
    assert_eq!(graph(&tokens).await, "token-1");
}

#[tokio::test(start_paused = true)]
async fn one_failure_answers_everybody_for_two_seconds() {
    let (desk, tokens) = Desk::that(Does::Fails);
    assert_eq!(graph(&tokens).await, "failure 0");
    advance(Duration::from_millis(1900)).await;
    assert_eq!(graph(&tokens).await, "failure 0");
    advance(Duration::from_millis(200)).await;
    desk.now(Does::Issues(HOUR));
    assert_eq!(graph(&tokens).await, "token-1");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_not_repeated_by_every_caller() {
    let (desk, tokens) = Desk::that(Does::Issues(HOUR));
    graph(&tokens).await;
    desk.now(Does::Fails);
    advance(Duration::from_secs(HOUR - 200)).await;
    for _ in 0..5 {
        assert_eq!(graph(&tokens).await, "token-0");
        settle().await;
    }
    assert_eq!(desk.calls(), 2);
    advance(Duration::from_secs(3)).await;
    desk.now(Does::Issues(HOUR));
    graph(&tokens).await;
    settle().await;
    assert_eq!(graph(&tokens).await, "token-2");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_does_not_hold_up_the_others() {
    let (desk, tokens) = Desk::that(Does::Issues(HOUR));
    let permits = desk.0.permits.acquire_many(1000).await.unwrap();
    let hasty = timeout(Duration::from_secs(1), tokens.bearer(&Audience::Graph)).await;
    assert!(hasty.is_err());
    drop(permits);
    assert_eq!(graph(&tokens).await, "token-0");
    assert_eq!(desk.calls(), 1, "the fetch that the first caller began");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_without_end_is_given_up_at_the_deadline_and_begun_anew() {
    let (desk, tokens) = Desk::that(Does::Hangs);
    let start = Instant::now();
    let error = tokens.bearer(&Audience::Graph).await.unwrap_err();
    assert!(error.is_timed_out() && !error.help().is_empty(), "{error}");
    assert_eq!(start.elapsed(), Timing::default().deadline);
    advance(Timing::default().hold).await;
    desk.now(Does::Issues(HOUR));
    assert_eq!(graph(&tokens).await, "token-1");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_issuer_is_an_error_like_any_other() {
    let (desk, tokens) = Desk::with(Does::Panics, Timing { hold: Duration::ZERO, ..Timing::default() });
    assert_eq!(graph(&tokens).await, "fetching a token panicked");
    desk.now(Does::Issues(HOUR));
    assert_eq!(graph(&tokens).await, "token-1");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_fetched_anew_once_for_all_who_were_refused() {
    let (desk, tokens) = Desk::that(Does::Issues(HOUR));
    let old = tokens.bearer(&Audience::Graph).await.unwrap();
    for _ in 0..2 {
        let again = || async {
            tokens.refused(&Audience::Graph, &old);
            graph(&tokens).await
        };
        assert_eq!(join(again(), again()).await, ("token-1".to_owned(), "token-1".to_owned()));
    }
    assert_eq!(desk.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_not_served_when_no_other_can_be_had() {
    let (desk, tokens) = Desk::that(Does::Issues(HOUR));
    let old = tokens.bearer(&Audience::Graph).await.unwrap();
    desk.now(Does::Fails);
    tokens.refused(&Audience::Graph, &old);
    assert_eq!(graph(&tokens).await, "failure 1");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_stays_does_not_become_a_hammer() {
    let (desk, tokens) = Desk::that(Does::Issues(HOUR));
    let refuse = || async {
        let token = tokens.bearer(&Audience::Graph).await.unwrap();
        tokens.refused(&Audience::Graph, &token);
    };
    for _ in 0..10 {
        refuse().await;
    }
    assert_eq!(desk.calls(), 2);
    advance(Timing::default().hold).await;
    refuse().await;
    assert_eq!(graph(&tokens).await, "token-2");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_concerns_its_own_audience_only() {
    let (desk, tokens) = Desk::that(Does::Issues(HOUR));
    let token = tokens.bearer(&Audience::Graph).await.unwrap();
    tokens.bearer(&Audience::Exchange).await.unwrap();
    tokens.refused(&Audience::Exchange, &token);
    assert_eq!(tokens.bearer(&Audience::Exchange).await.unwrap().text(), "token-1");
    assert_eq!(desk.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn azure_clients_share_the_slots() {
    let (desk, tokens) = Desk::that(Does::Issues(HOUR));
    for _ in 0..2 {
        let token = tokens.get_token(&["https://storage.azure.com/.default"], None).await.unwrap();
        assert_eq!(token.token.secret(), "token-0");
    }
    assert_eq!(desk.calls(), 1);
    desk.now(Does::Fails);
    assert!(tokens.get_token(&["https://vault.azure.net/.default"], None).await.is_err());
}

#[tokio::test]
async fn a_fixed_token_serves_every_audience() {
    let source: Box<dyn TokenSource> = Box::new(FixedToken::new("fixed"));
    let token = source.bearer(&Audience::Exchange).await.unwrap();
    source.refused(&Audience::Exchange, &token);
    assert_eq!(token.text(), "fixed");
}

#[test]
fn a_token_does_not_show_itself() {
    let shown = format!("{:?} {:?}", token(7, HOUR), FixedToken::new("token-7"));
    assert!(!shown.contains("token-7"), "{shown}");
}
