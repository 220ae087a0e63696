//! What the service says when it refuses: status, code and message, as Microsoft Graph words them.
//!
//! Clients tell refusals apart by these texts, because directory errors nearly all share one code; so each constructor
//! here is a sentence seen in answers of the real service or in its documentation. Where no source had the words, the
//! README says so.

use serde_json::{Value, json};

/// A refusal, before it gets its ids and date.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) details: Option<Value>,
    /// Headers of the answer, `Retry-After` among them.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { status, code, message, details: None, headers: Vec::new() }
    }

    /// The same with a `Retry-After`: seconds, a fraction, or a date.
    pub(crate) fn after(mut self, wait: impl Into<String>) -> Self {
        self.headers.push(("Retry-After", wait.into()));
        self
    }

    /// The body, but for what only the door knows.
    pub(crate) fn body(&self, inner: Value) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message, "innerError": inner });
        if let Some(details) = &self.details {
            error["details"] = details.clone();
        }
        json!({ "error": error })
    }
}

/// The directory's own 400.
pub(crate) fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "Request_BadRequest", message)
}

/// The gateway's 400, before the directory was asked.
pub(crate) fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "BadRequest", message)
}

pub(crate) fn unsupported_query(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "Request_UnsupportedQuery", message)
}

pub(crate) fn not_found(what: impl std::fmt::Display) -> Refusal {
    let message = format!(
        "Resource '{what}' does not exist or one of its queried reference-property objects are not present."
    );
    Refusal::new(404, "Request_ResourceNotFound", message)
}

pub(crate) fn invalid_identifier(what: &str) -> Refusal {
    bad_request(format!("Invalid object identifier '{what}'."))
}

pub(crate) fn forbidden() -> Refusal {
    Refusal::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

pub(crate) fn invalid_value(property: &str, resource: &str) -> Refusal {
    bad_request(format!("Invalid value specified for property '{property}' of resource '{resource}'."))
}

pub(crate) fn value_required(property: &str, resource: &str) -> Refusal {
    bad_request(format!("A value is required for property '{property}' of resource '{resource}'."))
}

/// Another object has this value already: 400, never 409.
pub(crate) fn conflict(property: &str) -> Refusal {
    let message = format!("Another object with the same value for property {property} already exists.");
    let mut refusal = bad_request(message.clone());
    refusal.details = Some(json!([{ "code": "ObjectConflict", "message": message, "target": property }]));
    refusal
}

pub(crate) fn synced() -> Refusal {
    bad_request(
        "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
    )
}

pub(crate) fn wrong_method() -> Refusal {
    Refusal::new(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
}

/// What the offline tenant does not know. Microsoft Graph may well know it.
pub(crate) fn unknown_here(what: impl std::fmt::Display) -> Refusal {
    Refusal::new(501, "NotImplemented", format!("The offline tenant does not know {what}."))
}

pub(crate) fn advanced(operator: &str) -> Refusal {
    unsupported_query(format!(
        "Operator '{operator}' is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information"
    ))
}

pub(crate) fn unknown_property(property: &str, type_name: &str) -> Refusal {
    malformed(format!("Could not find a property named '{property}' on type 'microsoft.graph.{type_name}'."))
}
