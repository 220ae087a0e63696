//! A client without a socket: it calls the router and reads the answer.

use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tenant::{Dropped, Identity, Options, Tenant};
use tower::ServiceExt;

pub(crate) const GRAPH: &str = "https://graph.microsoft.com";
pub(crate) const E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
pub(crate) const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";

/// Somebody who asks.
pub(crate) struct Client {
    pub(crate) tenant: Tenant,
    token: String,
    eventual: bool,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) dropped: bool,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// One text of each element of a list.
    pub(crate) fn each(&self, name: &str) -> Vec<&str> {
        let elements = self.body["value"].as_array().map(Vec::as_slice).unwrap_or_default();
        elements.iter().map(|element| element[name].as_str().unwrap_or_default()).collect()
    }

    #[track_caller]
    pub(crate) fn is_refused(&self, status: u16, code: &str, message: &str) {
        assert_eq!((self.status, self.code(), self.message()), (status, code, message), "{}", self.text);
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

impl Client {
    /// A client of a new tenant that may do everything an application may.
    pub(crate) fn new() -> Client {
        Client::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Client {
        let tenant = Tenant::new(options);
        let identity = tenant.default_identity();
        Client::of(&tenant, &identity)
    }

    pub(crate) fn of(tenant: &Tenant, identity: &Identity) -> Client {
        Client { tenant: tenant.clone(), token: tenant.token(identity, GRAPH), eventual: false }
    }

    /// A client of the same tenant with only these roles.
    pub(crate) fn only(&self, roles: &[&str]) -> Client {
        Client::of(&self.tenant, &self.tenant.identity(&roles.join("+"), roles))
    }

    /// A client of the same tenant that may do everything and holds directory roles, too.
    pub(crate) fn holding(&self, directory_roles: &[&str]) -> Client {
        let (all, _) = self.tenant.roles(&self.tenant.default_identity());
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        Client::of(&self.tenant, &self.tenant.identity_with("role-holder", &all, directory_roles))
    }

    /// The same client asking for advanced query capabilities.
    pub(crate) fn eventually(&self) -> Client {
        Client { tenant: self.tenant.clone(), token: self.token.clone(), eventual: true }
    }

    pub(crate) fn with_token(&self, token: &str) -> Client {
        Client { tenant: self.tenant.clone(), token: token.to_owned(), eventual: false }
    }

    /// The value of its `Authorization` header.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.ask("PATCH", path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, None).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/v1.0{path}"));
        if !self.token.is_empty() {
            request = request.header("authorization", self.bearer());
        }
        if self.eventual {
            request = request.header("ConsistencyLevel", "eventual");
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        send(&self.tenant, request.body(body).unwrap()).await
    }

    /// The id behind a user principal name of contoso.com.
    pub(crate) async fn user_id(&self, alias: &str) -> String {
        let answer = self.get(&format!("/users/{alias}@contoso.com?$select=id")).await;
        answer.is(200).body["id"].as_str().unwrap().to_owned()
    }

    /// The id of the group with this mail nickname.
    pub(crate) async fn group_id(&self, nickname: &str) -> String {
        let answer = self.get(&format!("/groups?$filter=mailNickname%20eq%20'{nickname}'&$select=id")).await;
        answer.is(200).body["value"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Creates a newcomer and tells the id.
    pub(crate) async fn create(&self, alias: &str) -> String {
        let answer = self.post("/users", newcomer(alias)).await;
        answer.is(201).body["id"].as_str().unwrap().to_owned()
    }
}

/// Sends any request at all.
pub(crate) async fn send(tenant: &Tenant, request: Request<Body>) -> Answer {
    let response = tenant.router().oneshot(request).await.unwrap();
    let dropped = response.extensions().get::<Dropped>().is_some();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body, text, dropped }
}

/// A good request for a new account.
pub(crate) fn newcomer(alias: &str) -> Value {
    json!({
        "accountEnabled": true, "displayName": "Raul Razo", "mailNickname": alias, "usageLocation": "CH",
        "userPrincipalName": format!("{alias}@contoso.com"),
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d", "forceChangePasswordNextSignIn": true },
    })
}

/// `{"@odata.id": "..."}`
pub(crate) fn reference(id: &str) -> Value {
    json!({ "@odata.id": format!("{GRAPH}/v1.0/directoryObjects/{id}") })
}
