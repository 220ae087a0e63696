//! One slot per audience, between everybody who needs a token and the credential that issues it.
//!
//! Azure's SDK caches tokens as well, but its cache cannot be told that a token was refused, holds one lock over all
//! scopes while it waits for the network, never serves a token with less than five minutes left, forgets a good token
//! when its renewal fails, and lets every caller in a queue repeat the whole series of retries. So the SDK is only asked
//! to *issue*, and the keeping is done here.
//!
//! A fetch is a task of its own, never the work of the caller who began it: callers come and go, and nobody can leave
//! the others waiting for good.

use std::collections::HashMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::{Instant, timeout};

use super::{Audience, AuthError, Credentials, Http, Settings, Timing, Token, TokenSource};
use crate::lock;

/// Whoever issues a token when asked, and keeps nothing: [`Credentials`], or a stand-in of a test.
pub trait Issuer: Send + Sync {
    /// A new token.
    fn issue<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>>;
}

/// Tokens, kept and renewed, one slot per audience. Needs a tokio runtime. Share it in an `Arc`.
pub struct Tokens {
    issuer: Arc<dyn Issuer>,
    timing: Timing,
    slots: Mutex<HashMap<Audience, Slot>>,
}

type Slot = Arc<Mutex<State>>;
type Fetch = Shared<BoxFuture<'static, Result<Token, AuthError>>>;

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// In flight; or failed, and kept for [`Timing::hold`] so that those who come after share the failure.
    fetch: Option<Fetch>,
    failed: Option<Instant>,
    refused: Option<Instant>,
}

#[derive(Clone)]
struct Held {
    token: Token,
    lifetime: Duration,
    since: (Instant, SystemTime),
}

impl Held {
    fn new(token: Token) -> Self {
        let now = SystemTime::now();
        let lifetime = token.expires().duration_since(now).unwrap_or_default();
        Self { token, lifetime, since: (Instant::now(), now) }
    }

    /// What is left of its life. The longer of two clocks counts: the monotonic one stands still while a serverless
    /// process is frozen, and the other may be set back.
    fn left(&self) -> Duration {
        let elapsed = self.since.0.elapsed().max(self.since.1.elapsed().unwrap_or_default());
        self.lifetime.saturating_sub(elapsed)
    }

    /// Whether it is time to renew it.
    fn is_due(&self, timing: &Timing) -> bool {
        self.left() <= timing.early.min(self.lifetime / 4)
    }

    /// Whether it will outlast the request it is wanted for.
    fn is_good(&self, timing: &Timing) -> bool {
        self.left() > timing.last.min(self.lifetime / 10)
    }
}

impl Tokens {
    /// Tokens from the credentials that the settings name, with the default [`Timing`]. Does no I/O.
    pub fn from_settings(settings: Settings, http: Arc<Http>) -> Self {
        let timing = Timing::default();
        Self::new(Credentials::new(settings, http, timing.clone()), timing)
    }

    /// Tokens from any issuer. Does no I/O.
    pub fn new(issuer: impl Issuer + 'static, timing: Timing) -> Self {
        Self { issuer: Arc::new(issuer), timing, slots: Mutex::default() }
    }

    /// A token with some life left: the one at hand, or a new one that is fetched once for all who wait.
    ///
    /// # Errors
    /// When none could be had within [`Timing::deadline`], and none at hand is valid any more.
    pub async fn bearer(&self, audience: &Audience) -> Result<Token, AuthError> {
        let slot = self.slot(audience);
        let fetch = match self.at_hand(&slot, audience) {
            Ok(token) => return Ok(token),
            Err(fetch) => fetch,
        };
        let fetched = fetch.await;
        fetched.or_else(|error| still_valid(&slot).ok_or(error))
    }

    /// The service answered 401 to this token: the next [`bearer`](Self::bearer) fetches another.
    ///
    /// Repeated calls with the same token count once. So do calls in quick succession with different tokens: the
    /// platform hands out the same token for up to a day, and a refusal that stays must not become a hammer.
    pub fn refused(&self, audience: &Audience, token: &Token) {
        let slot = self.slot(audience);
        let mut state = lock(&slot);
        let is_held = state.held.as_ref().is_some_and(|held| held.token.is_same_as(token));
        let just_now = state.refused.is_some_and(|at| at.elapsed() < self.timing.hold);
        if is_held && !just_now {
            state.held = None;
            state.refused = Some(Instant::now());
        }
    }

