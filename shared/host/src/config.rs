//! Configuration: app settings, read when first needed.
//!
//! | Setting | Means | When absent |
//! |---|---|---|
//! | `M365_POLICY` | the guard-rails, as JSON or as the path of a JSON file | no guard-rails |
//! | `M365_TENANT_SIZE` | `s` (under 50 users), `m` (to 500), `l`: sets the pace below the documented quotas | `s` |
//! | `M365_DEADLINE_SECONDS` | after how long a call is answered with 202 while its run goes on, 1 to 220 | 100 |
//!
//! Those of authentication are in [`graph::auth`], those of the journal in [`journal`].

use std::sync::Arc;
use std::time::Duration;

use azure_core::http::Transport;
use graph::auth::{Cloud, Http, Settings, Tokens};
use graph::stack::TenantSize;
use graph::{Config, Graph};
use journal::{Azure, Journal, Place};
use plan::{Clock, Policy, Runner, Tenant};

/// A setting that will not do.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {says}")]
pub struct ConfigError {
    /// The setting.
    pub setting: &'static str,
    /// What would be right.
    pub says: String,
}

impl ConfigError {
    fn new(setting: &'static str, says: impl Into<String>) -> Self {
        Self { setting, says: says.into() }
    }
}

/// How much, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// After how long a call is answered with 202 while its run goes on. Callers give up at about 120 s (Logic Apps,
    /// Power Automate) and the platform at 230 s.
    pub deadline: Duration,
    /// How large a body may be, in bytes.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(100), body: 256 * 1024 }
    }
}

impl Limits {
    /// The limits that these settings name.
    pub fn from_settings(settings: &Settings) -> Result<Self, ConfigError> {
        const DEADLINE: &str = "M365_DEADLINE_SECONDS";
        let wrong = || ConfigError::new(DEADLINE, "a whole number of seconds from 1 to 220");
        let Some(text) = settings.get(DEADLINE) else { return Ok(Self::default()) };
        let seconds = text.parse().ok().filter(|seconds| (1..=220).contains(seconds)).ok_or_else(wrong)?;
        Ok(Self { deadline: Duration::from_secs(seconds), ..Self::default() })
    }
}

/// A runner as these settings want it. No I/O.
pub(crate) fn runner(settings: &Settings) -> Result<Runner, ConfigError> {
    let http = Arc::new(Http::new(settings.clone()));
    let tokens = Arc::new(Tokens::from_settings(settings.clone(), http.clone()));
    let journal = open_journal(settings, &tokens, &http)?;
    let cloud =
        Cloud::from_settings(settings).map_err(|error| ConfigError::new("M365_CLOUD", error.to_string()))?;
    let endpoint = cloud
        .graph_endpoint(settings)
        .map_err(|error| ConfigError::new("M365_GRAPH_ENDPOINT", error.to_string()))?;
    let config = Config { size: size(settings)?, ..Config::new(endpoint, tokens) };
    let tenant = Tenant { graph: Graph::new(config, http), clock: Clock::system() };
    Ok(Runner::new(tenant, journal, policy(settings)?))
}

fn open_journal(
    settings: &Settings,
    tokens: &Arc<Tokens>,
    http: &Http,
) -> Result<Arc<dyn Journal>, ConfigError> {
    let wrong = |error: journal::Error| ConfigError::new("M365_JOURNAL", error.to_string());
    let named = journal::Settings::read(&|name| settings.get(name)).map_err(wrong)?;
    if let Some(notice) = named.notice() {
        tracing::warn!(name: "journal.temporary", "{notice}");
    }
    // The client is made here only for a container: making it loads the roots of trust.
    let transport = match named.place {
        Place::Container(_) => {
            let client =
                http.client().map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
            Transport::new(Arc::new(client.clone()))
        }
        Place::Folder(_) | Place::Temporary(_) => Transport::default(),
    };
    journal::open(&named, || Azure { credential: tokens.clone(), transport }).map_err(wrong)
}

fn size(settings: &Settings) -> Result<TenantSize, ConfigError> {
    const SIZE: &str = "M365_TENANT_SIZE";
    match settings.get(SIZE).as_deref() {
        None | Some("s") => Ok(TenantSize::S),
        Some("m") => Ok(TenantSize::M),
        Some("l") => Ok(TenantSize::L),
        Some(_) => Err(ConfigError::new(SIZE, "s, m or l")),
    }
}

fn policy(settings: &Settings) -> Result<Policy, ConfigError> {
    const POLICY: &str = "M365_POLICY";
    let Some(text) = settings.get(POLICY) else { return Ok(Policy::default()) };
    let text = if text.starts_with('{') {
        text
    } else {
        std::fs::read_to_string(&text)
            .map_err(|error| ConfigError::new(POLICY, format!("{text}: {error}")))?
    };
    let mut json = serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| ConfigError::new(POLICY, error.to_string()))
}
