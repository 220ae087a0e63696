//! A function app over an offline tenant, all of it in this process: the real router, the real runner, a journal in a
//! folder, and an identity that holds the roles it is given and no others. Time is tokio's, which tests pause.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use exchange::Unset;
use futures_util::future::{BoxFuture, ready};
use graph::auth::{Audience, AuthError, Settings, Token, TokenSource};
use graph::stack::{TransportError, Wire, in_process};
use graph::{Config, Graph};
use host::App;
use http_body_util::BodyExt;
use journal::Place;
use onboard_user::OnboardUser;
use plan::{Clock, Policy, Runner};
use serde_json::Value;
use tenant::{Dropped, Identity, Options, Tenant};
use tower::{ServiceExt, service_fn};

/// The permissions the function asks for, as they are shipped.
pub(crate) const PERMISSIONS: &str = include_str!("../../permissions.json");

/// What somebody else does to the tenant when the run is about to write.
pub(crate) type Meanwhile = Arc<Mutex<Option<Box<dyn FnOnce(&Tenant) + Send>>>>;

/// A function app.
pub(crate) struct World(Router);

/// What is asked of the function app.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: Vec<u8>,
}

/// What it answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

/// The application roles that `permissions.json` names.
pub(crate) fn roles() -> Vec<String> {
    plan::laws::roles(PERMISSIONS)
}

/// A tenant, and an identity that holds these roles.
pub(crate) fn tenant(roles: &[String]) -> (Tenant, Identity) {
    let tenant = Tenant::new(Options::default());
    let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
    let identity = tenant.identity("onboard-user", &roles);
    (tenant, identity)
}

impl World {
    /// A world of its own for the test of this name, over this tenant.
    pub(crate) fn new(
        name: &str,
        (tenant, identity): (Tenant, Identity),
        policy: Policy,
        meanwhile: Meanwhile,
    ) -> Self {
        let tokens = Arc::new(Desk { tenant: tenant.clone(), identity });
        let nowhere = Settings::from([("AZURE_TENANT_ID", "")]);
        let exchange = Arc::new(Unset(graph::auth::tenant(&nowhere).unwrap_err()));
        let config = Config::new("https://graph.microsoft.com", tokens);
        let graph = Graph::over(config, wire(&tenant, meanwhile));
        let clock = Clock::from(move || tenant.now().parse().expect("the tenant writes dates"));
        let runner = Runner::new(plan::Tenant { graph, exchange, clock }, journal(name), policy);
        let app = App::over(runner, Settings::from([("M365_DEADLINE_SECONDS", "220")]));
        Self(host::router::<OnboardUser>(app))
    }

    /// Asks the function app, as the Functions host hands a request on.
    pub(crate) async fn ask(&self, asked: Asked<'_>) -> Answer {
        let mut request = http::Request::builder().method(asked.method).uri(asked.path);
        for (name, value) in asked.headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(asked.body)).expect("a request");
        let answer = self.0.clone().oneshot(request).await.expect("the router always answers");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }
}

/// A token desk that never runs out: each token is good for an hour from now.
struct Desk {
    tenant: Tenant,
    identity: Identity,
}

impl TokenSource for Desk {
    fn bearer<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        let text = self.tenant.token(&self.identity, "https://graph.microsoft.com");
        Box::pin(ready(Ok(Token::new(text, SystemTime::now() + Duration::from_secs(3600)))))
    }

    fn refused(&self, _: &Audience, _: &Token) {}
}

/// The wire to the tenant. Before the first write, somebody else may do something.
fn wire(tenant: &Tenant, meanwhile: Meanwhile) -> Wire {
    let (inner, tenant) = (in_process(tenant.router()), tenant.clone());
    Wire::new(service_fn(move |request: http::Request<Bytes>| {
        let (inner, tenant, meanwhile) = (inner.clone(), tenant.clone(), meanwhile.clone());
        async move {
            let happens = writes(&request).then(|| meanwhile.lock().expect("no panic").take()).flatten();
            if let Some(happens) = happens {
                happens(&tenant);
            }
            let answer = inner.oneshot(request).await?;
            match answer.extensions().get::<Dropped>() {
                Some(_) => Err(TransportError::lost("the connection is lost")),
                None => Ok(answer),
            }
        }
    }))
}

fn writes(request: &http::Request<Bytes>) -> bool {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
    match body["requests"].as_array() {
        Some(items) => items.iter().any(|item| item["method"] != "GET"),
        None => request.method() != http::Method::GET,
    }
}

/// Where the journal of the test of this name is.
pub(crate) fn journal_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("onboard-user").join(name)
}

/// A journal in a folder that is empty at first.
fn journal(name: &str) -> Arc<dyn journal::Journal> {
    let folder = journal_folder(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the folder of the last time goes");
    }
    let settings = journal::Settings { place: Place::Folder(folder), retention_days: 90 };
    journal::open(&settings, || unreachable!("a folder needs no Azure")).expect("a folder is a journal")
}
