//! Azure's own clients for Key Vault, one request at a time.
//!
//! They know how to be told by a vault where its tokens come from, what its addresses are and how its pages hang together.
//! They repeat nothing here: a new version that is made twice is one too many, and what may be repeated is repeated by the
//! layers above, which know it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::pager::PagerOptions;
use azure_core::http::poller::PollerOptions;
use azure_core::http::request::options::ClientRequestId;
use azure_core::http::{
    AsyncRawResponse, ClientMethodOptions, ClientOptions, HttpClient, PageIterator, Request, RequestContent,
    RetryOptions, Transport,
};
use azure_security_keyvault_certificates::models::{
    CertificateClientCreateCertificateOptions, CertificateClientGetCertificateOperationOptions,
    CertificateClientGetCertificateOptions, CertificateClientListCertificatePropertiesOptions,
    CertificateClientListCertificatePropertiesVersionsOptions,
};
use azure_security_keyvault_certificates::{CertificateClient, CertificateClientOptions};
use azure_security_keyvault_keys::models::KeyClientSignOptions;
use azure_security_keyvault_keys::{KeyClient, KeyClientOptions};
use azure_security_keyvault_secrets::models::{
    SecretClientGetSecretOptions, SecretClientListSecretPropertiesVersionsOptions,
    SecretClientSetSecretOptions,
};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt};
use graph::auth::Cloud;
use graph::{Call, Error, Response};
use http::HeaderMap;
use serde_json::{Value, json};
use tower::Service;
use uuid::Uuid;

use crate::answer::{self, Answered};
use crate::ask::Make;
use crate::bearer::Bearer;
use crate::name::VaultName;
use crate::step::{Content, Step, What};

type Sdk<T> = azure_core::Result<T>;
type Options = ClientMethodOptions<'static>;
type Pages<P> = PageIterator<azure_core::http::Response<P>>;

/// The clients of all vaults that were asked.
pub(crate) struct Clients {
    cloud: Cloud,
    transport: Arc<dyn HttpClient>,
    bearer: Arc<Bearer>,
    made: Mutex<HashMap<VaultName, Arc<Vault>>>,
}

/// The clients of one vault.
struct Vault {
    certificates: CertificateClient,
    /// The same for what it would watch until it is over.
    begun: CertificateClient,
    keys: KeyClient,
    secrets: SecretClient,
}

impl Clients {
    pub(crate) fn new(cloud: Cloud, transport: Arc<dyn HttpClient>, bearer: Arc<Bearer>) -> Self {
        Self { cloud, transport, bearer, made: Mutex::default() }
    }

    fn of(&self, name: &VaultName) -> Sdk<Arc<Vault>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vault) = made.get(name) {
            return Ok(vault.clone());
        }
        let vault = Arc::new(self.make(name)?);
        made.insert(name.clone(), vault.clone());
        Ok(vault)
    }

    fn make(&self, name: &VaultName) -> Sdk<Vault> {
        let (address, tokens) = (self.cloud.vault(name.as_str()), || self.bearer.clone());
        let certificates = |transport| {
            let client_options = options(transport);
            let options = CertificateClientOptions { client_options, ..CertificateClientOptions::default() };
            CertificateClient::new(&address, tokens(), Some(options))
        };
        let keys = KeyClientOptions {
            client_options: options(self.transport.clone()),
            ..KeyClientOptions::default()
        };
        let secrets = SecretClientOptions {
            client_options: options(self.transport.clone()),
            ..SecretClientOptions::default()
        };
        Ok(Vault {
            certificates: certificates(self.transport.clone())?,
            begun: certificates(Arc::new(Once(self.transport.clone())))?,
            keys: KeyClient::new(&address, tokens(), Some(keys))?,
            secrets: SecretClient::new(&address, tokens(), Some(secrets))?,
        })
    }

    async fn ask(&self, step: &Step, id: Uuid) -> Sdk<Response> {
        let (vault, name, with) = (self.of(&step.vault)?, step.name.as_str(), named(id));
        match step.what.clone() {
            What::Certificate(version) => vault.certificate(name, version, with).await,
            What::Certificates => vault.all_certificates(with).await,
            What::CertificateVersions => vault.certificate_versions(name, with).await,
            What::Pending => vault.pending(name, with).await,
            What::Create { make, tags } => {
                vault.create(name, json!({"policy": policy(&make), "tags": tags}), with).await
            }
            What::Secret(version) => vault.secret(name, version, with).await,
            What::SecretVersions => vault.secret_versions(name, with).await,
            What::Set(content) => vault.set(name, secret(&content), with).await,
            What::Sign { version, digest } => vault.sign(name, version, &digest, with).await,
        }
    }
}

