//! Redirects, with the token, and therefore only to where it may go.
//!
//! Exchange Online sends calls on to the region where a tenant is. The HTTP client follows nothing by itself, since it
//! would take a token anywhere; here method, body and token are sent again to Exchange Online's own hosts, and the call
//! ends as an error that names any other. Nothing was done then: who sends us on has not done it.

use std::net::IpAddr;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use graph::stack::{Below, TransportError};
use http::header::LOCATION;
use http::{Request, Response};
use reqwest::Url;
use tower::{Service, ServiceExt};

/// How often a call is sent on at most.
const HOPS: usize = 2;

/// Exchange Online's own domains: worldwide, US Government, and China ("Microsoft 365 endpoints" of each cloud).
const DOMAINS: [&str; 5] = ["outlook.com", "office365.com", "office365.us", "outlook.cn", "office365.cn"];

/// Follows redirects.
#[derive(Clone)]
pub(crate) struct Follow<S>(S);

impl<S> Follow<S> {
    /// Follows what `inner` is redirected to.
    pub(crate) fn over(inner: S) -> Self {
        Self(inner)
    }
}

impl<S: Below> Service<Request<Bytes>> for Follow<S> {
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Bytes>) -> Self::Future {
        let inner = self.0.clone();
        Box::pin(async move {
            for hops_left in (0..=HOPS).rev() {
                let answer = inner.clone().oneshot(request.clone()).await?;
                let Some(place) = target(&request, &answer)? else { return Ok(answer) };
                if hops_left == 0 {
                    break;
                }
                *request.uri_mut() = place.as_str().parse().map_err(|_| astray(&place))?;
            }
            Err(TransportError::Astray("Exchange Online sends the call on and on".to_owned()))
        })
    }
}

/// Where an answer sends the request on to, if it does, and if it may go there.
fn target(request: &Request<Bytes>, answer: &Response<Bytes>) -> Result<Option<Url>, TransportError> {
    let Some(location) = answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection()) else {
        return Ok(None);
    };
    let nonsense = || TransportError::Astray("Exchange Online sent the call on to nowhere".to_owned());
    let here = Url::parse(&request.uri().to_string()).map_err(|_| nonsense())?;
    let there = location.to_str().ok().and_then(|text| here.join(text).ok()).ok_or_else(nonsense)?;
    let keeps_method = matches!(answer.status().as_u16(), 302 | 307 | 308);
    if keeps_method && may_go(&here, &there) { Ok(Some(there)) } else { Err(astray(&there)) }
}

/// On this machine, the offline tenant is asked, and nobody else.
fn may_go(here: &Url, there: &Url) -> bool {
    let names_nobody = there.username().is_empty() && there.password().is_none();
    names_nobody && if is_loopback(here) { is_loopback(there) } else { is_exchange(there) }
}

fn is_exchange(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    url.scheme() == "https" && url.port().is_none() && DOMAINS.into_iter().any(is_below)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn astray(url: &Url) -> TransportError {
    let host = url.host_str().unwrap_or("nowhere");
    TransportError::Astray(format!("Exchange Online sent the call on to {host}, where no token is taken"))
}
