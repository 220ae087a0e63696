//! The client: a handle on two stacks, one to key vaults and one to sign-ins, cheap to clone.
//!
//! ```
//! # use std::sync::Arc;
//! # use graph::auth::{Http, Settings, Tokens};
//! # use vault::{Ask, Config, KeyVaults, Vaults};
//! # async fn example(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
//! let http = Arc::new(Http::new(settings.clone()));
//! let tokens = Arc::new(Tokens::from_settings(settings.clone(), http.clone()));
//! let vaults = KeyVaults::new(Config::from_settings(&settings, tokens)?, http);
//! let ask = Ask::Certificate { vault: "contoso-keys".parse()?, name: "payroll".to_owned(), version: None };
//! let certificate = vaults.send(ask, None).await?;
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;
use std::time::Duration;

use azure_core::http::HttpClient;
use futures_util::future::BoxFuture;
use graph::auth::{self, AuthError, Cloud, Http, Settings, TokenSource};
use graph::stack::{Gate, Lane, Retry, Trace, Wire, internet};
use graph::{Call, Error, Response, TenantId};
use jiff::Timestamp;
use reqwest::Url;
use serde_json::Value;
use tower::{ServiceBuilder, ServiceExt};
use uuid::Uuid;

use crate::Vaults;
use crate::answer;
use crate::ask::{Ask, By, Text};
use crate::authority::Authority;
use crate::bearer::Bearer;
use crate::carrier::{Carrier, Place};
use crate::name::VaultName;
use crate::sdk::{Bottom, Clients};
use crate::secret::SecretText;
use crate::sign_in::{self, Attempt, Proof, SignIn};
use crate::signer::Key;
use crate::step::{Content, Step, What};

/// How many requests are on their way to key vaults at once. What a vault takes within ten seconds is hundreds of times as
/// much ("Azure Key Vault service limits").
const AT_ONCE: usize = 8;

/// A clock.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a client must know.
#[derive(Clone)]
pub struct Config {
    /// Which cloud the vaults are in.
    pub cloud: Cloud,
    /// Where applications sign in, without a trailing slash: `https://login.microsoftonline.com`.
    pub authority: String,
    /// Whose applications they are.
    pub tenant: TenantId,
    /// Who supplies the tokens for key vaults.
    pub tokens: Arc<dyn TokenSource>,
    /// Where key vaults are asked instead (the offline tenant).
    pub vault_endpoint: Option<String>,
    /// Where applications sign in instead.
    pub login_endpoint: Option<String>,
    /// How long one attempt may take, from sending to the last byte of the answer. Default: 30 s.
    pub attempt: Duration,
    /// What time it is, for what is signed. Default: the system's clock.
    pub now: Now,
    /// How long a sign-in is tried while its credential is not known yet. Default: 2 minutes, where 4 to 18 s are usual.
    pub sign_in: Duration,
}

impl Config {
    /// A configuration with the defaults, as it is in the cloud.
    pub fn new(cloud: Cloud, tenant: TenantId, tokens: Arc<dyn TokenSource>) -> Self {
        Self {
            cloud,
            authority: cloud.authority().to_owned(),
            tenant,
            tokens,
            vault_endpoint: None,
            login_endpoint: None,
            attempt: Duration::from_secs(30),
            now: Arc::new(Timestamp::now),
            sign_in: Duration::from_secs(120),
        }
    }

    /// What these settings say: `M365_CLOUD`, `AZURE_TENANT_ID`, `AZURE_AUTHORITY_HOST`, `M365_VAULT_ENDPOINT` and
    /// `M365_LOGIN_ENDPOINT`.
    ///
    /// # Errors
    /// When one of them will not do, or there is no tenant.
    pub fn from_settings(settings: &Settings, tokens: Arc<dyn TokenSource>) -> Result<Self, AuthError> {
        let cloud = Cloud::from_settings(settings)?;
        Ok(Self {
            authority: cloud.authority_in(settings)?,
            vault_endpoint: auth::vault_endpoint(settings)?,
            login_endpoint: auth::login_endpoint(settings)?,
            ..Self::new(cloud, auth::tenant(settings)?, tokens)
        })
    }

    fn carrier(&self, wire: Wire, bearer: Arc<Bearer>) -> Carrier {
        let vaults = Place { host: host(self.cloud.key_vault()), instead: self.vault_endpoint.clone() };
        let login = Place { host: host(&self.authority), instead: self.login_endpoint.clone() };
        Carrier::over(wire, self.attempt, vaults, login, bearer)
    }
}

fn host(address: &str) -> String {
    let url = Url::parse(address).ok();
    url.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned()
}

pub(crate) type VaultStack = Trace<Retry<Gate<Bottom>>>;
type SignInStack = Trace<Retry<Attempt>>;

/// Key vaults, and sign-ins with what is in them.
///
/// Clones share everything: gate, budget, tokens, connections. Needs a tokio runtime.
#[derive(Clone)]
pub struct KeyVaults {
    vaults: VaultStack,
    sign_ins: SignInStack,
    /// How long a sign-in may take in all.
    patience: Duration,
}

