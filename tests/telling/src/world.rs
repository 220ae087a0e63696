//! A function app over an offline tenant, all of it in this process: the real router, the real runner, a journal in a
//! folder, and an identity that holds the rights it is given and no others.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use exchange::InvokeCommand;
use futures_util::future::{BoxFuture, ready};
use graph::auth::{Audience, AuthError, Cloud, Settings, Token, TokenSource};
use graph::{Graph, TenantId};
use host::App;
use http_body_util::BodyExt;
use journal::{Journal, Place};
use plan::{Clock, Policy, Runner, laws};
use serde_json::Value;
use tempfile::TempDir;
use tenant::{Identity, Options, Tenant};
use tower::ServiceExt;
use vault::KeyVaults;

use crate::rights::Rights;
use crate::tested::Tested;
use crate::wire::{Meanwhile, wire};

const GRAPH: &str = "https://graph.microsoft.com";
const EXCHANGE: &str = "https://outlook.office365.com";
const KEY_VAULT: &str = "https://vault.azure.net";

/// How often a run that goes on is looked at, before it is said never to end.
const OFTEN: usize = 60;
/// How much time passes between two looks.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// A function app.
pub struct World {
    /// The tenant it works on.
    pub tenant: Tenant,
    /// What it is in the tenant.
    pub identity: Identity,
    pub(crate) meanwhile: Meanwhile,
    router: Router,
    journal: TempDir,
}

/// What is asked of the function app.
pub struct Asked<'a> {
    /// `GET`, `POST` and so on.
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Names and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body as it is sent; empty for none.
    pub body: Vec<u8>,
}

