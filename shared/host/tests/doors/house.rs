//! A function app over an offline tenant: what a test calls, and what it looks at afterwards.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use exchange::Unset;
use futures_util::future::{BoxFuture, ready};
use graph::auth::{Audience, AuthError, Settings, Token, TokenSource};
use graph::stack::in_process;
use graph::{Config, Graph};
use host::{App, Tick};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use journal::{Journal, Mark, RunId, RunKey};
use plan::{Clock, Entry, Job, Policy, Runner, Task, Tenant};
use serde_json::{Value, json};
use tenant::{Clock as TenantClock, Options};
use tokio::time::Instant;
use tower::ServiceExt;
use vault::NoVaults;

use crate::greet::Greet;
use crate::memory::Memory;

pub(crate) const ADELE: &str = "AdeleV@contoso.com";

pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

pub(crate) struct House {
    pub(crate) tenant: tenant::Tenant,
    pub(crate) journal: Arc<Memory>,
    pub(crate) app: App,
    clock: Clock,
    tokens: Arc<dyn TokenSource>,
    settings: Settings,
    policy: Policy,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The path and query of `Location`.
    pub(crate) fn location(&self) -> String {
        let uri: http::Uri = self.header("location").parse().unwrap();
        uri.path_and_query().unwrap().to_string()
    }

    pub(crate) fn run(&self) -> RunKey {
        run(self.body["run"].as_str().unwrap())
    }

    /// Its kind, if it is a problem as it should be.
    pub(crate) fn problem(&self) -> &str {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.body["status"], self.status, "{}", self.text);
        assert!(!self.body["title"].as_str().unwrap().is_empty());
        self.body["type"].as_str().unwrap().strip_prefix("urn:m365-functions:problem:").unwrap()
    }
}

/// A token of the tenant's own that is never old, whatever the clock says.
struct Fresh {
    tenant: tenant::Tenant,
    identity: tenant::Identity,
}

impl TokenSource for Fresh {
    fn bearer<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        let text = self.tenant.token(&self.identity, "https://graph.microsoft.com");
        Box::pin(ready(Ok(Token::new(text, SystemTime::now() + Duration::from_secs(3600)))))
    }

    fn refused(&self, _: &Audience, _: &Token) {}
}

pub(crate) fn run(id: &str) -> RunKey {
    RunKey { task: Greet::NAME, run: id.parse::<RunId>().unwrap() }
}

/// The run that belongs to a caller's key.
pub(crate) fn keyed(key: &str) -> RunKey {
    RunKey { task: Greet::NAME, run: RunId::of(Greet::NAME, &format!("caller {key}")) }
}

pub(crate) fn hello() -> Value {
    json!({"who": ADELE, "words": "Hello"})
}

