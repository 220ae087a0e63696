//! What the tests of the verbs share: somebody to act on, and how a change looks from outside.

use graph::{Error, Request, Response};
use plan::Change;
use serde_json::{Value, json};

use crate::Who;

/// Adele Vance, who exists.
pub(crate) fn adele() -> Who {
    Who::known("87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap(), "Adele Vance")
}

/// The request to Microsoft Graph that does it.
pub(crate) fn send(change: &Change) -> &Request {
    change.send.graph().unwrap()
}

/// The body on the wire, with references relative.
pub(crate) fn body(change: &Change) -> Value {
    send(change).wire_body("").unwrap_or(Value::Null)
}

/// Method and address, as they follow the version root.
pub(crate) fn line(change: &Change) -> String {
    format!("{} {}", send(change).method().as_str(), send(change).target())
}

/// Whether it is taken back by the change of this sentence, and that one needs no further undo.
pub(crate) fn is_undone_by(change: &Change, says: &str) -> bool {
    change.undo.as_ref().is_some_and(|undo| undo.says == says && undo.undo.is_none())
}

/// What a refusal of a change means: `already`, `not yet` or `refused`.
pub(crate) fn reading(change: &Change, status: u16, code: &str, message: &str) -> &'static str {
    let body = json!({"error": {"code": code, "message": message}});
    let error = Error::refused(&Response { status, headers: Default::default(), body });
    match () {
        () if send(change).is_already(&error) => "already",
        () if send(change).is_not_yet(&error) => "not yet",
        () => "refused",
    }
}

/// What a 404 of the directory means for a change.
pub(crate) fn when_not_found(change: &Change) -> &'static str {
    reading(change, 404, "Request_ResourceNotFound", "Resource 'x' does not exist.")
}
