//! Owners: what somebody answers for, and handing it on.
//!
//! Hand on first and let go after: the last owner of a group cannot leave, and an application without an owner is missed only
//! when its secret expires. Groups, applications and service principals have owners alike, each below its own collection.

use graph::{ObjectId, Path, Refusal, Request};
use plan::{Change, Proof, Touch};
use serde::Deserialize;
use serde_json::json;

use crate::Who;
use crate::account::{Reference, touching};
use crate::group::{Barrier, Group};

/// What is read of what somebody owns. A kind without one of these leaves it out.
const SELECT: &[&str] = &[
    "id",
    "displayName",
    "groupTypes",
    "mailEnabled",
    "securityEnabled",
    "isAssignableToRole",
    "onPremisesSyncEnabled",
    "assignedLicenses",
    "resourceProvisioningOptions",
];

/// Something that has owners, as read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "@odata.type")]
pub enum Owned {
    /// A group.
    #[serde(rename = "#microsoft.graph.group")]
    Group(Group),
    /// An application that the tenant registered.
    #[serde(rename = "#microsoft.graph.application")]
    Application(Reference),
    /// An application as the tenant uses it.
    #[serde(rename = "#microsoft.graph.servicePrincipal")]
    ServicePrincipal(Reference),
    /// Something else, whose owners are not changed here.
    #[serde(untagged)]
    Other(Reference),
}

impl Owned {
    /// Its kind and its name for people.
    pub fn name(&self) -> String {
        match self {
            Self::Group(group) => format!("the group {}", group.name()),
            Self::Application(app) => format!("the application {}", app.name()),
            Self::ServicePrincipal(app) => format!("the enterprise application {}", app.name()),
            Self::Other(other) => other.name(),
        }
    }

    /// Why its owners are not ours to change, if it is a group and they are not. The owners of a dynamic group are: the rule
    /// is for its members.
    pub fn barrier(&self) -> Option<Barrier> {
        match self {
            Self::Group(group) => group.barrier().filter(|barrier| *barrier != Barrier::Dynamic),
            _ => None,
        }
    }

    fn path(&self) -> Option<Path> {
        match self {
            Self::Group(group) => Some(Path::group(&group.id)),
            Self::Application(app) => Some(Path::new("/applications").key(&app.id.to_string())),
            Self::ServicePrincipal(app) => Some(Path::new("/servicePrincipals").key(&app.id.to_string())),
            Self::Other(_) => None,
        }
    }

    /// What is touched when it gains or loses an owner.
    fn touch(&self, of_group: fn(ObjectId) -> Touch) -> Touch {
        match self {
            Self::Group(group) => of_group(group.id),
            Self::Application(other) | Self::ServicePrincipal(other) | Self::Other(other) => {
                Touch::Principal(other.id)
            }
        }
    }
}

/// What an account owns, devices apart, page by page.
pub fn owned_by(account: Path) -> Request {
    Request::get(account.then("ownedObjects"))
        .select(SELECT)
        .query("$top", "999")
        .not_yet(&[Refusal::NotFound])
}

/// Who owns it, with names, and whether they may sign in, page by page; `None` of what is not known here.
pub fn owners_of(owned: &Owned) -> Option<Request> {
    let owners = Request::get(owned.path()?.then("owners"));
    Some(owners.select(&["id", "displayName", "accountEnabled"]).query("$top", "999"))
}

/// Makes somebody an owner; `None` of what is not known here.
pub fn add(successor: &Who, owned: &Owned) -> Option<Change> {
    Some(put_in(successor, owned)?.undone_by(take_out(successor, owned)?))
}

/// Takes an owner, which somebody is, out; `None` of what is not known here. The last owner of a group is refused.
pub fn remove(who: &Who, owned: &Owned) -> Option<Change> {
    Some(take_out(who, owned)?.undone_by(put_in(who, owned)?))
}

fn put_in(who: &Who, owned: &Owned) -> Option<Change> {
    let send = Request::post(owned.path()?.then("owners").then("$ref"))
        .bind("", who.reference())
        .already(&[Refusal::AlreadyMember])
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let proof = Proof::has(owners_of(owned)?, "/value", json!({"id": who.id_or_place()}));
    let says = format!("make {} an owner of {}", who.name(), owned.name());
    Some(touching(who, Change::new(says, send, proof)).touching(owned.touch(Touch::Group)))
}

