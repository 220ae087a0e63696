//! The manager of an account.

use graph::{ObjectId, Refusal, Request};
use plan::{Change, Proof};

use crate::Who;
use crate::account::touching;

/// Sets the manager; `was` is who it was.
pub fn set(who: &Who, manager: &ObjectId, was: Option<&ObjectId>) -> Change {
    let undo = was.map_or_else(|| clear(who), |was| put(who, was));
    put(who, manager).undone_by(undo)
}

fn put(who: &Who, manager: &ObjectId) -> Change {
    let send = Request::put(who.path().then("manager").then("$ref"))
        .bind("", format!("/users/{manager}"))
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let read = Request::get(who.path().then("manager")).select(&["id"]);
    let proof = Proof::is(read, "/id", manager.to_string());
    touching(who, Change::new(format!("make {manager} the manager of {}", who.name()), send, proof))
}

fn clear(who: &Who) -> Change {
    let send = Request::delete(who.path().then("manager").then("$ref")).already(&[Refusal::NotFound]);
    let proof = Proof::gone(Request::get(who.path().then("manager")).select(&["id"]));
    touching(who, Change::new(format!("leave {} without a manager", who.name()), send, proof))
}
