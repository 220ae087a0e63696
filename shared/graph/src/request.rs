//! A request is a value: it can be shown in a preview, kept in a journal, packed into a batch, or sent alone.
//!
//! ```
//! use graph::{ObjectId, Path, Refusal, Request};
//! # let staff: ObjectId = "87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse()?;
//! let join = Request::post(Path::group(&staff).then("members").then("$ref"))
//!     .bind("", "/directoryObjects/{account}")
//!     .already(&[Refusal::AlreadyMember])
//!     .not_yet(&[Refusal::NotFound]);
//! assert!(join.awaits_account());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Three things are left open until it is sent, because they must not or cannot be known before: the root of the cloud in
//! references to other objects, the object id of an account that the same plan creates, and a password, which is random
//! and forgotten. Everything else, also what its refusals mean, is here. A request never knows who sends it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::amendment::{Amendment, Edit, filled};
use crate::error::Error;
use crate::password;
use crate::path::{ACCOUNT, Path, RUN};
use crate::refusal::Refusal;

/// What a query component may hold unescaped, by RFC 3986, less `&`, `+`, `=` and `#`.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b'@');

/// The methods that Microsoft Graph uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "each is named for the HTTP method")]
pub enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

impl Method {
    /// The name as HTTP spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A reference to another object, whose address needs the root of the cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bind {
    /// The relation it binds (`manager` becomes `manager@odata.bind`); empty: the body is the reference, `@odata.id`.
    relation: String,
    /// The path of the object below the version root.
    path: String,
}

impl Bind {
    fn with(&self, place: &str, id: &str) -> Self {
        Self { path: self.path.replace(place, id), relation: self.relation.clone() }
    }
}

/// A request to Microsoft Graph v1.0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    method: Method,
    path: Path,
    /// Escaped, without the question mark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    query: String,
    /// Whether it needs `ConsistencyLevel: eventual`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    eventual: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    binds: Vec<Bind>,
    /// Whether a fresh password goes into `passwordProfile.password`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    fresh_password: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    already: Vec<Refusal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    not_yet: Vec<Refusal>,
    /// Whether it changes nothing, so that it may be repeated whatever became of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    safe: bool,
    /// Whether it is not in v1.0 yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    beta: bool,
    /// What it does to a list that can only be replaced as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amend: Option<Amendment>,
    /// Whether what it sends names the run that sends it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    names_run: bool,
}

impl Request {
    /// A read.
    pub fn get(path: Path) -> Self {
        Self { safe: true, ..Self::new(Method::Get, path) }
    }

    /// A read that Graph wants as a POST, such as `checkMemberGroups`.
    pub fn ask(path: Path, body: Value) -> Self {
        Self { safe: true, body: Some(body), ..Self::new(Method::Post, path) }
    }

    /// A POST that changes something.
    pub fn post(path: Path) -> Self {
        Self::new(Method::Post, path)
    }

    /// A PATCH.
    pub fn patch(path: Path) -> Self {
        Self::new(Method::Patch, path)
    }

    /// A PUT.
    pub fn put(path: Path) -> Self {
        Self::new(Method::Put, path)
    }

    /// A DELETE.
    pub fn delete(path: Path) -> Self {
        Self::new(Method::Delete, path)
    }

    fn new(method: Method, path: Path) -> Self {
        Self {
            method,
            path,
            query: String::new(),
            eventual: false,
            body: None,
            binds: Vec::new(),
            fresh_password: false,
            already: Vec::new(),
            not_yet: Vec::new(),
            safe: false,
            beta: false,
            amend: None,
            names_run: false,
        }
    }

