//! Problems: RFC 9457 documents for everything that is not an outcome.
//!
//! ```json
//! {"type": "urn:m365-functions:problem:invalid-request", "title": "the request is not valid", "status": 400,
//!  "errors": [{"pointer": "/usageLocation", "detail": "two letters, ISO 3166-1 alpha-2, such as CH"}]}
//! ```
//!
//! `type` is stable and in the table of `docs/ERRORS.md`; `title` is for people; each of `errors` names a field of the body
//! by JSON pointer (empty: the body as a whole) and says what would be right.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use journal::{RunId, RunKey};
use plan::{Flaw, Outcome};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::function::Wrong;
use crate::reply;

/// A problem document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Problem {
    #[serde(rename = "type", serialize_with = "urn")]
    kind: &'static str,
    title: Box<str>,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Detail>,
    /// The run that it ended, for whoever looks at it later.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
    /// What was planned, and why nothing of it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Box<Outcome>>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

/// One field that should be otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Detail {
    pointer: String,
    detail: String,
}

impl Problem {
    /// A problem of this kind.
    pub(crate) fn new(status: StatusCode, kind: &'static str, title: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            title: title.into(),
            status: status.as_u16(),
            detail: None,
            errors: Vec::new(),
            run: None,
            outcome: None,
            retry_after: None,
        }
    }

    /// A request that cannot be understood; nothing was changed.
    pub(crate) fn invalid(flaws: impl IntoIterator<Item = Flaw>) -> Self {
        let title = "the request is not valid; nothing was changed";
        let errors = flaws.into_iter().map(|flaw| Detail { pointer: flaw.field, detail: flaw.says });
        Self { errors: errors.collect(), ..Self::new(StatusCode::BAD_REQUEST, "invalid-request", title) }
    }

    /// The call of a sweep that cannot be understood; nothing was changed.
    pub(crate) fn wrong(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Body(flaws) => Self::invalid(flaws),
            Wrong::Setting(says) => reply::wrong_setting(says),
        }
    }

    /// Says more.
    #[must_use]
    pub(crate) fn detail(mut self, detail: impl Into<Box<str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Shows the plan.
    #[must_use]
    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(Box::new(outcome));
        self
    }

    /// Names the run.
    #[must_use]
    pub(crate) fn of(mut self, run: &RunKey) -> Self {
        self.run = Some(run.run);
        self
    }

    /// Says when to ask again, in seconds.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What it is, for people.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }
}

fn urn<S: Serializer>(kind: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("urn:m365-functions:problem:{kind}"))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_value(&self).unwrap_or(Value::Null).to_string();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
