//! Accounts: reading them, creating them blocked, changing their profile, letting them sign in, blocking and deleting them.
//!
//! An account is always created blocked (`accountEnabled: false`) with a password that nobody knows, so that no half-built
//! account can sign in. Its natural key is the `employeeId`: a create whose reply was lost, or that is refused because the
//! name is taken, is settled by reading whose account it is.
//!
//! A 404 for an account that somebody has just read is lag, or a deletion in that very moment. It means "not yet" and never
//! "it is so": an account taken for gone would stay as open as it was, and asking again tells.

mod read;
mod sign_ins;

use graph::{ObjectId, Path, Refusal, Request, UserKey};
use jiff::Timestamp;
use plan::{Change, Proof, Touch};
use serde_json::{Map, Value, json};

use crate::Who;

pub use read::{
    Account, Licence, LicenceState, Reference, SELECT, named_like, read, read_with, with_employee_id,
};
pub use sign_ins::SignIns;

/// What a new account is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAccount {
    /// The name it signs in with; its domain must be a verified one.
    pub user_principal_name: String,
    /// The local part of its mail addresses.
    pub mail_nickname: String,
    /// Its name for people.
    pub display_name: String,
    /// The natural key.
    pub employee_id: String,
    /// Everything else that can be set at creation, by Graph's names.
    pub profile: Map<String, Value>,
    /// Its manager.
    pub manager: Option<ObjectId>,
}

/// Creates an account, blocked, with a password that nobody knows.
pub fn create(new: &NewAccount) -> Change {
    let upn = UserKey::Upn(new.user_principal_name.clone());
    // A nickname or an address that is taken is another object's: the account itself is found by its name.
    let mut send = Request::post(Path::new("/users"))
        .body(creation(new))
        .with_fresh_password()
        .already(&[Refusal::UpnTaken]);
    if let Some(manager) = new.manager {
        send = send.bind("manager", format!("/users/{manager}"));
    }
    let proof = Proof::is(
        Request::get(Path::user(&upn)).select(&["id", "employeeId"]),
        "/employeeId",
        new.employee_id.as_str(),
    );
    let says = format!("create {} ({}), blocked", new.display_name, new.user_principal_name);
    Change::new(says, send, proof)
        .creating_the_account()
        .touching(Touch::Domain(domain(&new.user_principal_name).to_owned()))
        .undone_by(delete(&Who::new(&new.display_name)))
}

fn creation(new: &NewAccount) -> Value {
    let mut body = new.profile.clone();
    body.insert("accountEnabled".into(), false.into());
    body.insert("userPrincipalName".into(), new.user_principal_name.clone().into());
    body.insert("mailNickname".into(), new.mail_nickname.clone().into());
    body.insert("displayName".into(), new.display_name.clone().into());
    body.insert("employeeId".into(), new.employee_id.clone().into());
    body.insert("passwordProfile".into(), json!({"forceChangePasswordNextSignIn": true}));
    Value::Object(body)
}