    /// Adds a query option, escaping its value; the name is written as it is, `$` included.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(name);
        self.query.push('=');
        self.query.extend(utf8_percent_encode(value, COMPONENT));
        self
    }

    /// Adds `$select`.
    #[must_use]
    pub fn select(self, properties: &[&str]) -> Self {
        let list = properties.join(",");
        self.query("$select", &list)
    }

    /// Adds `$filter`.
    #[must_use]
    pub fn filter(self, expression: &str) -> Self {
        self.query("$filter", expression)
    }

    /// Asks as an advanced query: `ConsistencyLevel: eventual` and `$count=true` (Graph, "Advanced query capabilities").
    #[must_use]
    pub fn advanced(mut self) -> Self {
        self.eventual = true;
        self.query("$count", "true")
    }

    /// Sets the JSON body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Refers to another object by its path below the version root: `manager@odata.bind`, or with an empty relation the
    /// body `{"@odata.id": …}` that `$ref` addresses take. A relation that is bound more than once becomes a list.
    #[must_use]
    pub fn bind(mut self, relation: &str, path: impl Into<String>) -> Self {
        self.binds.push(Bind { relation: relation.to_owned(), path: path.into() });
        self
    }

    /// Puts a random password, which nobody ever sees, into `passwordProfile.password` each time the request is sent.
    #[must_use]
    pub fn with_fresh_password(mut self) -> Self {
        self.fresh_password = true;
        self
    }

    /// Asks for what is in Microsoft Graph's beta only, which may change without notice. It never travels in a batch.
    #[must_use]
    pub fn beta(mut self) -> Self {
        self.beta = true;
        self
    }

    /// Says that its texts name the run that sends it, in the place of [`RUN`].
    #[must_use]
    pub fn naming_the_run(mut self) -> Self {
        self.names_run = true;
        self
    }

    /// Puts an item into a list that Graph only replaces as a whole, or another in its place: the list is read right before
    /// it is sent, each time it is sent, and everything else in it is carried over. `by`: the property that tells one item
    /// from another.
    #[must_use]
    pub fn with_item(mut self, list: &str, by: &str, item: Value) -> Self {
        self.amend = Some(Amendment { list: list.to_owned(), by: by.to_owned(), edit: Edit::With(item) });
        self
    }

    /// Takes an item out of such a list: that whose property `by` has this value.
    #[must_use]
    pub fn without_item(mut self, list: &str, by: &str, value: impl Into<Value>) -> Self {
        let edit = Edit::Without(value.into());
        self.amend = Some(Amendment { list: list.to_owned(), by: by.to_owned(), edit });
        self
    }

    /// The refusals that mean "it is so already".
    #[must_use]
    pub fn already(mut self, refusals: &[Refusal]) -> Self {
        self.already.extend_from_slice(refusals);
        self
    }

    /// The refusals that mean "the directory has not caught up": wait, and ask again.
    #[must_use]
    pub fn not_yet(mut self, refusals: &[Refusal]) -> Self {
        self.not_yet.extend_from_slice(refusals);
        self
    }

    /// The same request for the next page, following the link's path and query to the letter.
    pub(crate) fn at(&self, path: &str, query: &str) -> Option<Self> {
        let path = serde_json::from_value(Value::String(path.to_owned())).ok()?;
        Some(Self { path, query: query.to_owned(), ..self.clone() })
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path and query, as they follow the version root.
    pub fn target(&self) -> String {
        if self.query.is_empty() { self.path.to_string() } else { format!("{}?{}", self.path, self.query) }
    }

    /// Whether it needs `ConsistencyLevel: eventual`.
    pub fn is_eventual(&self) -> bool {
        self.eventual
    }

    /// Whether it changes nothing and may therefore be repeated whatever became of it.
    pub fn is_safe(&self) -> bool {
        self.safe
    }

    /// Whether it is in Microsoft Graph's beta only.
    pub fn is_beta(&self) -> bool {
        self.beta
    }

    /// What it does to a list that can only be replaced as a whole.
    pub(crate) fn amendment(&self) -> Option<&Amendment> {
        self.amend.as_ref()
    }

    /// The same as it is sent, with the whole list.
    pub(crate) fn amended(&self, list: Vec<Value>) -> Self {
        let Some(Amendment { list: name, .. }) = &self.amend else { return self.clone() };
        let mut body = self.body.clone().unwrap_or_else(|| Value::Object(Map::new()));
        body[name] = Value::Array(list);
        Self { body: Some(body), amend: None, ..self.clone() }
    }

    /// Whether this refusal means "it is so already".
    pub fn is_already(&self, error: &Error) -> bool {
        error.refusal().is_some_and(|refusal| self.already.contains(&refusal))
    }

    /// Whether this refusal means "not yet".
    pub fn is_not_yet(&self, error: &Error) -> bool {
        error.refusal().is_some_and(|refusal| self.not_yet.contains(&refusal))
    }

    /// Whether the object id of a new account is still to be filled in.
    pub fn awaits_account(&self) -> bool {
        self.path.awaits_account() || self.binds.iter().any(|bind| bind.path.contains(ACCOUNT))
    }

    /// This request with an id in the place of [`ACCOUNT`], [`MADE`](crate::MADE) or [`RUN`]. In texts that it sends only the
    /// last is looked for, and only where it [says so](Self::naming_the_run): what a caller wrote stays as it is.
    #[must_use]
    pub fn with(&self, place: &str, id: &str) -> Self {
        let binds = self.binds.iter().map(|bind| bind.with(place, id)).collect();
        let path = self.path.with(place, id);
        if !(self.names_run && place == RUN) {
            return Self { path, binds, ..self.clone() };
        }
        let amend = self.amend.as_ref().map(|amend| amend.with(place, id));
        let body = self.body.as_ref().map(|body| filled(body, place, id));
        Self { path, binds, body, amend, ..self.clone() }
    }

    /// The body as it goes over the wire, with references below `root` (which includes the version).
    pub fn wire_body(&self, root: &str) -> Option<Value> {
        if self.body.is_none() && self.binds.is_empty() && !self.fresh_password {
            return None;
        }
        let mut body = self.body.clone().unwrap_or_else(|| Value::Object(Map::new()));
        for bind in &self.binds {
            refer(&mut body, bind, root);
        }
        if self.fresh_password {
            body["passwordProfile"]["password"] = Value::String(password::fresh());
        }
        Some(body)
    }
}

