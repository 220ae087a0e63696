//! What is told of a call, and what is not.

use std::cell::RefCell;
use std::io::Write;

use exchange::{Cmdlet, Exchange};
use serde_json::{Value, json};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;

use crate::mock::{client, done, empty, set, status, thrown};

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

/// Keeps what is told apart by thread, since each test has its own.
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All that is told while `work` runs, by us or by others, each with its name.
async fn captured(work: impl Future<Output = ()>) -> Vec<Value> {
    let lines = tracing_subscriber::fmt::layer().json().with_writer(|| Lines);
    // An error says that another test was first.
    let _ = tracing_subscriber::registry().with(lines).with(Names).try_init();
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

#[tokio::test(start_paused = true)]
async fn a_call_is_one_event_however_often_it_was_tried() {
    let events = captured(async {
        let (exchange, _) = client(|_, place| match place {
            0 => empty(status(429).header("retry-after", "7")),
            _ => done(),
        });
        exchange.send(set()).await.unwrap();
    })
    .await;
    let calls: Vec<_> = events.iter().filter(|event| event["name"] == "exchange.call").collect();
    let [call] = calls[..] else { panic!("{events:?}") };
    assert_eq!((&call["level"], &call["target"]), (&json!("DEBUG"), &json!("exchange::ask")));
    assert_eq!(
        call["fields"],
        json!({"message": "call ended", "outcome": "done", "status": 200, "attempts": 2, "wait_ms": 7000,
               "elapsed_ms": 7000})
    );
    assert_eq!(call["span"]["cmdlet"], "Set-Mailbox");
    assert_eq!(call["span"]["client_request_id"].as_str().map(str::len), Some(36));
    let closed: Vec<_> = events.iter().filter(|event| event["name"] == "gate.closed").collect();
    assert!(matches!(closed[..], [event] if event["fields"]["workload"] == "Exchange"), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_named() {
    let events = captured(async {
        let (exchange, _) = client(|_, place| match place {
            0 => thrown(400, "A.ServerBusyException", "AdeleV@contoso.com is busy."),
            _ => {
                thrown(404, "A.ManagementObjectNotFoundException", "'AdeleV@contoso.com' couldn't be found.")
            }
        });
        let cmdlet =
            Cmdlet::new("Set-Mailbox").identity("AdeleV@contoso.com").add("EmailAddresses", ["AdeleV"]);
        exchange.send(cmdlet).await.unwrap_err();
    })
    .await;
    let text = serde_json::to_string(&events).unwrap();
    assert!(text.contains("Set-Mailbox") && text.contains("refused"), "{text}");
    assert!(!text.contains("AdeleV") && !text.contains("not-a-secret"), "{text}");
}
