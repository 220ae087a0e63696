//! What is heard of the handler: its stdout and stderr, line by line.
//!
//! stdout is Information. stderr is Error, or Warning where a line contains "warn"; with
//! `useStdErrorStreamForErrorsOnly` off it is Information unless a line sounds like an error.

use crate::log::{Level, Log};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

pub(crate) async fn read_stdout(pipe: impl AsyncRead + Unpin, log: Arc<Log>) {
    let mut lines = Lines::new(pipe);
    while let Some(line) = lines.next().await {
        log_console(&log, Level::Information, &line);
    }
}

/// Reads to the end and returns the last three error lines.
pub(crate) async fn read_stderr(
    pipe: impl AsyncRead + Unpin,
    log: Arc<Log>,
    errors_only: bool,
) -> VecDeque<String> {
    let mut last = VecDeque::new();
    let mut lines = Lines::new(pipe);
    while let Some(line) = lines.next().await {
        let level = stderr_level(&line, errors_only);
        log_console(&log, level, &line);
        if level == Level::Error && !line.is_empty() {
            if last.len() == 3 {
                last.pop_front();
            }
            last.push_back(line);
        }
    }
    last
}

fn stderr_level(line: &str, errors_only: bool) -> Level {
    let line = line.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    match () {
        () if has(&["warn"]) => Level::Warning,
        () if errors_only || has(&["error", "fail", "severe", "unhandled exception"]) => Level::Error,
        () => Level::Information,
    }
}

/// A line with this prefix goes to the platform's own logs, which users do not see.
fn log_console(log: &Log, level: Level, line: &str) {
    match line.strip_prefix("LanguageWorkerConsoleLog") {
        Some(text) => log.write(level, "Host.System", text),
        None => log.write(level, "Host.Function.Console", line),
    }
}

/// Lines of bytes that need not be UTF-8.
struct Lines<R>(BufReader<R>);

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(pipe: R) -> Self {
        Self(BufReader::new(pipe))
    }

    async fn next(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        match self.0.read_until(b'\n', &mut bytes).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    #[test]
    fn stderr_lines_get_the_hosts_levels() {
        let cases = [
            ("boom", true, Level::Error),
            ("WARNING: boom", true, Level::Warning),
            ("boom", false, Level::Information),
            ("it Failed", false, Level::Error),
        ];
        for (line, errors_only, expected) in cases {
            assert_eq!(stderr_level(line, errors_only), expected, "{line} {errors_only}");
        }
    }

    #[tokio::test]
    async fn console_lines_need_not_be_utf_8_and_the_last_three_errors_are_kept() {
        let log = Arc::new(Log::new("app", Arc::new(SystemClock), None));
        let text: &[u8] = b"one\ntwo\nwarned\nthree\r\nLanguageWorkerConsoleLog\xff four";
        let last = read_stderr(text, log.clone(), true).await;
        assert_eq!(Vec::from(last), ["two", "three", "LanguageWorkerConsoleLog\u{fffd} four"]);
        let hidden = log.lines().pop().unwrap();
        assert_eq!((hidden.category.as_str(), hidden.text.as_str()), ("Host.System", "\u{fffd} four"));
    }
}
