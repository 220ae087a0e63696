//! `/groups`: list, read, create, change, delete; and which kinds of group may be written at all.

use serde_json::{Value, json};
use uuid::Uuid;

use super::body::{self, Wanted};
use super::list::{self, Source};
use super::members;
use super::{Context, LIST, ONE, Reply, Route, get, relations, render, rules, unique, write};
use crate::clock::written;
use crate::refusal::{Refusal, bad_request, synced};
use crate::roles::*;
use crate::schema::GROUP;
use crate::state::{Kind, Link, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/groups", 1, READ_GROUPS, LIST, list),
    get("/groups/$count", 1, READ_GROUPS, super::COUNT, count),
    get("/groups/{}", 1, READ_GROUPS, ONE, read),
    write("POST", "/groups", CREATE_GROUPS, create),
    write("PATCH", "/groups/{}", NOTHING, update),
    write("DELETE", "/groups/{}", DELETE_GROUPS, delete),
];

const BINDS: [&str; 2] = ["members@odata.bind", "owners@odata.bind"];

fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    may_expand(context)?;
    list::page(context, Source::All(Kind::Group), "groups")
}

fn count(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    list::count(context, Source::All(Kind::Group))
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    may_expand(context)?;
    let select = context.query.select.clone();
    render::check_select(&GROUP, select.as_deref())?;
    let group = context.group(0)?;
    let mut entity = render::entity(context.directory, &group, select.as_deref());
    let expand = context.query.expand.clone();
    relations::expand(context, &group, &expand, &mut entity)?;
    let fragment = format!("{}/$entity", render::selected("groups", select.as_deref()));
    entity.insert("@odata.context".into(), context.context(&fragment));
    Ok(Reply::ok(Value::Object(entity)))
}

fn may_expand(context: &mut Context<'_>) -> Result<(), Refusal> {
    if context.query.expand.is_empty() { Ok(()) } else { context.require(READ_MEMBERS) }
}

/// Mailing groups belong to Exchange, synced groups to the directory on premises, role-assignable ones to the few.
pub(super) fn writable(context: &mut Context<'_>, group: &Object) -> Result<(), Refusal> {
    if group.is("mailEnabled") && !group.has_group_type("Unified") {
        return Err(mailing("Update"));
    }
    if group.is_synced() {
        return Err(synced());
    }
    if group.is("isAssignableToRole") { context.require(ROLE_ASSIGNABLE) } else { Ok(()) }
}

fn mailing(verb: &str) -> Refusal {
    bad_request(format!("Cannot {verb} a mail-enabled security groups and or distribution list."))
}

fn create(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.body()?.clone();
    let wanted = body::properties(&body, &GROUP, &BINDS)?;
    rules::required_of_groups(&wanted)?;
    rules::group(&wanted)?;
    let mut group = Object::new(context.directory.chance.uuid(), Kind::Group);
    wanted.into_iter().for_each(|(name, value)| group.properties.set(name, value));
    sound(&group)?;
    if group.is("isAssignableToRole") {
        context.require(ROLE_ASSIGNABLE)?;
    }
    dress(context, &mut group);
    unique::check(context.directory, &group)?;
    let (members, owners) = bound(context, &body)?;
    context.directory.put(group.clone());
    owners.into_iter().for_each(|owner| context.directory.link(Link::Owner, group.id, owner));
    members.into_iter().for_each(|member| members::join(context, group.id, member));
    let mut entity = render::entity(context.directory, &group, None);
    entity.insert("@odata.context".into(), context.context("groups/$entity"));
    Ok(Reply::created(Value::Object(entity), context.location(Kind::Group, group.id)))
}

/// Members and owners a new group is to have: at most twenty together.
fn bound(
    context: &Context<'_>,
    body: &serde_json::Map<String, Value>,
) -> Result<(Vec<Uuid>, Vec<Uuid>), Refusal> {
    let read = |name: &str| {
        body.get(name).map(|value| context.references(value, name)).transpose().map(Option::unwrap_or_default)
    };
    let (members, owners) = (read(BINDS[0])?, read(BINDS[1])?);
    if members.len() + owners.len() > 20 {
        return Err(bad_request(
            "The number of members and owners in the request exceeds the maximum of 20.",
        ));
    }
    members.iter().chain(&owners).try_for_each(|id| context.any_object(&id.to_string()).map(drop))?;
    Ok((members, owners))
}

