//! What Key Vault and the SDK answer, as the stack reads it.
//!
//! The SDK makes an error of every answer that is not a success, and wraps what the transport said in errors of its own.
//! Here both come back: an answer is an answer, whatever its status, and a failure says again whether anything was sent.

use std::error::Error as StdError;
use std::fmt;

use azure_core::Bytes;
use azure_core::error::ErrorKind;
use azure_core::http::RawResponse;
use azure_core::http::headers::Headers;
use graph::auth::{Audience, AuthError};
use graph::stack::{Ask as _, TransportError};
use graph::{Error, Refusal, Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::step::Step;

/// Under which Azure's services give the id of a request, where Microsoft Graph says `request-id`.
const REQUEST_ID: &str = "x-ms-request-id";

/// The error in an answer that is not a success.
pub(crate) fn refused(response: &Response) -> Error {
    let error = &response.body["error"];
    let codes = [&error["innererror"]["code"], &error["code"]];
    let codes: Vec<&str> = codes.into_iter().filter_map(Value::as_str).collect();
    let message = error["message"].as_str().map(in_one_line);
    let message = message.unwrap_or_else(|| "the key vault gave no reason".to_owned());
    let refusal = Refusal::of_key_vault(response.status, &codes, &message);
    Error::refused_as(response, codes.first().copied().unwrap_or_default(), message, refusal)
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An answer of any status.
pub(crate) fn response(answer: RawResponse) -> Response {
    let (status, headers, body) = answer.deconstruct();
    from_parts(u16::from(status), &headers, &body.into())
}

/// An answer from its parts.
pub(crate) fn from_parts(status: u16, headers: &Headers, body: &Bytes) -> Response {
    let headers = headers.iter().filter_map(|(name, value)| header(name.as_str(), value.as_str()));
    let body = serde_json::from_slice(body).unwrap_or_else(|_| match body.is_empty() {
        true => Value::Null,
        false => Value::String(String::from_utf8_lossy(body).into_owned()),
    });
    Response { status, headers: headers.collect::<HeaderMap>(), body }
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = if name == REQUEST_ID { "request-id" } else { name };
    Some((name.parse().ok()?, value.parse().ok()?))
}

/// What the SDK's error means for a request: an answer after all, or none.
pub(crate) fn failed(error: azure_core::Error, step: &Step) -> Result<Response, Error> {
    if let Some(answer) = answer_in(&error) {
        return Ok(response(answer));
    }
    Err(if let Some(missing) = find::<AuthError>(&error) {
        Error::no_token(&Audience::KeyVault, missing.clone())
    } else if let Some(transport) = find::<TransportError>(&error) {
        transport.clone().means_for(step)
    } else {
        unusable(step, Some(error.into()))
    })
}

/// The same answer, unless it claims success and is none of Key Vault's, all of which are objects.
pub(crate) fn looked_at(answer: Response, step: &Step) -> Result<Response, Error> {
    if answer.is_success() && !answer.body.is_object() { Err(unusable(step, None)) } else { Ok(answer) }
}

fn unusable(step: &Step, source: Option<Box<dyn StdError + Send + Sync>>) -> Error {
    match step.is_safe() {
        true => Error::failed("the key vault's answer could not be used", source),
        false => Error::unknown("this was sent, and the key vault's answer could not be used", source),
    }
}

/// An answer on its way through the SDK as an error.
#[derive(Debug)]
pub(crate) struct Answered(pub(crate) RawResponse);

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it was answered with {}", self.0.status())
    }
}

impl StdError for Answered {}

fn answer_in(error: &azure_core::Error) -> Option<RawResponse> {
    if let Some(Answered(answer)) = find(error) {
        return Some(answer.clone());
    }
    chain(error).find_map(|error| match error.downcast_ref::<azure_core::Error>()?.kind() {
        ErrorKind::HttpResponse { raw_response, .. } => raw_response.as_deref().cloned(),
        _ => None,
    })
}

/// The first of this type among an error and its sources.
pub(crate) fn find<T: StdError + 'static>(error: &azure_core::Error) -> Option<&T> {
    chain(error).find_map(|error| error.downcast_ref::<T>())
}

type Cause = dyn StdError + 'static;

/// An error and its sources, outermost first.
fn chain(error: &azure_core::Error) -> impl Iterator<Item = &Cause> {
    let source: for<'a> fn(&&'a Cause) -> Option<&'a Cause> = |error| (*error).source();
    std::iter::successors(Some(error as &Cause), source)
}
