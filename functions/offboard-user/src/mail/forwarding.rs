//! Forwarding: the one that was asked for, and none that was not.
//!
//! Of a mailbox that is mastered on premises only an address is Exchange Online's to take away; a recipient within the
//! organisation comes with the synchronisation, and is told.

use directory::Who;
use directory::account::Account;
use directory::mailbox::{self, To};
use plan::{Change, Finding};

use super::Mail;
use crate::facts::Quick;
use crate::request::Leaver;

/// A forwarding that is there is stopped, unless it is the one that was asked for or that one takes its place.
pub(super) fn stop(want: &Leaver, have: &Quick, mail: &Mail, who: &Who) -> Option<Change> {
    let mailbox = &mail.mailbox;
    match () {
        () if forward(want, mail, who).is_some() => None,
        () if mailbox.is_dir_synced || is_as_asked(want, mail) || may_be_handed_on(want, have) => {
            let address = mailbox.forwarding_smtp_address.as_ref();
            address.map(|_| mailbox::stop_forwarding_to_address(who, mailbox))
        }
        () => mailbox.forwards().then(|| mailbox::stop_forwarding(who, mailbox)),
    }
}

/// Once the manager was cleared, whoever mail goes on to within the organisation may be who took over.
fn may_be_handed_on(want: &Leaver, have: &Quick) -> bool {
    want.mailbox.forward && want.profile.clear_manager && have.manager.is_none() && have.successor().is_none()
}

/// The forwarding that was asked for, where it is not there. What is mastered on premises is forwarded there.
pub(super) fn forward(want: &Leaver, mail: &Mail, who: &Who) -> Option<Change> {
    let forwards = want.mailbox.forward && !mail.mailbox.is_dir_synced && !is_as_asked(want, mail);
    let to = mail.successor.as_ref().filter(|_| forwards)?;
    let keep_copy = want.mailbox.keep_copy.unwrap_or(true);
    Some(mailbox::forward(who, To::Recipient(to), keep_copy, &mail.mailbox))
}

/// Whether mail is forwarded as it was asked for.
fn is_as_asked(want: &Leaver, mail: &Mail) -> bool {
    let keep_copy = want.mailbox.keep_copy.unwrap_or(true);
    goes_to_successor(want, mail) && mail.mailbox.deliver_to_mailbox_and_forward == keep_copy
}

/// Exchange tells the recipient by its name there, which is the last part of nothing that is known here but of its
/// distinguished name.
fn goes_to_successor(want: &Leaver, mail: &Mail) -> bool {
    let asked = mail.successor.as_ref().filter(|_| want.mailbox.forward);
    let (Some(successor), Some(to)) = (asked, &mail.mailbox.forwarding_address) else {
        return false;
    };
    successor.distinguished_name.to_lowercase().starts_with(&format!("cn={},", to.to_lowercase()))
}

/// Whom mail is still forwarded to once all is done that can be done here, though the successor cannot take it.
pub(super) fn goes_on_to(mail: &Mail) -> Option<&str> {
    mail.mailbox.forwarding_address.as_deref().filter(|_| mail.mailbox.is_dir_synced)
}

/// That a forwarding which nobody asked for is on premises to stop.
pub(super) fn stays(want: &Leaver, mail: &Mail, account: &Account) -> Option<Finding> {
    let to = goes_on_to(mail).filter(|_| !goes_to_successor(want, mail))?;
    let says = format!(
        "the mail of {} goes on to {to}, which is mastered on premises: stop it there, as soon as you can",
        account.name()
    );
    Some(Finding::left("forwarding-synced", says))
}
