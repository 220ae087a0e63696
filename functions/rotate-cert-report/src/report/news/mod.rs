//! What people are told of the report: a mail to each who answers for what ends, a card for a channel, a document for programs.
//!
//! Who owns a credential that has crossed a threshold is written to, each of them once for everything that is theirs. Where no
//! owner can read mail (there is none, it is blocked, it has no address, it is an application) the administrators that the rules
//! name are, and if there are none, that is said. What somebody has acknowledged rests.
//!
//! It decides and words; that each message is sent once is [`host`]'s.

mod card;
mod digest;
mod whom;

use ::report::{Form, Report, Urgency};
use graph::auth::Settings;
use host::News;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::facts::Facts;
use super::rules::Rules;
use super::tell::{self, Line};

/// How many rows a program is told: those to act on.
const ROWS: usize = 200;

/// What there is to tell.
pub(crate) fn news(read: Result<&Value, &str>, at: Timestamp, settings: &Settings) -> News {
    read.and_then(|facts| {
        serde_json::from_value::<Facts>(facts.clone()).map_err(|_| "what was read cannot be read again")
    })
    .map_err(str::to_owned)
    .and_then(|facts| told(&facts, at, settings))
    .unwrap_or_else(|why| none(&why, at))
}

fn told(facts: &Facts, at: Timestamp, settings: &Settings) -> Result<News, String> {
    let rules = Rules::read(settings).map_err(|wrong| wrong.to_string())?;
    let cloud = super::cloud(settings).map_err(|wrong| wrong.to_string())?;
    let lines = tell::lines(facts, &rules, cloud, at);
    let report = tell::report(facts, &rules, cloud, at);
    let pressing: Vec<&Line<'_>> = lines.iter().filter(|line| is_news(line)).collect();
    let whom = whom::of(&pressing, &rules);
    let gaps = tell::gap_texts(facts);
    let headline = tell::headline(facts, &rules);
    let says = whom.says();
    Ok(News {
        digests: whom.people.iter().map(|person| digest::of(person, facts.is_whole())).collect(),
        card: card::of(&card::Told {
            headline: &headline,
            facts,
            lines: &lines,
            gaps: &gaps,
            says: &says,
            at,
        }),
        document: document(&report),
        is_whole: facts.is_whole(),
        headline,
        says,
    })
}

/// Whether somebody is to hear of it: a threshold is crossed, there is something to do, and nobody has said that they know.
fn is_news(line: &Line<'_>) -> bool {
    line.verdict.crossed.is_some()
        && line.verdict.urgency != Urgency::Fine
        && line.case.acknowledged.is_none()
}

/// There is no report, which is news too.
fn none(why: &str, at: Timestamp) -> News {
    let headline = "The report on credentials could not be made: nobody knows what expires".to_owned();
    let document = json!({"report": super::NAME, "at": at, "headline": headline, "incomplete": [{"says": why}], "rows": []});
    News {
        card: card::none(&headline, why, at),
        document,
        says: vec![why.to_owned()],
        headline,
        ..News::default()
    }
}

/// The report for a program, without its timeline and with the rows to act on alone.
fn document(report: &Report) -> Value {
    let text = report.write(Form::Json).unwrap_or_default();
    let mut document: Value = serde_json::from_str(&text).unwrap_or_default();
    if let Some(members) = document.as_object_mut() {
        members.remove("timeline");
        members.remove("columns");
    }
    if let Some(rows) = document["rows"].as_array_mut() {
        rows.retain(|row| row["urgency"] == "act");
        rows.truncate(ROWS);
    }
    document
}
