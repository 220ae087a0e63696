//! OneDrive: whose drive is where, and what is in it.
//!
//! Somebody has a drive if the state says so: no application can make one ("Get drive": it is made when its owner first
//! looks, not when an application does). It stays when its owner loses the licence or is deleted. The site behind it is
//! told in `sharepointIds`, which has to be selected. Contents of files are not known.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::licences::chosen;
use super::members::whole;
use super::{Context, Reply, Route, SHORT, get};
use crate::ids::named;
use crate::refusal::{Refusal, malformed};
use crate::roles::*;
use crate::state::Object;
use crate::state::drive::{Drive, Item};

pub(super) const ROUTES: &[Route] = &[
    get("/users/{}/drive", 1, NOTHING, SHORT, of_user),
    get("/users/{}/drive/root", 1, NOTHING, SHORT, root_of_user),
    get("/users/{}/drive/root/children", 1, NOTHING, SHORT, children_of_user),
    get("/drives/{}", 1, NOTHING, SHORT, read),
    get("/drives/{}/root", 1, NOTHING, SHORT, item),
    get("/drives/{}/root/children", 1, NOTHING, SHORT, children),
    get("/drives/{}/items/{}", 1, NOTHING, SHORT, item),
    get("/drives/{}/items/{}/children", 1, NOTHING, SHORT, children),
];

/// Comes only when it is asked for.
const SELECTED: &str = "sharepointIds";
const DRIVE: [&str; 8] =
    ["id", "driveType", "name", "webUrl", "owner", "quota", "createdDateTime", "sharePointIds"];
const ITEM: [&str; 11] = [
    "id",
    "name",
    "size",
    "webUrl",
    "createdDateTime",
    "lastModifiedDateTime",
    "parentReference",
    "root",
    "folder",
    "file",
    SELECTED,
];
const TOTAL: i64 = 1_099_511_627_776;

/// A drive and whose it is.
pub(super) struct Found {
    pub(super) owner: Uuid,
    pub(super) drive: Drive,
}

/// Files have words of their own for what is not allowed.
pub(super) fn allowed(context: &mut Context<'_>, need: Need) -> Result<(), Refusal> {
    context.require(need).map_err(|_| Refusal::new(403, "accessDenied", "Access denied"))
}

pub(super) fn no_item() -> Refusal {
    Refusal::new(404, "itemNotFound", "The resource could not be found.")
}

/// The drive of the user an address names.
fn of(context: &mut Context<'_>) -> Result<Found, Refusal> {
    allowed(context, READ_FILES)?;
    let owner = context.user(0)?.id;
    let drive = context.directory.drives.get(&owner).cloned();
    let drive = drive.ok_or_else(|| Refusal::new(404, "ResourceNotFound", "User's mysite not found."))?;
    Ok(Found { owner, drive })
}

/// The drive an address names.
pub(super) fn found(context: &Context<'_>) -> Result<Found, Refusal> {
    let id = context.param(0).plain()?;
    let mut all = context.directory.drives.iter();
    let found = all.find(|(_, drive)| drive.id == id);
    found.map(|(owner, drive)| Found { owner: *owner, drive: drive.clone() }).ok_or_else(no_item)
}

/// The item an address names; the root where it names none.
pub(super) fn named_item(context: &Context<'_>, drive: &Drive) -> Result<Item, Refusal> {
    let id = context.param(1).plain()?;
    drive.item(if id.is_empty() { "root" } else { &id }).cloned().ok_or_else(no_item)
}

fn of_user(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let found = of(context)?;
    told(context, &DRIVE, "drive", "drives/$entity", drive_json(context, &found))
}

fn root_of_user(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let found = of(context)?;
    let root = found.drive.root().cloned().ok_or_else(no_item)?;
    let fragment = format!("users('{}')/drive/root/$entity", found.owner);
    told(context, &ITEM, "driveItem", &fragment, item_json(context, &found, &root))
}

fn children_of_user(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let found = of(context)?;
    let root = found.drive.root().cloned().ok_or_else(no_item)?;
    below(context, &found, &root)
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    allowed(context, READ_FILES)?;
    let found = found(context)?;
    told(context, &DRIVE, "drive", "drives/$entity", drive_json(context, &found))
}

fn item(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    allowed(context, READ_FILES)?;
    let found = found(context)?;
    let item = named_item(context, &found.drive)?;
    let fragment = format!("drives('{}')/items/$entity", found.drive.id);
    told(context, &ITEM, "driveItem", &fragment, item_json(context, &found, &item))
}

fn children(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    allowed(context, READ_FILES)?;
    let found = found(context)?;
    let item = named_item(context, &found.drive)?;
    below(context, &found, &item)
}

fn below(context: &mut Context<'_>, found: &Found, of: &Item) -> Result<Reply, Refusal> {
    let children = found.drive.children(&of.id).map(|item| item_json(context, found, item));
    let value =
        children.map(|item| selection(context, &ITEM, "driveItem", item)).collect::<Result<_, _>>()?;
    Ok(whole(context, &format!("drives('{}')/items('{}')/children", found.drive.id, of.id), value))
}

