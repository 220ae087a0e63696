//! A change to the tenant is a value; a plan is changes in stages; what-if is stopping after planning.
//!
//! A [`Task`] observes the tenant, plans with a pure function, and hands the plan to the [`Runner`]. A crash is mended by
//! asking again, because the directory itself is the state: the next plan holds what is still to do. The journal is for
//! going back, for the caller who polls and for the auditor, never for going forward.
//!
//! ```text
//! observe ─▶ facts ─▶ plan ─▶ guard-rails ─▶ journal ─▶ apply, stage by stage ─▶ journal ─▶ outcome
//!  reads              pure                               done · already · not yet · refused · unknown · skipped
//! ```
//!
//! It does not know any noun of the directory: the verbs that make changes are in the crate `directory`.

mod apply;
mod appointment;
mod call;
mod change;
mod claim;
mod guard;
#[cfg(feature = "laws")]
pub mod laws;
mod mend;
mod obstacle;
mod outcome;
mod past;
mod permit;
mod plan;
mod record;
mod runner;
mod seats;
mod stages;
mod sweep;
mod task;
mod undo;

pub use call::Call;
pub use change::{Carries, Change, Proof, Test, Touch};
pub use guard::{Breach, Policy};
pub use outcome::{ChangeOutcome, Failure, Outcome, RunStatus, Status, chain};
pub use permit::Approval;
pub use plan::{Digest, Finding, Level, Plan, Stage, Subject};
pub use record::{Cause, Entry, Job, Record, SweptRun};
pub use runner::{LEASE, Lease, Runner, Stop};
pub use seats::Seat;
pub use sweep::{Memory, Sweep};
pub use task::{Clock, Flaw, Standing, Task, Tenant};
pub use undo::UNDO;
