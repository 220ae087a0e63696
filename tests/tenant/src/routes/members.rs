//! Members and owners of groups: reading them, adding them, removing them, and every way that is refused.

use serde_json::Value;
use uuid::Uuid;

use super::list::Source;
use super::{Context, LIST, Reply, Route, get, groups, identifier, list, relations, write};
use crate::licensing;
use crate::refusal::{Refusal, bad_request, forbidden, not_found};
use crate::roles::*;
use crate::state::{Kind, Link, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/groups/{}/members", 3, READ_MEMBERS, LIST, members),
    get("/groups/{}/members/{cast}", 3, READ_MEMBERS, LIST, members),
    get("/groups/{}/members/$count", 3, READ_MEMBERS, super::COUNT, members),
    get("/groups/{}/members/{cast}/$count", 3, READ_MEMBERS, super::COUNT, members),
    get("/groups/{}/transitiveMembers", 5, READ_MEMBERS, LIST, members),
    get("/groups/{}/transitiveMembers/{cast}", 5, READ_MEMBERS, LIST, members),
    get("/groups/{}/transitiveMembers/$count", 5, READ_MEMBERS, super::COUNT, members),
    get("/groups/{}/memberOf", 1, READ_MEMBERS, LIST, member_of),
    get("/groups/{}/memberOf/{cast}", 1, READ_MEMBERS, LIST, member_of),
    get("/groups/{}/owners", 1, READ_MEMBERS, LIST, owners),
    get("/groups/{}/owners/{cast}", 1, READ_MEMBERS, LIST, owners),
    get("/groups/{}/membersWithLicenseErrors", 1, READ_GROUPS, PAGED, with_licence_errors),
    write("POST", "/groups/{}/members/$ref", WRITE_MEMBERS, add_member),
    write("DELETE", "/groups/{}/members/{}/$ref", WRITE_MEMBERS, remove_member),
    write("DELETE", "/groups/{}/members/{}", DELETE_USERS, delete_member_itself),
    write("POST", "/groups/{}/owners/$ref", WRITE_GROUPS, add_owner),
    write("DELETE", "/groups/{}/owners/{}/$ref", WRITE_GROUPS, remove_owner),
];

/// Options of a list that is paged, and no more.
const PAGED: &[&str] = &["$select", "$top", "$skiptoken"];
const MOST_OWNERS: usize = 100;

fn members(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let group = context.group(0)?;
    let path = context.asked.path.to_ascii_lowercase();
    let found = if path.contains("/transitivemembers") {
        context.directory.transitive_targets(group.id, context.view)
    } else {
        context.directory.targets(Link::Member, group.id, context.view)
    };
    relations::cast(context, 1, found, path.ends_with("/$count"))
}

fn member_of(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let group = context.group(0)?;
    let found = context.directory.sources(Link::Member, group.id, context.view);
    relations::cast(context, 1, found, false)
}

fn owners(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let group = context.group(0)?;
    let found = context.directory.targets(Link::Owner, group.id, context.view);
    relations::cast(context, 1, found, false)
}

fn with_licence_errors(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let group = context.group(0)?;
    let members = context.directory.targets(Link::Member, group.id, context.view);
    let suffers = |user: &Object| {
        user.licences.iter().any(|held| held.by_group == Some(group.id) && held.error.is_some())
    };
    let found = members.into_iter().filter(|user| suffers(user)).collect();
    list::page(context, Source::These(found, None), "directoryObjects")
}

/// An addition of what is there already.
pub(super) fn already(property: &str) -> Refusal {
    bad_request(format!(
        "One or more added object references already exist for the following modified properties: '{property}'."
    ))
}

