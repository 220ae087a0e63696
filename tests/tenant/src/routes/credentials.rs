//! What is changed about applications and service principals: their certificates, their secrets, and simple properties.
//!
//! An application may change those it owns, which is why no permission stands in the table: it depends on the object.
//! Sources: "Update application", "application: addPassword", "application: removePassword", the same of service principals
//! (API reference), "tenantAppManagementPolicy resource type"; words of refusals from public issues and clients.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::applications::named;
use super::{Context, Reply, Route, SHORT, body, get, keys, write};
use crate::clock;
use crate::refusal::{Refusal, bad_request, malformed, value_required};
use crate::roles::*;
use crate::schema::KEYS;
use crate::state::credential::{Secret, hashed};
use crate::state::{Kind, Link, Moment, Object};

pub(super) const ROUTES: &[Route] = &[
    write("PATCH", "/applications/{}", NOTHING, change),
    write("POST", "/applications/{}/addPassword", NOTHING, add_password),
    write("POST", "/applications/{}/removePassword", NOTHING, remove_password),
    write("POST", "/applications/{}/addKey", NOTHING, keys::add),
    write("POST", "/applications/{}/removeKey", NOTHING, keys::remove),
    write("PATCH", "/servicePrincipals/{}", NOTHING, change),
    write("POST", "/servicePrincipals/{}/addPassword", NOTHING, add_password),
    write("POST", "/servicePrincipals/{}/removePassword", NOTHING, remove_password),
    write("POST", "/servicePrincipals/{}/addKey", NOTHING, keys::add),
    write("POST", "/servicePrincipals/{}/removeKey", NOTHING, keys::remove),
    get("/policies/defaultAppManagementPolicy", 1, READ_APP_POLICY, SHORT, policy),
];

/// How long a secret is good unless something else is said.
const YEARS: i64 = 2;

/// The object an address names, to change, if the caller may.
fn writable(context: &mut Context<'_>) -> Result<Object, Refusal> {
    let seen = named(context)?;
    let need = if is_owned(context, &seen) { WRITE_OWNED_APPLICATIONS } else { WRITE_APPLICATIONS };
    context.require(need)?;
    context.edit(seen.id)
}

/// The same for keys that an application changes with those it has: of its own it takes no permission.
pub(super) fn own_or_writable(context: &mut Context<'_>) -> Result<Object, Refusal> {
    let seen = named(context)?;
    if seen.text("appId") == Some(context.caller.client_id.to_string().as_str()) {
        return context.edit(seen.id);
    }
    writable(context)
}

/// Whether the caller owns the object or, of a service principal, its application.
fn is_owned(context: &Context<'_>, object: &Object) -> bool {
    let directory = &context.directory;
    let application = directory.of_app(Kind::Application, object.text("appId").unwrap_or_default());
    let application = application.filter(|_| object.kind == Kind::ServicePrincipal).map(|above| above.id);
    let owns = |id| directory.links.holds(Link::Owner, id, context.caller.object_id);
    owns(object.id) || application.is_some_and(owns)
}

/// Refuses a change of credentials that comes too soon after the one before.
pub(super) fn settled(context: &mut Context<'_>, id: Uuid) -> Result<(), Refusal> {
    let now_ms = context.directory.now_ms;
    if !context.directory.propagation.collides(id, now_ms) {
        return Ok(());
    }
    let message =
        "A conflicting object with one or more of the specified property values is present in the directory.";
    Err(Refusal::new(409, "Directory_ConcurrencyViolation", message))
}

fn change(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mut object = writable(context)?;
    let body = context.body()?.clone();
    if body.contains_key("passwordCredentials") {
        return Err(bad_request("New password credentials must be generated with service actions."));
    }
    let wanted = body::properties(&body, object.kind.schema(), &[])?;
    let mut credentials = object.credentials.clone();
    for (name, value) in wanted {
        match name {
            KEYS => credentials.keys = keys::replaced(context, &object, &value)?,
            name => object.properties.set(name, value),
        }
    }
    if body.contains_key(KEYS) {
        settled(context, object.id)?;
    }
    context.directory.set_credentials(object, credentials);
    Ok(Reply::no_content())
}

fn add_password(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let object = writable(context)?;
    let body = context.action(&["passwordCredential"])?;
    let wanted = body.get("passwordCredential").and_then(Value::as_object).cloned().unwrap_or_default();
    let text = secret_text(context);
    let secret = new_secret(context, &wanted, &text)?;
    settled(context, object.id)?;
    let mut told = secret.told();
    told["secretText"] = json!(text);
    told["@odata.context"] = context.context("microsoft.graph.passwordCredential");
    let mut credentials = object.credentials.clone();
    credentials.secrets.push(secret);
    context.directory.set_credentials(object, credentials);
    Ok(Reply::ok(told))
}

