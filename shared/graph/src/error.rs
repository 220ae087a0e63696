//! What went wrong between us and Graph: one opaque error, asked by predicates.
//!
//! It keeps Graph's code, message and request id, and our own id of the call, which is all there is to go by where no
//! answer came; and it adds a *help* sentence where we have one. `Display` says what
//! happened in one line and never prints its source; whoever handles the error prints the chain, once.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::auth::{Audience, AuthError};
use crate::refusal::Refusal;
use crate::response::Response;

type Source = Box<dyn StdError + Send + Sync>;
type Shared = Arc<dyn StdError + Send + Sync>;

/// An error of a call to Graph. Cloning it is cheap, for those who went together.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    request_id: Option<String>,
    client_request_id: Option<Uuid>,
}

#[derive(Clone)]
enum Kind {
    /// Graph answered, and not with success.
    Refused(Refused),
    /// A write was sent and no answer came, or one that leaves open whether it was done.
    Unknown { why: String, source: Option<Shared> },
    /// It was not sent, or a read got no answer: nothing has changed, and asking again may help.
    Unreachable { why: String, source: Option<Shared> },
    /// It was not sent, or it was a read: nothing has changed.
    Failed { why: String, source: Option<Shared> },
}

#[derive(Clone)]
struct Refused {
    status: u16,
    code: String,
    message: String,
    refusal: Option<Refusal>,
    is_not_found: bool,
}

impl Error {
    /// The error in an answer that is not a success.
    pub fn refused(response: &Response) -> Self {
        let error = &response.body["error"];
        let code = error["code"].as_str().unwrap_or_default().to_owned();
        let message = message(error, &response.body);
        let refusal = Refusal::of(response.status, &code, &message);
        let is_not_found = response.status == 404;
        Self::new(Kind::Refused(Refused { status: response.status, code, message, refusal, is_not_found }))
            .in_answer(response)
    }

    /// The error in an answer that is not a success and does not have Graph's shape, as whoever knows that shape reads it.
    /// Its status says nothing: it is a matter of "not found" only if the refusal says so.
    pub fn refused_as(
        response: &Response,
        code: impl Into<String>,
        message: impl Into<String>,
        refusal: Option<Refusal>,
    ) -> Self {
        let (code, message) = (code.into(), message.into());
        let is_not_found = refusal == Some(Refusal::NotFound);
        Self::new(Kind::Refused(Refused { status: response.status, code, message, refusal, is_not_found }))
            .in_answer(response)
    }

    /// A call that was not sent, for want of a token.
    pub fn no_token(audience: &Audience, source: AuthError) -> Self {
        Self::failed(format!("no token for {audience}"), Some(source.into()))
    }

    /// A write that was sent, and nobody can say whether it was done.
    pub fn unknown(why: impl Into<String>, source: Option<Source>) -> Self {
        Self::new(Kind::Unknown { why: why.into(), source: source.map(Arc::from) })
    }

    /// A call that changed nothing, since it was not sent, or was a read that got no answer. Asking again may help.
    pub fn unreachable(why: impl Into<String>, source: Option<Source>) -> Self {
        Self::new(Kind::Unreachable { why: why.into(), source: source.map(Arc::from) })
    }

    /// A call that changed nothing: it was not sent, or it was a read.
    pub fn failed(why: impl Into<String>, source: Option<Source>) -> Self {
        Self::new(Kind::Failed { why: why.into(), source: source.map(Arc::from) })
    }

    /// An answer that does not have the shape it should have.
    pub(crate) fn unreadable(response: &Response, source: serde_json::Error) -> Self {
        Self::failed("the answer does not have the shape it should have", Some(source.into()))
            .in_answer(response)
    }

    fn new(kind: Kind) -> Self {
        Self(Box::new(Inner { kind, request_id: None, client_request_id: None }))
    }

    /// The same, with the ids of the answer that it is about, or came in.
    pub(crate) fn in_answer(mut self, response: &Response) -> Self {
        self.0.request_id = response.request_id().map(str::to_owned);
        self.0.client_request_id = response.client_request_id();
        self
    }

