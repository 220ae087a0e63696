//! A cmdlet as HTTP, and its answer.
//!
//! The shape is that of Microsoft's PowerShell module for Exchange Online. Only the headers that matter are sent: who is
//! asked for (the anchor, which routes the call to the tenant's servers), which cmdlet, and that the answer is wanted as
//! JSON.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use graph::stack::{Below, TransportError};
use graph::{Call, Error, Response, TenantId};
use http::StatusCode;
use http::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Url;
use serde_json::json;
use tower::{Service, ServiceExt};

use crate::client::Config;
use crate::cmdlet::Cmdlet;

/// The system mailbox to which calls of an application are routed.
const ANCHOR: &str = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";

/// The largest page there is.
const PAGE: &str = "odata.maxpagesize=1000";

/// So many seconds are not waited for; as a point in time they are long past.
const LEAST_POINT_IN_TIME: i64 = 1_000_000_000;

/// Where a tenant's Exchange Online is.
#[derive(Debug)]
pub(crate) struct Site {
    endpoint: String,
    tenant: TenantId,
}

impl Site {
    pub(crate) fn of(config: &Config) -> Self {
        Self { endpoint: config.endpoint.trim_end_matches('/').to_owned(), tenant: config.tenant }
    }

    fn request(&self, call: &Call<Cmdlet>) -> Result<http::Request<Bytes>, TransportError> {
        let cmdlet = &call.request;
        let body = json!({"CmdletInput": {"CmdletName": cmdlet.name(), "Parameters": cmdlet.parameters()}});
        http::Request::post(self.address(cmdlet)?)
            .header("accept", "application/json")
            .header("content-type", "application/json; charset=utf-8")
            .header("client-request-id", call.id.to_string())
            .header("prefer", PAGE)
            .header("x-anchormailbox", format!("APP:{ANCHOR}@{}", self.tenant))
            .header("x-cmdletname", cmdlet.name())
            .header("x-responseformat", "json")
            .body(Bytes::from(body.to_string()))
            .map_err(TransportError::malformed)
    }

    fn address(&self, cmdlet: &Cmdlet) -> Result<String, TransportError> {
        if let Some(link) = cmdlet.page() {
            return self
                .is_ours(link)
                .then(|| link.to_owned())
                .ok_or_else(|| TransportError::Astray("the next page would be on another host".to_owned()));
        }
        let select = match cmdlet.selected() {
            [] => String::new(),
            properties => format!("?$select={}", properties.join(",")),
        };
        Ok(format!("{}/adminapi/beta/{}/InvokeCommand{select}", self.endpoint, self.tenant))
    }

    /// Whether a link leads to the same host and port.
    fn is_ours(&self, link: &str) -> bool {
        let (Ok(here), Ok(there)) = (Url::parse(&self.endpoint), Url::parse(link)) else { return false };
        here.origin() == there.origin() && there.username().is_empty()
    }
}

/// Makes an HTTP request of a cmdlet.
#[derive(Clone)]
pub(crate) struct Invoke<S> {
    inner: S,
    site: Arc<Site>,
}

impl<S> Invoke<S> {
    pub(crate) fn over(inner: S, site: Arc<Site>) -> Self {
        Self { inner, site }
    }
}

impl<S: Below> Service<Call<Cmdlet>> for Invoke<S> {
    type Response = Response;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call<Cmdlet>) -> Self::Future {
        let Self { inner, site } = self.clone();
        Box::pin(async move {
            let answer = match site.request(&call) {
                Ok(request) => inner.oneshot(request).await,
                Err(error) => Err(error),
            };
            let mut answer = answer.map_err(|error| error.means_for(&call.request))?;
            say_when(&mut answer);
            Ok(Response::from_http(answer))
        })
    }
}

/// Where the service says only when the limit is lifted (`Rate-Limit-Reset`), it is told as what the layers above know.
fn say_when(answer: &mut http::Response<Bytes>) {
    let is_held = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&answer.status());
    if is_held
        && !answer.headers().contains_key(RETRY_AFTER)
        && let Some(seconds) = until_reset(answer.headers())
    {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// Seconds, or a point in time (as text, or in seconds since 1970), which is read against the answer's own date.
fn until_reset(headers: &HeaderMap) -> Option<u64> {
    let text = |name| headers.get(name)?.to_str().ok();
    let reset = text("rate-limit-reset")?.trim();
    let at = match reset.parse() {
        Ok(seconds) if seconds < LEAST_POINT_IN_TIME => return u64::try_from(seconds).ok(),
        Ok(seconds) => Timestamp::from_second(seconds).ok()?,
        Err(_) => reset.parse().ok()?,
    };
    let parser = rfc2822::DateTimeParser::new();
    let now = text(DATE.as_str()).and_then(|date| parser.parse_timestamp(date).ok());
    u64::try_from(at.duration_since(now.unwrap_or_else(Timestamp::now)).as_secs()).ok()
}