impl KeyVaults {
    /// A client over the internet. Does no I/O yet.
    pub fn new(config: Config, http: Arc<Http>) -> Self {
        Self::over(config, internet(http))
    }

    /// A client over any wire, such as the offline tenant in this process ([`in_process`](graph::stack::in_process)).
    pub fn over(config: Config, wire: Wire) -> Self {
        let bearer = Arc::new(Bearer::of(config.tokens.clone()));
        let transport: Arc<dyn HttpClient> = Arc::new(config.carrier(wire, bearer.clone()));
        let clients = Arc::new(Clients::new(config.cloud, transport.clone(), bearer));
        let vaults = ServiceBuilder::new()
            .layer_fn(Trace::over)
            .layer_fn(Retry::over)
            .layer_fn(|inner| Gate::with(inner, Lane::narrow("Key Vault", AT_ONCE)))
            .service(Bottom(clients));
        let Config { cloud, authority: host, tenant, now, .. } = config;
        let authority = Arc::new(Authority { cloud, host, tenant, transport, now });
        let sign_ins = ServiceBuilder::new()
            .layer_fn(Trace::over)
            .layer_fn(Retry::over)
            .service(Attempt { authority, vaults: vaults.clone() });
        Self { vaults, sign_ins, patience: config.sign_in }
    }

    async fn run(&self, ask: Ask, carried: Option<&SecretText>) -> Result<Response, Error> {
        ask.check()?;
        match ask {
            Ask::Certificate { vault, name, version } => {
                self.step(vault, name, What::Certificate(version)).await
            }
            Ask::Certificates { vault } => self.step(vault, String::new(), What::Certificates).await,
            Ask::CertificateVersions { vault, name } => {
                self.step(vault, name, What::CertificateVersions).await
            }
            Ask::Pending { vault, name } => self.step(vault, name, What::Pending).await,
            Ask::CreateCertificate { vault, name, make, tags } => {
                self.step(vault, name, What::Create { make, tags }).await
            }
            Ask::Pointer { vault, name } => self.step(vault, name, What::Secret(None)).await,
            Ask::SecretVersions { vault, name } => self.step(vault, name, What::SecretVersions).await,
            Ask::SetSecret { vault, name, value, content_type, expires, tags } => {
                let is_plain = matches!(value, Text::Plain(_));
                let value = self.text(&vault, &name, value, carried).await?;
                let content = Content { value, content_type, expires, tags };
                let answer = self.step(vault, name, What::Set(content)).await?;
                Ok(if is_plain { answer } else { without_value(answer) })
            }
            Ask::SignIn { application, by } => self.sign_in(application, by, carried).await,
        }
    }

    async fn step(&self, vault: VaultName, name: String, what: What) -> Result<Response, Error> {
        let call = Call::new(Step { vault, name, what });
        let id = call.id;
        let answer = self.vaults.clone().oneshot(call).await?;
        if answer.is_success() { Ok(answer) } else { Err(answer::refused(&answer).of_call(id)) }
    }

    /// What a secret is to hold.
    async fn text(
        &self,
        vault: &VaultName,
        name: &str,
        value: Text,
        carried: Option<&SecretText>,
    ) -> Result<SecretText, Error> {
        match value {
            Text::Plain(text) => Ok(SecretText::new(text)),
            Text::Carried => carried.cloned().ok_or_else(nothing_carried),
            Text::Version(version) => self.read(vault.clone(), name.to_owned(), Some(version)).await,
        }
    }

    async fn read(
        &self,
        vault: VaultName,
        name: String,
        version: Option<String>,
    ) -> Result<SecretText, Error> {
        let mut answer = self.step(vault, name, What::Secret(version)).await?;
        match answer.body["value"].take() {
            Value::String(text) => Ok(SecretText::new(text)),
            _ => Err(Error::failed("the key vault answered with a secret that has no value", None)),
        }
    }

    async fn sign_in(
        &self,
        application: Uuid,
        by: By,
        carried: Option<&SecretText>,
    ) -> Result<Response, Error> {
        let proof = match by {
            By::Certificate { vault, name, version, thumbprint } => {
                Proof::Key(Key { vault, name, version, thumbprint })
            }
            By::Carried => Proof::Secret(carried.cloned().ok_or_else(nothing_carried)?),
            By::Published { vault, name } => Proof::Secret(self.read(vault, name, None).await?),
        };
        let call = Call { patience: self.patience, ..Call::new(SignIn { application, proof }) };
        let id = call.id;
        let answer = self.sign_ins.clone().oneshot(call).await?;
        if answer.is_success() { Ok(answer) } else { Err(sign_in::refused(&answer).of_call(id)) }
    }
}

fn nothing_carried() -> Error {
    Error::failed("this was not sent: the run carries no secret any more", None)
}

fn without_value(mut answer: Response) -> Response {
    if let Some(secret) = answer.body.as_object_mut() {
        secret.remove("value");
    }
    answer
}

impl Vaults for KeyVaults {
    fn send<'a>(
        &'a self,
        ask: Ask,
        carried: Option<&'a SecretText>,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(self.run(ask, carried))
    }
}