    /// The same, with the id that the call was sent with.
    pub fn of_call(mut self, id: Uuid) -> Self {
        self.0.client_request_id = Some(id);
        self
    }

    /// What it means for a read that went together with writes: there was nothing to be done, so nothing is unknown.
    pub(crate) fn of_read(mut self) -> Self {
        if let Kind::Unknown { why, source } = self.0.kind {
            self.0.kind = Kind::Unreachable { why, source };
        }
        self
    }

    /// Whether nobody can say if the write was done; a read must settle it.
    pub fn is_unknown(&self) -> bool {
        matches!(self.0.kind, Kind::Unknown { .. })
    }

    /// Whether there was no connection, or no answer to a read: nothing has changed, and asking again may help.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.0.kind, Kind::Unreachable { .. })
    }

    /// Whether Graph answered with a refusal (throttling included).
    pub fn is_refused(&self) -> bool {
        matches!(self.0.kind, Kind::Refused(_))
    }

    /// Whether the object does not exist, or is not visible yet: 404, or what another service says for it.
    pub fn is_not_found(&self) -> bool {
        self.answer().is_some_and(|refused| refused.is_not_found)
    }

    /// Whether the service asked us to wait, and we have no time or budget left to: 429, 503, 509, or what another service
    /// says for it.
    pub fn is_throttled(&self) -> bool {
        matches!(self.status(), Some(429 | 503 | 509)) || self.is(Refusal::ExchangeBusy)
    }

    /// Whether it was not done for a reason that lies outside it, so that it may be asked again as it is: throttled, not
    /// reached, refused for something that passes, or asked [in order](crate::Graph::send_in_order) behind something that
    /// failed (424).
    pub fn is_repeatable(&self) -> bool {
        let passes = |refusal: Refusal| refusal.is_passing() || refusal == Refusal::FailedDependency;
        self.is_throttled() || self.is_unreachable() || self.refusal().is_some_and(passes)
    }

    /// Whether a permission or a role is missing: a 403 that gives no other reason; of Exchange, either half of it.
    pub fn is_denied(&self) -> bool {
        let denied = [
            Refusal::Denied,
            Refusal::CmdletDenied,
            Refusal::NoExchangePermission,
            Refusal::NoExchangeRole,
            Refusal::VaultDenied,
        ];
        self.refusal().is_some_and(|refusal| denied.contains(&refusal))
    }

    /// Whether there is no token because a setting will not do: nothing was sent, and asking again does not help.
    pub fn is_setting(&self) -> bool {
        let auth = self.source().and_then(|source| source.downcast_ref::<AuthError>());
        auth.is_some_and(AuthError::is_setting)
    }

    /// Whether it is this refusal.
    pub fn is(&self, refusal: Refusal) -> bool {
        self.refusal() == Some(refusal)
    }

    /// The refusal, if we know it by name.
    pub fn refusal(&self) -> Option<Refusal> {
        self.answer().and_then(|refused| refused.refusal)
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.answer().map(|refused| refused.status)
    }

    /// Graph's `error.code`, empty where there was none.
    pub fn code(&self) -> &str {
        self.answer().map_or("", |refused| &refused.code)
    }

    /// Graph's `error.message`, or our own words where there was no answer.
    pub fn message(&self) -> &str {
        match &self.0.kind {
            Kind::Refused(refused) => &refused.message,
            Kind::Unknown { why, .. } | Kind::Unreachable { why, .. } | Kind::Failed { why, .. } => why,
        }
    }

    /// Graph's request id, for a support case; none where no answer came.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref().or_else(|| self.behind()?.request_id())
    }

    /// The `client-request-id` that the call was sent with, the same for every attempt: by it Microsoft's support finds
    /// also what was never answered.
    pub fn client_request_id(&self) -> Option<Uuid> {
        self.0.client_request_id
    }

    /// What helps, where we know: one sentence without a full stop.
    pub fn help(&self) -> Option<&'static str> {
        match &self.0.kind {
            Kind::Refused(refused) if matches!(refused.status, 429 | 503 | 509) => {
                Some("the service is busy or the tenant's quota is used up: ask again later")
            }
            Kind::Refused(refused) => refused.refusal.map(Refusal::help),
            Kind::Unknown { .. } => {
                Some("nobody can say whether this was done: ask again, and it is read first")
            }
            Kind::Unreachable { .. } | Kind::Failed { .. } => None,
        }
    }

    fn answer(&self) -> Option<&Refused> {
        match &self.0.kind {
            Kind::Refused(refused) => Some(refused),
            _ => None,
        }
    }

    /// The answer that left a write unknown, if there was one.
    fn behind(&self) -> Option<&Self> {
        match &self.0.kind {
            Kind::Unknown { source, .. } => source.as_ref()?.downcast_ref(),
            _ => None,
        }
    }
}

