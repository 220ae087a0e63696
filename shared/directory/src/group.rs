//! Groups: what kind each is, whether we may change its members, joining and leaving.
//!
//! Some memberships are not ours to change through Microsoft Graph, and it is better to say so in the plan than to be
//! refused when it runs: dynamic groups follow their rule, synchronised ones are mastered on premises, distribution lists
//! and mail-enabled security groups belong to Exchange, role-assignable ones need a permission that allows more than we
//! want to hold.

use graph::{ObjectId, Path, Refusal, Request, odata};
use plan::{Change, Proof, Touch};
use serde::Deserialize;
use serde_json::json;

use crate::Who;
use crate::account::{Licence, touching};

/// What is read of a group.
pub const SELECT: &[&str] = &[
    "id",
    "displayName",
    "mailNickname",
    "groupTypes",
    "mailEnabled",
    "securityEnabled",
    "isAssignableToRole",
    "onPremisesSyncEnabled",
    "membershipRule",
    "assignedLicenses",
];

/// A group, as read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Object id.
    pub id: ObjectId,
    /// Its name for people; not unique.
    #[serde(default)]
    pub display_name: Option<String>,
    /// `Unified`, `DynamicMembership`.
    #[serde(default)]
    pub group_types: Vec<String>,
    /// Whether it has a mail address.
    #[serde(default)]
    pub mail_enabled: Option<bool>,
    /// Whether it can be granted something.
    #[serde(default)]
    pub security_enabled: Option<bool>,
    /// Whether directory roles can be given to it.
    #[serde(default)]
    pub is_assignable_to_role: Option<bool>,
    /// Whether it is mastered on premises.
    #[serde(default)]
    pub on_premises_sync_enabled: Option<bool>,
    /// The rule of a dynamic group.
    #[serde(default)]
    pub membership_rule: Option<String>,
    /// The licences that its members inherit.
    #[serde(default)]
    pub assigned_licenses: Vec<Licence>,
    /// What else it has been made: `Team`; not read everywhere.
    #[serde(default)]
    pub resource_provisioning_options: Vec<String>,
}

/// Why the members of a group are not ours to change through Microsoft Graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// Its members follow a rule.
    Dynamic,
    /// It is mastered on premises.
    Synced,
    /// It is a distribution list or a mail-enabled security group.
    Exchange,
    /// Directory roles can be given to it.
    RoleAssignable,
}

impl Barrier {
    /// A stable name for findings.
    pub fn code(self) -> &'static str {
        match self {
            Self::Dynamic => "group-dynamic",
            Self::Synced => "group-synced",
            Self::Exchange => "group-exchange",
            Self::RoleAssignable => "group-role-assignable",
        }
    }

    /// Why, and what a person can do.
    pub fn says(self) -> &'static str {
        match self {
            Self::Dynamic => {
                "its members follow a rule: give the account the attributes that the rule asks for"
            }
            Self::Synced => "it is mastered on premises: add the member there",
            Self::Exchange => {
                "it is a distribution list or mail-enabled security group: add the member in Exchange"
            }
            Self::RoleAssignable => {
                "directory roles can be given to it: a Privileged Role Administrator adds members"
            }
        }
    }
}

