//! What somebody was given of applications: app roles, and consent to act in somebody's name.
//!
//! A user's list of app roles also tells those of the groups the user is a direct member of; they are the group's, and
//! cannot be taken away here. Sources: "appRoleAssignment" and "oAuth2PermissionGrant" (API reference); words of
//! refusals from public issues.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::body::{self, Wanted};
use super::list::{self, Source};
use super::{Context, LIST, ONE, Reply, Route, get, identifier, opaque, render, write};
use crate::clock::written;
use crate::refusal::{Refusal, bad_request, invalid_value, not_found, value_required};
use crate::roles::*;
use crate::schema::{APP_ROLE_ASSIGNMENT, PERMISSION_GRANT};
use crate::state::{Kind, Link, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/users/{}/appRoleAssignments", 1, READ_APP_ROLES, LIST, of_user),
    write("POST", "/users/{}/appRoleAssignments", WRITE_APP_ROLES, assign),
    get("/users/{}/appRoleAssignments/{}", 1, READ_APP_ROLES, ONE, read),
    write("DELETE", "/users/{}/appRoleAssignments/{}", WRITE_APP_ROLES, unassign),
    get("/groups/{}/appRoleAssignments", 1, READ_APP_ROLES, LIST, of_group),
    get("/servicePrincipals/{}/appRoleAssignments", 2, READ_APPLICATIONS, LIST, of_principal),
    get("/servicePrincipals/{}/appRoleAssignedTo", 1, READ_APPLICATIONS, LIST, to_resource),
    get("/users/{}/oauth2PermissionGrants", 2, READ_GRANTS, LIST, grants_of_user),
    get("/servicePrincipals/{}/oauth2PermissionGrants", 2, READ_GRANTS, LIST, grants_of_client),
    get("/oauth2PermissionGrants", 2, READ_GRANTS, LIST, all_grants),
    get("/oauth2PermissionGrants/{}", 1, READ_GRANTS, ONE, read_grant),
    write("POST", "/oauth2PermissionGrants", WRITE_GRANTS, grant),
    write("PATCH", "/oauth2PermissionGrants/{}", WRITE_GRANTS, change_grant),
    write("DELETE", "/oauth2PermissionGrants/{}", WRITE_GRANTS, revoke),
];

/// What somebody has who was given an application that knows no roles.
const NO_ROLE: &str = "00000000-0000-0000-0000-000000000000";

/// Everything of a kind one of whose ends is one of these objects.
fn at(context: &Context<'_>, kind: Kind, end: &str, ids: &[Uuid]) -> Vec<Arc<Object>> {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let all = context.directory.store.ordered(kind, None, context.view);
    let is_there = |object: &Object| object.text(end).is_some_and(|id| ids.iter().any(|known| known == id));
    all.filter(|(_, object)| is_there(object)).map(|(_, object)| Arc::clone(object)).collect()
}

fn told(
    context: &mut Context<'_>,
    found: Vec<Arc<Object>>,
    kind: Kind,
    fragment: &str,
) -> Result<Reply, Refusal> {
    list::page(context, Source::These(found, Some(kind)), fragment)
}

/// What a user was given, and what the user's groups were.
fn of_user(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?.id;
    let groups = context.directory.sources(Link::Member, user, context.view);
    let ends: Vec<Uuid> = std::iter::once(user).chain(groups.iter().map(|group| group.id)).collect();
    let found = at(context, Kind::AppRoleAssignment, "principalId", &ends);
    told(context, found, Kind::AppRoleAssignment, &format!("users('{user}')/appRoleAssignments"))
}

fn of_group(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let group = context.group(0)?.id;
    let found = at(context, Kind::AppRoleAssignment, "principalId", &[group]);
    told(context, found, Kind::AppRoleAssignment, &format!("groups('{group}')/appRoleAssignments"))
}

fn of_principal(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let client = context.keyed(0, Kind::ServicePrincipal, "appId")?.id;
    let found = at(context, Kind::AppRoleAssignment, "principalId", &[client]);
    told(
        context,
        found,
        Kind::AppRoleAssignment,
        &format!("servicePrincipals('{client}')/appRoleAssignments"),
    )
}

