//! The one HTTP client of the process: Graph, Exchange, the identity endpoints and Azure storage all share its
//! connections and its TLS configuration.
//!
//! It is built at the first request and not before, since loading the machine's root certificates is the largest part of
//! a cold start. It follows no redirects (a header that holds a secret must not travel to another host) and has no
//! overall time-out: each caller knows best how long its answer is worth waiting for.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, NoProxy, Proxy, redirect};

use super::{AuthError, Settings};

/// How long a connection may take: Microsoft's front doors answer in tens of milliseconds or not at all.
const CONNECT: Duration = Duration::from_secs(2);

/// A client built on first use. Share it in an `Arc`.
///
/// Roots are the platform's; `SSL_CERT_FILE` and `SSL_CERT_DIR` of the process replace them. `HTTPS_PROXY` and
/// `NO_PROXY` are honoured for `https`. Plain `http` never goes through a proxy: here it is only spoken with this
/// machine (its identity endpoint, the offline tenant).
#[derive(Debug)]
pub struct Http {
    settings: Settings,
    client: OnceLock<Client>,
}

impl Http {
    /// Does nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, client: OnceLock::new() }
    }

    /// The client; cloning it shares its connections.
    ///
    /// # Errors
    /// When the machine has no root certificates, or `HTTPS_PROXY` is not a URL. It is tried again next time.
    pub fn client(&self) -> Result<&Client, AuthError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = self.build()?;
        Ok(self.client.get_or_init(|| client))
    }

    fn build(&self) -> Result<Client, AuthError> {
        // An error here says that a provider is installed already, which is all we want.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("m365-functions/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .redirect(redirect::Policy::none())
            .no_proxy();
        if let Some(proxy) = self.proxy()? {
            builder = builder.proxy(proxy);
        }
        builder.build().map_err(|source| {
            AuthError::unreachable("the HTTPS client could not be built", &source).with_help(
                "install the ca-certificates package, or name a PEM file of roots in SSL_CERT_FILE",
            )
        })
    }

    fn proxy(&self) -> Result<Option<Proxy>, AuthError> {
        let either = |upper, lower| self.settings.get(upper).or_else(|| self.settings.get(lower));
        let Some(url) = either("HTTPS_PROXY", "https_proxy") else { return Ok(None) };
        let direct = either("NO_PROXY", "no_proxy").and_then(|list| NoProxy::from_string(&list));
        match Proxy::https(url) {
            Ok(proxy) => Ok(Some(proxy.no_proxy(direct))),
            // The value may hold a password and is not repeated.
            Err(_) => {
                Err(AuthError::setting("HTTPS_PROXY", "is not a URL such as http://proxy.contoso.com:3128"))
            }
        }
    }
}
