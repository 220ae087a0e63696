//! Certificates of an application: one is added beside the others, and taken away when nobody needs it any more.
//!
//! Microsoft Graph replaces the list of them as a whole, so every change carries the others over, as they are at that moment
//! (`Request::with_item`). A certificate is public: what was taken away can be put back.

use graph::Request;
use plan::{Change, Proof, Touch};
use serde_json::json;

use crate::application::{Application, Key, called, entry};

const LIST: &str = "keyCredentials";

/// Adds a certificate beside those that are there. It cannot be taken back: somebody may have begun to sign in with it. Its
/// texts may name the run.
pub fn add(application: &Application, key: &Key) -> Change {
    let says = format!("add {} to {}, beside what is there", name(key), application.name());
    let send = Request::patch(application.path()).with_item(LIST, "keyId", entry(key)).naming_the_run();
    let proof = Proof::has(of(application), "/keyCredentials", json!({"keyId": key.key_id}));
    Change::new(says, send, proof).touching(Touch::Principal(application.id))
}

/// Takes a certificate away; it is put back by the same certificate, if that is known.
pub fn remove(application: &Application, key: &Key) -> Change {
    let says = format!("remove {} from {}", name(key), application.name());
    let send = Request::patch(application.path()).without_item(LIST, "keyId", key.key_id.to_string());
    let proof = Proof::lacks(of(application), "/keyCredentials", json!({"keyId": key.key_id}));
    let change = Change::new(says, send, proof).touching(Touch::Principal(application.id));
    match key.key {
        Some(_) => change.undone_by(add(application, key)),
        None => change,
    }
}

fn of(application: &Application) -> Request {
    Request::get(application.path()).select(&[LIST])
}

/// What people call it.
pub fn name(key: &Key) -> String {
    called("the certificate", key.display_name.as_deref(), &key.key_id, key.end_date_time)
}
