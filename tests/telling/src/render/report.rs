//! A report as lines of text: what it says at its top, then each row with its figures.

use serde_json::Value;

use super::{line, word};

pub(super) fn report(text: &mut String, report: &Value) {
    let Some(name) = report["report"].as_str().filter(|_| report["rows"].is_array()) else { return };
    line(text, format_args!("   {name}: {}", word(&report["headline"])));
    for gap in list(report, "incomplete") {
        let help = gap["help"].as_str().map(|help| format!(" {help}")).unwrap_or_default();
        line(text, format_args!("   incomplete: {}{help}", word(&gap["says"])));
    }
    list(report, "notes").for_each(|note| line(text, format_args!("   note: {}", word(note))));
    for card in list(report, "figures") {
        let currency = card["currency"].as_str().map(|currency| format!("{currency} ")).unwrap_or_default();
        let note = card["note"].as_str().map(|note| format!(" ({note})")).unwrap_or_default();
        line(text, format_args!("   {}: {currency}{}{note}", word(&card["label"]), word(&card["value"])));
    }
    list(report, "rows").for_each(|told| row(text, report, told));
}

/// The first column, then every figure that there is.
fn row(text: &mut String, report: &Value, row: &Value) {
    let columns: Vec<&Value> = list(report, "columns").collect();
    let about = columns.first().map(|column| word(&row[word(&column["key"])])).unwrap_or_default();
    let figures = columns.iter().filter(|column| column["kind"] != "text").filter_map(|column| {
        let key = word(&column["key"]);
        let is_unknown = list(row, "unknown").any(|unknown| *unknown == column["key"]);
        match &row[&key] {
            Value::Null if is_unknown => Some(format!("{key} unknown")),
            Value::Null => None,
            value => Some(format!("{key} {}", word(value))),
        }
    });
    line(
        text,
        format_args!("   {:<5} {about}: {}", word(&row["urgency"]), figures.collect::<Vec<_>>().join(", ")),
    );
    if let Some(advice) = row["advice"].as_str().filter(|advice| !advice.is_empty()) {
        line(text, format_args!("         {advice}"));
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}
