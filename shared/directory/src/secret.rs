//! Secrets of an application: one is added, and goes straight to where it is kept; an old one is removed.
//!
//! The text of a secret is told once, in the answer that made it. It is carried from there to the vault in memory, and is
//! nowhere else. What was removed cannot be brought back.

use graph::{Refusal, Request};
use jiff::Timestamp;
use plan::{Change, Proof, Touch};
use serde_json::json;

use crate::application::{Application, Password, called};

/// Adds a secret of this name, which names the run, until then. Later changes of the plan get its text.
pub fn add(application: &Application, name: &str, until: Timestamp) -> Change {
    let day = until.strftime("%Y-%m-%d");
    let says = format!("add a secret to {}, beside what is there, until {day}", application.name());
    let credential = json!({"passwordCredential": {"displayName": name, "endDateTime": until}});
    let send = Request::post(application.path().then("addPassword")).body(credential).naming_the_run();
    let proof = Proof::has(of(application), "/passwordCredentials", json!({"displayName": name}));
    Change::new(says, send, proof)
        .touching(Touch::Principal(application.id))
        .carrying("/secretText", "/keyId")
}

/// Removes a secret, for good.
pub fn remove(application: &Application, secret: &Password) -> Change {
    let says = format!("remove {} from {}", self::name(secret), application.name());
    let send = Request::post(application.path().then("removePassword"))
        .body(json!({"keyId": secret.key_id}))
        // It is said of a secret that is gone, and for seconds of one that was just added.
        .not_yet(&[Refusal::NoSuchCredential]);
    let proof = Proof::lacks(of(application), "/passwordCredentials", json!({"keyId": secret.key_id}));
    Change::new(says, send, proof).touching(Touch::Principal(application.id))
}

fn of(application: &Application) -> Request {
    Request::get(application.path()).select(&["passwordCredentials"])
}

/// What people call it.
pub fn name(secret: &Password) -> String {
    called("the secret", secret.display_name.as_deref(), &secret.key_id, secret.end_date_time)
}
