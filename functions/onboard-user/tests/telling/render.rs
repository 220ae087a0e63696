//! Requests, answers and transcripts as lines of text.

use std::fmt::Write;

use serde_json::Value;
use tenant::Entry;

use crate::support::Answer;

/// What stands first in a request, as a person would write it.
const FIRST: [&str; 5] = ["employeeId", "givenName", "middleName", "surname", "userPrincipalName"];

/// What is asked of the function.
pub(crate) fn asked(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
    is_same: bool,
) -> String {
    let mut text = format!("{method} {path}\n");
    for (name, value) in headers {
        line(&mut text, format_args!("{name}: {value}"));
    }
    match body {
        Some(_) if is_same => text.push_str("(the same body)\n"),
        Some(body) => json(&mut text, body),
        None => {}
    }
    text
}

/// A JSON object, a member to a line.
fn json(text: &mut String, body: &Value) {
    let mut members: Vec<_> = body.as_object().into_iter().flatten().collect();
    members.sort_by_key(|(name, _)| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("  \"{name}\": {}", airy(value))).collect();
    line(text, format_args!("{{\n{}\n}}", members.join(",\n")));
}

/// JSON in one line, with the spaces that a person would write.
fn airy(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::Array(items) => format!("[{}]", list(items.iter().map(airy).collect())),
        Value::Object(members) => {
            format!(
                "{{{}}}",
                list(members.iter().map(|(name, value)| format!("\"{name}\": {}", airy(value))).collect())
            )
        }
        value => value.to_string(),
    }
}

/// What the function answers.
pub(crate) fn answer(answer: &Answer) -> String {
    let body = &answer.body;
    let mut text = format!("=> {}", answer.status);
    for name in ["location", "retry-after"] {
        if let Some(value) = answer.headers.get(name).and_then(|value| value.to_str().ok()) {
            let _ = write!(text, ", {name}: {value}");
        }
    }
    text.push('\n');
    if let Some(kind) = body["type"].as_str() {
        line(
            &mut text,
            format_args!("   {}: {}", kind.rsplit(':').next().unwrap_or(kind), word(&body["title"])),
        );
    }
    if let Some(detail) = body["detail"].as_str() {
        line(&mut text, format_args!("   {detail}"));
    }
    for error in body["errors"].as_array().into_iter().flatten() {
        line(&mut text, format_args!("   {}: {}", word(&error["pointer"]), word(&error["detail"])));
    }
    for log in body["Logs"].as_array().into_iter().flatten() {
        line(&mut text, format_args!("   {}", word(log)));
    }
    outcome(&mut text, body.get("outcome").unwrap_or(body));
    text
}

fn outcome(text: &mut String, outcome: &Value) {
    let Some(status) = outcome["status"].as_str() else { return };
    let run = outcome["run"].as_str().map(|run| format!(" {run}")).unwrap_or_default();
    line(text, format_args!("   {status}{run}: {}", word(&outcome["subject"]["name"])));
    if let Some(digest) = outcome["planDigest"].as_str() {
        line(text, format_args!("   planDigest {digest}"));
    }
    outcome["changes"].as_array().into_iter().flatten().for_each(|made| change(text, made));
    for finding in outcome["findings"].as_array().into_iter().flatten() {
        let field = finding["field"].as_str().map(|field| format!(" at {field}")).unwrap_or_default();
        let (level, code) = (word(&finding["level"]), word(&finding["code"]));
        line(text, format_args!("   {level:<8} {code}{field}: {}", word(&finding["says"])));
    }
    for (name, label) in [("again", "again at"), ("credential", "credential")] {
        if let Some(value) = outcome[name].as_str() {
            line(text, format_args!("   {label} {value}"));
        }
    }
}

fn change(text: &mut String, change: &Value) {
    let forever = if change["undoable"] == false { " (cannot be undone)" } else { "" };
    line(text, format_args!("   {:<8} {}{forever}", word(&change["status"]), word(&change["says"])));
    let failure = &change["failure"];
    if failure.is_null() {
        return;
    }
    let code = failure["code"].as_str().map(|code| format!("{code}: ")).unwrap_or_default();
    line(text, format_args!("            {code}{}", word(&failure["message"])));
    for (name, label) in [("help", "what helps"), ("requestId", "request-id")] {
        if let Some(value) = failure[name].as_str() {
            line(text, format_args!("            {label}: {value}"));
        }
    }
}

/// What Microsoft Graph was asked: each round trip, and the items of each batch. Of reads the address, of writes the body
/// too.
pub(crate) fn transcript(entries: &[Entry]) -> Vec<Trip> {
    entries.iter().map(trip).collect()
}

/// One round trip.
#[derive(Clone)]
pub(crate) struct Trip {
    pub(crate) text: String,
    /// How many reads it was made of, if nothing else.
    pub(crate) reads: Option<usize>,
}

/// What is repeated for as long as there is patience is told once: how often that is, chance decides.
pub(crate) fn collapsed(trips: Vec<Trip>) -> Vec<Trip> {
    const OFTEN: usize = 4;
    let mut told: Vec<Trip> = Vec::new();
    for trip in &trips {
        let count = trips.iter().filter(|other| other.text == trip.text).count();
        if count < OFTEN {
            told.push(trip.clone());
        } else if told.iter().all(|before| !before.text.starts_with(&trip.text)) {
            let text = format!("{}   |   (again and again, until there is no time left)\n", trip.text);
            told.push(Trip { text, reads: None });
        }
    }
    told
}

fn trip(entry: &Entry) -> Trip {
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "   | {} {}{}",
            entry.method,
            address(&entry.path),
            came(entry.status, entry.code.as_deref())
        ),
    );
    body(&mut text, "   |   ", &entry.method, entry.body.as_ref());
    for item in &entry.items {
        let came = came(item.status, item.code.as_deref());
        line(&mut text, format_args!("   |   {} {}{came}", item.method, address(&item.url)));
        body(&mut text, "   |     ", &item.method, item.body.as_ref());
    }
    let reads = entry.items.iter().filter(|item| item.method == "GET").count();
    let only_reads = entry.method == "GET" || (!entry.items.is_empty() && reads == entry.items.len());
    Trip { text, reads: only_reads.then_some(reads.max(1)) }
}

fn came(status: u16, code: Option<&str>) -> String {
    match (status, code) {
        (0, _) => " => the connection is lost".to_owned(),
        (status, Some(code)) => format!(" => {status} {code}"),
        (status, None) => format!(" => {status}"),
    }
}

fn body(text: &mut String, indent: &str, method: &str, body: Option<&Value>) {
    if let Some(body) = body.filter(|_| method != "GET") {
        line(text, format_args!("{indent}{body}"));
    }
}

/// An address as a person writes it. Long lists of properties are cut short.
fn address(url: &str) -> String {
    let url =
        url.strip_prefix("/v1.0").unwrap_or(url).replace("%20", " ").replace("%40", "@").replace("%3D", "=");
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let option = |option: &str| match option.split_once('=') {
        Some(("$select", list)) if list.len() > 40 => "$select=..".to_owned(),
        _ => option.to_owned(),
    };
    let options: Vec<String> = query.split('&').filter(|text| !text.is_empty()).map(option).collect();
    if options.is_empty() { path.to_owned() } else { format!("{path}?{}", options.join("&")) }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{line}");
}
