//! Applications and service principals: reading them, and who owns them.
//!
//! Both are found by object id, or by `appId` as an alternate key. Sources: "Add owner" and "Remove owner" of either
//! resource (API reference); the quota is that of groups.
//!
//! They come from the seed or a state: making and deleting them is not known. What is changed about them is in
//! [`credentials`](super::credentials).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::list::{self, Source};
use super::{Context, LIST, ONE, Reply, Route, get, identifier, members, relations, render, write};
use crate::refusal::{Refusal, not_found, unknown_here};
use crate::roles::*;
use crate::state::{Kind, Link, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/applications", 2, READ_APPLICATIONS, LIST, all),
    get("/applications/$count", 2, READ_APPLICATIONS, super::COUNT, count),
    get("/applications/{}", 1, READ_APPLICATIONS, ONE, read),
    get("/applications/{}/owners", 1, READ_APPLICATIONS, LIST, owners),
    get("/applications/{}/owners/{cast}", 1, READ_APPLICATIONS, LIST, owners),
    write("POST", "/applications/{}/owners/$ref", ADD_APPLICATION_OWNERS, add_owner),
    write("DELETE", "/applications/{}/owners/{}/$ref", REMOVE_APPLICATION_OWNERS, remove_owner),
    write("POST", "/applications", NOTHING, unknown),
    write("DELETE", "/applications/{}", NOTHING, unknown),
    get("/servicePrincipals", 1, READ_APPLICATIONS, LIST, all),
    get("/servicePrincipals/$count", 1, READ_APPLICATIONS, super::COUNT, count),
    get("/servicePrincipals/{}", 1, READ_APPLICATIONS, ONE, read),
    get("/servicePrincipals/{}/owners", 1, READ_APPLICATIONS, LIST, owners),
    get("/servicePrincipals/{}/owners/{cast}", 1, READ_APPLICATIONS, LIST, owners),
    write("POST", "/servicePrincipals/{}/owners/$ref", ADD_APPLICATION_OWNERS, add_owner),
    write("DELETE", "/servicePrincipals/{}/owners/{}/$ref", REMOVE_APPLICATION_OWNERS, remove_owner),
    write("POST", "/servicePrincipals", NOTHING, unknown),
    write("DELETE", "/servicePrincipals/{}", NOTHING, unknown),
];

/// Which of the two an address is about.
pub(super) fn kind(context: &Context<'_>) -> Kind {
    let path = context.asked.path.trim_start_matches('/').to_ascii_lowercase();
    if path.starts_with("applications") { Kind::Application } else { Kind::ServicePrincipal }
}

pub(super) fn named(context: &Context<'_>) -> Result<Arc<Object>, Refusal> {
    context.keyed(0, kind(context), "appId")
}

fn unknown(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    Err(unknown_here(format!("{} {}", context.asked.method, context.asked.path)))
}

fn all(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let kind = kind(context);
    list::page(context, Source::All(kind), kind.collection())
}

fn count(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let kind = kind(context);
    list::count(context, Source::All(kind))
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (object, select) = (named(context)?, context.query.select.clone());
    render::check_select(object.kind.schema(), select.as_deref())?;
    let mut entity = render::entity(context.directory, &object, select.as_deref());
    show_keys(&object, select.as_deref(), &mut entity);
    let expand = context.query.expand.clone();
    relations::expand(context, &object, &expand, &mut entity)?;
    let fragment = format!("{}/$entity", render::selected(object.kind.collection(), select.as_deref()));
    entity.insert("@odata.context".into(), context.context(&fragment));
    Ok(Reply::ok(Value::Object(entity)))
}

/// The certificates themselves are told of one object alone, and only where its keys are selected ("keyCredential resource
/// type"; "List applications" says that lists do so, too, which they were not seen to).
fn show_keys(object: &Object, select: Option<&[String]>, entity: &mut Map<String, Value>) {
    if select.into_iter().flatten().any(|name| name == "keyCredentials") {
        let keys = object.credentials.keys.iter().map(|key| key.told(true));
        entity.insert("keyCredentials".into(), keys.collect());
    }
}

fn owners(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let object = named(context)?;
    let found = context.directory.targets(Link::Owner, object.id, context.view);
    relations::cast(context, 1, found, false)
}

fn add_owner(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (object, owner) = (named(context)?, context.target()?);
    members::own(context, object.id, owner)?;
    Ok(Reply::no_content())
}

/// Unlike a group, an application may be left without an owner.
fn remove_owner(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (object, owner) = (named(context)?, context.param(1).plain()?);
    let id = identifier(&owner)?;
    if !context.directory.links.holds(Link::Owner, object.id, id) {
        return Err(not_found(owner));
    }
    context.directory.unlink(Link::Owner, object.id, id);
    Ok(Reply::no_content())
}