fn told(
    context: &Context<'_>,
    known: &[&str],
    kind: &str,
    fragment: &str,
    all: Map<String, Value>,
) -> Result<Reply, Refusal> {
    let mut value = selection(context, known, kind, all)?;
    value["@odata.context"] = context.context(fragment);
    Ok(Reply::ok(value))
}

/// What was selected, or everything but what has to be.
fn selection(
    context: &Context<'_>,
    known: &[&str],
    kind: &str,
    mut all: Map<String, Value>,
) -> Result<Value, Refusal> {
    let select = context.query.select.as_deref();
    if let Some(unknown) = select.into_iter().flatten().find(|name| !known.contains(&name.as_str())) {
        return Err(malformed(format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{unknown}' on type 'microsoft.graph.{kind}'."
        )));
    }
    if select.is_none() {
        all.retain(|name, _| !name.eq_ignore_ascii_case(SELECTED));
    }
    Ok(chosen(all, select))
}

fn drive_json(context: &Context<'_>, found: &Found) -> Map<String, Value> {
    let used: i64 = found.drive.items.iter().filter_map(|item| item.size).sum();
    let owner = context.directory.store.truth(found.owner);
    members(json!({
        "id": found.drive.id, "driveType": "business", "name": "OneDrive", "webUrl": format!("{}/Documents", site_url(context, found)),
        "createdDateTime": owner.and_then(|owner| owner.text("createdDateTime")),
        "owner": { "user": owner.map(|owner| identity(owner)) },
        "quota": { "deleted": 0, "remaining": TOTAL - used, "state": "normal", "total": TOTAL, "used": used },
        "sharePointIds": sharepoint_ids(context, found, None),
    }))
}

pub(super) fn identity(user: &Object) -> Value {
    json!({ "id": user.id, "displayName": user.text("displayName"), "email": user.text("mail").or(user.text("userPrincipalName")) })
}

fn item_json(context: &Context<'_>, found: &Found, item: &Item) -> Map<String, Value> {
    let drive = &found.drive;
    let created = context.directory.store.truth(found.owner).and_then(|owner| owner.text("createdDateTime"));
    let mut all = members(json!({
        "id": item.id, "name": item.name, "size": size(drive, item), "webUrl": format!("{}/Documents{}", site_url(context, found), path(drive, item)),
        "createdDateTime": created, "lastModifiedDateTime": created, SELECTED: sharepoint_ids(context, found, Some(item)),
        "parentReference": { "driveId": drive.id, "driveType": "business" },
    }));
    match &item.parent {
        None => drop(all.insert("root".into(), json!({}))),
        Some(parent) => {
            let above = drive.item(parent).map(|parent| path(drive, parent)).unwrap_or_default();
            all["parentReference"]["id"] = json!(parent);
            all["parentReference"]["path"] = json!(format!("/drives/{}/root:{above}", drive.id));
        }
    }
    match item.size {
        Some(_) => all.insert("file".into(), json!({ "mimeType": "application/octet-stream" })),
        None => all.insert("folder".into(), json!({ "childCount": drive.children(&item.id).count() })),
    };
    all
}

fn members(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn size(drive: &Drive, item: &Item) -> i64 {
    item.size.unwrap_or_else(|| drive.children(&item.id).map(|child| size(drive, child)).sum())
}

/// `/Specs/Atlas.docx`; empty for the root.
fn path(drive: &Drive, item: &Item) -> String {
    let names: Vec<&str> =
        drive.upwards(item).filter(|item| item.parent.is_some()).map(|item| item.name.as_str()).collect();
    names.iter().rev().fold(String::new(), |path, name| format!("{path}/{name}"))
}

/// `https://contoso-my.sharepoint.com/personal/lidiah_contoso_com`
fn site_url(context: &Context<'_>, found: &Found) -> String {
    let host = context.directory.initial_domain().split('.').next().unwrap_or_default().to_owned();
    let owner = context.directory.store.truth(found.owner);
    let name = owner.and_then(|owner| owner.text("userPrincipalName")).unwrap_or_default().to_lowercase();
    format!("https://{host}-my.sharepoint.com/personal/{}", name.replace(['@', '.'], "_"))
}

fn sharepoint_ids(context: &Context<'_>, found: &Found, item: Option<&Item>) -> Value {
    let made = |what: &str| named(&format!("{what}/{}", found.drive.id));
    let mut ids = json!({
        "siteId": made("site"), "webId": made("web"), "listId": made("list"), "siteUrl": site_url(context, found),
        "tenantId": context.directory.tenant_id,
    });
    if let Some(item) = item.filter(|item| item.parent.is_some()) {
        ids["listItemUniqueId"] = json!(named(&format!("item/{}", item.id)));
    }
    ids
}
