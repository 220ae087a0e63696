//! The way to Exchange Online, over a mock of what is below it and over the offline tenant. Time is paused: what waits here waits in virtual time.

#![expect(clippy::unwrap_used, reason = "a mock that panics fails its test")]

#[path = "../../../graph/tests/stack/captured.rs"]
mod captured;
mod follow;
mod gate;
mod mock;
mod pages;
mod retry;
mod share;
mod tenant;
mod trace;
mod wire;
