//! A client for Microsoft Graph v1.0 that administrators can trust with their tenant: it authenticates, keeps below the
//! quotas, packs what is in flight into batches, repeats only what is safe to repeat, and never guesses what became of a
//! write.
//!
//! A [`Request`] is a value, built without a client from typed ids. [`Graph::send`] takes it through a stack of small
//! layers, each a `tower` service with one job: trace → retry → gate → batch → auth → transport.
//!
//! It knows nothing of plans, tasks or the directory's nouns; those stand on it.

mod amendment;
pub mod auth;
mod call;
mod client;
mod error;
mod id;
pub mod odata;
mod pages;
mod password;
mod path;
mod refusal;
mod request;
mod response;
pub mod stack;

pub use call::{Call, Priority, Tally};
pub use client::{Config, Graph};
pub use error::Error;
pub use id::{ObjectId, ServicePlanId, SkuId, TenantId, UserKey};
pub use path::{ACCOUNT, MADE, Path, RUN};
pub use refusal::Refusal;
pub use request::{Method, Request};
pub use response::Response;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic under one of our locks would be a defect, and is told as one. What it leaves behind is still fit for use, and
/// nobody else is made to panic in turn.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
