//! Directory roles the way "Use the role management API" has them: definitions, assignments, eligibilities.
//!
//! An assignment of a role of Microsoft's for the whole organisation is the same thing as a membership of
//! `/directoryRoles/{id}/members`, so it is not kept but seen. One of a role of the organisation's own, or within an
//! administrative unit, is kept, and no membership shows it ("List memberOf" tells of activated directory roles). An
//! eligibility (Privileged Identity Management) is kept, and changed by requests, which are done as soon as they are
//! made. Words of refusals: public issues, which tell a plain assignment's apart from a request's.
//!
//! Roles of the organisation's own are part of the state and are not made here; the only scope smaller than the organisation
//! is an administrative unit.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body;
use super::list::{self, Source};
use super::{Context, LIST, ONE, Reply, Route, get, identifier, opaque, relations, render, write};
use crate::clock::{read, written};
use crate::lag::View;
use crate::refusal::{Refusal, bad_request, invalid_value, not_found, unknown_here, value_required};
use crate::roles::*;
use crate::schema::ROLE_ASSIGNMENT;
use crate::state::{Directory, Kind, Link, Object, definitions};

pub(super) const ROUTES: &[Route] = &[
    get("/roleManagement/directory/roleDefinitions", 1, READ_ROLES, LIST, list_definitions),
    get("/roleManagement/directory/roleDefinitions/{}", 1, READ_ROLES, ONE, read_definition),
    get("/roleManagement/directory/roleAssignments", 1, READ_ROLES, LIST, list),
    get("/roleManagement/directory/roleAssignments/{}", 1, READ_ROLES, ONE, read_one),
    write("POST", "/roleManagement/directory/roleAssignments", WRITE_ROLES, create),
    write("DELETE", "/roleManagement/directory/roleAssignments/{}", WRITE_ROLES, delete),
    get(
        "/roleManagement/directory/roleEligibilityScheduleInstances",
        1,
        READ_ELIGIBILITY,
        LIST,
        list_eligibilities,
    ),
    write("POST", REQUESTS, WRITE_ELIGIBILITY, request),
];

const REQUESTS: &str = "/roleManagement/directory/roleEligibilityScheduleRequests";
const OF_A_REQUEST: [&str; 11] = [
    "@odata.type",
    "action",
    "principalId",
    "roleDefinitionId",
    "directoryScopeId",
    "appScopeId",
    "justification",
    "scheduleInfo",
    "ticketInfo",
    "isValidationOnly",
    "targetScheduleId",
];

fn fragment(kind: Kind) -> String {
    format!("roleManagement/directory/{}", kind.collection())
}

fn list_definitions(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let own = context.directory.store.ordered(Kind::RoleDefinition, None, context.view);
    let own: Vec<Arc<Object>> = own.map(|(_, role)| Arc::clone(role)).collect();
    let all = definitions::all().map(Arc::new).chain(own).collect();
    list::page(context, Source::These(all, Some(Kind::RoleDefinition)), &fragment(Kind::RoleDefinition))
}

fn read_definition(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let id = context.param(0).plain()?;
    let found = definitions::known(context.directory, &id).ok_or_else(|| not_found(id))?;
    one(context, &found, 200)
}

fn one(context: &mut Context<'_>, object: &Object, status: u16) -> Result<Reply, Refusal> {
    let select = context.query.select.clone();
    render::check_select(object.kind.schema(), select.as_deref())?;
    let mut entity = render::entity(context.directory, object, select.as_deref());
    let expand = context.query.expand.clone();
    relations::expand(context, object, &expand, &mut entity)?;
    let fragment = format!("{}/$entity", render::selected(&fragment(object.kind), select.as_deref()));
    entity.insert("@odata.context".into(), context.context(&fragment));
    Ok(Reply { status, ..Reply::ok(Value::Object(entity)) })
}

/// Every assignment somebody sees.
fn all(directory: &Directory, view: View) -> Vec<Arc<Object>> {
    let roles = directory.store.ordered(Kind::DirectoryRole, None, view).filter(|(_, role)| role.is_live());
    let of_role = |role: &Object| {
        let template = role.text("roleTemplateId").unwrap_or_default().to_owned();
        let members = directory.targets(Link::Member, role.id, view).into_iter();
        members.map(move |member| Arc::new(assignment(directory.tenant_id, &template, member.id)))
    };
    let kept = directory.store.ordered(Kind::RoleAssignment, None, view).map(|(_, kept)| Arc::clone(kept));
    roles.flat_map(|(_, role)| of_role(role)).chain(kept).collect()
}

