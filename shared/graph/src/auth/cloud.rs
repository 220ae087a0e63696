//! The national clouds, and whom a token is for in each of them.
//!
//! Tokens do not cross clouds. Graph's hosts are those of Microsoft's "national cloud deployments" page, Exchange's those
//! of Microsoft's own CSS-Exchange scripts.

use std::fmt;

use reqwest::Url;

use super::{AuthError, Settings};
use crate::id::TenantId;

/// A Microsoft cloud. `M365_CLOUD` chooses; the public one is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cloud {
    /// `public`: the worldwide cloud, GCC included.
    #[default]
    Public,
    /// `usgov`: US Government L4 (GCC High).
    UsGovernment,
    /// `usgovdod`: US Government L5 (DoD).
    UsGovernmentDod,
    /// `china`: operated by 21Vianet.
    China,
}

impl Cloud {
    /// The cloud that `M365_CLOUD` names.
    ///
    /// # Errors
    /// When it names none.
    pub fn from_settings(settings: &Settings) -> Result<Self, AuthError> {
        match settings.get("M365_CLOUD").as_deref() {
            None | Some("public") => Ok(Self::Public),
            Some("usgov") => Ok(Self::UsGovernment),
            Some("usgovdod") => Ok(Self::UsGovernmentDod),
            Some("china") => Ok(Self::China),
            Some(_) => Err(AuthError::setting("M365_CLOUD", "must be public, usgov, usgovdod or china")),
        }
    }

    /// Where applications sign in, without a trailing slash.
    pub fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGovernment | Self::UsGovernmentDod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// The root of Microsoft Graph, without a version or a trailing slash; also the audience of its tokens.
    pub fn graph(self) -> &'static str {
        match self {
            Self::Public => "https://graph.microsoft.com",
            Self::UsGovernment => "https://graph.microsoft.us",
            Self::UsGovernmentDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// The root of Exchange Online's admin endpoint; also the audience of its tokens.
    pub fn exchange(self) -> &'static str {
        match self {
            Self::Public => "https://outlook.office365.com",
            Self::UsGovernment => "https://outlook.office365.us",
            Self::UsGovernmentDod => "https://outlook-dod.office365.us",
            Self::China => "https://partner.outlook.cn",
        }
    }

    /// The audience of Azure Key Vault's tokens.
    pub fn key_vault(self) -> &'static str {
        match self {
            Self::Public => "https://vault.azure.net",
            Self::UsGovernment | Self::UsGovernmentDod => "https://vault.usgovcloudapi.net",
            Self::China => "https://vault.azure.cn",
        }
    }

    /// The address of a key vault, by its name.
    pub fn vault(self, name: &str) -> String {
        self.key_vault().replacen("://", &format!("://{name}."), 1)
    }

    /// Where applications sign in: `AZURE_AUTHORITY_HOST` if set, else [`authority`](Self::authority).
    ///
    /// # Errors
    /// When the setting is not an `https` URL.
    pub fn authority_in(self, settings: &Settings) -> Result<String, AuthError> {
        let Some(host) = settings.get("AZURE_AUTHORITY_HOST") else { return Ok(self.authority().to_owned()) };
        let is_https = Url::parse(&host).is_ok_and(|url| url.scheme() == "https");
        let wrong = || AuthError::setting("AZURE_AUTHORITY_HOST", "is not an https URL");
        is_https.then(|| host.trim_end_matches('/').to_owned()).ok_or_else(wrong)
    }

    /// Where Graph is asked: `M365_GRAPH_ENDPOINT` if set (the offline tenant), else [`graph`](Self::graph). The
    /// audience of the tokens stays the cloud's Graph.
    ///
    /// # Errors
    /// When the setting is not a URL, or would send tokens in clear text to another machine.
    pub fn graph_endpoint(self, settings: &Settings) -> Result<String, AuthError> {
        endpoint(settings, "M365_GRAPH_ENDPOINT", self.graph())
    }

    /// Where Exchange Online is asked: `M365_EXCHANGE_ENDPOINT` if set (the offline tenant), else
    /// [`exchange`](Self::exchange). The audience of the tokens stays the cloud's Exchange Online.
    ///
    /// # Errors
    /// As of [`graph_endpoint`](Self::graph_endpoint).
    pub fn exchange_endpoint(self, settings: &Settings) -> Result<String, AuthError> {
        endpoint(settings, "M365_EXCHANGE_ENDPOINT", self.exchange())
    }
}

