//! What the stack must know of a cmdlet.

use std::time::Duration;

use graph::auth::Audience;
use graph::stack::{Ask, Ended, Waits};
use graph::{Error, Response};
use tracing::{Span, debug, debug_span};
use uuid::Uuid;

use crate::answer;
use crate::cmdlet::Cmdlet;

impl Ask for Cmdlet {
    const SERVICE: Audience = Audience::Exchange;

    /// Longer than Graph's: what passes here passes in minutes. A hundred leavers at once are in line for minutes as well.
    /// Nobody but a run waits for so long, and the caller was told where to look for it; half of the silence after which a
    /// run is taken for dead.
    const WAITS: Waits = Waits {
        load: (Duration::from_secs(5), Duration::from_secs(60)),
        lag: (Duration::from_secs(2), Duration::from_secs(20)),
        turn: Duration::from_secs(300),
    };

    fn is_safe(&self) -> bool {
        self.is_safe()
    }

    fn is_not_yet(&self, error: &Error) -> bool {
        self.is_not_yet(error)
    }

    fn refused(response: &Response) -> Error {
        answer::refused(response)
    }

    fn leaves_open(response: &Response) -> bool {
        answer::leaves_open(response)
    }

    /// A cmdlet's name names nobody; its parameters do.
    fn span(&self, id: Uuid) -> Span {
        debug_span!("exchange.call", cmdlet = self.name(), client_request_id = %id)
    }

    fn tell(ended: &Ended<'_>) {
        debug!(
            name: "exchange.call",
            outcome = ended.outcome,
            status = ended.status,
            attempts = ended.attempts,
            wait_ms = ended.wait_ms,
            elapsed_ms = ended.elapsed_ms,
            exchange_request_id = ended.request_id,
            "call ended",
        );
    }
}
