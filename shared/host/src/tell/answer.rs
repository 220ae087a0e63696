//! What became of a telling, in numbers: for the answer and for the log.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::message::{Channel, News};
use super::trace::Became;

/// How many reasons are told.
const REASONS: usize = 5;

/// What became of the messages of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    /// Sent now.
    pub(crate) sent: usize,
    /// Told before, and nothing new to say.
    pub(crate) before: usize,
    /// Being sent by another call.
    pub(crate) elsewhere: usize,
    /// Nobody knows whether they were sent; they are not sent again.
    pub(crate) unknown: usize,
    /// Surely not sent; tried again next time.
    pub(crate) refused: usize,
    /// Not sent today; next time.
    pub(crate) later: usize,
    /// Why some were refused, without addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) why: Vec<String>,
    /// Those that were not looked at yet.
    #[serde(skip)]
    pub(super) rest: usize,
}

impl Tally {
    pub(super) fn count(&mut self, became: &Became) {
        match became {
            Became::Sent => self.sent += 1,
            Became::Unknown => self.unknown += 1,
            Became::Refused(why) => {
                self.refused += 1;
                if self.why.len() < REASONS && !self.why.contains(why) {
                    self.why.push(why.clone());
                }
            }
        }
    }
}

/// What is answered.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Told {
    headline: String,
    #[serde(flatten)]
    channels: Map<String, Value>,
    says: Vec<String>,
}

impl Told {
    pub(super) fn of(news: &News) -> Self {
        Self { headline: news.headline.clone(), channels: Map::new(), says: news.says.clone() }
    }

    pub(super) fn sent(&mut self, channel: Channel, tally: Tally) {
        self.channels.insert(channel.name().to_owned(), json!(tally));
    }

    pub(super) fn would(&mut self, channel: Channel, would: Value) {
        self.channels.insert(channel.name().to_owned(), would);
    }

    /// In a line, for the log of the Functions host.
    pub(crate) fn line(&self) -> String {
        let of =
            |name: &str, what: &str| self.channels.get(name).and_then(|all| all[what].as_u64()).unwrap_or(0);
        let channel = |name: &str| {
            format!(
                "{name}: {} sent, {} refused, {} unknown",
                of(name, "sent"),
                of(name, "refused"),
                of(name, "unknown")
            )
        };
        Channel::ALL.map(|one| channel(one.name())).join("; ")
    }
}
