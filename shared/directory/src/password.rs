//! The password of an account: put out of reach of whoever knew it.
//!
//! The new one is random, made when the request is sent, and forgotten: nobody is told it, so there is nothing to keep
//! secret. It cannot be taken back, since nobody here knows the old one either. Who comes back is given a
//! [pass](crate::pass) or a new password by a person.

use graph::{Refusal, Request};
use jiff::Timestamp;
use plan::{Change, Proof};
use serde_json::json;

use crate::Who;
use crate::account::{Account, touching};

/// What has to be read of an account, beside what always is, for [`set_by_others`].
pub const PROFILE: &str = "passwordProfile";

/// When the account got its password, if that is none of its owner's: it is to be changed at the next sign-in, so somebody
/// else set it, and nobody has signed in with it since (Microsoft Graph, "passwordProfile resource type"). `None`: the owner
/// chose it, or nobody can say.
pub fn set_by_others(account: &Account) -> Option<Timestamp> {
    let is_forced = account.rest.get(PROFILE)?.get("forceChangePasswordNextSignIn")?.as_bool()?;
    account.last_password_change_date_time.filter(|_| is_forced)
}

/// Gives the account a password that nobody knows. It was done if the password was set no earlier than `since`.
///
/// That moment is part of the plan and so of its digest: take one that does not move with the clock, such as when the
/// person leaves, or the second after [the last time it was set](crate::account::Account::last_password_change_date_time).
/// An application needs a directory role for this besides the permission (Microsoft Graph, "Update user").
pub fn reset(who: &Who, since: Timestamp) -> Change {
    let send = Request::patch(who.path())
        .body(json!({"passwordProfile": {"forceChangePasswordNextSignIn": true}}))
        .with_fresh_password()
        .not_yet(&[Refusal::NotFound]);
    let read = Request::get(who.path()).select(&["lastPasswordChangeDateTime"]);
    let proof = Proof::since(read, "/lastPasswordChangeDateTime", since);
    touching(who, Change::new(format!("give {} a password that nobody knows", who.name()), send, proof))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, reading, when_not_found};

    #[test]
    fn a_password_is_fresh_forgotten_and_never_comes_back() {
        let change = reset(&adele(), Timestamp::UNIX_EPOCH);
        assert_eq!(change.says, "give Adele Vance a password that nobody knows");
        let (once, twice) = (body(&change), body(&change));
        assert_eq!(once["passwordProfile"]["forceChangePasswordNextSignIn"], json!(true));
        assert_ne!(once["passwordProfile"]["password"], twice["passwordProfile"]["password"]);
        assert!(!serde_json::to_string(&change).unwrap().contains("\"password\""));
        assert!(change.undo.is_none() && change.reveals.is_none());
    }

    #[test]
    fn a_password_is_its_owners_unless_it_has_to_be_changed() {
        let forced =
            |is: bool| json!({"passwordProfile": {"password": null, "forceChangePasswordNextSignIn": is}});
        let set = "2026-03-31T15:00:00Z";
        let table = [
            (json!({}), false),
            (json!({"passwordProfile": null}), false),
            (forced(false), false),
            (forced(true), true),
        ];
        for (more, by_others) in table {
            let mut account = json!({
                "id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "userPrincipalName": "AdeleV@contoso.com",
                "lastPasswordChangeDateTime": set,
            });
            account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let account: Account = serde_json::from_value(account).unwrap();
            assert_eq!(set_by_others(&account), by_others.then(|| set.parse().unwrap()), "{more}");
        }
    }

    #[test]
    fn a_missing_directory_role_is_told() {
        let change = reset(&adele(), Timestamp::UNIX_EPOCH);
        assert_eq!(when_not_found(&change), "not yet");
        assert_eq!(
            reading(&change, 403, "Authorization_RequestDenied", "Insufficient privileges"),
            "refused"
        );
    }
}
