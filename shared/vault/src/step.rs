//! One request to one vault, and what the stack must know of it.

use std::collections::BTreeMap;
use std::time::Duration;

use graph::auth::Audience;
use graph::stack::{Ask as Asked, Ended, Waits};
use graph::{Error, Response};
use jiff::Timestamp;
use tracing::{Span, debug, debug_span};
use uuid::Uuid;

use crate::answer;
use crate::ask::Make;
use crate::name::VaultName;
use crate::secret::SecretText;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) vault: VaultName,
    pub(crate) name: String,
    pub(crate) what: What,
}

/// What is asked of what has that name.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Certificate(Option<String>),
    /// All of the vault; there is no name.
    Certificates,
    CertificateVersions,
    Pending,
    Create {
        make: Make,
        tags: BTreeMap<String, String>,
    },
    /// A secret with its value.
    Secret(Option<String>),
    SecretVersions,
    Set(Content),
    /// Signs a SHA-256 by PS256 with this version of a key.
    Sign {
        version: String,
        digest: Vec<u8>,
    },
}

/// What a new version of a secret is to be.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) value: SecretText,
    pub(crate) content_type: Option<String>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Step {
    /// The method and the address, without the name of what is asked for: a certificate may be called after somebody.
    fn route(&self) -> (&'static str, &'static str) {
        match &self.what {
            What::Certificate(None) => ("GET", "/certificates/{name}"),
            What::Certificate(Some(_)) => ("GET", "/certificates/{name}/{version}"),
            What::Certificates => ("GET", "/certificates"),
            What::CertificateVersions => ("GET", "/certificates/{name}/versions"),
            What::Pending => ("GET", "/certificates/{name}/pending"),
            What::Create { .. } => ("POST", "/certificates/{name}/create"),
            What::Secret(None) => ("GET", "/secrets/{name}"),
            What::Secret(Some(_)) => ("GET", "/secrets/{name}/{version}"),
            What::SecretVersions => ("GET", "/secrets/{name}/versions"),
            What::Set(_) => ("PUT", "/secrets/{name}"),
            What::Sign { .. } => ("POST", "/keys/{name}/{version}/sign"),
        }
    }
}

impl Asked for Step {
    const SERVICE: Audience = Audience::KeyVault;

    /// As "Azure Key Vault throttling guidance" has it: 1 s, and double it.
    const WAITS: Waits = Waits {
        load: (Duration::from_secs(1), Duration::from_secs(32)),
        lag: (Duration::from_secs(1), Duration::from_secs(5)),
        turn: Duration::from_secs(60),
    };

    fn is_safe(&self) -> bool {
        !matches!(self.what, What::Create { .. } | What::Set(_))
    }

    /// Nothing is waited for here: whoever asks looks again later.
    fn is_not_yet(&self, _: &Error) -> bool {
        false
    }

    fn refused(response: &Response) -> Error {
        answer::refused(response)
    }

    fn span(&self, id: Uuid) -> Span {
        let (method, route) = self.route();
        debug_span!("vault.call", vault = self.vault.as_str(), method, route, client_request_id = %id)
    }

    fn tell(ended: &Ended<'_>) {
        debug!(
            name: "vault.call",
            outcome = ended.outcome,
            status = ended.status,
            attempts = ended.attempts,
            wait_ms = ended.wait_ms,
            elapsed_ms = ended.elapsed_ms,
            vault_request_id = ended.request_id,
            "call ended",
        );
    }
}
