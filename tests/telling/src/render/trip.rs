//! What the services were asked: each round trip, and the items of each batch. Of reads the address, of writes the body too;
//! a cmdlet of Exchange Online as it is typed.

use serde_json::Value;
use tenant::{Entry, Item};

use super::{cmdlet, line};
use crate::wire::is_write;

/// One round trip.
#[derive(Clone)]
pub(crate) struct Trip {
    pub(crate) text: String,
    /// How many reads it was made of, if nothing else.
    pub(crate) reads: Option<usize>,
}

/// The round trips.
pub(crate) fn transcript(entries: &[Entry]) -> Vec<Trip> {
    entries.iter().filter(|entry| !is_challenge(entry)).map(trip).collect()
}

/// How the client of a key vault learns where its tokens are from.
fn is_challenge(entry: &Entry) -> bool {
    entry.vault.is_some() && entry.status == 401
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

/// What runs that go on at the same time ask: chance decides which of it travels together, so what is only read is told in
/// one piece and what is written in the next, without saying what was one round trip.
pub(crate) fn together(entries: &[Entry]) -> Vec<Trip> {
    let mut told: Vec<(bool, Vec<String>)> = Vec::new();
    for entry in entries.iter().filter(|entry| !is_challenge(entry)) {
        let whole = [Call::from(entry)];
        let items: Vec<Call<'_>> = entry.items.iter().map(Call::from).collect();
        for call in if items.is_empty() { whole.as_slice() } else { &items } {
            let mut text = String::new();
            call.tell(&mut text, "   | ");
            match told.last_mut().filter(|(writes, _)| *writes == call.writes()) {
                Some((_, texts)) => texts.push(text),
                None => told.push((call.writes(), vec![text])),
            }
        }
    }
    let trip = |(writes, mut texts): (bool, Vec<String>)| {
        let reads = (!writes).then_some(texts.len());
        texts.sort();
        Trip { text: texts.concat(), reads }
    };
    told.into_iter().map(trip).collect()
}

/// So many round trips of a single read each, which were told before.
pub(crate) fn single(reads: usize) -> String {
    match reads {
        0 => String::new(),
        1 => "   | (a read as before)\n".to_owned(),
        many => format!("   | ({many} reads as before, one by one)\n"),
    }
}

/// One request of a round trip, or within a batch.
struct Call<'a> {
    method: &'a str,
    vault: Option<&'a str>,
    url: &'a str,
    status: u16,
    code: Option<&'a str>,
    body: Option<&'a Value>,
}

impl<'a> From<&'a Entry> for Call<'a> {
    fn from(entry: &'a Entry) -> Self {
        let Entry { method, vault, path, status, code, body, .. } = entry;
        Self {
            method,
            vault: vault.as_deref(),
            url: path,
            status: *status,
            code: code.as_deref(),
            body: body.as_ref(),
        }
    }
}

impl<'a> From<&'a Item> for Call<'a> {
    fn from(item: &'a Item) -> Self {
        let Item { method, url, status, code, body, .. } = item;
        Self { method, vault: None, url, status: *status, code: code.as_deref(), body: body.as_ref() }
    }
}

impl Call<'_> {
    fn writes(&self) -> bool {
        is_write(self.method, self.body.unwrap_or(&Value::Null))
    }

    fn tell(&self, text: &mut String, indent: &str) {
        let came = self.came();
        if let Some(typed) = self.body.and_then(cmdlet::typed) {
            return line(text, format_args!("{indent}{typed}{came}"));
        }
        let vault = self.vault.unwrap_or_default();
        line(text, format_args!("{indent}{} {vault}{}{came}", self.method, address(self.url)));
        if let Some(body) = self.body.filter(|_| self.writes()) {
            line(text, format_args!("{indent}  {}", short(body)));
        }
    }

    fn came(&self) -> String {
        match (self.status, self.code) {
            (0, _) => " => the connection is lost".to_owned(),
            (status, Some(code)) => format!(" => {status} {code}"),
            (status, None) => format!(" => {status}"),
        }
    }
}

/// The body; a certificate, which nobody reads, is cut short.
fn short(body: &Value) -> Value {
    match body {
        Value::String(text) if is_base64(text) => Value::String(format!("{}..", &text[..12])),
        Value::Array(items) => items.iter().map(short).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), short(value))).collect(),
        other => other.clone(),
    }
}

fn is_base64(text: &str) -> bool {
    text.len() > 300 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

fn trip(entry: &Entry) -> Trip {
    let (whole, items): (Call<'_>, Vec<Call<'_>>) =
        (entry.into(), entry.items.iter().map(Call::from).collect());
    let mut text = String::new();
    whole.tell(&mut text, "   | ");
    items.iter().for_each(|item| item.tell(&mut text, "   |   "));
    let reads = items.iter().filter(|item| !item.writes()).count();
    let only_reads = if items.is_empty() { !whole.writes() } else { reads == items.len() };
    Trip { text, reads: only_reads.then_some(reads.max(1)) }
}

/// An address as a person writes it. Long lists of properties are cut short.
fn address(url: &str) -> String {
    let url =
        url.strip_prefix("/v1.0").unwrap_or(url).replace("%20", " ").replace("%40", "@").replace("%3D", "=");
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let option = |option: &str| match option.split_once('=') {
        Some(("$select", list)) if list.len() > 40 => "$select=..".to_owned(),
        Some((name @ ("$deltatoken" | "$skiptoken"), token)) if token.len() > 40 => format!("{name}=.."),
        _ => option.to_owned(),
    };
    let is_told = |text: &&str| !text.is_empty() && !text.starts_with("api-version=");
    let options: Vec<String> = query.split('&').filter(is_told).map(option).collect();
    if options.is_empty() { path.to_owned() } else { format!("{path}?{}", options.join("&")) }
}
