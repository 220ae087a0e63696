//! What is wrong with what is asked of Exchange Online, as far as can be told without looking.

use std::collections::BTreeSet;

use directory::time_zone;
use graph::ObjectId;
use plan::Flaw;

use crate::flaws::{is_address, is_language};
use crate::request::{MailboxSettings, NewHire, SharedMailbox};

const ADDRESS: &str = "a mail address such as mal@contoso.com, without accents";
const MAILBOX: &str = "an address of the mailbox, or its object id";
const TWICE: &str = "it is named before";

/// All of it.
pub(crate) fn flaws(want: &NewHire) -> Vec<Flaw> {
    let aliases = want.aliases.iter().map(String::as_str);
    let shared = want.shared_mailboxes.iter().map(|shared| shared.mailbox.as_str());
    let calendars = want.calendars.iter().map(|calendar| calendar.mailbox.as_str());
    let is_mailbox = |name: &str| is_address(name) || name.parse::<ObjectId>().is_ok();
    let names = names(aliases, "/aliases", "", is_address, ADDRESS)
        .chain(names(shared, "/sharedMailboxes", "/mailbox", is_mailbox, MAILBOX))
        .chain(names(calendars, "/calendars", "/mailbox", is_mailbox, MAILBOX));
    let rights = want
        .shared_mailboxes
        .iter()
        .enumerate()
        .filter_map(|(at, shared)| rights(&format!("/sharedMailboxes/{at}"), shared));
    names.chain(rights).chain(want.mailbox_settings.as_ref().into_iter().flat_map(settings)).collect()
}

/// Names that are none, or that came before, upper and lower case aside.
fn names<'a>(
    names: impl Iterator<Item = &'a str>,
    list: &'a str,
    member: &'a str,
    is_one: impl Fn(&str) -> bool,
    right: &'a str,
) -> impl Iterator<Item = Flaw> {
    let mut known = BTreeSet::new();
    names.enumerate().filter_map(move |(at, name)| {
        let is_new = known.insert(name.to_ascii_lowercase());
        let says = if is_one(name) { (!is_new).then_some(TWICE) } else { Some(right) };
        Some(Flaw::at(format!("{list}/{at}{member}"), says?))
    })
}

fn rights(field: &str, shared: &SharedMailbox) -> Option<Flaw> {
    match () {
        () if shared.opens() => None,
        () if shared.auto_mapping == Some(true) => {
            Some(Flaw::at(format!("{field}/autoMapping"), "only with fullAccess"))
        }
        () if !shared.send_as && !shared.send_on_behalf => {
            Some(Flaw::at(field, "fullAccess, sendAs or sendOnBehalf; or leave it out"))
        }
        () => None,
    }
}

fn settings(settings: &MailboxSettings) -> Vec<Flaw> {
    let MailboxSettings { language, time_zone, date_format, time_format } = settings;
    let is_format = |format: &str| !format.trim().is_empty() && format.chars().count() <= 64;
    let table = [
        ("/language", language, "a language and a country, such as de-CH", is_culture as fn(&str) -> bool),
        (
            "/timeZone",
            time_zone,
            "a time zone by its name in Windows, such as W. Europe Standard Time",
            |zone| time_zone::iana(zone).is_some(),
        ),
        ("/dateFormat", date_format, "a format that the language knows, such as dd.MM.yyyy", is_format),
        ("/timeFormat", time_format, "a format that the language knows, such as HH:mm", is_format),
    ];
    let nothing = *settings == MailboxSettings::default();
    let nothing = nothing
        .then(|| Flaw::at("/mailboxSettings", "language, timeZone, dateFormat, timeFormat; or leave it out"));
    let wrong =
        table.into_iter().filter(|(_, text, _, is_good)| text.as_deref().is_some_and(|text| !is_good(text)));
    let wrong = wrong.map(|(field, _, right, _)| Flaw::at(format!("/mailboxSettings{field}"), right));
    nothing.into_iter().chain(wrong).collect()
}

/// Mailboxes take no language without a country.
fn is_culture(text: &str) -> bool {
    is_language(text) && text.contains('-')
}
