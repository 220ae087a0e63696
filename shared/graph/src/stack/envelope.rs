//! Calls as HTTP: one alone, or up to twenty in a `$batch` (Microsoft Graph, "Combine multiple HTTP requests using JSON
//! batching").
//!
//! Each item carries the id of its own call, and the envelope one that is made for it alone.
//!
//! What is packed by chance has no order (`dependsOn`): who needs one awaits the first answer before asking the second
//! thing, or asks [in order](super::InOrder).

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::{Call, Priority};
use crate::request::{Method, Request};
use crate::response::Response;

const JSON: &str = "application/json";

/// Where Graph answers a request: below `root`, which is that of v1.0, or beside it.
pub(crate) fn root_of<'a>(request: &Request, root: &'a str) -> Cow<'a, str> {
    match root.strip_suffix("/v1.0").filter(|_| request.is_beta()) {
        Some(endpoint) => Cow::Owned(format!("{endpoint}/beta")),
        None => Cow::Borrowed(root),
    }
}

/// One call as plain HTTP.
pub(super) fn alone(call: &Call, root: &str) -> Result<http::Request<Bytes>, http::Error> {
    let root = root_of(&call.request, root);
    let body = body(call, &root);
    let mut request = http::Request::builder()
        .method(call.request.method().as_str())
        .uri(format!("{root}{}", call.request.target()))
        .header("accept", JSON);
    for (name, value) in headers(call, body.is_some()) {
        request = request.header(name, value);
    }
    request.body(body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())))
}

/// Calls as one envelope; an item's id is its place in the list.
pub(super) fn together<'a>(
    calls: impl Iterator<Item = &'a Call>,
    root: &str,
) -> Result<http::Request<Bytes>, http::Error> {
    let items = calls.enumerate().map(|(place, call)| item(place, call, root));
    posted(Uuid::new_v4(), items, root)
}

/// The same in order: every one behind the first `split` depends on the last of these.
pub(super) fn in_order(
    id: Uuid,
    calls: &[Call],
    split: usize,
    root: &str,
) -> Result<http::Request<Bytes>, http::Error> {
    let items = calls.iter().enumerate().map(|(place, call)| {
        let depends_on = split.checked_sub(1).filter(|_| place >= split).map(|last| [last.to_string()]);
        Item { depends_on, ..item(place, call, root) }
    });
    posted(id, items, root)
}

fn posted(
    id: Uuid,
    items: impl Iterator<Item = Item>,
    root: &str,
) -> Result<http::Request<Bytes>, http::Error> {
    let requests: Vec<_> = items.collect();
    http::Request::builder()
        .method("POST")
        .uri(format!("{root}/$batch"))
        .header("accept", JSON)
        .header("client-request-id", id.to_string())
        .header("content-type", JSON)
        .body(Bytes::from(json!({ "requests": requests }).to_string()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    depends_on: Option<[String; 1]>,
    method: &'static str,
    url: String,
    headers: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

fn item(place: usize, call: &Call, root: &str) -> Item {
    let body = body(call, root);
    let headers = headers(call, body.is_some()).map(|(name, value)| (name.to_owned(), value.into()));
    Item {
        id: place.to_string(),
        depends_on: None,
        method: call.request.method().as_str(),
        url: call.request.target(),
        headers: headers.collect(),
        body,
    }
}

/// An action without parameters still carries `{}`: inside a batch Graph insists on it.
fn body(call: &Call, root: &str) -> Option<Value> {
    let is_post = call.request.method() == Method::Post;
    call.request.wire_body(root).or_else(|| is_post.then(|| json!({})))
}

fn headers(call: &Call, has_body: bool) -> impl Iterator<Item = (&'static str, String)> {
    let id = Some(("client-request-id", call.id.to_string()));
    let content = has_body.then(|| ("Content-Type", JSON.to_owned()));
    let level = call.request.is_eventual().then(|| ("ConsistencyLevel", "eventual".to_owned()));
    let low = (call.priority == Priority::Bulk).then(|| ("x-ms-throttle-priority", "Low".to_owned()));
    [id, content, level, low].into_iter().flatten()
}

/// The answers in an envelope by place; they come in any order, and one may be missing, or too odd to be read.
pub(super) fn open(mut envelope: Value) -> HashMap<usize, Response> {
    let answers = envelope.get_mut("responses").and_then(Value::as_array_mut).map(std::mem::take);
    let read = |answer| serde_json::from_value::<Answer>(answer).ok()?.place();
    answers.unwrap_or_default().into_iter().filter_map(read).collect()
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Value,
    #[serde(default)]
    body: Value,
}

impl Answer {
    fn place(self) -> Option<(usize, Response)> {
        let place = self.id.parse().ok()?;
        let headers = self.headers.as_object().map(header_map).unwrap_or_default();
        Some((place, Response { status: self.status, headers, body: self.body }))
    }
}

/// What is no header is left out; a number is one, though it should be text.
fn header_map(headers: &Map<String, Value>) -> HeaderMap {
    let header = |(name, value): (&String, &Value)| {
        let name = HeaderName::try_from(name.as_str()).ok()?;
        let value = match value {
            Value::String(text) => HeaderValue::try_from(text).ok()?,
            Value::Number(number) => HeaderValue::try_from(number.to_string()).ok()?,
            _ => return None,
        };
        Some((name, value))
    };
    headers.iter().filter_map(header).collect()
}
