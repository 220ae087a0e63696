//! Why there is no token, and what an administrator should look at.
//!
//! It keeps no text of the server and none of the SDK's: both may hold parts of a request. What is told is our own
//! sentence, the status, Entra's numeric code, and the operating system's reason for a connection that failed.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use azure_core::error::ErrorKind;

use super::{Audience, CredentialKind};

/// No token could be had. `Display` says what failed and what to check; it never holds a secret.
///
/// Cheap enough to clone: one failure answers everybody who waited for the same token.
#[derive(Clone)]
pub struct AuthError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    reason: Reason,
    what: String,
    aadsts: Option<u32>,
    help: Cow<'static, str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    Setting,
    Refused,
    Unreachable,
    TimedOut,
    Failed,
}

impl AuthError {
    /// A failure of a [`TokenSource`](super::TokenSource) or [`Issuer`](super::Issuer) of your own.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(Reason::Failed, what)
    }

    /// A setting that is missing or wrong: `"{name} {wrong}"`. Its value is not repeated.
    pub(super) fn setting(name: &str, wrong: &str) -> Self {
        Self::new(Reason::Setting, format!("{name} {wrong}"))
    }

    pub(super) fn unreachable(what: impl fmt::Display, source: &Cause) -> Self {
        Self::new(Reason::Unreachable, format!("{what} ({})", deepest(source)))
            .with_help("check the name, the firewall and the proxy between this machine and the endpoint")
    }

    pub(super) fn timed_out(audience: &Audience, deadline: Duration) -> Self {
        Self::new(Reason::TimedOut, format!("no token for {audience} within {deadline:?}"))
            .with_help("check that the identity endpoint answers and that no firewall swallows the request")
    }

    pub(super) fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.0.help = help.into();
        self
    }

    fn new(reason: Reason, what: impl Into<String>) -> Self {
        Self(Box::new(Inner { reason, what: what.into(), aadsts: None, help: Cow::Borrowed("") }))
    }

    /// Reads an error of the SDK: what matters may be several sources down.
    pub(super) fn of_sdk(error: &azure_core::Error, kind: CredentialKind) -> Self {
        let kinds =
            || chain(error).filter_map(|error| Some(error.downcast_ref::<azure_core::Error>()?.kind()));
        for found in kinds() {
            match found {
                ErrorKind::HttpResponse { status, error_code, .. } => {
                    return Self::refused(kind, u16::from(*status), error_code.as_deref());
                }
                ErrorKind::Connection | ErrorKind::Io => {
                    return Self::unreachable(format_args!("{kind}: no answer"), error);
                }
                _ => {}
            }
        }
        let unreadable = kinds().any(|kind| *kind == ErrorKind::DataConversion);
        let what =
            if unreadable { "the answer is not that of an identity endpoint" } else { "no token was had" };
        Self::failed(format!("{kind}: {what}")).with_help(kind.help())
    }

    fn refused(kind: CredentialKind, status: u16, codes: Option<&str>) -> Self {
        let aadsts = codes.and_then(|codes| codes.split(',').next()?.trim().parse().ok());
        let help = match aadsts {
            Some(code) => help_for(code),
            None if status == 429 || status >= 500 => {
                Cow::Borrowed("the identity service is busy or down: ask again later")
            }
            None => Cow::Borrowed(kind.help()),
        };
        let mut error = Self::new(Reason::Refused, format!("{kind}: refused with {status}")).with_help(help);
        error.0.aadsts = aadsts;
        error
    }

    /// Entra's error code, as in `AADSTS7000215`.
    pub fn aadsts(&self) -> Option<u32> {
        self.0.aadsts
    }

    /// What to check; empty where we do not know.
    pub fn help(&self) -> &str {
        &self.0.help
    }

    /// Whether a setting is missing or wrong; asking again will not help.
    pub fn is_setting(&self) -> bool {
        self.0.reason == Reason::Setting
    }

    /// Whether the identity endpoint answered, and said no.
    pub fn is_refused(&self) -> bool {
        self.0.reason == Reason::Refused
    }

    /// Whether no connection could be made, or it broke.
    pub fn is_unreachable(&self) -> bool {
        self.0.reason == Reason::Unreachable
    }

    /// Whether no answer came within the deadline.
    pub fn is_timed_out(&self) -> bool {
        self.0.reason == Reason::TimedOut
    }
}

type Cause = dyn StdError + 'static;

/// An error and its sources, outermost first.
fn chain(error: &Cause) -> impl Iterator<Item = &Cause> {
    let source: for<'a> fn(&&'a Cause) -> Option<&'a Cause> = |error| (*error).source();
    std::iter::successors(Some(error), source)
}

/// The innermost source, which for a connection is the operating system's or the TLS library's own words.
fn deepest(error: &Cause) -> &Cause {
    chain(error).last().unwrap_or(error)
}

/// What helps for the codes an application meets. Source: Microsoft's "Microsoft Entra authentication and authorization
/// error codes".
fn help_for(aadsts: u32) -> Cow<'static, str> {
    Cow::Borrowed(match aadsts {
        7000215 => {
            "AZURE_CLIENT_SECRET is not a secret of this application: copy the secret's value, not its id"
        }
        7000222 => "the client secret has expired: make a new one and put its value into AZURE_CLIENT_SECRET",
        700027 => {
            "upload the certificate to the application (its public part), and check its dates and this machine's clock"
        }
        700016 => {
            "AZURE_CLIENT_ID is no application of this tenant: check it, AZURE_TENANT_ID and M365_CLOUD"
        }
        90002 | 900023 => "there is no such tenant: check AZURE_TENANT_ID and M365_CLOUD",
        70021 | 700211 | 700213 => {
            "no federated credential of the application has this issuer, subject and audience: compare all three"
        }
        500011 => {
            "the tenant has no service principal for this audience: check M365_CLOUD, and that it has the service"
        }
        7000112 => "the application is switched off in this tenant: enable its service principal",
        53003 => "a Conditional Access policy for workload identities blocks this sign-in",
        other => return Cow::Owned(format!("see https://login.microsoftonline.com/error?code={other}")),
    })
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { what, aadsts, help, .. } = &*self.0;
        f.write_str(what)?;
        if let Some(code) = aadsts {
            write!(f, " (AADSTS{code})")?;
        }
        if help.is_empty() { Ok(()) } else { write!(f, ": {help}") }
    }
}

impl fmt::Debug for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthError({self})")
    }
}

impl StdError for AuthError {}
