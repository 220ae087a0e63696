//! Applications, the roles they were granted, and the tokens that carry them.
//!
//! A token is a JSON Web Token with a signature only this tenant can make and check. The roles that count are those in
//! the token, not those in the register: as with the real service, a new grant is felt with the next token.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::ids::named;
use crate::refusal::Refusal;
use crate::state::{Kind, Object};

/// Microsoft Graph's own application id, which is also a valid audience.
pub(crate) const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// Audiences tokens are issued for. Only the first is Microsoft Graph's.
pub(crate) const AUDIENCES: [&str; 5] = [
    "https://graph.microsoft.com",
    "https://outlook.office365.com",
    "https://storage.azure.com",
    "https://management.azure.com",
    crate::vault::auth::AUDIENCE,
];

/// An application registered in the tenant.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) client_id: Uuid,
    pub(crate) object_id: Uuid,
    pub(crate) secret: String,
    pub(crate) identity_header: String,
    pub(crate) roles: Vec<String>,
    pub(crate) directory_roles: Vec<String>,
    /// Roles some allowed call needed.
    pub(crate) used: BTreeSet<String>,
}

/// An application as its registrar sees it: with everything needed to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What it was registered as.
    pub name: String,
    /// Its application id.
    pub client_id: String,
    /// Its secret for the token endpoint.
    pub secret: String,
    /// Its value of `IDENTITY_HEADER` for the managed-identity endpoint.
    pub identity_header: String,
}

/// The id of an application's service principal.
pub(crate) fn object_id(name: &str) -> Uuid {
    named(&format!("app/{name}/object"))
}
/// There is no application and no service principal with this id.
#[derive(Debug, thiserror::Error)]
#[error("there is no application '{0}'")]
pub struct UnknownApplication(pub(crate) String);

impl App {
    fn new(name: &str, roles: &[String], directory_roles: &[String]) -> Self {
        let part = |what: &str| named(&format!("app/{name}/{what}"));
        Self {
            name: name.to_owned(),
            client_id: part("client"),
            object_id: object_id(name),
            secret: format!("{}~{}", name, part("secret").simple()),
            identity_header: part("header").to_string().to_uppercase(),
            roles: roles.to_vec(),
            directory_roles: directory_roles.to_vec(),
            used: BTreeSet::new(),
        }
    }

    /// An application that only the directory knows: without a secret here, and without roles.
    pub(crate) fn of_directory(principal: &Object, client_id: Uuid) -> Self {
        let name = principal.text("displayName").unwrap_or_default();
        Self { client_id, object_id: principal.id, secret: String::new(), ..App::new(name, &[], &[]) }
    }

    /// Its service principal: that of a managed identity.
    pub(crate) fn principal(&self, tenant_id: Uuid) -> Object {
        let mut principal = Object::new(self.object_id, Kind::ServicePrincipal);
        let client_id = self.client_id.to_string();
        let properties = [
            ("accountEnabled", json!(true)),
            ("appDisplayName", json!(self.name)),
            ("appId", json!(client_id)),
            ("appOwnerOrganizationId", json!(tenant_id)),
            ("displayName", json!(self.name)),
            ("servicePrincipalNames", json!([client_id])),
            ("servicePrincipalType", json!("ManagedIdentity")),
        ];
        properties.into_iter().for_each(|(name, value)| principal.properties.set(name, value));
        principal
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            client_id: self.client_id.to_string(),
            secret: self.secret.clone(),
            identity_header: self.identity_header.clone(),
        }
    }
}

/// Who asks, as the token tells it.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) name: String,
    pub(crate) client_id: Uuid,
    /// Of its service principal.
    pub(crate) object_id: Uuid,
    pub(crate) roles: Vec<String>,
    pub(crate) directory_roles: Vec<String>,
    pub(crate) used: BTreeSet<String>,
}

/// All applications that were registered with the control, by name; and those of the directory that signed in.
#[derive(Debug, Default)]
pub(crate) struct Apps {
    registered: BTreeMap<String, App>,
    admitted: BTreeMap<Uuid, App>,
}

