//! Teams as far as membership goes: a team is a Microsoft 365 group that was made one, its members are the group's.
//!
//! A membership has an id of its own, made of team and user, and is removed by that; an owner of the group is an owner
//! of the team. Sources: "List members of team", "Remove member from team" (API reference).
//!
//! Teams takes up to a day to notice what changed in the group, and counts quotas of its own; neither is imitated.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::members::{join, whole};
use super::{Context, NO_OPTIONS, Reply, Route, get, identifier, write};
use crate::licensing;
use crate::refusal::{Refusal, malformed, not_found};
use crate::roles::*;
use crate::state::{Kind, Link, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/users/{}/joinedTeams", 1, READ_TEAMS, NO_OPTIONS, joined),
    get("/teams/{}/members", 1, READ_TEAM_MEMBERS, NO_OPTIONS, members),
    get("/teams/{}/members/{}", 1, READ_TEAM_MEMBERS, NO_OPTIONS, member),
    write("POST", "/teams/{}/members", WRITE_TEAM_MEMBERS, add),
    write("DELETE", "/teams/{}/members/{}", WRITE_TEAM_MEMBERS, remove),
];

const MEMBER: &str = "#microsoft.graph.aadUserConversationMember";

fn is_team(group: &Object) -> bool {
    group.properties.texts("resourceProvisioningOptions").any(|option| option == "Team")
}

fn joined(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?.id;
    let groups = context.directory.sources(Link::Member, user, context.view);
    let value = groups.iter().filter(|group| is_team(group)).map(|group| {
        json!({ "id": group.id, "displayName": group.text("displayName"), "description": group.text("description") })
    });
    Ok(whole(context, "teams", value.collect()))
}

/// The team an address names.
fn team(context: &Context<'_>) -> Result<Arc<Object>, Refusal> {
    let id = context.param(0).plain()?;
    let group = context.object(&id, Kind::Group)?;
    if is_team(&group) {
        Ok(group)
    } else {
        Err(Refusal::new(404, "NotFound", format!("No team found with Group Id {id}")))
    }
}

/// The team an address names, unless a rule decides who is in it.
fn written_by_hand(context: &Context<'_>) -> Result<Arc<Object>, Refusal> {
    let team = team(context)?;
    if team.has_group_type("DynamicMembership") {
        return Err(Refusal::new(403, "Forbidden", "You do not have permission to perform this operation."));
    }
    Ok(team)
}

fn members(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let team = team(context)?;
    let members = context.directory.targets(Link::Member, team.id, context.view);
    let value = members.iter().map(|user| told(context, &team, user)).collect();
    Ok(whole(context, &format!("teams('{}')/members", team.id), value))
}

fn told(context: &Context<'_>, team: &Object, user: &Object) -> Value {
    let is_owner = context.directory.links.targets(Link::Owner, team.id, context.view).contains(&user.id);
    json!({
        "@odata.type": MEMBER, "id": membership(team.id, user.id), "roles": if is_owner { json!(["owner"]) } else { json!([]) },
        "displayName": user.text("displayName"), "userId": user.id, "email": user.text("mail"),
        "tenantId": context.directory.tenant_id, "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z",
    })
}

fn membership(team: Uuid, user: Uuid) -> String {
    STANDARD.encode(format!("{team}##{user}"))
}

/// Whose membership an address names.
fn named(context: &Context<'_>, team: &Object) -> Result<Arc<Object>, Refusal> {
    let id = context.param(1).plain()?;
    let members = context.directory.targets(Link::Member, team.id, context.view);
    let found = members.into_iter().find(|user| membership(team.id, user.id) == id);
    found.ok_or_else(|| not_found(id))
}

fn member(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let team = team(context)?;
    let user = named(context, &team)?;
    Ok(Reply::ok(entity(context, &team, &user)))
}

fn entity(context: &Context<'_>, team: &Object, user: &Object) -> Value {
    let mut told = told(context, team, user);
    told["@odata.context"] = context.context(&format!("teams('{}')/members/$entity", team.id));
    told
}

/// Makes a user of the organisation a member, or an owner; who is one already stays one and may change in role.
fn add(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.action(&["@odata.type", "roles", "user@odata.bind", "visibleHistoryStartDateTime"])?;
    if body.get("@odata.type").and_then(Value::as_str).map(|kind| kind.trim_start_matches('#'))
        != Some(&MEMBER[1..])
    {
        return Err(malformed("Invalid member type: it has to be an aadUserConversationMember."));
    }
    let team = written_by_hand(context)?;
    let user = bound(context, body.get("user@odata.bind").and_then(Value::as_str).unwrap_or_default())?;
    let becomes_owner = match body.get("roles").and_then(Value::as_array).map(Vec::as_slice) {
        None | Some([]) => false,
        Some([role]) if role == "owner" => true,
        _ => return Err(malformed("Invalid roles specified for member.")),
    };
    join(context, team.id, user.id);
    if becomes_owner {
        context.directory.link(Link::Owner, team.id, user.id);
    } else {
        context.directory.unlink(Link::Owner, team.id, user.id);
    }
    let mut told = entity(context, &team, &user);
    told["roles"] = if becomes_owner { json!(["owner"]) } else { json!([]) };
    let location =
        format!("{}/v1.0/teams/{}/members/{}", context.asked.root, team.id, membership(team.id, user.id));
    Ok(Reply::created(told, location))
}

/// `https://graph.microsoft.com/v1.0/users('{id}')`, or with a slash.
fn bound(context: &Context<'_>, address: &str) -> Result<Arc<Object>, Refusal> {
    let id = address.rsplit_once("/users").map(|(_, id)| id.trim_matches(['/', '(', ')', '\'']));
    let id = id.ok_or_else(|| malformed("Bad Request: 'user@odata.bind' has to name a user."))?;
    context.object(&identifier(id)?.to_string(), Kind::User)
}

fn remove(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let team = written_by_hand(context)?;
    let user = named(context, &team)?.id;
    let holds = |link| context.directory.links.holds(link, team.id, user);
    let (is_owner, is_member) = (holds(Link::Owner), holds(Link::Member));
    if !is_member {
        return Err(not_found(context.param(1).plain()?));
    }
    if is_owner && context.directory.links.count(Link::Owner, team.id) == 1 {
        return Err(malformed("The last owner of a team cannot be removed."));
    }
    context.directory.unlink(Link::Member, team.id, user);
    if is_owner {
        context.directory.unlink(Link::Owner, team.id, user);
    }
    licensing::follow(context.directory, user);
    Ok(Reply::no_content())
}
