//! What is done in Exchange Online: lists, aliases, rights on shared mailboxes and calendars, language and time zone.
//!
//! All of it takes a mailbox, which comes minutes to hours after its licence. Until it is there it is shown, approved and
//! held against the guard-rails with the rest, and the run goes on by itself ([`arrival`]). Nothing else waits for it.
//!
//! What is asked for by name is looked for before anything is created; what is not asked for is not looked at, and a
//! request without mail never asks Exchange Online anything.

mod arrival;
mod flaws;
mod looked;

use directory::Who;
use directory::account::Account;
use directory::calendar::{self, Sharing};
use directory::mailbox::{self, Mailbox};
use directory::permission::{self, Right};
use directory::recipient::{Holder, Recipient};
use directory::region::{self, Region};
use plan::{Change, Finding, Plan};

use crate::access::Part;
use crate::facts::Facts;
use crate::request::{NewHire, SharedMailbox};

pub(crate) use arrival::{Arrival, arrival};
pub(crate) use flaws::flaws;

/// What Exchange Online tells, of what was asked for.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// The mailbox of the account, once it is there.
    pub mailbox: Option<Mailbox>,
    /// Its language, time zone and formats.
    pub region: Option<Region>,
    /// Who has each of the aliases, in the order of the request.
    pub aliases: Vec<Option<Holder>>,
    /// The shared mailboxes, in the order of the request.
    pub shared: Vec<Option<Shared>>,
    /// The mailboxes whose calendars are asked for, in the order of the request.
    pub calendars: Vec<Option<Calendar>>,
}

/// A mailbox, and what the account may do with it.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The mailbox.
    pub mailbox: Recipient,
    /// Whether the account may open it.
    pub opens: bool,
    /// Whether it may send as the mailbox.
    pub sends_as: bool,
    /// Whether it may send on its behalf.
    pub sends_on_behalf: bool,
}

/// A mailbox, and what the account may do with its calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The mailbox.
    pub mailbox: Recipient,
    /// Whether there is a calendar of that name.
    pub is_there: bool,
    /// What the account may do with it.
    pub held: Option<Sharing>,
}

/// Whether the request itself asks for something that Exchange Online does; groups aside.
pub(crate) fn is_asked(want: &NewHire) -> bool {
    !(want.aliases.is_empty()
        && want.shared_mailboxes.is_empty()
        && want.calendars.is_empty()
        && want.mailbox_settings.is_none())
}

/// Everything that was asked for and is not so yet; lists are with the [groups](crate::access). `name`: what the account
/// signs in with, which is its first address.
pub(crate) fn wanted(want: &NewHire, have: &Facts, who: &Who, account: Option<&Account>, name: &str) -> Part {
    let Some(mail) = &have.mail else { return Part::default() };
    let looked = looked::Looked { want, have, mail, account };
    let changes = aliases(want, mail, who, account, name)
        .into_iter()
        .chain(shared(want, mail, who))
        .chain(calendars(want, mail, who))
        .chain(settings(want, mail, who));
    Part { mail: changes.collect(), findings: looked.findings(), ..Part::default() }
}

/// Addresses that are mastered on premises are set there.
fn aliases(want: &NewHire, mail: &Mail, who: &Who, account: Option<&Account>, name: &str) -> Option<Change> {
    if account.is_some_and(Account::is_synced) {
        return None;
    }
    let new: Vec<&str> =
        want.aliases.iter().map(String::as_str).filter(|alias| !has(mail, account, name, alias)).collect();
    (!new.is_empty()).then(|| mailbox::add_aliases(who, &new))
}

/// Whether this is an address of the account, or will be. Until the mailbox is there the directory tells.
fn has(mail: &Mail, account: Option<&Account>, name: &str, alias: &str) -> bool {
    match (&mail.mailbox, account) {
        (Some(mailbox), _) => mailbox.has_address(alias),
        (None, Some(account)) => account.holds(alias),
        (None, None) => name.eq_ignore_ascii_case(alias),
    }
}

fn shared<'a>(want: &'a NewHire, mail: &'a Mail, who: &'a Who) -> impl Iterator<Item = Change> + 'a {
    let pairs = want.shared_mailboxes.iter().zip(&mail.shared);
    let found = pairs.filter_map(|(wanted, found)| Some((wanted, found.as_ref()?)));
    found.flat_map(move |(wanted, found)| let_into(wanted, found, mail, who))
}

fn let_into(wanted: &SharedMailbox, found: &Shared, mail: &Mail, who: &Who) -> Vec<Change> {
    let automapping = wanted.auto_mapping.unwrap_or(true);
    let holder = mail.mailbox.as_ref().map(|mailbox| &mailbox.recipient);
    let rights = [
        (wanted.opens() && !found.opens, Right::FullAccess { automapping }),
        (wanted.send_as && !found.sends_as, Right::SendAs),
        (wanted.send_on_behalf && !found.sends_on_behalf, Right::OnBehalf { holder }),
    ];
    let new = rights.into_iter().filter(|(is_new, _)| *is_new);
    new.map(|(_, right)| permission::take_up(who, &found.mailbox.reference(), right)).collect()
}

fn calendars<'a>(want: &'a NewHire, mail: &'a Mail, who: &'a Who) -> impl Iterator<Item = Change> + 'a {
    let pairs = want.calendars.iter().zip(&mail.calendars);
    let found = pairs.filter_map(|(wanted, found)| Some((wanted.right, found.as_ref()?)));
    let new = found
        .filter(|(role, found)| found.held.as_ref().is_none_or(|held| held.access_rights != [role.as_str()]));
    new.map(move |(role, found)| {
        let whose = Who::known(found.mailbox.id, found.mailbox.name());
        calendar::share(&whose, who, role, found.held.as_ref())
    })
}

fn settings(want: &NewHire, mail: &Mail, who: &Who) -> Option<Change> {
    let wanted = want.mailbox_settings.as_ref()?.region();
    let was = mail.region.clone().unwrap_or_default();
    (!was.is(&wanted)).then(|| region::set(who, &wanted, &was))
}

/// Does it once the mailbox is there.
pub(crate) fn see_to(plan: Plan, changes: Vec<Change>, arrival: Arrival) -> Plan {
    if changes.is_empty() {
        return plan;
    }
    match arrival {
        Arrival::Here => plan.apart(changes),
        Arrival::OnItsWay(at) => plan.later(changes, at).finding(comes()),
        Arrival::Planned(at) => plan.then_later(changes, at).finding(comes()),
        Arrival::Late => plan.finding(not_done("mailbox-late", LATE, &changes)),
        Arrival::Never => plan.finding(not_done("no-mailbox", NEVER, &changes)),
    }
}

const LATE: &str = "the mailbox should have come with its licence by now: see in Exchange what is wrong, or whether it is on premises";
const NEVER: &str = "no licence that is held or was asked for brings a mailbox";

fn comes() -> Finding {
    let says =
        "what is done in Exchange waits for the mailbox, which comes minutes to hours after its licence";
    Finding::note("mailbox-comes", says)
}

fn not_done(code: &str, why: &str, changes: &[Change]) -> Finding {
    let all = changes.iter().map(|change| change.says.as_str()).collect::<Vec<_>>().join("; ");
    Finding::left(code, format!("{why}. Not done: {all}"))
}