/// A secret as it was wished for, if it may be.
fn new_secret(context: &mut Context<'_>, wanted: &Map<String, Value>, text: &str) -> Result<Secret, Refusal> {
    const MEMBERS: [&str; 7] =
        ["customKeyIdentifier", "displayName", "endDateTime", "hint", "keyId", "secretText", "startDateTime"];
    if let Some(name) = wanted.keys().find(|name| !name.starts_with('@') && !MEMBERS.contains(&name.as_str()))
    {
        return Err(malformed(format!(
            "The property '{name}' does not exist on type 'microsoft.graph.passwordCredential'. Make sure to only use property names that are defined by the type."
        )));
    }
    let start_ms = date(wanted, "startDateTime")?.unwrap_or(context.directory.now_ms);
    let end_ms = date(wanted, "endDateTime")?.unwrap_or_else(|| years_after(start_ms));
    if end_ms <= start_ms || end_ms <= context.directory.now_ms {
        return Err(Refusal::new(
            400,
            "PasswordCredentialsInvalidEndDate",
            "Password credential end date is invalid.",
        ));
    }
    context.directory.app_policy.allows_secret(start_ms, end_ms)?;
    Ok(Secret {
        key_id: context.directory.chance.uuid(),
        display_name: wanted.get("displayName").and_then(Value::as_str).map(Into::into),
        start_date_time: Moment(start_ms),
        end_date_time: Moment(end_ms),
        hint: Some(text.chars().take(3).collect::<String>().into()),
        digest: Some(hashed(text).into()),
    })
}

/// A member that is a date, to the second.
pub(super) fn date(members: &Map<String, Value>, name: &str) -> Result<Option<i64>, Refusal> {
    let given = members.get(name).filter(|value| !value.is_null());
    let read = |value: &Value| value.as_str().and_then(clock::read).map(|ms| ms - ms.rem_euclid(1_000));
    let wrong = |value: &Value| {
        malformed(format!("Cannot convert the literal '{value}' to the expected type 'Edm.DateTimeOffset'."))
    };
    given.map(|value| read(value).ok_or_else(|| wrong(value))).transpose()
}

fn years_after(ms: i64) -> i64 {
    let start = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(TimeZone::UTC);
    let end = start.checked_add(Span::new().years(YEARS));
    end.map_or(ms, |end| end.timestamp().as_millisecond())
}

/// Forty characters that look like the service's own.
fn secret_text(context: &mut Context<'_>) -> String {
    let chance = &mut context.directory.chance;
    let bytes = [chance.uuid().into_bytes(), chance.uuid().into_bytes()].concat();
    let text = URL_SAFE_NO_PAD.encode(bytes);
    format!("{}8Q~{}", &text[..3], &text[3..37])
}

fn remove_password(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let seen = named(context)?;
    let object = writable(context)?;
    let key_id = key_id(&context.action(&["keyId"])?)?;
    let has = |object: &Object| object.credentials.secrets.iter().any(|secret| secret.key_id == key_id);
    // A replica that has not heard of it says the same as one that has heard of its end.
    if !has(&seen) || !has(&object) {
        return Err(bad_request(format!("No password credential found with keyId {key_id}.")));
    }
    settled(context, object.id)?;
    let mut credentials = object.credentials.clone();
    credentials.secrets.retain(|secret| secret.key_id != key_id);
    context.directory.set_credentials(object, credentials);
    Ok(Reply::no_content())
}

pub(super) fn key_id(body: &Map<String, Value>) -> Result<Uuid, Refusal> {
    let given = body.get("keyId").ok_or_else(|| value_required("keyId", "PasswordCredential"))?;
    let read = given.as_str().and_then(|text| Uuid::try_parse(text).ok());
    read.ok_or_else(|| {
        malformed(format!("Cannot convert the literal '{given}' to the expected type 'Edm.Guid'."))
    })
}

/// What the organisation allows, in part.
fn policy(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mut told = json!(context.directory.app_policy);
    told["@odata.context"] = context.context("policies/defaultAppManagementPolicy/$entity");
    told["id"] = json!(Uuid::nil());
    told["displayName"] = json!("Default app management tenant policy");
    Ok(Reply::ok(told))
}
