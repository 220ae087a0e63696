//! The manager of an account.

use graph::{Refusal, Request};
use plan::{Change, Proof};

use crate::Who;
use crate::account::{Reference, touching};

/// Sets the manager; `was` is who it was.
pub fn set(who: &Who, manager: &Reference, was: Option<&Reference>) -> Change {
    let undo = was.map_or_else(|| clear(who), |was| put(who, was));
    put(who, manager).undone_by(undo)
}

fn put(who: &Who, manager: &Reference) -> Change {
    let send = Request::put(who.path().then("manager").then("$ref"))
        .bind("", format!("/users/{}", manager.id))
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let read = Request::get(who.path().then("manager")).select(&["id"]);
    let proof = Proof::is(read, "/id", manager.id.to_string());
    touching(who, Change::new(format!("make {} the manager of {}", manager.name(), who.name()), send, proof))
}

fn clear(who: &Who) -> Change {
    let send = Request::delete(who.path().then("manager").then("$ref")).already(&[Refusal::NotFound]);
    let proof = Proof::gone(Request::get(who.path().then("manager")).select(&["id"]));
    touching(who, Change::new(format!("leave {} without a manager", who.name()), send, proof))
}