/// Ends what the SDK would watch until it is over: it tells nothing of an answer before it has slept for as long as the vault
/// would have it wait. So the answer comes back as an error, which is told at once.
#[derive(Debug)]
struct Once(Arc<dyn HttpClient>);

#[async_trait]
impl HttpClient for Once {
    async fn execute_request(&self, request: &Request) -> Sdk<AsyncRawResponse> {
        let answer = self.0.execute_request(request).await?;
        if !answer.status().is_success() {
            return Ok(answer);
        }
        let answered = Answered(answer.try_into_raw_response().await?);
        Err(azure_core::Error::new(ErrorKind::Other, answered))
    }
}

/// What the SDK sends over: our transport, tried once.
pub(crate) fn options(transport: Arc<dyn HttpClient>) -> ClientOptions {
    ClientOptions {
        transport: Some(Transport::new(transport)),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    }
}

fn named(id: Uuid) -> Options {
    let mut options = Options::default();
    options.context.insert(ClientRequestId::new(id.to_string()));
    options
}

impl Vault {
    async fn certificate(&self, name: &str, version: Option<String>, with: Options) -> Sdk<Response> {
        let options =
            CertificateClientGetCertificateOptions { certificate_version: version, method_options: with };
        Ok(answer::response(self.certificates.get_certificate(name, Some(options)).await?.into()))
    }

    async fn all_certificates(&self, with: Options) -> Sdk<Response> {
        let options = CertificateClientListCertificatePropertiesOptions {
            method_options: paged(with),
            ..CertificateClientListCertificatePropertiesOptions::default()
        };
        every(self.certificates.list_certificate_properties(Some(options))?.into_pages()).await
    }

    async fn certificate_versions(&self, name: &str, with: Options) -> Sdk<Response> {
        let options = CertificateClientListCertificatePropertiesVersionsOptions {
            method_options: paged(with),
            ..CertificateClientListCertificatePropertiesVersionsOptions::default()
        };
        every(self.certificates.list_certificate_properties_versions(name, Some(options))?.into_pages()).await
    }

    async fn pending(&self, name: &str, with: Options) -> Sdk<Response> {
        let options = CertificateClientGetCertificateOperationOptions { method_options: with };
        Ok(answer::response(self.certificates.get_certificate_operation(name, Some(options)).await?.into()))
    }

    /// What comes first, or its failure, is all that [`Once`] lets through.
    async fn create(&self, name: &str, body: Value, with: Options) -> Sdk<Response> {
        let with = PollerOptions { context: with.context, ..PollerOptions::default() };
        let options = CertificateClientCreateCertificateOptions { method_options: with };
        let mut begun = self.begun.begin_create_certificate(name, content(body), Some(options))?;
        let first = begun.next().await.unwrap_or_else(|| Err(nothing()))?;
        Ok(answer::response(first.into()))
    }

    async fn secret(&self, name: &str, version: Option<String>, with: Options) -> Sdk<Response> {
        let options = SecretClientGetSecretOptions {
            secret_version: version,
            method_options: with,
            ..SecretClientGetSecretOptions::default()
        };
        Ok(answer::response(self.secrets.get_secret(name, Some(options)).await?.into()))
    }

