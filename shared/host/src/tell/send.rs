//! Sending: a chunk is claimed, sent and settled, and then the next.
//!
//! Mails go through Microsoft Graph, whose client packs what is in flight into batches. A mailbox takes four requests at a time
//! (Microsoft Graph, "Throttling limits", Outlook) and sends 30 messages a minute ("Exchange Online limits").

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use graph::stack::{TransportError, Wire};
use graph::{Path, Request};
use http::header;
use journal::{PageName, TaskName};
use plan::Runner;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout};
use tower::ServiceExt;

use super::address::Address;
use super::answer::Tally;
use super::message::{Channel, Digest, Message, Parcel};
use super::trace::{Became, Claim, Trace};

/// How many are claimed at once.
const CHUNK: usize = 20;
/// How many are under way at once.
const AT_ONCE: usize = 4;
/// How much time a message takes of a mailbox that sends 30 a minute.
const PACE: Duration = Duration::from_secs(2);
/// How long a message may take, waiting included.
const LONGEST: Duration = Duration::from_secs(60);
/// How often a page is turned while others are first.
const TURNS: usize = 10;

/// What is needed to send.
pub(super) struct Post<'a> {
    pub(super) runner: &'a Runner,
    pub(super) web: Wire,
    pub(super) task: TaskName,
}

impl Post<'_> {
    /// Sends what is new of these messages of one channel.
    pub(super) async fn send(
        &self,
        channel: Channel,
        messages: Vec<Message>,
        is_whole: bool,
    ) -> Result<Tally, journal::Error> {
        let mut tally = Tally::default();
        if messages.is_empty() {
            return Ok(tally);
        }
        let (mut rest, mut is_first) = (messages.as_slice(), true);
        loop {
            let begun = Instant::now();
            let (claims, counted) = self.claim(channel, rest, is_first.then_some(is_whole), &tally).await?;
            tally = counted;
            let sent = claims.len();
            let became: Vec<(Vec<String>, Became)> =
                stream::iter(claims).map(|claim| self.carry(claim)).buffer_unordered(AT_ONCE).collect().await;
            became.iter().for_each(|(_, became)| tally.count(became));
            if sent > 0 {
                self.turn(channel, |trace| trace.settle(&became, self.now())).await?;
            }
            rest = &rest[rest.len() - std::mem::take(&mut tally.rest)..];
            if rest.is_empty() {
                return Ok(tally);
            }
            is_first = false;
            sleep_until(begun + PACE * u32::try_from(sent).unwrap_or(u32::MAX)).await;
        }
    }

    /// What would be sent now, to whom.
    pub(super) async fn preview(
        &self,
        channel: Channel,
        messages: Vec<Message>,
    ) -> Result<Value, journal::Error> {
        let page = self.runner.journal().page(&self.page(channel)?).await?;
        let (mut trace, mut tally) = (Trace::read(page.value), Tally::default());
        let claims = trace.claim(&messages, usize::MAX, self.now(), &mut tally);
        let would: Vec<Value> = claims.iter().map(|claim| shown(&claim.message)).collect();
        Ok(
            json!({"would": would, "before": tally.before, "elsewhere": tally.elsewhere, "unknown": tally.unknown,
                  "later": tally.later}),
        )
    }

    async fn claim(
        &self,
        channel: Channel,
        messages: &[Message],
        stock: Option<bool>,
        before: &Tally,
    ) -> Result<(Vec<Claim>, Tally), journal::Error> {
        self.turn(channel, |trace| {
            let (mut tally, now) = (before.clone(), self.now());
            if let Some(is_whole) = stock {
                trace.take_stock(channel, messages, is_whole, now);
            }
            (trace.claim(messages, CHUNK, now, &mut tally), tally)
        })
        .await
    }

    /// Turns the page of a channel, whoever else does; it is not written where nothing changes.
    async fn turn<T>(&self, channel: Channel, change: impl Fn(&mut Trace) -> T) -> Result<T, journal::Error> {
        let (journal, name) = (self.runner.journal(), self.page(channel)?);
        for _ in 0..TURNS {
            let seen = journal.page(&name).await?;
            let before = Trace::read(seen.value);
            let mut trace = before.clone();
            let result = change(&mut trace);
            if trace == before || journal.turn(&name, &seen.version, &trace.page()).await? {
                return Ok(result);
            }
        }
        Err(journal::Error::contended(&name))
    }

    fn page(&self, channel: Channel) -> Result<PageName, journal::Error> {
        PageName::new(format!("told/{}/{}", self.task, channel.name()))
    }

    fn now(&self) -> jiff::Timestamp {
        self.runner.tenant().clock.now()
    }

    async fn carry(&self, Claim { message, new }: Claim) -> (Vec<String>, Became) {
        let became = match &message.parcel {
            Parcel::Mail { from, digest } => self.mail(Path::user(from).then("sendMail"), digest).await,
            Parcel::Post { to, body } => self.post(to, body).await,
        };
        (new, became)
    }

    async fn mail(&self, path: Path, digest: &Digest) -> Became {
        let message = json!({
            "subject": digest.subject,
            "body": {"contentType": "HTML", "content": digest.html},
            "toRecipients": [{"emailAddress": {"address": digest.to}}],
        });
        let request = Request::post(path).body(json!({"message": message, "saveToSentItems": true}));
        match self.runner.tenant().graph.bulk().with_patience(LONGEST).send(request).await {
            Ok(_) => Became::Sent,
            Err(error) if error.is_unknown() => Became::Unknown,
            Err(error) => Became::Refused(reason(&error)),
        }
    }

    async fn post(&self, to: &Address, body: &Value) -> Became {
        if !to.leads_out().await {
            return Became::Refused("the address leads into a private network".to_owned());
        }
        let request = http::Request::post(to.uri().clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()));
        let Ok(request) = request else {
            return Became::Refused("the address is not a valid one".to_owned());
        };
        match timeout(LONGEST, self.web.clone().oneshot(request)).await {
            Ok(Ok(answer)) => answered(answer.status().as_u16()),
            Ok(Err(TransportError::Lost(_))) | Err(_) => Became::Unknown,
            Ok(Err(_)) => Became::Refused("the address was not reached".to_owned()),
        }
    }
}

/// A gateway that ran out of time does not know what became of it.
fn answered(status: u16) -> Became {
    match status {
        200..300 => Became::Sent,
        408 | 504 => Became::Unknown,
        _ => Became::Refused(format!("the address answered {status}")),
    }
}

/// Why a mail was refused: the words of the service may quote an address, its code does not.
fn reason(error: &graph::Error) -> String {
    match error.status() {
        Some(status) => format!("Microsoft Graph answered {status} {}", error.code()),
        None => "Microsoft Graph was not reached".to_owned(),
    }
}

fn shown(message: &Message) -> Value {
    match &message.parcel {
        Parcel::Mail { digest, .. } => {
            json!({"to": digest.to, "subject": digest.subject, "html": digest.html, "tells": digest.tells.len()})
        }
        Parcel::Post { body, .. } => body.clone(),
    }
}