/// One for the whole organisation.
fn assignment(tenant: Uuid, role: &str, principal: Uuid) -> Object {
    let id = crate::ids::named(&format!("assignment/{role}/{principal}"));
    let mut assignment = Object::new(id, Kind::RoleAssignment);
    assignment.properties.set("roleDefinitionId", role);
    assignment.properties.set("principalId", json!(principal));
    assignment.properties.set("principalOrganizationId", json!(tenant));
    assignment.properties.set("directoryScopeId", "/");
    assignment
}

fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let all = all(context.directory, context.view);
    list::page(context, Source::These(all, Some(Kind::RoleAssignment)), &fragment(Kind::RoleAssignment))
}

/// The assignment an address names, as somebody sees it.
fn named(context: &Context<'_>, view: View) -> Result<Arc<Object>, Refusal> {
    let id = context.param(0).plain()?;
    let found = all(context.directory, view).into_iter().find(|assignment| opaque::id(assignment) == id);
    found.ok_or_else(|| not_found(id))
}

fn read_one(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let assignment = named(context, context.view)?;
    one(context, &assignment, 200)
}

fn create(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.body()?.clone();
    body::properties(&body, &ROLE_ASSIGNMENT, &[])?;
    let Wanted { role, principal, scope } = wanted(context, &body, "UnifiedRoleAssignment")?;
    let mut made = assignment(context.directory.tenant_id, &role.id.to_string(), principal);
    made.properties.set("directoryScopeId", scope.as_str());
    let truth = context.directory.truth();
    if all(context.directory, truth).iter().any(|held| opaque::id(held) == opaque::id(&made)) {
        return Err(bad_request(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ));
    }
    if scope == TENANT && role.is("isBuiltIn") {
        let holder = activated(context.directory, &role);
        context.directory.link(Link::Member, holder, principal);
    } else {
        made.id = context.directory.chance.uuid();
        context.directory.put(made.clone());
    }
    let location = format!("{}/v1.0{}/{}", context.asked.root, context.asked.path, opaque::id(&made));
    Ok(Reply { location: Some(location), ..one(context, &made, 201)? })
}

/// A role, whom it is for, and where.
struct Wanted {
    role: Object,
    principal: Uuid,
    scope: String,
}

/// The scope of a role for the whole organisation.
const TENANT: &str = "/";

/// Whether there is such a scope.
fn is_scope(context: &Context<'_>, scope: &str) -> bool {
    let unit = scope.strip_prefix("/administrativeUnits/").and_then(|id| Uuid::try_parse(id).ok());
    let unit = unit.and_then(|id| context.directory.live(id));
    scope == TENANT || unit.is_some_and(|unit| unit.kind == Kind::AdministrativeUnit)
}

/// What a body names, all of which has to be there.
fn wanted(context: &Context<'_>, body: &Map<String, Value>, title: &str) -> Result<Wanted, Refusal> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).ok_or_else(|| value_required(name, title));
    let (role, principal, scope) =
        (text("roleDefinitionId")?, text("principalId")?, text("directoryScopeId")?);
    if !is_scope(context, scope) {
        return Err(unknown_here(format!("roles within the scope '{scope}'")));
    }
    let role = definitions::known(context.directory, role).ok_or_else(|| not_found(role))?;
    let principal = context.any_object(principal)?;
    let can_hold = match principal.kind {
        Kind::User | Kind::ServicePrincipal => true,
        Kind::Group => principal.is("isAssignableToRole"),
        _ => false,
    };
    let wanted = Wanted { role, principal: principal.id, scope: scope.to_owned() };
    if can_hold { Ok(wanted) } else { Err(invalid_value("principalId", title)) }
}

/// The directory role behind a definition; the first assignment makes it.
fn activated(directory: &mut Directory, definition: &Object) -> Uuid {
    let truth = directory.truth();
    let template = definition.text("templateId");
    let mut roles = directory.store.ordered(Kind::DirectoryRole, None, truth);
    let known = roles.find(|(_, role)| role.text("roleTemplateId") == template).map(|(_, role)| role.id);
    drop(roles);
    known.unwrap_or_else(|| {
        let mut role = Object::new(directory.chance.uuid(), Kind::DirectoryRole);
        role.properties.set("displayName", definition.text("displayName"));
        role.properties.set("roleTemplateId", template);
        let id = role.id;
        directory.put(role);
        id
    })
}

