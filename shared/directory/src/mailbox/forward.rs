//! Forwarding: a recipient of the organisation, an address anywhere, and whether a copy is kept.
//!
//! All three are set together, since Exchange Online takes the recipient before the address, and a flag that was left over
//! would decide about the copy. They go back together, to exactly what they were. Whether mail may leave the organisation
//! at all is for the outbound spam policy to say, not for the mailbox.
//!
//! Of a mailbox that is mastered on premises, only the address is Exchange Online's: whoever owns the mailbox sets it there.
//! The recipient, and the copy, come with the synchronisation (Microsoft Entra Connect, "Attributes synchronized").

use exchange::Cmdlet;
use plan::{Change, Proof};
use serde_json::{Value, json};

use super::{Mailbox, change, set};
use crate::Who;
use crate::account::touching;
use crate::recipient::{self, Recipient, filter};

/// Where mail is forwarded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To<'a> {
    /// A recipient of the organisation.
    Recipient(&'a Recipient),
    /// An address, inside or outside.
    Address(&'a str),
}

/// What a mailbox says of forwarding, by Exchange's names.
struct Setting {
    recipient: Option<String>,
    address: Option<String>,
    keep_copy: bool,
}

impl Setting {
    fn of(mailbox: &Mailbox) -> Self {
        Self {
            recipient: mailbox.forwarding_address.clone(),
            address: mailbox.forwarding_smtp_address.clone(),
            keep_copy: mailbox.deliver_to_mailbox_and_forward,
        }
    }

    fn to(to: To<'_>, keep_copy: bool) -> Self {
        match to {
            To::Recipient(recipient) => {
                Self { recipient: Some(recipient.id.to_string()), address: None, keep_copy }
            }
            To::Address(address) => {
                Self { recipient: None, address: Some(format!("smtp:{address}")), keep_copy }
            }
        }
    }

    fn send(&self, who: &Who) -> Cmdlet {
        set(who)
            .parameter("ForwardingAddress", self.recipient.clone())
            .parameter("ForwardingSmtpAddress", self.address.clone())
            .parameter("DeliverToMailboxAndForward", self.keep_copy)
    }

    fn shown(&self) -> Value {
        json!({
            "ForwardingAddress": self.recipient,
            "ForwardingSmtpAddress": self.address,
            "DeliverToMailboxAndForward": self.keep_copy,
        })
    }
}

/// The recipients whose mail is forwarded to this one, page by page. Mail that is sent on to a mere address of theirs is not
/// among it.
pub fn forwarding_to(recipient: &Recipient) -> Cmdlet {
    Cmdlet::new("Get-Mailbox")
        .parameter("Filter", filter("ForwardingAddress", &recipient.distinguished_name))
        .parameter("ResultSize", "Unlimited")
        .select(recipient::SELECT)
}

/// Forwards the mail that comes in; `was` tells whether it was forwarded before, and where to.
pub fn forward(who: &Who, to: To<'_>, keep_copy: bool, was: &Mailbox) -> Change {
    let whither = match to {
        To::Recipient(recipient) => recipient.name(),
        To::Address(address) => address.to_owned(),
    };
    let copy = if keep_copy { "keep a copy" } else { "keep no copy" };
    let says = format!("forward the mail of {} to {whither} and {copy}", who.name());
    let setting = Setting::to(to, keep_copy);
    let change = match to {
        To::Recipient(recipient) => {
            let proof = forwarded_to(recipient, was, keep_copy);
            touching(who, Change::new(says, setting.send(who), proof))
        }
        To::Address(_) => change(who, says, setting.send(who), setting.shown()),
    };
    change.undone_by(restore(who, was))
}

/// Forwards the mail that comes in no more.
pub fn stop_forwarding(who: &Who, was: &Mailbox) -> Change {
    stop(who).undone_by(restore(who, was))
}

fn stop(who: &Who) -> Change {
    let nowhere = Setting { recipient: None, address: None, keep_copy: false };
    change(who, format!("do not forward the mail of {}", who.name()), nowhere.send(who), nowhere.shown())
}

/// Forwards the mail that comes in to no address any more; a recipient of the organisation stays. What is mastered on premises
/// allows no more.
pub fn stop_forwarding_to_address(who: &Who, was: &Mailbox) -> Change {
    let one_way = |address: Option<&str>| {
        let says = match address {
            None => format!("do not forward the mail of {} to an address", who.name()),
            Some(_) => format!("forward the mail of {} to an address as before", who.name()),
        };
        let send = set(who).parameter("ForwardingSmtpAddress", address);
        change(who, says, send, json!({"ForwardingSmtpAddress": address}))
    };
    one_way(None).undone_by(one_way(was.forwarding_smtp_address.as_deref()))
}

fn restore(who: &Who, was: &Mailbox) -> Change {
    let says = match was.forwards() {
        true => format!("forward the mail of {} as before", who.name()),
        false => format!("do not forward the mail of {}", who.name()),
    };
    let setting = Setting::of(was);
    change(who, says, setting.send(who), setting.shown())
}

/// A mailbox shows the recipient by its name in Exchange, which is not what was sent: the mailbox is looked for among those
/// that forward there.
fn forwarded_to(recipient: &Recipient, was: &Mailbox, keep_copy: bool) -> Proof {
    let read = Cmdlet::new("Get-Mailbox")
        .parameter("Filter", filter("ForwardingAddress", &recipient.distinguished_name))
        .select(&["ExternalDirectoryObjectId", "ForwardingSmtpAddress", "DeliverToMailboxAndForward"]);
    let shown = json!({
        "ExternalDirectoryObjectId": was.recipient.id,
        "ForwardingSmtpAddress": null,
        "DeliverToMailboxAndForward": keep_copy,
    });
    Proof::has(read, "/value", shown)
}

#[cfg(test)]
mod tests {
    use plan::Test;

    use super::super::tests::mailbox;
    use super::*;
    use crate::sample::{adele, is_undone_by};
    use crate::sample_cmdlet::{ADELE, MIRIAM, MIRIAM_DN, cmdlet, miriam_in_exchange, proof, undo, wire};

    const NEVER: &str = "do not forward the mail of Adele Vance";

    fn sets(recipient: Value, address: Value, keep_copy: bool) -> Value {
        json!({"Set-Mailbox": {"Identity": ADELE, "ForwardingAddress": recipient,
               "ForwardingSmtpAddress": address, "DeliverToMailboxAndForward": keep_copy}})
    }

    #[test]
    fn all_three_settings_are_sent_and_go_back_to_what_they_were() {
        let nowhere = || mailbox(json!({}));
        let home = || {
            mailbox(json!({"ForwardingSmtpAddress": "smtp:adele@fabrikam.com", "ForwardingAddress": "LeeG",
                           "DeliverToMailboxAndForward": true}))
        };
        let miriam = miriam_in_exchange();
        let at_home = || sets(json!("LeeG"), json!("smtp:adele@fabrikam.com"), true);
        let table = [
            (To::Recipient(&miriam), true, nowhere(), sets(json!(MIRIAM), json!(null), true), NEVER),
            (
                To::Address("sales@contoso.com"),
                false,
                home(),
                sets(json!(null), json!("smtp:sales@contoso.com"), false),
                "forward the mail of Adele Vance as before",
            ),
        ];
        for (to, keep_copy, was, sent, back) in table {
            let change = forward(&adele(), to, keep_copy, &was);
            assert_eq!(cmdlet(&change), sent);
            assert!(is_undone_by(&change, back), "{back}");
            let sent_back = if was.forwards() { at_home() } else { sets(json!(null), json!(null), false) };
            assert_eq!(cmdlet(undo(&change)), sent_back);
        }
    }

    #[test]
    fn the_sentence_tells_where_mail_goes_and_whether_a_copy_stays() {
        let miriam = miriam_in_exchange();
        let table = [
            (To::Recipient(&miriam), true, "to Miriam Graham and keep a copy"),
            (To::Address("sales@contoso.com"), false, "to sales@contoso.com and keep no copy"),
        ];
        for (to, keep_copy, says) in table {
            let change = forward(&adele(), to, keep_copy, &mailbox(json!({})));
            assert_eq!(change.says, format!("forward the mail of Adele Vance {says}"));
        }
    }

    #[test]
    fn a_recipient_is_proved_by_its_place_and_an_address_by_itself() {
        let (miriam, was) = (miriam_in_exchange(), mailbox(json!({})));
        let to_miriam = forward(&adele(), To::Recipient(&miriam), false, &was);
        let found = json!({"Get-Mailbox": {"Filter": format!("ForwardingAddress -eq '{MIRIAM_DN}'")}});
        let row = json!({"ExternalDirectoryObjectId": ADELE, "ForwardingSmtpAddress": null,
                         "DeliverToMailboxAndForward": false});
        assert_eq!(proof(&to_miriam), (found, &Test::Has("/value".into(), row)));
        let away = forward(&adele(), To::Address("adele@fabrikam.com"), false, &was);
        let shown = json!({"ForwardingAddress": null, "ForwardingSmtpAddress": "smtp:adele@fabrikam.com",
                           "DeliverToMailboxAndForward": false});
        assert_eq!(proof(&away).1, &Test::Is("/value/0".into(), shown));
    }

    #[test]
    fn whose_mail_is_forwarded_to_somebody_is_found_by_their_place() {
        let read = forwarding_to(&miriam_in_exchange());
        let filter = format!("ForwardingAddress -eq '{MIRIAM_DN}'");
        assert_eq!(wire(&read), json!({"Get-Mailbox": {"Filter": filter, "ResultSize": "Unlimited"}}));
        assert_eq!(read.selected(), recipient::SELECT);
    }

    #[test]
    fn mail_that_is_forwarded_no_more_is_forwarded_again_as_it_was() {
        let was = mailbox(json!({"ForwardingSmtpAddress": "smtp:adele@fabrikam.com"}));
        let change = stop_forwarding(&adele(), &was);
        assert_eq!((change.says.as_str(), cmdlet(&change)), (NEVER, sets(json!(null), json!(null), false)));
        assert!(is_undone_by(&change, "forward the mail of Adele Vance as before"));
        assert_eq!(cmdlet(undo(&change)), sets(json!(null), json!("smtp:adele@fabrikam.com"), false));
    }

    #[test]
    fn of_what_is_mastered_on_premises_only_the_address_is_touched() {
        let was =
            mailbox(json!({"ForwardingSmtpAddress": "smtp:adele@fabrikam.com", "ForwardingAddress": "LeeG"}));
        let change = stop_forwarding_to_address(&adele(), &was);
        let sets =
            |address: Value| json!({"Set-Mailbox": {"Identity": ADELE, "ForwardingSmtpAddress": address}});
        assert_eq!(change.says, "do not forward the mail of Adele Vance to an address");
        assert_eq!(cmdlet(&change), sets(json!(null)));
        assert!(is_undone_by(&change, "forward the mail of Adele Vance to an address as before"));
        assert_eq!(cmdlet(undo(&change)), sets(json!("smtp:adele@fabrikam.com")));
    }
}