/// The domain of a user principal name.
pub fn domain(upn: &str) -> &str {
    upn.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Deletes the account: it can be restored for 30 days.
///
/// A 404 does not say that it is gone, since an account just created may not be visible yet; that it is among the deleted
/// ones does.
pub fn delete(who: &Who) -> Change {
    let deleted = Path::new("/directory/deletedItems").then(&who.id_or_place());
    Change::new(
        format!("delete {} with everything it holds (it can be restored for 30 days)", who.name()),
        Request::delete(who.path()).not_yet(&[Refusal::NotFound]),
        Proof::there(Request::get(deleted)),
    )
}

/// Deletes the account of somebody who has left. It comes back with what it held for as long as the service keeps it, 30
/// days, and as far as its name, its addresses and seats are free (Microsoft Graph, "Restore deleted item").
pub fn retire(who: &Who) -> Change {
    touching(who, delete(who)).undone_by(restore(who))
}

/// Brings a deleted account back.
///
/// A 404 may mean that the deletion is not visible yet, that the account is back already, or that it is gone for good: the
/// proof tells the second from the others. That the account is there proves nothing before the restoring, since a replica
/// may not know of the deletion.
pub fn restore(who: &Who) -> Change {
    let path = Path::new("/directory/deletedItems").then(&who.id_or_place()).then("restore");
    let proof = Proof::is(Request::get(who.path()).select(&["id"]), "", json!({"id": who.id_or_place()}));
    let says = format!("restore the deleted account of {}", who.name());
    let send = Request::post(path).not_yet(&[Refusal::NotFound]);
    touching(who, Change::new(says, send, proof)).restoring_the_account()
}

/// Sets properties; `was` holds what they were. Who is renamed is told from what to what.
pub fn update(who: &Who, set: &Map<String, Value>, was: &Map<String, Value>) -> Change {
    rename(who, was, set).undone_by(rename(who, set, was))
}

fn rename(who: &Who, from: &Map<String, Value>, to: &Map<String, Value>) -> Change {
    let names = ["displayName", "givenName", "surname"].into_iter().filter_map(|name| {
        let (was, is) = (from.get(name)?.as_str()?, to.get(name)?.as_str()?);
        (!was.is_empty() && !is.is_empty()).then(|| format!("{name} from {was} to {is}"))
    });
    let renames = names.collect::<Vec<_>>().join(", ");
    let change = set_properties(who, to);
    let says = if renames.is_empty() { change.says } else { format!("{}: {renames}", change.says) };
    Change { says, ..change }
}

/// Gives the account its first usage location. That cannot be taken back: it may be changed but not removed (Microsoft Graph,
/// "user resource type": not nullable).
pub fn locate(who: &Who, usage_location: &str) -> Change {
    set_properties(who, &Map::from_iter([("usageLocation".to_owned(), usage_location.into())]))
}

fn set_properties(who: &Who, properties: &Map<String, Value>) -> Change {
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    let send =
        Request::patch(who.path()).body(Value::Object(properties.clone())).not_yet(&[Refusal::NotFound]);
    let read = Request::get(who.path()).select(&names);
    let proof = Proof::is(read, "", Value::Object(properties.clone()));
    touching(who, Change::new(format!("set {} of {}", names.join(", "), who.name()), send, proof))
}

/// Lets the account sign in.
pub fn enable(who: &Who) -> Change {
    switch(who, true).undone_by(switch(who, false))
}

/// Lets the account sign in no more. Who is signed in stays so until the sessions are revoked, and an access token that was
/// issued is good for about an hour even then (Microsoft Entra, "Revoke user access").
pub fn block(who: &Who) -> Change {
    switch(who, false).undone_by(switch(who, true))
}

/// Notes when the person leaves; `was` is what was noted. Lifecycle workflows go by it (Microsoft Entra, "Configure
/// employeeLeaveDateTime"); the directory keeps whole seconds.
pub fn leave_date(who: &Who, at: Timestamp, was: Option<Timestamp>) -> Change {
    note_leave_date(who, Some(at)).undone_by(note_leave_date(who, was))
}

fn note_leave_date(who: &Who, at: Option<Timestamp>) -> Change {
    let second = at.map(|at| Timestamp::from_second(at.as_second()).unwrap_or(at).to_string());
    let says = match &second {
        Some(at) => format!("set the leave date of {} to {at}", who.name()),
        None => format!("clear the leave date of {}", who.name()),
    };
    let change = set_properties(who, &Map::from_iter([("employeeLeaveDateTime".to_owned(), json!(second))]));
    Change { says, ..change }
}

fn switch(who: &Who, enabled: bool) -> Change {
    let verb = if enabled { "let" } else { "do not let" };
    let send =
        Request::patch(who.path()).body(json!({"accountEnabled": enabled})).not_yet(&[Refusal::NotFound]);
    let proof = Proof::is(Request::get(who.path()).select(&["accountEnabled"]), "/accountEnabled", enabled);
    touching(who, Change::new(format!("{verb} {} sign in", who.name()), send, proof))
}

/// Names what a change of this account touches.
pub(crate) fn touching(who: &Who, change: Change) -> Change {
    match who.touch() {
        Some(touch) => change.touching(touch),
        None => change,
    }
}

/// Whether a path is about the account that the plan creates.
#[cfg(test)]
pub(crate) fn is_about_new(change: &Change) -> bool {
    change.send.awaits_account()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, is_undone_by, line, reading, send, when_not_found};

    fn new_hire() -> NewAccount {
        NewAccount {
            user_principal_name: "AdeleV@contoso.com".into(),
            mail_nickname: "AdeleV".into(),
            display_name: "Adele Vance".into(),
            employee_id: "1042".into(),
            profile: json!({"usageLocation": "CH"}).as_object().cloned().unwrap_or_default(),
            manager: None,
        }
    }

    #[test]
    fn an_account_is_created_blocked() {
        let change = create(&new_hire());
        let body = body(&change);
        assert_eq!(body["accountEnabled"], json!(false));
        assert_eq!(body["usageLocation"], json!("CH"));
        assert!(change.creates_account);
    }

    #[test]
    fn no_password_is_part_of_the_change() {
        let text = serde_json::to_string(&create(&new_hire())).unwrap();
        assert!(!text.contains("\"password\""), "{text}");
    }

    #[test]
    fn a_created_account_is_taken_back_by_deleting_it() {
        let undo = create(&new_hire()).undo.unwrap();
        assert!(is_about_new(&undo));
        assert_eq!(send(&undo).method(), graph::Method::Delete);
    }

    #[test]
    fn setting_properties_is_taken_back_by_what_they_were() {
        let set = json!({"jobTitle": "Buyer"});
        let was = json!({"jobTitle": null});
        let change = update(&adele(), set.as_object().unwrap(), was.as_object().unwrap());
        assert_eq!(body(&change.undo.unwrap()), was);
    }

    #[test]
    fn who_left_is_blocked_and_let_in_again() {
        let change = block(&adele());
        assert_eq!(change.says, "do not let Adele Vance sign in");
        assert_eq!(body(&change), json!({"accountEnabled": false}));
        assert!(is_undone_by(&change, "let Adele Vance sign in"));
        assert_eq!(when_not_found(&change), "not yet");
        assert_eq!(
            reading(&change, 403, "Authorization_RequestDenied", "Insufficient privileges"),
            "refused"
        );
    }

    #[test]
    fn a_leave_date_goes_back_to_what_it_was() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let table = [
            (None, "clear the leave date of Adele Vance", json!(null)),
            (
                Some(at("2026-06-30T17:00:00Z")),
                "set the leave date of Adele Vance to 2026-06-30T17:00:00Z",
                json!("2026-06-30T17:00:00Z"),
            ),
        ];
        for (was, says, value) in table {
            let change = leave_date(&adele(), at("2026-03-31T19:00:00.5+02:00"), was);
            assert_eq!(change.says, "set the leave date of Adele Vance to 2026-03-31T17:00:00Z");
            assert_eq!(body(&change), json!({"employeeLeaveDateTime": "2026-03-31T17:00:00Z"}));
            let undo = change.undo.unwrap();
            assert_eq!(undo.says, says);
            assert_eq!(body(&undo), json!({"employeeLeaveDateTime": value}));
        }
    }

    #[test]
    fn a_retired_account_is_taken_back_by_restoring_it() {
        let change = retire(&adele());
        assert_eq!(change.touches, restore(&adele()).touches);
        let undo = change.undo.unwrap();
        assert_eq!(undo.says, "restore the deleted account of Adele Vance");
        assert_eq!(line(&undo), "POST /directory/deletedItems/87d349ed-44d7-43e1-9a83-5f2406dee5bd/restore");
        assert_ne!(undo.proof.test, plan::Test::There, "a replica that lags would still show the account");
        assert_eq!(when_not_found(&undo), "not yet");
        let taken = "Another object with the same value for property userPrincipalName already exists.";
        assert_eq!(reading(&undo, 400, "Request_BadRequest", taken), "refused");
    }

    #[test]
    fn who_is_renamed_is_told_from_what_to_what() {
        let who = Who::known("87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap(), "Alex Wilber");
        let set = json!({"givenName": "Alexander", "jobTitle": "Buyer", "surname": "Wilber"});
        let was = json!({"givenName": "Alex", "jobTitle": "Planner", "surname": null});
        let change = update(&who, set.as_object().unwrap(), was.as_object().unwrap());
        let says = "set givenName, jobTitle, surname of Alex Wilber: givenName from ";
        assert_eq!(change.says, format!("{says}Alex to Alexander"));
        assert_eq!(change.undo.unwrap().says, format!("{says}Alexander to Alex"));
    }
}
