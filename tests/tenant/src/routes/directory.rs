//! Directory roles, administrative units, and objects of whatever kind.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::list::Source;
use super::{
    Context, LIST, NO_OPTIONS, ONE, Reply, Route, SHORT, get, identifier, list, members, relations, render,
    write,
};
use crate::refusal::{Refusal, bad_request, forbidden, malformed, not_found};
use crate::roles::*;
use crate::state::{Kind, Link, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/directoryObjects/{}", 1, READ_DIRECTORY, SHORT, read_any),
    get("/directoryRoles", 1, READ_ROLES, LIST, list_roles),
    get("/directoryRoles/{}", 1, READ_ROLES, ONE, read_role),
    get("/directoryRoles/{}/members", 1, READ_ROLES, SHORT, role_members),
    write("POST", "/directoryRoles/{}/members/$ref", WRITE_ROLES, add_to_role),
    write("DELETE", "/directoryRoles/{}/members/{}/$ref", WRITE_ROLES, remove_from_role),
    get("/directory/administrativeUnits", 1, READ_UNITS, LIST, list_units),
    get("/directory/administrativeUnits/{}", 1, READ_UNITS, ONE, read_unit),
    get("/directory/administrativeUnits/{}/members", 1, READ_UNITS, LIST, unit_members),
    get("/directory/administrativeUnits/{}/members/{cast}", 1, READ_UNITS, LIST, unit_members),
    get("/directory/administrativeUnits/{}/members/{}/$ref", 1, READ_UNITS, NO_OPTIONS, unit_member),
    write("POST", "/directory/administrativeUnits/{}/members/$ref", WRITE_UNITS, add_to_unit),
    write("DELETE", "/directory/administrativeUnits/{}/members/{}/$ref", WRITE_UNITS, remove_from_unit),
];

fn read_any(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let object = context.any_object(&context.param(0).plain()?)?;
    let select = context.query.select.clone();
    render::check_mixed_select(select.as_deref())?;
    let mut entity = render::member(context, &object, select.as_deref());
    entity.insert("@odata.context".into(), context.context("directoryObjects/$entity"));
    Ok(Reply::ok(Value::Object(entity)))
}

/// `POST /directoryObjects/getByIds`: at most a thousand; ids that name nothing are left out.
pub(super) fn get_by_ids(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.action(&["ids", "types"])?;
    let ids = body
        .get("ids")
        .and_then(Value::as_array)
        .ok_or_else(|| malformed("The parameter 'ids' is missing."))?;
    if ids.len() > 1_000 {
        return Err(bad_request("The number of values in 'ids' exceeds the maximum of 1000."));
    }
    let ids: Vec<Uuid> =
        ids.iter().map(|id| identifier(id.as_str().unwrap_or_default())).collect::<Result<_, _>>()?;
    let types: Option<Vec<&str>> = body
        .get("types")
        .and_then(Value::as_array)
        .map(|types| types.iter().filter_map(Value::as_str).collect());
    let select = context.query.select.clone();
    render::check_mixed_select(select.as_deref())?;
    let seen: Vec<_> =
        ids.iter().filter_map(|id| context.directory.store.live(*id, context.view).cloned()).collect();
    let is_wanted = |kind: Kind| {
        kind.is_directory_object()
            && types
                .as_ref()
                .is_none_or(|types| types.contains(&kind.schema().name) || types.contains(&"directoryObject"))
    };
    let found = seen.iter().filter(|object| is_wanted(object.kind));
    let value =
        found.map(|object| Value::Object(render::member(context, object, select.as_deref()))).collect();
    Ok(members::whole(context, "directoryObjects", value))
}

fn list_roles(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    context.query.top = Some(usize::MAX - 1);
    list::page(context, Source::All(Kind::DirectoryRole), "directoryRoles")
}

fn read_role(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    read(context, Kind::DirectoryRole)
}

fn list_units(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    list::page(context, Source::All(Kind::AdministrativeUnit), "directory/administrativeUnits")
}

fn read_unit(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    read(context, Kind::AdministrativeUnit)
}

fn read(context: &mut Context<'_>, kind: Kind) -> Result<Reply, Refusal> {
    let select = context.query.select.clone();
    render::check_select(kind.schema(), select.as_deref())?;
    let object = holder(context, kind)?;
    let mut entity = render::entity(context.directory, &object, select.as_deref());
    entity.insert("@odata.context".into(), context.context(&format!("{}/$entity", kind.collection())));
    Ok(Reply::ok(Value::Object(entity)))
}

fn role_members(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let role = holder(context, Kind::DirectoryRole)?;
    let found = context.directory.targets(Link::Member, role.id, context.view);
    context.query.top = Some(usize::MAX - 1);
    relations::cast(context, 1, found, false)
}

fn add_to_role(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    add(context, Kind::DirectoryRole)
}

fn remove_from_role(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    remove(context, Kind::DirectoryRole)
}

fn unit_members(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let unit = context.object(&context.param(0).plain()?, Kind::AdministrativeUnit)?;
    let found = context.directory.targets(Link::Member, unit.id, context.view);
    relations::cast(context, 1, found, false)
}

fn unit_member(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (unit, member) = named(context, Kind::AdministrativeUnit)?;
    if !context.directory.targets(Link::Member, unit, context.view).iter().any(|object| object.id == member) {
        return Err(not_found(member));
    }
    let address = format!("{}/v1.0/directoryObjects/{member}", context.asked.root);
    Ok(Reply::ok(json!({ "@odata.context": context.context("$ref"), "@odata.id": address })))
}

fn add_to_unit(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    add(context, Kind::AdministrativeUnit)
}

fn remove_from_unit(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    remove(context, Kind::AdministrativeUnit)
}

fn add(context: &mut Context<'_>, kind: Kind) -> Result<Reply, Refusal> {
    let holder = written_by_hand(context, kind)?;
    let member = context.any_object(&context.target()?.to_string())?.id;
    if context.directory.links.holds(Link::Member, holder, member) {
        return Err(members::already("members"));
    }
    context.directory.link(Link::Member, holder, member);
    Ok(Reply::no_content())
}

fn remove(context: &mut Context<'_>, kind: Kind) -> Result<Reply, Refusal> {
    written_by_hand(context, kind)?;
    let (holder, member) = named(context, kind)?;
    if !context.directory.links.holds(Link::Member, holder, member) {
        return Err(not_found(member));
    }
    context.directory.unlink(Link::Member, holder, member);
    Ok(Reply::no_content())
}

/// The role, by id or by template, or the unit an address names.
fn holder(context: &Context<'_>, kind: Kind) -> Result<Arc<Object>, Refusal> {
    match kind {
        Kind::DirectoryRole => context.keyed(0, kind, "roleTemplateId"),
        _ => context.object(&context.param(0).plain()?, kind),
    }
}

/// The holder an address names, unless a rule decides who is in it.
fn written_by_hand(context: &Context<'_>, kind: Kind) -> Result<Uuid, Refusal> {
    let holder = holder(context, kind)?;
    if holder.text("membershipType") == Some("Dynamic") { Err(forbidden()) } else { Ok(holder.id) }
}

/// The holder and the member an address names.
fn named(context: &Context<'_>, kind: Kind) -> Result<(Uuid, Uuid), Refusal> {
    let holder = holder(context, kind)?.id;
    Ok((holder, identifier(&context.param(1).plain()?)?))
}
