//! A faithful local Azure Functions host.
//!
//! Custom handlers are tested all too often against a host that is kinder than the real one. This one serves staged
//! function apps with the real host's manners: its envelopes and their double encoding, its reading of answers, its
//! two ways of passing HTTP requests on, its timers, queues, time limits and kills.
//!
//! ```no_run
//! # async fn example() -> Result<(), functions_host::Error> {
//! use functions_host::{App, Host, Options};
//!
//! let app = App::new("dist/onboard-user").with_setting("NIGHTLY_SCHEDULE", "0 0 2 * * *");
//! let host = Host::start(Options { apps: vec![app], ..Options::default() }).await?;
//! let url = host.url("onboard-user")?; // http://127.0.0.1:PORT/api/onboard-user, with host.key()
//! host.kill("onboard-user").await?; // SIGKILL, at any moment; the host starts it again
//! host.stop().await;
//! # drop(url); Ok(())
//! # }
//! ```
//!
//! It does not scale, has no bindings but HTTP, timer and storage queue, and no storage service: queues live in the
//! host itself, in memory or in a folder.

mod admin;
mod app;
mod client;
mod clock;
mod command;
mod config;
mod console;
mod cron;
mod dice;
mod dispatch;
mod envelope;
mod error;
mod forward;
mod front;
mod function_json;
mod headers;
mod host;
mod host_json;
mod invoke;
mod key;
mod listing;
mod log;
mod probe;
mod process;
mod proxy;
mod query;
mod queue;
mod queue_trigger;
mod quirks;
mod retry;
mod routes;
mod settings;
mod throttle;
mod timer;

pub use app::App;
pub use clock::{Clock, SystemClock, TokioClock};
pub use error::Error;
pub use host::{Host, Options};
pub use invoke::InvocationResult;
pub use listing::Listing;
pub use log::{Level, Line, Sink};
pub use probe::Probe;
pub use queue::Message;
pub use quirks::{Framing, Payload, Quirks};
