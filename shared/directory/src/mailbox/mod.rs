//! Mailboxes: making them shared, holding what is in them, hiding them, and giving them another address; forwarding their
//! mail is in [`forward()`] and [`stop_forwarding`].
//!
//! A mailbox that Exchange Online does not find may not be there yet, or not be back yet: it comes minutes after the
//! licence. So this means "not yet" and never "it is so".

mod forward;
mod read;

use std::fmt;

use exchange::Cmdlet;
use graph::Refusal;
use plan::{Change, Proof};
use serde_json::{Value, json};

use crate::Who;
use crate::account::touching;

pub use forward::{To, forward, forwarding_to, stop_forwarding, stop_forwarding_to_address};
pub use read::{LicenceNeed, Mailbox, SELECT, Statistics, read, statistics, why_licence_needed};

/// Makes the mailbox of a person a shared one. It must have its licence in that moment, and the licence may go only once
/// the mailbox [is shared](Mailbox::is_shared), which it says seconds to minutes later ("Convert a user mailbox to a shared
/// mailbox", Microsoft 365): a run that shares it waits for that. Of what is mastered on premises, the conversion does not last: convert it there.
pub fn share(who: &Who) -> Change {
    to_shared(who).undone_by(to_regular(who)).awaited()
}

/// Makes a shared mailbox the mailbox of a person again. Give it a licence first: without one Exchange Online refuses, or
/// takes the mailbox away after 30 days.
pub fn make_regular(who: &Who) -> Change {
    to_regular(who).undone_by(to_shared(who))
}

fn to_shared(who: &Who) -> Change {
    let says = format!("make the mailbox of {} a shared one", who.name());
    let send = set(who).parameter("Type", "Shared");
    change(who, says, send, json!({"RecipientTypeDetails": "SharedMailbox"}))
}

/// A licence that was just given back may not have reached Exchange Online; and the mailbox is a regular one again seconds to
/// minutes later.
fn to_regular(who: &Who) -> Change {
    let says = format!("make the mailbox of {} a regular one, which needs a licence", who.name());
    let send = set(who).parameter("Type", "Regular").not_yet(&[Refusal::NoMailboxLicence]);
    change(who, says, send, json!({"RecipientTypeDetails": "UserMailbox"})).slowly()
}

/// Keeps everything that is in the mailbox, and each item for so many days after it came; without a number, for good. `was`
/// tells whether that was so before, and how. It takes Exchange Online Plan 2 or archiving, and works after up to four
/// hours ("Place a mailbox on Litigation Hold"). The comment is shown to the owner.
pub fn hold(who: &Who, days: Option<u32>, comment: Option<&str>, was: &Mailbox) -> Change {
    let how_long = days.map(|days| format!(" for {days} days")).unwrap_or_default();
    let says = format!("put the mailbox of {} on litigation hold{how_long}", who.name());
    let duration = days.map_or_else(|| "Unlimited".to_owned(), |days| format!("{days}.00:00:00"));
    let back = if was.litigation_hold_enabled { hold_as(who, was) } else { release(who, was) };
    keep(who, says, &duration, comment.or(was.retention_comment.as_deref())).undone_by(back)
}

fn hold_as(who: &Who, was: &Mailbox) -> Change {
    let says = format!("put the mailbox of {} on litigation hold as before", who.name());
    let duration = was.litigation_hold_duration.as_deref().unwrap_or("Unlimited");
    keep(who, says, duration, was.retention_comment.as_deref())
}

fn keep(who: &Who, says: String, duration: &str, comment: Option<&str>) -> Change {
    let send = set(who)
        .parameter("LitigationHoldEnabled", true)
        .parameter("LitigationHoldDuration", duration)
        .parameter("RetentionComment", comment)
        .confirmed();
    change(who, says, send, json!({"LitigationHoldEnabled": true, "LitigationHoldDuration": duration}))
}

fn release(who: &Who, was: &Mailbox) -> Change {
    let says = format!("release the mailbox of {} from litigation hold", who.name());
    let send = set(who)
        .parameter("LitigationHoldEnabled", false)
        .parameter("RetentionComment", was.retention_comment.as_deref())
        .confirmed();
    change(who, says, send, json!({"LitigationHoldEnabled": false}))
}

/// Hides a mailbox from the address lists. One that is mastered on premises is hidden there.
pub fn hide(who: &Who) -> Change {
    let hidden = format!("hide {} from the address lists", who.name());
    let shown = format!("show {} in the address lists", who.name());
    turn_hidden(who, hidden, true).undone_by(turn_hidden(who, shown, false))
}

