//! `/users`: list, read, create, change, delete, sign out.

use serde_json::{Value, json};

use super::body::{self, Wanted};
use super::list::{self, Source};
use super::{
    Context, LIST, ONE, Reply, Route, access, ask, get, identifier, relations, render, rules, unique, write,
};
use crate::clock::written;
use crate::refusal::{Refusal, forbidden, synced, unknown_here, unsupported_query, value_required};
use crate::roles::*;
use crate::schema::{SIGN_INS, USER};
use crate::state::{Kind, Link, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/users", 2, NOTHING, LIST, list),
    get("/users/$count", 1, READ_BASIC_USERS, super::COUNT, count),
    get("/users/{}", 1, NOTHING, ONE, read),
    write("POST", "/users", WRITE_USERS, create),
    write("PATCH", "/users/{}", NOTHING, update),
    write("DELETE", "/users/{}", DELETE_USERS, delete),
    write("POST", "/users/{}/revokeSignInSessions", REVOKE_SESSIONS, revoke_sessions),
    ask("/directoryObjects/getByIds", 5, READ_DIRECTORY, super::directory::get_by_ids),
];

/// What `User.ReadBasic.All` lets an application see.
const BASIC: [&str; 6] = ["id", "displayName", "givenName", "surname", "mail", "userPrincipalName"];
/// What an application may change about users that are mastered on premises.
const CLOUD_MASTERED: [&str; 3] = ["usageLocation", "otherMails", "preferredDataLocation"];
/// Changes that are sensitive when the user is an administrator.
const SENSITIVE: [&str; 7] = [
    "accountEnabled",
    "passwordProfile",
    "mobilePhone",
    "businessPhones",
    "otherMails",
    "userPrincipalName",
    "onPremisesImmutableId",
];
/// Settable when a user is made; after that by people alone ("Update user").
const HIRE_DATE: &str = "employeeHireDate";
const MOST_WITH_SIGN_INS: usize = 500;
const BINDS: [&str; 2] = ["manager@odata.bind", "sponsors@odata.bind"];

fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    may_read(context)?;
    fit_sign_ins(context)?;
    list::page(context, Source::All(Kind::User), "users")
}

fn count(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    list::count(context, Source::All(Kind::User))
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    may_read(context)?;
    let select = context.query.select.clone();
    render::check_select(&USER, select.as_deref())?;
    if let Some(name) =
        select.iter().flatten().find(|name| USER.property(name).is_some_and(|property| property.elsewhere))
    {
        return Err(unknown_here(format!("the property '{name}' of users")));
    }
    let by_id = identifier(&context.param(0).plain()?).is_ok();
    if !by_id && context.query.mentions(SIGN_INS) {
        let message = "Get By Key only supports UserId and the key has to be a valid Guid";
        return Err(Refusal::new(400, "400", message));
    }
    let user = context.user(0)?;
    let mut entity = render::entity(context.directory, &user, select.as_deref());
    if !sees_all(context) {
        entity
            .iter_mut()
            .filter(|(name, _)| !BASIC.contains(&name.as_str()))
            .for_each(|(_, value)| *value = Value::Null);
    }
    let expand = context.query.expand.clone();
    relations::expand(context, &user, &expand, &mut entity)?;
    let fragment = format!("{}/$entity", render::selected("users", select.as_deref()));
    entity.insert("@odata.context".into(), context.context(&fragment));
    Ok(Reply::ok(Value::Object(entity)))
}

/// Basic properties take a basic permission; dates of sign-ins and of leaving take one of their own.
fn may_read(context: &mut Context<'_>) -> Result<(), Refusal> {
    let selected: Vec<String> = context.query.select.clone().unwrap_or_default();
    let filtered = context.query.filter.as_ref().map(|filter| filter.properties()).unwrap_or_default();
    let mut all: Vec<&str> = selected.iter().map(String::as_str).chain(filtered).collect();
    all.extend(context.query.expand.iter().map(|expand| expand.name.as_str()));
    let is_basic = all.iter().all(|name| BASIC.contains(name));
    let (signs_in, leaves) = (all.contains(&SIGN_INS), all.contains(&"employeeLeaveDateTime"));
    context.require(if is_basic { READ_BASIC_USERS } else { READ_USERS })?;
    if signs_in {
        may_read_sign_ins(context)?;
    }
    if leaves { context.require(READ_LEAVE_DATE) } else { Ok(()) }
}

/// When somebody signed in takes a permission of its own, and a tenant that has bought Entra ID P1 or P2.
pub(super) fn may_read_sign_ins(context: &mut Context<'_>) -> Result<(), Refusal> {
    context.require(READ_SIGN_INS)?;
    premium(context)
}

/// Refuses where the tenant has bought neither Entra ID P1 nor P2.
pub(super) fn premium(context: &Context<'_>) -> Result<(), Refusal> {
    if context.directory.is_premium() {
        return Ok(());
    }
    let message = "Neither tenant is B2C or tenant doesn't have premium license";
    Err(Refusal::new(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message))
}

/// Lists with sign-ins have shorter pages, and cannot be filtered by anything else at the same time ("List users").
fn fit_sign_ins(context: &mut Context<'_>) -> Result<(), Refusal> {
    let filtered = context.query.filter.as_ref().map(|filter| filter.properties()).unwrap_or_default();
    if filtered.contains(&SIGN_INS) && filtered.iter().any(|name| *name != SIGN_INS) {
        return Err(unsupported_query(format!(
            "The property '{SIGN_INS}' cannot be combined with other properties in a filter."
        )));
    }
    if context.query.mentions(SIGN_INS) {
        context.query.top = context.query.top.map(|top| top.min(MOST_WITH_SIGN_INS));
    }
    Ok(())
}

