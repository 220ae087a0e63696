//! What must be known to decide.
//!
//! Plain values: a test of a decision makes them by hand. How they are read is in [`observe`](crate::observe). What must not
//! wait is decided from [`Quick`] alone, so a preview and the run itself decide it alike.

use directory::account::{Account, Reference};
use directory::app_role;
use directory::device::Device;
use directory::drive::{Drive, Permission};
use directory::grant::Grant;
use directory::group::Group;
use directory::licence::Sku;
use directory::look::Found;
use directory::method::Method;
use directory::owner::Owned;
use directory::role::{Assignment, Eligibility};
use graph::ObjectId;
use jiff::Timestamp;

use crate::mail::Mail;

/// What a first look tells: enough to block somebody, and to know whether that may be.
#[derive(Clone, Debug)]
pub struct Quick {
    /// The time.
    pub now: Timestamp,
    /// Who leaves.
    pub leaver: Found<Account>,
    /// The leaver's manager, with whether they may sign in.
    pub manager: Option<Reference>,
    /// Whoever the caller named to take over.
    pub named_successor: Option<Found<Account>>,
    /// The time zone of the leaver's mailbox, where it matters.
    pub zone: Option<String>,
    /// The groups that the leaver is a direct member of.
    pub groups: Vec<Group>,
    /// Whether the leaver holds a directory role, anywhere and of any kind, or is in a group that may be given one.
    pub holds_role: bool,
    /// Whether the leaver may take one for a while, as far as that is seen.
    pub may_take_role: bool,
    /// The devices that are the leaver's.
    pub devices: Vec<Device>,
    /// The people who report to the leaver.
    pub reports: Vec<Reference>,
}

/// What must be known to decide.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What a first look tells.
    pub quick: Quick,
    /// What else there is; `None` where it does not matter, since nobody leaves or it is not time.
    pub rest: Option<Rest>,
}

/// What only a thorough look tells.
#[derive(Clone, Debug, Default)]
pub struct Rest {
    /// What the leaver can prove who they are with.
    pub methods: Vec<Method>,
    /// The directory roles that the leaver holds.
    pub roles: Vec<Assignment>,
    /// The directory roles that the leaver may take; `None` where the tenant has no such thing, or does not let us see it.
    pub eligibilities: Option<Vec<Eligibility>>,
    /// The applications that the leaver was let into.
    pub app_roles: Vec<app_role::Assignment>,
    /// What the leaver allowed applications to do, with the application's name.
    pub grants: Vec<(Grant, String)>,
    /// What the leaver owns, with all its owners, and whether they may sign in.
    pub owned: Vec<(Owned, Vec<Reference>)>,
    /// The groups that the successor is a member of, where the leaver owns a team.
    pub successor_in: Vec<ObjectId>,
    /// What the tenant has bought.
    pub skus: Vec<Sku>,
    /// The leaver's mailbox, if there is one.
    pub mail: Option<Mail>,
    /// The leaver's OneDrive, and who was let into it.
    pub drive: Option<(Drive, Vec<Permission>)>,
}

impl Quick {
    /// Who leaves, if there is such a person.
    pub fn account(&self) -> Option<&Account> {
        self.leaver.one()
    }

    /// When the directory says that they leave.
    pub fn leave_date(&self) -> Option<Timestamp> {
        let date = self.account()?.rest.get("employeeLeaveDateTime")?;
        date.as_str()?.parse().ok()
    }

    /// Who takes over: whoever was named, else the manager, unless they may not sign in: they may have left, too.
    pub fn successor(&self) -> Option<Reference> {
        match &self.named_successor {
            Some(found) => found.one().map(Account::reference),
            None => self.manager.clone().filter(|manager| !manager.is_blocked()),
        }
    }
}
