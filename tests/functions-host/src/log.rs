//! What an app and its host say, line by line, kept and passed on.
//!
//! The real host logs a handler's stdout as Information and its stderr as Error (Warning where the line contains
//! "warn"), category `Host.Function.Console`; `Logs` of an answer are Information under `Function.<name>.User`.
//! Only the latest lines are kept: this is a window for tests and for people, not a log store.

use crate::Clock;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::fmt::{self, Debug, Display};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How many lines of an app are kept.
const KEPT: usize = 10_000;

/// The severities that the host gives to lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Of interest to somebody who looks into the host itself.
    Debug,
    /// The ordinary.
    Information,
    /// A stderr line that contains "warn", or an event worth a look.
    Warning,
    /// A stderr line, a failed invocation, a handler that died.
    Error,
}

impl Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Debug => "Debug",
            Self::Information => "Information",
            Self::Warning => "Warning",
            Self::Error => "Error",
        })
    }
}

/// One line of an app's log.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it was logged.
    pub at: Timestamp,
    /// The app it belongs to.
    pub app: String,
    /// Its severity.
    pub level: Level,
    /// Where it comes from, in the host's own words: `Host.Function.Console`, `Function.<name>`,
    /// `Function.<name>.User` (the `Logs` of an answer), `Host.System` (not visible to users), `Host`.
    pub category: String,
    /// The text, without a line break at its end.
    pub text: String,
}

impl Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {:11} {}: {}", self.app, self.level, self.category, self.text)
    }
}

/// Where lines go besides being kept, for instance to a terminal.
pub type Sink = Arc<dyn Fn(&Line) + Send + Sync>;

pub(crate) struct Log {
    app: String,
    clock: Arc<dyn Clock>,
    sink: Option<Sink>,
    lines: Mutex<VecDeque<Line>>,
    written: watch::Sender<u64>,
}

impl Log {
    pub(crate) fn new(app: &str, clock: Arc<dyn Clock>, sink: Option<Sink>) -> Self {
        let (written, _) = watch::channel(0);
        Self { app: app.into(), clock, sink, lines: Mutex::default(), written }
    }

    pub(crate) fn write(&self, level: Level, category: impl Into<String>, text: impl Into<String>) {
        let line = Line {
            at: self.clock.now(),
            app: self.app.clone(),
            level,
            category: category.into(),
            text: text.into(),
        };
        if let Some(sink) = &self.sink {
            sink(&line);
        }
        self.keep(line);
        self.written.send_modify(|count| *count += 1);
    }

    pub(crate) fn host(&self, level: Level, text: impl Into<String>) {
        self.write(level, "Host", text);
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        locked(&self.lines).iter().cloned().collect()
    }

    /// The first kept line that contains `text`, waiting for it if need be.
    pub(crate) async fn line_with(&self, text: &str) -> Line {
        let mut written = self.written.subscribe();
        loop {
            written.mark_unchanged();
            if let Some(line) = locked(&self.lines).iter().find(|line| line.text.contains(text)) {
                return line.clone();
            }
            // The sender lives in `self`, so this cannot fail.
            let _ = written.changed().await;
        }
    }

    fn keep(&self, line: Line) {
        let mut lines = locked(&self.lines);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

impl Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("app", &self.app).finish_non_exhaustive()
    }
}

/// What the lock guards is always whole between two statements, so a panic elsewhere does not spoil it.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
