//! The handle: what a test holds, and the door every request comes through.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{HeaderValue, Request, Response, header};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::auth::{self, Identity};
use crate::clock::{Timekeeper, written};
use crate::faults::{Drop, Fault};
use crate::graph::{self, Asked, Done, Payload};
use crate::incoming::Incoming;
use crate::options::Options;
use crate::refusal::{Refusal, malformed, unknown_here};
use crate::routes::Content;
use crate::state::export::StateError;
use crate::transcript::{Entry, Item, masked};
use crate::world::{DEFAULT_APP, World};
use crate::{batch, control, login, serve};

/// An offline tenant. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Tenant {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    keeper: Timekeeper,
    latency: Duration,
    world: Mutex<World>,
}

/// Marks a response that never arrives: whoever calls the router in process treats it as a broken connection.
/// [`Tenant::serve`] closes the socket instead of sending it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped;

/// What the door decided, before any waiting.
struct Outcome {
    done: Done,
    items: Vec<Item>,
    app: Option<String>,
}

impl Tenant {
    /// Sets a tenant up. Has to be called within a tokio runtime, whose clock it may use.
    ///
    /// # Errors
    ///
    /// The seed is not a state this tenant can read.
    pub fn try_new(options: Options) -> Result<Tenant, StateError> {
        let keeper = Timekeeper::new(options.clock);
        let (latency, world) = (options.latency, World::new(options, keeper.now_ms())?);
        Ok(Tenant { inner: Arc::new(Inner { keeper, latency, world: Mutex::new(world) }) })
    }

    /// The same for seeds that cannot fail, such as the default one.
    ///
    /// # Panics
    ///
    /// The seed is a state this tenant cannot read; [`try_new`](Self::try_new) tells why instead.
    pub fn new(options: Options) -> Tenant {
        Tenant::try_new(options).unwrap_or_else(|error| panic!("the seed cannot be read: {error}"))
    }

    /// The whole service as a router: serve it, or call it in process.
    pub fn router(&self) -> Router {
        let tenant = self.clone();
        Router::new().fallback(move |request: Request<Body>| {
            let tenant = tenant.clone();
            async move { tenant.answer(request).await }
        })
    }

    /// Serves on a listener until the runtime ends, and tells the address.
    ///
    /// # Errors
    ///
    /// The listener has no address.
    pub fn serve(&self, listener: TcpListener) -> std::io::Result<SocketAddr> {
        serve::spawn(listener, self.router())
    }

    /// Registers an application with exactly these application roles. A name that is known gets them instead of its own.
    pub fn identity(&self, name: &str, roles: &[&str]) -> Identity {
        self.identity_with(name, roles, &[])
    }

    /// The same with directory roles, such as `User Administrator`, which sensitive actions ask for.
    pub fn identity_with(&self, name: &str, roles: &[&str], directory_roles: &[&str]) -> Identity {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        self.lock().apps.register(name, &owned(roles), &owned(directory_roles))
    }

    /// The application that exists from the start and holds every application role, but no directory role.
    pub fn default_identity(&self) -> Identity {
        let world = self.lock();
        let app = world.apps.all().find(|app| app.name == DEFAULT_APP);
        app.map(auth::App::identity)
            .unwrap_or_else(|| unreachable!("the default application is never removed"))
    }

    /// A bearer token for an audience such as `https://graph.microsoft.com`, good for an hour; empty for an identity
    /// of another tenant.
    pub fn token(&self, identity: &Identity, audience: &str) -> String {
        let now_ms = self.now_ms();
        let world = self.lock();
        let app = world.apps.by_client_id(&identity.client_id);
        app.map(|app| auth::token(app, audience, world.directory.tenant_id, now_ms, 3_600))
            .unwrap_or_default()
    }

    /// Names of the roles an identity was granted, and of those that some allowed call needed.
    pub fn roles(&self, identity: &Identity) -> (Vec<String>, Vec<String>) {
        let world = self.lock();
        let app = world.apps.by_client_id(&identity.client_id);
        app.map(|app| (app.roles.clone(), app.used.iter().cloned().collect())).unwrap_or_default()
    }

    /// The whole directory, in an order that depends on nothing but its content, without secrets. It is always the
    /// truth, whatever the lag.
    pub fn state(&self) -> Value {
        crate::state::export::state(&self.lock().directory)
    }

