//! What must be known to decide.

use std::sync::Arc;

use directory::account::Account;
use directory::group::Group;
use directory::licence::Sku;
use directory::look::Found;
use graph::{ObjectId, SkuId};
use jiff::Timestamp;

use crate::observe::Belongs;

/// What must be known to decide.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: Timestamp,
    /// Whose licences.
    pub user: Found<Account>,
    /// What the tenant has bought.
    pub skus: Arc<[Sku]>,
    /// The groups to join, in the order in which they were asked for.
    pub join: Vec<Found<Group>>,
    /// The groups to leave, likewise.
    pub leave: Vec<Found<Group>>,
    /// The groups that the account is a direct member of.
    pub groups: Vec<Group>,
    /// Whether it holds a directory role, as far as memberships tell.
    pub holds_role: bool,
}

impl Facts {
    /// What is known of an account that a sweep has found.
    pub(crate) fn about(
        account: Account,
        (groups, holds_role): Belongs,
        skus: Arc<[Sku]>,
        now: Timestamp,
    ) -> Self {
        let user = Found::One(account);
        Self { now, user, skus, join: Vec::new(), leave: Vec::new(), groups, holds_role }
    }

    /// What the tenant has bought under this id.
    pub(crate) fn sku(&self, id: &SkuId) -> Option<&Sku> {
        self.skus.iter().find(|sku| sku.sku_id == *id)
    }

    /// The part number of a SKU; its id, where the tenant no longer has it.
    pub(crate) fn sku_name(&self, id: &SkuId) -> String {
        self.sku(id).map_or_else(|| id.to_string(), |sku| sku.sku_part_number.clone())
    }

    /// What a group is called that the account inherits from.
    pub(crate) fn group_name(&self, id: &ObjectId) -> String {
        self.groups.iter().find(|group| group.id == *id).map_or_else(|| id.to_string(), Group::name)
    }

    /// Whether the account is in the group.
    pub(crate) fn is_member(&self, group: &Group) -> bool {
        self.groups.iter().any(|joined| joined.id == group.id)
    }
}
