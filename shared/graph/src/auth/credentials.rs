//! Which identity we have, and how it proves itself: settings in, an SDK credential out.
//!
//! A credential is built for each token and dropped. That is once an hour, costs no I/O beyond the request itself, picks
//! up whatever was rotated since, and leaves the SDK's cache nothing to keep (see [`Tokens`](super::Tokens) for why).

use std::fmt;
use std::sync::Arc;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, HttpClient, RetryOptions, Transport, Url};
use azure_identity::{
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::certificate::Certificate;
use super::identity_endpoint::IdentityEndpoint;
use super::transport::Patient;
use super::{Audience, AuthError, Cloud, Http, Issuer, Settings, Timing, Token};

type Credential = Arc<dyn TokenCredential>;

/// The ways to prove who we are, in the order in which they are tried; the name is the value of `M365_CREDENTIAL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// `managed-identity`: the platform vouches for the app. Nothing secret to keep: prefer it.
    ManagedIdentity,
    /// `workload-identity`: another issuer (Kubernetes, GitHub) vouches, by a token in a file.
    WorkloadIdentity,
    /// `client-certificate`: an RSA certificate of the application, as PEM.
    ClientCertificate,
    /// `client-secret`: a secret of the application.
    ClientSecret,
    /// `developer`: whoever is signed in to `az` or `azd` on this machine.
    Developer,
}

impl CredentialKind {
    const ALL: [Self; 5] = [
        Self::ManagedIdentity,
        Self::WorkloadIdentity,
        Self::ClientCertificate,
        Self::ClientSecret,
        Self::Developer,
    ];

    /// The settings whose presence chooses a credential, first match first.
    const SIGNS: [(&str, Self); 5] = [
        ("IDENTITY_ENDPOINT", Self::ManagedIdentity),
        ("AZURE_FEDERATED_TOKEN_FILE", Self::WorkloadIdentity),
        ("AZURE_CLIENT_CERTIFICATE_PATH", Self::ClientCertificate),
        ("M365_CLIENT_CERTIFICATE", Self::ClientCertificate),
        ("AZURE_CLIENT_SECRET", Self::ClientSecret),
    ];

    /// The kind that `M365_CREDENTIAL` names, or else the first one whose settings are there.
    ///
    /// # Errors
    /// When it names none, or nothing is configured.
    pub fn from_settings(settings: &Settings) -> Result<Self, AuthError> {
        match settings.get("M365_CREDENTIAL") {
            Some(name) => Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(unknown_kind),
            None => Self::SIGNS
                .into_iter()
                .find_map(|(sign, kind)| settings.get(sign).map(|_| kind))
                .ok_or_else(nothing_configured),
        }
    }

    /// The value of `M365_CREDENTIAL` that forces it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ManagedIdentity => "managed-identity",
            Self::WorkloadIdentity => "workload-identity",
            Self::ClientCertificate => "client-certificate",
            Self::ClientSecret => "client-secret",
            Self::Developer => "developer",
        }
    }

    /// What to check when it fails and no error code says more.
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::ManagedIdentity => {
                "switch on the app's system-assigned identity, or assign it the one that AZURE_CLIENT_ID names; \
                 a new assignment takes some minutes"
            }
            Self::WorkloadIdentity => {
                "check the application's federated credential and AZURE_FEDERATED_TOKEN_FILE"
            }
            Self::ClientCertificate => {
                "check AZURE_TENANT_ID, AZURE_CLIENT_ID and the application's certificates"
            }
            Self::ClientSecret => "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
            Self::Developer => "sign in with `az login` or `azd auth login`, and have the tool on the PATH",
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn unknown_kind() -> AuthError {
    let names = CredentialKind::ALL.map(CredentialKind::name).join(", ");
    AuthError::setting("M365_CREDENTIAL", &format!("must be one of {names}"))
}

fn nothing_configured() -> AuthError {
    AuthError::setting("M365_CREDENTIAL", "is not set, and no credential is configured").with_help(
        "switch on the function app's managed identity (the platform then sets IDENTITY_ENDPOINT), give an application's \
         settings, or on your own machine set M365_CREDENTIAL=developer",
    )
}

/// Issues tokens by whatever credential the settings name. Keeps none: that is what [`Tokens`](super::Tokens) is for.
pub struct Credentials {
    settings: Settings,
    http: Arc<Http>,
    timing: Timing,
    transport: Option<Arc<dyn HttpClient>>,
}

