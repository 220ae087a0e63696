//! Rights on mailboxes: opening one, sending as it, and sending on its behalf.
//!
//! Seen from the mailbox, others are let in ([`let_in`], [`let_send_as`], [`let_send_on_behalf`]). Seen from whoever holds
//! a right on somebody else's mailbox, it is taken up and given up ([`take_up`], [`give_up`]), each the undo of the other.
//!
//! Who holds what is asked live, and in three ways: whom somebody may send as ([`sends_as`]) and on whose behalf
//! ([`sends_on_behalf`]) is found with one question each; whose mailbox they may open is told by each mailbox for itself
//! ([`held_on`]).

use exchange::Cmdlet;
use graph::{ObjectId, Refusal};
use plan::{Change, Proof, Touch};
use serde::Deserialize;
use serde_json::json;

use crate::Who;
use crate::account::{Reference, touching};
use crate::recipient::{self, Recipient, filter};
use crate::rows::{switch, words};

/// What is read of a permission on a mailbox.
const ACCESS: &[&str] = &["Identity", "User", "AccessRights", "Deny", "IsInherited"];

/// What is read of a permission to send.
const SENDING: &[&str] = &["Identity", "Trustee", "AccessRights", "AccessControlType", "IsInherited"];

/// Who a mailbox belongs to, as its own permissions call it.
const SELF: &str = r"NT AUTHORITY\SELF";

/// A permission on a mailbox, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FullAccess {
    /// Who holds it: a user principal name, or a name in Exchange.
    pub user: String,
    /// `FullAccess`, `ReadPermission` …
    #[serde(deserialize_with = "words")]
    pub access_rights: Vec<String>,
    /// Whether it forbids instead of allowing.
    #[serde(default, deserialize_with = "switch")]
    pub deny: bool,
    /// Whether it comes from above: Microsoft's own servers have such ones.
    #[serde(default, deserialize_with = "switch")]
    pub is_inherited: bool,
}

impl FullAccess {
    /// Whether it lets somebody else open the mailbox, and an administrator gave it.
    pub fn lets_in(&self) -> bool {
        let is_given = !self.deny && !self.is_inherited && !self.user.eq_ignore_ascii_case(SELF);
        is_given && self.access_rights.iter().any(|right| right == "FullAccess")
    }
}

/// A permission to send as somebody, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendAs {
    /// Whose mail it is, by the name in Exchange: [`recipient::named`] tells the object id.
    pub identity: String,
    /// Who may send: a user principal name, or a name in Exchange.
    pub trustee: String,
    /// `Allow`, `Deny`.
    #[serde(default)]
    pub access_control_type: Option<String>,
    /// Whether it comes from above.
    #[serde(default, deserialize_with = "switch")]
    pub is_inherited: bool,
}

impl SendAs {
    /// Whether it lets somebody else send, and an administrator gave it.
    pub fn lets_send(&self) -> bool {
        let allows = self.access_control_type.as_deref() != Some("Deny");
        allows && !self.is_inherited && !self.trustee.eq_ignore_ascii_case(SELF)
    }
}

/// Who was let into a mailbox.
pub fn let_into(mailbox: &ObjectId) -> Cmdlet {
    Cmdlet::new("Get-MailboxPermission").identity(mailbox).select(ACCESS)
}

/// What one account may do with a mailbox.
pub fn held_on(mailbox: &ObjectId, holder: &ObjectId) -> Cmdlet {
    access(&mailbox.to_string(), &holder.to_string())
}

/// Who may send as a recipient.
pub fn senders_as(recipient: &ObjectId) -> Cmdlet {
    Cmdlet::new("Get-RecipientPermission").identity(recipient).select(SENDING)
}

/// Whether one account may send as a recipient.
pub fn sends_as_one(recipient: &ObjectId, trustee: &ObjectId) -> Cmdlet {
    sending(&recipient.to_string(), &trustee.to_string())
}

/// Whom an account may send as, page by page.
pub fn sends_as(holder: &ObjectId) -> Cmdlet {
    Cmdlet::new("Get-RecipientPermission")
        .parameter("Trustee", holder.to_string())
        .parameter("ResultSize", "Unlimited")
        .select(SENDING)
}

/// On whose behalf somebody may send, page by page: rows of [`Recipient`].
pub fn sends_on_behalf(holder: &Recipient) -> Cmdlet {
    on_behalf(&holder.distinguished_name).parameter("ResultSize", "Unlimited")
}

/// A right on a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right<'a> {
    /// To open it and see everything in it.
    FullAccess {
        /// Whether Outlook opens it by itself. That can be given and not read back: whoever takes the right away says how
        /// it is to be given back.
        automapping: bool,
    },
    /// To send as if it were its owner.
    SendAs,
    /// To send and say on whose behalf.
    OnBehalf {
        /// Who holds the right: it is found by their distinguished name alone. `None`: somebody whom Exchange Online does not
        /// know yet; such a change can be shown, and is planned anew before it is sent.
        holder: Option<&'a Recipient>,
    },
}

