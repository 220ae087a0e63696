//! A request as it came in, body and all.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Limited};

/// The most a request may carry: Microsoft Graph refuses more than four megabytes, too.
const LARGEST: usize = 4 << 20;

/// A request that was read to its end.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Scheme and host the caller used, so that links lead back the same way.
    pub(crate) root: String,
}

impl Incoming {
    /// Reads a request; `None` where its body is too long or breaks off.
    pub(crate) async fn read(request: Request<Body>) -> Option<Incoming> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, LARGEST).collect().await.ok()?.to_bytes();
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        let host = host.or_else(|| parts.uri.authority().map(ToString::to_string));
        Some(Incoming {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            root: host
                .map_or_else(|| "https://graph.microsoft.com".to_owned(), |host| format!("http://{host}")),
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Path and query, as sent.
    pub(crate) fn address(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}
