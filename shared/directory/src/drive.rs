//! Drives: letting somebody into what another one left in OneDrive.
//!
//! Microsoft Graph can invite somebody to the root of a drive and cannot make them its owner. Many tenants refuse even
//! that; a SharePoint administrator then adds them to the site's administrators. Nothing is copied, moved or deleted here.

use graph::{ObjectId, Path, Refusal, Request};
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Who;
use crate::account::{Reference, touching};

/// A drive, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drive {
    /// Its id.
    pub id: String,
    /// Its address for people.
    #[serde(default)]
    pub web_url: Option<String>,
}

/// Who was let in, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// Its id.
    pub id: String,
    /// `read`, `write`, `owner`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whom it lets in, unless it is a link.
    #[serde(default)]
    pub granted_to_v2: Option<Identities>,
}

/// Whom a permission lets in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Identities {
    /// A user of the directory.
    pub user: Option<Identity>,
}

/// An identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// Its object id, if it is in the directory.
    pub id: Option<String>,
}

impl Permission {
    /// Whether it lets this account in to change what is there.
    pub fn lets_write(&self, account: &ObjectId) -> bool {
        let user =
            self.granted_to_v2.as_ref().and_then(|to| to.user.as_ref()).and_then(|user| user.id.as_ref());
        let is_theirs = user.is_some_and(|id| id.eq_ignore_ascii_case(&account.to_string()));
        is_theirs && self.roles.iter().any(|role| role == "write" || role == "owner")
    }
}

/// The OneDrive of an account. [`Refusal::NoDrive`] (or a plain 404) where there is none: it comes with a licence and the
/// first visit.
pub fn of(account: Path) -> Request {
    Request::get(account.then("drive")).select(&["id", "webUrl"])
}

/// Who was let into a drive, page by page.
pub fn let_into(drive: &Drive) -> Request {
    Request::get(root(drive).then("permissions"))
}

/// Lets `whom` change everything in the drive of `who`, and sends no mail. Look first whether they are let in already
/// ([`let_into`]): what was there before would be taken back with the undo.
pub fn let_in(who: &Who, drive: &Drive, whom: &Reference) -> Change {
    let send = Request::post(root(drive).then("invite"))
        .body(json!({
            "recipients": [{"objectId": whom.id}], "roles": ["write"],
            "requireSignIn": true, "sendInvitation": false,
        }))
        .not_yet(&[Refusal::NotFound]);
    let proof = Proof::has(let_into(drive), "/value", permission_of(whom));
    let says = format!("let {} into the OneDrive of {}", whom.name(), who.name());
    touching(who, Change::new(says, send, proof)).undone_by(shut_out(who, drive, whom))
}

/// A 404 means that they were shut out already, or that the drive is gone.
fn shut_out(who: &Who, drive: &Drive, whom: &Reference) -> Change {
    let send = Request::delete(root(drive).then("permissions").made()).already(&[Refusal::NotFound]);
    let proof = Proof::lacks(let_into(drive), "/value", permission_of(whom));
    let says = format!("do not let {} into the OneDrive of {} any more", whom.name(), who.name());
    touching(who, Change::new(says, send, proof))
}

fn permission_of(whom: &Reference) -> Value {
    json!({"grantedToV2": {"user": {"id": whom.id}}})
}

fn root(drive: &Drive) -> Path {
    Path::new("/drives").key(&drive.id).then("items").then("root")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, is_undone_by, line, reading, when_not_found};

    fn miriam() -> Reference {
        let id = "08fa38e4-cbfa-4488-94ed-c834da6539df".parse().unwrap();
        Reference::named(id, "Miriam Graham")
    }

    fn change() -> Change {
        let drive = Drive { id: "b!x_0-A".into(), web_url: None };
        let_in(&adele(), &drive, &miriam())
    }

    #[test]
    fn somebody_is_let_in_without_a_mail_and_shut_out_again() {
        let change = change();
        assert_eq!(change.says, "let Miriam Graham into the OneDrive of Adele Vance");
        assert_eq!(line(&change), "POST /drives/b!x_0-A/items/root/invite");
        assert_eq!(
            body(&change),
            json!({"recipients": [{"objectId": miriam().id}], "roles": ["write"],
                   "requireSignIn": true, "sendInvitation": false})
        );
        assert!(is_undone_by(&change, "do not let Miriam Graham into the OneDrive of Adele Vance any more"));
        let undo = change.undo.as_ref().unwrap();
        assert_eq!(line(undo), format!("DELETE /drives/b!x_0-A/items/root/permissions/{}", graph::MADE));
    }

    #[test]
    fn a_tenant_that_does_not_share_roots_is_told_the_other_way() {
        let root = "The root of a drive cannot be shared.";
        assert_eq!(reading(&change(), 400, "invalidRequest", root), "refused");
        let refusal = Refusal::of(400, "invalidRequest", root).unwrap();
        assert!(refusal.help().contains("SharePoint administrator"), "{}", refusal.help());
        assert_eq!(when_not_found(&change()), "not yet");
        assert_eq!(when_not_found(change().undo.as_ref().unwrap()), "already");
    }

    #[test]
    fn who_may_change_things_is_told_by_id_and_role() {
        let id = "08fa38e4-cbfa-4488-94ed-c834da6539df";
        let theirs = json!({"user": {"id": id.to_uppercase(), "displayName": "Miriam Graham"}});
        let table = [
            (json!({"roles": ["write"], "grantedToV2": theirs}), true),
            (json!({"roles": ["owner"], "grantedToV2": theirs}), true),
            (json!({"roles": ["read"], "grantedToV2": theirs}), false),
            (json!({"roles": ["write"], "grantedToV2": {"user": {"id": "somebody else"}}}), false),
            (json!({"roles": ["write"], "link": {"scope": "organization"}}), false),
        ];
        for (mut permission, lets) in table {
            permission["id"] = "aTowIy5m".into();
            let read: Permission = serde_json::from_value(permission.clone()).unwrap();
            assert_eq!(read.lets_write(&miriam().id), lets, "{permission}");
        }
    }
}
