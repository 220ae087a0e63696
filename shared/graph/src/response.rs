//! What Graph answered, alone or as one item of a batch: status, headers, body.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;

/// The longest wait that is believed.
const A_DAY: Duration = Duration::from_secs(86_400);
/// The most resource units that a single call is believed to have cost: the dearest one documented costs 5.
const DEAREST: f64 = 1_000.0;

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers; in a batch those of the item.
    pub headers: HeaderMap,
    /// The JSON body; `Null` where there is none, a string where it was not JSON.
    pub body: Value,
}

impl Response {
    /// An HTTP answer with its body read as JSON, as text where it is none, as `Null` where it is empty.
    pub fn from_http(answer: http::Response<Bytes>) -> Self {
        let (head, body) = answer.into_parts();
        let body = match serde_json::from_slice(&body) {
            Ok(json) => json,
            Err(_) if body.is_empty() => Value::Null,
            Err(_) => Value::String(String::from_utf8_lossy(&body).into_owned()),
        };
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// How long the service wants us to wait, from `Retry-After`: whole seconds, a decimal fraction, or an HTTP date
    /// (all three are seen in the field). A date is read against the answer's own `Date`, else against our clock. More
    /// than a day is taken for a day.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        match text.parse::<f64>() {
            Ok(seconds) if seconds.is_finite() => {
                Duration::try_from_secs_f64(seconds.min(A_DAY.as_secs_f64())).ok()
            }
            Ok(_) => None,
            Err(_) => Some(self.until(http_date(text)?).min(A_DAY)),
        }
    }

    /// What the call cost in resource units, where the service says (`x-ms-resource-unit`) and it can be.
    pub fn resource_units(&self) -> Option<f64> {
        self.number("x-ms-resource-unit").filter(|units| (0.0..=DEAREST).contains(units))
    }

    /// The share of the quota in use, 0.8 to 1.8, sent only above 0.8 (`x-ms-throttle-limit-percentage`).
    pub fn limit_percentage(&self) -> Option<f64> {
        self.number("x-ms-throttle-limit-percentage")
    }

    /// Graph's own id of this call, for a support case: the header, else what the error says.
    pub fn request_id(&self) -> Option<&str> {
        self.id("request-id")
    }

    /// Our own id of this call, as Graph repeats it.
    pub(crate) fn client_request_id(&self) -> Option<Uuid> {
        self.id("client-request-id")?.parse().ok()
    }

    fn id(&self, name: &str) -> Option<&str> {
        let error = &self.body["error"];
        self.header(name)
            .or_else(|| error["innerError"][name].as_str())
            .or_else(|| error["innererror"][name].as_str())
    }

    /// The body as a type of ours.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(&self.body).map_err(|source| Error::unreadable(self, source))
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A header as a number; what is not finite is none.
    fn number(&self, name: &str) -> Option<f64> {
        self.header(name)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    fn until(&self, date: Timestamp) -> Duration {
        let now = self.header("date").and_then(http_date).unwrap_or_else(Timestamp::now);
        Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO)
    }
}

/// An HTTP date (RFC 9110, IMF-fixdate), which RFC 2822 reads as well.
fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(headers: &[(&'static str, &'static str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect();
        Response { status: 429, headers, body: Value::Null }
    }

    #[test]
    fn retry_after_is_read_in_every_shape_seen() {
        let table = [
            ("10", Some(Duration::from_secs(10))),
            ("2.128", Some(Duration::from_millis(2128))),
            ("0", Some(Duration::ZERO)),
            ("Sat, 21 Nov 2026 10:00:07 GMT", Some(Duration::from_secs(7))),
            ("Sat, 21 Nov 2026 09:59:00 GMT", Some(Duration::ZERO)),
            ("soon", None),
            ("-1", None),
            ("inf", None),
            ("NaN", None),
            ("86401", Some(A_DAY)),
            ("9999999999999999999", Some(A_DAY)),
            ("1e300", Some(A_DAY)),
            ("Tue, 21 Nov 2028 10:00:00 GMT", Some(A_DAY)),
        ];
        for (text, wait) in table {
            let response = with(&[("retry-after", text), ("date", "Sat, 21 Nov 2026 10:00:00 GMT")]);
            assert_eq!(response.retry_after(), wait, "{text}");
        }
        assert_eq!(with(&[]).retry_after(), None);
    }

    #[test]
    fn throttling_headers_are_numbers_or_nothing() {
        let response = with(&[("x-ms-resource-unit", "3"), ("x-ms-throttle-limit-percentage", "0.92")]);
        assert_eq!(response.resource_units(), Some(3.0));
        assert_eq!(response.limit_percentage(), Some(0.92));
        for nonsense in ["x", "inf", "-inf", "NaN", "-1", "1e9"] {
            let response = with(&[("x-ms-resource-unit", nonsense)]);
            assert_eq!(response.resource_units(), None, "{nonsense}");
        }
        assert_eq!(with(&[("x-ms-throttle-limit-percentage", "inf")]).limit_percentage(), None);
    }
}