    async fn secret_versions(&self, name: &str, with: Options) -> Sdk<Response> {
        let options = SecretClientListSecretPropertiesVersionsOptions {
            method_options: paged(with),
            ..SecretClientListSecretPropertiesVersionsOptions::default()
        };
        every(self.secrets.list_secret_properties_versions(name, Some(options))?.into_pages()).await
    }

    async fn set(&self, name: &str, body: Value, with: Options) -> Sdk<Response> {
        let options = SecretClientSetSecretOptions { method_options: with };
        Ok(answer::response(self.secrets.set_secret(name, content(body), Some(options)).await?.into()))
    }

    async fn sign(&self, name: &str, version: String, digest: &[u8], with: Options) -> Sdk<Response> {
        let options = KeyClientSignOptions { key_version: Some(version), method_options: with };
        let body = json!({"alg": "PS256", "value": URL_SAFE_NO_PAD.encode(digest)});
        Ok(answer::response(self.keys.sign(name, content(body), Some(options)).await?.into()))
    }
}

fn paged(with: Options) -> PagerOptions<'static> {
    PagerOptions { context: with.context, ..PagerOptions::default() }
}

/// All pages as one.
async fn every<P: Send + 'static>(pages: Pages<P>) -> Sdk<Response> {
    let pages: Vec<Response> = pages.map_ok(|page| answer::response(page.into())).try_collect().await?;
    let values = pages.iter().filter_map(|page| page.body["value"].as_array()).flatten().cloned();
    let body = json!({"value": values.collect::<Vec<_>>()});
    let headers = pages.last().map_or_else(HeaderMap::new, |page| page.headers.clone());
    Ok(Response { status: 200, headers, body })
}

fn content<T>(body: Value) -> RequestContent<T> {
    RequestContent::from(body.to_string().into_bytes())
}

fn nothing() -> azure_core::Error {
    azure_core::Error::with_message(ErrorKind::DataConversion, "there was no answer")
}

/// The policy of a certificate ("Create Certificate" in the REST reference). The vault reminds somebody at the most: left to
/// its own it would renew, and whoever uses the newest version without looking would have it before anybody else.
fn policy(make: &Make) -> Value {
    json!({
        "issuer": {"name": "Self"},
        "key_props": {"kty": "RSA", "key_size": make.key_bits, "exportable": make.exportable, "reuse_key": false},
        "secret_props": {"contentType": "application/x-pkcs12"},
        "x509_props": {
            "subject": make.subject, "validity_months": make.months, "key_usage": ["digitalSignature"],
        },
        "lifetime_actions": [
            {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "EmailContacts"}},
        ],
    })
}

fn secret(content: &Content) -> Value {
    let mut body = json!({"value": content.value.expose(), "tags": content.tags});
    if let Some(kind) = &content.content_type {
        body["contentType"] = json!(kind);
    }
    if let Some(end) = content.expires {
        body["attributes"] = json!({"exp": end.as_second()});
    }
    body
}

/// The lowest layer: the SDK.
#[derive(Clone)]
pub(crate) struct Bottom(pub(crate) Arc<Clients>);

impl Bottom {
    async fn attempt(&self, call: &Call<Step>) -> Result<Response, Error> {
        let answer = self.0.ask(&call.request, call.id).await;
        let answer = answer.or_else(|error| answer::failed(error, &call.request))?;
        answer::looked_at(answer, &call.request)
    }

    /// A 401 proves that nothing was done, and by now there is another token: the SDK tries that one only in some cases.
    async fn run(self, call: Call<Step>) -> Result<Response, Error> {
        match self.attempt(&call).await {
            Ok(answer) if answer.status == 401 => self.attempt(&call).await,
            answer => answer,
        }
    }
}

impl Service<Call<Step>> for Bottom {
    type Response = Response;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call<Step>) -> Self::Future {
        Box::pin(self.clone().run(call))
    }
}