impl Credentials {
    /// Does no I/O; settings are read when a token is wanted.
    pub fn new(settings: Settings, http: Arc<Http>, timing: Timing) -> Self {
        Self { settings, http, timing, transport: None }
    }

    /// Sends through `transport` in place of the shared client: Entra's hosts are `https` only, and so a test of theirs
    /// needs a stand-in that redirects.
    #[must_use]
    pub fn with_transport(mut self, transport: Arc<dyn HttpClient>) -> Self {
        self.transport = Some(transport);
        self
    }

    async fn fetch(&self, audience: &Audience) -> Result<Token, AuthError> {
        let kind = CredentialKind::from_settings(&self.settings)?;
        let scope = audience.scope(Cloud::from_settings(&self.settings)?);
        let credential = self.credential(kind)?;
        let issued = credential.get_token(&[&scope], None).await;
        let issued = issued.map_err(|error| AuthError::of_sdk(&error, kind))?;
        Ok(Token::new(issued.token.secret(), issued.expires_on.into()))
    }

    fn credential(&self, kind: CredentialKind) -> Result<Credential, AuthError> {
        match kind {
            CredentialKind::ManagedIdentity => self.managed_identity(),
            CredentialKind::WorkloadIdentity => self.workload_identity(),
            CredentialKind::ClientCertificate => self.client_certificate(),
            CredentialKind::ClientSecret => self.client_secret(),
            CredentialKind::Developer => built(kind, DeveloperToolsCredential::new(None)),
        }
    }

    fn managed_identity(&self) -> Result<Credential, AuthError> {
        match self.settings.get("IDENTITY_ENDPOINT") {
            Some(endpoint) => self.identity_endpoint(&endpoint),
            None => self.instance_metadata(),
        }
    }

    fn identity_endpoint(&self, endpoint: &str) -> Result<Credential, AuthError> {
        let endpoint =
            Url::parse(endpoint).map_err(|_| AuthError::setting("IDENTITY_ENDPOINT", "is not a URL"))?;
        self.need("IDENTITY_HEADER", "the platform sets it beside IDENTITY_ENDPOINT")?;
        let user_assigned = match self.user_assigned()? {
            None => None,
            Some(UserAssignedId::ClientId(id)) => Some(("client_id", id)),
            Some(UserAssignedId::ObjectId(id)) => Some(("object_id", id)),
            Some(_) => {
                return Err(AuthError::setting(
                    "M365_IDENTITY_RESOURCE_ID",
                    "cannot be used on App Service or Functions",
                )
                .with_help("name the identity by AZURE_CLIENT_ID or M365_IDENTITY_OBJECT_ID"));
            }
        };
        let options = self.client_options()?;
        Ok(Arc::new(IdentityEndpoint::new(endpoint, user_assigned, self.settings.clone(), options)))
    }

