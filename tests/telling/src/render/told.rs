//! What became of messages to people.

use serde_json::Value;

use super::{line, word};

const CHANNELS: [&str; 3] = ["mails", "card", "callback"];

/// The counts of each channel that are not nought, what would be sent, and what is said besides.
pub(super) fn told(text: &mut String, body: &Value) {
    for (name, channel) in CHANNELS.iter().filter_map(|name| Some((name, body[*name].as_object()?))) {
        let counts = channel.iter().filter(|(_, count)| count.as_u64().is_some_and(|count| count > 0));
        let counts: Vec<String> = counts.map(|(what, count)| format!("{count} {what}")).collect();
        let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
        let would = channel.get("would").and_then(Value::as_array);
        line(text, format_args!("   {name}: {}", if would.is_some() { "would be sent" } else { &counts }));
        for message in would.into_iter().flatten() {
            let card = &message["attachments"][0]["content"]["body"][0]["text"];
            match message["to"].as_str() {
                Some(to) => line(text, format_args!("     {to}: {}", word(&message["subject"]))),
                None => line(text, format_args!("     {}", word(card))),
            }
        }
        for why in channel.get("why").and_then(Value::as_array).into_iter().flatten() {
            line(text, format_args!("     {}", word(why)));
        }
    }
    for says in body["says"].as_array().into_iter().flatten() {
        line(text, format_args!("   {}", word(says)));
    }
}
