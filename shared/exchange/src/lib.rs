//! The way to Exchange Online, for what Microsoft Graph cannot do there: convert a mailbox, forward its mail, delegate it,
//! put it on hold.
//!
//! A [`Cmdlet`] is a value, as a [`graph::Request`] is: it can be shown in a preview, kept in a journal, and sent by
//! anything that is an [`Exchange`]. [`InvokeCommand`] is: it goes through the layers of [`graph::stack`], with a gate, a
//! budget and an audience of its own.
//!
//! ```
//! use exchange::Cmdlet;
//! # let adele: graph::ObjectId = "87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse()?;
//! let convert = Cmdlet::new("Set-Mailbox").identity(adele).parameter("Type", "Shared");
//! assert!(!convert.is_safe());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It knows nothing of mailboxes: which cmdlet does what stands on it. Nor does it pack cmdlets into batches: what little
//! goes to Exchange Online goes one by one, few at once. Those who want to know the same thing while the question is still
//! in line share it.

mod answer;
mod ask;
mod client;
mod cmdlet;
mod follow;
mod invoke;
mod pages;
mod share;
mod size;
mod unset;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use graph::{Error, Response};

pub use answer::{changed_nothing, warnings};
pub use client::{Config, InvokeCommand};
pub use cmdlet::Cmdlet;
pub use pages::{all, pages};
pub use size::{Size, bytes};
pub use unset::Unset;

/// The way to Exchange Online, whatever is behind it.
pub trait Exchange: Send + Sync {
    /// Has a cmdlet run, and waits for the answer.
    ///
    /// # Errors
    /// - [`is_refused`](Error::is_refused): Exchange Online answered with anything but 2xx, also after all repetitions.
    /// - [`is_unknown`](Error::is_unknown): this was a write, and nobody can say whether it was done.
    /// - [`is_unreachable`](Error::is_unreachable), no token could be had, or the cmdlet is not fit to be sent: nothing
    ///   has changed.
    fn send(&self, cmdlet: Cmdlet) -> BoxFuture<'_, Result<Response, Error>>;

    /// The same way for work that nobody waits for: it lets interactive calls go first.
    fn bulk(&self) -> Arc<dyn Exchange>;
}