pub(crate) fn date() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(Options::default(), json!({}), &[])
    }

    /// A tenant whose every answer takes this long.
    pub(crate) fn slow(latency: Duration) -> Self {
        let settings = [("M365_DEADLINE_SECONDS", "10")];
        Self::with(Options { latency, ..Options::default() }, json!({}), &settings)
    }

    pub(crate) fn guarded(policy: Value) -> Self {
        Self::with(Options::default(), policy, &[])
    }

    pub(crate) fn with(options: Options, policy: Value, settings: &[(&str, &str)]) -> Self {
        let tenant = tenant::Tenant::new(Options { clock: TenantClock::Tokio, ..options });
        let roles = ["User.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"];
        let identity = tenant.identity("greet", &roles);
        let tokens = Arc::new(Fresh { tenant: tenant.clone(), identity });
        let began = Instant::now();
        let clock = Clock::from(move || date() + SignedDuration::try_from(began.elapsed()).unwrap());
        let house = Self {
            app: App::new(Settings::from_iter(settings.iter().copied())),
            journal: Arc::new(Memory::new(clock.clone())),
            settings: settings.iter().copied().collect(),
            policy: serde_json::from_value(policy).unwrap(),
            tokens,
            tenant,
            clock,
        };
        house.another()
    }

    /// Another process of the same app: it shares the tenant and the journal, and nothing else.
    pub(crate) fn another(&self) -> Self {
        self.asking(self.tokens.clone())
    }

    /// Another process, which gets its tokens elsewhere.
    pub(crate) fn asking(&self, tokens: Arc<dyn TokenSource>) -> Self {
        let config = Config::new("https://graph.microsoft.com", tokens.clone());
        let graph = Graph::over(config, in_process(self.tenant.router()));
        let nowhere = Settings::from([("AZURE_TENANT_ID", "")]);
        let exchange = Arc::new(Unset(graph::auth::tenant(&nowhere).unwrap_err()));
        let tenant = Tenant {
            graph,
            exchange,
            vaults: Arc::new(NoVaults::unused()),
            clock: self.clock.clone(),
            protects_roles: false,
        };
        let runner = Runner::new(tenant, self.journal.clone(), self.policy.clone());
        Self {
            app: App::over(runner, self.settings.clone()).telling_over(in_process(self.tenant.router())),
            tenant: self.tenant.clone(),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            tokens,
            settings: self.settings.clone(),
            policy: self.policy.clone(),
        }
    }

    pub(crate) fn router(&self) -> Router {
        host::router::<Greet>(self.app.clone())
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        send(self.router(), request).await
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send(Request::get(target).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, target: &str, headers: Headers<'_>, body: &Value) -> Reply {
        self.send(request(target, headers, body.to_string())).await
    }

    /// `POST /api/greet`.
    pub(crate) async fn ask(&self, headers: Headers<'_>, body: &Value) -> Reply {
        self.post("/api/greet", headers, body).await
    }

    pub(crate) async fn tick(&self) -> Tick {
        host::tick::<Greet>(&self.app, self.app.runner().unwrap()).await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn job_title(&self) -> Value {
        let state = self.tenant.state();
        find(&state, &|object| object["userPrincipalName"] == ADELE).unwrap()["jobTitle"].clone()
    }

    /// How often the tenant was written to.
    pub(crate) fn writes(&self) -> usize {
        self.tenant.transcript().iter().filter(|entry| entry.wrote).count()
    }

    /// What a process that died has left behind: a run that was asked for, and further entries. A plan among them that was
    /// let pass is one that the caller had approved.
    pub(crate) async fn left_behind(&self, key: &str, request: &Value, more: &[Entry]) -> RunKey {
        let run = keyed(key);
        let approved = more.iter().find_map(|entry| match entry {
            Entry::Planned { plan, permitted: true, .. } => Some(plan.digest()),
            _ => None,
        });
        let asked = Entry::Asked { at: self.now(), job: Job::Do(request.clone()), approved };
        self.journal.begin(&run, &serde_json::to_value(asked).unwrap()).await.unwrap();
        let more: Vec<Value> = more.iter().map(|entry| serde_json::to_value(entry).unwrap()).collect();
        self.journal.append(&run, &more).await.unwrap();
        run
    }

    /// A run that died, and the mark that it left.
    pub(crate) async fn dead(&self, key: &str, request: &Value) -> RunKey {
        let run = self.left_behind(key, request, &[]).await;
        self.journal.remind(&Mark { at: self.now() + plan::LEASE, run }).await.unwrap();
        run
    }

    /// Looks until the run has ended.
    pub(crate) async fn ended(&self, location: &str) -> Reply {
        for _ in 0..1_000 {
            let reply = self.get(location).await;
            if reply.status != 202 {
                return reply;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        panic!("the run never ends");
    }
}

pub(crate) async fn send(router: Router, request: Request<Body>) -> Reply {
    let (head, body) = router.oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply { status: head.status.as_u16(), headers: head.headers, text, body }
}

pub(crate) fn request(target: &str, headers: Headers<'_>, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(target).header("host", "contoso.azurewebsites.net");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(body.into()).unwrap()
}

pub(crate) async fn pass(time: SignedDuration) {
    tokio::time::advance(time.unsigned_abs()).await;
}

fn find<'a>(value: &'a Value, is: &dyn Fn(&Value) -> bool) -> Option<&'a Value> {
    match value {
        _ if is(value) => Some(value),
        Value::Array(items) => items.iter().find_map(|item| find(item, is)),
        Value::Object(members) => members.values().find_map(|member| find(member, is)),
        _ => None,
    }
}