/// `error.message` in the shapes seen: text, `{lang, value}`, or a body that is no Graph error at all.
fn message(error: &Value, body: &Value) -> String {
    let text = error["message"].as_str().or_else(|| error["message"]["value"].as_str());
    text.or_else(|| body.as_str().map(first_line)).unwrap_or("the service gave no reason").to_owned()
}

fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("an empty body").trim()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Refused(Refused { status, code, message, .. }) => write!(f, "{status} {code}: {message}"),
            Kind::Unknown { why, .. } | Kind::Unreachable { why, .. } | Kind::Failed { why, .. } => {
                f.write_str(why)
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "graph::Error({self})")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.kind {
            Kind::Refused(_) => None,
            Kind::Unknown { source, .. } | Kind::Unreachable { source, .. } | Kind::Failed { source, .. } => {
                source.as_ref().map(|source| source.as_ref() as &(dyn StdError + 'static))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: Value) -> Error {
        Error::refused(&Response { status, headers: HeaderMap::new(), body })
    }

    #[test]
    fn code_message_and_request_id_are_kept() {
        let error = answer(
            404,
            json!({"error": {"code": "Request_ResourceNotFound", "message": "Resource 'x' does not exist.",
                             "innerError": {"request-id": "r-1"}}}),
        );
        assert!(error.is_not_found() && error.is(Refusal::NotFound) && !error.is_unknown());
        assert_eq!(error.request_id(), Some("r-1"));
        assert_eq!(error.to_string(), "404 Request_ResourceNotFound: Resource 'x' does not exist.");
        assert!(error.help().is_some());
    }

    #[test]
    fn a_403_for_another_reason_is_no_missing_permission() {
        let code = |code| answer(403, json!({"error": {"code": code, "message": "x"}})).is_denied();
        assert!(code("Authorization_RequestDenied") && code(""));
        assert!(!code("Authentication_RequestFromNonPremiumTenantOrB2CTenant"));
        assert!(!code("Directory_QuotaExceeded"));
    }

    #[test]
    fn bodies_that_are_no_graph_error_are_told_all_the_same() {
        assert_eq!(answer(502, json!("\n<h1>Bad Gateway</h1>\n")).message(), "<h1>Bad Gateway</h1>");
        assert_eq!(
            answer(400, json!({"error": {"message": {"lang": "en", "value": "legacy"}}})).message(),
            "legacy"
        );
        assert_eq!(answer(500, Value::Null).message(), "the service gave no reason");
    }

    #[test]
    fn an_answer_that_cannot_be_read_keeps_its_ids() {
        let id = Uuid::new_v4();
        let headers = [("request-id", "r-1".to_owned()), ("client-request-id", id.to_string())];
        let header = |(name, text): (&'static str, String)| {
            (http::HeaderName::from_static(name), text.try_into().unwrap())
        };
        let headers = headers.into_iter().map(header).collect();
        let response = Response { status: 200, headers, body: json!("text") };
        let error = response.json::<Vec<u8>>().unwrap_err();
        assert_eq!((error.request_id(), error.client_request_id()), (Some("r-1"), Some(id)));
    }

    #[test]
    fn the_source_is_not_printed_twice() {
        let error = Error::unknown("no answer within 30 s", Some("connection reset".into()));
        assert_eq!(error.to_string(), "no answer within 30 s");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("connection reset"));
    }
}
