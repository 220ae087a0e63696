//! Header names as the real host shows them: the known ones in their usual case, the others as they came.

use http::{HeaderMap, HeaderName};

/// Names that Kestrel knows and prints in this case.
const KNOWN: [&str; 28] = [
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "Expect",
    "From",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Unmodified-Since",
    "Origin",
    "Pragma",
    "Range",
    "Referer",
    "Transfer-Encoding",
    "User-Agent",
    "Upgrade",
    "Via",
];

/// The name in the case of the real host.
pub(crate) fn cased(name: &HeaderName) -> String {
    let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name.as_str()));
    known.map_or_else(|| name.as_str().into(), |known| (*known).into())
}

/// All values of a header, joined with a comma.
pub(crate) fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.collect::<Vec<_>>().join(",")
}
