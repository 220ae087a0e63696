//! The bearer token on every request; and when it is refused, one more try with a fresh one.
//!
//! A 401 proves that nothing was done, so this holds for writes and whole envelopes as well. A second 401 is passed on:
//! a token that is refused twice is no matter of time but of the identity, the cloud or the tenant.
//!
//! A 401 inside an envelope is not seen from here. Each answer therefore carries its [`Signature`], by which whoever opens
//! it can say that the token was refused, and send that item again.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode};
use tower::{Service, ServiceExt};

use super::{Below, TransportError};
use crate::auth::{Audience, AuthError, Token, TokenSource};

/// Adds the token for one audience.
#[derive(Clone)]
pub struct Auth<S> {
    inner: S,
    tokens: Arc<dyn TokenSource>,
    audience: Audience,
}

impl<S> Auth<S> {
    /// Signs everything that goes to `inner`, for Microsoft Graph.
    pub fn over(inner: S, tokens: Arc<dyn TokenSource>) -> Self {
        Self::for_audience(Audience::Graph, inner, tokens)
    }

    /// The same for somebody else.
    pub fn for_audience(audience: Audience, inner: S, tokens: Arc<dyn TokenSource>) -> Self {
        Self { inner, tokens, audience }
    }
}

/// Which token an answer was had with.
#[derive(Clone)]
pub(super) struct Signature {
    token: Token,
    tokens: Arc<dyn TokenSource>,
    audience: Audience,
}

impl Signature {
    /// Says that the token was not accepted after all: what is sent from now on has another.
    pub(super) fn refuse(&self) {
        self.tokens.refused(&self.audience, &self.token);
    }
}

impl<S: Below> Service<Request<Bytes>> for Auth<S> {
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let Self { inner, tokens, audience } = self.clone();
        Box::pin(async move {
            let mut token = bearer(&*tokens, &audience).await?;
            let mut answer = inner.clone().oneshot(signed(&request, &token)?).await?;
            if answer.status() == StatusCode::UNAUTHORIZED {
                tokens.refused(&audience, &token);
                let fresh = bearer(&*tokens, &audience).await?;
                if fresh.is_same_as(&token) {
                    return Ok(answer);
                }
                answer = inner.oneshot(signed(&request, &fresh)?).await?;
                token = fresh;
            }
            answer.extensions_mut().insert(Signature { token, tokens, audience });
            Ok(answer)
        })
    }
}

async fn bearer(tokens: &dyn TokenSource, audience: &Audience) -> Result<Token, TransportError> {
    tokens.bearer(audience).await.map_err(TransportError::NoToken)
}

fn signed(request: &Request<Bytes>, token: &Token) -> Result<Request<Bytes>, TransportError> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.text()))
        .map_err(|_| TransportError::NoToken(AuthError::failed("the token is not fit for a header")))?;
    value.set_sensitive(true);
    let mut request = request.clone();
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(request)
}