fn to_resource(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let resource = context.keyed(0, Kind::ServicePrincipal, "appId")?.id;
    let found = at(context, Kind::AppRoleAssignment, "resourceId", &[resource]);
    told(
        context,
        found,
        Kind::AppRoleAssignment,
        &format!("servicePrincipals('{resource}')/appRoleAssignedTo"),
    )
}

/// The assignment an address names, if it is the user's own.
fn own(context: &Context<'_>) -> Result<Arc<Object>, Refusal> {
    let (user, id) = (context.user(0)?.id, context.param(1).plain()?);
    let mut own = at(context, Kind::AppRoleAssignment, "principalId", &[user]).into_iter();
    own.find(|assignment| opaque::id(assignment) == id).ok_or_else(|| not_found(id))
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let assignment = own(context)?;
    let user = assignment.text("principalId").unwrap_or_default();
    one(context, &assignment, &format!("users('{user}')/appRoleAssignments"), 200)
}

fn one(context: &Context<'_>, object: &Object, fragment: &str, status: u16) -> Result<Reply, Refusal> {
    let select = context.query.select.as_deref();
    render::check_select(object.kind.schema(), select)?;
    let mut entity = render::entity(context.directory, object, select);
    let fragment = format!("{}/$entity", render::selected(fragment, select));
    entity.insert("@odata.context".into(), context.context(&fragment));
    Ok(Reply { status, ..Reply::ok(Value::Object(entity)) })
}

fn assign(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let wanted = body::properties(&context.body()?.clone(), &APP_ROLE_ASSIGNMENT, &[])?;
    let [role, principal, resource] =
        ["appRoleId", "principalId", "resourceId"].map(|name| id_in(&wanted, name, "AppRoleAssignment"));
    let (role, principal, resource) = (role?, principal?, service_principal(context, resource?)?);
    let user = context.user(0)?;
    if user.id != principal {
        return Err(invalid_value("principalId", "AppRoleAssignment"));
    }
    if !knows_role(&resource, role) {
        return Err(bad_request(format!(
            "Permission being assigned was not found on application '{}'.",
            resource.text("appId").unwrap_or_default()
        )));
    }
    if held(context, principal, resource.id, role) {
        return Err(bad_request("Permission being assigned already exists on the object"));
    }
    let mut new = Object::new(context.directory.chance.uuid(), Kind::AppRoleAssignment);
    wanted.into_iter().for_each(|(name, value)| new.properties.set(name, value));
    new.properties.set("createdDateTime", written(context.directory.now_ms));
    new.properties.set("principalType", "User");
    new.properties.set("principalDisplayName", user.text("displayName"));
    new.properties.set("resourceDisplayName", resource.text("displayName"));
    context.directory.put(new.clone());
    created(context, &new, &format!("users('{principal}')/appRoleAssignments"))
}

fn created(context: &Context<'_>, new: &Object, fragment: &str) -> Result<Reply, Refusal> {
    let location = format!("{}/v1.0{}/{}", context.asked.root, context.asked.path, opaque::id(new));
    Ok(Reply { location: Some(location), ..one(context, new, fragment, 201)? })
}

/// A GUID the body has to have.
fn id_in(wanted: &Wanted, name: &str, title: &str) -> Result<Uuid, Refusal> {
    let given = wanted.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.as_str());
    identifier(given.ok_or_else(|| value_required(name, title))?)
}

/// A service principal a body names. One that is there but not here yet makes a reference that is not valid.
fn service_principal(context: &Context<'_>, id: Uuid) -> Result<Arc<Object>, Refusal> {
    let seen = context.object(&id.to_string(), Kind::ServicePrincipal);
    let is_there = context.directory.live(id).is_some_and(|object| object.kind == Kind::ServicePrincipal);
    seen.map_err(|refusal| if is_there { bad_request("Not a valid reference update.") } else { refusal })
}

/// A role that is given to users; the default only where there is no other.
fn knows_role(resource: &Object, role: Uuid) -> bool {
    let roles = resource.properties.get("appRoles").and_then(Value::as_array).into_iter().flatten();
    let is_for_users = |role: &&Value| {
        role["allowedMemberTypes"].as_array().is_some_and(|types| types.contains(&json!("User")))
    };
    let mut for_users = roles.filter(|role| role["isEnabled"] == true).filter(is_for_users).peekable();
    if role.to_string() == NO_ROLE {
        for_users.peek().is_none()
    } else {
        for_users.any(|known| known["id"] == json!(role))
    }
}

