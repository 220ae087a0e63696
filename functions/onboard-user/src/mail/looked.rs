//! What of it cannot be as it was asked for, each with its field.

use directory::account::{self, Account};
use directory::recipient::Recipient;
use graph::ObjectId;
use plan::Finding;

use super::Mail;
use crate::facts::Facts;
use crate::request::NewHire;

/// What was asked for, and what was found.
pub(super) struct Looked<'a> {
    pub(super) want: &'a NewHire,
    pub(super) have: &'a Facts,
    pub(super) mail: &'a Mail,
    pub(super) account: Option<&'a Account>,
}

/// A mailbox as it is named, and what was found.
type Named<'a> = (&'a str, Option<&'a Recipient>);

/// How a mailbox is called whose licence, if it has one, is nobody's own.
const SHARED: [&str; 3] = ["SharedMailbox", "RoomMailbox", "EquipmentMailbox"];

impl Looked<'_> {
    /// Everything.
    pub(super) fn findings(&self) -> Vec<Finding> {
        [self.aliases(), self.shared(), self.calendars()].concat()
    }

    fn aliases(&self) -> Vec<Finding> {
        let aliases = self.want.aliases.iter().zip(&self.mail.aliases).enumerate();
        aliases
            .filter_map(|(at, (alias, holder))| {
                let is_own = |id: &ObjectId| holder.as_ref().is_none_or(|holder| holder.is(id));
                let is_free = self.account.map_or(holder.is_none(), |account| is_own(&account.id));
                let name = holder.as_ref().map(|holder| holder.name());
                let finding = match () {
                    () if !is_free => taken(alias, name.unwrap_or_default()),
                    () if !self.is_ours(alias) => self.foreign(alias),
                    () if self.account.is_some_and(Account::is_synced) && holder.is_none() => {
                        on_premises(alias)
                    }
                    () => return None,
                };
                Some(finding.at(format!("/aliases/{at}")))
            })
            .collect()
    }

    fn is_ours(&self, alias: &str) -> bool {
        self.have.domains.iter().any(|domain| domain.name.eq_ignore_ascii_case(account::domain(alias)))
    }

    fn foreign(&self, alias: &str) -> Finding {
        let known =
            self.have.domains.iter().map(|domain| domain.name.as_str()).collect::<Vec<_>>().join(", ");
        let says =
            format!("{} is not a verified domain of this tenant; these are: {known}", account::domain(alias));
        Finding::blocks("alias-domain", says)
    }

    fn shared(&self) -> Vec<Finding> {
        let names = self.want.shared_mailboxes.iter().map(|wanted| wanted.mailbox.as_str());
        let found = self.mail.shared.iter().map(|found| found.as_ref().map(|shared| &shared.mailbox));
        let named: Vec<Named<'_>> = names.zip(found).collect();
        let kinds = named.iter().enumerate().filter_map(|(at, (name, found))| {
            let mailbox = found.filter(|mailbox| !self.is_own(mailbox))?;
            let kind = mailbox.recipient_type_details.as_str();
            let says = format!("{name} is no shared mailbox but a {kind}: its owner lets others in");
            let finding = Finding::blocks("mailbox-not-shared", says).at(field("sharedMailboxes", at));
            (!SHARED.contains(&kind)).then_some(finding)
        });
        self.mailboxes("sharedMailboxes", &named).into_iter().chain(kinds).collect()
    }

    fn calendars(&self) -> Vec<Finding> {
        let names = self.want.calendars.iter().map(|wanted| wanted.mailbox.as_str());
        let found = self.mail.calendars.iter().map(|found| found.as_ref().map(|calendar| &calendar.mailbox));
        let named: Vec<Named<'_>> = names.zip(found).collect();
        let is_hidden =
            |at: usize| self.mail.calendars[at].as_ref().is_some_and(|calendar| !calendar.is_there);
        let hidden = named.iter().enumerate().filter(|(at, _)| is_hidden(*at)).map(|(at, (name, _))| {
            let says = format!("{name} has no calendar of the name Calendar: let the person in by hand");
            Finding::blocks("calendar-unknown", says).at(field("calendars", at))
        });
        self.mailboxes("calendars", &named).into_iter().chain(hidden).collect()
    }

    fn is_own(&self, mailbox: &Recipient) -> bool {
        self.account.is_some_and(|account| account.id == mailbox.id)
    }

    /// Mailboxes that are not there, that are the person's own, or that were named before under another name.
    fn mailboxes(&self, list: &str, named: &[Named<'_>]) -> Vec<Finding> {
        let check = |(at, (name, found)): (usize, &Named<'_>)| {
            let before = named[..at].iter().filter_map(|(_, found)| *found);
            let is_before = |id: ObjectId| before.clone().any(|mailbox| mailbox.id == id);
            let finding = match found {
                None => Finding::blocks("mailbox-unknown", format!("there is no mailbox {name}")),
                Some(one) if self.is_own(one) => {
                    Finding::blocks("mailbox-own", format!("{name} is the person's own mailbox"))
                }
                Some(one) if is_before(one.id) => Finding::blocks(
                    "mailbox-twice",
                    format!("{name} is {}, which is named before", one.name()),
                ),
                Some(_) => return None,
            };
            Some(finding.at(field(list, at)))
        };
        named.iter().enumerate().filter_map(check).collect()
    }
}

fn field(list: &str, at: usize) -> String {
    format!("/{list}/{at}/mailbox")
}

fn taken(alias: &str, holder: &str) -> Finding {
    Finding::blocks("alias-taken", format!("{alias} is an address of {holder}"))
}

fn on_premises(alias: &str) -> Finding {
    Finding::left(
        "account-synced",
        format!("the account is mastered on premises: add the address {alias} there"),
    )
}
