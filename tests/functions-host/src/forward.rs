//! `enableForwardingHttpRequest`: the request is taken apart and put together again.
//!
//! Path and method stay. The query is rebuilt, repeated names joined by a comma. All headers are copied, `Host` and
//! keys included, and the host's name is appended to `User-Agent`. A body needs a `Content-Length`: a chunked
//! request fails. The answer is passed on whatever its status, but only once it is complete.

use crate::client::{self, HOST_VERSION, INVOCATION_HEADER, VERSION_HEADER};
use crate::dispatch::{Dispatcher, header};
use crate::function_json::Function;
use crate::query;
use axum::body::Body;
use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, EXPECT,
    EXPIRES, HeaderName, LAST_MODIFIED, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use uuid::Uuid;

/// What .NET calls content headers: they are not copied, but for `Content-Type` and `Content-Length` of a body.
const LOST: [HeaderName; 6] =
    [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_RANGE, EXPIRES, LAST_MODIFIED];

impl Dispatcher {
    pub(crate) async fn forward(
        &self,
        function: &Function,
        request: Request<Body>,
    ) -> Result<Response<Body>, String> {
        let id = Uuid::new_v4();
        let forwarding = async {
            let live = self.handler.ready().await?;
            let request = rebuilt(self.handler.port, id, request)?;
            let response = client::send(&live.client, request).await?;
            let (mut head, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| client::in_full(&error))?.to_bytes();
            for name in [TRANSFER_ENCODING, CONNECTION, CONTENT_LENGTH] {
                head.headers.remove(name);
            }
            Ok(Response::from_parts(head, Body::from(body)))
        };
        self.attempt(function, id, forwarding).await
    }
}

fn rebuilt(port: u16, id: Uuid, request: Request<Body>) -> Result<Request<Body>, String> {
    let (head, body) = request.into_parts();
    let length = content_length(&head.headers);
    if length == 0 && head.headers.contains_key(TRANSFER_ENCODING) {
        return Err(
            "'Transfer-Encoding: chunked' header can not be used when content object is not specified."
                .into(),
        );
    }
    let query = query::rebuilt(&query::joined(head.uri.query()));
    let query = if query.is_empty() { query } else { format!("?{query}") };
    let mut forwarded = Request::new(if length > 0 { body } else { Body::empty() });
    *forwarded.method_mut() = head.method;
    *forwarded.uri_mut() = client::uri(port, &format!("{}{query}", head.uri.path()));
    *forwarded.headers_mut() = head.headers;
    change_headers(forwarded.headers_mut(), id, length);
    Ok(forwarded)
}

fn change_headers(headers: &mut HeaderMap, id: Uuid, length: u64) {
    for name in LOST {
        headers.remove(name);
    }
    headers.remove(EXPECT);
    if length == 0 {
        headers.remove(CONTENT_LENGTH);
        headers.remove(http::header::CONTENT_TYPE);
    }
    let host = format!("Azure-Functions-Host/{HOST_VERSION}");
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let agent = agent.map_or_else(|| host.clone(), |agent| format!("{agent} {host}"));
    headers.insert(USER_AGENT, header(agent));
    headers.insert(VERSION_HEADER, HeaderValue::from_static(HOST_VERSION));
    headers.insert(INVOCATION_HEADER, header(id.to_string()));
}

/// Zero where there is none.
pub(crate) fn content_length(headers: &HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(request: http::request::Builder) -> Result<Request<Body>, String> {
        rebuilt(4711, Uuid::nil(), request.body(Body::from("x")).unwrap())
    }

    #[test]
    fn the_request_is_rebuilt_with_its_losses() {
        let request = Request::put("/api/jobs/a%20b?tag=1&tag=2&code=secret")
            .header("host", "contoso.com")
            .header("user-agent", "curl/8")
            .header("content-length", "1")
            .header("content-type", "text/plain")
            .header("content-language", "en")
            .header("x-functions-key", "secret");
        let forwarded = forwarded(request).unwrap();
        assert_eq!(forwarded.method(), "PUT");
        assert_eq!(forwarded.uri(), "http://127.0.0.1:4711/api/jobs/a%20b?tag=1%2C2&code=secret");
        let seen = |name: &str| forwarded.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(seen("host"), Some("contoso.com"));
        assert_eq!(seen("user-agent"), Some(format!("curl/8 Azure-Functions-Host/{HOST_VERSION}").as_str()));
        assert_eq!(seen("content-type"), Some("text/plain"));
        assert_eq!(seen("content-language"), None);
        assert_eq!(seen("x-functions-key"), Some("secret"));
        assert_eq!(seen(INVOCATION_HEADER), Some(Uuid::nil().to_string().as_str()));
    }

    #[test]
    fn a_chunked_request_fails_with_the_words_of_dotnet() {
        let error = forwarded(Request::post("/api/jobs").header("transfer-encoding", "chunked")).unwrap_err();
        assert!(error.starts_with("'Transfer-Encoding: chunked' header can not be used"), "{error}");
    }
}
