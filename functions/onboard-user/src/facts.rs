//! What must be known to decide.
//!
//! Plain values: a test of a decision makes them by hand. How they are read is in [`observe`](crate::observe).

use directory::account::Account;
use directory::group::Group;
use directory::licence::Sku;
use directory::look::Found;
use directory::unit::Unit;
use graph::ObjectId;
use jiff::Timestamp;
use serde::Deserialize;

use crate::mail::Mail;

/// What must be known to decide.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: Timestamp,
    /// The domains that names may be in.
    pub domains: Vec<Domain>,
    /// The accounts with this employee id: one at most, in a tenant in good order.
    pub same: Vec<Account>,
    /// The accounts that hold a name beginning like the wanted one.
    pub namesakes: Vec<Account>,
    /// The manager.
    pub manager: Option<Found<Account>>,
    /// The sponsors, in the order of the request.
    pub sponsors: Vec<Found<Account>>,
    /// What the tenant has bought; read only if licences, groups, a colleague's access or mail are wanted.
    pub skus: Vec<Sku>,
    /// The groups, in the order of the request.
    pub groups: Vec<Found<Group>>,
    /// The administrative unit.
    pub unit: Option<Found<Unit>>,
    /// The colleague whose access to copy.
    pub colleague: Option<Found<Account>>,
    /// The groups of that colleague.
    pub colleagues_groups: Vec<Group>,
    /// What the account holds, if it exists.
    pub held: Option<Held>,
    /// What Exchange Online tells; read only if something that it does is asked for.
    pub mail: Option<Mail>,
}

/// A verified domain of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// `Managed` or `Federated`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}

/// What the account holds, if it exists.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Its groups.
    pub groups: Vec<Group>,
    /// Whether it holds a directory role, or is in a group that may be given one.
    pub holds_role: bool,
    /// Its sponsors.
    pub sponsors: Vec<ObjectId>,
    /// Its administrative units.
    pub units: Vec<ObjectId>,
    /// Whether it has, or had, a Temporary Access Pass.
    pub has_pass: bool,
}
