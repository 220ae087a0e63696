//! All layers over a key vault and an authority by hand: what is sent, what is repeated, and what is told.

#[path = "../../../graph/tests/stack/captured.rs"]
mod captured;
mod carry;
mod mock;
mod requests;
mod retry;
mod sign_in;
mod trace;
