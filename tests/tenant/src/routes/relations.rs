//! Who is whose: managers, sponsors, reports, and everything somebody belongs to or owns.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::list::{self, Source};
use super::{Context, LIST, NO_OPTIONS, ONE, Reply, Route, ask, federated, get, identifier, render, write};
use crate::query::Expand;
use crate::refusal::{Refusal, bad_request, malformed, not_found, synced, unsupported_query};
use crate::roles::*;
use crate::state::{Kind, Link, Object, definitions};

pub(super) const ROUTES: &[Route] = &[
    get("/users/{}/manager", 1, READ_USERS, ONE, manager),
    get("/users/{}/manager/$ref", 1, READ_USERS, NO_OPTIONS, manager_reference),
    write("PUT", "/users/{}/manager/$ref", WRITE_USERS, set_manager),
    write("DELETE", "/users/{}/manager/$ref", WRITE_USERS, remove_manager),
    get("/users/{}/directReports", 1, READ_USERS, LIST, direct_reports),
    get("/users/{}/sponsors", 1, READ_USERS, LIST, sponsors),
    write("POST", "/users/{}/sponsors/$ref", WRITE_USERS, add_sponsor),
    write("DELETE", "/users/{}/sponsors/{}/$ref", WRITE_USERS, remove_sponsor),
    get("/users/{}/memberOf", 2, READ_MEMBER_OF, LIST, member_of),
    get("/users/{}/memberOf/{cast}", 2, READ_MEMBER_OF, LIST, member_of),
    get("/users/{}/memberOf/$count", 2, READ_MEMBER_OF, super::COUNT, member_of),
    get("/users/{}/memberOf/{cast}/$count", 2, READ_MEMBER_OF, super::COUNT, member_of),
    get("/users/{}/transitiveMemberOf", 2, READ_MEMBER_OF, LIST, member_of),
    get("/users/{}/transitiveMemberOf/{cast}", 2, READ_MEMBER_OF, LIST, member_of),
    get("/users/{}/transitiveMemberOf/$count", 2, READ_MEMBER_OF, super::COUNT, member_of),
    get("/users/{}/transitiveMemberOf/{cast}/$count", 2, READ_MEMBER_OF, super::COUNT, member_of),
    get("/users/{}/ownedObjects", 2, READ_USERS, LIST, owned_objects),
    get("/users/{}/ownedObjects/{cast}", 2, READ_USERS, LIST, owned_objects),
    ask("/users/{}/getMemberGroups", 2, READ_MEMBER_OF, get_member_groups),
    ask("/users/{}/checkMemberGroups", 4, READ_MEMBER_OF, check_member_groups),
];

fn manager(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let manager = the_manager(context)?;
    let select = context.query.select.clone();
    render::check_select(Kind::User.schema(), select.as_deref())?;
    let mut entity = render::entity(context.directory, &manager, select.as_deref());
    entity.insert("@odata.type".into(), json!(Kind::User.odata_type()));
    entity.insert("@odata.context".into(), context.context("directoryObjects/$entity"));
    Ok(Reply::ok(Value::Object(entity)))
}

fn manager_reference(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let manager = the_manager(context)?;
    let address = format!("{}/v1.0/directoryObjects/{}", context.asked.root, manager.id);
    Ok(Reply::ok(json!({ "@odata.context": context.context("$ref"), "@odata.id": address })))
}

fn the_manager(context: &Context<'_>) -> Result<Arc<Object>, Refusal> {
    let user = context.user(0)?;
    let manager = context.directory.targets(Link::Manager, user.id, context.view).into_iter().next();
    manager.ok_or_else(|| not_found("manager"))
}

fn set_manager(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = unsynced(context)?;
    let manager = seen_user(context, context.target()?)?;
    if manager == user {
        return Err(bad_request("A user cannot be his or her own manager."));
    }
    forget_manager(context, user);
    context.directory.link(Link::Manager, user, manager);
    Ok(Reply::no_content())
}

fn remove_manager(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = unsynced(context)?;
    if forget_manager(context, user) { Ok(Reply::no_content()) } else { Err(not_found("manager")) }
}

fn forget_manager(context: &mut Context<'_>, user: Uuid) -> bool {
    let before = context.directory.targets(Link::Manager, user, context.directory.truth());
    before.iter().for_each(|manager| context.directory.unlink(Link::Manager, user, manager.id));
    !before.is_empty()
}

/// The user of the address, whose relations are not mastered on premises.
fn unsynced(context: &Context<'_>) -> Result<Uuid, Refusal> {
    let user = context.user(0)?;
    if user.is_synced() { Err(synced()) } else { Ok(user.id) }
}

