//! What was asked, in order: the tenant's memory for tests that look at how something was done.
//!
//! Passwords, passes and secrets are masked before anything is written down.

use serde::Serialize;
use serde_json::Value;

/// One HTTP round trip.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its place in the order of arrival, from one.
    pub number: u64,
    /// When it arrived, by the tenant's clock, to the millisecond.
    pub time: String,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Path and query as they were sent; for a cmdlet of Exchange Online its name and whom it is about.
    pub path: String,
    /// Name of the key vault that was asked, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<String>,
    /// Status of the answer; zero where the connection was dropped.
    pub status: u16,
    /// Code of the refusal, if it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The items of a batch, in the order they were sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Cost in resource units, of all items together.
    pub cost: u32,
    /// Name of the application that asked, if it had a valid token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The caller's `client-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// Whether it asked for advanced query capabilities.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub eventual: bool,
    /// Whether it changed anything.
    pub wrote: bool,
    /// The body it carried, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// One request within a batch.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Its id within the batch.
    pub id: String,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Its address, below the version; for a cmdlet of Exchange Online its name and whom it is about.
    pub url: String,
    /// Status of its answer.
    pub status: u16,
    /// Code of the refusal, if it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether it changed anything.
    pub wrote: bool,
    /// The body it carried, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

const SECRETS: [&str; 6] =
    ["password", "temporaryAccessPass", "secretText", "client_secret", "client_assertion", "proof"];

/// A body fit to be kept.
pub(crate) fn masked(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mask = |(name, value): (&String, &Value)| {
                let secret = SECRETS.contains(&name.as_str()) && value.is_string();
                (name.clone(), if secret { Value::from("***") } else { masked(value) })
            };
            Value::Object(members.iter().map(mask).collect())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(masked).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_password_is_masked_wherever_it_hides() {
        let body =
            json!({ "requests": [{ "body": { "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" } } }] });
        assert_eq!(masked(&body)["requests"][0]["body"]["passwordProfile"]["password"], "***");
    }
}
