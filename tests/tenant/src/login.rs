//! Where tokens come from: the token endpoint of Microsoft Entra ID, the identity endpoint of App Service and
//! Functions, and the instance metadata service.
//!
//! Sources: "How to use managed identities for App Service and Azure Functions" and "OAuth 2.0 client credentials flow
//! on the Microsoft identity platform" (Microsoft Learn); error numbers from the troubleshooting guide of Azure Identity.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::auth::{self, App};
use crate::clock::written;
use crate::incoming::Incoming;
use crate::world::World;

const HOUR_S: i64 = 3_600;
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Status and body of a token answer.
pub(crate) type Told = (u16, Value);

/// The fields of a form or a query.
pub(crate) fn fields(text: &str) -> BTreeMap<String, String> {
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

/// `POST /{tenant}/oauth2/v2.0/token`
pub(crate) fn token_endpoint(world: &mut World, incoming: &Incoming, now_ms: i64) -> Told {
    let tenant = incoming.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let form = fields(&String::from_utf8_lossy(&incoming.body));
    match granted(world, tenant, &form, now_ms) {
        Ok((app, audience)) => {
            let lifetime = HOUR_S - 1 + i64::try_from(world.chance.below(1_800)).unwrap_or(0);
            let token = auth::token(&app, &audience, world.directory.tenant_id, now_ms, lifetime);
            (
                200,
                json!({ "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token }),
            )
        }
        Err(refused) => refused.told(world, now_ms),
    }
}

/// A refusal of the token endpoint.
struct Refused {
    status: u16,
    error: &'static str,
    number: u32,
    text: String,
}

impl Refused {
    fn told(self, world: &mut World, now_ms: i64) -> Told {
        let (trace, correlation) = (world.chance.uuid(), world.chance.uuid());
        let timestamp = written(now_ms).replace('T', " ");
        let description = format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
            self.number, self.text
        );
        let body = json!({
            "error": self.error, "error_description": description, "error_codes": [self.number], "timestamp": timestamp,
            "trace_id": trace, "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.number),
        });
        (self.status, body)
    }
}

fn refused(status: u16, error: &'static str, number: u32, text: impl Into<String>) -> Refused {
    Refused { status, error, number, text: text.into() }
}

fn granted(
    world: &World,
    tenant: &str,
    form: &BTreeMap<String, String>,
    now_ms: i64,
) -> Result<(App, String), Refused> {
    let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let needed = |name: &str| {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        field(name).ok_or_else(|| refused(400, "invalid_request", 900_144, text))
    };
    if !is_this_tenant(world, tenant) {
        return Err(refused(400, "invalid_request", 90_002, format!("Tenant '{tenant}' not found.")));
    }
    if needed("grant_type")? != "client_credentials" {
        return Err(refused(
            400,
            "unsupported_grant_type",
            70_003,
            "The app requested an unsupported grant type.",
        ));
    }
    let client_id = needed("client_id")?;
    let unknown = || {
        let text =
            format!("Application with identifier '{client_id}' was not found in the directory 'Contoso'.");
        refused(400, "unauthorized_client", 700_016, text)
    };
    let app = world.apps.by_client_id(client_id).ok_or_else(unknown)?;
    proven(
        app,
        field("client_secret"),
        field("client_assertion").zip(field("client_assertion_type")),
        now_ms,
    )?;
    Ok((app.clone(), audience(needed("scope")?)?))
}

/// Whether a tenant, named by its id or by one of its domains, is this one.
pub(crate) fn is_this_tenant(world: &World, tenant: &str) -> bool {
    let directory = &world.directory;
    tenant == directory.tenant_id.to_string()
        || directory.domains.iter().any(|domain| domain.is_verified && domain.id == tenant)
}

/// Checks the secret, or the shape and claims of an assertion: its signature is not checked.
fn proven(
    app: &App,
    secret: Option<&str>,
    assertion: Option<(&str, &str)>,
    now_ms: i64,
) -> Result<(), Refused> {
    match (secret, assertion) {
        (Some(secret), _) if secret == app.secret => Ok(()),
        (Some(_), _) => {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.",
                app.client_id
            );
            Err(refused(401, "invalid_client", 7_000_215, text))
        }
        (None, Some((assertion, kind))) if kind == ASSERTION_TYPE && is_sound(app, assertion, now_ms) => {
            Ok(())
        }
        (None, Some(_)) => {
            let text = "Client assertion failed signature validation or contains invalid claims.";
            Err(refused(401, "invalid_client", 700_027, text))
        }
        (None, None) => {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            Err(refused(401, "invalid_client", 7_000_218, text))
        }
    }
}

/// Signed by the application itself (issuer and subject are its id), or handed out by a federated issuer.
fn is_sound(app: &App, assertion: &str, now_ms: i64) -> bool {
    let Some(claims) = auth::claims(assertion) else { return false };
    let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    let id = app.client_id.to_string();
    let own = text("iss") == id && text("sub") == id && text("aud").ends_with("/oauth2/v2.0/token");
    let federated =
        text("aud") == "api://AzureADTokenExchange" && !text("iss").is_empty() && !text("sub").is_empty();
    (own || federated) && claims["exp"].as_i64().unwrap_or(0) > now_ms / 1000
}

fn audience(scope: &str) -> Result<String, Refused> {
    let Some(resource) = scope.strip_suffix("/.default") else {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(refused(400, "invalid_scope", 1_002_012, text));
    };
    known(resource).ok_or_else(|| {
        let text =
            format!("The resource principal named {resource} was not found in the tenant named Contoso.");
        refused(400, "invalid_resource", 500_011, text)
    })
}

fn known(resource: &str) -> Option<String> {
    let resource = resource.trim_end_matches('/');
    auth::AUDIENCES.into_iter().find(|audience| *audience == resource).map(str::to_owned)
}

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