/// A user the caller's replica shows.
pub(super) fn seen_user(context: &Context<'_>, id: Uuid) -> Result<Uuid, Refusal> {
    context.object(&id.to_string(), Kind::User).map(|user| user.id)
}

fn direct_reports(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?;
    let reports = context.directory.sources(Link::Manager, user.id, context.view);
    list::page(context, Source::These(reports, None), "directoryObjects")
}

fn sponsors(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?;
    let sponsors = context.directory.targets(Link::Sponsor, user.id, context.view);
    list::page(context, Source::These(sponsors, None), "directoryObjects")
}

fn add_sponsor(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?.id;
    let sponsor = context.any_object(&context.target()?.to_string())?.id;
    if context.directory.links.holds(Link::Sponsor, user, sponsor) {
        return Err(super::members::already("sponsors"));
    }
    context.directory.link(Link::Sponsor, user, sponsor);
    Ok(Reply::no_content())
}

fn remove_sponsor(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (user, sponsor) = (context.user(0)?.id, context.param(1).plain()?);
    let id = identifier(&sponsor)?;
    if !context.directory.links.holds(Link::Sponsor, user, id) {
        return Err(not_found(sponsor));
    }
    context.directory.unlink(Link::Sponsor, user, id);
    Ok(Reply::no_content())
}

/// `memberOf` and `transitiveMemberOf`, with or without a cast, as a list or a number.
fn member_of(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?;
    let path = context.asked.path.to_ascii_lowercase();
    let found = if path.contains("/transitivememberof") {
        context.directory.transitive_sources(user.id, context.view)
    } else {
        context.directory.sources(Link::Member, user.id, context.view)
    };
    cast(context, 1, found, path.ends_with("/$count"))
}

fn owned_objects(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?;
    let found = context.directory.sources(Link::Owner, user.id, context.view);
    cast(context, 1, found, false)
}

/// A list of mixed kinds, or of the one kind the address casts to; or how many there are.
pub(super) fn cast(
    context: &mut Context<'_>,
    number: usize,
    found: Vec<Arc<Object>>,
    counts: bool,
) -> Result<Reply, Refusal> {
    let name = context.param(number).value;
    let kind = Kind::of_cast(&name);
    if kind.is_none() && !name.is_empty() {
        return Err(malformed(format!("The type '{name}' is not known to the offline tenant.")));
    }
    needs_advanced(context, counts)?;
    let found: Vec<_> =
        found.into_iter().filter(|object| kind.is_none_or(|kind| object.kind == kind)).collect();
    let fragment = kind.map_or("directoryObjects", Kind::collection);
    let source = Source::These(found, kind);
    if counts { list::count(context, source) } else { list::page(context, source, fragment) }
}

/// Relations are filtered and sorted by advanced queries alone.
fn needs_advanced(context: &Context<'_>, counts: bool) -> Result<(), Refusal> {
    let narrows = context.query.filter.is_some() || !context.query.orderby.is_empty();
    if narrows && !context.advanced && !counts {
        return Err(unsupported_query(
            "The specified filter to the reference property query is currently not supported.",
        ));
    }
    Ok(())
}

fn get_member_groups(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.action(&["securityEnabledOnly"])?;
    let only = match body.get("securityEnabledOnly") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(other) => {
            return Err(malformed(format!(
                "Cannot convert the literal '{other}' to the expected type 'Edm.Boolean'."
            )));
        }
    };
    let user = context.user(0)?;
    let groups = groups_of(context, user.id).into_iter().filter(|group| !only || group.is("securityEnabled"));
    let ids: Vec<Uuid> = groups.map(|group| group.id).collect();
    Ok(Reply::ok(json!({ "@odata.context": context.context("Collection(Edm.String)"), "value": ids })))
}

fn check_member_groups(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.action(&["groupIds"])?;
    let wanted = body
        .get("groupIds")
        .and_then(Value::as_array)
        .ok_or_else(|| malformed("The parameter 'groupIds' is missing."))?;
    if wanted.len() > 20 {
        return Err(bad_request("The number of values in 'groupIds' exceeds the maximum of 20."));
    }
    let wanted: Vec<Uuid> =
        wanted.iter().map(|id| identifier(id.as_str().unwrap_or_default())).collect::<Result<_, _>>()?;
    let user = context.user(0)?;
    let ids: Vec<Uuid> =
        groups_of(context, user.id).iter().map(|group| group.id).filter(|id| wanted.contains(id)).collect();
    Ok(Reply::ok(json!({ "@odata.context": context.context("Collection(Edm.String)"), "value": ids })))
}

