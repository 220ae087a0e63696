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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::message::{Digest, Parcel};
    use super::*;

    fn now() -> Timestamp {
        "2026-03-02T08:00:00Z".parse().unwrap()
    }

    fn message(channel: Channel, keys: &[&str]) -> Message {
        let digest = Digest {
            to: "LeeG@contoso.com".into(),
            tells: vec![],
            subject: String::new(),
            html: String::new(),
        };
        let parcel = Parcel::Mail { from: "MeganB@contoso.com".parse().unwrap(), digest };
        Message { channel, keys: keys.iter().map(|key| (*key).to_owned()).collect(), parcel }
    }

    fn mail(keys: &[&str]) -> Message {
        message(Channel::Mails, keys)
    }

    /// Claims all of these as a process does that has just begun.
    fn claims(trace: &mut Trace, all: &[Message], at: Timestamp) -> (usize, Tally) {
        let mut tally = Tally::default();
        trace.take_stock(Channel::Mails, all, true, at);
        let claims = trace.claim(all, usize::MAX, at, &mut tally);
        (claims.len(), tally)
    }

    fn settled(trace: &mut Trace, keys: &[&str], became: Became) {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        trace.settle(&[(keys, became)], now());
    }

    #[test]
    fn a_message_is_sent_again_when_something_in_it_is_new_and_not_when_something_is_gone() {
        let mut trace = Trace::default();
        assert_eq!(claims(&mut trace, &[mail(&["a", "b"])], now()).0, 1);
        settled(&mut trace, &["a", "b"], Became::Sent);
        let table: [(&[&str], usize, &str); 4] = [
            (&["a", "b"], 0, "the same"),
            (&["a"], 0, "one was renewed"),
            (&["a", "c"], 1, "one has crossed a threshold"),
            (&["b"], 1, "one was gone for a while, and is back"),
        ];
        for (keys, sent, told) in table {
            let (claimed, _) = claims(&mut trace, &[mail(keys)], now());
            assert_eq!(claimed, sent, "{told}");
            settled(&mut trace, keys, Became::Sent);
        }
    }

    #[test]
    fn what_became_of_a_message_decides_whether_it_is_sent_again() {
        let table = [
            (Became::Sent, 0, Tally { before: 1, ..Tally::default() }),
            (Became::Unknown, 0, Tally { unknown: 1, ..Tally::default() }),
            (Became::Refused("429".into()), 1, Tally::default()),
        ];
        for (became, sent, counted) in table {
            let mut trace = Trace::default();
            claims(&mut trace, &[mail(&["a"])], now());
            settled(&mut trace, &["a"], became.clone());
            let mut trace = Trace::read(trace.page());
            assert_eq!(claims(&mut trace, &[mail(&["a"])], now()), (sent, counted), "{became:?}");
        }
    }

    #[test]
    fn a_process_that_dies_while_it_sends_leaves_what_nobody_knows() {
        let mut trace = Trace::default();
        assert_eq!(claims(&mut trace, &[mail(&["a"])], now()).0, 1);
        let mut trace = Trace::read(trace.page());
        let soon = claims(&mut trace, &[mail(&["a"])], now() + SignedDuration::from_mins(1));
        assert_eq!(soon, (0, Tally { elsewhere: 1, ..Tally::default() }), "it may still be sending");
        let later = claims(&mut trace, &[mail(&["a"])], now() + LEASE);
        assert_eq!(later, (0, Tally { unknown: 1, ..Tally::default() }));
        assert_eq!(trace.page()["told"]["a"]["is"], json!("unknown"));
    }

    #[test]
    fn what_was_not_read_is_not_forgotten_and_a_day_is_for_a_while() {
        let mut trace = Trace::default();
        claims(&mut trace, &[mail(&["a"])], now());
        settled(&mut trace, &["a"], Became::Sent);
        trace.take_stock(Channel::Mails, &[], false, now());
        assert_eq!(trace.told.len(), 1, "a reading that broke off says nothing of what it did not reach");
        trace.take_stock(Channel::Card, &[], true, now() + REMEMBERED - SignedDuration::from_secs(1));
        assert_eq!(trace.told.len(), 1);
        trace.take_stock(Channel::Card, &[], true, now() + REMEMBERED);
        assert_eq!(trace.told.len(), 0);
    }

    #[test]
    fn a_day_and_a_page_have_a_bound_and_the_rest_is_told() {
        let all: Vec<Message> = (0..MAILS_A_DAY + 5).map(|at| mail(&[&at.to_string()])).collect();
        let mut trace = Trace::default();
        let (sent, tally) = claims(&mut trace, &all, now());
        assert_eq!((sent, tally.later), (MAILS_A_DAY, 5));
        let (sent, tally) = claims(&mut trace, &all, now() + SignedDuration::from_hours(24));
        assert_eq!((sent, tally.later), (5, 0), "they go the next day");
        let keys: Vec<String> = (0..MOST).map(|at| format!("x{at}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let (sent, tally) = claims(&mut Trace::default(), &[mail(&["a"]), mail(&keys)], now());
        assert_eq!((sent, tally.later), (1, 1), "a page is read and written whole");
    }

    #[test]
    fn messages_are_claimed_in_chunks() {
        let all = [mail(&["a"]), mail(&["b"]), mail(&["c"])];
        let (mut trace, mut tally) = (Trace::default(), Tally::default());
        assert_eq!(trace.claim(&all, 2, now(), &mut tally).len(), 2);
        assert_eq!(tally.rest, 1);
        assert_eq!(trace.told.len(), 2, "what is not claimed is left to whoever comes");
    }
}
