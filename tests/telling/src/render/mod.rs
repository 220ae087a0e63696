//! Requests, answers and transcripts as lines of text.

use std::fmt::Write;

use crate::world::Answer;
use serde_json::Value;

mod cmdlet;
mod report;
mod told;
mod trip;

pub(crate) use trip::{Trip, collapsed, single, together, transcript};

/// What stands first in a request, as a person would write it.
const FIRST: [&str; 6] = ["user", "employeeId", "givenName", "middleName", "surname", "userPrincipalName"];

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
    for name in ["location", "retry-after", "content-disposition"] {
        let value = answer.header(name);
        if !value.is_empty() {
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
    outcome(&mut text, answer.outcome());
    report::report(&mut text, body);
    told::told(&mut text, body);
    for told in answer.text.lines().filter(|_| body.is_null()) {
        line(&mut text, format_args!("   {told}"));
    }
    text
}

fn outcome(text: &mut String, outcome: &Value) {
    let Some(status) = outcome["status"].as_str() else { return };
    let run = outcome["run"].as_str().map(|run| format!(" {run}")).unwrap_or_default();
    let about = outcome["subject"]["name"].as_str().map(|name| format!(": {name}")).unwrap_or_default();
    line(text, format_args!("   {status}{run}{about}"));
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
    outcome["parts"].as_array().into_iter().flatten().for_each(|part| told_of(text, part));
    // To the minute: how long was waited for an answer before differs a little each time.
    if let Some((minute, _)) = outcome["goesOn"].as_str().and_then(|at| at.rsplit_once(':')) {
        line(text, format_args!("   goes on at {minute}"));
    }
}

/// What became of one subject of a sweep.
fn told_of(text: &mut String, part: &Value) {
    let mut told = String::new();
    outcome(&mut told, part);
    told.lines()
        .filter(|told| !told.contains(" planDigest "))
        .for_each(|told| line(text, format_args!("   {told}")));
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

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{line}");
}
