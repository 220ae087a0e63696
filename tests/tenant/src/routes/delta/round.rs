//! Rounds of delta queries and the tokens that hold them together.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::refusal::{Refusal, bad_request, malformed};
use crate::routes::{Context, list};
use crate::state::Kind;
use crate::state::changes::TOKEN_MS;

/// One entry of a relation: the place of the relation among those of its kind, whether it holds, and with whom. In this order
/// they are told.
pub(super) type Related = (usize, bool, Uuid);

/// Where a page ended.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Place {
    /// The place of what was told last.
    pub(super) number: u64,
    /// The last of its relations that was told, where more of them follow.
    pub(super) within: Option<Related>,
}

impl Place {
    /// The place of what is told next, or of what comes after that.
    pub(super) fn first(&self) -> u64 {
        if self.within.is_some() { self.number } else { self.number + 1 }
    }
}

/// What a token stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    /// The collection whose changes it tells of.
    of: String,
    /// Which directory it is of.
    era: u64,
    /// The last change the caller knows of; none in the first round.
    pub(super) known: Option<u64>,
    /// The last change the caller knows of when the round is over.
    until: u64,
    /// Where the page before ended; none between rounds.
    pub(super) after: Option<Place>,
    issued_ms: i64,
    /// `$select` and `$filter` of the first request.
    pub(super) query: Vec<(String, String)>,
}

/// Whether the caller asks for nothing but a link to begin with.
pub(super) fn is_only_latest(context: &Context<'_>) -> bool {
    given(context, "$deltatoken").is_some_and(is_latest)
}

fn is_latest(token: &str) -> bool {
    token.eq_ignore_ascii_case("latest")
}

fn given<'a>(context: &'a Context<'_>, wanted: &str) -> Option<&'a str> {
    context.query.given.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

/// The round the request belongs to: a first one, the next, or one that goes on.
pub(super) fn of(context: &Context<'_>, kind: Kind) -> Result<Token, Refusal> {
    let until = context.directory.store.changes.known(context.directory.now_ms);
    let begun = given(context, "$deltatoken").filter(|token| !token.is_empty());
    match (given(context, "$skiptoken"), begun) {
        (Some(token), None) => read(context, kind, token).and_then(|token| page_token(token, true)),
        (None, Some(token)) if !is_latest(token) => {
            let last = read(context, kind, token).and_then(|token| page_token(token, false))?;
            Ok(Token { known: Some(last.until), until, ..last })
        }
        (Some(_), Some(_)) => Err(malformed("A request has either a $deltatoken or a $skiptoken.")),
        _ => Ok(Token {
            of: kind.collection().to_owned(),
            era: context.directory.era,
            known: None,
            until,
            after: None,
            issued_ms: 0,
            query: context.query.given.iter().filter(|(name, _)| name != "$deltatoken").cloned().collect(),
        }),
    }
}

/// Reads a token; other options cannot go with it, and it has to be one of this directory's and of this collection's, and
/// not too old.
fn read(context: &Context<'_>, kind: Kind, text: &str) -> Result<Token, Refusal> {
    if context.query.given.len() > 1 {
        return Err(malformed("Query options of a delta query are given in its first request alone."));
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unreadable())?;
    let token: Token = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
    if token.of != kind.collection() {
        return Err(unreadable());
    }
    let is_good = context.directory.now_ms - token.issued_ms <= TOKEN_MS;
    if is_good && token.era == context.directory.era { Ok(token) } else { Err(expired(context, &token)) }
}

/// Tokens of pages and tokens of rounds do not stand in for each other.
fn page_token(token: Token, is_page: bool) -> Result<Token, Refusal> {
    if token.after.is_some() == is_page { Ok(token) } else { Err(unreadable()) }
}

fn unreadable() -> Refusal {
    bad_request("Badly formed token.")
}

/// Everything has to be read again, from the address in `Location` on.
fn expired(context: &Context<'_>, token: &Token) -> Refusal {
    let message = "The sync state generation is not found. The delta token is expired and data must be synchronized again.";
    let encoded = |text: &str| utf8_percent_encode(text, list::QUERY_VALUE).to_string();
    let options: String =
        token.query.iter().map(|(name, value)| format!("{name}={}&", encoded(value))).collect();
    let mut refusal = Refusal::new(410, "syncStateNotFound", message);
    refusal.headers.push(("Location", format!("{}?{options}$deltatoken=", address(context))));
    refusal
}

fn address(context: &Context<'_>) -> String {
    format!("{}/v1.0{}", context.asked.root, context.asked.path)
}

/// The link to the next page, or the one the next round begins with.
pub(super) fn link(context: &Context<'_>, round: &Token, next: Option<Place>) -> (&'static str, String) {
    let (name, option) = match next {
        Some(_) => ("@odata.nextLink", "$skiptoken"),
        None => ("@odata.deltaLink", "$deltatoken"),
    };
    let token = Token { after: next, issued_ms: context.directory.now_ms, ..round.clone() };
    let token = URL_SAFE_NO_PAD.encode(json!(token).to_string());
    (name, format!("{}?{option}={token}", address(context)))
}
