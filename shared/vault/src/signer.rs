//! A client assertion, signed by a key that stays in its vault.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use graph::auth::Assertion;
use graph::{Call, Error};
use tower::ServiceExt;

use crate::answer;
use crate::client::{Now, VaultStack};
use crate::name::VaultName;
use crate::step::{Step, What};

/// A certificate's key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) vault: VaultName,
    pub(crate) name: String,
    pub(crate) version: String,
    /// The certificate's SHA-256 in base64url.
    pub(crate) thumbprint: String,
}

/// Has the assertions of an application signed.
pub(crate) struct Signer {
    pub(crate) application: String,
    /// Where the token is asked for.
    pub(crate) endpoint: String,
    pub(crate) key: Key,
    pub(crate) vaults: VaultStack,
    pub(crate) now: Now,
    /// How long it may take.
    pub(crate) patience: Duration,
}

impl Signer {
    async fn assertion(&self) -> Result<String, Error> {
        let now = (self.now)().into();
        let assertion = Assertion::new(&self.application, &self.key.thumbprint, &self.endpoint, now);
        let signature = self.sign(assertion.digest()).await?;
        Ok(assertion.signed(&signature))
    }

    async fn sign(&self, digest: Vec<u8>) -> Result<Vec<u8>, Error> {
        let Key { vault, name, version, .. } = self.key.clone();
        let step = Step { vault, name, what: What::Sign { version, digest } };
        let call = Call { patience: self.patience, ..Call::new(step) };
        let id = call.id;
        let answer = self.vaults.clone().oneshot(call).await?;
        if !answer.is_success() {
            return Err(answer::refused(&answer).of_call(id));
        }
        let signature = answer.body["value"].as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        signature.ok_or_else(|| Error::failed("the key vault's signature cannot be read", None))
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
        f.debug_struct("Signer").field("key", &self.key).finish_non_exhaustive()
    }
}
