//! The doors of a function: plain HTTP, and the invocation envelope of the Functions host, onto one [`Runner`](plan::Runner).
//!
//! ```no_run
//! # struct OnboardUser;
//! // src/main.rs of every function:
//! // fn main() -> std::process::ExitCode { host::serve::<OnboardUser>() }
//! ```
//!
//! HTTP functions are proxied by the Functions host, so that they see the caller's own request and can answer with any
//! status; timers come in an envelope, and should an HTTP function come in one too it is unwrapped and goes through the same
//! router (`docs/decisions/0003-proxied-http-enveloped-timers.md`).
//!
//! Nothing is fetched, parsed or connected before it is needed: `/` answers as soon as the port is open, also when the
//! configuration is wrong, which is then said in the answer to the first real call.

mod app;
mod asked;
mod body;
mod config;
mod envelope;
mod function;
mod here;
mod lines;
mod live;
mod notes;
mod problem;
mod reply;
mod reports;
mod routes;
mod runs;
mod serve;
mod telemetry;
mod tell;
mod timer;

pub use app::App;
pub use body::strict;
pub use config::{ConfigError, Limits, OpenVaults, held_or_named, key_vaults};
pub use function::{Does, Function, Note, Timer, Wrong};
pub use lines::JsonLines;
pub use notes::noted;
pub use reports::Untold;
pub use routes::router;
pub use serve::serve;
pub use tell::{Digest, News, Tells};
pub use timer::{Swept, Tick, sweep, tick};