fn held(context: &Context<'_>, principal: Uuid, resource: Uuid, role: Uuid) -> bool {
    let ends = [("principalId", principal), ("resourceId", resource), ("appRoleId", role)];
    let mut all = context.directory.store.ordered(Kind::AppRoleAssignment, None, context.directory.truth());
    all.any(|(_, known)| ends.iter().all(|(end, id)| known.text(end) == Some(&id.to_string())))
}

fn unassign(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let assignment = own(context)?;
    gone(context, &assignment)
}

/// Takes something away that was seen, if it is still there.
fn gone(context: &mut Context<'_>, seen: &Object) -> Result<Reply, Refusal> {
    if context.directory.live(seen.id).is_none() {
        return Err(not_found(opaque::id(seen)));
    }
    context.directory.purge(seen.id);
    Ok(Reply::no_content())
}

fn grants_of_user(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?.id;
    let found = at(context, Kind::PermissionGrant, "principalId", &[user]);
    told(context, found, Kind::PermissionGrant, "oauth2PermissionGrants")
}

fn grants_of_client(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let client = context.keyed(0, Kind::ServicePrincipal, "appId")?.id;
    let found = at(context, Kind::PermissionGrant, "clientId", &[client]);
    told(context, found, Kind::PermissionGrant, "oauth2PermissionGrants")
}

fn all_grants(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    list::page(context, Source::All(Kind::PermissionGrant), "oauth2PermissionGrants")
}

/// The grant an address names.
fn named(context: &Context<'_>) -> Result<Arc<Object>, Refusal> {
    let id = context.param(0).plain()?;
    let mut all = context.directory.store.ordered(Kind::PermissionGrant, None, context.view);
    let found = all.find(|(_, grant)| opaque::id(grant) == id);
    found.map(|(_, grant)| Arc::clone(grant)).ok_or_else(|| not_found(id))
}

fn read_grant(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let grant = named(context)?;
    one(context, &grant, "oauth2PermissionGrants", 200)
}

fn grant(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let title = "OAuth2PermissionGrant";
    let wanted = body::properties(&context.body()?.clone(), &PERMISSION_GRANT, &[])?;
    let text = |name: &str| {
        let given = wanted.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.as_str());
        given.ok_or_else(|| value_required(name, title))
    };
    let (kind, _) = (text("consentType")?, text("scope")?);
    service_principal(context, id_in(&wanted, "clientId", title)?)?;
    service_principal(context, id_in(&wanted, "resourceId", title)?)?;
    match (kind, id_in(&wanted, "principalId", title)) {
        ("Principal", principal) => drop(context.object(&principal?.to_string(), Kind::User)?),
        ("AllPrincipals", Err(_)) => {}
        ("AllPrincipals", Ok(_)) => return Err(invalid_value("principalId", title)),
        _ => return Err(invalid_value("consentType", title)),
    }
    let mut new = Object::new(context.directory.chance.uuid(), Kind::PermissionGrant);
    wanted.into_iter().for_each(|(name, value)| new.properties.set(name, value));
    if is_known(context, &new) {
        let message = "Permission entry already exists.";
        return Err(Refusal::new(409, "Request_MultipleObjectsWithSameKeyValue", message));
    }
    context.directory.put(new.clone());
    created(context, &new, "oauth2PermissionGrants")
}

/// There is one grant of a client for a resource and a principal; its scopes stand in one text.
fn is_known(context: &Context<'_>, new: &Object) -> bool {
    let mut all = context.directory.store.ordered(Kind::PermissionGrant, None, context.directory.truth());
    all.any(|(_, known)| opaque::id(known) == opaque::id(new))
}

/// Only the scopes of a grant can be changed.
fn change_grant(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let wanted = body::properties(&context.body()?.clone(), &PERMISSION_GRANT, &[])?;
    if let Some((name, _)) = wanted.iter().find(|(name, _)| *name != "scope") {
        return Err(bad_request(format!("Property '{name}' is read-only and cannot be set.")));
    }
    let mut grant = context.edit(named(context)?.id)?;
    wanted.into_iter().for_each(|(name, value)| grant.properties.set(name, value));
    context.directory.put(grant);
    Ok(Reply::no_content())
}

fn revoke(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let grant = named(context)?;
    gone(context, &grant)
}
