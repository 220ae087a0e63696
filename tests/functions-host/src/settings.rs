//! App settings: what an app finds in its environment, and what `%NAME%` stands for.
//!
//! Three layers, the later wins: `Values` of `local.settings.json`, the host's own environment, what the caller
//! of [`Host::start`](crate::Host::start) gives. That the environment beats the file is Core Tools' rule
//! ("Skipping '…' from local settings as it's already defined in current environment variables").

use crate::Error;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

#[derive(Debug, Clone, Default)]
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    pub(crate) fn new(local: BTreeMap<String, String>, given: &BTreeMap<String, String>) -> Self {
        let mut all = local;
        let inherited = std::env::vars_os().map(|(name, value)| (name.into_string(), value.into_string()));
        all.extend(inherited.filter_map(|(name, value)| Some((name.ok()?, value.ok()?))));
        all.extend(given.clone());
        all.entry("FUNCTIONS_WORKER_RUNTIME".into()).or_insert_with(|| "custom".into());
        Self(all)
    }

    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    /// The setting of that name; a name that differs only in case will do, as in .NET's configuration.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let exact = self.0.get(name);
        let found =
            exact.or_else(|| self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v));
        found.map(String::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter()
    }

    /// Replaces every `%NAME%`; an unknown name or a lone `%` is an error, as for binding properties.
    pub(crate) fn resolve(&self, text: &str) -> Result<String, String> {
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            let (name, after) =
                after.split_once('%').ok_or_else(|| format!("'{text}' lacks the closing '%'"))?;
            let value = self.get(name).ok_or_else(|| format!("'%{name}%' does not resolve to a value"))?;
            resolved.push_str(before);
            resolved.push_str(value);
            rest = after;
        }
        resolved.push_str(rest);
        Ok(resolved)
    }

    /// Replaces the `%NAME%` it knows and leaves the others, as for the command line.
    pub(crate) fn expand(&self, text: &str) -> String {
        let known = self.iter().filter(|(name, _)| text.contains(name.as_str()));
        known.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("%{name}%"), value))
    }
}

/// `Values` of `local.settings.json`; empty where there is no such file.
pub(crate) fn local(dir: &Path) -> Result<BTreeMap<String, String>, Error> {
    let path = dir.join("local.settings.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(unreadable(&path).caused_by(error)),
    };
    let file: Value = serde_json::from_str(&text).map_err(|error| unreadable(&path).caused_by(error))?;
    if file["IsEncrypted"] == true {
        return Err(Error::staging(format!(
            "{}: IsEncrypted must be false; encrypted settings are not supported",
            path.display()
        )));
    }
    let values = file["Values"].as_object().cloned().unwrap_or_default();
    values.into_iter().map(|(name, value)| Ok((name.clone(), text_value(&path, &name, value)?))).collect()
}

fn text_value(path: &Path, name: &str, value: Value) -> Result<String, Error> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Error::staging(format!(
            "{}: Values.{name} must be a string; app settings are text, so nested values and numbers need quotes",
            path.display()
        ))),
    }
}

fn unreadable(path: &Path) -> Error {
    Error::staging(format!("{} cannot be read as JSON", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binding_properties_name_settings_between_percent_signs() {
        let settings = Settings::of(&[("QUEUE", "jobs"), ("suffix", "eu")]);
        let cases = [
            ("plain", Ok("plain")),
            ("%QUEUE%", Ok("jobs")),
            ("%queue%-%SUFFIX%", Ok("jobs-eu")),
            ("%GONE%", Err("'%GONE%' does not resolve to a value")),
            ("50%", Err("'50%' lacks the closing '%'")),
        ];
        for (text, expected) in cases {
            let resolved = settings.resolve(text);
            assert_eq!(resolved.as_deref().map_err(String::as_str), expected, "{text}");
        }
    }

    #[test]
    fn the_command_line_leaves_unknown_names_for_later() {
        let settings = Settings::of(&[("MODE", "strict")]);
        assert_eq!(settings.expand("--mode %MODE% --port %PORT%"), "--mode strict --port %PORT%");
    }
}
