//! Devices, whose they are, and what Intune manages of them.
//!
//! An address names a device by its object id, or by `deviceId`, another GUID, as an alternate key. Sources: "Update
//! device" and "Delete device" (API reference).
//!
//! A device that is joined on premises too is switched on again by the next synchronisation, which never runs here.

use serde_json::{Value, json};

use super::body;
use super::list::{self, Source};
use super::{Context, LIST, ONE, Reply, Route, get, relations, render, write};
use crate::refusal::{Refusal, forbidden, invalid_value};
use crate::roles::*;
use crate::schema::DEVICE;
use crate::state::{Kind, Link, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/devices", 1, READ_DEVICES, LIST, list),
    get("/devices/$count", 1, READ_DEVICES, super::COUNT, count),
    get("/devices/{}", 1, READ_DEVICES, ONE, read),
    write("PATCH", "/devices/{}", WRITE_DEVICES, update),
    write("DELETE", "/devices/{}", DELETE_DEVICES, delete),
    get("/devices/{}/registeredOwners", 1, READ_DEVICES, LIST, owners),
    get("/devices/{}/registeredUsers", 1, READ_DEVICES, LIST, users),
    get("/users/{}/ownedDevices", 1, READ_USERS, LIST, owned),
    get("/users/{}/ownedDevices/{cast}", 1, READ_USERS, LIST, owned),
    get("/users/{}/registeredDevices", 1, READ_USERS, LIST, registered),
    get("/users/{}/registeredDevices/{cast}", 1, READ_USERS, LIST, registered),
    get("/users/{}/managedDevices", 1, READ_MANAGED_DEVICES, LIST, managed_of),
    get("/deviceManagement/managedDevices", 1, READ_MANAGED_DEVICES, LIST, managed),
    get("/deviceManagement/managedDevices/{}", 1, READ_MANAGED_DEVICES, ONE, read_managed),
    write("POST", "/deviceManagement/managedDevices/{}/retire", RETIRE_DEVICES, retire),
];

/// What an application may change about a device that runs Linux.
const OF_LINUX: &str = "extensionAttributes";

fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    list::page(context, Source::All(Kind::Device), "devices")
}

fn count(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    list::count(context, Source::All(Kind::Device))
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let device = context.keyed(0, Kind::Device, "deviceId")?;
    one(context, &device, "devices")
}

fn one(context: &mut Context<'_>, object: &Object, fragment: &str) -> Result<Reply, Refusal> {
    let select = context.query.select.clone();
    render::check_select(object.kind.schema(), select.as_deref())?;
    let mut entity = render::entity(context.directory, object, select.as_deref());
    let expand = context.query.expand.clone();
    relations::expand(context, object, &expand, &mut entity)?;
    let fragment = format!("{}/$entity", render::selected(fragment, select.as_deref()));
    entity.insert("@odata.context".into(), context.context(&fragment));
    Ok(Reply::ok(Value::Object(entity)))
}

fn update(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let wanted = body::properties(&context.body()?.clone(), &DEVICE, &[])?;
    let seen = context.keyed(0, Kind::Device, "deviceId")?;
    let is_linux = seen.text("operatingSystem").is_some_and(|system| system.eq_ignore_ascii_case("Linux"));
    if is_linux && wanted.iter().any(|(name, _)| *name != OF_LINUX) {
        return Err(forbidden());
    }
    if let Some((name, _)) = wanted.iter().find(|(name, value)| *name != OF_LINUX && value.is_null()) {
        return Err(invalid_value(name, "Device"));
    }
    let mut device = context.edit(seen.id)?;
    wanted.into_iter().for_each(|(name, value)| device.properties.set(name, value));
    context.directory.put(device);
    Ok(Reply::no_content())
}

fn delete(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let seen = context.keyed(0, Kind::Device, "deviceId")?;
    let device = context.edit(seen.id)?;
    context.directory.purge(device.id);
    Ok(Reply::no_content())
}

fn owners(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    people(context, Link::RegisteredOwner)
}

fn users(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    people(context, Link::RegisteredUser)
}

fn people(context: &mut Context<'_>, link: Link) -> Result<Reply, Refusal> {
    let device = context.keyed(0, Kind::Device, "deviceId")?;
    let found = context.directory.targets(link, device.id, context.view);
    relations::cast(context, 1, found, false)
}

fn owned(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    of(context, Link::RegisteredOwner)
}

fn registered(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    of(context, Link::RegisteredUser)
}

fn of(context: &mut Context<'_>, link: Link) -> Result<Reply, Refusal> {
    let user = context.user(0)?;
    let found = context.directory.sources(link, user.id, context.view);
    relations::cast(context, 1, found, false)
}

fn managed(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    list::page(context, Source::All(Kind::ManagedDevice), "deviceManagement/managedDevices")
}

fn managed_of(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?.id;
    let id = user.to_string();
    let all = context.directory.store.ordered(Kind::ManagedDevice, None, context.view);
    let found = all.filter(|(_, device)| device.is_live() && device.text("userId") == Some(&id));
    let found = found.map(|(_, device)| std::sync::Arc::clone(device)).collect();
    list::page(
        context,
        Source::These(found, Some(Kind::ManagedDevice)),
        &format!("users('{user}')/managedDevices"),
    )
}

fn read_managed(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let device = context.object(&context.param(0).plain()?, Kind::ManagedDevice)?;
    one(context, &device, "deviceManagement/managedDevices")
}

/// Takes the organisation's data off a device the next time it is in touch; until then it is only pending.
fn retire(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    context.action(&[])?;
    let mut device = context.edit(context.object(&context.param(0).plain()?, Kind::ManagedDevice)?.id)?;
    device.properties.set("managementState", json!("retirePending"));
    context.directory.put(device);
    Ok(Reply::no_content())
}