/// Writes one reference into the body; the second to the same relation makes it a list.
fn refer(body: &mut Value, bind: &Bind, root: &str) {
    let address = Value::String(format!("{root}{}", bind.path));
    if bind.relation.is_empty() {
        body["@odata.id"] = address;
        return;
    }
    let slot = &mut body[format!("{}@odata.bind", bind.relation)];
    match slot {
        Value::Null => *slot = address,
        Value::Array(list) => list.push(address),
        first => *first = Value::Array(vec![first.take(), address]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::ObjectId;

    const ROOT: &str = "https://graph.microsoft.com/v1.0";

    fn id() -> ObjectId {
        "87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap()
    }

    #[test]
    fn query_values_are_escaped_and_names_are_not() {
        let request = Request::get(Path::new("/groups"))
            .select(&["id", "displayName"])
            .filter(&crate::odata::eq("displayName", "R&D + Möbel #1"));
        assert_eq!(
            request.target(),
            "/groups?$select=id,displayName&$filter=displayName%20eq%20'R%26D%20%2B%20M%C3%B6bel%20%231'"
        );
    }

    #[test]
    fn references_take_the_root_of_the_cloud_when_sent() {
        let join = Request::post(Path::group(&id()).then("members").then("$ref"))
            .bind("", format!("/directoryObjects/{ACCOUNT}"))
            .with(ACCOUNT, &id().to_string());
        assert_eq!(
            join.wire_body("https://graph.microsoft.us/v1.0"),
            Some(json!({"@odata.id": format!("https://graph.microsoft.us/v1.0/directoryObjects/{}", id())}))
        );
    }

    #[test]
    fn a_relation_bound_twice_is_a_list() {
        let request = Request::post(Path::new("/users"))
            .body(json!({"displayName": "Adele Vance"}))
            .bind("manager", "/users/1")
            .bind("sponsors", "/users/2")
            .bind("sponsors", "/users/3");
        let body = request.wire_body(ROOT).unwrap();
        assert_eq!(body["manager@odata.bind"], json!(format!("{ROOT}/users/1")));
        assert_eq!(
            body["sponsors@odata.bind"],
            json!([format!("{ROOT}/users/2"), format!("{ROOT}/users/3")])
        );
    }

    #[test]
    fn a_password_is_fresh_each_time_and_never_kept() {
        let request = Request::post(Path::new("/users"))
            .body(json!({"passwordProfile": {"forceChangePasswordNextSignIn": true}}))
            .with_fresh_password();
        let (first, second) = (request.wire_body(ROOT).unwrap(), request.wire_body(ROOT).unwrap());
        assert_ne!(first["passwordProfile"]["password"], second["passwordProfile"]["password"]);
        assert!(!serde_json::to_string(&request).unwrap().contains("\"password\""));
    }

    #[test]
    fn only_what_says_so_names_the_run() {
        let title = Request::post(Path::new("/users")).body(json!({"jobTitle": "{run}"}));
        assert_eq!(title.with(RUN, "r"), title);
        assert_eq!(title.naming_the_run().with(RUN, "r").wire_body(ROOT), Some(json!({"jobTitle": "r"})));
    }

    #[test]
    fn a_request_survives_the_journal() {
        let request = Request::delete(Path::group(&id()).then("members").key("x#y").then("$ref"))
            .already(&[Refusal::NotFound]);
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request);
    }
}
