//! What is looked up by value and must not be scanned for: names, addresses, numbers.
//!
//! The index always knows the primary's truth, because uniqueness is decided there.

use std::collections::HashMap;

use uuid::Uuid;

use super::object::Object;

/// A value objects can be found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Field {
    UserPrincipalName,
    Mail,
    MailNickname,
    /// An address of `proxyAddresses`, without its `smtp:`.
    ProxyAddress,
    EmployeeId,
    ImmutableId,
    UniqueName,
    /// Of an application, and of its service principal.
    AppId,
}

impl Field {
    const PROPERTIES: [(&'static str, Field); 6] = [
        ("userPrincipalName", Field::UserPrincipalName),
        ("mail", Field::Mail),
        ("mailNickname", Field::MailNickname),
        ("employeeId", Field::EmployeeId),
        ("onPremisesImmutableId", Field::ImmutableId),
        ("uniqueName", Field::UniqueName),
    ];

    /// The field that answers `property eq ...`, if one does.
    pub(crate) fn of(property: &str) -> Option<Field> {
        if property == "appId" {
            return Some(Field::AppId);
        }
        Field::PROPERTIES.iter().find(|(name, _)| *name == property).map(|(_, field)| *field)
    }
}

/// Nearly every value has one owner; the list beyond it stays empty and costs nothing.
#[derive(Debug)]
struct Owners {
    first: Uuid,
    others: Vec<Uuid>,
}

#[derive(Debug, Default)]
pub(crate) struct Index(HashMap<(Field, Box<str>), Owners>);

impl Index {
    /// Who has this value, whatever its case.
    pub(crate) fn find(&self, field: Field, value: &str) -> Vec<Uuid> {
        let found = self.0.get(&(field, value.to_lowercase().into_boxed_str()));
        found
            .map(|owners| std::iter::once(owners.first).chain(owners.others.iter().copied()).collect())
            .unwrap_or_default()
    }

    pub(crate) fn replace(&mut self, before: Option<&Object>, after: Option<&Object>) {
        let (before, after) = (before.map(keys).unwrap_or_default(), after.map(keys).unwrap_or_default());
        let gone: Vec<_> = before.1.iter().filter(|key| !after.1.contains(key)).cloned().collect();
        for key in gone {
            self.remove(key, before.0);
        }
        for key in after.1.into_iter().filter(|key| !before.1.contains(key)) {
            self.add(key, after.0);
        }
    }

    fn add(&mut self, key: (Field, Box<str>), id: Uuid) {
        match self.0.get_mut(&key) {
            Some(owners) => owners.others.push(id),
            None => drop(self.0.insert(key, Owners { first: id, others: Vec::new() })),
        }
    }

    fn remove(&mut self, key: (Field, Box<str>), id: Uuid) {
        let Some(owners) = self.0.get_mut(&key) else { return };
        owners.others.retain(|other| *other != id);
        if owners.first != id {
            return;
        }
        match owners.others.pop() {
            Some(next) => owners.first = next,
            None => drop(self.0.remove(&key)),
        }
    }
}

/// What an object can be found by. A soft-deleted user gives its names up; a soft-deleted group keeps its addresses.
/// Other kinds may carry the same names, but they are not theirs: applications are found by `appId` alone.
fn keys(object: &Object) -> (Uuid, Vec<(Field, Box<str>)>) {
    if matches!(object.kind, super::Kind::Application | super::Kind::ServicePrincipal) {
        let app_id = object.text("appId").filter(|_| object.is_live());
        let key = |app_id: &str| (Field::AppId, app_id.to_lowercase().into_boxed_str());
        return (object.id, app_id.map(key).into_iter().collect());
    }
    let has_names = match object.kind {
        super::Kind::User => object.is_live(),
        kind => kind == super::Kind::Group,
    };
    if !has_names {
        return (object.id, Vec::new());
    }
    let mut keys: Vec<(Field, Box<str>)> = Vec::with_capacity(6);
    for (name, field) in Field::PROPERTIES {
        keys.extend(object.text(name).map(|value| (field, value.to_lowercase().into_boxed_str())));
    }
    for address in object.properties.texts("proxyAddresses") {
        let bare = address.split_once(':').map_or(address, |(_, bare)| bare);
        keys.push((Field::ProxyAddress, bare.to_lowercase().into_boxed_str()));
    }
    (object.id, keys)
}
