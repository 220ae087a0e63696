//! What the layers above the wire must know of a request, whichever service it is for.
//!
//! [`Trace`](super::Trace), [`Retry`](super::Retry) and [`Gate`](super::Gate) serve anything that can say this much of
//! itself. Microsoft Graph's requests do so here; other services' in crates of their own.

use std::time::Duration;

use tracing::{Span, debug, debug_span};
use uuid::Uuid;

use super::cost::{Workload, units};
use crate::auth::Audience;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// A request to a service, as the stack sees it.
pub trait Ask: Clone + Send + Sync + 'static {
    /// Who is asked.
    const SERVICE: Audience;

    /// How long to wait between attempts when the service does not say.
    const WAITS: Waits;

    /// Whether it changes nothing and may therefore be repeated whatever became of it.
    fn is_safe(&self) -> bool;

    /// Whether this refusal means "not yet": wait, and ask again.
    fn is_not_yet(&self, error: &Error) -> bool;

    /// The error in an answer that is not a success.
    fn refused(response: &Response) -> Error;

    /// Whether an answer that is not a success leaves open what was done.
    fn leaves_open(response: &Response) -> bool {
        matches!(response.status, 500 | 502 | 504)
    }

    /// Which lane of the gate it goes through.
    fn lane(&self) -> usize {
        0
    }

    /// What it is expected to cost there.
    fn cost(&self) -> f64 {
        1.0
    }

    /// How many writes it counts for there.
    fn writes(&self) -> u32 {
        u32::from(!self.is_safe())
    }

    /// The span of a call, which names nobody.
    fn span(&self, id: Uuid) -> Span;

    /// Tells, once, how a call ended.
    fn tell(ended: &Ended<'_>);
}

/// How long to wait, and for what. Between attempts: the shortest and the longest wait; between them it doubles.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// After a fault.
    pub load: (Duration, Duration),
    /// While the directory catches up.
    pub lag: (Duration, Duration),
    /// How long to stand in line where few go at once. Those in front are ours as well, and nothing is wrong with the
    /// service: it is not taken from the call's patience. Zero where there is no such line.
    pub turn: Duration,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// `done`, `refused`, `unknown`, `unreachable` or `failed`.
    pub outcome: &'static str,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// How often it was tried. Zero: it was given the answer to an equal one.
    pub attempts: u32,
    /// How long it was held back on our side, in milliseconds.
    pub wait_ms: u64,
    /// How long it took in all, in milliseconds.
    pub elapsed_ms: u64,
    /// The service's own id of it.
    pub request_id: Option<&'a str>,
}

impl Ask for Request {
    const SERVICE: Audience = Audience::Graph;
    const WAITS: Waits = Waits {
        load: (Duration::from_secs(1), Duration::from_secs(32)),
        lag: (Duration::from_millis(500), Duration::from_secs(5)),
        turn: Duration::ZERO,
    };

    fn is_safe(&self) -> bool {
        self.is_safe()
    }

    fn is_not_yet(&self, error: &Error) -> bool {
        self.is_not_yet(error)
    }

    fn refused(response: &Response) -> Error {
        Error::refused(response)
    }

    fn lane(&self) -> usize {
        Workload::of(self) as usize
    }

    fn cost(&self) -> f64 {
        units(self)
    }

    fn span(&self, id: Uuid) -> Span {
        let (method, route) = (self.method().as_str(), self.path().route());
        debug_span!("graph.call", method, route, client_request_id = %id)
    }

    fn tell(ended: &Ended<'_>) {
        debug!(
            name: "graph.call",
            outcome = ended.outcome,
            status = ended.status,
            attempts = ended.attempts,
            wait_ms = ended.wait_ms,
            elapsed_ms = ended.elapsed_ms,
            graph_request_id = ended.request_id,
            "call ended",
        );
    }
}
