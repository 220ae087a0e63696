//! Calendars: who else may look into one, and what they see.
//!
//! A calendar goes by its name in the mailbox, `Calendar`; in a mailbox whose folders were renamed into another language
//! it is not found. It tells who may look in by their names for people, so two of one name cannot be told apart; they are
//! let in and shut out by object id all the same. What everybody may see by default is not changed here.

use exchange::Cmdlet;
use graph::{ObjectId, Refusal};
use plan::{Change, Proof};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Who;
use crate::account::touching;
use crate::rows::{text, words};

/// What is read of a permission on a calendar.
pub const SELECT: &[&str] = &["User", "AccessRights", "SharingPermissionFlags"];

/// A permission on a calendar, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sharing {
    /// Who holds it, by name for people; `Default` is everybody of the organisation.
    pub user: String,
    /// `Reviewer`, `Editor`, or single rights.
    #[serde(deserialize_with = "words")]
    pub access_rights: Vec<String>,
    /// `Delegate`, `CanViewPrivateItems`.
    #[serde(default, deserialize_with = "text")]
    pub sharing_permission_flags: Option<String>,
}

/// What somebody may do with a calendar, by Exchange's own names ("Add-MailboxFolderPermission").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Role {
    /// See when its owner is free.
    AvailabilityOnly,
    /// See subjects and places besides.
    LimitedDetails,
    /// Put something in, and see nothing.
    Contributor,
    /// Read everything.
    Reviewer,
    /// Read, put something in, and delete that again.
    NonEditingAuthor,
    /// Read, and change what they put in themselves.
    Author,
    /// The same, and make further calendars within.
    PublishingAuthor,
    /// Read and change everything.
    Editor,
    /// The same, and make further calendars within.
    PublishingEditor,
    /// Everything, and say who else may look in.
    Owner,
}

impl Role {
    /// Exchange's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AvailabilityOnly => "AvailabilityOnly",
            Self::LimitedDetails => "LimitedDetails",
            Self::Contributor => "Contributor",
            Self::Reviewer => "Reviewer",
            Self::NonEditingAuthor => "NonEditingAuthor",
            Self::Author => "Author",
            Self::PublishingAuthor => "PublishingAuthor",
            Self::Editor => "Editor",
            Self::PublishingEditor => "PublishingEditor",
            Self::Owner => "Owner",
        }
    }
}

/// Who may look into the calendar of a mailbox.
pub fn of(mailbox: &ObjectId) -> Cmdlet {
    get(&mailbox.to_string())
}

/// What one account may do with the calendar of a mailbox; [`Refusal::NotMember`] where it was not let in by name.
pub fn held_on(mailbox: &ObjectId, holder: &ObjectId) -> Cmdlet {
    get(&mailbox.to_string()).parameter("User", holder.to_string())
}

/// Lets somebody look into a calendar; `was` is what they held there before. Each of the two may be the newcomer.
pub fn share(whose: &Who, with: &Who, role: Role, was: Option<&Sharing>) -> Change {
    let says = format!("let {} into the calendar of {} as {}", with.name(), whose.name(), role.as_str());
    let rights = vec![role.as_str().to_owned()];
    match was {
        None => put(whose, with, says, "Add", &rights, None).undone_by(remove(whose, with)),
        Some(was) => {
            put(whose, with, says, "Set", &rights, None).undone_by(put_back(whose, with, "Set", was))
        }
    }
}

/// Lets somebody look into a calendar no more; `was` is what they held there.
pub fn withdraw(whose: &Who, from: &Who, was: &Sharing) -> Change {
    remove(whose, from).undone_by(put_back(whose, from, "Add", was))
}

fn put_back(whose: &Who, with: &Who, how: &str, was: &Sharing) -> Change {
    let says = format!("let {} into the calendar of {} as before", with.name(), whose.name());
    put(whose, with, says, how, &was.access_rights, was.sharing_permission_flags.as_deref())
}

/// Adds what is not there; sets what is.
fn put(whose: &Who, with: &Who, says: String, how: &str, rights: &[String], flags: Option<&str>) -> Change {
    let mut send = permission(how, whose, with).parameter("AccessRights", rights.to_vec());
    if let Some(flags) = flags {
        send = send.parameter("SharingPermissionFlags", flags);
    }
    let row = json!({"User": with.name(), "AccessRights": rights});
    change(whose, says, send, Proof::has(get(&whose.id_or_place()), "/value", row))
}

fn remove(whose: &Who, from: &Who) -> Change {
    let says = format!("do not let {} into the calendar of {} any more", from.name(), whose.name());
    let send = permission("Remove", whose, from).confirmed();
    change(whose, says, send, Proof::lacks(get(&whose.id_or_place()), "/value", json!({"User": from.name()})))
}

