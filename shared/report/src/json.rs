//! A report as JSON: figures are numbers, what is unknown or not there is null, and each row names what of it is unknown.
//!
//! ```json
//! {"report": "licences", "title": "Licences", "at": "2026-03-02T08:00:00Z", "headline": "Buy one seat of Visio Plan 2",
//!  "incomplete": [{"says": "sign-ins could not be read", "help": "grant AuditLog.Read.All"}], "notes": [],
//!  "figures": [{"label": "Free", "value": 2, "urgency": "fine"}],
//!  "columns": [{"key": "free", "label": "Free", "kind": "number", "means": "seats left"}],
//!  "rows": [{"product": "Visio Plan 2", "free": -1, "inactive": null, "urgency": "act", "advice": "…", "unknown": ["inactive"]}]}
//! ```

use std::collections::BTreeMap;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::cell::{Cell, days_left};
use crate::table::{Head, Kind, Row, Rows};
use crate::{Card, Gap, Report, Timeline};

/// The whole report.
pub(crate) struct Document<'a>(pub(crate) &'a Report);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Report { name, title, at, headline, gaps, notes, cards, timeline, table } = self.0;
        let mut document = to.serialize_struct("Report", 10)?;
        document.serialize_field("report", name)?;
        document.serialize_field("title", title)?;
        document.serialize_field("at", at)?;
        document.serialize_field("headline", headline)?;
        document.serialize_field("incomplete", gaps)?;
        document.serialize_field("notes", notes)?;
        document.serialize_field("figures", cards)?;
        match timeline {
            Some(timeline) => document.serialize_field("timeline", timeline)?,
            None => document.skip_field("timeline")?,
        }
        document.serialize_field("columns", &table.heads)?;
        document.serialize_field("rows", &Lines(table))?;
        document.end()
    }
}

struct Lines<'a>(&'a Rows);

impl Serialize for Lines<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.rows.iter().map(|row| Line { heads: &self.0.heads, row }))
    }
}

struct Line<'a> {
    heads: &'a [Head],
    row: &'a Row,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let cells = || self.heads.iter().zip(&self.row.cells);
        let unknown = cells().filter(|(_, cell)| **cell == Cell::Unknown).map(|(head, _)| head.key);
        let mut line = to.serialize_map(None)?;
        cells().try_for_each(|(head, cell)| line.serialize_entry(head.key, cell))?;
        line.serialize_entry("urgency", self.row.urgency.name())?;
        line.serialize_entry("advice", &self.row.advice)?;
        line.serialize_entry("unknown", &unknown.collect::<Vec<_>>())?;
        line.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text),
            Self::Number(number) | Self::Days(number) => to.serialize_i64(*number),
            Self::Left(left) => to.serialize_i64(days_left(*left)),
            Self::Money(money) => to.serialize_f64(money.plain().parse().unwrap_or(f64::NAN)),
            Self::Date(date) => date.serialize(to),
            Self::YesNo(yes) => to.serialize_bool(*yes),
            Self::Unknown | Self::None => to.serialize_unit(),
        }
    }
}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut head = to.serialize_map(None)?;
        head.serialize_entry("key", self.key)?;
        head.serialize_entry("label", self.label)?;
        head.serialize_entry("kind", self.kind.name())?;
        if let Kind::Money(currency) = self.kind {
            head.serialize_entry("currency", &currency.to_string())?;
        }
        head.serialize_entry("means", self.means)?;
        head.end()
    }
}

impl Serialize for Card {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut card = to.serialize_map(None)?;
        card.serialize_entry("label", &self.label)?;
        card.serialize_entry("value", &self.value)?;
        if let Cell::Money(money) = self.value {
            card.serialize_entry("currency", &money.currency().to_string())?;
        }
        card.serialize_entry("urgency", self.urgency.name())?;
        if let Some(note) = &self.note {
            card.serialize_entry("note", note)?;
        }
        card.end()
    }
}

impl Serialize for Timeline {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let spans = self.spans.iter().map(|(label, amounts)| {
            let amounts = self.parts.iter().zip(amounts).map(|(part, amount)| (*part, *amount));
            json!({"label": label, "amounts": amounts.collect::<BTreeMap<_, _>>()})
        });
        let mut timeline = to.serialize_struct("Timeline", 2)?;
        timeline.serialize_field("title", &self.title)?;
        timeline.serialize_field("spans", &spans.collect::<Vec<_>>())?;
        timeline.end()
    }
}

impl Serialize for Gap {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut gap = to.serialize_map(None)?;
        gap.serialize_entry("says", &self.says)?;
        if let Some(help) = &self.help {
            gap.serialize_entry("help", help)?;
        }
        gap.end()
    }
}