    fn slot(&self, audience: &Audience) -> Slot {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(audience) {
            return slot.clone();
        }
        slots.entry(audience.clone()).or_default().clone()
    }

    /// The token at hand, renewed behind the caller's back when that is due; or the fetch to wait for.
    fn at_hand(&self, slot: &Slot, audience: &Audience) -> Result<Token, Fetch> {
        let mut state = lock(slot);
        let good = state.held.clone().filter(|held| held.is_good(&self.timing));
        match good {
            Some(held) if !held.is_due(&self.timing) => Ok(held.token),
            Some(held) => {
                drop(self.join_or_begin(&mut state, slot, audience));
                Ok(held.token)
            }
            None => Err(self.join_or_begin(&mut state, slot, audience)),
        }
    }

    fn join_or_begin(&self, state: &mut State, slot: &Slot, audience: &Audience) -> Fetch {
        let hold = self.timing.hold;
        let stands = state.failed.is_none_or(|at| at.elapsed() < hold);
        if let Some(fetch) = state.fetch.as_ref().filter(|_| stands) {
            return fetch.clone();
        }
        let fetch = self.begin(slot.clone(), audience.clone());
        state.failed = None;
        state.fetch = Some(fetch.clone());
        fetch
    }

    fn begin(&self, slot: Slot, audience: Audience) -> Fetch {
        let (issuer, deadline) = (self.issuer.clone(), self.timing.deadline);
        let task = tokio::spawn(async move {
            let issue = AssertUnwindSafe(timeout(deadline, issuer.issue(&audience))).catch_unwind();
            let result = match issue.await {
                Ok(Ok(issued)) => issued,
                Ok(Err(_)) => Err(AuthError::timed_out(&audience, deadline)),
                Err(_) => Err(AuthError::failed("fetching a token panicked")),
            };
            settle(&mut lock(&slot), &audience, &result);
            result
        });
        let stopped = |_| Err(AuthError::failed("the runtime stopped while a token was fetched"));
        task.map(move |joined| joined.unwrap_or_else(stopped)).boxed().shared()
    }
}

fn settle(state: &mut State, audience: &Audience, result: &Result<Token, AuthError>) {
    match result {
        Ok(token) => {
            state.held = Some(Held::new(token.clone()));
            state.fetch = None;
        }
        Err(error) => {
            tracing::warn!(name: "token.failed", %audience, %error, "no new token");
            state.failed = Some(Instant::now());
        }
    }
}

/// A token that is nearly over is better than none.
fn still_valid(slot: &Slot) -> Option<Token> {
    let held = lock(slot).held.clone()?;
    (held.left() > Duration::ZERO).then_some(held.token)
}

impl TokenSource for Tokens {
    fn bearer<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        self.bearer(audience).boxed()
    }

    fn refused(&self, audience: &Audience, token: &Token) {
        self.refused(audience, token);
    }
}

/// So that Azure's own clients (storage, Key Vault) share the slots.
#[async_trait::async_trait]
impl TokenCredential for Tokens {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let token = self.bearer(&Audience::Other(scopes.join(" "))).await;
        let token =
            token.map_err(|error| azure_core::Error::new(azure_core::error::ErrorKind::Credential, error))?;
        Ok(AccessToken::new(token.text().to_owned(), token.expires().into()))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("timing", &self.timing).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_ages_by_whichever_clock_went_further() {
        let mut held = Held::new(Token::new("t", SystemTime::now() + Duration::from_secs(3600)));
        tokio::time::advance(Duration::from_secs(600)).await;
        assert!(held.left() <= Duration::from_secs(3000), "the wall clock was set back: {:?}", held.left());
        held.since.1 -= Duration::from_secs(3500);
        assert!(held.left() <= Duration::from_secs(100), "the process was frozen: {:?}", held.left());
    }
}
