//! Where tokens come from: the token endpoint of Microsoft Entra ID, the identity endpoint of App Service and
//! Functions, and the instance metadata service.
//!
//! An application of the directory proves itself with a credential of its own, which is really checked
//! ([`proof`]); one that was registered with the control also with the secret it was given there. Sources: "How to use
//! managed identities for App Service and Azure Functions" and "OAuth 2.0 client credentials flow on the Microsoft
//! identity platform" (Microsoft Learn); error numbers from "Microsoft Entra authentication and authorization error codes".

mod assertion;
mod managed;
mod proof;
mod refused;

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::auth::{self, App};
use crate::faults::Trouble;
use crate::incoming::Incoming;
use crate::state::propagation::Use;
use crate::state::{Kind, Moment};
use crate::world::World;
pub(crate) use managed::{identity_endpoint, metadata_endpoint};
use proof::{Client, Given, Proven};
use refused::Refused;

const HOUR_S: i64 = 3_600;

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
    match granted(world, incoming, now_ms) {
        Ok((client, proven, audience)) => {
            remember(world, &client.app, proven, &audience, now_ms);
            (200, token(world, &client.app, &audience, now_ms))
        }
        Err(refused) => refused.told(world, now_ms),
    }
}

/// What a fault rule has the token endpoint say.
pub(crate) fn troubled(world: &mut World, trouble: &Trouble, now_ms: i64) -> Told {
    let text = trouble.message.as_deref().unwrap_or("A transient error has occurred. Please try again.");
    let status = trouble.status.unwrap_or(503);
    Refused::new(status, "temporarily_unavailable", 90_033, text).told(world, now_ms)
}

fn token(world: &mut World, app: &App, audience: &str, now_ms: i64) -> Value {
    let lifetime = HOUR_S - 1 + i64::try_from(world.chance.below(1_800)).unwrap_or(0);
    let token = auth::token(app, audience, world.directory.tenant_id, now_ms, lifetime);
    json!({ "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token })
}

/// Notes which credential was used, and that tokens of this application are good.
fn remember(world: &mut World, app: &App, proven: Option<Proven>, audience: &str, now_ms: i64) {
    world.apps.admit(app);
    let Some(Proven { object_id, key_id }) = proven else { return };
    let graph = world.directory.of_app(Kind::ServicePrincipal, auth::GRAPH_APP_ID).map(|graph| graph.id);
    let resource_id = graph.filter(|_| auth::is_graph(audience)).unwrap_or(Uuid::nil());
    let last_sign_in_request_id = world.chance.uuid();
    world.directory.propagation.note_use(Use {
        key_id,
        object_id,
        last_sign_in_date_time: Moment(now_ms),
        last_sign_in_request_id,
        resource_id,
    });
}

/// Who signs in, by which credential of the directory, for which audience.
fn granted(
    world: &World,
    incoming: &Incoming,
    now_ms: i64,
) -> Result<(Client, Option<Proven>, String), Refused> {
    let tenant = incoming.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let form = fields(&String::from_utf8_lossy(&incoming.body));
    let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let needed = |name: &str| {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        field(name).ok_or_else(|| Refused::new(400, "invalid_request", 900_144, text))
    };
    if !is_this_tenant(world, tenant) {
        return Err(no_tenant(tenant));
    }
    if needed("grant_type")? != "client_credentials" {
        let text = "The app requested an unsupported grant type.";
        return Err(Refused::new(400, "unsupported_grant_type", 70_003, text));
    }
    let client = Client::find(world, needed("client_id")?, now_ms)?;
    let given = Given::of(field("client_secret"), field("client_assertion"), field("client_assertion_type"))?;
    let proven = client.prove(&given, &audiences(world, &incoming.root), now_ms)?;
    Ok((client, proven, audience(needed("scope")?)?))
}

fn no_tenant(tenant: &str) -> Refused {
    let text = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
    );
    Refused::new(400, "invalid_request", 90_002, text)
}

/// Whether a tenant, named by its id or by one of its domains, is this one.
pub(crate) fn is_this_tenant(world: &World, tenant: &str) -> bool {
    names(world).any(|name| name == tenant)
}

/// The tenant's id and its domains.
fn names(world: &World) -> impl Iterator<Item = String> {
    let directory = &world.directory;
    let domains = directory.domains.iter().filter(|domain| domain.is_verified);
    std::iter::once(directory.tenant_id.to_string()).chain(domains.map(|domain| domain.id.clone()))
}

/// Whom an assertion may be for: the token endpoint, under Microsoft's name or that of this address.
fn audiences(world: &World, root: &str) -> Vec<String> {
    const PLACES: [&str; 3] = ["oauth2/v2.0/token", "oauth2/token", "v2.0"];
    let roots = ["https://login.microsoftonline.com", root];
    let all = names(world).flat_map(|name| {
        roots.into_iter().flat_map(move |root| {
            let name = name.clone();
            PLACES.into_iter().map(move |place| format!("{root}/{name}/{place}"))
        })
    });
    all.collect()
}

fn audience(scope: &str) -> Result<String, Refused> {
    let Some(resource) = scope.strip_suffix("/.default") else {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(Refused::new(400, "invalid_scope", 1_002_012, text));
    };
    known(resource).ok_or_else(|| {
        let text =
            format!("The resource principal named {resource} was not found in the tenant named Contoso.");
        Refused::new(400, "invalid_resource", 500_011, text)
    })
}

fn known(resource: &str) -> Option<String> {
    let resource = resource.trim_end_matches('/');
    auth::AUDIENCES.into_iter().find(|audience| *audience == resource).map(str::to_owned)
}