impl Apps {
    /// Registers an application, or grants a known one exactly these roles.
    pub(crate) fn register(&mut self, name: &str, roles: &[String], directory_roles: &[String]) -> Identity {
        let app = App::new(name, roles, directory_roles);
        let identity = app.identity();
        self.registered.insert(name.to_owned(), app);
        identity
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &App> {
        self.registered.values()
    }

    pub(crate) fn by_client_id(&self, client_id: &str) -> Option<&App> {
        let client_id = Uuid::try_parse(client_id).ok()?;
        self.all().find(|app| app.client_id == client_id)
    }

    /// Tokens of an application that signed in are good from now on.
    pub(crate) fn admit(&mut self, app: &App) {
        if self.by_client_id(&app.client_id.to_string()).is_none() {
            self.admitted.insert(app.client_id, app.clone());
        }
    }

    fn by_token(&self, client_id: &str) -> Option<&App> {
        let admitted = || Uuid::try_parse(client_id).ok().and_then(|id| self.admitted.get(&id));
        self.by_client_id(client_id).or_else(admitted)
    }

    pub(crate) fn by_header(&self, header: &str) -> Option<&App> {
        self.all().find(|app| app.identity_header == header)
    }

    pub(crate) fn remember_used(&mut self, caller: &Caller) {
        if let Some(app) = self.registered.get_mut(&caller.name) {
            app.used.extend(caller.used.iter().cloned());
        }
    }

    pub(crate) fn forget_used(&mut self) {
        self.registered.values_mut().for_each(|app| app.used.clear());
    }

    /// Who the bearer of an `Authorization` header is, or the refusal Microsoft Graph has for it.
    pub(crate) fn authenticate(&self, header: Option<&str>, now_ms: i64) -> Result<Caller, Refusal> {
        self.bearer(header, now_ms, is_graph).map_err(|why| unauthenticated(why.message()))
    }

    /// Who the bearer of a token for an audience is.
    pub(crate) fn bearer(
        &self,
        header: Option<&str>,
        now_ms: i64,
        is_audience: fn(&str) -> bool,
    ) -> Result<Caller, Denied> {
        let token = header.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default().trim();
        if token.is_empty() {
            return Err(Denied::Empty);
        }
        let claims = verified(token)?;
        if !is_audience(claims["aud"].as_str().unwrap_or_default()) {
            return Err(Denied::Audience);
        }
        if claims["exp"].as_i64().unwrap_or(0) <= now_ms / 1000 {
            return Err(Denied::Expired);
        }
        let app = self.by_token(claims["appid"].as_str().unwrap_or_default());
        app.map(|app| caller(app, &claims)).ok_or(Denied::Unknown)
    }
}

/// Why a token does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    Empty,
    Unreadable,
    Forged,
    Audience,
    Expired,
    /// Of an application that is not registered here.
    Unknown,
    /// Without any role for the audience.
    NoRoles,
}

impl Denied {
    /// How Microsoft Graph says it.
    fn message(self) -> &'static str {
        match self {
            Denied::Empty => "Access token is empty.",
            Denied::Unreadable => "CompactToken parsing failed with error code: 80049217",
            Denied::Forged => "Access token validation failure. Invalid signature.",
            Denied::Audience => "Access token validation failure. Invalid audience.",
            Denied::Expired => "Lifetime validation failed, the token is expired.",
            Denied::Unknown | Denied::NoRoles => "Access token validation failure.",
        }
    }
}

fn caller(app: &App, claims: &Value) -> Caller {
    let roles = claims["roles"].as_array().into_iter().flatten();
    Caller {
        name: app.name.clone(),
        client_id: app.client_id,
        object_id: app.object_id,
        roles: roles.filter_map(Value::as_str).map(str::to_owned).collect(),
        directory_roles: app.directory_roles.clone(),
        used: BTreeSet::new(),
    }
}

/// A signed token for an application.
pub(crate) fn token(app: &App, audience: &str, tenant_id: Uuid, now_ms: i64, lifetime_s: i64) -> String {
    let now = now_ms / 1000;
    let of_audience = |role: &&String| match audience {
        audience if is_graph(audience) => !is_exchange_role(role),
        "https://outlook.office365.com" => is_exchange_role(role),
        _ => false,
    };
    let roles: Vec<&String> = app.roles.iter().filter(of_audience).collect();
    let claims = json!({
        "aud": audience, "iss": format!("https://sts.windows.net/{tenant_id}/"), "tid": tenant_id, "ver": "1.0",
        "appid": app.client_id, "app_displayname": app.name, "idtyp": "app", "oid": app.object_id, "sub": app.object_id,
        "iat": now, "nbf": now, "exp": now + lifetime_s, "roles": roles,
    });
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let signature = signature(&signed);
    format!("{signed}.{signature}")
}

/// The claims of any token, without a look at its signature.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let [_, claims, _] = token.split('.').collect::<Vec<_>>()[..] else { return None };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn verified(token: &str) -> Result<Value, Denied> {
    let claims = claims(token).ok_or(Denied::Unreadable)?;
    let (signed, given) = token.rsplit_once('.').ok_or(Denied::Unreadable)?;
    if given == signature(signed) { Ok(claims) } else { Err(Denied::Forged) }
}

/// Whether a role belongs to "Office 365 Exchange Online" and not to Microsoft Graph.
fn is_exchange_role(role: &str) -> bool {
    role.starts_with("Exchange.")
}

fn signature(signed: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("offline tenant/{signed}")))
}

pub(crate) fn is_graph(audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    audience == AUDIENCES[0] || audience == GRAPH_APP_ID
}

fn unauthenticated(message: &str) -> Refusal {
    let mut refusal = Refusal::new(401, "InvalidAuthenticationToken", message);
    let challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", client_id=\"{GRAPH_APP_ID}\""
    );
    refusal.headers.push(("WWW-Authenticate", challenge));
    refusal
}