fn groups_of(context: &Context<'_>, user: Uuid) -> Vec<Arc<Object>> {
    let all = context.directory.transitive_sources(user, context.view);
    all.into_iter().filter(|object| object.kind == Kind::Group).collect()
}

/// Adds what `$expand` asks for: at most twenty objects each, without a link to more.
pub(super) fn expand(
    context: &mut Context<'_>,
    object: &Object,
    expands: &[Expand],
    entity: &mut Map<String, Value>,
) -> Result<(), Refusal> {
    for expand in expands {
        if let (Kind::Application | Kind::ServicePrincipal, "federatedIdentityCredentials") =
            (object.kind, expand.name.as_str())
        {
            entity.insert(expand.name.clone(), federated::told(object, expand.select.as_deref())?);
            continue;
        }
        let select = expand.select.as_deref();
        render::check_mixed_select(select)?;
        let value = match (object.kind, expand.name.as_str()) {
            (Kind::User, "manager") => managers(context, object.id, expand),
            (Kind::User, "directReports") => {
                twenty(context, context.directory.sources(Link::Manager, object.id, context.view), select)
            }
            (Kind::User, "sponsors") => {
                twenty(context, context.directory.targets(Link::Sponsor, object.id, context.view), select)
            }
            (Kind::User | Kind::Group, "memberOf") => {
                twenty(context, context.directory.sources(Link::Member, object.id, context.view), select)
            }
            (Kind::User, "transitiveMemberOf") => {
                twenty(context, context.directory.transitive_sources(object.id, context.view), select)
            }
            (Kind::Group, "members") => {
                twenty(context, context.directory.targets(Link::Member, object.id, context.view), select)
            }
            (Kind::Group | Kind::Application | Kind::ServicePrincipal, "owners") => {
                twenty(context, context.directory.targets(Link::Owner, object.id, context.view), select)
            }
            (Kind::RoleAssignment | Kind::RoleEligibility, "roleDefinition") => {
                definition(context, object, select)
            }
            (Kind::RoleAssignment | Kind::RoleEligibility, "principal") => principal(context, object, select),
            (kind, name) => return Err(unknown_expand(kind, name)),
        };
        if !value.is_null() {
            entity.insert(expand.name.clone(), value);
        }
    }
    Ok(())
}

/// The role an assignment is of.
fn definition(context: &Context<'_>, assignment: &Object, select: Option<&[String]>) -> Value {
    let found =
        definitions::known(context.directory, assignment.text("roleDefinitionId").unwrap_or_default());
    found.map_or(Value::Null, |role| Value::Object(render::entity(context.directory, &role, select)))
}

/// Whom an assignment is to.
fn principal(context: &mut Context<'_>, assignment: &Object, select: Option<&[String]>) -> Value {
    let found = context.any_object(assignment.text("principalId").unwrap_or_default());
    found.map_or(Value::Null, |principal| Value::Object(render::member(context, &principal, select)))
}

fn unknown_expand(kind: Kind, name: &str) -> Refusal {
    let schema = kind.schema();
    if schema.property(name).is_some() {
        return Refusal::new(
            400,
            "ExpandNotSupported",
            format!("Expand is not allowed for property '{name}' according to the entity schema."),
        );
    }
    let message = format!(
        "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.{}'.",
        schema.name
    );
    malformed(message)
}

fn twenty(context: &mut Context<'_>, objects: Vec<Arc<Object>>, select: Option<&[String]>) -> Value {
    objects.iter().take(20).map(|object| Value::Object(render::member(context, object, select))).collect()
}

/// The manager, and with `$levels=max` the manager's manager within, and so on.
fn managers(context: &mut Context<'_>, user: Uuid, expand: &Expand) -> Value {
    let mut above = vec![user];
    let levels = if expand.levels.as_deref() == Some("max") {
        1_000
    } else {
        expand.levels.as_ref().and_then(|levels| levels.parse().ok()).unwrap_or(1)
    };
    let mut chain = Vec::new();
    while let (Some(last), true) = (above.last().copied(), chain.len() < levels) {
        let Some(manager) = context.directory.targets(Link::Manager, last, context.view).into_iter().next()
        else {
            break;
        };
        if above.contains(&manager.id) {
            break;
        }
        above.push(manager.id);
        chain.push(Value::Object(render::member(context, &manager, expand.select.as_deref())));
    }
    chain.into_iter().rev().fold(Value::Null, |inner, mut manager| {
        if !inner.is_null() {
            manager["manager"] = inner;
        }
        manager
    })
}
