//! `/users/{id}/sendMail`: a message is kept as sent, and delivered to nobody.
//!
//! Source: "user: sendMail" (API reference). Each call sends once more, as the real one does. Attachments are not known.

use serde_json::{Map, Value};

use super::{Context, Reply, Route, mailboxes, write};
use crate::refusal::{Refusal, unknown_here};
use crate::roles::SEND_MAIL;
use crate::state::{Moment, Sent};

pub(super) const ROUTES: &[Route] = &[write("POST", "/users/{}/sendMail", SEND_MAIL, send)];

const RECIPIENTS: [&str; 4] = ["toRecipients", "ccRecipients", "bccRecipients", "replyTo"];

fn send(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let from = mailboxes::seen(context)?.id;
    let body = context.body()?.clone();
    let member = |wanted: &str| {
        body.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let known = ["message", "saveToSentItems"];
    if let Some(name) = body.keys().find(|name| !known.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        return Err(mailboxes::body_refused(format!(
            "The parameter '{name}' in the request payload is not a valid parameter for the operation 'sendMail'."
        )));
    }
    let message = member("message").and_then(Value::as_object);
    let message = message.ok_or_else(|| mailboxes::body_refused("The parameter 'Message' is missing."))?;
    sound(message)?;
    let saved = match member("saveToSentItems") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(saved)) => *saved,
        Some(_) => return Err(mailboxes::wrong_type("SaveToSentItems", "Edm.Boolean")),
    };
    let sent = Sent {
        from,
        sent_date_time: Moment(context.directory.now_ms),
        saved_to_sent_items: saved,
        message: Value::Object(message.clone()),
    };
    context.directory.sent.push(sent);
    Ok(Reply { status: 202, ..Reply::no_content() })
}

/// Refuses a message that the service would not take.
fn sound(message: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in message.iter().filter(|(name, _)| !name.starts_with('@')) {
        match name.as_str() {
            "subject" if value.is_string() => {}
            "importance" if matches!(value.as_str(), Some("low" | "normal" | "high")) => {}
            "subject" | "importance" => return Err(mailboxes::wrong_type(name, "Edm.String")),
            "body" => content(value)?,
            "from" | "sender" => drop(address(value)?),
            name if RECIPIENTS.contains(&name) => {
                let all =
                    value.as_array().ok_or_else(|| mailboxes::wrong_type(name, "Collection(recipient)"))?;
                all.iter().try_for_each(|one| address(one).map(drop))?;
            }
            "attachments" | "internetMessageHeaders" | "categories" => {
                return Err(unknown_here(format!("'{name}' of a message")));
            }
            name => return Err(mailboxes::unknown_member(name, "message")),
        }
    }
    let mut recipients = RECIPIENTS[..3].iter().filter_map(|name| message.get(*name)?.as_array());
    if recipients.any(|list| !list.is_empty()) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "ErrorInvalidRecipients",
        "At least one recipient isn't valid., A message can't be sent because it contains no recipients.",
    ))
}

fn content(body: &Value) -> Result<(), Refusal> {
    let members =
        body.as_object().ok_or_else(|| mailboxes::wrong_type("body", "microsoft.graph.itemBody"))?;
    for (name, value) in members {
        let is_type = |text: &str| ["text", "html"].iter().any(|known| known.eq_ignore_ascii_case(text));
        match (name.as_str(), value.as_str()) {
            ("content", Some(_)) => {}
            ("contentType", Some(kind)) if is_type(kind) => {}
            ("content" | "contentType", _) => {
                return Err(mailboxes::wrong_type(name, "microsoft.graph.itemBody"));
            }
            _ => return Err(mailboxes::unknown_member(name, "itemBody")),
        }
    }
    Ok(())
}

/// `{"emailAddress": {"address": "...", "name": "..."}}`
fn address(recipient: &Value) -> Result<&str, Refusal> {
    let given = recipient["emailAddress"]["address"].as_str().filter(|text| text.contains('@'));
    given.ok_or_else(|| {
        Refusal::new(
            400,
            "ErrorInvalidRecipients",
            "At least one recipient isn't valid., Recipient address is missing or not valid.",
        )
    })
}
