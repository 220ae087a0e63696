//! Our tokens, as the SDK wants them.
//!
//! The SDK keeps the token that it was given and asks for another when that one is refused, but has no word for why it asks.
//! So whoever carries the requests says which token was refused, and the source does not hand it out again.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use graph::auth::{Audience, Token, TokenSource};

/// Tokens for key vaults.
pub(crate) struct Bearer {
    tokens: Arc<dyn TokenSource>,
    /// The one that was handed out last.
    last: Mutex<Option<Token>>,
}

impl Bearer {
    pub(crate) fn of(tokens: Arc<dyn TokenSource>) -> Self {
        Self { tokens, last: Mutex::default() }
    }

    /// Says that a vault answered 401 to this header.
    pub(crate) fn refused(&self, authorization: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let text = authorization.strip_prefix("Bearer ").unwrap_or_default();
        if let Some(token) = last.take_if(|token| token.text() == text) {
            self.tokens.refused(&Audience::KeyVault, &token);
        }
    }
}

#[async_trait]
impl TokenCredential for Bearer {
    /// Whatever scope the vault names: that it is one of its own is seen to by the SDK, and ours is the cloud's.
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let token = self.tokens.bearer(&Audience::KeyVault).await;
        let token = token.map_err(|error| Error::new(ErrorKind::Credential, error))?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(AccessToken::new(token.text().to_owned(), token.expires().into()))
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(..)")
    }
}
