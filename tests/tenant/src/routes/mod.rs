//! The addresses the tenant knows, one table per subject, and what they share.
//!
//! A route says what it costs, which permission it takes and which query options it supports; the function behind it
//! only reads and changes the directory. An address in no table is answered 501, so that a gap shows.

mod access;
mod address;
mod applications;
mod assignments;
mod body;
pub(crate) mod countries;
mod credential_uses;
mod credentials;
mod deleted;
mod delta;
mod devices;
mod directory;
mod drives;
mod federated;
mod grants;
mod groups;
mod keys;
mod licences;
mod list;
mod mail;
mod mailboxes;
mod members;
mod message_rules;
mod methods;
mod opaque;
mod organization;
mod passes;
mod relations;
pub(crate) mod render;
pub(crate) mod rules;
mod sharing;
mod teams;
pub(crate) mod unique;
mod users;

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::auth::Caller;
use crate::graph::{Asked, Version};
use crate::lag::View;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_identifier, malformed, not_found, unknown_here, wrong_method};
use crate::roles::{self, Need};
use crate::state::{Directory, Field, Kind, Object};
pub(crate) use address::Param;

/// What a route does.
pub(crate) type Handler = fn(&mut Context<'_>) -> Result<Reply, Refusal>;

/// Options of a collection of directory objects.
pub(crate) const LIST: &[&str] =
    &["$select", "$filter", "$top", "$count", "$orderby", "$search", "$expand", "$skiptoken"];
/// Options of a collection that is never paged nor filtered.
pub(crate) const SHORT: &[&str] = &["$select"];
/// Options of one object.
pub(crate) const ONE: &[&str] = &["$select", "$expand"];
pub(crate) const COUNT: &[&str] = &["$filter", "$search"];
pub(crate) const NO_OPTIONS: &[&str] = &[];

/// One address.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// Segments below the version; `{}` stands for anything, `{cast}` for a type name.
    path: &'static str,
    pub(crate) cost: u32,
    pub(crate) select_saves: u32,
    pub(crate) writes: bool,
    pub(crate) need: Need,
    pub(crate) options: &'static [&'static str],
    pub(crate) run: Handler,
}

const fn get(
    path: &'static str,
    cost: u32,
    need: Need,
    options: &'static [&'static str],
    run: Handler,
) -> Route {
    Route { method: "GET", path, cost, select_saves: 1, writes: false, need, options, run }
}

/// A POST that only asks.
const fn ask(path: &'static str, cost: u32, need: Need, run: Handler) -> Route {
    Route { method: "POST", path, cost, select_saves: 3, writes: false, need, options: SHORT, run }
}

const fn write(method: &'static str, path: &'static str, need: Need, run: Handler) -> Route {
    Route { method, path, cost: 1, select_saves: 0, writes: true, need, options: NO_OPTIONS, run }
}

/// A route and what stood in the place of its braces.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) route: &'static Route,
    pub(crate) params: Vec<Param>,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    None,
    Json(Value),
    Text(String),
}

/// A good answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content: Content,
    pub(crate) location: Option<String>,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Reply {
        Reply { status: 200, content: Content::Json(body), location: None }
    }

    pub(crate) fn no_content() -> Reply {
        Reply { status: 204, content: Content::None, location: None }
    }

    pub(crate) fn created(body: Value, location: String) -> Reply {
        Reply { status: 201, content: Content::Json(body), location: Some(location) }
    }
}

/// What is known of the beta version.
const BETA: &[Route] = credential_uses::ROUTES;

fn tables() -> impl Iterator<Item = &'static Route> {
    let tables: &[&'static [Route]] = &[
        users::ROUTES,
        delta::ROUTES,
        relations::ROUTES,
        licences::ROUTES,
        groups::ROUTES,
        members::ROUTES,
        passes::ROUTES,
        methods::ROUTES,
        devices::ROUTES,
        assignments::ROUTES,
        applications::ROUTES,
        credentials::ROUTES,
        federated::ROUTES,
        mail::ROUTES,
        grants::ROUTES,
        drives::ROUTES,
        sharing::ROUTES,
        teams::ROUTES,
        mailboxes::ROUTES,
        message_rules::ROUTES,
        organization::ROUTES,
        directory::ROUTES,
        deleted::ROUTES,
    ];
    tables.iter().copied().flatten()
}

/// The route for an address.
pub(crate) fn find(version: Version, method: &str, path: &str) -> Result<Found, Refusal> {
    let segments = address::segments(path)?;
    let routes: Box<dyn Iterator<Item = &'static Route>> = match version {
        Version::V1 => Box::new(tables()),
        Version::Beta => Box::new(BETA.iter()),
    };
    let fitting: Vec<Found> = routes
        .filter_map(|route| address::fit(route.path, &segments).map(|params| Found { route, params }))
        .collect();
    if fitting.is_empty() {
        return Err(unknown_here(format!("{method} {path}")));
    }
    fitting.into_iter().find(|found| found.route.method == method).ok_or_else(wrong_method)
}

/// All a route needs: the directory, who asks, what for, and from where they look.
pub(crate) struct Context<'a> {
    pub(crate) directory: &'a mut Directory,
    pub(crate) caller: &'a mut Caller,
    pub(crate) asked: &'a Asked,
    pub(crate) query: Query,
    pub(crate) view: View,
    /// The header and the option that advanced queries need were both given.
    pub(crate) advanced: bool,
    pub(crate) params: &'a [Param],
}

