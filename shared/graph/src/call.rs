//! One logical request on its way down the stack.

use std::time::Duration;

use uuid::Uuid;

use crate::request::Request;

/// Who is waiting: decides who goes first when there is not enough for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// A person or a flow waits for the answer.
    #[default]
    Interactive,
    /// One of many, nobody watches: told to Graph as `x-ms-throttle-priority: Low`.
    Bulk,
}

/// A request, with what the stack must know beyond it.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked.
    pub request: Request,
    /// Sent as `client-request-id`, the same for every attempt, so that a support case finds them all.
    pub id: Uuid,
    /// Who is waiting.
    pub priority: Priority,
    /// How long it may take in all, waiting and repeating included.
    pub patience: Duration,
}
