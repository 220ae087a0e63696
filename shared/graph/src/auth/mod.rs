//! Credentials and tokens.
/// A token could not be had.
#[derive(Debug, thiserror::Error)]
#[error("no token")]
pub struct AuthError;
