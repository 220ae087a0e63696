//! The handle: what a test holds.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::auth::{self, Identity, UnknownApplication};
use crate::clock::{Timekeeper, written};
use crate::exchange::{self, Running};
use crate::faults::Fault;
use crate::hooks::Told;
use crate::incoming::Incoming;
use crate::options::Options;
use crate::state::export::StateError;
use crate::transcript::Entry;
use crate::world::{DEFAULT_APP, World, enlist, slow_down};
use crate::{control, door, serve};

/// An offline tenant. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Tenant {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    keeper: Timekeeper,
    latency: Duration,
    running: Running,
    world: Mutex<World>,
}

/// Marks a response that never arrives: whoever calls the router in process treats it as a broken connection.
/// [`Tenant::serve`] closes the socket instead of sending it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped;

impl Tenant {
    /// Sets a tenant up. Has to be called within a tokio runtime, whose clock it may use.
    ///
    /// # Errors
    ///
    /// The seed is not a state this tenant can read.
    pub fn try_new(options: Options) -> Result<Tenant, StateError> {
        let keeper = Timekeeper::new(options.clock);
        let (latency, world) = (options.latency, World::new(options, keeper.now_ms())?);
        let running = world.running.clone();
        Ok(Tenant { inner: Arc::new(Inner { keeper, latency, running, world: Mutex::new(world) }) })
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

    /// The same with directory roles, such as `User Administrator` or `Exchange Administrator`, which sensitive actions and
    /// Exchange Online ask for.
    pub fn identity_with(&self, name: &str, roles: &[&str], directory_roles: &[&str]) -> Identity {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        self.lock().register(name, &owned(roles), &owned(directory_roles))
    }

    /// Makes an identity an owner of applications or service principals, named by application id or object id.
    ///
    /// # Errors
    ///
    /// There is no such application; the message names it.
    pub fn own(&self, identity: &Identity, owned: &[&str]) -> Result<(), UnknownApplication> {
        owned.iter().try_for_each(|id| self.lock().own(identity, id))
    }

    /// Gives an application exactly these Azure roles on a key vault, such as `Key Vault Secrets User`. A vault that is not
    /// there is made.
    pub fn grant_vault(&self, identity: &Identity, vault: &str, roles: &[&str]) {
        let mut world = self.lock();
        let principal = world.apps.by_client_id(&identity.client_id).map(|app| app.object_id);
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        if let Some(principal) = principal {
            world.directory.vaults.grant(vault, principal, &roles);
        }
    }

    /// The application that was registered by this name, if one was.
    pub fn registered(&self, name: &str) -> Option<Identity> {
        self.lock().apps.all().find(|app| app.name == name).map(auth::App::identity)
    }

    /// The application that exists from the start and holds every application role, and no directory
    /// role but those of [`Options::directory_roles`].
    pub fn default_identity(&self) -> Identity {
        let world = self.lock();
        let app = world.apps.all().find(|app| app.name == DEFAULT_APP);
        app.map(auth::App::identity)
            .unwrap_or_else(|| unreachable!("the default application is never removed"))
    }

    /// Every setting that a process needs to find this tenant, served at `root`, and to be an identity in it.
    pub fn environment(&self, root: &str, identity: &Identity) -> Value {
        json!({
            "M365_GRAPH_ENDPOINT": root,
            "M365_EXCHANGE_ENDPOINT": root,
            "M365_VAULT_ENDPOINT": root,
            "M365_LOGIN_ENDPOINT": root,
            "AZURE_TENANT_ID": self.lock().directory.tenant_id,
            "IDENTITY_ENDPOINT": format!("{root}/msi/token"),
            "IDENTITY_HEADER": identity.identity_header,
        })
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
        let now_ms = self.now_ms();
        let mut world = self.lock();
        world.directory.pass_time(now_ms);
        crate::state::export::state(&world.directory)
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
        // What is made from now on has no id that was given before.
        directory.chance = world.directory.chance.clone();
        directory.vaults.succeed(&world.directory.vaults);
        directory.era = world.directory.era + 1;
        slow_down(&mut directory, &world.options);
        enlist(&world.apps, &mut directory);
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

    /// What came to the hooks so far, in order.
    pub fn told(&self) -> Vec<Told> {
        self.lock().hooks.clone()
    }

    /// Forgets what came to the hooks.
    pub fn clear_told(&self) {
        self.lock().hooks.clear();
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
            return door::too_large(self.now_ms());
        };
        if incoming.path.starts_with("/control") {
            return control::answer(self, &incoming);
        }
        let _turn = exchange::is_meant(&incoming.path).then(|| self.inner.running.enter());
        let done = door::decide(&mut self.lock(), &incoming, self.now_ms());
        let wait = self.inner.latency + Duration::from_millis(done.delay_ms);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        door::sent(self.now_ms(), done)
    }
}
