//! Tokens without a secret: the identity endpoint of App Service and Functions, and the instance metadata service.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{HOUR_S, Told, fields, known};
use crate::auth::{self, App};
use crate::incoming::Incoming;
use crate::world::World;

/// `GET /msi/token`, the identity endpoint of App Service and Functions.
pub(crate) fn identity_endpoint(world: &World, incoming: &Incoming, now_ms: i64) -> Told {
    let query = fields(&incoming.query);
    let owner = incoming.header("x-identity-header").and_then(|header| world.apps.by_header(header));
    let Some(owner) = owner else {
        return (401, json!({ "statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong." }));
    };
    if query.get("api-version").map(String::as_str) != Some("2019-08-01") {
        return (400, json!({ "statusCode": 400, "message": "The api-version has to be 2019-08-01." }));
    }
    match chosen(world, &query, Some(owner)).and_then(|app| Some((app, known(query.get("resource")?)?))) {
        Some((app, resource)) => (200, managed(app, &resource, world, now_ms)),
        None => {
            let message = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";
            (400, json!({ "statusCode": 400, "message": message }))
        }
    }
}

/// `GET /metadata/identity/oauth2/token`, the instance metadata service.
pub(crate) fn metadata_endpoint(world: &World, incoming: &Incoming, now_ms: i64) -> Told {
    let query = fields(&incoming.query);
    if incoming.header("metadata") != Some("true") {
        return (
            400,
            json!({ "error": "invalid_request", "error_description": "Required metadata header not specified" }),
        );
    }
    let default = world.apps.all().find(|app| app.name == crate::world::DEFAULT_APP);
    match chosen(world, &query, default).and_then(|app| Some((app, known(query.get("resource")?)?))) {
        Some((app, resource)) => {
            let mut body = managed(app, &resource, world, now_ms);
            body["expires_in"] = json!((24 * HOUR_S).to_string());
            body["ext_expires_in"] = json!((24 * HOUR_S).to_string());
            (200, body)
        }
        None => (400, json!({ "error": "invalid_request", "error_description": "Identity not found" })),
    }
}

fn chosen<'a>(
    world: &'a World,
    query: &BTreeMap<String, String>,
    otherwise: Option<&'a App>,
) -> Option<&'a App> {
    let by_object = |id: &String| world.apps.all().find(|app| app.object_id.to_string() == *id);
    match (query.get("client_id"), query.get("principal_id").or_else(|| query.get("object_id"))) {
        (Some(client_id), None) => world.apps.by_client_id(client_id),
        (None, Some(object_id)) => by_object(object_id),
        (None, None) => otherwise,
        (Some(_), Some(_)) => None,
    }
}

/// Managed identities get tokens for a day; dates are texts of epoch seconds.
fn managed(app: &App, resource: &str, world: &World, now_ms: i64) -> Value {
    let token = auth::token(app, resource, world.directory.tenant_id, now_ms, 24 * HOUR_S);
    let now = now_ms / 1000;
    json!({
        "access_token": token, "expires_on": (now + 24 * HOUR_S).to_string(), "not_before": now.to_string(),
        "resource": resource, "token_type": "Bearer", "client_id": app.client_id,
    })
}
