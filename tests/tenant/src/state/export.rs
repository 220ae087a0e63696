//! The directory as one JSON document, and back again: what tests compare, and the format of seed files.
//!
//! ```json
//! { "tenantId": "…", "organization": {…}, "domains": […], "subscribedSkus": […], "temporaryAccessPassPolicy": {…},
//!   "users": [{ "id": "…", "displayName": "…", "licences": […], "manager": "…", "sponsors": […] }],
//!   "groups": [{ "id": "…", "displayName": "…", "licences": […], "members": ["…"], "owners": ["…"] }],
//!   "directoryRoles": [{ "id": "…", "members": ["…"] }], "administrativeUnits": [{ "id": "…", "members": ["…"] }],
//!   "devices": [{ "id": "…", "deviceId": "…", "registeredOwners": ["…"], "registeredUsers": ["…"] }], "managedDevices": […],
//!   "applications": [{ "id": "…", "appId": "…", "owners": ["…"] }], "servicePrincipals": […], "appRoleAssignments": […],
//!   "oauth2PermissionGrants": […], "roleDefinitions": […], "roleAssignments": […], "roleEligibilityScheduleInstances": […],
//!   "mailboxes": [{ "id": "…", "kind": "SharedMailbox", "createdDateTime": "…", "size": { "bytes": 0 } }],
//!   "appManagementPolicy": {…}, "credentialUses": [{ "keyId": "…", "lastSignInDateTime": "…" }], "sentMail": […], "vaults": […] }
//! ```
//!
//! Lists from `devices` on may be left out, and so may `sharing` (`{"invitesOnRoot": false}`), a user's `drive`, and
//! `waitingForGroupLicences` (`[{"id", "dueDateTime"}]`), which is there only while somebody waits. What has an opaque id
//! on the wire has a GUID here, which the id is made of.
//!
//! Objects come in the order of their creation, relations in the order of ids. There is nothing secret in it: passwords
//! and the text of passes are never kept, of a secret its hash (`digest`). `appManagementPolicy` is there where there is one,
//! `credentialUses` where a credential was used, `sentMail` where mail was sent. Applications registered with the control are
//! no part of a state, nor are their service principals.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::credential::{Federated, Key, Secret};
use super::propagation::Use;
use super::{Directory, Domain, Holding, Kind, Link, Mailbox, Moment, Object, Pass, PassPolicy, Sent, Sku};
use crate::clock::{read, written};
use crate::vault::state::Vaults;

/// Why a state cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the state cannot be read: {0}")]
pub struct StateError(String);

/// A licence as a state has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Licence {
    sku_id: Uuid,
    #[serde(default)]
    disabled_plans: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assigned_by_group: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// In effect in spite of its error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    kept: bool,
    last_updated_date_time: String,
}

/// Somebody whose inherited licences have yet to follow.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Follower {
    id: Uuid,
    due_date_time: Moment,
}

impl From<(i64, Uuid)> for Follower {
    fn from((due_ms, id): (i64, Uuid)) -> Self {
        Self { id, due_date_time: Moment(due_ms) }
    }
}

const RELATIONS: [(&str, Link); 7] = [
    ("members", Link::Member),
    ("owners", Link::Owner),
    ("sponsors", Link::Sponsor),
    ("registeredOwners", Link::RegisteredOwner),
    ("registeredUsers", Link::RegisteredUser),
    ("sendAs", Link::SendAs),
    ("sendOnBehalf", Link::OnBehalf),
];

/// The whole directory.
pub(crate) fn state(directory: &Directory) -> Value {
    let mut state = json!({
        "tenantId": directory.tenant_id, "organization": directory.organization, "domains": directory.domains,
        "subscribedSkus": directory.skus, "temporaryAccessPassPolicy": directory.pass_policy,
        "sharing": directory.sharing,
    });
    for kind in Kind::KEPT {
        let all = directory.store.ordered(kind, None, directory.truth());
        let all = all.filter(|(_, object)| !directory.registered.contains(&object.id));
        state[kind.collection()] = all.map(|(_, object)| exported(directory, object)).collect();
    }
    state["mailboxes"] =
        directory.mailboxes.all().map(|mailbox| json!(mailbox.at(directory.now_ms))).collect();
    state["vaults"] = directory.vaults.state();
    let waiting: Vec<Follower> = directory.licensing.all().map(Follower::from).collect();
    if !waiting.is_empty() {
        state["waitingForGroupLicences"] = json!(waiting);
    }
    export_credentials(directory, &mut state);
    state
}