/// Where requests to key vaults go instead, if `M365_VAULT_ENDPOINT` says so (the offline tenant): they keep the vault's name
/// in `Host`.
///
/// # Errors
/// As of [`Cloud::graph_endpoint`].
pub fn vault_endpoint(settings: &Settings) -> Result<Option<String>, AuthError> {
    elsewhere(settings, "M365_VAULT_ENDPOINT")
}

/// Where sign-ins as an application that is looked after go instead, if `M365_LOGIN_ENDPOINT` says so (the offline tenant):
/// they keep the authority's name in `Host`. This function's own sign-ins do not go there.
///
/// # Errors
/// As of [`Cloud::graph_endpoint`].
pub fn login_endpoint(settings: &Settings) -> Result<Option<String>, AuthError> {
    elsewhere(settings, "M365_LOGIN_ENDPOINT")
}

fn endpoint(settings: &Settings, name: &str, usual: &str) -> Result<String, AuthError> {
    Ok(elsewhere(settings, name)?.unwrap_or_else(|| usual.to_owned()))
}

fn elsewhere(settings: &Settings, name: &str) -> Result<Option<String>, AuthError> {
    let Some(text) = settings.get(name) else { return Ok(None) };
    let url = Url::parse(&text).map_err(|_| AuthError::setting(name, "is not a URL"))?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(AuthError::setting(name, "must use https (or http, on this machine only)"));
    }
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

/// The tenant that `AZURE_TENANT_ID` names, which Exchange Online wants in every address, and a sign-in as an application as
/// well. A managed identity needs the setting for nothing else.
///
/// # Errors
/// When it is missing, or no GUID: a domain does not do for everything.
pub fn tenant(settings: &Settings) -> Result<TenantId, AuthError> {
    const NAME: &str = "AZURE_TENANT_ID";
    let wrong = || {
        AuthError::setting(
            NAME,
            "must be the tenant's id, a GUID, to ask Exchange Online or sign in as an application",
        )
    };
    settings.get(NAME).and_then(|text| text.parse().ok()).ok_or_else(wrong)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whom a token is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Microsoft Graph.
    Graph,
    /// Exchange Online.
    Exchange,
    /// Azure Key Vault.
    KeyVault,
    /// Azure Storage: blobs, queues, tables.
    Storage,
    /// Any other resource, by its URI or as a scope: `https://service.contoso.com` or with `/.default`.
    Other(String),
}

