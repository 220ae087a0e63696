//! `/directory/deletedItems`: what can still be brought back.

use std::sync::Arc;

use serde_json::{Value, json};

use super::list::Source;
use super::{Context, LIST, Reply, Route, SHORT, access, get, identifier, list, render, unique, write};
use crate::licensing;
use crate::refusal::{Refusal, malformed, not_found};
use crate::roles::*;
use crate::state::{Kind, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/directory/deletedItems/{cast}", 1, NOTHING, LIST, list),
    get("/directory/deletedItems/{}", 1, NOTHING, SHORT, read),
    write("POST", "/directory/deletedItems/{}/restore", NOTHING, restore),
    write("DELETE", "/directory/deletedItems/{}", NOTHING, purge),
];

fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let name = context.param(0).value;
    let kind = Kind::of_cast(&name).filter(|kind| matches!(kind, Kind::User | Kind::Group));
    let kind =
        kind.ok_or_else(|| malformed(format!("The type '{name}' is not known to the offline tenant.")))?;
    context.require(if kind == Kind::User { READ_USERS } else { READ_GROUPS })?;
    let all = context.directory.store.ordered(kind, None, context.view);
    let deleted: Vec<Arc<Object>> =
        all.filter(|(_, object)| !object.is_live()).map(|(_, object)| Arc::clone(object)).collect();
    list::page(context, Source::These(deleted, Some(kind)), kind.collection())
}

/// The deleted object an address names, as the caller's replica shows it.
fn seen(context: &Context<'_>) -> Result<Arc<Object>, Refusal> {
    let value = context.param(0).plain()?;
    let object =
        context.directory.store.seen(identifier(&value)?, context.view).filter(|object| !object.is_live());
    object.cloned().ok_or_else(|| not_found(value))
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let object = seen(context)?;
    context.require(if object.kind == Kind::User { READ_USERS } else { READ_GROUPS })?;
    let select = context.query.select.clone();
    render::check_mixed_select(select.as_deref())?;
    Ok(Reply::ok(one(context, &object, select.as_deref())))
}

fn one(context: &Context<'_>, object: &Object, select: Option<&[String]>) -> Value {
    let mut entity = render::entity(context.directory, object, select);
    entity.insert("@odata.type".into(), json!(object.kind.odata_type()));
    entity.insert("@odata.context".into(), context.context("directoryObjects/$entity"));
    Value::Object(entity)
}

/// Brings an object back under its old name, unless somebody else has it by now. What groups hand on may be another by then.
fn restore(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    context.action(&["autoReconcileProxyConflict"])?;
    let mut object = Object::clone(&*seen(context)?);
    context.require(if object.kind == Kind::User { DELETE_USERS } else { DELETE_GROUPS })?;
    access::sensitive(context, object.id)?;
    object.deleted_ms = None;
    let prefix = object.id.simple().to_string();
    let name =
        object.text("userPrincipalName").and_then(|name| name.strip_prefix(&prefix)).map(str::to_owned);
    name.into_iter().for_each(|name| object.properties.set("userPrincipalName", name));
    unique::check(context.directory, &object)?;
    context.directory.put(object.clone());
    licensing::follow(context.directory, object.id);
    Ok(Reply::ok(one(context, &object, None)))
}

fn purge(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let object = seen(context)?;
    context.require(if object.kind == Kind::User { DELETE_USERS } else { DELETE_GROUPS })?;
    context.directory.purge(object.id);
    Ok(Reply::no_content())
}