/// What there is only where applications use credentials, or mail was sent.
fn export_credentials(directory: &Directory, state: &mut Value) {
    if !directory.app_policy.is_default() {
        state["appManagementPolicy"] = json!(directory.app_policy);
    }
    if !directory.sent.is_empty() {
        state["sentMail"] = json!(directory.sent);
    }
    let uses: Vec<&Use> = directory.credential_uses(None).map(|(_, _, last)| last).collect();
    if !uses.is_empty() {
        state["credentialUses"] = json!(uses);
    }
}

fn exported(directory: &Directory, object: &Object) -> Value {
    let mut members: Map<String, Value> =
        object.properties.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    members.insert("id".into(), json!(object.id));
    members.extend(object.deleted_ms.map(|ms| ("deletedDateTime".to_owned(), json!(written(ms)))));
    let licences: Vec<Licence> = object.licences.iter().map(exported_licence).collect();
    if !licences.is_empty() {
        members.insert("licences".into(), json!(licences));
    }
    let credentials = &object.credentials;
    let lists = [
        ("passwordCredentials", json!(credentials.secrets)),
        ("keyCredentials", json!(credentials.keys)),
        ("federatedIdentityCredentials", json!(credentials.federated)),
    ];
    members.extend(
        lists.into_iter().filter(|(_, list)| *list != json!([])).map(|(name, list)| (name.to_owned(), list)),
    );
    for (name, link) in RELATIONS {
        let ids = directory.links.targets(link, object.id, directory.truth());
        if !ids.is_empty() {
            members.insert(name.into(), json!(ids));
        }
    }
    let manager = directory.links.targets(Link::Manager, object.id, directory.truth()).into_iter().next();
    members.extend(manager.map(|manager| ("manager".to_owned(), json!(manager))));
    members
        .extend(directory.passes.get(&object.id).map(|pass| ("temporaryAccessPass".to_owned(), json!(pass))));
    members.extend(
        directory.methods.get(&object.id).map(|methods| ("authenticationMethods".to_owned(), json!(methods))),
    );
    members.extend(directory.drives.get(&object.id).map(|drive| ("drive".to_owned(), json!(drive))));
    members.extend(
        directory
            .default_methods
            .get(&object.id)
            .map(|id| ("defaultAuthenticationMethod".to_owned(), json!(id))),
    );
    Value::Object(members)
}

fn exported_licence(held: &Holding) -> Licence {
    Licence {
        sku_id: held.sku,
        disabled_plans: held.disabled.clone(),
        assigned_by_group: held.by_group,
        error: held.error.clone(),
        kept: held.kept,
        last_updated_date_time: written(held.updated_ms),
    }
}

/// A directory out of a state.
pub(crate) fn restored(state: &Value) -> Result<Directory, StateError> {
    let mut directory = Directory::empty(part(state, "tenantId")?);
    directory.organization = part(state, "organization")?;
    directory.domains = part::<Vec<Domain>>(state, "domains")?;
    directory.skus = part::<Vec<Sku>>(state, "subscribedSkus")?;
    directory.pass_policy = part::<PassPolicy>(state, "temporaryAccessPassPolicy")?;
    if state.get("sharing").is_some() {
        directory.sharing = part(state, "sharing")?;
    }
    for kind in Kind::KEPT {
        for object in objects(state, kind)? {
            restore(&mut directory, kind, object)?;
        }
    }
    // A state from before there were mailboxes has those that its licences give.
    if state.get("mailboxes").is_some() {
        directory.mailboxes = part::<Vec<Mailbox>>(state, "mailboxes")?.into_iter().collect();
    }
    if state.get("vaults").is_some() {
        directory.vaults = Vaults::restored(part(state, "vaults")?);
    }
    if state.get("waitingForGroupLicences").is_some() {
        let waiting: Vec<Follower> = part(state, "waitingForGroupLicences")?;
        waiting.into_iter().for_each(|next| directory.licensing.add(next.due_date_time.0, next.id));
    }
    restore_credentials(&mut directory, state)?;
    Ok(directory)
}