fn sees_all(context: &Context<'_>) -> bool {
    READ_USERS.iter().any(|way| way.iter().all(|role| context.caller.roles.iter().any(|held| held == role)))
}

fn create(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.body()?.clone();
    let wanted = body::properties(&body, &USER, &BINDS)?;
    rules::required_of_users(&wanted)?;
    rules::user(context.directory, &wanted)?;
    let user = new_user(context, &wanted)?;
    unique::check(context.directory, &user)?;
    let manager = body
        .get(BINDS[0])
        .map(|value| relations::seen_user(context, context.reference(value)?))
        .transpose()?;
    let sponsors =
        body.get(BINDS[1]).map(|value| context.references(value, BINDS[1])).transpose()?.unwrap_or_default();
    sponsors.iter().try_for_each(|id| relations::seen_user(context, *id).map(drop))?;
    let id = user.id;
    context.directory.put(user.clone());
    manager.into_iter().for_each(|manager| context.directory.link(Link::Manager, id, manager));
    sponsors.into_iter().for_each(|sponsor| context.directory.link(Link::Sponsor, id, sponsor));
    let mut entity = render::entity(context.directory, &user, None);
    entity.insert("@odata.context".into(), context.context("users/$entity"));
    Ok(Reply::created(Value::Object(entity), context.location(Kind::User, id)))
}

fn new_user(context: &mut Context<'_>, wanted: &Wanted) -> Result<Object, Refusal> {
    let mut user = Object::new(context.directory.chance.uuid(), Kind::User);
    user.properties.set("userType", "Member");
    user.properties.set("createdDateTime", written(context.directory.now_ms));
    apply(context, &mut user, wanted);
    let domain =
        user.text("userPrincipalName").and_then(|name| name.split_once('@')).map(|(_, domain)| domain);
    let domain = domain.and_then(|domain| rules::domain_of(context.directory, domain));
    let is_federated = domain.is_some_and(|domain| domain.authentication_type == "Federated");
    if is_federated && user.text("onPremisesImmutableId").is_none() {
        return Err(value_required("onPremisesImmutableId", "User"));
    }
    Ok(user)
}

/// Sets what is wanted; of a password only the fact and the date are kept. Who signed in with the one before has to sign
/// in again.
fn apply(context: &Context<'_>, user: &mut Object, wanted: &Wanted) {
    for (name, value) in wanted {
        match (*name, value) {
            ("passwordProfile", Value::Object(profile)) => {
                let flag = |name: &str| profile.get(name).and_then(Value::as_bool);
                let force = flag("forceChangePasswordNextSignIn").unwrap_or(true);
                let with_mfa = flag("forceChangePasswordNextSignInWithMfa").unwrap_or(false);
                let kept = json!({ "password": null, "forceChangePasswordNextSignIn": force, "forceChangePasswordNextSignInWithMfa": with_mfa });
                user.properties.set("passwordProfile", kept);
                let now = written(context.directory.now_ms);
                user.properties.set("lastPasswordChangeDateTime", now.clone());
                user.properties.set("signInSessionsValidFromDateTime", now);
            }
            (name, value) => user.properties.set(name, value.clone()),
        }
    }
}

fn update(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.body()?.clone();
    let names: Vec<&str> = body.keys().map(String::as_str).collect();
    may_write(context, &names)?;
    let seen = context.user(0)?;
    let wanted = body::properties(&body, &USER, &[])?;
    if seen.is_synced() && names.iter().any(|name| !CLOUD_MASTERED.contains(name)) {
        return Err(synced());
    }
    if names.iter().any(|name| SENSITIVE.contains(name)) {
        access::sensitive(context, seen.id)?;
    }
    rules::user(context.directory, &wanted)?;
    let mut user = context.edit(seen.id)?;
    apply(context, &mut user, &wanted);
    unique::check(context.directory, &user)?;
    context.directory.put(user);
    Ok(Reply::no_content())
}

/// Some properties have a permission of their own, narrower than the one that covers nearly all.
fn may_write(context: &mut Context<'_>, names: &[&str]) -> Result<(), Refusal> {
    for name in names {
        let need = match *name {
            "accountEnabled" => ENABLE_USERS,
            "passwordProfile" => WRITE_PASSWORDS,
            "mobilePhone" | "businessPhones" => WRITE_PHONES,
            "otherMails" => WRITE_OTHER_MAILS,
            "employeeLeaveDateTime" => WRITE_LEAVE_DATE,
            _ => WRITE_USERS,
        };
        context.require(need)?;
    }
    if names.contains(&HIRE_DATE) {
        return Err(forbidden());
    }
    if names.contains(&"passwordProfile") { access::passwords(context) } else { Ok(()) }
}

fn delete(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let id = context.user(0)?.id;
    delete_by_id(context, id)
}

/// Soft-deletes: the name becomes free, licences go back, everything returns with a restore.
pub(super) fn delete_by_id(context: &mut Context<'_>, id: uuid::Uuid) -> Result<Reply, Refusal> {
    let mut user = context.edit(id)?;
    if user.is_synced() {
        return Err(synced());
    }
    access::sensitive(context, id)?;
    let name = user.text("userPrincipalName").unwrap_or_default();
    let renamed = format!("{}{name}", user.id.simple());
    user.properties.set("userPrincipalName", renamed);
    user.deleted_ms = Some(context.directory.now_ms);
    context.directory.put(user);
    Ok(Reply::no_content())
}

fn revoke_sessions(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    context.action(&[])?;
    let mut user = context.edit(context.user(0)?.id)?;
    user.properties.set("signInSessionsValidFromDateTime", written(context.directory.now_ms));
    context.directory.put(user);
    Ok(Reply::ok(json!({ "@odata.context": context.context("Edm.Boolean"), "value": true })))
}
