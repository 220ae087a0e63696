//! The seam between what triggers a function and what runs it.
//!
//! Timers and queues know this trait and nothing of processes, so that their rules can be tested under paused time.

use crate::envelope::Call;
use uuid::Uuid;

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationResult {
    /// The id of the last attempt, as sent in `X-Azure-Functions-InvocationId`.
    pub id: Uuid,
    /// How often the handler was asked: more than once only under a retry policy.
    pub attempts: u32,
    /// Why it failed; `None` for success.
    pub error: Option<String>,
}

impl InvocationResult {
    /// The function answered and its outputs were bound.
    pub fn is_success(&self) -> bool {
        self.error.is_none()
    }
}

/// Runs one function.
#[async_trait::async_trait]
pub(crate) trait Invoke: Send + Sync {
    async fn invoke(&self, call: Call) -> InvocationResult;
}
