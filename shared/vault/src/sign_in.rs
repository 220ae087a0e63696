//! Signing in as an application, to see that one of its credentials works.
//!
//! The private key of a certificate stays in its vault: what is to be signed is sent there, and the signature comes back. The
//! token that proves it is thrown away. A credential that was just added is not known everywhere at once; until it is,
//! Microsoft Entra says that it knows none, and is asked again, with an assertion of its own each time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::{
    AsyncRawResponse, ClientMethodOptions, ClientOptions, HttpClient, RawResponse, Request,
};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use graph::auth::{Assertion, Audience, Cloud};
use graph::stack::{Ask as Asked, Ended, TransportError, Waits};
use graph::{Call, Error, Refusal, Response, TenantId};
use http::HeaderMap;
use serde_json::json;
use tower::{Service, ServiceExt};
use tracing::{Span, debug, debug_span};
use uuid::Uuid;

use crate::answer;
use crate::client::VaultStack;
use crate::name::VaultName;
use crate::sdk;
use crate::secret::SecretText;
use crate::step::{Step, What};

/// A sign-in as an application.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    pub(crate) application: Uuid,
    pub(crate) proof: Proof,
}

/// What it proves itself by.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    Key { vault: VaultName, name: String, version: String, thumbprint: String },
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

/// Where applications sign in.
pub(crate) struct Authority {
    pub(crate) cloud: Cloud,
    /// Without a trailing slash.
    pub(crate) host: String,
    pub(crate) tenant: TenantId,
    pub(crate) transport: Arc<dyn HttpClient>,
}

impl Authority {
    fn token_endpoint(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.host, self.tenant)
    }

    fn options(&self, transport: Arc<dyn HttpClient>) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host.clone_from(&self.host);
        ClientOptions { cloud: Some(Arc::new(cloud.into())), ..sdk::options(&transport) }
    }

    fn credential(
        &self,
        call: &Call<SignIn>,
        vaults: VaultStack,
        transport: Arc<dyn HttpClient>,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let client_options = self.options(transport);
        let (tenant, application) = (self.tenant.to_string(), call.request.application.to_string());
        Ok(match &call.request.proof {
            Proof::Secret(text) => {
                let (text, options) =
                    (Secret::new(text.expose().to_owned()), ClientSecretCredentialOptions { client_options });
                ClientSecretCredential::new(&tenant, application, text, Some(options))?
            }
            Proof::Key { .. } => {
                let signer = Signer { call: call.clone(), endpoint: self.token_endpoint(), vaults };
                let options = ClientAssertionCredentialOptions { client_options };
                ClientAssertionCredential::new(tenant, application, signer, Some(options))?
            }
        })
    }
}

/// Has assertions signed in a vault.
struct Signer {
    call: Call<SignIn>,
    endpoint: String,
    vaults: VaultStack,
}

impl Signer {
    async fn assertion(&self) -> Result<String, Error> {
        let SignIn { application, proof } = &self.call.request;
        let Proof::Key { vault, name, version, thumbprint } = proof else {
            return Err(Error::failed("a secret signs nothing", None));
        };
        let application = application.to_string();
        let assertion = Assertion::new(&application, thumbprint, &self.endpoint, SystemTime::now());
        let what = What::Sign { version: version.clone(), digest: assertion.digest() };
        let step = Step { vault: vault.clone(), name: name.clone(), what };
        let call = Call { priority: self.call.priority, patience: self.call.patience, ..Call::new(step) };
        let id = call.id;
        let answer = self.vaults.clone().oneshot(call).await?;
        if !answer.is_success() {
            return Err(answer::refused(&answer).of_call(id));
        }
        let signature = answer.body["value"].as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let signature =
            signature.ok_or_else(|| Error::failed("the key vault's signature cannot be read", None))?;
        Ok(assertion.signed(&signature))
    }
}

#[async_trait]
impl ClientAssertion for Signer {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.assertion().await.map_err(|error| azure_core::Error::new(ErrorKind::Other, error))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(..)")
    }
}

/// Keeps the authority's answer, unless it is a token: the SDK keeps only what it can read of it.
#[derive(Debug)]
struct Kept {
    inner: Arc<dyn HttpClient>,
    answer: Mutex<Option<RawResponse>>,
}

#[async_trait]
impl HttpClient for Kept {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.inner.execute_request(request).await?.try_into_raw_response().await?;
        if !answer.status().is_success() {
            *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.clone());
        }
        let (status, headers, body) = answer.deconstruct();
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

/// The lowest layer: one attempt to sign in.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) authority: Arc<Authority>,
    pub(crate) vaults: VaultStack,
}

impl Attempt {
    async fn run(self, call: Call<SignIn>) -> Result<Response, Error> {
        let kept = Arc::new(Kept { inner: self.authority.transport.clone(), answer: Mutex::default() });
        let credential = self.authority.credential(&call, self.vaults, kept.clone());
        let scope = Audience::Graph.scope(self.authority.cloud);
        let token = match credential {
            Ok(credential) => credential.get_token(&[&scope], None).await.map(drop),
            Err(error) => Err(error),
        };
        let answer = kept.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (token, answer) {
            (Ok(()), _) => {
                Ok(Response { status: 200, headers: HeaderMap::new(), body: json!({"signedIn": true}) })
            }
            (Err(_), Some(answer)) => Ok(answer::response(answer)),
            (Err(error), None) => Err(failed(&error)),
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
