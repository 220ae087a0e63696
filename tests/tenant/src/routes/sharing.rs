//! Who may see the items of a drive: inviting people, listing permissions, taking them away.
//!
//! A permission is somebody's on an item, and counts for everything below. Its id is made of the name somebody signs in
//! with, as SharePoint does it, so an invitation that is repeated changes what there is. Inviting somebody to the whole
//! drive is what many organisations refuse; the state says whether this one does. Links are not known.
//! Source: "Send a sharing invitation" (API reference); refusals are SharePoint's one sentence for everything.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::drives::{Found, allowed, found, identity, named_item, no_item};
use super::members::whole;
use super::{Context, Reply, Route, SHORT, get, write};
use crate::refusal::Refusal;
use crate::roles::*;
use crate::state::drive::{Drive, Item, Permission};
use crate::state::{Directory, Field, Kind, Object};

pub(super) const ROUTES: &[Route] = &[
    get("/drives/{}/root/permissions", 1, NOTHING, SHORT, list),
    get("/drives/{}/items/{}/permissions", 1, NOTHING, SHORT, list),
    get("/drives/{}/items/{}/permissions/{}", 1, NOTHING, SHORT, read),
    write("POST", "/drives/{}/root/invite", NOTHING, invite),
    write("POST", "/drives/{}/items/{}/invite", NOTHING, invite),
    write("DELETE", "/drives/{}/items/{}/permissions/{}", NOTHING, remove),
];

const OF_AN_INVITATION: [&str; 8] = [
    "recipients",
    "roles",
    "requireSignIn",
    "sendInvitation",
    "message",
    "expirationDateTime",
    "password",
    "retainInheritedPermissions",
];

fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "invalidRequest", message)
}

fn malformed() -> Refusal {
    invalid("The request is malformed or incorrect.")
}

fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    allowed(context, READ_FILES)?;
    let found = found(context)?;
    let item = named_item(context, &found.drive)?;
    let value = effective(context.directory, &found, &item);
    Ok(whole(context, &fragment(&found.drive, &item), value))
}

fn fragment(drive: &Drive, item: &Item) -> String {
    format!("drives('{}')/items('{}')/permissions", drive.id, item.id)
}

/// What counts for an item: the owner's, those given on it, and those given above it.
fn effective(directory: &Directory, found: &Found, item: &Item) -> Vec<Value> {
    let owner = directory.store.truth(found.owner).map(|owner| permission(owner, "owner"));
    let mut all: Vec<Value> = owner.into_iter().collect();
    for above in found.drive.upwards(item) {
        for given in found.drive.permissions.iter().filter(|given| given.item == above.id) {
            let mut told = directory.live(given.user).map(|user| permission(user, &given.role));
            if let Some(told) = told.as_mut().filter(|_| above.id != item.id) {
                told["inheritedFrom"] = json!({ "driveId": found.drive.id, "id": above.id });
            }
            all.extend(told);
        }
    }
    all
}

fn permission(user: &Object, role: &str) -> Value {
    let identity = identity(user);
    json!({
        "id": id(user), "roles": [role], "grantedTo": { "user": identity },
        "grantedToV2": { "user": identity, "siteUser": { "displayName": user.text("displayName"), "loginName": login(user) } },
    })
}

fn login(user: &Object) -> String {
    format!("i:0#.f|membership|{}", user.text("userPrincipalName").unwrap_or_default().to_lowercase())
}

fn id(user: &Object) -> String {
    URL_SAFE_NO_PAD.encode(login(user))
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    allowed(context, READ_FILES)?;
    let found = found(context)?;
    let (item, wanted) = (named_item(context, &found.drive)?, context.param(2).plain()?);
    let mut all = effective(context.directory, &found, &item).into_iter();
    let mut told = all.find(|told| told["id"] == wanted.as_str()).ok_or_else(no_item)?;
    told["@odata.context"] = context.context(&format!("{}/$entity", fragment(&found.drive, &item)));
    Ok(Reply::ok(told))
}