    /// Virtual machines and container hosts. The SDK finds the address; it is fixed.
    fn instance_metadata(&self) -> Result<Credential, AuthError> {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: self.user_assigned()?,
            client_options: self.client_options()?,
        };
        built(CredentialKind::ManagedIdentity, ManagedIdentityCredential::new(Some(options)))
    }

    fn user_assigned(&self) -> Result<Option<UserAssignedId>, AuthError> {
        let named = |name, id: fn(String) -> UserAssignedId| self.settings.get(name).map(id);
        let ids = [
            named("AZURE_CLIENT_ID", UserAssignedId::ClientId),
            named("M365_IDENTITY_OBJECT_ID", UserAssignedId::ObjectId),
            named("M365_IDENTITY_RESOURCE_ID", UserAssignedId::ResourceId),
        ];
        let mut ids = ids.into_iter().flatten();
        match (ids.next(), ids.next()) {
            (id, None) => Ok(id),
            _ => Err(AuthError::setting(
                "AZURE_CLIENT_ID",
                "is not the only setting that names a managed identity",
            )
            .with_help("keep one of AZURE_CLIENT_ID, M365_IDENTITY_OBJECT_ID and M365_IDENTITY_RESOURCE_ID")),
        }
    }

    fn workload_identity(&self) -> Result<Credential, AuthError> {
        let file = self.need("AZURE_FEDERATED_TOKEN_FILE", "give the path of the other issuer's token")?;
        let options = WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions { client_options: self.client_options()? },
            client_id: Some(self.client_id()?),
            tenant_id: Some(self.tenant_id()?),
            token_file_path: Some(file.into()),
        };
        let unreadable =
            |_| AuthError::setting("AZURE_FEDERATED_TOKEN_FILE", "names a file that cannot be read");
        Ok(WorkloadIdentityCredential::new(Some(options)).map_err(unreadable)?)
    }

    fn client_certificate(&self) -> Result<Credential, AuthError> {
        let (tenant_id, client_id) = (self.tenant_id()?, self.client_id()?);
        let endpoint = format!("{}/{tenant_id}/oauth2/v2.0/token", self.authority()?);
        let (name, pem) = self.pem()?;
        let certificate = Certificate::new(name, &pem, client_id.clone(), endpoint)?;
        let options = ClientAssertionCredentialOptions { client_options: self.client_options()? };
        let credential = ClientAssertionCredential::new(tenant_id, client_id, certificate, Some(options));
        built(CredentialKind::ClientCertificate, credential)
    }

    /// The certificate and the setting that it came from: a file, or text as Key Vault references give it.
    fn pem(&self) -> Result<(&'static str, Vec<u8>), AuthError> {
        if let Some(text) = self.settings.get("M365_CLIENT_CERTIFICATE") {
            // Where settings cannot hold line breaks they are written as \n.
            return Ok(("M365_CLIENT_CERTIFICATE", text.replace("\\n", "\n").into_bytes()));
        }
        const PATH: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
        let path = self.need(PATH, "give the path of a PEM file, or its text in M365_CLIENT_CERTIFICATE")?;
        let unreadable = |why| AuthError::setting(PATH, &format!("names a file that cannot be read: {why}"));
        Ok((PATH, std::fs::read(path).map_err(unreadable)?))
    }

    fn client_secret(&self) -> Result<Credential, AuthError> {
        let secret =
            Secret::new(self.need("AZURE_CLIENT_SECRET", "give the value of a secret of the application")?);
        let options = ClientSecretCredentialOptions { client_options: self.client_options()? };
        let credential =
            ClientSecretCredential::new(&self.tenant_id()?, self.client_id()?, secret, Some(options));
        built(CredentialKind::ClientSecret, credential)
    }

    fn tenant_id(&self) -> Result<String, AuthError> {
        const RIGHT: &str = "give the directory (tenant) id, or one of the tenant's domains";
        let id = self.need("AZURE_TENANT_ID", RIGHT)?;
        let is_plain = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        let wrong =
            || AuthError::setting("AZURE_TENANT_ID", "is neither an id nor a domain").with_help(RIGHT);
        is_plain.then_some(id).ok_or_else(wrong)
    }

    fn client_id(&self) -> Result<String, AuthError> {
        self.need("AZURE_CLIENT_ID", "give the application (client) id")
    }

    fn authority(&self) -> Result<String, AuthError> {
        Cloud::from_settings(&self.settings)?.authority_in(&self.settings)
    }

    fn need(&self, name: &str, right: &'static str) -> Result<String, AuthError> {
        self.settings.get(name).ok_or_else(|| AuthError::setting(name, "is not set").with_help(right))
    }

    fn client_options(&self) -> Result<ClientOptions, AuthError> {
        let client: Arc<dyn HttpClient> = match &self.transport {
            Some(transport) => transport.clone(),
            None => Arc::new(self.http.client()?.clone()),
        };
        let patient = Patient { client, attempt: self.timing.attempt };
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.authority()?;
        Ok(ClientOptions {
            transport: Some(Transport::new(Arc::new(patient))),
            retry: RetryOptions::exponential(self.retry()),
            cloud: Some(Arc::new(cloud.into())),
            ..ClientOptions::default()
        })
    }

    fn retry(&self) -> ExponentialRetryOptions {
        ExponentialRetryOptions {
            initial_delay: self.timing.pause.try_into().unwrap_or_default(),
            max_retries: self.timing.retries,
            max_total_elapsed: self.timing.deadline.try_into().unwrap_or_default(),
            ..ExponentialRetryOptions::default()
        }
    }
}

/// The settings were checked before, so there is nothing that the SDK should object to.
fn built<C: TokenCredential + 'static>(
    kind: CredentialKind,
    credential: azure_core::Result<Arc<C>>,
) -> Result<Credential, AuthError> {
    match credential {
        Ok(credential) => Ok(credential),
        Err(error) => Err(AuthError::of_sdk(&error, kind)),
    }
}

impl Issuer for Credentials {
    fn issue<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        self.fetch(audience).boxed()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("timing", &self.timing).finish_non_exhaustive()
    }
}