/// Whether the kind of group that was described exists and may be made here.
fn sound(group: &Object) -> Result<(), Refusal> {
    let (mail, security) = (group.is("mailEnabled"), group.is("securityEnabled"));
    let (unified, dynamic) = (group.has_group_type("Unified"), group.has_group_type("DynamicMembership"));
    if group.properties.texts("groupTypes").any(|kind| kind != "Unified" && kind != "DynamicMembership") {
        return Err(crate::refusal::invalid_value("groupTypes", "Group"));
    }
    match (mail, security, unified) {
        (true, _, false) => return Err(mailing("Create")),
        (false, _, true) => return Err(crate::refusal::invalid_value("mailEnabled", "Group")),
        (false, false, false) => return Err(crate::refusal::invalid_value("securityEnabled", "Group")),
        _ => {}
    }
    if dynamic && group.text("membershipRule").is_none() {
        return Err(crate::refusal::value_required("membershipRule", "Group"));
    }
    if group.is("isAssignableToRole") && (dynamic || !security) {
        return Err(crate::refusal::invalid_value("isAssignableToRole", "Group"));
    }
    Ok(())
}

/// What the directory adds to a new group.
fn dress(context: &Context<'_>, group: &mut Object) {
    let now = written(context.directory.now_ms);
    group.properties.set("createdDateTime", now.clone());
    group.properties.set("renewedDateTime", now);
    if group.has_group_type("Unified") {
        let address = format!(
            "{}@{}",
            group.text("mailNickname").unwrap_or_default(),
            context.directory.default_domain()
        );
        group.properties.set("proxyAddresses", json!([format!("SMTP:{address}")]));
        group.properties.set("mail", address);
        if group.text("visibility").is_none() {
            group.properties.set("visibility", "Public");
        }
    }
}

fn update(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.body()?.clone();
    let only_members = body.keys().all(|name| name == BINDS[0]);
    context.require(if only_members { WRITE_MEMBERS } else { WRITE_GROUPS })?;
    let seen = context.group(0)?;
    let wanted = body::properties(&body, &GROUP, &BINDS[..1])?;
    fixed(&wanted)?;
    rules::group(&wanted)?;
    writable(context, &seen)?;
    let additions =
        body.get(BINDS[0]).map(|value| context.references(value, BINDS[0])).transpose()?.unwrap_or_default();
    members::may_join(context, &seen, &additions)?;
    let mut group = context.edit(seen.id)?;
    wanted.into_iter().for_each(|(name, value)| group.properties.set(name, value));
    unique::check(context.directory, &group)?;
    context.directory.put(group.clone());
    additions.into_iter().for_each(|member| members::join(context, group.id, member));
    Ok(Reply::no_content())
}

/// What is decided once, when a group is made.
fn fixed(wanted: &Wanted) -> Result<(), Refusal> {
    let is_fixed = |name: &str| matches!(name, "isAssignableToRole" | "mailEnabled" | "securityEnabled");
    match wanted.iter().find(|(name, _)| is_fixed(name)) {
        None => Ok(()),
        Some((name, _)) => Err(bad_request(format!("Property '{name}' is read-only and cannot be set."))),
    }
}

/// Microsoft 365 groups are soft-deleted, security groups are gone.
fn delete(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let seen = context.group(0)?;
    writable(context, &seen)?;
    if !seen.licences.is_empty() {
        return Err(bad_request("The group cannot be deleted because it has licenses assigned."));
    }
    if seen.has_group_type("Unified") {
        let mut group = context.edit(seen.id)?;
        group.deleted_ms = Some(context.directory.now_ms);
        context.directory.put(group);
    } else {
        context.directory.purge(seen.id);
    }
    Ok(Reply::no_content())
}
