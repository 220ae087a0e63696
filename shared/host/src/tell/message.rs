//! A message as a value: what it says, to whom, and what it tells, so that the same is not told twice.

use graph::UserKey;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Channels;
use super::address::Address;

/// That a function tells people of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tells {
    /// Which report.
    pub report: &'static str,
    /// The word that its app settings begin with, such as `ROTATE_REPORT`.
    pub settings: &'static str,
}

/// What there is to tell of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// The report in one sentence.
    pub headline: String,
    /// Mails, one for each person; the most urgent first.
    pub digests: Vec<Digest>,
    /// An Adaptive Card: the `content` of an attachment, under 28 KB.
    pub card: Value,
    /// The report for a program, bounded.
    pub document: Value,
    /// Whether everything was read: what is not told any more is forgotten then.
    pub is_whole: bool,
    /// What the answer has to say besides, such as that somebody cannot be told.
    pub says: Vec<String>,
}

/// A mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The address.
    pub to: String,
    /// What it tells, each by a text of its own that stays the same for as long as it is the same news to this person: it is
    /// sent when one of them is new.
    pub tells: Vec<String>,
    /// What it is about, in one line.
    pub subject: String,
    /// What it says, as HTML in which everything that comes from a tenant is escaped.
    pub html: String,
}

/// A way to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Mails,
    Card,
    Callback,
}

impl Channel {
    /// All of them; mails, which take their time, come last.
    pub(crate) const ALL: [Self; 3] = [Self::Card, Self::Callback, Self::Mails];

    /// Its name in answers, in the log, and of its page of the ledger.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mails => "mails",
            Self::Card => "card",
            Self::Callback => "callback",
        }
    }
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) channel: Channel,
    /// What it tells, each as a hash.
    pub(super) keys: Vec<String>,
    pub(super) parcel: Parcel,
}

/// What is sent where.
#[derive(Clone, Debug)]
pub(super) enum Parcel {
    Mail { from: UserKey, digest: Digest },
    Post { to: Address, body: Value },
}

/// All messages of some news.
pub(super) fn of(news: &News, channels: &Channels, at: Timestamp) -> Vec<Message> {
    let mails = channels.sender.iter().flat_map(|from| news.digests.iter().map(|digest| mail(from, digest)));
    let day = at.to_zoned(TimeZone::UTC).date();
    // A day that began badly may end well, and that is news.
    let daily = format!("{day} {}", if news.is_whole { "whole" } else { "in part" });
    let card = channels.teams.iter().map(|to| post(Channel::Card, &daily, to, attached(&news.card)));
    let set = channels.callback.iter().map(|to| post(Channel::Callback, &daily, to, news.document.clone()));
    let callers = channels.callers.iter().map(|to| {
        let about = format!("{at} {}", to.text());
        post(Channel::Callback, &about, to, news.document.clone())
    });
    mails.chain(card).chain(set).chain(callers).collect()
}

fn mail(from: &UserKey, digest: &Digest) -> Message {
    let keys = digest.tells.iter().map(|tells| hash(tells)).collect();
    let parcel = Parcel::Mail { from: from.clone(), digest: digest.clone() };
    Message { channel: Channel::Mails, keys, parcel }
}

fn post(channel: Channel, about: &str, to: &Address, body: Value) -> Message {
    Message { channel, keys: vec![hash(about)], parcel: Parcel::Post { to: to.clone(), body } }
}

/// The message that a workflow of Teams takes (Microsoft Teams, "Create incoming webhooks with Workflows").
fn attached(card: &Value) -> Value {
    let kind = "application/vnd.microsoft.card.adaptive";
    json!({"type": "message", "attachments": [{"contentType": kind, "contentUrl": null, "content": card}]})
}

/// Half of a SHA-256: nobody can tell from it what was told to whom, and two are never the same.
fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
