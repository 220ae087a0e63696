//! A request as it came in, body and all.

use axum::body::Body;
use bytes::Bytes;
use http::request::Parts;
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
        let root = root(&parts);
        Some(Incoming {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            root,
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

/// A gateway in front tells the scheme in `X-Forwarded-Proto`, an absolute address has one; otherwise it is the
/// listener's. Whoever names no host at all is taken to mean Microsoft's.
fn root(parts: &Parts) -> String {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let host = header(header::HOST.as_str()).or_else(|| parts.uri.authority().map(|host| host.as_str()));
    let forwarded = header("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
    let scheme = forwarded.or_else(|| parts.uri.scheme_str()).unwrap_or("http");
    host.map_or_else(|| "https://graph.microsoft.com".to_owned(), |host| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_back_the_way_the_caller_came() {
        let table = [
            ("/v1.0/users", None, None, "https://graph.microsoft.com"),
            ("/v1.0/users", Some("127.0.0.1:80"), None, "http://127.0.0.1:80"),
            ("/v1.0/users", Some("tenant.contoso.com"), Some("https"), "https://tenant.contoso.com"),
            ("/v1.0/users", Some("tenant.contoso.com"), Some("gopher"), "http://tenant.contoso.com"),
            ("https://graph.microsoft.com/v1.0/users", None, None, "https://graph.microsoft.com"),
            ("http://127.0.0.1:80/v1.0/users", None, None, "http://127.0.0.1:80"),
        ];
        for (address, host, forwarded, expected) in table {
            let mut request = Request::get(address);
            for (name, value) in [("host", host), ("x-forwarded-proto", forwarded)] {
                request = value.into_iter().fold(request, |request, value| request.header(name, value));
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(root(&parts), expected, "{address} {host:?} {forwarded:?}");
        }
    }
}
