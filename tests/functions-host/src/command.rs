//! The command line of the handler, put together as the real host does: arguments joined with spaces and split
//! again by double quotes, `%NAME%` expanded, and what is left between percent signs removed.

use crate::host_json::Description;
use crate::settings::Settings;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything that is needed to spawn the handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandlerCommand {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) working_directory: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) stderr_is_errors_only: bool,
}

impl HandlerCommand {
    pub(crate) fn new(root: &Path, description: &Description, settings: &Settings, port: u16) -> Self {
        let own = own_variables(root, port);
        let with_own = |text: String| {
            own.iter().fold(text, |text, (name, value)| text.replace(&format!("%{name}%"), value))
        };
        let line = without_unknown(&with_own(joined(description, settings)));
        let mut environment: BTreeMap<_, _> =
            settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let program = resolved(&description.worker_directory, &with_own(description.executable.clone()));
        environment.extend(own);
        Self {
            program,
            arguments: split(&line),
            working_directory: description.working_directory.clone(),
            environment,
            stderr_is_errors_only: description.stderr_is_errors_only,
        }
    }
}

/// The five variables of a custom handler, two of them under their old names.
fn own_variables(root: &Path, port: u16) -> Vec<(String, String)> {
    let worker = uuid::Uuid::new_v4().to_string();
    let own = [
        ("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string()),
        ("FUNCTIONS_HTTPWORKER_PORT", port.to_string()),
        ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", worker.clone()),
        ("FUNCTIONS_HTTPWORKER_ID", worker),
        ("FUNCTIONS_APP_ROOT_PATH", root.display().to_string()),
    ];
    own.map(|(name, value)| (name.to_owned(), value)).into()
}

fn joined(description: &Description, settings: &Settings) -> String {
    let expanded = |argument: &String| settings.expand(argument);
    let script = description.worker_path.iter().map(|path| format!("\"{path}\""));
    let before = description.arguments.iter().map(expanded);
    let after = description.worker_arguments.iter().map(expanded);
    before.chain(script).chain(after).collect::<Vec<_>>().join(" ")
}

/// A file below the worker directory, else a command to be found on PATH.
fn resolved(directory: &Path, executable: &str) -> PathBuf {
    let file = directory.join(executable);
    if file.is_file() { file } else { executable.into() }
}

/// Removes every `%…%`.
fn without_unknown(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('%') {
        kept.push_str(before);
        match after.split_once('%') {
            Some((name, after)) if !name.is_empty() => rest = after,
            _ => {
                kept.push('%');
                rest = after;
            }
        }
    }
    kept + rest
}

/// .NET's rules: white space separates, double quotes keep together, a backslash matters only before a quote.
fn split(line: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut current: Option<String> = None;
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'"') => {
                chars.next();
                current.get_or_insert_default().push('"');
            }
            '"' => {
                quoted = !quoted;
                current.get_or_insert_default();
            }
            c if c.is_whitespace() && !quoted => arguments.extend(current.take()),
            c => current.get_or_insert_default().push(c),
        }
    }
    arguments.extend(current);
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(arguments: &[&str]) -> HandlerCommand {
        let description = Description {
            executable: "handler".into(),
            worker_path: None,
            arguments: arguments.iter().map(|argument| (*argument).into()).collect(),
            worker_arguments: vec!["--last".into()],
            working_directory: "/app".into(),
            worker_directory: "/app".into(),
            stderr_is_errors_only: true,
        };
        let settings = Settings::of(&[("MODE", "very strict"), ("RATE", "5")]);
        HandlerCommand::new(Path::new("/app"), &description, &settings, 4711)
    }

    #[test]
    fn arguments_are_joined_with_spaces_expanded_and_split_again() {
        let cases: [(&[&str], &[&str]); 6] = [
            (&["--mode", "%MODE%"], &["--mode", "very", "strict"]),
            (&["\"%MODE%\""], &["very strict"]),
            (&["--port=%FUNCTIONS_CUSTOMHANDLER_PORT%"], &["--port=4711"]),
            (&["--gone=%GONE%"], &["--gone="]),
            (&["100% sure"], &["100%", "sure"]),
            (&[r#"say=\"hi\""#, "\"\""], &[r#"say="hi""#, ""]),
        ];
        for (given, expected) in cases {
            let mut expected = expected.to_vec();
            expected.push("--last");
            assert_eq!(command(given).arguments, expected, "{given:?}");
        }
    }

    #[test]
    fn the_handler_finds_five_variables_and_all_settings() {
        let environment = command(&[]).environment;
        let found = |name: &str| environment[name].as_str();
        assert_eq!(found("FUNCTIONS_CUSTOMHANDLER_PORT"), "4711");
        assert_eq!(found("FUNCTIONS_HTTPWORKER_PORT"), "4711");
        assert_eq!(found("FUNCTIONS_CUSTOMHANDLER_WORKER_ID"), found("FUNCTIONS_HTTPWORKER_ID"));
        assert_eq!(found("FUNCTIONS_APP_ROOT_PATH"), "/app");
        assert_eq!(found("RATE"), "5");
    }

    #[test]
    fn an_executable_that_is_no_file_is_a_command() {
        assert_eq!(command(&[]).program, PathBuf::from("handler"));
    }
}