fn change(whose: &Who, says: String, send: Cmdlet, proof: Proof) -> Change {
    let send = send.not_yet(&[Refusal::NotFound]).already(&[Refusal::AlreadyMember, Refusal::NotMember]);
    touching(whose, Change::new(says, send, proof))
}

fn permission(how: &str, whose: &Who, user: &Who) -> Cmdlet {
    Cmdlet::new(format!("{how}-MailboxFolderPermission"))
        .identity(place(&whose.id_or_place()))
        .parameter("User", user.id_or_place())
}

fn get(mailbox: &str) -> Cmdlet {
    Cmdlet::new("Get-MailboxFolderPermission").identity(place(mailbox)).select(SELECT)
}

fn place(mailbox: &str) -> String {
    format!(r"{mailbox}:\Calendar")
}

#[cfg(test)]
mod tests {
    use plan::Test;
    use serde_json::Value;

    use super::*;
    use crate::sample::{adele, is_undone_by};
    use crate::sample_cmdlet::{ADELE, MIRIAM, cmdlet, miriam, proof, undo, when_not_found, wire};

    fn miriam_too() -> Who {
        Who::known(miriam().id, miriam().name())
    }

    fn delegate() -> Sharing {
        let row = json!({"User": "Miriam Graham", "AccessRights": ["Editor"],
                         "SharingPermissionFlags": "Delegate"});
        serde_json::from_value(row).unwrap()
    }

    fn sends(cmdlet: &str, more: Value) -> Value {
        let mut parameters = json!({"Identity": format!(r"{ADELE}:\Calendar"), "User": MIRIAM});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({format!("{cmdlet}-MailboxFolderPermission"): parameters})
    }

    #[test]
    fn who_held_nothing_is_let_in_and_shut_out_again() {
        let change = share(&adele(), &miriam_too(), Role::Reviewer, None);
        assert_eq!(change.says, "let Miriam Graham into the calendar of Adele Vance as Reviewer");
        assert!(is_undone_by(&change, "do not let Miriam Graham into the calendar of Adele Vance any more"));
        assert_eq!(cmdlet(&change), sends("Add", json!({"AccessRights": ["Reviewer"]})));
        assert_eq!(cmdlet(undo(&change)), sends("Remove", json!({"Confirm": false})));
    }

    #[test]
    fn who_held_something_gets_exactly_that_back() {
        let was = delegate();
        let back = json!({"AccessRights": ["Editor"], "SharingPermissionFlags": "Delegate"});
        let set = share(&adele(), &miriam_too(), Role::Reviewer, Some(&was));
        assert_eq!(cmdlet(&set), sends("Set", json!({"AccessRights": ["Reviewer"]})));
        assert_eq!(cmdlet(undo(&set)), sends("Set", back.clone()));
        let gone = withdraw(&adele(), &miriam_too(), &was);
        assert_eq!(cmdlet(&gone), sends("Remove", json!({"Confirm": false})));
        assert_eq!(cmdlet(undo(&gone)), sends("Add", back));
        for change in [set, gone] {
            assert!(is_undone_by(&change, "let Miriam Graham into the calendar of Adele Vance as before"));
        }
    }

    #[test]
    fn what_one_account_may_do_is_asked_by_its_id() {
        let (adele, miriam) = (ADELE.parse().unwrap(), MIRIAM.parse().unwrap());
        let asked = json!({"Identity": format!(r"{ADELE}:\Calendar"), "User": MIRIAM});
        assert_eq!(wire(&held_on(&adele, &miriam)), json!({"Get-MailboxFolderPermission": asked}));
    }

    #[test]
    fn roles_are_told_by_the_names_of_exchange() {
        for role in [Role::AvailabilityOnly, Role::NonEditingAuthor, Role::PublishingEditor, Role::Owner] {
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
    }

    #[test]
    fn a_calendar_tells_who_may_look_in_by_name() {
        let change = share(&adele(), &miriam_too(), Role::LimitedDetails, None);
        let read = wire(&of(&ADELE.parse().unwrap()));
        let row = json!({"User": "Miriam Graham", "AccessRights": ["LimitedDetails"]});
        assert_eq!(proof(&change), (read.clone(), &Test::Has("/value".into(), row)));
        let gone = Test::Lacks("/value".into(), json!({"User": "Miriam Graham"}));
        assert_eq!(proof(undo(&change)), (read, &gone));
    }

    #[test]
    fn either_of_the_two_may_be_the_newcomer() {
        let new = Who::new("Adele Vance");
        for change in
            [share(&new, &miriam_too(), Role::Editor, None), share(&miriam_too(), &new, Role::Editor, None)]
        {
            assert!(change.send.awaits_account(), "{}", change.says);
            assert_eq!((when_not_found(&change), when_not_found(undo(&change))), ("not yet", "not yet"));
        }
    }
}