/// Shows a hidden mailbox in the address lists.
pub fn show(who: &Who) -> Change {
    let shown = format!("show {} in the address lists", who.name());
    let hidden = format!("hide {} from the address lists", who.name());
    turn_hidden(who, shown, false).undone_by(turn_hidden(who, hidden, true))
}

fn turn_hidden(who: &Who, says: String, hidden: bool) -> Change {
    let send = set(who).parameter("HiddenFromAddressListsEnabled", hidden);
    change(who, says, send, json!({"HiddenFromAddressListsEnabled": hidden}))
}

/// Gives a mailbox further addresses, beside its primary one: in one go, since Exchange Online does not like two at once to
/// write to one mailbox. Look first whether it [has them](Mailbox::has_address): the primary one cannot be taken back.
pub fn add_aliases(who: &Who, addresses: &[&str]) -> Change {
    let says = format!("give {} the {}", who.name(), listed(addresses));
    let send = set(who).add("EmailAddresses", addresses.iter().map(secondary));
    let proof = Proof::has(get(who.id_or_place()), EMAIL_ADDRESSES, first(addresses));
    touching(who, Change::new(says, send, proof)).undone_by(remove_aliases(who, addresses))
}

fn remove_aliases(who: &Who, addresses: &[&str]) -> Change {
    let says = format!("take the {} from {}", listed(addresses), who.name());
    let send = set(who).remove("EmailAddresses", addresses.iter().map(secondary));
    let proof = Proof::lacks(get(who.id_or_place()), EMAIL_ADDRESSES, first(addresses));
    touching(who, Change::new(says, send, proof))
}

const EMAIL_ADDRESSES: &str = "/value/0/EmailAddresses";

fn listed(addresses: &[&str]) -> String {
    let what = if addresses.len() == 1 { "address" } else { "addresses" };
    format!("{what} {}", addresses.join(", "))
}

/// All or none are written, so the first tells for all.
fn first(addresses: &[&str]) -> Value {
    addresses.first().map(secondary).into()
}

/// In small letters: `SMTP:` would make it the primary one.
fn secondary(address: &&str) -> String {
    format!("smtp:{address}")
}

fn get(identity: impl fmt::Display) -> Cmdlet {
    Cmdlet::new("Get-Mailbox").identity(identity).select(SELECT)
}

fn set(who: &Who) -> Cmdlet {
    Cmdlet::new("Set-Mailbox").identity(who.id_or_place()).not_yet(&[Refusal::NotFound])
}

/// A change that shows in the mailbox itself.
fn change(who: &Who, says: String, send: Cmdlet, shown: Value) -> Change {
    touching(who, Change::new(says, send, Proof::is(get(who.id_or_place()), "/value/0", shown)))
}

#[cfg(test)]
mod tests {
    use plan::Test;

    use super::*;
    use crate::sample::{adele, is_undone_by};
    use crate::sample_cmdlet::{ADELE, cmdlet, proof, undo, when_not_found};

    /// The least that is told of the mailbox of Adele Vance.
    pub(super) fn row() -> Value {
        json!({
            "ExternalDirectoryObjectId": ADELE, "DisplayName": "Adele Vance", "RecipientTypeDetails": "UserMailbox",
            "DistinguishedName": "CN=87d349ed,OU=contoso.onmicrosoft.com,DC=PROD",
            "EmailAddresses@odata.type": "#Collection(String)", "EmailAddresses": ["SMTP:AdeleV@contoso.com"],
            "LitigationHoldEnabled": false, "ArchiveGuid": "00000000-0000-0000-0000-000000000000",
        })
    }

    /// The mailbox of Adele Vance, and what is said of it besides.
    pub(super) fn mailbox(more: Value) -> Mailbox {
        let mut row = row();
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(row).unwrap()
    }

