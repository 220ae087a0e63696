//! What is told of a call while it runs. The tests of `exchange` keep it in the same way.

use std::cell::RefCell;
use std::io::Write;

use serde_json::Value;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static NAMES: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the names of events, which lines do not tell.
struct Names;

impl<S: Subscriber> Layer<S> for Names {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        NAMES.with_borrow_mut(|names| names.push(event.metadata().name()));
    }
}

/// Keeps what is told apart by thread, since each test has its own. One subscriber serves them all: `tracing` remembers
/// for each place in the code whether anybody listens, and would take one thread's word for all.
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The events that are told while `work` runs, by the crate under test or by others, each with its name.
pub(crate) async fn captured(work: impl Future<Output = ()>) -> Vec<Value> {
    let lines = tracing_subscriber::fmt::layer().json().with_writer(|| Lines);
    let subscriber = tracing_subscriber::registry().with(lines).with(Names);
    // An error says that another test was first.
    let _ = subscriber.try_init();
    LINES.take();
    NAMES.take();
    work.await;
    let text = String::from_utf8(LINES.take()).unwrap();
    let named = text.lines().zip(NAMES.take()).map(|(line, name)| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        event["name"] = name.into();
        event
    });
    named.collect()
}
