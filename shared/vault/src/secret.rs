//! A secret on its way from where it was made to where it is kept.
//!
//! It is never shown, written down or compared. What is sent of it is copied into a request's body, which is not wiped.

use std::fmt;

use zeroize::Zeroizing;

/// The text of a secret, which is overwritten in memory when the last copy of it goes.
///
/// ```
/// let secret = vault::SecretText::new("not-to-be-seen");
/// assert_eq!(format!("{secret:?}"), "SecretText(..)");
/// assert_eq!(secret.expose(), "not-to-be-seen");
/// ```
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// A secret from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}