/// Whether all of these may become members; all or nothing.
pub(super) fn may_join(context: &mut Context<'_>, group: &Object, additions: &[Uuid]) -> Result<(), Refusal> {
    if !additions.is_empty() && group.has_group_type("DynamicMembership") {
        return Err(forbidden());
    }
    if additions.contains(&group.id) {
        return Err(bad_request("A group cannot be added as a member of itself."));
    }
    for id in additions {
        let target = context.any_object(&id.to_string())?;
        if group.has_group_type("Unified") && target.kind != Kind::User {
            return Err(bad_request("Microsoft 365 groups can only have users as members."));
        }
        if context.directory.links.holds(Link::Member, group.id, *id) {
            return Err(already("members"));
        }
    }
    Ok(())
}

/// Makes somebody a member, to whom the licences are handed on that the group has in truth, whatever the caller saw.
pub(super) fn join(context: &mut Context<'_>, group: Uuid, member: Uuid) {
    context.directory.link(Link::Member, group, member);
    licensing::follow(context.directory, member);
}

fn add_member(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let group = context.group(0)?;
    let target = context.target()?;
    groups::writable(context, &group)?;
    may_join(context, &group, &[target])?;
    join(context, group.id, target);
    Ok(Reply::no_content())
}

fn remove_member(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (group, member) = (context.group(0)?, context.param(1).plain()?);
    let id = identifier(&member)?;
    groups::writable(context, &group)?;
    if group.has_group_type("DynamicMembership") {
        return Err(forbidden());
    }
    if !context.directory.links.holds(Link::Member, group.id, id) {
        return Err(not_found(member));
    }
    context.directory.unlink(Link::Member, group.id, id);
    licensing::follow(context.directory, id);
    Ok(Reply::no_content())
}

/// Without `/$ref` the address means the member itself, and that is what is deleted.
fn delete_member_itself(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (group, member) = (context.group(0)?, context.param(1).plain()?);
    let id = identifier(&member)?;
    if !context.directory.links.holds(Link::Member, group.id, id) {
        return Err(not_found(member));
    }
    super::users::delete_by_id(context, id)
}

fn add_owner(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let group = context.group(0)?;
    let owner = context.target()?;
    groups::writable(context, &group)?;
    own(context, group.id, owner)?;
    Ok(Reply::no_content())
}

/// Makes a user or a service principal an owner of something.
pub(super) fn own(context: &mut Context<'_>, owned: Uuid, owner: Uuid) -> Result<(), Refusal> {
    let kind = context.any_object(&owner.to_string())?.kind;
    if !matches!(kind, Kind::User | Kind::ServicePrincipal) {
        return Err(not_found(owner));
    }
    if context.directory.links.holds(Link::Owner, owned, owner) {
        return Err(already("owners"));
    }
    let count = context.directory.links.count(Link::Owner, owned) + 1;
    if count > MOST_OWNERS {
        let message = format!(
            "Unable to perform operation as '{count}' would exceed the maximum quota count '{MOST_OWNERS}' for forward-link 'owners'."
        );
        return Err(Refusal::new(403, "Directory_QuotaExceeded", message));
    }
    context.directory.link(Link::Owner, owned, owner);
    Ok(())
}

/// The last owner that is a user stays.
fn remove_owner(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (group, owner) = (context.group(0)?, context.param(1).plain()?);
    let id = identifier(&owner)?;
    groups::writable(context, &group)?;
    if !context.directory.links.holds(Link::Owner, group.id, id) {
        return Err(not_found(owner));
    }
    let owners = context.directory.targets(Link::Owner, group.id, context.directory.truth());
    let mut users = owners.iter().filter(|owner| owner.kind == Kind::User);
    if users.next().is_some_and(|first| first.id == id) && users.next().is_none() {
        return Err(bad_request(
            "The group must have at least one owner, hence this owner cannot be removed.",
        ));
    }
    context.directory.unlink(Link::Owner, group.id, id);
    Ok(Reply::no_content())
}

/// The body of a list that is no page of directory objects.
pub(super) fn whole(context: &Context<'_>, fragment: &str, value: Vec<Value>) -> Reply {
    Reply::ok(serde_json::json!({ "@odata.context": context.context(fragment), "value": value }))
}