/// What it answers.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body, or `null` where it is not JSON.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl World {
    /// A world of its own, in which the function has its rights and there are no guard-rails.
    pub fn new(function: Tested) -> Self {
        Self::with(function, &Rights::of(function), Policy::default())
    }

    /// The same with other rights, and with guard-rails.
    pub fn with(function: Tested, rights: &Rights, policy: Policy) -> Self {
        Self::on(Tenant::new(Options::default()), function, rights, policy, &[])
    }

    /// The same on a tenant that is there already, with app settings.
    pub fn configured(tenant: Tenant, function: Tested, settings: &[(&str, &str)]) -> Self {
        Self::on(tenant, function, &Rights::of(function), Policy::default(), settings)
    }

    /// The same on a tenant that is there already.
    pub fn over(tenant: Tenant, function: Tested) -> Self {
        Self::on(tenant, function, &Rights::of(function), Policy::default(), &[])
    }

    /// Another function that works on the same tenant, with its own rights and journal, and without guard-rails.
    #[must_use]
    pub fn beside(&self, function: Tested) -> Self {
        Self::over(self.tenant.clone(), function)
    }

    pub(crate) fn on(
        tenant: Tenant,
        function: Tested,
        rights: &Rights,
        policy: Policy,
        settings: &[(&str, &str)],
    ) -> Self {
        let identity = identity(&tenant, function.name, rights);
        let (journal, meanwhile) = (folder(), Meanwhile::default());
        let services = services(&tenant, &identity, &meanwhile);
        let runner = Runner::new(services, in_folder(journal.path()), policy);
        let settings: Settings = settings.iter().copied().collect();
        let settings = settings.or(Settings::from([("M365_DEADLINE_SECONDS", "220")]));
        let app = App::over(runner, settings).telling_over(wire(&tenant, &meanwhile));
        Self { tenant, identity, meanwhile, router: function.router(app), journal }
    }

    /// Asks the function app, as the Functions host hands a request on.
    ///
    /// # Panics
    ///
    /// This is no request.
    pub async fn ask(&self, asked: Asked<'_>) -> Answer {
        let builder = http::Request::builder().method(asked.method).uri(asked.path);
        let builder =
            asked.headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        let request =
            builder.body(Body::from(asked.body)).unwrap_or_else(|error| panic!("no request: {error}"));
        let answer = self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap_or_else(|error| panic!("half a body: {error}")).to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: head.status.as_u16(), headers: head.headers, body, text }
    }

    /// Reads what is at a path.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(Asked { method: "GET", path, headers, body: Vec::new() }).await
    }

    /// The same with a method, a path and no more than a body.
    pub async fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.ask(Asked { method: "POST", path, headers: &[], body: body.into() }).await
    }

    /// The same, and follows a run that goes on to its end.
    pub async fn to_its_end(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let mut answer = self.post(path, body).await;
        let path = &answer.header("location").to_owned();
        for _ in 0..OFTEN {
            if answer.status != 202 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            answer = self.ask(Asked { method: "GET", path, headers: &[], body: Vec::new() }).await;
        }
        answer
    }

    /// Does something to the tenant as its administrator does.
    ///
    /// # Panics
    ///
    /// Microsoft Graph refuses it.
    pub async fn administrator(&self, method: &str, path: &str, body: &Value) {
        const RIGHTS: [&str; 2] = ["User.ReadWrite.All", "GroupMember.ReadWrite.All"];
        let identity = self.tenant.identity("administrator", &RIGHTS);
        let token = self.tenant.token(&identity, "https://graph.microsoft.com");
        let request = http::Request::builder()
            .method(method)
            .uri(format!("/v1.0{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap_or_else(|error| panic!("no request: {error}"));
        let answer = self.tenant.router().oneshot(request).await.unwrap_or_else(|never| match never {});
        let status = answer.status();
        let told = answer.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        assert!(status.is_success(), "{method} {path}: {status} {}", String::from_utf8_lossy(&told));
    }

    /// Everything that the journal keeps, file by file.
    pub fn kept(&self) -> Vec<String> {
        let read = |file: PathBuf| String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned();
        files(self.journal.path()).into_iter().map(read).collect()
    }
}

impl Answer {
    /// The run that it is about.
    pub fn run(&self) -> Option<&str> {
        self.outcome()["run"].as_str()
    }

    /// The outcome that it holds; the whole body where it is none.
    pub fn outcome(&self) -> &Value {
        self.body.get("outcome").unwrap_or(&self.body)
    }

    /// The digest of the plan.
    ///
    /// # Panics
    ///
    /// It holds no outcome.
    pub fn digest(&self) -> &str {
        self.outcome()["planDigest"].as_str().unwrap_or_else(|| panic!("no outcome: {}", self.body))
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn identity(tenant: &Tenant, name: &str, rights: &Rights) -> Identity {
    let identity = tenant.identity_with(name, &texts(&rights.permissions), &texts(&rights.directory_roles));
    tenant.grant_vault(&identity, laws::VAULT, &texts(&rights.vault_roles));
    identity
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

/// The tenant, as a runner sees it.
fn services(tenant: &Tenant, identity: &Identity, meanwhile: &Meanwhile) -> plan::Tenant {
    let tokens = Arc::new(Desk { tenant: tenant.clone(), identity: identity.clone() });
    let id = tenant.state()["tenantId"].as_str().and_then(|id| id.parse().ok());
    let id = id.unwrap_or_else(|| panic!("the tenant has an id"));
    let config = exchange::Config::new(EXCHANGE, id, tokens.clone());
    let exchange = Arc::new(InvokeCommand::over(config, wire(tenant, meanwhile)));
    let vaults = Arc::new(KeyVaults::over(vaults(tenant, id, tokens.clone()), wire(tenant, meanwhile)));
    let graph = Graph::over(graph::Config::new(GRAPH, tokens), wire(tenant, meanwhile));
    plan::Tenant { graph, exchange, vaults, clock: clock(tenant.clone()), protects_roles: false }
}

fn vaults(tenant: &Tenant, id: TenantId, tokens: Arc<Desk>) -> vault::Config {
    let clock = clock(tenant.clone());
    vault::Config { now: Arc::new(move || clock.now()), ..vault::Config::new(Cloud::Public, id, tokens) }
}

/// Function and tenant agree on the time.
fn clock(tenant: Tenant) -> Clock {
    Clock::from(move || tenant.now().parse().unwrap_or_else(|error| panic!("the tenant's clock: {error}")))
}

/// A token desk for all services that never runs out: each token is good for an hour from now.
struct Desk {
    tenant: Tenant,
    identity: Identity,
}

impl TokenSource for Desk {
    fn bearer<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        let audience = match audience {
            Audience::Exchange => EXCHANGE,
            Audience::KeyVault => KEY_VAULT,
            _ => GRAPH,
        };
        let text = self.tenant.token(&self.identity, audience);
        Box::pin(ready(Ok(Token::new(text, SystemTime::now() + Duration::from_secs(3600)))))
    }

    fn refused(&self, _: &Audience, _: &Token) {}
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("a folder for the journal: {error}"))
}

fn in_folder(folder: &Path) -> Arc<dyn Journal> {
    let settings = journal::Settings { place: Place::Folder(folder.to_owned()), retention_days: 90 };
    let journal = journal::open(&settings, || unreachable!("a folder needs no Azure"));
    journal.unwrap_or_else(|error| panic!("a folder is a journal: {error}"))
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let here = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    here.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
