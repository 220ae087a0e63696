//! `/control`: how a test in another process looks into the tenant and sets it up. Not part of Microsoft Graph.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use http::{Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock;
use crate::faults::Fault;
use crate::incoming::Incoming;
use crate::tenant::Tenant;
use crate::vault;

/// What a clock is told: exactly one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    advance_seconds: Option<f64>,
    set: Option<String>,
}

/// An application to register.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewIdentity {
    name: String,
    roles: Vec<String>,
    #[serde(default)]
    directory_roles: Vec<String>,
    /// Azure roles by key vault.
    #[serde(default)]
    vault_roles: BTreeMap<String, Vec<String>>,
    /// Application ids or object ids of what it is to own.
    #[serde(default)]
    owns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    More(Vec<Fault>),
    One(Box<Fault>),
}

/// Answers a request below `/control`.
pub(crate) fn answer(tenant: &Tenant, incoming: &Incoming) -> Response<Body> {
    let result = match (incoming.method.as_str(), incoming.path.trim_end_matches('/')) {
        ("GET", "/control/state") => Ok(tenant.state()),
        ("PUT", "/control/state") => read(incoming).and_then(|state: Value| load(tenant, &state)),
        ("GET", "/control/transcript") => Ok(json!(tenant.transcript())),
        ("DELETE", "/control/transcript") => act(|| tenant.clear_transcript()),
        ("GET", "/control/faults") => Ok(tenant.lock().faults.all().map(|fault| json!(fault)).collect()),
        ("POST", "/control/faults") => read(incoming).map(|faults| add(tenant, faults)),
        ("DELETE", "/control/faults") => act(|| tenant.clear_faults()),
        ("GET", "/control/clock") => Ok(json!({ "now": tenant.now() })),
        ("POST", "/control/clock") => {
            read(incoming).and_then(|change: ClockChange| move_clock(tenant, &change))
        }
        ("POST", "/control/reset") => act(|| tenant.reset()),
        ("GET", "/control/hooks") => Ok(json!(tenant.told())),
        ("DELETE", "/control/hooks") => act(|| tenant.clear_told()),
        ("GET", "/control/identities") => Ok(identities(tenant)),
        ("POST", "/control/identities") => {
            read(incoming).and_then(|new: NewIdentity| register(tenant, incoming, &new))
        }
        (method, path) => Err(format!("The control knows no {method} {path}.")),
    };
    match result {
        Ok(body) => told(StatusCode::OK, &body),
        Err(why) => told(StatusCode::BAD_REQUEST, &json!({ "error": why })),
    }
}

fn told(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

fn read<T: serde::de::DeserializeOwned>(incoming: &Incoming) -> Result<T, String> {
    serde_json::from_slice(&incoming.body).map_err(|error| format!("The body cannot be read: {error}."))
}

fn act(action: impl FnOnce()) -> Result<Value, String> {
    action();
    Ok(json!({ "done": true }))
}

fn load(tenant: &Tenant, state: &Value) -> Result<Value, String> {
    tenant.load(state).map_err(|error| error.to_string())?;
    Ok(json!({ "done": true }))
}

fn add(tenant: &Tenant, faults: OneOrMore) -> Value {
    match faults {
        OneOrMore::One(fault) => tenant.fault(*fault),
        OneOrMore::More(faults) => faults.into_iter().for_each(|fault| tenant.fault(fault)),
    }
    json!({ "done": true })
}

fn move_clock(tenant: &Tenant, change: &ClockChange) -> Result<Value, String> {
    match (change.advance_seconds, change.set.as_deref().map(clock::read)) {
        (Some(seconds), None) => match Duration::try_from_secs_f64(seconds) {
            Ok(by) => tenant.advance(by),
            Err(error) => return Err(format!("'advance_seconds': {error}.")),
        },
        (None, Some(Some(to_ms))) => tenant.set_clock(to_ms),
        _ => {
            return Err(
                "The clock needs either 'advance_seconds' or 'set', a date such as 2026-03-02T08:00:00Z."
                    .to_owned(),
            );
        }
    }
    Ok(json!({ "now": tenant.now() }))
}

fn identities(tenant: &Tenant) -> Value {
    let world = tenant.lock();
    let told = world.apps.all().map(|app| {
        json!({ "name": app.name, "clientId": app.client_id, "objectId": app.object_id, "granted": app.roles, "directoryRoles": app.directory_roles, "vaultRoles": world.directory.vaults.granted(app.object_id), "used": app.used })
    });
    told.collect()
}

fn register(tenant: &Tenant, incoming: &Incoming, new: &NewIdentity) -> Result<Value, String> {
    if let Some(role) = new.vault_roles.values().flatten().find(|role| !vault::auth::is_role(role)) {
        return Err(format!("There is no role '{role}' on key vaults, such as Key Vault Secrets User."));
    }
    let identity = tenant.lock().register(&new.name, &new.roles, &new.directory_roles);
    for (vault, roles) in &new.vault_roles {
        tenant.grant_vault(&identity, vault, &roles.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let owns: Vec<&str> = new.owns.iter().map(String::as_str).collect();
    tenant.own(&identity, &owns).map_err(|error| error.to_string())?;
    Ok(json!({
        "clientId": identity.client_id, "clientSecret": identity.secret,
        "env": tenant.environment(&incoming.root, &identity),
    }))
}
