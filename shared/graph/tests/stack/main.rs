//! The layers of the stack, each over a mock of what is below it, and all of them together. Time is paused: what waits
//! here waits in virtual time.

#![expect(clippy::unwrap_used, reason = "a mock that panics fails its test")]

mod amend;
mod auth;
mod batch;
mod captured;
mod client;
mod cost;
mod gate;
mod in_order;
mod mock;
mod pages;
mod retry;
mod tenant;
mod trace;
mod transport;