impl Audience {
    /// The scope to ask for in this cloud; it always ends in `/.default`.
    pub fn scope(&self, cloud: Cloud) -> String {
        let resource = match self {
            Self::Graph => cloud.graph(),
            Self::Exchange => cloud.exchange(),
            Self::KeyVault => cloud.key_vault(),
            Self::Storage => "https://storage.azure.com",
            Self::Other(resource) => resource.strip_suffix("/.default").unwrap_or(resource),
        };
        format!("{resource}/.default")
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Graph => "Microsoft Graph",
            Self::Exchange => "Exchange Online",
            Self::KeyVault => "Azure Key Vault",
            Self::Storage => "Azure Storage",
            Self::Other(resource) => resource,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOUDS: [Cloud; 4] = [Cloud::Public, Cloud::UsGovernment, Cloud::UsGovernmentDod, Cloud::China];

    #[test]
    fn each_name_chooses_its_cloud_and_nothing_chooses_the_public_one() {
        for (name, cloud) in ["public", "usgov", "usgovdod", "china"].into_iter().zip(CLOUDS) {
            assert_eq!(Cloud::from_settings(&Settings::from([("M365_CLOUD", name)])).unwrap(), cloud);
        }
        assert_eq!(Cloud::from_settings(&Settings::from([("M365_CLOUD", "")])).unwrap(), Cloud::Public);
        assert!(Cloud::from_settings(&Settings::from([("M365_CLOUD", "Public")])).unwrap_err().is_setting());
    }

    #[test]
    fn every_scope_ends_in_default_and_is_the_clouds_own() {
        let other = |resource: &str| Audience::Other(resource.to_owned());
        let table = [
            (Audience::Graph, Cloud::UsGovernmentDod, "https://dod-graph.microsoft.us/.default"),
            (Audience::Exchange, Cloud::Public, "https://outlook.office365.com/.default"),
            (Audience::Exchange, Cloud::UsGovernmentDod, "https://outlook-dod.office365.us/.default"),
            (Audience::Exchange, Cloud::China, "https://partner.outlook.cn/.default"),
            (Audience::KeyVault, Cloud::UsGovernment, "https://vault.usgovcloudapi.net/.default"),
            (Audience::Storage, Cloud::China, "https://storage.azure.com/.default"),
            (other("api://contoso"), Cloud::Public, "api://contoso/.default"),
            (other("api://contoso/.default"), Cloud::Public, "api://contoso/.default"),
        ];
        for (audience, cloud, scope) in table {
            assert_eq!(audience.scope(cloud), scope);
        }
    }

    #[test]
    fn exchange_can_be_asked_elsewhere_as_well() {
        let settings = |endpoint| Settings::from([("M365_EXCHANGE_ENDPOINT", endpoint)]);
        let endpoint = |text| Cloud::China.exchange_endpoint(&settings(text)).ok();
        assert_eq!(endpoint("").as_deref(), Some("https://partner.outlook.cn"));
        assert_eq!(endpoint("http://127.0.0.1:8080/").as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(endpoint("http://outlook.office365.com"), None);
    }

    #[test]
    fn a_vault_is_in_its_cloud() {
        let table = [
            (Cloud::Public, "https://contoso-keys.vault.azure.net"),
            (Cloud::UsGovernment, "https://contoso-keys.vault.usgovcloudapi.net"),
            (Cloud::UsGovernmentDod, "https://contoso-keys.vault.usgovcloudapi.net"),
            (Cloud::China, "https://contoso-keys.vault.azure.cn"),
        ];
        for (cloud, address) in table {
            assert_eq!(cloud.vault("contoso-keys"), address);
        }
    }

    #[test]
    fn vaults_and_sign_ins_go_elsewhere_only_when_told_and_never_in_clear_text_to_another_machine() {
        for name in ["M365_VAULT_ENDPOINT", "M365_LOGIN_ENDPOINT"] {
            let endpoint = if name.contains("VAULT") { vault_endpoint } else { login_endpoint };
            let of = |text: &str| endpoint(&Settings::from([(name, text)]));
            assert_eq!(of("").unwrap(), None);
            assert_eq!(of("http://127.0.0.1:8080/").unwrap().as_deref(), Some("http://127.0.0.1:8080"));
            let error = of("http://vault.contoso.com").unwrap_err();
            assert!(error.is_setting() && error.to_string().starts_with(name), "{error}");
        }
    }

    #[test]
    fn another_authority_is_asked_in_https_only() {
        let of = |text: &str| Cloud::China.authority_in(&Settings::from([("AZURE_AUTHORITY_HOST", text)]));
        assert_eq!(of("").unwrap(), "https://login.chinacloudapi.cn");
        assert_eq!(
            of("https://login.partner.microsoftonline.cn/").unwrap(),
            "https://login.partner.microsoftonline.cn"
        );
        assert!(of("http://127.0.0.1").unwrap_err().is_setting());
    }

    #[test]
    fn a_tenant_is_a_guid() {
        let of = |text| tenant(&Settings::from([("AZURE_TENANT_ID", text)]));
        assert!(of("0fea4e48-0b54-47c3-9bb7-7a6c3c0a27a5").is_ok());
        for wrong in ["", "contoso.com"] {
            assert!(of(wrong).unwrap_err().is_setting(), "{wrong}");
        }
    }

    #[test]
    fn graph_can_be_asked_elsewhere_but_never_in_clear_text_on_another_machine() {
        let table = [
            ("", Some("https://graph.microsoft.com")),
            ("http://127.0.0.1:8080/", Some("http://127.0.0.1:8080")),
            ("http://[::1]:8080", Some("http://[::1]:8080")),
            ("http://localhost:8080/graph/", Some("http://localhost:8080/graph")),
            ("https://graph.contoso.com", Some("https://graph.contoso.com")),
            ("http://graph.contoso.com", None),
            ("http://127.0.0.1.contoso.com", None),
            ("ftp://localhost", None),
            ("graph.contoso.com", None),
        ];
        for (setting, expected) in table {
            let settings = Settings::from([("M365_GRAPH_ENDPOINT", setting)]);
            let endpoint = Cloud::Public.graph_endpoint(&settings).ok();
            assert_eq!(endpoint.as_deref(), expected, "{setting}");
        }
    }
}