impl Group {
    /// Its name for people.
    pub fn name(&self) -> String {
        self.display_name.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// Why its members are not ours to change, if they are not.
    pub fn barrier(&self) -> Option<Barrier> {
        let unified = self.group_types.iter().any(|kind| kind == "Unified");
        match () {
            () if self.group_types.iter().any(|kind| kind == "DynamicMembership") => Some(Barrier::Dynamic),
            () if self.on_premises_sync_enabled == Some(true) => Some(Barrier::Synced),
            () if self.mail_enabled == Some(true) && !unified => Some(Barrier::Exchange),
            () if self.is_assignable_to_role == Some(true) => Some(Barrier::RoleAssignable),
            () => None,
        }
    }

    /// Whether it is a team.
    pub fn is_team(&self) -> bool {
        self.resource_provisioning_options.iter().any(|option| option == "Team")
    }

    /// Whether its members inherit licences from it.
    pub fn gives_licences(&self) -> bool {
        !self.assigned_licenses.is_empty()
    }
}

/// Reads one group by id. 404 when there is none.
pub fn read(id: &ObjectId) -> Request {
    Request::get(Path::group(id)).select(SELECT)
}

/// Finds the groups of this display name or mail nickname; a name is good only if it means one group.
pub fn named(name: &str) -> Request {
    let filter = odata::or([odata::eq("displayName", name), odata::eq("mailNickname", name)]);
    Request::get(Path::new("/groups")).filter(&filter).select(SELECT)
}

/// Reads the group of this unique name, which is a key and no property to filter by (Microsoft Graph, "Get group"). 404 when
/// there is none; `None` for what is no key: a key is made for programs and has no spaces.
pub fn uniquely_named(name: &str) -> Option<Request> {
    let is_key = name.chars().all(|c| c.is_ascii_graphic());
    is_key.then(|| Request::get(Path::group_of_unique_name(name)).select(SELECT))
}

/// The groups that an account is a direct member of, page by page.
pub fn joined_by(path: Path) -> Request {
    Request::get(path.then("memberOf").then("microsoft.graph.group"))
        .select(SELECT)
        .query("$top", "999")
        .not_yet(&[Refusal::NotFound])
}

/// Adds the account to the group, and hands it what the group hands out.
pub fn join(who: &Who, group: &Group) -> Change {
    put_in(who, group).undone_by(take_out(who, group))
}

/// Takes the account, which is a member, out of the group. Who owns it as well stays its owner
/// ([`owner::remove`](crate::owner::remove)).
pub fn leave(who: &Who, group: &Group) -> Change {
    take_out(who, group).undone_by(put_in(who, group))
}

fn put_in(who: &Who, group: &Group) -> Change {
    let send = Request::post(members(group).then("$ref"))
        .bind("", who.reference())
        .already(&[Refusal::AlreadyMember])
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let says = format!("add {} to {}", who.name(), group.name());
    let proof = Proof::has(direct(who), "/value", json!({"id": group.id}));
    let change = touching(who, Change::new(says, send, proof)).touching(Touch::Group(group.id));
    let skus = group.assigned_licenses.iter().map(|licence| Touch::Sku(licence.sku_id));
    skus.fold(change, Change::touching)
}

/// A 404 means that it is no member, or that there is no such group any more.
fn take_out(who: &Who, group: &Group) -> Change {
    // Without `$ref` this would delete the account itself (Microsoft Graph, "Remove member").
    let send = Request::delete(members(group).then(&who.id_or_place()).then("$ref"))
        .already(&[Refusal::NotFound, Refusal::NotMember]);
    let says = format!("remove {} from {}", who.name(), group.name());
    let proof = Proof::lacks(direct(who), "/value", json!({"id": group.id}));
    touching(who, Change::new(says, send, proof)).touching(Touch::Left(group.id))
}

fn members(group: &Group) -> Path {
    Path::group(&group.id).then("members")
}

fn direct(who: &Who) -> Request {
    Request::get(who.path().then("memberOf").then("microsoft.graph.group"))
        .select(&["id"])
        .query("$top", "999")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, is_undone_by, send, when_not_found};

    fn group(more: serde_json::Value) -> Group {
        let mut group = json!({"id": "02bd9fd6-8f93-4758-87c3-1fb73740a315", "displayName": "Staff"});
        group.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(group).unwrap()
    }

    #[test]
    fn each_kind_of_group_has_its_barrier() {
        let table = [
            (json!({"securityEnabled": true, "mailEnabled": false}), None),
            (json!({"groupTypes": ["Unified"], "mailEnabled": true}), None),
            (
                json!({"groupTypes": ["Unified", "DynamicMembership"], "mailEnabled": true}),
                Some(Barrier::Dynamic),
            ),
            (json!({"securityEnabled": true, "mailEnabled": true}), Some(Barrier::Exchange)),
            (json!({"mailEnabled": true}), Some(Barrier::Exchange)),
            (json!({"securityEnabled": true, "onPremisesSyncEnabled": true}), Some(Barrier::Synced)),
            (json!({"securityEnabled": true, "isAssignableToRole": true}), Some(Barrier::RoleAssignable)),
        ];
        for (kind, barrier) in table {
            assert_eq!(group(kind.clone()).barrier(), barrier, "{kind}");
        }
    }

    #[test]
    fn joining_a_group_hands_out_its_licences_too() {
        let sku: graph::SkuId = "05e9a617-0261-4cee-bb44-138d3ef5d965".parse().unwrap();
        let change = join(&Who::new("Adele Vance"), &group(json!({"assignedLicenses": [{"skuId": sku}]})));
        assert!(change.touches.contains(&Touch::Sku(sku)), "{:?}", change.touches);
    }

    #[test]
    fn joining_is_undone_by_leaving_and_leaving_by_joining() {
        let group = group(json!({"groupTypes": ["Unified"], "mailEnabled": true}));
        assert!(is_undone_by(&join(&adele(), &group), "remove Adele Vance from Staff"));
        let change = leave(&adele(), &group);
        assert_eq!(change.says, "remove Adele Vance from Staff");
        assert!(is_undone_by(&change, "add Adele Vance to Staff"));
        assert_eq!(when_not_found(&change), "already");
        assert_eq!(when_not_found(change.undo.as_ref().unwrap()), "not yet");
    }

    #[test]
    fn coming_back_to_a_group_hands_out_its_licences_too() {
        let sku: graph::SkuId = "05e9a617-0261-4cee-bb44-138d3ef5d965".parse().unwrap();
        let change = leave(&adele(), &group(json!({"assignedLicenses": [{"skuId": sku}]})));
        assert!(!change.touches.contains(&Touch::Sku(sku)), "{:?}", change.touches);
        assert!(change.undo.unwrap().touches.contains(&Touch::Sku(sku)));
    }

    #[test]
    fn leaving_a_group_never_deletes_the_account() {
        assert!(send(&leave(&adele(), &group(json!({})))).path().as_str().ends_with("/$ref"));
    }
}
