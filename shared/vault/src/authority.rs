//! Where applications sign in, by Azure's own credentials.
//!
//! They know the shape of the request; nothing of what they would keep or repeat is used. A credential is made for each
//! attempt and dropped with its token.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, RawResponse, Request};
use azure_identity::{
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions,
};
use graph::TenantId;
use graph::auth::{Audience, Cloud};

use crate::client::Now;
use crate::sdk;
use crate::secret::SecretText;
use crate::signer::Signer;

/// Who issues tokens to the applications of a tenant.
pub(crate) struct Authority {
    pub(crate) cloud: Cloud,
    /// Without a trailing slash.
    pub(crate) host: String,
    pub(crate) tenant: TenantId,
    pub(crate) transport: Arc<dyn HttpClient>,
    pub(crate) now: Now,
}

impl Authority {
    /// What an assertion is addressed to.
    pub(crate) fn token_endpoint(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.host, self.tenant)
    }

    /// Our transport, with an ear for what is answered.
    pub(crate) fn listen(&self) -> Arc<Kept> {
        Arc::new(Kept { inner: self.transport.clone(), answer: Mutex::default() })
    }

    pub(crate) async fn by_secret(
        &self,
        application: String,
        text: &SecretText,
        over: Arc<Kept>,
    ) -> azure_core::Result<()> {
        let options = ClientSecretCredentialOptions { client_options: self.options(over) };
        let text = Secret::new(text.expose().to_owned());
        let tenant = self.tenant.to_string();
        self.token(&*ClientSecretCredential::new(&tenant, application, text, Some(options))?).await
    }

    pub(crate) async fn by_assertion(
        &self,
        application: String,
        signer: Signer,
        over: Arc<Kept>,
    ) -> azure_core::Result<()> {
        let options = ClientAssertionCredentialOptions { client_options: self.options(over) };
        let tenant = self.tenant.to_string();
        self.token(&*ClientAssertionCredential::new(tenant, application, signer, Some(options))?).await
    }

    /// Whatever the token would allow, it is for Microsoft Graph: every application may have one for that.
    async fn token(&self, credential: &dyn TokenCredential) -> azure_core::Result<()> {
        let scope = Audience::Graph.scope(self.cloud);
        credential.get_token(&[&scope], None).await.map(drop)
    }

    fn options(&self, over: Arc<Kept>) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host.clone_from(&self.host);
        ClientOptions { cloud: Some(Arc::new(cloud.into())), ..sdk::options(over) }
    }
}

/// Keeps the authority's answer, unless it is a token: the SDK keeps only what it can read of it.
#[derive(Debug)]
pub(crate) struct Kept {
    inner: Arc<dyn HttpClient>,
    answer: Mutex<Option<RawResponse>>,
}

impl Kept {
    /// The answer that was no token, if there was one.
    pub(crate) fn answer(&self) -> Option<RawResponse> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl HttpClient for Kept {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.inner.execute_request(request).await?.try_into_raw_response().await?;
        let (status, headers, body) = answer.clone().deconstruct();
        if !status.is_success() {
            *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}