/// Lets somebody open the mailbox and see everything in it.
pub fn let_in(mailbox: &Who, whom: &Reference, automapping: bool) -> Change {
    hand_out(mailbox, whom, Right::FullAccess { automapping })
}

/// Lets somebody send as if they were the owner of the mailbox.
pub fn let_send_as(mailbox: &Who, whom: &Reference) -> Change {
    hand_out(mailbox, whom, Right::SendAs)
}

/// Lets somebody send on behalf of the owner of the mailbox.
pub fn let_send_on_behalf(mailbox: &Who, whom: &Recipient) -> Change {
    hand_out(mailbox, &whom.reference(), Right::OnBehalf { holder: Some(whom) })
}

fn hand_out(mailbox: &Who, whom: &Reference, right: Right<'_>) -> Change {
    let hold = Hold { mailbox, holder: &known(whom), right };
    touching(mailbox, hold.give()).undone_by(touching(mailbox, hold.take()))
}

/// Gives an account a right on another's mailbox.
pub fn take_up(who: &Who, mailbox: &Reference, right: Right<'_>) -> Change {
    let hold = Hold { mailbox: &known(mailbox), holder: who, right };
    both(who, mailbox, hold.give()).undone_by(both(who, mailbox, hold.take()))
}

/// Takes a right on another's mailbox from an account.
pub fn give_up(who: &Who, mailbox: &Reference, right: Right<'_>) -> Change {
    let hold = Hold { mailbox: &known(mailbox), holder: who, right };
    both(who, mailbox, hold.take()).undone_by(both(who, mailbox, hold.give()))
}

fn both(who: &Who, mailbox: &Reference, change: Change) -> Change {
    touching(who, change).touching(Touch::Principal(mailbox.id))
}

fn known(reference: &Reference) -> Who {
    Who::known(reference.id, reference.name())
}

/// Somebody holds a right on a mailbox, or is to.
struct Hold<'a> {
    mailbox: &'a Who,
    holder: &'a Who,
    right: Right<'a>,
}

impl Hold<'_> {
    fn give(&self) -> Change {
        let send = match self.right {
            Right::FullAccess { automapping } => self
                .full_access("Add-MailboxPermission")
                .parameter("InheritanceType", "All")
                .parameter("AutoMapping", automapping),
            Right::SendAs => self.send_as("Add-RecipientPermission").confirmed(),
            Right::OnBehalf { .. } => {
                self.set_mailbox().add("GrantSendOnBehalfTo", [self.holder.id_or_place()])
            }
        };
        let (read, shown) = self.shown();
        self.change(format!("let {}", self.says()), send, Proof::has(read, "/value", shown))
    }

    fn take(&self) -> Change {
        let send = match self.right {
            Right::FullAccess { .. } => self.full_access("Remove-MailboxPermission").confirmed(),
            Right::SendAs => self.send_as("Remove-RecipientPermission").confirmed(),
            Right::OnBehalf { .. } => {
                self.set_mailbox().remove("GrantSendOnBehalfTo", [self.holder.id_or_place()])
            }
        };
        let (read, shown) = self.shown();
        self.change(format!("do not let {} any more", self.says()), send, Proof::lacks(read, "/value", shown))
    }

    fn change(&self, says: String, send: Cmdlet, proof: Proof) -> Change {
        Change::new(says, send.not_yet(&[Refusal::NotFound]), proof)
    }

    fn says(&self) -> String {
        let (mailbox, holder) = (self.mailbox.name(), self.holder.name());
        match self.right {
            Right::FullAccess { .. } => format!("{holder} into the mailbox of {mailbox}"),
            Right::SendAs => format!("{holder} send as {mailbox}"),
            Right::OnBehalf { .. } => format!("{holder} send on behalf of {mailbox}"),
        }
    }

    /// What is read to see the right, and the row that shows it. The rows of the first two kinds are asked for by their
    /// holder, since they tell the holder by a name.
    fn shown(&self) -> (Cmdlet, serde_json::Value) {
        let (mailbox, holder) = (self.mailbox.id_or_place(), self.holder.id_or_place());
        match self.right {
            Right::FullAccess { .. } => {
                (access(&mailbox, &holder), json!({"AccessRights": ["FullAccess"], "IsInherited": false}))
            }
            Right::SendAs => (
                sending(&mailbox, &holder),
                json!({"AccessRights": ["SendAs"], "AccessControlType": "Allow"}),
            ),
            Right::OnBehalf { holder: known } => {
                let place = known.map_or(holder, |known| known.distinguished_name.clone());
                (on_behalf(&place), json!({"ExternalDirectoryObjectId": mailbox}))
            }
        }
    }

    fn full_access(&self, cmdlet: &str) -> Cmdlet {
        Cmdlet::new(cmdlet)
            .identity(self.mailbox.id_or_place())
            .parameter("User", self.holder.id_or_place())
            .parameter("AccessRights", vec!["FullAccess"])
    }

    fn send_as(&self, cmdlet: &str) -> Cmdlet {
        Cmdlet::new(cmdlet)
            .identity(self.mailbox.id_or_place())
            .parameter("Trustee", self.holder.id_or_place())
            .parameter("AccessRights", vec!["SendAs"])
    }

    fn set_mailbox(&self) -> Cmdlet {
        Cmdlet::new("Set-Mailbox").identity(self.mailbox.id_or_place())
    }
}

