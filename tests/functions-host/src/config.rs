//! host.json the way .NET reads configuration: names in any case, numbers and booleans also as text, and every
//! key open to an override by an app setting such as `AzureFunctionsJobHost__customHandler__port`.
//!
//! Unknown keys are ignored, as the real host does; a known key with an impossible value is an error.

use crate::settings::Settings;
use serde_json::{Map, Value};
use std::time::Duration;

const OVERRIDE_PREFIX: &str = "AzureFunctionsJobHost";

/// A section of configuration, or nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    path: String,
    value: Value,
}

impl Config {
    pub(crate) fn new(value: Value) -> Self {
        Self { path: String::new(), value }
    }

    /// Lays the app settings that begin with `AzureFunctionsJobHost__` over the file.
    pub(crate) fn overridden_by(mut self, settings: &Settings) -> Self {
        for (name, value) in settings.iter() {
            let mut path = name.split("__").flat_map(|part| part.split(':'));
            if path.next().is_some_and(|first| first.eq_ignore_ascii_case(OVERRIDE_PREFIX)) {
                put(&mut self.value, &path.collect::<Vec<_>>(), value);
            }
        }
        self
    }

    pub(crate) fn section(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.into() } else { format!("{}.{name}", self.path) };
        Self { path, value: get(&self.value, name).cloned().unwrap_or_default() }
    }

    pub(crate) fn exists(&self) -> bool {
        !self.value.is_null()
    }

    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, String> {
        let field = self.section(name);
        match &field.value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Number(number) => Ok(Some(number.to_string())),
            Value::Bool(flag) => Ok(Some(flag.to_string())),
            Value::Array(_) | Value::Object(_) => Err(field.must_be("text")),
        }
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, String> {
        let Some(text) = self.text(name)? else { return Ok(default) };
        text.to_ascii_lowercase().parse().map_err(|_| self.section(name).must_be("true or false"))
    }

    pub(crate) fn whole(&self, name: &str) -> Result<Option<i64>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.section(name).must_be("a whole number"))
    }

    /// A count in `range`, else the default.
    pub(crate) fn count(
        &self,
        name: &str,
        default: usize,
        range: std::ops::RangeInclusive<usize>,
    ) -> Result<usize, String> {
        let Some(number) = self.whole(name)? else { return Ok(default) };
        let count = usize::try_from(number).ok().filter(|count| range.contains(count));
        count.ok_or_else(|| {
            self.section(name).must_be(&format!("a number from {} to {}", range.start(), range.end()))
        })
    }

    /// A span of time such as `00:05:00` or `1.00:00:00`; `None` inside means without end (a negative span).
    pub(crate) fn span(&self, name: &str) -> Result<Option<Option<Duration>>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        span(&text).map(Some).ok_or_else(|| self.section(name).must_be("a time span such as 00:05:00"))
    }

    /// A span of time that has an end.
    pub(crate) fn duration(&self, name: &str, default: Duration) -> Result<Duration, String> {
        match self.span(name)? {
            None => Ok(default),
            Some(Some(span)) => Ok(span),
            Some(None) => Err(self.section(name).must_be("a time span that is not negative")),
        }
    }

    /// A list of texts, given as such or as text that holds a JSON array.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let field = self.section(name);
        let value = match &field.value {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            other => other.clone(),
        };
        if value.is_null() && !field.exists() {
            return Ok(Vec::new());
        }
        serde_json::from_value(value).map_err(|_| field.must_be("an array of strings"))
    }

    pub(crate) fn must_be(&self, what: &str) -> String {
        format!("{} must be {what}, not {}", self.path, self.value)
    }
}

/// Reads `[-][d.]hh:mm:ss[.fff]` or a number of days; `Some(None)` is a negative span.
fn span(text: &str) -> Option<Option<Duration>> {
    if let Some(positive) = text.strip_prefix('-') {
        return span(positive).map(|_| None);
    }
    let (days, clock) = match text.split_once(':') {
        None => return Some(Some(Duration::from_secs(text.parse::<u64>().ok()? * 86_400))),
        Some((first, _)) => match first.split_once('.') {
            Some((days, _)) => (days.parse::<u64>().ok()?, &text[days.len() + 1..]),
            None => (0, text),
        },
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else { return None };
    let (hours, minutes) = (hours.parse::<u64>().ok()?, minutes.parse::<u64>().ok()?);
    let seconds = seconds.parse::<f64>().ok().filter(|seconds| (0.0..60.0).contains(seconds))?;
    (hours < 24 && minutes < 60).then(|| {
        let whole = Duration::from_secs(days * 86_400 + hours * 3_600 + minutes * 60);
        Some(whole + Duration::from_secs_f64(seconds))
    })
}

fn get<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn put(value: &mut Value, path: &[&str], text: &str) {
    let Some((first, rest)) = path.split_first() else {
        *value = Value::String(text.into());
        return;
    };
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    if let Some(fields) = value.as_object_mut() {
        let known = fields.keys().find(|key| key.eq_ignore_ascii_case(first)).cloned();
        put(fields.entry(known.unwrap_or_else(|| (*first).into())).or_insert(Value::Null), rest, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spans_are_written_as_dotnet_writes_them() {
        let cases = [
            ("00:00:30", Some(Some(30))),
            ("1.02:03:04", Some(Some(93_784))),
            ("2", Some(Some(172_800))),
            ("-1", Some(None)),
            ("-00:00:01", Some(None)),
            ("24:00:00", None),
            ("00:61:00", None),
            ("five", None),
        ];
        for (text, expected) in cases {
            let found = span(text).map(|span| span.map(|span| span.as_secs()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn an_app_setting_overrides_a_key_of_host_json_in_any_case() {
        let settings = Settings::of(&[
            ("AzureFunctionsJobHost__CustomHandler__EnableProxyingHttpRequest", "True"),
            ("AzureFunctionsJobHost:extensions:http:routePrefix", "v1"),
        ]);
        let file = json!({"customHandler": {"enableProxyingHttpRequest": false}});
        let config = Config::new(file).overridden_by(&settings);
        assert_eq!(config.section("customHandler").flag("enableProxyingHttpRequest", false), Ok(true));
        let http = config.section("extensions").section("http");
        assert_eq!(http.text("routePrefix"), Ok(Some("v1".into())));
    }

    #[test]
    fn arguments_may_be_text_that_holds_a_json_array() {
        let config = Config::new(json!({"arguments": r#"["--one", "two"]"#}));
        assert_eq!(config.texts("arguments"), Ok(vec!["--one".into(), "two".into()]));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_path() {
        let config = Config::new(json!({"queues": {"batchSize": 33}}));
        let error = config.section("queues").count("batchSize", 16, 1..=32);
        assert_eq!(error, Err("queues.batchSize must be a number from 1 to 32, not 33".into()));
    }
}
