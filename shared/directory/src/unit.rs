//! Administrative units: who may administer which accounts.

use graph::{ObjectId, Path, Refusal, Request, odata};
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::json;

use crate::Who;
use crate::account::touching;

/// An administrative unit, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unit {
    /// Object id.
    pub id: ObjectId,
    /// Its name for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// `Dynamic`, if its members follow a rule.
    #[serde(default)]
    pub membership_type: Option<String>,
}

impl Unit {
    /// Its name for people.
    pub fn name(&self) -> String {
        self.display_name.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// Whether its members follow a rule.
    pub fn is_dynamic(&self) -> bool {
        self.membership_type.as_deref() == Some("Dynamic")
    }
}

const SELECT: &[&str] = &["id", "displayName", "membershipType"];

fn path() -> Path {
    Path::new("/directory/administrativeUnits")
}

/// Finds the administrative units with this id or display name; a name is good only if there is one.
pub fn called(name: &str) -> Request {
    let filter = match name.parse::<ObjectId>() {
        Ok(id) => odata::eq("id", &id.to_string()),
        Err(_) => odata::eq("displayName", name),
    };
    Request::get(path()).filter(&filter).select(SELECT)
}

/// The administrative units that an account is in.
pub fn of(account: Path) -> Request {
    Request::get(account.then("memberOf").then("microsoft.graph.administrativeUnit"))
        .select(&["id"])
        .not_yet(&[Refusal::NotFound])
}

/// Puts the account into the unit.
pub fn join(who: &Who, unit: &Unit) -> Change {
    let send = Request::post(path().key(&unit.id.to_string()).then("members").then("$ref"))
        .bind("", format!("/users/{}", who.id_or_place()))
        .already(&[Refusal::AlreadyMember])
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let proof = Proof::has(of(who.path()), "/value", json!({"id": unit.id}));
    touching(
        who,
        Change::new(format!("put {} into the administrative unit {}", who.name(), unit.name()), send, proof),
    )
    .undone_by(leave(who, unit))
}

fn leave(who: &Who, unit: &Unit) -> Change {
    let members = path().key(&unit.id.to_string()).then("members");
    let send = Request::delete(members.then(&who.id_or_place()).then("$ref"))
        .already(&[Refusal::NotFound, Refusal::NotMember]);
    let proof = Proof::lacks(of(who.path()), "/value", json!({"id": unit.id}));
    touching(
        who,
        Change::new(
            format!("take {} out of the administrative unit {}", who.name(), unit.name()),
            send,
            proof,
        ),
    )
}
