//! The trace of messages: a page of the ledger for each channel (`told/<task>/<channel>`), on which stands what was told.
//!
//! That something is being sent is written down before it is sent, and what became of it after. So of two who would send the
//! same one does; of a process that died while it was sending, the next says that nobody knows whether it was sent; and what
//! was refused is forgotten, and tried again. A page holds hashes and times, and names nobody.
//!
//! ```json
//! {"told": {"7d1a54127b222502f5b79b5fb0803061": {"at": "2026-03-02T06:00:03Z", "is": "sent"}}, "day": "2026-03-02", "mails": 12}
//! ```

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Tally;
use super::message::{Channel, Message};

/// For how long it is believed that somebody else is sending. A chunk takes no longer than a few minutes.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// For how long a daily message is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(45 * 24);

/// How much is remembered at the most, since a page is read and written whole.
const MOST: usize = 10_000;

/// How many mails are sent in a day at the most. Exchange Online lets a mailbox reach 10,000 recipients a day ("Exchange Online
/// limits"); who else sends from it is not to be stopped by us.
const MAILS_A_DAY: usize = 1_000;

/// What became of something that was to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Is {
    Sending,
    Sent,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    is: Is,
}

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Trace {
    told: BTreeMap<String, Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Date>,
    mails: usize,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Became {
    Sent,
    /// It was surely not taken; why, without an address.
    Refused(String),
    /// Nobody knows.
    Unknown,
}

impl Trace {
    /// What is kept; what another version wrote is begun anew.
    pub(super) fn read(page: Value) -> Self {
        serde_json::from_value(page).unwrap_or_default()
    }

    pub(super) fn page(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Takes stock before the first message: who died while sending is found out, and what is not news to anybody any more is
    /// forgotten.
    pub(super) fn take_stock(&mut self, channel: Channel, all: &[Message], is_whole: bool, now: Timestamp) {
        for entry in self.told.values_mut().filter(|entry| entry.is == Is::Sending && is_over(entry, now)) {
            entry.is = Is::Unknown;
        }
        let current: BTreeSet<&String> = all.iter().flat_map(|message| &message.keys).collect();
        let is_kept = |key: &String, entry: &Entry| match channel {
            Channel::Mails => !is_whole || entry.is == Is::Sending || current.contains(key),
            Channel::Card | Channel::Callback => now.duration_since(entry.at) < REMEMBERED,
        };
        self.told.retain(|key, entry| is_kept(key, entry));
    }

    /// Says what is to be sent of these, and writes down that it is being sent; the others are counted.
    pub(super) fn claim(
        &mut self,
        messages: &[Message],
        most: usize,
        now: Timestamp,
        tally: &mut Tally,
    ) -> Vec<Claim> {
        let today = now.to_zoned(TimeZone::UTC).date();
        if self.day != Some(today) {
            (self.day, self.mails) = (Some(today), 0);
        }
        let mut claims = Vec::new();
        for (at, message) in messages.iter().enumerate() {
            let new: Vec<String> =
                message.keys.iter().filter(|key| !self.told.contains_key(*key)).cloned().collect();
            let is_mail = message.channel == Channel::Mails;
            if new.is_empty() {
                self.count(message, tally);
            } else if self.told.len() + new.len() > MOST || (is_mail && self.mails >= MAILS_A_DAY) {
                tally.later += 1;
            } else {
                self.told.extend(new.iter().map(|key| (key.clone(), Entry { at: now, is: Is::Sending })));
                self.mails += usize::from(is_mail);
                claims.push(Claim { message: message.clone(), new });
                if claims.len() == most {
                    tally.rest = messages.len() - at - 1;
                    break;
                }
            }
        }
        claims
    }

    fn count(&self, message: &Message, tally: &mut Tally) {
        let is = |wanted: Is| {
            message.keys.iter().any(|key| self.told.get(key).is_some_and(|entry| entry.is == wanted))
        };
        if is(Is::Sending) {
            tally.elsewhere += 1;
        } else if is(Is::Unknown) {
            tally.unknown += 1;
        } else {
            tally.before += 1;
        }
    }

    /// Writes down what became of what was claimed.
    pub(super) fn settle(&mut self, became: &[(Vec<String>, Became)], now: Timestamp) {
        for (keys, became) in became {
            for key in keys {
                let is = match became {
                    Became::Sent => Is::Sent,
                    Became::Unknown => Is::Unknown,
                    Became::Refused(_) => {
                        self.told.remove(key);
                        continue;
                    }
                };
                self.told.insert(key.clone(), Entry { at: now, is });
            }
        }
    }
}

/// A message that is ours to send, with what is new in it.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) message: Message,
    pub(super) new: Vec<String>,
}

fn is_over(entry: &Entry, now: Timestamp) -> bool {
    now.duration_since(entry.at) >= LEASE
}
