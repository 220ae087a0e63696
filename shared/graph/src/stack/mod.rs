//! The way of a call to Graph and back, as small `tower` services over one another, each with one job.
//!
//! ```text
//! trace ─▶ retry ─▶ amend ─▶ gate ─▶ batch ─▶ auth ─▶ transport
//! └──── Call → Response ──────────────┘       └─ HTTP → HTTP ─┘
//! ```
//!
//! Above the batch a [`Response`](crate::Response) of any status is an answer, and an [`Error`](crate::Error) means that
//! there was none. Below it, requests are plain HTTP, and a [`TransportError`] tells *not sent* from *lost*. Retry stands
//! outside batch since Graph answers each item of an envelope on its own: one that was throttled joins the next envelope.
//! What must go [in order](InOrder) takes the same way, as one call in an envelope of its own.
//!
//! The layers are public so that each can be tried alone, and so that another service can have a stack of the same ones:
//! all but the batch serve whatever can [say enough of itself](Ask). [`Graph`](crate::Graph) is the whole.

mod amend;
mod ask;
mod auth;
mod backoff;
mod batch;
mod bucket;
mod cost;
pub(crate) mod envelope;
mod gate;
mod in_order;
mod lane;
mod retry;
mod room;
mod trace;
mod transport;

pub use amend::Amend;
pub use ask::{Ask, Ended, Waits};
pub use auth::Auth;
pub use batch::{AT_ONCE, Batch, PER_ENVELOPE};
pub use cost::{TenantSize, Workload, units};
pub use gate::Gate;
pub use in_order::InOrder;
pub use lane::Lane;
pub use retry::Retry;
pub use trace::Trace;
pub use transport::{Below, Transport, TransportError, Wire, in_process, internet};