fn access(mailbox: &str, holder: &str) -> Cmdlet {
    Cmdlet::new("Get-MailboxPermission").identity(mailbox).parameter("User", holder).select(ACCESS)
}

fn sending(recipient: &str, trustee: &str) -> Cmdlet {
    Cmdlet::new("Get-RecipientPermission").identity(recipient).parameter("Trustee", trustee).select(SENDING)
}

/// `place`: their distinguished name.
fn on_behalf(place: &str) -> Cmdlet {
    let filter = filter("GrantSendOnBehalfTo", place);
    Cmdlet::new("Get-Mailbox").parameter("Filter", filter).select(recipient::SELECT)
}

#[cfg(test)]
mod tests {
    use plan::Test;
    use serde_json::Value;

    use super::*;
    use crate::sample::{adele, is_undone_by};
    use crate::sample_cmdlet::{
        ADELE, MIRIAM, MIRIAM_DN, cmdlet, miriam, miriam_in_exchange, proof, undo, when_not_found, wire,
    };

    const MAPPED: Right<'_> = Right::FullAccess { automapping: true };

    fn amends(how: &str) -> Value {
        let table = json!({"@odata.type": "#Exchange.GenericHashTable", how: [MIRIAM]});
        json!({"Set-Mailbox": {"Identity": ADELE, "GrantSendOnBehalfTo": table}})
    }

    #[test]
    fn somebody_is_let_in_and_shut_out_again() {
        let change = let_in(&adele(), &miriam(), false);
        assert_eq!(change.says, "let Miriam Graham into the mailbox of Adele Vance");
        assert!(is_undone_by(&change, "do not let Miriam Graham into the mailbox of Adele Vance any more"));
        let right = json!({"Identity": ADELE, "User": MIRIAM, "AccessRights": ["FullAccess"]});
        let with = |more: Value| {
            let mut parameters = right.clone();
            parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            parameters
        };
        let how = json!({"InheritanceType": "All", "AutoMapping": false});
        assert_eq!(cmdlet(&change), json!({"Add-MailboxPermission": with(how)}));
        let confirmed = with(json!({"Confirm": false}));
        assert_eq!(cmdlet(undo(&change)), json!({"Remove-MailboxPermission": confirmed}));
        assert_eq!(change.touches, [Touch::Principal(ADELE.parse().unwrap())]);
    }

    #[test]
    fn somebody_may_send_as_another_and_no_more() {
        let change = let_send_as(&adele(), &miriam());
        assert_eq!(change.says, "let Miriam Graham send as Adele Vance");
        assert!(is_undone_by(&change, "do not let Miriam Graham send as Adele Vance any more"));
        let parameters =
            json!({"Identity": ADELE, "Trustee": MIRIAM, "AccessRights": ["SendAs"], "Confirm": false});
        assert_eq!(cmdlet(&change), json!({"Add-RecipientPermission": parameters}));
        assert_eq!(cmdlet(undo(&change)), json!({"Remove-RecipientPermission": parameters}));
    }

    #[test]
    fn somebody_may_send_on_behalf_of_another_and_no_more() {
        let change = let_send_on_behalf(&adele(), &miriam_in_exchange());
        assert_eq!(change.says, "let Miriam Graham send on behalf of Adele Vance");
        assert!(is_undone_by(&change, "do not let Miriam Graham send on behalf of Adele Vance any more"));
        assert_eq!((cmdlet(&change), cmdlet(undo(&change))), (amends("Add"), amends("Remove")));
    }

