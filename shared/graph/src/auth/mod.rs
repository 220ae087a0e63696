//! Who we are to Microsoft's services, and the tokens that say so.
//!
//! Azure's SDK knows how to prove an identity; [`Credentials`] chooses which one, from settings, and says clearly what is
//! missing. [`Tokens`] keeps what was issued: one slot per audience, one fetch for all who wait, renewed before anybody
//! notices, and given up within seconds. Everything is lazy: nothing here touches a file or the network before the first
//! token is wanted.
//!
//! It does not decide what a token may be used for (roles are granted to the identity), does not write tokens anywhere,
//! and signs nobody in interactively.
//!
//! ```no_run
//! # async fn f() -> Result<(), graph::auth::AuthError> {
//! use std::sync::Arc;
//! use graph::auth::{Audience, Http, Settings, Tokens};
//!
//! let settings = Settings::of_process();
//! let http = Arc::new(Http::new(settings.clone()));
//! let tokens = Tokens::from_settings(settings, http.clone());
//! let token = tokens.bearer(&Audience::Graph).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Which identity
//!
//! `M365_CREDENTIAL` forces one. Without it the first line of this table whose sign is set is taken:
//!
//! | `M365_CREDENTIAL` | Sign | Also needed | Optional |
//! |---|---|---|---|
//! | `managed-identity` on App Service and Functions | `IDENTITY_ENDPOINT` | `IDENTITY_HEADER` (the platform sets both) | a user-assigned identity: `AZURE_CLIENT_ID` or `M365_IDENTITY_OBJECT_ID` |
//! | `workload-identity` | `AZURE_FEDERATED_TOKEN_FILE` | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` | |
//! | `client-certificate` | `AZURE_CLIENT_CERTIFICATE_PATH` (a PEM file) or `M365_CLIENT_CERTIFICATE` (PEM text, which wins) | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` | |
//! | `client-secret` | `AZURE_CLIENT_SECRET` | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` | |
//! | `managed-identity` of a virtual machine (IMDS) | none: only when forced | | `AZURE_CLIENT_ID`, `M365_IDENTITY_OBJECT_ID` or `M365_IDENTITY_RESOURCE_ID` |
//! | `developer` | none: only when forced | a sign-in with `az login` or `azd auth login` | |
//!
//! The last two are never guessed: looking for a metadata service takes seconds where there is none, and a developer's
//! own rights must not end up in a server's hands by accident.
//!
//! # Other settings
//!
//! | Setting | Meaning |
//! |---|---|
//! | `M365_CLOUD` | `public` (default), `usgov`, `usgovdod`, `china` |
//! | `M365_GRAPH_ENDPOINT` | asks Graph elsewhere, as with the offline tenant; the audience of tokens stays the cloud's Graph |
//! | `M365_EXCHANGE_ENDPOINT` | the same for Exchange Online |
//! | `M365_VAULT_ENDPOINT` | the same for every key vault, with the vault's own name in `Host` |
//! | `M365_LOGIN_ENDPOINT` | the same for sign-ins as an application whose credentials are looked after |
//! | `AZURE_TENANT_ID` | the tenant's id, where Exchange Online is asked or an application's credential tried; some identities need it besides |
//! | `AZURE_AUTHORITY_HOST` | signs applications in elsewhere than at the cloud's authority; `https` only |
//! | `HTTPS_PROXY`, `NO_PROXY` | for `https` requests |
//! | `SSL_CERT_FILE`, `SSL_CERT_DIR` | root certificates in place of the machine's; of the process, not of [`Settings`] |

mod assertion;
mod certificate;
mod cloud;
mod credentials;
mod error;
mod http;
mod identity_endpoint;
mod settings;
mod timing;
mod token;
mod tokens;
mod transport;

pub use assertion::Assertion;
pub use cloud::{Audience, Cloud, login_endpoint, tenant, vault_endpoint};
pub use credentials::{CredentialKind, Credentials};
pub use error::AuthError;
pub use http::Http;
pub use settings::Settings;
pub use timing::Timing;
pub use token::{FixedToken, Token, TokenSource};
pub use tokens::{Issuer, Tokens};
