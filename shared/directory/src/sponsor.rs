//! The sponsors of an account: who answers for it.

use graph::{ObjectId, Path, Refusal, Request};
use plan::{Change, Proof};
use serde_json::json;

use crate::Who;
use crate::account::touching;

/// The sponsors of an account.
pub fn of(path: Path) -> Request {
    Request::get(path.then("sponsors")).select(&["id"]).not_yet(&[Refusal::NotFound])
}

/// Adds a sponsor.
pub fn add(who: &Who, sponsor: &ObjectId, name: &str) -> Change {
    let send = Request::post(who.path().then("sponsors").then("$ref"))
        .bind("", format!("/users/{sponsor}"))
        .already(&[Refusal::AlreadyMember])
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let proof = Proof::has(of(who.path()), "/value", json!({"id": sponsor}));
    touching(who, Change::new(format!("make {name} a sponsor of {}", who.name()), send, proof))
        .undone_by(remove(who, sponsor, name))
}

fn remove(who: &Who, sponsor: &ObjectId, name: &str) -> Change {
    let send = Request::delete(who.path().then("sponsors").key(&sponsor.to_string()).then("$ref"))
        .already(&[Refusal::NotFound, Refusal::NotMember]);
    let proof = Proof::lacks(of(who.path()), "/value", json!({"id": sponsor}));
    touching(who, Change::new(format!("{name} is no longer a sponsor of {}", who.name()), send, proof))
}