/// A 404 means that it is owned by somebody else now, or that there is nothing left to own.
fn take_out(who: &Who, owned: &Owned) -> Option<Change> {
    // Without `$ref` this would delete the owner itself (Microsoft Graph, "Remove group owner").
    let send = Request::delete(owned.path()?.then("owners").then(&who.id_or_place()).then("$ref"))
        .already(&[Refusal::NotFound, Refusal::NotMember]);
    let proof = Proof::lacks(owners_of(owned)?, "/value", json!({"id": who.id_or_place()}));
    let says = format!("{} is no longer an owner of {}", who.name(), owned.name());
    Some(touching(who, Change::new(says, send, proof)).touching(owned.touch(Touch::Left)))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::sample::{adele, body, is_undone_by, line, reading, when_not_found};

    const ID: &str = "02bd9fd6-8f93-4758-87c3-1fb73740a315";

    fn owned(kind: &str, more: Value) -> Owned {
        let mut object =
            json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": ID, "displayName": "Payroll"});
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn each_kind_is_told_apart_and_owned_below_its_collection() {
        let table = [
            ("group", "the group Payroll", Some("groups")),
            ("application", "the application Payroll", Some("applications")),
            ("servicePrincipal", "the enterprise application Payroll", Some("servicePrincipals")),
            ("agentIdentityBlueprint", "Payroll", None),
        ];
        for (kind, name, collection) in table {
            let owned = owned(kind, json!({}));
            assert_eq!(owned.name(), name);
            let path = collection.map(|collection| format!("/{collection}/{ID}/owners"));
            let adele_there =
                path.clone().map(|path| format!("{path}/87d349ed-44d7-43e1-9a83-5f2406dee5bd/$ref"));
            assert_eq!(
                remove(&adele(), &owned).map(|change| line(&change)),
                adele_there.map(|path| format!("DELETE {path}"))
            );
            let added = add(&adele(), &owned);
            assert_eq!(added.as_ref().map(line), path.map(|path| format!("POST {path}/$ref")));
            let reference = json!({"@odata.id": "/directoryObjects/87d349ed-44d7-43e1-9a83-5f2406dee5bd"});
            assert!(added.is_none_or(|added| body(&added) == reference));
        }
    }

    #[test]
    fn what_is_handed_on_comes_back() {
        let group = owned("group", json!({}));
        let (made, unmade) = (
            "make Adele Vance an owner of the group Payroll",
            "Adele Vance is no longer an owner of the group Payroll",
        );
        let (added, removed) = (add(&adele(), &group).unwrap(), remove(&adele(), &group).unwrap());
        assert_eq!((added.says.as_str(), removed.says.as_str()), (made, unmade));
        assert!(is_undone_by(&added, unmade) && is_undone_by(&removed, made));
        assert!(removed.touches.contains(&Touch::Left(ID.parse().unwrap())));
    }

    #[test]
    fn the_last_owner_stays_and_who_is_gone_is_gone() {
        let removed = remove(&adele(), &owned("group", json!({}))).unwrap();
        let last = "The group must have at least one owner, hence this owner cannot be removed.";
        assert_eq!(reading(&removed, 400, "Request_BadRequest", last), "refused");
        assert_eq!(when_not_found(&removed), "already");
        let added = removed.undo.as_ref().unwrap();
        let there = "One or more added object references already exist for the following modified properties: 'owners'.";
        assert_eq!(reading(added, 400, "Request_BadRequest", there), "already");
        assert_eq!(when_not_found(added), "not yet");
    }

    #[test]
    fn a_rule_for_members_is_no_barrier_to_owners() {
        let table = [
            ("group", json!({"groupTypes": ["Unified", "DynamicMembership"]}), None),
            ("group", json!({"onPremisesSyncEnabled": true}), Some(Barrier::Synced)),
            ("group", json!({"mailEnabled": true, "groupTypes": []}), Some(Barrier::Exchange)),
            ("group", json!({"isAssignableToRole": true}), Some(Barrier::RoleAssignable)),
            ("application", json!({"onPremisesSyncEnabled": null}), None),
        ];
        for (kind, more, barrier) in table {
            assert_eq!(owned(kind, more.clone()).barrier(), barrier, "{kind} {more}");
        }
    }
}
