//! Credentials and tokens, tried from outside: one program, a module per subject.

// Tells clippy that helpers, too, are test code and may unwrap.
#![cfg(test)]

mod credentials;
mod defects;
mod desk;
mod http;
mod tokens;
