//! What Key Vault says when it refuses: `{"error": {"code", "message", "innererror": {"code"}}}`.
//!
//! Texts are those of recorded answers of the real service and of its documentation; where nobody published one,
//! `README.md` says so.

use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    /// Code of the inner error, which tells more than the outer one.
    pub(super) inner: Option<&'static str>,
    pub(super) headers: Vec<(String, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), inner: None, headers: Vec::new() }
    }

    fn within(mut self, inner: &'static str) -> Self {
        self.inner = Some(inner);
        self
    }

    pub(super) fn with(mut self, header: &str, value: impl Into<String>) -> Self {
        self.headers.push((header.to_owned(), value.into()));
        self
    }

    pub(super) fn body(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(inner) = self.inner {
            error["innererror"] = json!({ "code": inner });
        }
        json!({ "error": error })
    }
}

/// What an object is called in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noun {
    Certificate,
    Key,
    Secret,
}

impl Noun {
    fn name(self) -> &'static str {
        match self {
            Noun::Certificate => "Certificate",
            Noun::Key => "Key",
            Noun::Secret => "Secret",
        }
    }

    fn lower(self) -> String {
        self.name().to_ascii_lowercase()
    }
}

/// 400 with whatever is wrong.
pub(super) fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "BadParameter", message)
}

/// A property with a value that will not do; what would, in words of our own.
pub(super) fn invalid(property: &str, hint: &str) -> Refusal {
    bad(format!("Property {property} has invalid value\r\n {hint}"))
}

pub(super) fn invalid_name(name: &str) -> Refusal {
    bad(format!("The request URI contains an invalid name: {name}"))
}

/// `what` is a name, or `name/version`.
pub(super) fn not_found(noun: Noun, name: &str, version: Option<&str>) -> Refusal {
    let (kind, what) = (noun.lower(), version.map_or(name.to_owned(), |version| at(noun, name, version)));
    let message = format!(
        "A {kind} with (name/id) {what} was not found in this key vault. If you recently deleted this {kind} you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    Refusal::new(404, &format!("{}NotFound", noun.name()), message)
}

fn at(noun: Noun, name: &str, version: &str) -> String {
    match noun {
        Noun::Certificate => format!("{name}/versions/{version}"),
        Noun::Key | Noun::Secret => format!("{name}/{version}"),
    }
}

pub(super) fn deleted_not_found(noun: Noun, name: &str) -> Refusal {
    let message = format!("Deleted {} not found: {name}", noun.name());
    Refusal::new(404, &format!("{}NotFound", noun.name()), message)
}

pub(super) fn no_pending(name: &str) -> Refusal {
    Refusal::new(404, "PendingCertificateNotFound", format!("Pending certificate not found: {name}"))
}

/// 409 with the code the documentation has, which is not the one that goes with the status.
pub(super) fn in_progress() -> Refusal {
    let message = "A new key vault certificate can not be created or imported while a pending key vault certificate's status is inProgress.";
    Refusal::new(409, "Forbidden", message)
}

pub(super) fn deleted(noun: Noun, name: &str) -> Refusal {
    let message = format!(
        "{} {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the {} can only be recovered or purged.",
        noun.name(),
        noun.lower()
    );
    Refusal::new(409, "Conflict", message).within("ObjectIsDeletedButRecoverable")
}

pub(super) fn being_deleted(noun: Noun, name: &str) -> Refusal {
    let message =
        format!("{} {name} is currently being deleted and cannot be re-created; retry later.", noun.name());
    Refusal::new(409, "Conflict", message).within("ObjectIsBeingDeleted")
}

/// The secret of a certificate is changed through the certificate.
pub(super) fn managed(operation: &str) -> Refusal {
    let message = format!(
        "Operation \"{operation}\" is not allowed on this secret, since it is associated with a certificate. Perform the operation on the corresponding certificate. For more information refer to https://docs.microsoft.com/en-us/azure/key-vault/certificates/about-certificates#composition-of-a-certificate"
    );
    Refusal::new(403, "Forbidden", message).within("SecretManagedByKeyVault")
}

pub(super) fn disabled(noun: Noun, operation: &str) -> Refusal {
    let message = format!("Operation {operation} is not allowed on a disabled {}.", noun.lower());
    let inner = if noun == Noun::Key { "KeyDisabled" } else { "SecretDisabled" };
    Refusal::new(403, "Forbidden", message).within(inner)
}

pub(super) fn not_yet_valid(operation: &str) -> Refusal {
    let message = format!("Operation {operation} is not allowed on a not yet valid key.");
    Refusal::new(403, "Forbidden", message).within("KeyNotYetValid")
}

pub(super) fn expired(operation: &str) -> Refusal {
    let message = format!("Operation {operation} is not allowed on an expired key.");
    Refusal::new(403, "Forbidden", message).within("KeyExpired")
}

pub(super) fn not_permitted(operation: &str) -> Refusal {
    let message = format!("Operation {operation} is not permitted on this key.");
    Refusal::new(403, "Forbidden", message).within("KeyOperationForbidden")
}

/// Nobody gave the caller a role with this data action; the words are Key Vault's, line by line.
pub(super) fn by_rbac(lines: &str) -> Refusal {
    let message = format!(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n{lines}"
    );
    Refusal::new(403, "Forbidden", message).within("ForbiddenByRbac")
}

pub(super) fn throttled() -> Refusal {
    let message = "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached";
    Refusal::new(429, "Throttled", message)
}

/// What the offline tenant does not know. Key Vault may well know it.
pub(super) fn unknown(what: impl std::fmt::Display) -> Refusal {
    Refusal::new(501, "NotImplemented", format!("The offline tenant does not know {what}."))
}

/// The refusal a rule asks for.
pub(super) fn invented(status: u16, code: Option<&str>, message: Option<&str>) -> Refusal {
    let usual = match status {
        401 => Refusal::new(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token."),
        403 => by_rbac(""),
        409 => in_progress(),
        429 => throttled(),
        500 => Refusal::new(500, "InternalServerError", "An internal server error has occurred."),
        _ => Refusal::new(status, "ServiceUnavailable", "The service is temporarily unavailable."),
    };
    Refusal {
        code: code.map_or(usual.code, str::to_owned),
        message: message.map_or(usual.message, str::to_owned),
        ..usual
    }
}
