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
use exchange::{Exchange, InvokeCommand, Unset};
use graph::auth::{self, AuthError, Cloud, CredentialKind, Http, Settings, Tokens};
use graph::stack::TenantSize;
use graph::{Config, Graph};
use journal::{Azure, Journal, Place};
use plan::{Clock, Policy, Runner, Tenant};
use vault::{KeyVaults, NoVaults, Vaults};

/// A setting that will not do: its name, and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    fn new(setting: &str, right: impl std::fmt::Display) -> Self {
        Self(format!("{setting}: {right}"))
    }
}

impl From<AuthError> for ConfigError {
    fn from(error: AuthError) -> Self {
        Self(error.to_string())
    }
}

impl From<journal::Error> for ConfigError {
    fn from(error: journal::Error) -> Self {
        Self(error.to_string())
    }
}

/// How much, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// After how long a call is answered with 202 while its run goes on. Callers give up at about 120 s (Logic Apps,
    /// Power Automate) and the platform at 230 s.
    pub deadline: Duration,
}

impl Limits {
    /// How large a body may be, in bytes.
    pub const BODY: usize = 256 * 1024;

    /// The limits that these settings name.
    ///
    /// # Errors
    /// The deadline is not a whole number of seconds, or too long.
    pub fn from_settings(settings: &Settings) -> Result<Self, ConfigError> {
        const DEADLINE: &str = "M365_DEADLINE_SECONDS";
        let wrong = || ConfigError::new(DEADLINE, "must be a whole number of seconds from 1 to 220");
        let seconds = match settings.get(DEADLINE) {
            None => 100,
            Some(text) => text.parse().ok().filter(|s| (1..=220).contains(s)).ok_or_else(wrong)?,
        };
        Ok(Self { deadline: Duration::from_secs(seconds) })
    }
}

/// What the settings come to.
pub(crate) struct Configured {
    pub(crate) runner: Runner,
    pub(crate) limits: Limits,
    pub(crate) journal: journal::Settings,
}

impl Configured {
    /// Reads all settings, and makes a runner of them unless there is one. Touches a file at the most (`M365_POLICY`).
    pub(crate) fn read(
        settings: &Settings,
        runner: Option<Runner>,
        vaults: Option<OpenVaults>,
    ) -> Result<Self, ConfigError> {
        let limits = Limits::from_settings(settings)?;
        let journal = journal::Settings::read(&|name| settings.get(name))?;
        let runner = runner.map_or_else(|| make_runner(settings, &journal, vaults), Ok)?;
        Ok(Self { runner, limits, journal })
    }
}

fn make_runner(
    settings: &Settings,
    journal: &journal::Settings,
    vaults: Option<OpenVaults>,
) -> Result<Runner, ConfigError> {
    let cloud = Cloud::from_settings(settings)?;
    let endpoint = cloud.graph_endpoint(settings)?;
    CredentialKind::from_settings(settings)?;
    let http = Arc::new(Http::new(settings.clone()));
    let tokens = Arc::new(Tokens::from_settings(settings.clone(), http.clone()));
    let journal = open_journal(journal, &tokens, &http)?;
    let exchange = exchange(cloud, settings, &tokens, &http)?;
    let vaults = match vaults {
        Some(open) => open(settings, &tokens, &http)?,
        None => Arc::new(NoVaults::unused()),
    };
    let config = Config { size: size(settings)?, ..Config::new(endpoint, tokens) };
    let tenant = Tenant {
        graph: Graph::new(config, http),
        exchange,
        vaults,
        clock: Clock::system(),
        protects_roles: false,
    };
    Ok(Runner::new(tenant, journal, policy(settings)?))
}

/// How key vaults are reached, with the settings, the tokens and the client of the app.
pub type OpenVaults = fn(&Settings, &Arc<Tokens>, &Arc<Http>) -> Result<Arc<dyn Vaults>, ConfigError>;

/// The way to key vaults, for a function that asks them. Without `AZURE_TENANT_ID` everything else goes on.
///
/// # Errors
/// A setting will not do; which, and what would be right.
pub fn key_vaults(
    settings: &Settings,
    tokens: &Arc<Tokens>,
    http: &Arc<Http>,
) -> Result<Arc<dyn Vaults>, ConfigError> {
    if let Err(missing) = auth::tenant(settings) {
        return Ok(Arc::new(NoVaults::missing(missing)));
    }
    let config = vault::Config::from_settings(settings, tokens.clone())?;
    Ok(Arc::new(KeyVaults::new(config, http.clone())))
}

/// Exchange Online wants to know whose it is; who never asks it need not say.
fn exchange(
    cloud: Cloud,
    settings: &Settings,
    tokens: &Arc<Tokens>,
    http: &Arc<Http>,
) -> Result<Arc<dyn Exchange>, ConfigError> {
    let endpoint = cloud.exchange_endpoint(settings)?;
    Ok(match auth::tenant(settings) {
        Ok(tenant) => {
            let config = exchange::Config::new(endpoint, tenant, tokens.clone());
            Arc::new(InvokeCommand::new(config, http.clone()))
        }
        Err(missing) => Arc::new(Unset(missing)),
    })
}