fn invite(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    allowed(context, WRITE_FILES)?;
    let body = context.action(&OF_AN_INVITATION)?;
    let found = found(context)?;
    let item = named_item(context, &found.drive)?;
    if item.parent.is_none() && !context.directory.sharing.invites_on_root {
        return Err(invalid("The root of a drive cannot be shared."));
    }
    let role = role(&body)?;
    let users = recipients(context, &body)?;
    users.iter().for_each(|user| give(context.directory, &found, &item, *user, role));
    let told = users.iter().filter_map(|user| context.directory.live(*user)).map(|user| {
        let mut told = permission(user, if user.id == found.owner { "owner" } else { role });
        told["invitation"] = json!({ "signInRequired": true });
        told
    });
    let value = told.collect();
    Ok(whole(context, "Collection(microsoft.graph.permission)", value))
}

/// One role, and either a sign-in or a message: a link for anybody is another call.
fn role(body: &Map<String, Value>) -> Result<&'static str, Refusal> {
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    let [given] = body.get("roles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() else {
        return Err(malformed());
    };
    let known = ["read", "write", "owner"].into_iter().find(|known| given == known);
    known.filter(|_| flag("requireSignIn") || flag("sendInvitation")).ok_or_else(malformed)
}

/// People of the organisation, by id or by an address.
fn recipients(context: &Context<'_>, body: &Map<String, Value>) -> Result<Vec<Uuid>, Refusal> {
    let given = body.get("recipients").and_then(Value::as_array).filter(|given| !given.is_empty());
    let one = |recipient: &Value| {
        let text = |name: &str| recipient.get(name).and_then(Value::as_str);
        let found = match (text("objectId"), text("email")) {
            (Some(id), _) => Uuid::try_parse(id).ok().filter(|id| is_user(context.directory, *id)),
            (None, Some(email)) => by_address(context.directory, email),
            (None, None) => None,
        };
        found.ok_or_else(malformed)
    };
    given.ok_or_else(malformed)?.iter().map(one).collect()
}

fn is_user(directory: &Directory, id: Uuid) -> bool {
    directory.live(id).is_some_and(|object| object.kind == Kind::User)
}

fn by_address(directory: &Directory, address: &str) -> Option<Uuid> {
    let fields = [Field::UserPrincipalName, Field::Mail, Field::ProxyAddress];
    let mut found = fields.into_iter().flat_map(|field| directory.store.index.find(field, address));
    found.find(|id| is_user(directory, *id))
}

/// Lets somebody in, or changes what they may do; the owner may do everything already.
fn give(directory: &mut Directory, found: &Found, item: &Item, user: Uuid, role: &str) {
    let Some(drive) = directory.drives.get_mut(&found.owner).filter(|_| user != found.owner) else { return };
    let new = Permission { item: item.id.clone(), user, role: role.to_owned() };
    match drive.permissions.iter_mut().find(|given| given.item == item.id && given.user == user) {
        Some(known) => *known = new,
        None => drive.permissions.push(new),
    }
}

/// Takes away what was given on this very item.
fn remove(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    allowed(context, WRITE_FILES)?;
    let found = found(context)?;
    let (item, wanted) = (named_item(context, &found.drive)?, context.param(2).plain()?);
    let all = effective(context.directory, &found, &item);
    let told = all.iter().find(|told| told["id"] == wanted.as_str()).ok_or_else(no_item)?;
    if told["roles"][0] == "owner" && told["grantedTo"]["user"]["id"] == json!(found.owner)
        || told.get("inheritedFrom").is_some()
    {
        return Err(Refusal::new(403, "accessDenied", "Access denied"));
    }
    let user = told["grantedTo"]["user"]["id"].clone();
    if let Some(drive) = context.directory.drives.get_mut(&found.owner) {
        drive.permissions.retain(|given| given.item != item.id || json!(given.user) != user);
    }
    Ok(Reply::no_content())
}
