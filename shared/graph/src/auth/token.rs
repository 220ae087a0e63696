//! A token, and the seam through which the rest of the crate asks for one.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;

use super::{Audience, AuthError};

/// A bearer token. Cheap to clone; never shown.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    text: String,
    expires: SystemTime,
}

impl Token {
    /// A token as it was issued.
    pub fn new(text: impl Into<String>, expires: SystemTime) -> Self {
        Self(Arc::new(Inner { text: text.into(), expires }))
    }

    /// The text to send after `Bearer `. It is a secret: mark the header as sensitive.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// When it stops being accepted, as told by whoever issued it.
    pub fn expires(&self) -> SystemTime {
        self.0.expires
    }

    /// Whether both came from the same answer. Two answers may carry the same text: the platform keeps tokens, too.
    pub fn is_same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires", &self.0.expires).finish_non_exhaustive()
    }
}

/// Whoever supplies tokens: [`Tokens`](super::Tokens) in production, [`FixedToken`] in tests that stay in the process.
pub trait TokenSource: Send + Sync {
    /// A token for this audience that is good for the next seconds.
    fn bearer<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>>;

    /// Says that the service answered 401 to this token, so that it is not handed out again.
    fn refused(&self, audience: &Audience, token: &Token);
}

/// The same token for every audience, for an hour at a time: for tests that want no identity endpoint.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), graph::auth::AuthError> {
/// use graph::auth::{Audience, FixedToken, TokenSource};
///
/// let source = FixedToken::new("not-a-secret");
/// assert_eq!(source.bearer(&Audience::Graph).await?.text(), "not-a-secret");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FixedToken(String);

impl FixedToken {
    /// A source that always answers with `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl TokenSource for FixedToken {
    fn bearer<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        let token = Token::new(self.0.clone(), SystemTime::now() + Duration::from_secs(3600));
        Box::pin(std::future::ready(Ok(token)))
    }

    fn refused(&self, _: &Audience, _: &Token) {}
}

impl fmt::Debug for FixedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedToken(..)")
    }
}
