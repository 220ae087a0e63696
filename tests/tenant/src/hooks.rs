//! Addresses that are told: a channel of Teams, and whoever asked to be called back.
//!
//! `POST /hooks/teams/{id}` takes what the workflow "Post to a channel when a webhook request is received" takes, a message
//! with Adaptive Cards; `POST /hooks/callback/{id}` takes any JSON. What came is kept for whoever looks. Source: "Create
//! and send messages" (Microsoft Teams documentation), by which a message has at most 28 KB. The real workflow answers 202
//! before it looks at the message; that a wrong one is refused here is our own.

use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::written_exactly;
use crate::faults::{Drop, Trouble};
use crate::incoming::Incoming;
use crate::world::World;

const LARGEST: usize = 28 * 1_024;
const CARD: &str = "application/vnd.microsoft.card.adaptive";

/// What came to such an address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// When, by the tenant's clock.
    pub time: String,
    /// Below `/hooks/`, such as `teams/operations`.
    pub hook: String,
    /// The JSON that was sent.
    pub body: Value,
}

/// An answer: status and body, how late it is, and whether it is lost.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) delay_ms: u64,
    pub(crate) dropped: bool,
}

/// Takes what was sent, unless it does not do or a fault rule has it otherwise.
pub(crate) fn answer(world: &mut World, incoming: &Incoming, now_ms: i64) -> Answer {
    let text = String::from_utf8_lossy(&incoming.body);
    let trouble = world.faults.strike(&incoming.method, &incoming.path, &text).unwrap_or_default();
    let (status, body) = if trouble.prevents() { troubled(&trouble) } else { taken(world, incoming, now_ms) };
    Answer { status, body, delay_ms: trouble.delay_ms.unwrap_or(0), dropped: trouble.drop.is_some() }
}

fn troubled(trouble: &Trouble) -> (u16, Value) {
    let message = trouble.message.as_deref().unwrap_or("The server did not receive a response in time.");
    let code = trouble.code.as_deref().unwrap_or("UpstreamTrouble");
    let status = if trouble.drop == Some(Drop::Before) { 0 } else { trouble.status.unwrap_or(503) };
    (status, refused(code, message))
}

fn taken(world: &mut World, incoming: &Incoming, now_ms: i64) -> (u16, Value) {
    let hook = incoming.path.strip_prefix("/hooks/").unwrap_or_default();
    let Some((kind, name)) = hook.split_once('/').filter(|(_, name)| !name.is_empty()) else {
        return (404, refused("NotFound", "The hooks are 'teams/{id}' and 'callback/{id}'."));
    };
    if incoming.method != "POST" {
        return (405, refused("MethodNotAllowed", "A hook takes POST alone."));
    }
    let checked = match kind {
        "teams" => message(incoming),
        "callback" => json_of(incoming),
        _ => return (404, refused("NotFound", "The hooks are 'teams/{id}' and 'callback/{id}'.")),
    };
    match checked {
        Ok(body) => {
            world.hooks.push(Told { time: written_exactly(now_ms), hook: format!("{kind}/{name}"), body });
            (if kind == "teams" { 202 } else { 200 }, Value::Null)
        }
        Err((status, why)) => (status, refused("InvalidRequestContent", &why)),
    }
}

fn refused(code: &str, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}

type Wrong = (u16, String);

fn json_of(incoming: &Incoming) -> Result<Value, Wrong> {
    let is_json = |kind: &str| kind.to_ascii_lowercase().starts_with("application/json");
    if !incoming.header("content-type").is_some_and(is_json) {
        return Err((415, "The content type has to be application/json.".into()));
    }
    serde_json::from_slice(&incoming.body).map_err(|error| (400, format!("The body is no JSON: {error}.")))
}

/// `{"type": "message", "attachments": [{"contentType": "…card.adaptive", "content": {"type": "AdaptiveCard", …}}]}`
fn message(incoming: &Incoming) -> Result<Value, Wrong> {
    let body = json_of(incoming)?;
    if incoming.body.len() > LARGEST {
        return Err((413, "A message has at most 28 KB.".into()));
    }
    let wrong = |why: &str| Err((400, why.to_owned()));
    if body["type"] != "message" {
        return wrong("'type' has to be 'message'.");
    }
    let cards = body["attachments"].as_array().map(Vec::as_slice).unwrap_or_default();
    if cards.is_empty() {
        return wrong("'attachments' has to be a list of cards.");
    }
    for card in cards {
        let content = &card["content"];
        if card["contentType"] != CARD {
            return wrong("'contentType' of an attachment has to be that of an Adaptive Card.");
        }
        if content["type"] != "AdaptiveCard" || !content["version"].is_string() || !content["body"].is_array()
        {
            return wrong("'content' has to be an Adaptive Card with 'type', 'version' and 'body'.");
        }
    }
    Ok(body)
}
