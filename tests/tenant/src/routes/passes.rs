//! Temporary Access Passes, and the policy about them.
//!
//! Source: "Configure Temporary Access Pass to register passwordless authentication methods" (Microsoft Learn) and the
//! API reference of temporaryAccessPassAuthenticationMethod. A pass is told once and never again.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::members::whole;
use super::{Context, NO_OPTIONS, Reply, Route, access, get, identifier, write};
use crate::clock::{read, written};
use crate::refusal::{Refusal, bad_request, forbidden, malformed, not_found};
use crate::roles::*;
use crate::state::Pass;

pub(super) const ROUTES: &[Route] = &[
    get("/users/{}/authentication/temporaryAccessPassMethods", 1, READ_PASSES, NO_OPTIONS, list_passes),
    get("/users/{}/authentication/temporaryAccessPassMethods/{}", 1, READ_PASSES, NO_OPTIONS, read_pass),
    write("POST", "/users/{}/authentication/temporaryAccessPassMethods", WRITE_PASSES, create_pass),
    write("DELETE", "/users/{}/authentication/temporaryAccessPassMethods/{}", WRITE_PASSES, delete_pass),
    get(POLICY, 1, READ_METHOD_POLICY, NO_OPTIONS, read_policy),
    write("PATCH", POLICY, WRITE_METHOD_POLICY, change_policy),
];

const POLICY: &str =
    "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass";
const MINUTE_MS: i64 = 60_000;
/// Letters and digits that are not mistaken for one another.
const ALPHABET: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";

pub(super) fn pass_json(context: &Context<'_>, pass: &Pass) -> Value {
    let now = context.directory.now_ms;
    let start = read(&pass.start_date_time).unwrap_or(now);
    let reason = if context.directory.pass_policy.state != "enabled" {
        "DisabledByPolicy"
    } else if now < start {
        "NotYetValid"
    } else if now >= start + pass.lifetime_in_minutes * MINUTE_MS {
        "Expired"
    } else {
        "EnabledByPolicy"
    };
    json!({
        "id": pass.id, "temporaryAccessPass": null, "createdDateTime": pass.created_date_time, "startDateTime": pass.start_date_time,
        "lifetimeInMinutes": pass.lifetime_in_minutes, "isUsableOnce": pass.is_usable_once,
        "isUsable": reason == "EnabledByPolicy", "methodUsabilityReason": reason,
    })
}

fn fragment(user: Uuid) -> String {
    format!("users('{user}')/authentication/temporaryAccessPassMethods")
}

fn list_passes(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?.id;
    let passes =
        context.directory.passes.get(&user).map(|pass| pass_json(context, pass)).into_iter().collect();
    Ok(whole(context, &fragment(user), passes))
}

fn read_pass(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (user, _) = the_pass(context)?;
    let mut pass =
        context.directory.passes.get(&user).map(|pass| pass_json(context, pass)).unwrap_or_default();
    pass["@odata.context"] = context.context(&format!("{}/$entity", fragment(user)));
    Ok(Reply::ok(pass))
}

fn delete_pass(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (user, _) = the_pass(context)?;
    access::sensitive(context, user)?;
    context.directory.passes.remove(&user);
    Ok(Reply::no_content())
}

/// The user and the pass an address names.
fn the_pass(context: &Context<'_>) -> Result<(Uuid, Uuid), Refusal> {
    let (user, wanted) = (context.user(0)?.id, context.param(1).plain()?);
    let id = identifier(&wanted)?;
    let pass = context.directory.passes.get(&user).filter(|pass| pass.id == id);
    pass.map(|pass| (user, pass.id)).ok_or_else(|| not_found(wanted))
}

/// What a new pass is to be like, within what the policy allows.
struct Terms {
    start_ms: i64,
    minutes: i64,
    once: bool,
}

