//! Where the caller reached us, and so where it can look at a run.
//!
//! Behind the front end of Azure Functions the handler hears another host and scheme than the caller used; what the front
//! end says of them (`X-Forwarded-Host`, `X-Forwarded-Proto`) comes first, then the address itself, as an envelope gives
//! it, then `Host`. Without a scheme it is https, except on this machine: a function is never public over http.
//!
//! A caller who sent its function key as `code` gets it back in the address, since Logic Apps polls the address as it is
//! ("Asynchronous request-response pattern", Azure Logic Apps). A key that came in a header stays out of addresses, which
//! proxies log. So this holds a secret, and is never shown.

use http::uri::Authority;
use http::{HeaderMap, Uri};
use journal::RunKey;

/// Where the caller reached us.
pub(crate) struct Here {
    base: String,
    code: Option<String>,
}

impl Here {
    /// Reads address and headers of a call.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        Self { base: base(uri, headers), code: code(uri) }
    }

    /// Where to look at this run. Absolute, unless the caller did not even name a host.
    pub(crate) fn location(&self, run: &RunKey) -> String {
        let Self { base, code } = self;
        let code = code.as_ref().map(|code| format!("?code={code}")).unwrap_or_default();
        format!("{base}/api/{}/runs/{}{code}", run.task, run.run)
    }

    /// Where to ask the same again.
    pub(crate) fn again(&self, uri: &Uri) -> String {
        let path = uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
        format!("{}{path}", self.base)
    }
}

fn base(uri: &Uri, headers: &HeaderMap) -> String {
    let first = |name: &str| headers.get(name)?.to_str().ok()?.split(',').next().map(str::trim);
    let authority = |text: &str| text.parse::<Authority>().ok();
    let host = first("x-forwarded-host")
        .and_then(authority)
        .or_else(|| uri.authority().cloned())
        .or_else(|| first("host").and_then(authority));
    let Some(host) = host else { return String::new() };
    let scheme = first("x-forwarded-proto")
        .or(uri.scheme_str())
        .filter(|scheme| matches!(*scheme, "http" | "https"))
        .unwrap_or(if is_this_machine(&host) { "http" } else { "https" });
    format!("{scheme}://{host}")
}

fn is_this_machine(host: &Authority) -> bool {
    matches!(host.host(), "localhost" | "127.0.0.1" | "[::1]")
}

/// The caller's function key as it was written, if it stands in the address.
fn code(uri: &Uri) -> Option<String> {
    let code = uri.query()?.split('&').find_map(|option| option.strip_prefix("code="));
    code.filter(|code| !code.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use journal::{RunId, TaskName};

    use super::*;

    const RUN: &str = "0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47";

    type Headers<'a> = &'a [(&'static str, &'a str)];

    fn location(uri: &str, headers: Headers) -> String {
        let headers = headers.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        let run = RunKey { task: TaskName::of("greet"), run: RUN.parse::<RunId>().unwrap() };
        let location = Here::of(&uri.parse().unwrap(), &headers.collect()).location(&run);
        location.replace(&format!("/api/greet/runs/{RUN}"), " ")
    }

    #[test]
    fn a_run_is_looked_at_where_the_caller_reached_us() {
        let public = "contoso.azurewebsites.net";
        let table: [(&str, Headers, &str); 12] = [
            ("/api/greet", &[], " "),
            ("/api/greet", &[("host", "localhost:7071")], "http://localhost:7071 "),
            ("/api/greet", &[("host", "127.0.0.1:7071")], "http://127.0.0.1:7071 "),
            ("/api/greet", &[("host", public)], "https://contoso.azurewebsites.net "),
            (
                "/api/greet",
                &[("host", public), ("x-forwarded-proto", "http")],
                "http://contoso.azurewebsites.net ",
            ),
            (
                "/api/greet",
                &[("host", "10.0.0.4:8080"), ("x-forwarded-host", public), ("x-forwarded-proto", "https")],
                "https://contoso.azurewebsites.net ",
            ),
            (
                "/api/greet",
                &[("x-forwarded-host", "api.contoso.com, inner"), ("x-forwarded-proto", "https, http")],
                "https://api.contoso.com ",
            ),
            (
                "/api/greet",
                &[("host", public), ("x-forwarded-proto", "javascript")],
                "https://contoso.azurewebsites.net ",
            ),
            (
                "/api/greet",
                &[("host", public), ("x-forwarded-host", "a b/c")],
                "https://contoso.azurewebsites.net ",
            ),
            ("http://localhost:7071/api/greet", &[("host", "elsewhere")], "http://localhost:7071 "),
            ("https://contoso.azurewebsites.net/api/greet", &[], "https://contoso.azurewebsites.net "),
            (
                "http://contoso.azurewebsites.net/api/greet",
                &[("x-forwarded-proto", "https")],
                "https://contoso.azurewebsites.net ",
            ),
        ];
        for (uri, headers, expected) in table {
            assert_eq!(location(uri, headers), expected, "{uri} {headers:?}");
        }
    }

    #[test]
    fn a_key_in_the_address_is_given_back_as_it_was_written_and_one_in_a_header_is_not() {
        assert_eq!(location("/api/greet?whatIf=false&code=a%2Fb==", &[]), " ?code=a%2Fb==");
        assert_eq!(location("/api/greet?code=", &[]), " ");
        assert_eq!(location("/api/greet?decode=x", &[]), " ");
        assert_eq!(location("/api/greet", &[("x-functions-key", "a/b==")]), " ");
    }
}
