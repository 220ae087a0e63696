//! What the token endpoint says when it refuses, in the words of Microsoft Entra ID.
//!
//! Texts are from answers of the real service in public issues and test fixtures; the README says which are not.

use serde_json::json;

use super::Told;
use crate::clock::written;
use crate::world::World;

/// A refusal of the token endpoint.
#[derive(Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) error: &'static str,
    pub(super) number: u32,
    pub(super) text: String,
}

impl Refused {
    pub(super) fn new(status: u16, error: &'static str, number: u32, text: impl Into<String>) -> Refused {
        Refused { status, error, number, text: text.into() }
    }

    /// 401: whoever asks did not prove who it is.
    pub(super) fn client(number: u32, text: impl Into<String>) -> Refused {
        Refused::new(401, "invalid_client", number, text)
    }

    pub(super) fn told(self, world: &mut World, now_ms: i64) -> Told {
        let (trace, correlation) = (world.chance.uuid(), world.chance.uuid());
        let timestamp = written(now_ms).replace('T', " ");
        let description = format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
            self.number, self.text
        );
        let body = json!({
            "error": self.error, "error_description": description, "error_codes": [self.number], "timestamp": timestamp,
            "trace_id": trace, "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.number),
        });
        (self.status, body)
    }
}
