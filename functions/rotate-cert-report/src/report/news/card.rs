//! The card for a channel of Teams: the headline, the few numbers, the most urgent, and what could not be read.
//!
//! A text of a card may hold Markdown, so what comes from a tenant is taken for what it is and not for a link; and a message has
//! 28 KB at the most (Microsoft Teams, "Format cards"), so every text has a bound.

use ::report::Urgency;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::facts::Facts;
use super::super::tell::{self, Line};
use super::super::time::Status;
use super::is_news;

/// How many credentials it names.
const MOST: usize = 10;
/// How many gaps it tells.
const GAPS: usize = 6;
/// How long a name and a sentence may be, in characters.
const NAME: usize = 80;
const SENTENCE: usize = 280;

/// What a card is made of.
pub(super) struct Told<'a> {
    pub(super) headline: &'a str,
    pub(super) facts: &'a Facts,
    /// The credentials, the most urgent first.
    pub(super) lines: &'a [Line<'a>],
    pub(super) gaps: &'a [String],
    pub(super) says: &'a [String],
    pub(super) at: Timestamp,
}

/// The card.
pub(super) fn of(told: &Told<'_>) -> Value {
    let above = told.says.iter().chain(told.gaps);
    let warnings = above.take(GAPS).map(|says| warning(says));
    let urgent = told.lines.iter().filter(|line| is_news(line) && line.verdict.urgency == Urgency::Act);
    let mut body = vec![title(told.headline)];
    body.extend(warnings);
    body.push(json!({"type": "FactSet", "facts": facts(told.facts)}));
    body.extend(urgent.take(MOST).map(item));
    body.push(read_at(told.at));
    card(body)
}

/// The card that says why there is no report.
pub(super) fn none(headline: &str, why: &str, at: Timestamp) -> Value {
    card(vec![title(headline), warning(why), read_at(at)])
}

fn card(body: Vec<Value>) -> Value {
    let schema = "http://adaptivecards.io/schemas/adaptive-card.json";
    json!({"$schema": schema, "type": "AdaptiveCard", "version": "1.4", "msteams": {"width": "Full"}, "body": body})
}

fn title(text: &str) -> Value {
    json!({"type": "TextBlock", "text": plain(text, SENTENCE), "size": "Large", "weight": "Bolder", "wrap": true})
}

fn warning(text: &str) -> Value {
    json!({"type": "TextBlock", "text": plain(text, SENTENCE), "color": "Warning", "wrap": true})
}

fn read_at(at: Timestamp) -> Value {
    let text = format!("Read on {}", at.strftime("%-d %B %Y, %H:%M UTC"));
    json!({"type": "TextBlock", "text": text, "isSubtle": true, "wrap": true})
}

fn facts(facts: &Facts) -> Vec<Value> {
    let (counts, read) = (&facts.counts, &facts.read);
    let fact = |title: &str, value: i64| json!({"title": title, "value": value.to_string()});
    vec![
        fact("To act on", counts.act()),
        fact("Expired", counts.of(&[Status::Expired])),
        fact("Expire soon", counts.of(&[Status::Today, Status::Soon])),
        fact("Credentials", counts.all()),
        fact("Applications read", read.applications + read.enterprise),
        fact("Pages read", read.pages),
        fact("Not read", i64::try_from(facts.unread.len()).unwrap_or(i64::MAX)),
    ]
}

fn item(line: &Line<'_>) -> Value {
    let name = plain(&line.app.name, NAME);
    let name = match tell::link(line) {
        Some(link) => format!("[{name}]({link})"),
        None => name,
    };
    let kind = line.case.credential.kind.name();
    let text = format!("**{name}**: {kind} {}. {}", tell::when(line), plain(&line.verdict.advice, SENTENCE));
    json!({"type": "TextBlock", "text": text, "wrap": true, "separator": true})
}

/// A text that is nothing but text: what Markdown, or a template of a card, would read otherwise is escaped.
fn plain(text: &str, most: usize) -> String {
    let mut told = String::new();
    for (at, letter) in text.chars().enumerate() {
        if at == most {
            told.push('…');
            break;
        }
        match letter {
            letter if letter.is_control() => told.push(' '),
            '\\' | '*' | '_' | '[' | ']' | '`' | '~' | '#' | '<' | '>' | '|' => {
                told.push('\\');
                told.push(letter);
            }
            letter => told.push(letter),
        }
    }
    told
}
