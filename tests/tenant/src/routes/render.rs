//! Turns objects into JSON: which properties, in which shape, and what may be told about objects one may not read.

use serde_json::{Map, Value, json};

use super::{Context, opaque};
use crate::clock::written;
use crate::refusal::{Refusal, malformed};
use crate::roles::{
    self, NOTHING, READ_APPLICATIONS, READ_BASIC_USERS, READ_DEVICES, READ_GROUPS, READ_ROLES, READ_UNITS,
};
use crate::schema::{Property, SIGN_INS, Schema};
use crate::state::credential::Secret;
use crate::state::{Directory, Holding, Kind, Link, Object};

/// The value of a property, worked out if need be; null where there is none, an empty list for collections.
pub(crate) fn value(directory: &Directory, object: &Object, name: &str) -> Value {
    match name {
        "id" => opaque::id(object).into(),
        "deletedDateTime" => object.deleted_ms.map(written).into(),
        "passwordCredentials" => object.credentials.secrets.iter().map(Secret::told).collect(),
        "keyCredentials" => object.credentials.keys.iter().map(|key| key.told(false)).collect(),
        // Not properties, but counted by filters.
        "owners" => json!(directory.links.targets(Link::Owner, object.id, directory.truth())),
        "federatedIdentityCredentials" => json!(object.credentials.federated),
        "assignedLicenses" => assigned_licences(object),
        "licenseAssignmentStates" => object.licences.iter().map(licence_state).collect(),
        "hasMembersWithLicenseErrors" => has_members_with_errors(directory, object).into(),
        "licenseProcessingState" => processing(directory, object),
        "assignedPlans" => plans(directory, object, true),
        "provisionedPlans" => plans(directory, object, false),
        _ => stored(object, name),
    }
}

fn stored(object: &Object, name: &str) -> Value {
    let property = object.kind.schema().property(name);
    let absent = || {
        if property.is_some_and(|property| property.element().is_some()) { json!([]) } else { Value::Null }
    };
    object.properties.get(name).cloned().unwrap_or_else(absent)
}

fn assigned_licences(object: &Object) -> Value {
    let in_effect = object.licences_in_effect().into_iter();
    in_effect.map(|(sku, disabled)| json!({ "skuId": sku, "disabledPlans": disabled })).collect()
}

fn licence_state(held: &Holding) -> Value {
    json!({
        "skuId": held.sku, "disabledPlans": held.disabled, "assignedByGroup": held.by_group,
        "state": standing(held),
        "error": held.error.as_deref().unwrap_or("None"), "lastUpdatedDateTime": written(held.updated_ms),
    })
}

fn standing(held: &Holding) -> &'static str {
    match (held.error.is_some(), held.is_active()) {
        (false, _) => "Active",
        (true, true) => "ActiveWithError",
        (true, false) => "Error",
    }
}

/// Whether what a group hands on has reached its members; null where it hands nothing on.
fn processing(directory: &Directory, group: &Object) -> Value {
    let is_member = |user| directory.links.holds(Link::Member, group.id, user);
    match directory.licensing.all().any(|(_, user)| is_member(user)) {
        _ if group.licences.is_empty() => Value::Null,
        true => json!({ "state": "QueuedForProcessing" }),
        false => json!({ "state": "ProcessingComplete" }),
    }
}

/// Only a group that hands licences on can fail to.
fn has_members_with_errors(directory: &Directory, group: &Object) -> bool {
    let suffers = |user: &Object| {
        user.licences.iter().any(|held| held.by_group == Some(group.id) && held.error.is_some())
    };
    let members = || directory.targets(Link::Member, group.id, directory.truth());
    !group.licences.is_empty() && members().iter().any(|member| suffers(member))
}

fn plans(directory: &Directory, object: &Object, assigned: bool) -> Value {
    let at = object.licences.iter().map(|held| held.updated_ms).max().map(written);
    let capability = |plan: &crate::state::Plan| {
        let giving = object.licences.iter().filter(|held| directory.gives(held, plan.service_plan_id));
        giving.filter_map(|held| directory.sku(held.sku)).map(|sku| sku.capability_status).min()
    };
    let plan = |plan: &crate::state::Plan| {
        if assigned {
            json!({ "assignedDateTime": at, "capabilityStatus": capability(plan), "service": plan.service(), "servicePlanId": plan.service_plan_id })
        } else {
            json!({ "capabilityStatus": capability(plan), "provisioningStatus": "Success", "service": plan.service() })
        }
    };
    directory.enabled_plans(&object.licences).into_iter().map(plan).collect()
}

/// Refuses a `$select` of properties the type does not have.
pub(crate) fn check_select(schema: &Schema, select: Option<&[String]>) -> Result<(), Refusal> {
    let unknown = select.into_iter().flatten().find(|name| *name != "*" && schema.property(name).is_none());
    match unknown {
        None => Ok(()),
        Some(name) => Err(unknown_selected(name, schema.name)),
    }
}

/// The same for lists of mixed kinds, where one of the kinds has to have the property.
pub(crate) fn check_mixed_select(select: Option<&[String]>) -> Result<(), Refusal> {
    let kinds = || Kind::DIRECTORY.iter().chain(&[Kind::RoleDefinition]);
    let is_known = |name: &str| kinds().any(|kind| kind.schema().property(name).is_some());
    match select.into_iter().flatten().find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => Err(unknown_selected(name, "directoryObject")),
    }
}

fn unknown_selected(name: &str, type_name: &str) -> Refusal {
    malformed(format!(
        "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.{type_name}'."
    ))
}

/// An object with the selected properties, or those that come by default.
pub(crate) fn entity(
    directory: &Directory,
    object: &Object,
    select: Option<&[String]>,
) -> Map<String, Value> {
    let schema = object.kind.schema();
    let wanted = |property: &&Property| match select {
        Some(names) => names.iter().any(|name| *name == property.name || name == "*"),
        None => property.default,
    };
    let tell = |property: &Property| (property.name.clone(), value(directory, object, &property.name));
    // Who never signed in has no such property at all.
    let is_there = |(name, value): &(String, Value)| name != SIGN_INS || !value.is_null();
    schema.properties.iter().filter(wanted).map(tell).filter(is_there).collect()
}

/// An object within a list of mixed kinds: with its type, and with nulls where the caller may not read its kind.
pub(crate) fn member(
    context: &mut Context<'_>,
    object: &Object,
    select: Option<&[String]>,
) -> Map<String, Value> {
    let mut entity = entity(context.directory, object, select);
    if !object.kind.is_directory_object() {
        return entity;
    }
    if !may_read(context, object.kind) {
        entity.iter_mut().filter(|(name, _)| *name != "id").for_each(|(_, value)| *value = Value::Null);
    }
    entity.insert("@odata.type".into(), json!(object.kind.odata_type()));
    entity
}

fn may_read(context: &mut Context<'_>, kind: Kind) -> bool {
    let need = match kind {
        Kind::User => READ_BASIC_USERS,
        Kind::Group => READ_GROUPS,
        Kind::DirectoryRole => READ_ROLES,
        Kind::AdministrativeUnit => READ_UNITS,
        Kind::Device => READ_DEVICES,
        Kind::Application | Kind::ServicePrincipal => READ_APPLICATIONS,
        _ => NOTHING,
    };
    roles::require(context.caller, need).is_ok()
}

/// `users(id,displayName)`: a fragment with the selection in it.
pub(crate) fn selected(fragment: &str, select: Option<&[String]>) -> String {
    select.map_or_else(|| fragment.to_owned(), |names| format!("{fragment}({})", names.join(",")))
}
