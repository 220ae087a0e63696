//! Why a host did not start, or what it was asked for and does not have.
//!
//! A failing invocation is not an [`Error`]: that is an ordinary outcome, see
//! [`InvocationResult`](crate::InvocationResult).

use std::error::Error as StdError;

/// Something that keeps the host from starting, or a name it does not know.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Staging,
    RouteConflict,
    Listen,
    UnknownName,
}

impl Error {
    /// The staged app cannot be served as it is: host.json, local.settings.json or the folder itself.
    pub fn is_staging(&self) -> bool {
        self.kind == Kind::Staging
    }

    /// Two functions claim the same route.
    pub fn is_route_conflict(&self) -> bool {
        self.kind == Kind::RouteConflict
    }

    /// The listening address could not be bound.
    pub fn is_listen(&self) -> bool {
        self.kind == Kind::Listen
    }

    /// There is no app, function or setting of that name.
    pub fn is_unknown_name(&self) -> bool {
        self.kind == Kind::UnknownName
    }

    pub(crate) fn staging(message: impl Into<String>) -> Self {
        Self { kind: Kind::Staging, message: message.into(), source: None }
    }

    pub(crate) fn route_conflict(message: impl Into<String>) -> Self {
        Self { kind: Kind::RouteConflict, message: message.into(), source: None }
    }

    pub(crate) fn listen(message: impl Into<String>) -> Self {
        Self { kind: Kind::Listen, message: message.into(), source: None }
    }

    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self { kind: Kind::UnknownName, message: message.into(), source: None }
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}
