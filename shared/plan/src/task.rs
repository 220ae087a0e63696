//! What one function of the collection is: observe, then plan.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use exchange::Exchange;
use graph::{Graph, ObjectId};
use jiff::Timestamp;
use journal::TaskName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vault::Vaults;

use crate::plan::{Finding, Plan, Subject};
use crate::record::Record;
use crate::sweep::{Memory, Sweep};

/// One function of the collection.
///
/// # Guarantees asked of an implementation
///
/// 1. `observe` reads and never writes; what cannot be read is an error, never "is not there".
/// 2. `plan` decides and never reads: no async, no clock, no randomness; the same facts give the same plan.
/// 3. A plan made from facts in which everything is as wanted has no changes.
///
/// The laws (feature `laws`) test all three, and what follows from them.
pub trait Task: Send + Sync + 'static {
    /// Folder, crate, binary, route and identity: one name, used everywhere.
    const NAME: TaskName;
    /// What is asked, for one subject. Holds no secret, since the journal keeps it.
    type Request: DeserializeOwned + Serialize + Clone + Send + Sync + 'static;
    /// What must be known to decide; the clock is a fact too.
    type Facts: Send;

    /// What is wrong with a request, as far as can be told without looking at the tenant.
    fn flaws(_want: &Self::Request) -> Vec<Flaw> {
        Vec::new()
    }

    /// Reads everything that the decision needs.
    fn observe(
        want: &Self::Request,
        tenant: &Tenant,
    ) -> impl Future<Output = Result<Self::Facts, graph::Error>> + Send;

    /// Decides what should happen.
    fn plan(want: &Self::Request, have: &Self::Facts) -> Plan;

    /// What must not wait until everything else was looked at, such as blocking a leaver: planned from a quick look of its
    /// own, and done before [`observe`](Self::observe). It is part of what [`plan`](Self::plan) plans, too, from facts in
    /// which it is still to do. `None`: nothing is so urgent.
    fn urgent(
        _want: &Self::Request,
        _tenant: &Tenant,
    ) -> impl Future<Output = Result<Option<Plan>, graph::Error>> + Send {
        async { Ok(None) }
    }

    /// How an account stands before a run about it is taken back, or `None` where it is gone: then it is restored first, if
    /// the run deleted it, and nothing is done otherwise.
    fn standing(
        account: ObjectId,
        tenant: &Tenant,
    ) -> impl Future<Output = Result<Option<Standing>, graph::Error>> + Send;

    /// What can be swept for: the names of rules that are about many subjects at once.
    const SWEEPS: &'static [&'static str] = &[];

    /// Finds everybody who differs from what one of [`Self::SWEEPS`] wants, and plans for them; it may read and never writes.
    /// The tenant is read page by page and never collected: what grows is the number of those who differ, up to a limit.
    fn sweep(
        _sweep: &str,
        _want: &Value,
        _memory: &Memory,
        _tenant: &Tenant,
    ) -> impl Future<Output = Result<Sweep<Self::Request>, graph::Error>> + Send {
        async { Err(graph::Error::failed("there is no such sweep", None)) }
    }

    /// What else can be asked of a finished run, beside `undo` which every run knows: the names of actions.
    const ACTIONS: &'static [&'static str] = &[];

    /// Plans one of [`Self::ACTIONS`] for a run; it may read and never writes.
    fn act(
        _action: &str,
        _record: &Record,
        _tenant: &Tenant,
    ) -> impl Future<Output = Result<Plan, graph::Error>> + Send {
        async { Err(graph::Error::failed("there is no such action", None)) }
    }
}

/// An account as it is before a run about it is taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Who it is, as far as the guard-rails ask.
    pub subject: Subject,
    /// What is worth saying before it is changed, such as that somebody uses it.
    pub findings: Vec<Finding>,
}

/// Something wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flaw {
    /// The field, as a JSON pointer.
    pub field: String,
    /// What would be right.
    pub says: String,
}

impl Flaw {
    /// This field should be otherwise.
    pub fn at(field: impl Into<String>, says: impl Into<String>) -> Self {
        Self { field: field.into(), says: says.into() }
    }
}

/// Tells the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A clock of one's own, for tests.
    pub fn from(tell: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// The directory we administer, as a task sees it.
#[derive(Clone)]
pub struct Tenant {
    /// The way to Microsoft Graph.
    pub graph: Graph,
    /// The way to Exchange Online.
    pub exchange: Arc<dyn Exchange>,
    /// The way to key vaults.
    pub vaults: Arc<dyn Vaults>,
    /// The time.
    pub clock: Clock,
    /// Whether a guard-rail protects who holds a directory role, so that every role has to be looked for before anything is
    /// changed in haste. The runner says so.
    pub protects_roles: bool,
}