fn delete(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let assignment = named(context, context.directory.truth())?;
    if context.directory.store.truth(assignment.id).is_some() {
        context.directory.purge(assignment.id);
        return Ok(Reply::no_content());
    }
    let role = definitions::definition(assignment.text("roleDefinitionId").unwrap_or_default());
    let holder = activated(context.directory, &role.ok_or_else(|| not_found(assignment.id))?);
    let principal = identifier(assignment.text("principalId").unwrap_or_default())?;
    context.directory.unlink(Link::Member, holder, principal);
    Ok(Reply::no_content())
}

fn list_eligibilities(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    list::page(context, Source::All(Kind::RoleEligibility), &fragment(Kind::RoleEligibility))
}

/// Makes somebody eligible, or no longer eligible; or only says whether that would do.
fn request(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.action(&OF_A_REQUEST)?;
    let wanted = wanted(context, &body, "UnifiedRoleEligibilityScheduleRequest")?;
    let held = eligibility(context.directory, &wanted);
    let refused = |code: &str, message: &str| Err(Refusal::new(400, code, message));
    let is_real = body.get("isValidationOnly") != Some(&json!(true));
    let status = match (body.get("action").and_then(Value::as_str).unwrap_or_default(), held) {
        ("adminAssign", Some(_)) => {
            return refused("RoleAssignmentExists", "The Role assignment already exists.");
        }
        ("adminRemove", None) => {
            return refused("RoleAssignmentDoesNotExist", "The Role assignment does not exist.");
        }
        ("adminAssign", None) if is_real => {
            make_eligible(context, &wanted, &body);
            "Provisioned"
        }
        ("adminRemove", Some(held)) if is_real => {
            context.directory.purge(held);
            "Revoked"
        }
        ("adminAssign" | "adminRemove", _) => "Granted",
        ("", _) => return Err(value_required("action", "UnifiedRoleEligibilityScheduleRequest")),
        (other, _) => return Err(unknown_here(format!("the action '{other}' of role eligibility requests"))),
    };
    Ok(made(context, body, status))
}

fn eligibility(directory: &Directory, wanted: &Wanted) -> Option<Uuid> {
    let (role, principal) = (wanted.role.id.to_string(), wanted.principal.to_string());
    let mut all = directory.store.ordered(Kind::RoleEligibility, None, directory.truth());
    let is_it = |held: &Object| {
        held.text("roleDefinitionId") == Some(&role)
            && held.text("principalId") == Some(&principal)
            && held.text("directoryScopeId").unwrap_or(TENANT) == wanted.scope
    };
    all.find(|(_, held)| is_it(held)).map(|(_, held)| held.id)
}

fn make_eligible(context: &mut Context<'_>, wanted: &Wanted, body: &Map<String, Value>) {
    let info = body.get("scheduleInfo").cloned().unwrap_or_default();
    let start = info["startDateTime"].as_str().and_then(read).unwrap_or(context.directory.now_ms);
    let end = info["expiration"]["endDateTime"].as_str().and_then(read);
    let mut held = Object::new(context.directory.chance.uuid(), Kind::RoleEligibility);
    held.properties.set("roleDefinitionId", json!(wanted.role.id));
    held.properties.set("principalId", json!(wanted.principal));
    held.properties.set("directoryScopeId", wanted.scope.as_str());
    held.properties.set("memberType", "Direct");
    held.properties.set("startDateTime", written(start));
    held.properties.set("endDateTime", end.map(written));
    held.properties.set("roleEligibilityScheduleId", json!(held.id));
    context.directory.put(held);
}

/// The request as it is told: what was asked, and what became of it.
fn made(context: &mut Context<'_>, mut body: Map<String, Value>, status: &str) -> Reply {
    let (id, now) = (context.directory.chance.uuid(), written(context.directory.now_ms));
    let given = ["appScopeId", "justification", "scheduleInfo", "targetScheduleId"];
    for name in given {
        body.entry(name).or_insert(Value::Null);
    }
    body.entry("isValidationOnly").or_insert(json!(false));
    body.remove("@odata.type");
    let by = json!({ "user": { "id": context.caller.client_id, "displayName": null } });
    let more = json!({
        "@odata.context": context.context("roleManagement/directory/roleEligibilityScheduleRequests/$entity"),
        "id": id, "status": status, "createdDateTime": now, "completedDateTime": now, "createdBy": by,
        "approvalId": null, "customData": null,
    });
    body.extend(more.as_object().cloned().unwrap_or_default());
    let location = format!("{}/v1.0{REQUESTS}/{id}", context.asked.root);
    Reply::created(Value::Object(body), location)
}