fn restore_credentials(directory: &mut Directory, state: &Value) -> Result<(), StateError> {
    if state.get("appManagementPolicy").is_some() {
        directory.app_policy = part(state, "appManagementPolicy")?;
    }
    if state.get("sentMail").is_some() {
        directory.sent = part::<Vec<Sent>>(state, "sentMail")?;
    }
    if state.get("credentialUses").is_some() {
        let uses: Vec<Use> = part(state, "credentialUses")?;
        uses.into_iter().for_each(|noted| directory.propagation.note_use(noted));
    }
    Ok(())
}

/// The objects of a kind. A state that is older than the kind has none.
fn objects(state: &Value, kind: Kind) -> Result<Vec<Map<String, Value>>, StateError> {
    let is_old = kind > Kind::AdministrativeUnit && state.get(kind.collection()).is_none();
    if is_old { Ok(Vec::new()) } else { part(state, kind.collection()) }
}

fn part<T: serde::de::DeserializeOwned>(state: &Value, name: &str) -> Result<T, StateError> {
    let part = state.get(name).cloned().ok_or_else(|| StateError(format!("'{name}' is missing")))?;
    serde_json::from_value(part).map_err(|error| StateError(format!("'{name}': {error}")))
}

fn restore(directory: &mut Directory, kind: Kind, members: Map<String, Value>) -> Result<(), StateError> {
    let all = Value::Object(members);
    let mut object = Object::new(part(&all, "id")?, kind);
    for (name, value) in all.as_object().into_iter().flatten() {
        match name.as_str() {
            "id" => {}
            "deletedDateTime" => object.deleted_ms = value.as_str().and_then(read),
            "licences" => object.licences = part::<Vec<Licence>>(&all, name)?.iter().map(holding).collect(),
            "passwordCredentials" => object.credentials.secrets = part::<Vec<Secret>>(&all, name)?,
            "keyCredentials" => object.credentials.keys = part::<Vec<Key>>(&all, name)?,
            "federatedIdentityCredentials" => {
                object.credentials.federated = part::<Vec<Federated>>(&all, name)?;
            }
            "manager" => directory.link(Link::Manager, object.id, part(&all, name)?),
            "temporaryAccessPass" => drop(directory.passes.insert(object.id, part::<Pass>(&all, name)?)),
            "authenticationMethods" => drop(directory.methods.insert(object.id, part(&all, name)?)),
            "drive" => drop(directory.drives.insert(object.id, part(&all, name)?)),
            "defaultAuthenticationMethod" => {
                drop(directory.default_methods.insert(object.id, part(&all, name)?));
            }
            other => match RELATIONS.iter().find(|(relation, _)| *relation == other) {
                Some((_, link)) => part::<Vec<Uuid>>(&all, other)?
                    .into_iter()
                    .for_each(|id| directory.link(*link, object.id, id)),
                None => set(&mut object, other, value)?,
            },
        }
    }
    directory.put(object);
    Ok(())
}

fn set(object: &mut Object, name: &str, value: &Value) -> Result<(), StateError> {
    let schema = object.kind.schema();
    let property = schema
        .property(name)
        .ok_or_else(|| StateError(format!("a {} has no property '{name}'", schema.name)))?;
    object.properties.set(&property.name, value.clone());
    Ok(())
}

fn holding(licence: &Licence) -> Holding {
    Holding {
        sku: licence.sku_id,
        disabled: licence.disabled_plans.clone(),
        by_group: licence.assigned_by_group,
        error: licence.error.clone(),
        kept: licence.kept,
        updated_ms: read(&licence.last_updated_date_time).unwrap_or(0),
    }
}
