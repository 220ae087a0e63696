//! HTTP out of the process, or into another part of it, each attempt with its own time limit.
//!
//! What matters about a failure is whether the request may have arrived: a write that was *not sent* can be repeated, one
//! whose answer was *lost* cannot. In doubt it is lost.
//!
//! Microsoft asks for a new connection after a 503 ("Microsoft Graph throttling guidance"). This is not done: the HTTP
//! client hands out no connection to be retired, HTTP/2 has no `Connection: close`, and a second client would be a second
//! pool. The wait before the repetition usually outlasts what keeps a request on a bad front end.

use std::error::Error as StdError;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt, service_fn};

use super::ask::Ask;
use crate::auth::{AuthError, Http};
use crate::error::Error;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Why there is no HTTP answer. Cloning is cheap: every item of an envelope is told.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TransportError {
    /// It never reached the service: no name, no connection, no TLS. Nothing has changed.
    #[error("the request did not reach the service")]
    NotSent(#[source] Arc<dyn StdError + Send + Sync>),
    /// It was sent, and the connection broke or the time ran out. Nobody knows what the service did.
    #[error("the request was sent and no answer came")]
    Lost(#[source] Arc<dyn StdError + Send + Sync>),
    /// It was not sent for want of a token. The token source has tried more than once already.
    #[error(transparent)]
    NoToken(AuthError),
    /// It cannot be sent as it is.
    #[error("the address is not a valid one")]
    Malformed(#[source] Arc<dyn StdError + Send + Sync>),
    /// It was to go on to where we do not go. Nothing has changed.
    #[error("{0}")]
    Astray(String),
}

impl TransportError {
    /// It never reached the service.
    pub fn not_sent(source: impl Into<BoxError>) -> Self {
        Self::NotSent(Arc::from(source.into()))
    }

    /// It was sent, and no answer came.
    pub fn lost(source: impl Into<BoxError>) -> Self {
        Self::Lost(Arc::from(source.into()))
    }

    /// It cannot be sent as it is.
    pub fn malformed(source: http::Error) -> Self {
        Self::Malformed(Arc::new(source))
    }

    /// What it means for this request that no answer came.
    pub fn means_for<R: Ask>(self, request: &R) -> Error {
        match self {
            Self::NoToken(error) => Error::no_token(&R::SERVICE, error),
            Self::Malformed(_) => Error::failed("the request has no valid address", Some(self.into())),
            Self::Astray(why) => Error::failed(why, None),
            Self::NotSent(_) => {
                Error::unreachable(format!("{} was not reached", R::SERVICE), Some(self.into()))
            }
            Self::Lost(_) if request.is_safe() => {
                Error::unreachable(format!("{} did not answer", R::SERVICE), Some(self.into()))
            }
            Self::Lost(_) => {
                Error::unknown(format!("this was sent, and {} did not answer", R::SERVICE), Some(self.into()))
            }
        }
    }
}

/// Whatever carries an HTTP request to its answer below the calls: another layer, or a [`Wire`].
pub trait Below:
    Service<http::Request<Bytes>, Response = http::Response<Bytes>, Error = TransportError, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Below for S where
    S: Service<http::Request<Bytes>, Response = http::Response<Bytes>, Error = TransportError, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Whatever carries an HTTP request to its answer.
pub type Wire = BoxCloneSyncService<http::Request<Bytes>, http::Response<Bytes>, TransportError>;

/// The internet, through the one HTTP client of the process.
pub fn internet(http: Arc<Http>) -> Wire {
    Wire::new(service_fn(move |request| fetch(http.clone(), request)))
}

async fn fetch(
    http: Arc<Http>,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, TransportError> {
    let client = http.client().map_err(TransportError::not_sent)?;
    let request = reqwest::Request::try_from(request).map_err(broken)?;
    let answer: http::Response<reqwest::Body> = client.execute(request).await.map_err(broken)?.into();
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(TransportError::lost)?.to_bytes();
    Ok(http::Response::from_parts(head, body))
}

/// Only a connection that was never made proves that nothing was sent.
fn broken(error: reqwest::Error) -> TransportError {
    // The address may name somebody.
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        TransportError::not_sent(error)
    } else {
        TransportError::lost(error)
    }
}

/// An HTTP service of this process, such as an axum `Router`: no sockets, so that tests may pause the time.
pub fn in_process<S, A>(service: S) -> Wire
where
    S: Service<http::Request<Full<Bytes>>, Response = http::Response<A>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send,
    A: BodyExt<Data: Send, Error: Into<BoxError>> + Send,
{
    Wire::new(service_fn(move |request: http::Request<Bytes>| {
        let service = service.clone();
        async move {
            let answer = service.oneshot(request.map(Full::new)).await.map_err(TransportError::lost)?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(TransportError::lost)?.to_bytes();
            Ok(http::Response::from_parts(head, body))
        }
    }))
}

/// The lowest layer: a [`Wire`] and how long one attempt may take.
#[derive(Clone)]
pub struct Transport {
    wire: Wire,
    limit: Duration,
}

impl Transport {
    /// Gives up on an attempt, as lost, after `limit`.
    pub fn new(wire: Wire, limit: Duration) -> Self {
        Self { wire, limit }
    }
}

impl Service<http::Request<Bytes>> for Transport {
    type Response = http::Response<Bytes>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Bytes>) -> Self::Future {
        let (wire, limit) = (self.wire.clone(), self.limit);
        Box::pin(async move {
            let answer = tokio::time::timeout(limit, wire.oneshot(request)).await;
            answer.unwrap_or_else(|_| Err(TransportError::lost(format!("no answer within {limit:?}"))))
        })
    }
}
