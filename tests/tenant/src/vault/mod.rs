//! Azure Key Vault: certificates that sign themselves, the keys that go with them, and secrets.
//!
//! ```text
//! Host: contoso-keys.vault.azure.net
//! POST /certificates/payroll/create?api-version=2025-07-01      {"policy": {"x509_props": {"subject": "CN=payroll"}}}
//! GET  /certificates/payroll/pending?api-version=2025-07-01     until it is completed
//! POST /keys/payroll/{version}/sign?api-version=2025-07-01      {"alg": "PS256", "value": "{digest}"}
//! ```
//!
//! A vault is found by the name the caller gives in `Host`, whatever the address. Not here: keys and certificates from
//! elsewhere, other issuers than `Self`, elliptic curves, encryption, backups, contacts, and everything that Azure Resource
//! Manager does to vaults.

pub(crate) mod auth;
mod certificates;
mod deleted;
mod keys;
mod making;
mod material;
mod objects;
mod pages;
mod policy;
mod refusal;
mod routes;
mod secrets;
pub(crate) mod state;
mod x509;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::faults::{Drop, Trouble};
use crate::graph::Done;
use crate::ids::Chance;
use crate::incoming::Incoming;
use crate::login::fields;
use crate::routes::Content;
use crate::world::World;
use auth::Asker;
use refusal::{Refusal, bad, invalid_name, unknown};
use routes::Found;
use state::{Vault, Vaults};

const SUFFIX: &str = ".vault.azure.net";
const JSON: &str = "application/json; charset=utf-8";
const VERSIONS: [&str; 9] = ["2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01"];

/// What became of a request.
pub(crate) struct Outcome {
    pub(crate) done: Done,
    pub(crate) app: Option<String>,
}

/// The vault a request is for, by the name its caller has for us.
pub(crate) fn meant(incoming: &Incoming) -> Option<String> {
    let host = incoming.root.rsplit("://").next()?.split(':').next()?.to_ascii_lowercase();
    host.strip_suffix(SUFFIX).filter(|name| !name.contains('.')).map(str::to_owned)
}

/// What goes back but for what every answer has.
#[derive(Debug)]
struct Reply {
    status: u16,
    body: Option<Value>,
    headers: Vec<(String, String)>,
}

impl Reply {
    fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), headers: Vec::new() }
    }
}

type Told = Result<Reply, Refusal>;

/// A request that may go ahead.
struct Context<'a> {
    vaults: &'a mut Vaults,
    chance: &'a mut Chance,
    /// The vault's name, in small letters.
    vault: String,
    name: String,
    version: Option<String>,
    query: BTreeMap<String, String>,
    body: Value,
    now_ms: i64,
}

impl Context<'_> {
    fn vault(&self) -> Result<&Vault, Refusal> {
        self.vaults.all.get(&self.vault).ok_or_else(|| unknown(format_args!("a vault named {}", self.vault)))
    }

    fn vault_mut(&mut self) -> Result<&mut Vault, Refusal> {
        let missing = unknown(format_args!("a vault named {}", self.vault));
        self.vaults.all.get_mut(&self.vault).ok_or(missing)
    }

    /// The address of something in the vault, such as `certificates/payroll`.
    fn id(&self, path: &str) -> String {
        format!("https://{}{SUFFIX}/{path}", self.vault)
    }

    /// Whatever has no name of its own.
    fn new_id(&mut self) -> String {
        self.chance.uuid().simple().to_string()
    }

    /// A version that nothing of this name has, whatever state it came with.
    fn new_version(&mut self) -> Result<String, Refusal> {
        loop {
            let (version, vault) = (self.new_id(), self.vault()?);
            let of_certificate =
                vault.certificates.get(&self.name).and_then(|each| each.version(Some(&version)));
            let of_secret = vault.secrets.get(&self.name).and_then(|each| each.version(Some(&version)));
            if of_certificate.is_none() && of_secret.is_none() {
                return Ok(version);
            }
        }
    }
}

/// Answers a request for a vault.
pub(crate) fn answer(world: &mut World, incoming: &Incoming, vault: &str, now_ms: i64) -> Outcome {
    world.requests += 1;
    if world.directory.vaults.all.get(vault).is_none() {
        // A vault's name is a name in DNS: where there is none, there is nobody to talk to.
        let done = Done { dropped: true, ..done(0, None, Vec::new()) };
        return Outcome { done, app: None };
    }
    let asker = match auth::authenticate(world, incoming.header("authorization"), now_ms) {
        Ok(asker) => asker,
        Err(refusal) => {
            return Outcome { done: finished(world, incoming, Err(refusal), false), app: None };
        }
    };
    let trouble = trouble(world, incoming, vault).unwrap_or_default();
    let (told, writes) = match trouble.prevents() {
        true => (Err(invented(&trouble)), false),
        false => admitted(world, incoming, vault, &asker, now_ms),
    };
    let done = met(trouble, finished(world, incoming, told, writes));
    Outcome { done, app: Some(asker.caller.name) }
}

/// The trouble a request is in. Rules name it by its address without the query.
fn trouble(world: &mut World, incoming: &Incoming, vault: &str) -> Option<Trouble> {
    let address = format!("https://{vault}{SUFFIX}{}", incoming.path);
    world.faults.strike(&incoming.method, &address, &String::from_utf8_lossy(&incoming.body))
}