    fn sets(more: Value) -> Value {
        let mut parameters = json!({"Identity": ADELE});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"Set-Mailbox": parameters})
    }

    fn shows(change: &Change, shown: Value) -> bool {
        proof(change) == (json!({"Get-Mailbox": {"Identity": ADELE}}), &Test::Is("/value/0".into(), shown))
    }

    #[test]
    fn a_mailbox_is_made_shared_and_regular_again() {
        let (shared, regular) = (share(&adele()), make_regular(&adele()));
        assert_eq!(shared.says, "make the mailbox of Adele Vance a shared one");
        let back = "make the mailbox of Adele Vance a regular one, which needs a licence";
        assert!(is_undone_by(&shared, back) && is_undone_by(&regular, &shared.says));
        assert_eq!(cmdlet(&shared), sets(json!({"Type": "Shared"})));
        assert!(shows(&shared, json!({"RecipientTypeDetails": "SharedMailbox"})));
        assert_eq!(cmdlet(undo(&shared)), sets(json!({"Type": "Regular"})));
        assert!(shows(undo(&shared), json!({"RecipientTypeDetails": "UserMailbox"})));
        assert_eq!(shared.touches, [plan::Touch::Principal(ADELE.parse().unwrap())]);
    }

    #[test]
    fn a_hold_is_released_or_goes_back_to_what_it_was() {
        let before = json!({"LitigationHoldEnabled": true, "LitigationHoldDuration": "30.00:00:00",
                            "RetentionComment": "Case 7"});
        let keeps = |duration: &str, comment: Value| {
            sets(json!({"LitigationHoldEnabled": true, "LitigationHoldDuration": duration,
                        "RetentionComment": comment, "Confirm": false}))
        };
        let released =
            sets(json!({"LitigationHoldEnabled": false, "RetentionComment": null, "Confirm": false}));
        let on = "put the mailbox of Adele Vance on litigation hold";
        let off = "release the mailbox of Adele Vance from litigation hold";
        let table = [
            (None, None, json!({}), on.to_owned(), keeps("Unlimited", json!(null)), off.to_owned(), released),
            (
                Some(365),
                Some("Ask Contoso."),
                before,
                format!("{on} for 365 days"),
                keeps("365.00:00:00", json!("Ask Contoso.")),
                format!("{on} as before"),
                keeps("30.00:00:00", json!("Case 7")),
            ),
        ];
        for (days, comment, was, says, sent, back, sent_back) in table {
            let change = hold(&adele(), days, comment, &mailbox(was));
            assert_eq!((&change.says, cmdlet(&change)), (&says, sent));
            assert!(is_undone_by(&change, &back), "{back}");
            assert_eq!(cmdlet(undo(&change)), sent_back);
        }
    }

    #[test]
    fn the_comment_that_the_owner_sees_is_not_told() {
        let change = hold(&adele(), None, Some("Ask Contoso."), &mailbox(json!({})));
        assert!(!change.says.contains("Contoso"));
        assert!(shows(
            &change,
            json!({"LitigationHoldEnabled": true, "LitigationHoldDuration": "Unlimited"})
        ));
    }

    #[test]
    fn a_mailbox_is_hidden_and_shown() {
        let change = hide(&adele());
        assert_eq!(change.says, "hide Adele Vance from the address lists");
        assert!(is_undone_by(&change, "show Adele Vance in the address lists"));
        assert!(is_undone_by(&show(&adele()), &change.says));
        assert_eq!(cmdlet(&change), sets(json!({"HiddenFromAddressListsEnabled": true})));
        assert!(shows(undo(&change), json!({"HiddenFromAddressListsEnabled": false})));
    }

    #[test]
    fn an_alias_is_never_the_primary_address() {
        let both: &[&str] = &["adele@contoso.com", "av@contoso.com"];
        let table = [
            (&both[..1], "address adele@contoso.com", json!(["smtp:adele@contoso.com"])),
            (
                both,
                "addresses adele@contoso.com, av@contoso.com",
                json!(["smtp:adele@contoso.com", "smtp:av@contoso.com"]),
            ),
        ];
        for (addresses, told, sent) in table {
            let change = add_aliases(&adele(), addresses);
            assert_eq!(change.says, format!("give Adele Vance the {told}"));
            assert!(is_undone_by(&change, &format!("take the {told} from Adele Vance")));
            let changes = |how: &str| json!({"EmailAddresses": {"@odata.type": "#Exchange.GenericHashTable", how: sent}});
            assert_eq!(cmdlet(&change), sets(changes("Add")));
            assert_eq!(cmdlet(undo(&change)), sets(changes("Remove")));
            let at = "/value/0/EmailAddresses".to_owned();
            assert_eq!(proof(&change).1, &Test::Has(at, json!("smtp:adele@contoso.com")));
        }
    }

    #[test]
    fn a_newcomer_is_found_when_the_account_is_there() {
        let change = add_aliases(&Who::new("Adele Vance"), &["adele@contoso.com"]);
        assert!(change.send.awaits_account() && change.proof.read.awaits_account());
        assert!(undo(&change).send.awaits_account() && change.touches.is_empty());
    }

    #[test]
    fn a_mailbox_that_is_not_there_is_on_its_way() {
        let was = mailbox(json!({}));
        let all = [
            share(&adele()),
            hold(&adele(), None, None, &was),
            hide(&adele()),
            add_aliases(&adele(), &["adele@contoso.com"]),
            stop_forwarding(&adele(), &was),
        ];
        for change in all {
            assert_eq!((when_not_found(&change), when_not_found(undo(&change))), ("not yet", "not yet"));
        }
    }
}