    /// Replaces the directory by a state, as [`state`](Self::state) gives it.
    ///
    /// # Errors
    ///
    /// The state is not one; the message names what is wrong.
    pub fn load(&self, state: &Value) -> Result<(), StateError> {
        let mut directory = crate::state::export::restored(state)?;
        let now_ms = self.now_ms();
        let mut world = self.lock();
        directory.now_ms = now_ms;
        directory.set_lag(world.options.lag);
        world.directory = directory;
        Ok(())
    }

    /// Every round trip so far, in order.
    pub fn transcript(&self) -> Vec<Entry> {
        self.lock().transcript.clone()
    }

    /// Forgets the round trips so far; numbers go on.
    pub fn clear_transcript(&self) {
        self.lock().transcript.clear();
    }

    /// Adds a rule after those there are.
    pub fn fault(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    /// Takes all rules away.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Back to the seed: directory, quotas, faults, transcript and used roles. Applications stay registered.
    pub fn reset(&self) {
        let now_ms = self.now_ms();
        // The seed was read once already; it cannot fail now.
        let _ = self.lock().reset(now_ms);
    }

    /// Moves the tenant's clock forward.
    pub fn advance(&self, by: Duration) {
        self.inner.keeper.advance(by);
    }

    /// Moves the clock so far that every change made until now is visible everywhere.
    pub fn settled(&self) {
        let lag = self.lock().options.lag;
        self.advance(lag * 2);
    }

    /// What the tenant's clock says, such as `2026-03-02T08:00:00Z`.
    pub fn now(&self) -> String {
        written(self.now_ms())
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.inner.keeper.now_ms()
    }

    pub(crate) fn set_clock(&self, to_ms: i64) {
        self.inner.keeper.set(to_ms);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.inner.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let Some(incoming) = Incoming::read(request).await else {
            return sent(self.now_ms(), refused(413, "RequestEntityTooLarge", "The request is too large."));
        };
        if incoming.path.starts_with("/control") {
            return control::answer(self, &incoming);
        }
        let done = self.decide(&incoming);
        let wait = self.inner.latency + Duration::from_millis(done.delay_ms);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        sent(self.now_ms(), done)
    }

    /// Does what is asked, and writes it down.
    fn decide(&self, incoming: &Incoming) -> Done {
        let now_ms = self.now_ms();
        let mut world = self.lock();
        world.trips += 1;
        world.directory.now_ms = now_ms;
        let outcome = route(&mut world, incoming, now_ms);
        let entry = entry(world.trips, now_ms, incoming, &outcome);
        world.transcript.push(entry);
        outcome.done
    }
}

fn route(world: &mut World, incoming: &Incoming, now_ms: i64) -> Outcome {
    let told =
        |(status, body): login::Told| Outcome { done: plain(status, body), items: Vec::new(), app: None };
    let path = incoming.path.as_str();
    match (incoming.method.as_str(), path) {
        (_, path) if path.starts_with("/v1.0/") => ask_graph(world, incoming, now_ms),
        ("POST", path) if path.ends_with("/oauth2/v2.0/token") => {
            told(login::token_endpoint(world, incoming, now_ms))
        }
        ("GET", "/msi/token") => told(login::identity_endpoint(world, incoming, now_ms)),
        ("GET", "/metadata/identity/oauth2/token") => told(login::metadata_endpoint(world, incoming, now_ms)),
        (method, _) => {
            let unknown = unknown_here(format!("{method} {path}"));
            Outcome {
                done: refused(unknown.status, &unknown.code, &unknown.message),
                items: Vec::new(),
                app: None,
            }
        }
    }
}

fn ask_graph(world: &mut World, incoming: &Incoming, now_ms: i64) -> Outcome {
    let asked = asked(incoming);
    let mut caller = match world.apps.authenticate(incoming.header("authorization"), now_ms) {
        Ok(caller) => caller,
        Err(refusal) => {
            return Outcome { done: of_refusal(world, &asked, refusal), items: Vec::new(), app: None };
        }
    };
    let trouble = graph::trouble(world, &asked);
    let is_batch = asked.path.eq_ignore_ascii_case("/$batch");
    let (done, items) = if is_batch && !trouble.as_ref().is_some_and(|trouble| trouble.prevents()) {
        let lost = trouble.as_ref().is_some_and(|trouble| trouble.drop == Some(Drop::After));
        let delay_ms = trouble.and_then(|trouble| trouble.delay_ms).unwrap_or(0);
        match batch::carry_out(world, &asked, &mut caller) {
            Ok(batch) => enveloped(batch, lost, delay_ms),
            Err(refusal) => (of_refusal(world, &asked, refusal), Vec::new()),
        }
    } else {
        (graph::carry_out(world, &asked, &mut caller, trouble), Vec::new())
    };
    world.apps.remember_used(&caller);
    Outcome { done, items, app: Some(caller.name) }
}

fn enveloped(batch: batch::Batch, lost: bool, delay_ms: u64) -> (Done, Vec<Item>) {
    let wrote = batch.items.iter().any(|item| item.wrote);
    let done = Done {
        cost: batch.cost,
        wrote,
        delay_ms: batch.delay_ms + delay_ms,
        dropped: batch.dropped || lost,
        ..plain(200, batch.body)
    };
    (done, batch.items)
}

fn asked(incoming: &Incoming) -> Asked {
    let below = incoming.path.strip_prefix("/v1.0").unwrap_or(&incoming.path);
    let is_eventual = |level: &str| level.eq_ignore_ascii_case("eventual");
    Asked {
        method: incoming.method.clone(),
        path: format!("/{}", below.trim_start_matches('/')),
        query: incoming.query.clone(),
        eventual: incoming.header("consistencylevel").is_some_and(is_eventual),
        client_request_id: incoming.header("client-request-id").map(str::to_owned),
        payload: Payload::read(&incoming.body, incoming.header("content-type")),
        root: incoming.root.clone(),
    }
}

fn of_refusal(world: &mut World, asked: &Asked, refusal: Refusal) -> Done {
    graph::finished(world, asked, Err(refusal), Vec::new())
}

fn plain(status: u16, body: Value) -> Done {
    let content = Content::Json(body);
    Done {
        status,
        code: None,
        headers: Vec::new(),
        content,
        cost: 0,
        wrote: false,
        delay_ms: 0,
        dropped: false,
    }
}

fn refused(status: u16, code: &str, message: &str) -> Done {
    let body = Refusal { status, code: code.into(), ..malformed(message) }.body(serde_json::json!({}));
    Done { code: Some(code.to_owned()), ..plain(status, body) }
}

fn entry(number: u64, now_ms: i64, incoming: &Incoming, outcome: &Outcome) -> Entry {
    let done = &outcome.done;
    let json = serde_json::from_slice::<Value>(&incoming.body).ok();
    let form = || {
        (!incoming.body.is_empty())
            .then(|| serde_json::json!(login::fields(&String::from_utf8_lossy(&incoming.body))))
    };
    Entry {
        number,
        time: written(now_ms),
        method: incoming.method.clone(),
        path: incoming.address(),
        status: if done.dropped { 0 } else { done.status },
        code: done.code.clone(),
        items: outcome.items.clone(),
        cost: done.cost,
        app: outcome.app.clone(),
        client_request_id: incoming.header("client-request-id").map(str::to_owned),
        eventual: incoming.header("consistencylevel").is_some(),
        wrote: done.wrote,
        body: if outcome.items.is_empty() { json.or_else(form).as_ref().map(masked) } else { None },
    }
}

/// Which of Microsoft's machines answered: none.
const DIAGNOSTIC: &str = r#"{"ServerInfo":{"DataCenter":"Offline","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"TENANT"}}"#;

/// The response on the wire.
fn sent(now_ms: i64, done: Done) -> Response<Body> {
    let (kind, body) = match done.content {
        Content::None => (None, Body::empty()),
        Content::Text(text) => (Some("text/plain"), Body::from(text)),
        Content::Json(value) => (Some(graph::JSON), Body::from(value.to_string())),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(done.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("odata-version", HeaderValue::from_static("4.0"));
    headers.insert("x-ms-resource-unit", HeaderValue::from(done.cost));
    headers.insert("x-ms-ags-diagnostic", HeaderValue::from_static(DIAGNOSTIC));
    headers.extend(kind.map(|kind| (header::CONTENT_TYPE, HeaderValue::from_static(kind))));
    headers.extend(http_date(now_ms).map(|date| (header::DATE, date)));
    for (name, value) in done.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), value.parse::<HeaderValue>()) {
            headers.insert(name, value);
        }
    }
    if done.dropped {
        response.extensions_mut().insert(Dropped);
    }
    response
}

fn http_date(now_ms: i64) -> Option<HeaderValue> {
    let moment = jiff::Timestamp::from_millisecond(now_ms).ok()?;
    moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string().parse().ok()
}