fn terms(context: &Context<'_>, body: &Map<String, Value>) -> Result<Terms, Refusal> {
    let policy = &context.directory.pass_policy;
    let wrong = |name: &str, kind: &str| {
        malformed(format!("Cannot convert the literal '{}' to the expected type 'Edm.{kind}'.", body[name]))
    };
    let given = |name: &str| body.get(name).filter(|value| !value.is_null());
    let start = given("startDateTime")
        .map(|value| value.as_str().and_then(read).ok_or_else(|| wrong("startDateTime", "DateTimeOffset")))
        .transpose()?;
    let minutes = given("lifetimeInMinutes")
        .map(|value| value.as_i64().ok_or_else(|| wrong("lifetimeInMinutes", "Int32")))
        .transpose()?;
    let once = given("isUsableOnce")
        .map(|value| value.as_bool().ok_or_else(|| wrong("isUsableOnce", "Boolean")))
        .transpose()?;
    let minutes = minutes.unwrap_or(policy.default_lifetime_in_minutes);
    let (shortest, longest) = (policy.minimum_lifetime_in_minutes, policy.maximum_lifetime_in_minutes);
    if !(shortest..=longest).contains(&minutes) {
        return Err(bad_request(format!(
            "The lifetimeInMinutes of a Temporary Access Pass has to be between {shortest} and {longest}."
        )));
    }
    if policy.is_usable_once && once == Some(false) {
        return Err(bad_request(
            "The Temporary Access Pass policy of the tenant only allows passes that are usable once.",
        ));
    }
    Ok(Terms {
        start_ms: start.unwrap_or(context.directory.now_ms),
        minutes,
        once: once.unwrap_or(policy.is_usable_once),
    })
}

/// Makes a pass and tells it; the one before, if any, is void.
fn create_pass(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.action(&["@odata.type", "startDateTime", "lifetimeInMinutes", "isUsableOnce"])?;
    let user = context.user(0)?;
    if context.directory.pass_policy.state != "enabled" {
        return Err(bad_request(
            "Temporary Access Pass is disabled by the authentication methods policy of the tenant.",
        ));
    }
    if user.text("userType") == Some("Guest") {
        return Err(bad_request("Temporary Access Pass cannot be added to an external guest user."));
    }
    access::sensitive(context, user.id)?;
    let terms = terms(context, &body)?;
    let pass = Pass {
        id: context.directory.chance.uuid(),
        created_date_time: written(context.directory.now_ms),
        start_date_time: written(terms.start_ms),
        lifetime_in_minutes: terms.minutes,
        is_usable_once: terms.once,
    };
    let mut answer = pass_json(context, &pass);
    answer["temporaryAccessPass"] = json!(text(context));
    answer["@odata.context"] = context.context(&format!("{}/$entity", fragment(user.id)));
    let location = format!("{}/v1.0{}/{}", context.asked.root, context.asked.path, pass.id);
    context.directory.passes.insert(user.id, pass);
    Ok(Reply::created(answer, location))
}

fn text(context: &mut Context<'_>) -> String {
    let length = context.directory.pass_policy.default_length.max(8);
    let mut letter = || {
        let at = context.directory.chance.below(ALPHABET.len() as u64) as usize;
        ALPHABET.get(at).copied().map_or('x', char::from)
    };
    (0..length).map(|_| letter()).collect()
}

fn read_policy(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mut policy = json!(context.directory.pass_policy);
    policy["id"] = json!("TemporaryAccessPass");
    policy["@odata.type"] = json!("#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration");
    policy["@odata.context"] = context.context("authenticationMethodConfigurations/$entity");
    policy["includeTargets"] =
        json!([{ "targetType": "group", "id": "all_users", "isRegistrationRequired": false }]);
    Ok(Reply::ok(policy))
}

fn change_policy(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mut policy = json!(context.directory.pass_policy);
    for (name, value) in context.body()?.iter().filter(|(name, _)| *name != "@odata.type" && *name != "id") {
        policy[name] = value.clone();
    }
    let changed = serde_json::from_value(policy)
        .map_err(|error| malformed(format!("The policy cannot be read: {error}.")))?;
    context.directory.pass_policy = changed;
    if matches!(context.directory.pass_policy.state.as_str(), "enabled" | "disabled") {
        Ok(Reply::no_content())
    } else {
        Err(forbidden())
    }
}
