//! A mail to one person: everything of theirs that has crossed a threshold, the most urgent first, with what to do.

use std::collections::BTreeSet;

use host::Digest;

use super::super::facts::Place;
use super::super::tell::{self, Line};
use super::super::time::Crossed;
use super::whom::Person;

/// How many credentials a mail tells at the most.
const MOST: usize = 100;
/// How much of a name stands in a subject, in characters.
const NAME: usize = 60;
/// What expires within so many days is told apart.
const WEEK: i64 = 7;

/// The mail to a person.
pub(super) fn of(person: &Person<'_>, is_whole: bool) -> Digest {
    let lines: Vec<&Line<'_>> = person.lines.iter().map(|(line, _)| *line).collect();
    let subject = subject(&lines);
    let items: String = lines.iter().take(MOST).map(|line| item(line)).collect();
    let more = lines.len().saturating_sub(MOST);
    let more =
        if more > 0 { format!("<p>And {more} more, which the report tells.</p>") } else { String::new() };
    let broken = if is_whole { "" } else { "<p><b>Not everything could be read: there may be more.</b></p>" };
    let html = format!(
        "<!doctype html><html lang=\"en\"><body style=\"font-family:Segoe UI,Arial,sans-serif;font-size:15px;color:#1b1b1b;max-width:44em\">\
<p>{}.</p>{broken}<ul style=\"padding-left:1.2em\">{items}</ul>{more}\
<p style=\"color:#555\">You are told because you own these applications, or answer for them, and again when the next threshold is crossed. \
Who knows of a credential acknowledges it: then it rests until the day they name. Credentials are never sent by mail; nobody will ask you for one.</p>\
</body></html>",
        escaped(&subject)
    );
    let tells = person.lines.iter().map(|(_, news)| news.clone()).collect();
    Digest { to: person.address.clone(), tells, subject, html }
}

/// What the most urgent of them comes to, and those like it: "2 credentials of Payroll expire within 7 days".
fn subject(lines: &[&Line<'_>]) -> String {
    let Some(first) = lines.first().map(|line| kind(line)) else { return String::new() };
    let alike: Vec<&Line<'_>> = lines.iter().copied().filter(|line| kind(line) == first).collect();
    let rest = lines.len() - alike.len();
    let rest = if rest > 0 { format!(", and {rest} more to look at") } else { String::new() };
    format!("{} {}{rest}", credentials(&alike), becomes(&alike))
}

/// What is told together: what has expired, what does within a week, and what does later.
fn kind(line: &Line<'_>) -> u8 {
    match line.verdict.crossed {
        Some(Crossed::Expired(_)) => 0,
        Some(Crossed::Days(days)) if days <= WEEK => 1,
        _ => 2,
    }
}

fn credentials(lines: &[&Line<'_>]) -> String {
    let places: BTreeSet<_> = lines.iter().map(|line| (line.app.id, &line.app.name)).collect();
    let whose = match (places.len(), lines.first()) {
        (1, Some(line)) => one_line(&line.app.name),
        (number, _) if lines.iter().all(|line| line.app.place != Place::Vault) => {
            format!("{number} applications")
        }
        _ => "applications and key vaults".to_owned(),
    };
    match lines.len() {
        1 => format!("1 credential of {whose}"),
        number => format!("{number} credentials of {whose}"),
    }
}

fn becomes(lines: &[&Line<'_>]) -> String {
    let is_one = lines.len() == 1;
    let days = lines.iter().filter_map(|line| match line.verdict.crossed {
        Some(Crossed::Days(days)) => Some(days),
        _ => None,
    });
    match (days.max(), is_one) {
        (None, true) => "has expired".to_owned(),
        (None, false) => "have expired".to_owned(),
        (Some(days), _) => {
            let verb = if is_one { "expires" } else { "expire" };
            match days {
                0 => format!("{verb} today"),
                1 => format!("{verb} within a day"),
                days => format!("{verb} within {days} days"),
            }
        }
    }
}

/// A name that means harm does not begin a line of its own.
fn one_line(name: &str) -> String {
    let plain: String = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let short: String = plain.chars().take(NAME).collect();
    if short.len() < plain.len() { format!("{short}…") } else { short }
}

fn item(line: &Line<'_>) -> String {
    let name = escaped(&one_line(&line.app.name));
    let name = match tell::link(line) {
        Some(link) => format!("<a href=\"{}\">{name}</a>", escaped(&link)),
        None => name,
    };
    let kind = escaped(line.case.credential.kind.name());
    let called = tell::credential(line)
        .map(|called| format!(" “{}”", escaped(&one_line(&called))))
        .unwrap_or_default();
    let when = escaped(&tell::when(line));
    let advice = escaped(&line.verdict.advice);
    format!("<li style=\"margin-bottom:.8em\"><b>{name}</b>: {kind}{called} <b>{when}</b>.<br>{advice}</li>")
}

/// Text in HTML.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, letter| {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
        escaped
    })
}
