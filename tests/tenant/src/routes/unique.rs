//! Values only one object may have. The primary decides, whatever a replica shows.

use uuid::Uuid;

use crate::refusal::{Refusal, conflict};
use crate::state::{Directory, Field, Kind, Object};

/// Refuses an object that would share a name or an address with another.
pub(crate) fn check(directory: &Directory, object: &Object) -> Result<(), Refusal> {
    match object.kind {
        Kind::User => user(directory, object),
        Kind::Group => group(directory, object),
        _ => Ok(()),
    }
}

fn user(directory: &Directory, user: &Object) -> Result<(), Refusal> {
    if taken(directory, user, Field::UserPrincipalName, "userPrincipalName") {
        return Err(conflict("userPrincipalName"));
    }
    if taken(directory, user, Field::ImmutableId, "onPremisesImmutableId") {
        return Err(conflict("onPremisesImmutableId"));
    }
    let nickname = user.text("mailNickname").unwrap_or_default();
    if others(directory, user.id, Field::MailNickname, nickname)
        .any(|other| other.kind == Kind::Group && other.is("mailEnabled"))
    {
        return Err(conflict("mailNickname"));
    }
    addresses(directory, user)
}

/// Nicknames count only for groups with an address; two security groups may share one.
fn group(directory: &Directory, group: &Object) -> Result<(), Refusal> {
    if taken(directory, group, Field::UniqueName, "uniqueName") {
        return Err(conflict("uniqueName"));
    }
    if !group.is("mailEnabled") {
        return Ok(());
    }
    let nickname = group.text("mailNickname").unwrap_or_default();
    let has_address =
        |other: &Object| other.is("mailEnabled") || other.properties.texts("proxyAddresses").next().is_some();
    if others(directory, group.id, Field::MailNickname, nickname).any(has_address) {
        return Err(conflict("mailNickname"));
    }
    addresses(directory, group)
}

/// No address of the object, nor its sign-in name, is an address of another.
fn addresses(directory: &Directory, object: &Object) -> Result<(), Refusal> {
    let bare = |address: &str| address.split_once(':').map_or(address, |(_, bare)| bare).to_owned();
    let proxies = object.properties.texts("proxyAddresses").map(bare);
    let names =
        [object.text("mail"), object.text("userPrincipalName")].into_iter().flatten().map(str::to_owned);
    let mut all = proxies.chain(names);
    let is_taken =
        |address: String| others(directory, object.id, Field::ProxyAddress, &address).next().is_some();
    if all.any(is_taken) { Err(conflict("proxyAddresses")) } else { Ok(()) }
}

/// Whether an address is free for this object.
pub(crate) fn is_free(directory: &Directory, id: Uuid, address: &str) -> bool {
    others(directory, id, Field::ProxyAddress, address).next().is_none()
}

fn taken(directory: &Directory, object: &Object, field: Field, property: &str) -> bool {
    object.text(property).is_some_and(|value| others(directory, object.id, field, value).next().is_some())
}

fn others<'a>(
    directory: &'a Directory,
    id: Uuid,
    field: Field,
    value: &str,
) -> impl Iterator<Item = &'a Object> {
    let found = directory.store.index.find(field, value).into_iter().filter(move |other| *other != id);
    found.filter_map(|other| directory.store.truth(other).map(AsRef::as_ref))
}