fn open_journal(
    settings: &journal::Settings,
    tokens: &Arc<Tokens>,
    http: &Http,
) -> Result<Arc<dyn Journal>, ConfigError> {
    if let Some(notice) = settings.notice() {
        tracing::warn!(name: "journal.temporary", "{notice}");
    }
    // Made for a container only: a client loads the roots of trust.
    let client = match settings.place {
        Place::Container(_) => Some(http.client()?.clone()),
        Place::Folder(_) | Place::Temporary(_) => None,
    };
    let transport = || client.map_or_else(Transport::default, |client| Transport::new(Arc::new(client)));
    Ok(journal::open(settings, || Azure { credential: tokens.clone(), transport: transport() })?)
}

fn size(settings: &Settings) -> Result<TenantSize, ConfigError> {
    match settings.get("M365_TENANT_SIZE").as_deref() {
        None | Some("s") => Ok(TenantSize::S),
        Some("m") => Ok(TenantSize::M),
        Some("l") => Ok(TenantSize::L),
        Some(_) => Err(ConfigError::new("M365_TENANT_SIZE", "must be s, m or l")),
    }
}

/// The JSON that a setting holds, or that stands in the file it names.
///
/// # Errors
/// The file cannot be read; says which, and why.
pub fn held_or_named(setting: String) -> Result<String, String> {
    match setting.trim_start().starts_with('{') {
        true => Ok(setting),
        false => std::fs::read_to_string(&setting).map_err(|why| format!("{setting} cannot be read: {why}")),
    }
}

fn policy(settings: &Settings) -> Result<Policy, ConfigError> {
    const POLICY: &str = "M365_POLICY";
    let Some(text) = settings.get(POLICY) else { return Ok(Policy::default()) };
    let text = held_or_named(text).map_err(|why| {
        ConfigError::new(POLICY, format!("must be JSON, or name a file that holds it ({why})"))
    })?;
    // Editors on Windows begin a file with a byte order mark.
    let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let policy = serde_path_to_error::deserialize(&mut json).map_err(|why| ConfigError::new(POLICY, why))?;
    json.end().map_err(|why| ConfigError::new(POLICY, why))?;
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in the way of a runner, with one setting beside those that are right.
    fn wrong(name: &str, value: &str) -> String {
        let right = [("M365_CREDENTIAL", "developer"), ("M365_JOURNAL", "m365-journal")];
        let (name, value) = (name.to_owned(), value.to_owned());
        let settings = Settings::new(move |wanted| (wanted == name).then(|| value.clone()));
        let read = Configured::read(&settings.or(Settings::from(right)), None, None);
        read.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_setting_that_will_not_do_is_named_once_with_what_would_be_right() {
        let table = [
            ("M365_DEADLINE_SECONDS", "0", "a whole number of seconds from 1 to 220"),
            ("M365_DEADLINE_SECONDS", "221", "a whole number of seconds from 1 to 220"),
            ("M365_DEADLINE_SECONDS", "1.5", "a whole number of seconds from 1 to 220"),
            ("M365_TENANT_SIZE", "XL", "s, m or l"),
            ("M365_CLOUD", "germany", "public, usgov, usgovdod or china"),
            ("M365_GRAPH_ENDPOINT", "http://graph.contoso.com", "https"),
            ("M365_CREDENTIAL", "password", "managed-identity"),
            ("M365_JOURNAL", "https://contoso.blob.core.windows.net/", "name a container"),
            ("M365_JOURNAL_RETENTION_DAYS", "a quarter", "a whole number of days"),
            ("M365_POLICY", "/nowhere/policy.json", "name a file"),
            ("M365_POLICY", r#"{"domain": []}"#, "unknown field `domain`"),
            ("M365_POLICY", r#"{"protected": {"ids": ["Adele"]}}"#, "protected.ids"),
            ("M365_POLICY", r#"{"domains": ["contoso.com"]} {"maxPerHour": 1}"#, "trailing characters"),
        ];
        for (name, value, right) in table {
            let says = wrong(name, value);
            assert!(says.starts_with(name), "{name}={value}: {says}");
            assert!(says.contains(right), "{name}={value}: {says}");
            assert_eq!(says.matches(name).count(), 1, "{says}");
        }
    }

    #[test]
    fn no_credential_at_all_is_told_with_what_to_switch_on() {
        let read = Configured::read(&Settings::from([("M365_JOURNAL", "m365-journal")]), None, None);
        let says = read.err().unwrap().to_string();
        assert!(says.starts_with("M365_CREDENTIAL") && says.contains("managed identity"), "{says}");
    }

    #[test]
    fn settings_that_will_do_make_a_runner_without_touching_anything() {
        for (name, value) in [
            ("M365_DEADLINE_SECONDS", "220"),
            ("M365_TENANT_SIZE", "l"),
            ("M365_POLICY", "{\"domains\": [\"contoso.com\"], \"maxPerHour\": 5}"),
            ("M365_JOURNAL_RETENTION_DAYS", "30"),
        ] {
            assert_eq!(wrong(name, value), "", "{name}={value}");
        }
        assert!(!std::path::Path::new("m365-journal").exists());
    }

    #[test]
    fn without_settings_a_call_waits_for_a_hundred_seconds() {
        let none: [(&str, &str); 0] = [];
        let limits = Limits::from_settings(&Settings::from(none)).unwrap();
        assert_eq!(limits.deadline, Duration::from_secs(100));
    }
}