impl Context<'_> {
    /// Takes one of these ways of being allowed, or refuses.
    pub(crate) fn require(&mut self, need: Need) -> Result<(), Refusal> {
        roles::require(self.caller, need)
    }

    pub(crate) fn param(&self, number: usize) -> Param {
        self.params.get(number).cloned().unwrap_or_default()
    }

    /// The user an address names by id or user principal name.
    pub(crate) fn user(&self, number: usize) -> Result<Arc<Object>, Refusal> {
        let value = self.param(number).plain()?;
        if Uuid::try_parse(&value).is_ok() {
            return self.object(&value, Kind::User);
        }
        if !value.contains('@') {
            return Err(invalid_identifier(&value));
        }
        let named = self.directory.store.index.find(Field::UserPrincipalName, &value);
        let seen = named.into_iter().filter_map(|id| self.directory.store.live(id, self.view));
        let mut fitting = seen.filter(|user| {
            user.text("userPrincipalName").is_some_and(|name| name.eq_ignore_ascii_case(&value))
        });
        fitting.next().cloned().ok_or_else(|| not_found(&value))
    }

    /// The group an address names by id or by its unique name.
    pub(crate) fn group(&self, number: usize) -> Result<Arc<Object>, Refusal> {
        match self.param(number) {
            Param { key: None, value } => self.object(&value, Kind::Group),
            Param { key: Some(key), value } if key == "uniqueName" => {
                let named = self.directory.store.index.find(Field::UniqueName, &value);
                let seen = named.into_iter().find_map(|id| self.directory.store.live(id, self.view));
                seen.cloned().ok_or_else(|| not_found(&value))
            }
            Param { key: Some(key), .. } => {
                Err(malformed(format!("The key '{key}' is no alternate key of 'microsoft.graph.group'.")))
            }
        }
    }

    /// The object of a kind an address names by id.
    pub(crate) fn object(&self, value: &str, kind: Kind) -> Result<Arc<Object>, Refusal> {
        self.seen(value, |known| known == kind)
    }

    /// The directory object an id names, whatever its kind.
    pub(crate) fn any_object(&self, value: &str) -> Result<Arc<Object>, Refusal> {
        self.seen(value, Kind::is_directory_object)
    }

    fn seen(&self, value: &str, is_wanted: impl Fn(Kind) -> bool) -> Result<Arc<Object>, Refusal> {
        let object = self.directory.store.live(identifier(value)?, self.view);
        object.filter(|object| is_wanted(object.kind)).cloned().ok_or_else(|| not_found(value))
    }

    /// The object an address names by id, or by an alternate key such as `appId`.
    pub(crate) fn keyed(&self, number: usize, kind: Kind, alternate: &str) -> Result<Arc<Object>, Refusal> {
        match self.param(number) {
            Param { key: None, value } => self.object(&value, kind),
            Param { key: Some(key), value } if key == alternate && key == "appId" => {
                let named = self.directory.store.index.find(Field::AppId, &value);
                let mut seen = named.into_iter().filter_map(|id| self.directory.store.live(id, self.view));
                seen.find(|object| object.kind == kind).cloned().ok_or_else(|| not_found(&value))
            }
            Param { key: Some(key), value } if key == alternate => {
                let mut all = self.directory.store.ordered(kind, None, self.view);
                let found =
                    all.find(|(_, object)| object.is_live() && object.text(alternate) == Some(&value));
                found.map(|(_, object)| Arc::clone(object)).ok_or_else(|| not_found(&value))
            }
            Param { key: Some(key), .. } => Err(malformed(format!(
                "The key '{key}' is no alternate key of 'microsoft.graph.{}'.",
                kind.schema().name
            ))),
        }
    }

    /// A copy of the truth about an object the caller has seen, to change and put back.
    pub(crate) fn edit(&self, id: Uuid) -> Result<Object, Refusal> {
        self.directory.edit(id).ok_or_else(|| not_found(id))
    }

    /// The members of the JSON object the request carries.
    pub(crate) fn body(&self) -> Result<&Map<String, Value>, Refusal> {
        let json =
            self.asked.payload.json().ok_or_else(|| malformed("Empty Payload. JSON content expected."))?;
        json.as_object().ok_or_else(|| malformed("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."))
    }

    /// Refuses a body with members the action does not know, or one that misses some.
    pub(crate) fn action(&self, known: &[&str]) -> Result<Map<String, Value>, Refusal> {
        let body = self.asked.payload.json().map_or_else(|| Ok(Map::new()), |_| self.body().cloned())?;
        match body.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(malformed(format!(
                "The parameter '{unknown}' in the request payload is not a valid parameter for the operation."
            ))),
            None => Ok(body),
        }
    }

    /// `https://graph.microsoft.com/v1.0/$metadata#...`
    pub(crate) fn context(&self, fragment: &str) -> Value {
        Value::from(format!("https://graph.microsoft.com/v1.0/$metadata#{fragment}"))
    }

    pub(crate) fn location(&self, kind: Kind, id: Uuid) -> String {
        format!("{}/v1.0/{}/{id}", self.asked.root, kind.collection())
    }
}

/// A GUID, or the refusal a malformed one earns.
pub(crate) fn identifier(value: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(value).map_err(|_| invalid_identifier(value))
}
