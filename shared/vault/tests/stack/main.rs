//! All layers over a key vault and an authority by hand: what is sent, what is repeated, and what is told. Time is paused: what
//! waits here waits in virtual time.

#![expect(clippy::unwrap_used, reason = "a mock that panics fails its test")]

#[path = "../../../graph/tests/stack/captured.rs"]
mod captured;
mod carry;
mod mock;
mod proof;
mod requests;
mod retry;
mod settings;
mod sign_in;
mod tenant;
mod trace;
mod wire;
