//! Objects as Exchange Online writes them: values with the companions that tell their types.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// One object of an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Row(Map<String, Value>);

impl Row {
    /// A text, a number, a switch or nothing.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Row {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn texts<T: Into<String>>(mut self, name: &str, values: impl IntoIterator<Item = T>) -> Row {
        self.0.insert(format!("{name}@odata.type"), json!("#Collection(String)"));
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        self.with(name, values)
    }

    pub(super) fn guid(mut self, name: &str, id: Uuid) -> Row {
        self.0.insert(format!("{name}@data.type"), json!("System.Guid"));
        self.0.insert(format!("{name}@odata.type"), json!("#Guid"));
        self.with(name, id.to_string())
    }

    /// A date; null where there is none.
    pub(super) fn date(mut self, name: &str, at_ms: Option<i64>) -> Row {
        let Some(at_ms) = at_ms else { return self.with(name, Value::Null) };
        self.0.insert(format!("{name}@data.type"), json!("System.DateTime"));
        self.with(name, date(at_ms))
    }

    /// The named values and their companions.
    pub(super) fn selected(mut self, select: Option<&[String]>) -> Value {
        if let Some(names) = select {
            self.0.retain(|name, _| {
                let bare = name.split_once('@').map_or(name.as_str(), |(bare, _)| bare);
                names.iter().any(|wanted| wanted.eq_ignore_ascii_case(bare))
            });
        }
        Value::Object(self.0)
    }
}

/// `2026-03-02T08:00:00.0000000+00:00`
fn date(at_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(at_ms).unwrap_or_default();
    moment.strftime("%Y-%m-%dT%H:%M:%S.0000000+00:00").to_string()
}

/// `3.322 KB (3,402 bytes)`
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let (mut scaled, mut unit) = (bytes as f64, 0);
    while scaled >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    // Four digits that count, without zeros at the end.
    let decimals = if scaled < 10.0 {
        3
    } else if scaled < 100.0 {
        2
    } else {
        usize::from(scaled < 1000.0)
    };
    let text = format!("{scaled:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {} ({} bytes)", UNITS[unit], grouped(bytes))
}

/// `53,687,091,200`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Reads `49.5GB`, `50 GB (53,687,091,200 bytes)` or a number of bytes.
pub(super) fn bytes(text: &str) -> Option<u64> {
    if let Some((_, inside)) = text.split_once('(') {
        return inside.strip_suffix(" bytes)")?.replace(',', "").parse().ok();
    }
    let text = text.trim().to_ascii_uppercase();
    let at =
        text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let power = ["B", "KB", "MB", "GB", "TB"].iter().position(|known| *known == unit.trim());
    let power = if unit.trim().is_empty() { 0 } else { i32::try_from(power?).ok()? };
    let scaled = number.parse::<f64>().ok()? * 1024_f64.powi(power);
    (scaled >= 0.0).then_some(scaled as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_the_way_the_service_writes_them() {
        let table = [
            (0, "0 B (0 bytes)"),
            (3_402, "3.322 KB (3,402 bytes)"),
            (106_300_440_576, "99 GB (106,300,440,576 bytes)"),
            (53_150_220_288, "49.5 GB (53,150,220,288 bytes)"),
        ];
        for (number, text) in table {
            assert_eq!(size(number), text);
            assert_eq!(bytes(text), Some(number));
        }
    }

    #[test]
    fn sizes_are_read_the_way_administrators_write_them() {
        let table = [
            ("49.5GB", Some(53_150_220_288)),
            ("50 gb", Some(53_687_091_200)),
            ("1024", Some(1_024)),
            ("many", None),
            ("5 apples", None),
        ];
        for (text, expected) in table {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