fn invented(trouble: &Trouble) -> Refusal {
    let status = trouble.status.unwrap_or(503);
    let refusal = refusal::invented(status, trouble.code.as_deref(), trouble.message.as_deref());
    match &trouble.retry_after {
        Some(wait) => refusal.with("Retry-After", wait),
        None => refusal,
    }
}

fn met(trouble: Trouble, mut done: Done) -> Done {
    done.delay_ms = trouble.delay_ms.unwrap_or(0);
    done.dropped = trouble.drop.is_some();
    done.wrote &= trouble.drop != Some(Drop::Before);
    if let Some(text) = trouble.plain_text {
        done.headers.retain(|(name, _)| name != "content-type");
        done.content = Content::Text(text);
    }
    done
}

/// What a known caller is told, and whether that changed anything.
fn admitted(world: &mut World, incoming: &Incoming, vault: &str, asker: &Asker, now_ms: i64) -> (Told, bool) {
    match prepared(world, incoming, vault, asker, now_ms) {
        Ok((found, query, body)) => {
            let directory = &mut world.directory;
            let mut context = Context {
                vaults: &mut directory.vaults,
                chance: &mut directory.chance,
                vault: vault.to_owned(),
                name: found.name,
                version: found.version,
                query,
                body,
                now_ms,
            };
            let told = (found.route.run)(&mut context);
            let wrote = told.is_ok() && found.route.writes();
            (told, wrote)
        }
        Err(refusal) => (Err(refusal), false),
    }
}

type Prepared = (Found, BTreeMap<String, String>, Value);

fn prepared(
    world: &mut World,
    incoming: &Incoming,
    vault: &str,
    asker: &Asker,
    now_ms: i64,
) -> Result<Prepared, Refusal> {
    let query = fields(&incoming.query);
    check_version(query.get("api-version").map(String::as_str))?;
    let found = routes::find(&incoming.method, &incoming.path)?;
    check_name(&found.name)?;
    allow(world, &found, vault, asker)?;
    let weight = found.route.weight(&world.directory.vaults, vault, &found.name);
    world.throttle.charge_vault(vault, weight, now_ms).map_err(|wait| later(world, wait))?;
    let body = read(&incoming.body, found.route.reads)?;
    Ok((found, query, body))
}

fn check_version(version: Option<&str>) -> Result<(), Refusal> {
    match version {
        None | Some("") => Err(bad("api-version must be specified")),
        Some(known) if VERSIONS.contains(&known) => Ok(()),
        Some(other) => Err(bad(format!(
            "The specified version ({other}) is not recognized. Consider using the latest supported version (2025-07-01)."
        ))),
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let is_sound = name.len() <= 127 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_sound { Ok(()) } else { Err(invalid_name(name)) }
}

fn allow(world: &mut World, found: &Found, vault: &str, asker: &Asker) -> Result<(), Refusal> {
    let tenant = world.directory.tenant_id;
    let roles = world.directory.vaults.all.get(vault).map(|vault| vault.roles.as_slice()).unwrap_or_default();
    let Some(role) = auth::role_for(roles, asker.principal, found.route.action) else {
        return Err(auth::forbidden(asker, tenant, vault, &found.below(), found.route.action));
    };
    let mut caller = asker.caller.clone();
    caller.used.insert(role.to_owned());
    world.apps.remember_used(&caller);
    Ok(())
}

/// Told to wait: every other time it is said for how long, since not every part of the service says so.
fn later(world: &mut World, wait_ms: f64) -> Refusal {
    let refusal = refusal::throttled();
    let seconds = (wait_ms / 1_000.0).ceil().max(1.0);
    if world.requests.is_multiple_of(2) { refusal.with("Retry-After", seconds.to_string()) } else { refusal }
}

fn read(body: &[u8], is_needed: bool) -> Result<Value, Refusal> {
    let read = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    match read {
        Some(body) => Ok(body),
        None if !is_needed => Ok(Value::Null),
        None => Err(bad("Property  has invalid value\r\n")),
    }
}

fn finished(world: &mut World, incoming: &Incoming, told: Told, writes: bool) -> Done {
    let mut headers = vec![
        ("x-ms-keyvault-region".to_owned(), "westeurope".to_owned()),
        ("x-ms-request-id".to_owned(), world.chance.uuid().to_string()),
    ];
    let id = incoming.header("x-ms-client-request-id");
    headers.extend(id.map(|id| ("x-ms-client-request-id".to_owned(), id.to_owned())));
    match told {
        Ok(reply) => {
            headers.extend(reply.headers);
            Done { wrote: writes, ..done(reply.status, reply.body, headers) }
        }
        Err(refusal) => {
            headers.extend(refusal.headers.iter().cloned());
            let done = done(refusal.status, Some(refusal.body()), headers);
            Done { code: Some(refusal.inner.map_or(refusal.code, str::to_owned)), ..done }
        }
    }
}

fn done(status: u16, body: Option<Value>, mut headers: Vec<(String, String)>) -> Done {
    let content = match body {
        Some(body) => {
            headers.push(("content-type".to_owned(), JSON.to_owned()));
            Content::Json(body)
        }
        None => Content::None,
    };
    Done { status, code: None, headers, content, cost: 0, wrote: false, delay_ms: 0, dropped: false }
}

/// A body fit to be kept: nothing called a value is, be it a secret or a digest.
pub(crate) fn masked(body: &Value) -> Value {
    let mut masked = body.clone();
    for name in ["value", "pwd"] {
        if let Some(value) = masked.get_mut(name) {
            *value = json!("***");
        }
    }
    masked
}
