//! The SDK's requests on our own wire: the one HTTP client of the process, or the offline tenant.
//!
//! It carries to key vaults and to the authority and nowhere else, wherever a link may lead. Where a setting says so, what
//! is for them goes to another address instead, with the name that it was for in `Host`. What comes back of an attempt says
//! whether anything may have happened: a request without a token, which is how the SDK asks a vault where its tokens come
//! from, has changed nothing whatever became of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{self, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};
use bytes::Bytes;
use graph::stack::{Transport, TransportError, Wire};
use http::StatusCode;
use http::header::{AUTHORIZATION, HOST};
use tower::ServiceExt;

use crate::bearer::Bearer;

/// One of the two services that are gone to.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its host's name, or what it ends in.
    pub(crate) host: String,
    /// Where it is asked instead, without a trailing slash.
    pub(crate) instead: Option<String>,
}

impl Place {
    fn has(&self, host: &str) -> bool {
        host == self.host || host.strip_suffix(&self.host).is_some_and(|rest| rest.ends_with('.'))
    }
}

/// Carries a request, and tells the tokens if one was refused.
pub(crate) struct Carrier {
    wire: Transport,
    vaults: Place,
    login: Place,
    bearer: Arc<Bearer>,
}

impl Carrier {
    pub(crate) fn over(
        wire: Wire,
        attempt: Duration,
        vaults: Place,
        login: Place,
        bearer: Arc<Bearer>,
    ) -> Self {
        Self { wire: Transport::new(wire, attempt), vaults, login, bearer }
    }

    async fn carry(&self, request: &Request) -> Result<http::Response<Bytes>, TransportError> {
        let host = request.url().host_str().filter(|_| request.url().scheme() == "https").unwrap_or_default();
        if self.login.has(host) {
            return self.wire.clone().oneshot(readdressed(request, host, &self.login)?).await;
        }
        if !self.vaults.has(host) {
            return Err(TransportError::Astray(format!("no key vault is at {}", request.url().authority())));
        }
        let answer = self.wire.clone().oneshot(readdressed(request, host, &self.vaults)?).await;
        match request.headers().get_optional_str(&headers::AUTHORIZATION) {
            None => unsigned(answer),
            Some(signature) => {
                if answer.as_ref().is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED) {
                    self.bearer.refused(signature);
                }
                answer
            }
        }
    }
}

/// The same request as HTTP, to where it goes.
fn readdressed(request: &Request, host: &str, place: &Place) -> Result<http::Request<Bytes>, TransportError> {
    let mut made = http::Request::builder().method(request.method().as_str()).uri(address(request, place));
    for (name, value) in request.headers().iter() {
        made = made.header(name.as_str(), value.as_str());
    }
    if place.instead.is_some() {
        made = made.header(HOST, host);
    }
    let mut made = made.body(body(request)?).map_err(TransportError::malformed)?;
    made.headers_mut().get_mut(AUTHORIZATION).into_iter().for_each(|value| value.set_sensitive(true));
    Ok(made)
}

fn address(request: &Request, place: &Place) -> String {
    match &place.instead {
        None => request.url().to_string(),
        Some(instead) => format!("{instead}{}", request.path_and_query()),
    }
}

/// Nothing that we send is a stream.
fn body(request: &Request) -> Result<Bytes, TransportError> {
    match request.body() {
        Body::Bytes(bytes) => Ok(bytes.clone()),
        Body::SeekableStream(_) => Err(TransportError::not_sent("a stream cannot be sent")),
    }
}

/// What became of a request that nobody had signed, which therefore changed nothing.
fn unsigned(
    answer: Result<http::Response<Bytes>, TransportError>,
) -> Result<http::Response<Bytes>, TransportError> {
    match answer {
        Ok(answer) if matches!(answer.status().as_u16(), 500 | 502 | 504) => {
            Err(TransportError::not_sent(format!("it failed with {} before it was sent", answer.status())))
        }
        Err(TransportError::Lost(source)) => Err(TransportError::NotSent(source)),
        answer => answer,
    }
}

#[async_trait]
impl HttpClient for Carrier {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.carry(request).await.map_err(|error| Error::new(ErrorKind::Io, error))?;
        let (head, body) = answer.into_parts();
        let mut headers = Headers::new();
        for (name, value) in
            head.headers.iter().filter_map(|(name, value)| Some((name, value.to_str().ok()?)))
        {
            headers.insert(name.as_str().to_owned(), value.to_owned());
        }
        Ok(AsyncRawResponse::from_bytes(head.status.as_u16().into(), headers, body))
    }
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier")
            .field("vaults", &self.vaults)
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}
