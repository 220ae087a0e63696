//! JSON the way Newtonsoft's Json.NET keeps and prints it: keys in their order, text that looks like a date taken
//! for one, and `ToString()` on everything.
//!
//! That is why a JSON message comes out of the host with other white space, and `"2026-01-01T10:00:00.000+02:00"`
//! as `"2026-01-01T08:00:00+00:00"`.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use std::fmt::{self, Write as _};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The field of exactly this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.fields().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The field of this name in any case; the last one wins.
    pub(crate) fn get_ignoring_case(&self, name: &str) -> Option<&Self> {
        self.fields().iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Object(fields) => fields,
            _ => &[],
        }
    }

    /// What .NET's `ToString()` makes of the value: text as it is (unless it looks like a date), `True`, indented
    /// JSON for objects and arrays, nothing for null.
    pub(crate) fn to_dotnet(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(true) => "True".into(),
            Self::Bool(false) => "False".into(),
            Self::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
                Some(float) => float.to_string(),
                None => number.to_string(),
            },
            Self::Text(text) => Date::parse(text).map_or_else(|| text.clone(), |date| date.invariant()),
            Self::Array(_) | Self::Object(_) => self.to_json(true),
        }
    }

    /// The value as JSON, indented by two or compact.
    pub(crate) fn to_json(&self, indented: bool) -> String {
        let mut out = String::new();
        self.write(&mut out, indented.then_some(0));
        out
    }

    fn write(&self, out: &mut String, depth: Option<usize>) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Text(text) => {
                out.push_str(&quoted(&Date::parse(text).map_or_else(|| text.clone(), |d| d.iso())))
            }
            Self::Array(items) => write_items(out, depth, ['[', ']'], items, |item, out, depth| {
                item.write(out, depth);
            }),
            Self::Object(fields) => {
                write_items(out, depth, ['{', '}'], fields, |(name, value), out, depth| {
                    out.push_str(&quoted(name));
                    out.push_str(if depth.is_some() { ": " } else { ":" });
                    value.write(out, depth);
                })
            }
        }
    }
}

fn write_items<T>(
    out: &mut String,
    depth: Option<usize>,
    [open, close]: [char; 2],
    items: &[T],
    write: impl Fn(&T, &mut String, Option<usize>),
) {
    out.push(open);
    let inner = depth.map(|depth| depth + 1);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        new_line(out, inner);
        write(item, out, inner);
    }
    if !items.is_empty() {
        new_line(out, depth);
    }
    out.push(close);
}

fn new_line(out: &mut String, depth: Option<usize>) {
    if let Some(depth) = depth {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

/// JSON text of a string; serde_json escapes what Json.NET escapes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Text that Json.NET takes for a date: `yyyy-MM-ddTHH:mm:ss`, perhaps with a fraction and an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Date {
    civil: DateTime,
    zone: Zone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Unspecified,
    Utc,
    /// An offset was given: the time is turned into the host's own, which is UTC.
    Local,
}

impl Date {
    fn parse(text: &str) -> Option<Self> {
        let shaped =
            (19..=40).contains(&text.len()) && text.is_ascii() && text.as_bytes().get(10) == Some(&b'T');
        if !shaped || !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (local, offset) = match text[19..].find(['Z', '+', '-']) {
            Some(at) => text.split_at(19 + at),
            None => (text, ""),
        };
        let civil: DateTime = local.parse().ok()?;
        match offset {
            "" => Some(Self { civil, zone: Zone::Unspecified }),
            "Z" => Some(Self { civil, zone: Zone::Utc }),
            _ => {
                let offset = jiff::fmt::temporal::DateTimeParser::new().parse_timestamp(text).ok()?;
                Some(Self { civil: Offset::UTC.to_datetime(offset), zone: Zone::Local })
            }
        }
    }

    fn iso(self) -> String {
        let mut text = self.civil.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let ticks = self.civil.subsec_nanosecond() / 100;
        if ticks > 0 {
            let _ = write!(text, ".{}", format!("{ticks:07}").trim_end_matches('0'));
        }
        text.push_str(match self.zone {
            Zone::Unspecified => "",
            Zone::Utc => "Z",
            Zone::Local => "+00:00",
        });
        text
    }

    fn invariant(self) -> String {
        self.civil.strftime("%m/%d/%Y %H:%M:%S").to_string()
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Node::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields: Vec<(String, Node)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Node>()? {
            match fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => fields.push((name, value)),
            }
        }
        Ok(Node::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_reprinted_in_its_own_order_and_indented() {
        let node = Node::parse(r#"{"b":1,"a":[true,null,{}],"c":1.50,"b":2}"#).unwrap();
        assert_eq!(
            node.to_json(true),
            "{\n  \"b\": 2,\n  \"a\": [\n    true,\n    null,\n    {}\n  ],\n  \"c\": 1.5\n}"
        );
        assert_eq!(node.to_json(false), r#"{"b":2,"a":[true,null,{}],"c":1.5}"#);
    }

    #[test]
    fn text_that_looks_like_a_date_is_reprinted_as_one() {
        let cases = [
            ("2026-01-01T10:00:00.000Z", "2026-01-01T10:00:00Z", "01/01/2026 10:00:00"),
            ("2026-01-01T10:00:00.1230+02:00", "2026-01-01T08:00:00.123+00:00", "01/01/2026 08:00:00"),
            ("2026-01-01T10:00:00", "2026-01-01T10:00:00", "01/01/2026 10:00:00"),
            ("2026-01-01", "2026-01-01", "2026-01-01"),
            ("2026-13-01T10:00:00Z", "2026-13-01T10:00:00Z", "2026-13-01T10:00:00Z"),
            ("onboard Adele at 10:00", "onboard Adele at 10:00", "onboard Adele at 10:00"),
        ];
        for (text, in_json, alone) in cases {
            let node = Node::Text(text.into());
            assert_eq!(node.to_json(false), format!("\"{in_json}\""));
            assert_eq!(node.to_dotnet(), alone);
        }
    }

    #[test]
    fn values_become_text_as_in_dotnet() {
        for (json, text) in [("true", "True"), ("1.0", "1"), ("42", "42"), ("null", ""), ("[]", "[]")] {
            assert_eq!(Node::parse(json).unwrap().to_dotnet(), text, "{json}");
        }
    }
}