    #[test]
    fn each_right_is_read_where_it_shows() {
        let asked = |name: &str, by: &str| json!({name: {"Identity": ADELE, by: MIRIAM}});
        let found = json!({"Get-Mailbox": {"Filter": format!("GrantSendOnBehalfTo -eq '{MIRIAM_DN}'")}});
        let table = [
            (
                let_in(&adele(), &miriam(), true),
                asked("Get-MailboxPermission", "User"),
                json!({"AccessRights": ["FullAccess"], "IsInherited": false}),
            ),
            (
                let_send_as(&adele(), &miriam()),
                asked("Get-RecipientPermission", "Trustee"),
                json!({"AccessRights": ["SendAs"], "AccessControlType": "Allow"}),
            ),
            (
                let_send_on_behalf(&adele(), &miriam_in_exchange()),
                found,
                json!({"ExternalDirectoryObjectId": ADELE}),
            ),
        ];
        for (change, read, row) in table {
            assert_eq!(proof(&change), (read.clone(), &Test::Has("/value".into(), row.clone())));
            assert_eq!(proof(undo(&change)), (read, &Test::Lacks("/value".into(), row)));
        }
    }

    #[test]
    fn what_is_given_up_is_given_back_and_the_other_way_round() {
        let own = Recipient { id: ADELE.parse().unwrap(), ..miriam_in_exchange() };
        for right in [MAPPED, Right::SendAs, Right::OnBehalf { holder: Some(&own) }] {
            let (gone, back) = (give_up(&adele(), &miriam(), right), take_up(&adele(), &miriam(), right));
            assert!(is_undone_by(&gone, &back.says) && is_undone_by(&back, &gone.says), "{right:?}");
            assert_eq!((undo(&gone).send == back.send, undo(&back).send == gone.send), (true, true));
            assert_eq!(gone.touches.len(), 2, "{right:?} is the holder's and the owner's");
        }
        let gone = give_up(&adele(), &miriam(), MAPPED);
        assert_eq!(gone.says, "do not let Adele Vance into the mailbox of Miriam Graham any more");
        assert_eq!(cmdlet(undo(&gone))["Add-MailboxPermission"]["AutoMapping"], true);
    }

    #[test]
    fn a_newcomer_takes_up_a_right_when_the_account_is_there() {
        for right in [MAPPED, Right::SendAs, Right::OnBehalf { holder: None }] {
            let change = take_up(&Who::new("Adele Vance"), &miriam(), right);
            assert!(change.send.awaits_account(), "{right:?}");
            assert_eq!((when_not_found(&change), when_not_found(undo(&change))), ("not yet", "not yet"));
        }
    }

    #[test]
    fn rights_are_looked_for_from_both_sides() {
        let (adele, id) = (ADELE.parse().unwrap(), miriam().id);
        let filter = format!("GrantSendOnBehalfTo -eq '{MIRIAM_DN}'");
        let table = [
            (let_into(&adele), json!({"Get-MailboxPermission": {"Identity": ADELE}})),
            (held_on(&adele, &id), json!({"Get-MailboxPermission": {"Identity": ADELE, "User": MIRIAM}})),
            (senders_as(&adele), json!({"Get-RecipientPermission": {"Identity": ADELE}})),
            (
                sends_as_one(&adele, &id),
                json!({"Get-RecipientPermission": {"Identity": ADELE, "Trustee": MIRIAM}}),
            ),
            (
                sends_as(&id),
                json!({"Get-RecipientPermission": {"Trustee": MIRIAM, "ResultSize": "Unlimited"}}),
            ),
            (
                sends_on_behalf(&miriam_in_exchange()),
                json!({"Get-Mailbox": {"Filter": filter, "ResultSize": "Unlimited"}}),
            ),
        ];
        for (read, asked) in table {
            assert_eq!(wire(&read), asked);
            assert!(read.is_safe() && !read.selected().is_empty(), "{asked}");
        }
    }

    #[test]
    fn only_what_an_administrator_gave_somebody_else_counts() {
        let access = |user: &str, rights: Value, more: Value| {
            let mut row = json!({"Identity": "x", "User": user, "AccessRights": rights, "Deny": "False"});
            row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value::<FullAccess>(row).unwrap().lets_in()
        };
        let (miriam, full) = ("MiriamG@contoso.com", json!(["FullAccess"]));
        let table = [
            (access(miriam, full.clone(), json!({})), true),
            (access(miriam, json!("FullAccess, ReadPermission"), json!({})), true),
            (access(miriam, json!(["ReadPermission"]), json!({})), false),
            (access(miriam, full.clone(), json!({"Deny": "True"})), false),
            (access(miriam, full.clone(), json!({"IsInherited": true})), false),
            (access(SELF, full, json!({})), false),
        ];
        assert!(table.iter().all(|(lets_in, expected)| lets_in == expected), "{table:?}");
        let sends = |trustee: &str, kind: &str| {
            let row = json!({"Identity": "x", "Trustee": trustee, "AccessControlType": kind});
            serde_json::from_value::<SendAs>(row).unwrap().lets_send()
        };
        let table =
            [(sends(miriam, "Allow"), true), (sends(miriam, "Deny"), false), (sends(SELF, "Allow"), false)];
        assert!(table.iter().all(|(lets_send, expected)| lets_send == expected), "{table:?}");
    }
}
