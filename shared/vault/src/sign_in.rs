//! Signing in as an application, to see that one of its credentials works.
//!
//! The private key of a certificate stays in its vault: what is to be signed is sent there, and the signature comes back. The
//! token that proves it is thrown away. A credential that was just added is not known everywhere at once; until it is,
//! Microsoft Entra says that it knows none, and is asked again, with an assertion of its own each time.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use graph::auth::Audience;
use graph::stack::{Ask as Asked, Ended, TransportError, Waits};
use graph::{Call, Error, Refusal, Response};
use http::HeaderMap;
use serde_json::json;
use tower::Service;
use tracing::{Span, debug, debug_span};
use uuid::Uuid;

use crate::answer;
use crate::authority::{Authority, Kept};
use crate::client::VaultStack;
use crate::secret::SecretText;
use crate::signer::{Key, Signer};

/// A sign-in as an application.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    pub(crate) application: Uuid,
    pub(crate) proof: Proof,
}

/// What it proves itself by.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    Key(Key),
    Secret(SecretText),
}

impl Asked for SignIn {
    /// Whom the token would be for: every application may have one for Microsoft Graph, if only one that allows nothing.
    const SERVICE: Audience = Audience::Graph;

    const WAITS: Waits = Waits {
        load: (Duration::from_secs(1), Duration::from_secs(16)),
        lag: (Duration::from_secs(1), Duration::from_secs(5)),
        turn: Duration::ZERO,
    };

    fn is_safe(&self) -> bool {
        true
    }

    fn is_not_yet(&self, error: &Error) -> bool {
        error.is(Refusal::CredentialNotKnown)
    }

    fn refused(response: &Response) -> Error {
        refused(response)
    }

    fn span(&self, id: Uuid) -> Span {
        debug_span!("signin.call", application = %self.application, client_request_id = %id)
    }

    fn tell(ended: &Ended<'_>) {
        debug!(
            name: "signin.call",
            outcome = ended.outcome,
            status = ended.status,
            attempts = ended.attempts,
            wait_ms = ended.wait_ms,
            elapsed_ms = ended.elapsed_ms,
            entra_request_id = ended.request_id,
            "call ended",
        );
    }
}

/// The error in an answer that is no token. Its text may hold parts of what was sent, and is not passed on; its number says
/// what matters.
pub(crate) fn refused(response: &Response) -> Error {
    let number = response.body["error_codes"][0].as_u64().and_then(|number| u32::try_from(number).ok());
    // The authority throttles and fails like any other service, and then has no number.
    let code = match number {
        Some(number) => format!("AADSTS{number}"),
        None => response.body["error"].as_str().unwrap_or_default().to_owned(),
    };
    let message = "Microsoft Entra refused the application's sign-in";
    Error::refused_as(response, code, message, number.and_then(Refusal::of_sign_in))
}

/// The lowest layer: one attempt to sign in.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) authority: Arc<Authority>,
    pub(crate) vaults: VaultStack,
}

impl Attempt {
    async fn run(self, call: Call<SignIn>) -> Result<Response, Error> {
        let kept = self.authority.listen();
        match (self.token(call, kept.clone()).await, kept.answer()) {
            (Ok(()), _) => {
                Ok(Response { status: 200, headers: HeaderMap::new(), body: json!({"signedIn": true}) })
            }
            (Err(_), Some(answer)) => Ok(answer::response(answer)),
            (Err(error), None) => Err(failed(&error)),
        }
    }

    async fn token(self, call: Call<SignIn>, kept: Arc<Kept>) -> azure_core::Result<()> {
        let Self { authority, vaults } = self;
        let application = call.request.application.to_string();
        match call.request.proof {
            Proof::Secret(text) => authority.by_secret(application, &text, kept).await,
            Proof::Key(key) => {
                let signer = Signer {
                    application: application.clone(),
                    endpoint: authority.token_endpoint(),
                    key,
                    vaults,
                    now: authority.now.clone(),
                    patience: call.patience,
                };
                authority.by_assertion(application, signer, kept).await
            }
        }
    }
}

/// Why there was no answer at all.
fn failed(error: &azure_core::Error) -> Error {
    if let Some(error) = answer::find::<Error>(error) {
        return error.clone();
    }
    match answer::find::<TransportError>(error) {
        Some(error @ (TransportError::NotSent(_) | TransportError::Lost(_))) => {
            Error::unreachable("Microsoft Entra did not answer", Some(error.clone().into()))
        }
        Some(error) => Error::failed("the sign-in could not be sent", Some(error.clone().into())),
        // The SDK's own words may hold parts of what was sent.
        None => Error::failed("what Microsoft Entra answered to the sign-in could not be used", None),
    }
}

impl Service<Call<SignIn>> for Attempt {
    type Response = Response;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call<SignIn>) -> Self::Future {
        Box::pin(self.clone().run(call))
    }
}
