//! A tenant in some weather, and the processes that live and die against it.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use exchange::InvokeCommand;
use futures_util::future::join_all;
use graph::auth::{Cloud, FixedToken};
use graph::{Config, Graph, MADE, TenantId};
use jiff::SignedDuration;
use journal::{RunId, RunKey};
use serde_json::Value;
use tenant::{Clock as TenantClock, Fault, Options, Trouble};
use vault::KeyVaults;

use super::Case;
use super::memory::Memory;
use super::wire::{Scythe, Watched};
use crate::apply::Carried;
use crate::call::Call;
use crate::change::Change;
use crate::guard::Policy;
use crate::outcome::{Outcome, Status};
use crate::permit::Approval;
use crate::record::{Job, Record};
use crate::runner::{LEASE, Runner};
use crate::task::{Clock, Task, Tenant};

/// What the tenant is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Prompt.
    Calm,
    /// Changes take up to eight seconds to be seen, and replicas disagree.
    Laggy,
    /// Every now and then a request is told to wait, with all the shapes of `Retry-After`.
    Throttled,
}

impl Weather {
    pub(super) const ALL: [Self; 3] = [Self::Calm, Self::Laggy, Self::Throttled];

    fn lag(self) -> Duration {
        Duration::from_secs(if self == Self::Laggy { 8 } else { 0 })
    }

    fn faults(self) -> Vec<Fault> {
        let told = [(1, Some("2")), (4, Some("1.5")), (6, None), (9, Some("0")), (13, Some("3"))];
        let fault = |(skip, retry_after): (u32, Option<&str>)| Fault {
            skip,
            times: Some(1),
            then: Trouble {
                status: Some(429),
                code: Some("TooManyRequests".to_owned()),
                retry_after: retry_after.map(str::to_owned),
                ..Trouble::default()
            },
            ..Fault::default()
        };
        if self == Self::Throttled { told.into_iter().map(fault).collect() } else { Vec::new() }
    }
}

/// How long after its licence a mailbox comes, and after it was converted is seen to be: whatever the weather.
const MAILBOX_DELAY: Duration = Duration::from_secs(3 * 60);
const CONVERSION_DELAY: Duration = Duration::from_secs(90);

/// In how many parts a run may be done at the most.
const PARTS: usize = 10;

/// How long it takes until Microsoft Entra knows a new credential: so long was seen in the field.
const CREDENTIAL_DELAY: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(18));

/// How long a key vault takes to make a certificate, at the most.
const VAULT_DELAY: Duration = Duration::from_secs(6);

/// The key vault that a function asks, if it asks any.
pub const VAULT: &str = "contoso-keys";

/// A tenant, and what outlives a process: the journal.
pub(super) struct World<T: Task> {
    pub(super) tenant: tenant::Tenant,
    pub(super) before: Value,
    id: TenantId,
    token: String,
    exchange_token: String,
    vault_token: String,
    request: Value,
    journal: Arc<Memory>,
    task: PhantomData<T>,
}

/// The application permissions that a `permissions.json` names, on Microsoft Graph and on Exchange Online.
///
/// # Panics
///
/// If it is not one.
pub fn roles(permissions: &str) -> Vec<String> {
    let file = read(permissions);
    assert!(file["graph"].is_array(), "permissions.json: graph is a list");
    [named(&file["graph"], "permission"), named(&file["exchange"], "permission")].concat()
}

/// The directory roles that a `permissions.json` names.
///
/// # Panics
///
/// If it is not one.
pub fn directory_roles(permissions: &str) -> Vec<String> {
    named(&read(permissions)["directoryRoles"], "role")
}

/// The roles on key vaults that a `permissions.json` names.
///
/// # Panics
///
/// If it is not one.
pub fn vault_roles(permissions: &str) -> Vec<String> {
    named(&read(permissions)["keyVault"], "role")
}

fn read(permissions: &str) -> Value {
    serde_json::from_str(permissions).unwrap_or_else(|error| panic!("permissions.json: {error}"))
}

fn named(grants: &Value, what: &str) -> Vec<String> {
    let grants = grants.as_array().into_iter().flatten();
    grants.filter_map(|grant| grant[what].as_str()).map(str::to_owned).collect()
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

impl<T: Task> World<T> {
    pub(super) fn new(permissions: &str, case: &Case<T>, weather: Weather) -> Self {
        let options = Options {
            clock: TenantClock::Tokio,
            lag: weather.lag(),
            mailbox_delay: MAILBOX_DELAY,
            conversion_delay: CONVERSION_DELAY,
            credential_delay: CREDENTIAL_DELAY,
            vault_delay: VAULT_DELAY,
            ..Options::default()
        };
        let tenant = tenant::Tenant::new(options);
        (case.prepare)(&tenant);
        tenant.advance(2 * weather.lag());
        tenant.clear_transcript();
        weather.faults().into_iter().for_each(|fault| tenant.fault(fault));
        let (roles, directory_roles) = (roles(permissions), directory_roles(permissions));
        let (roles, directory_roles) = (texts(&roles), texts(&directory_roles));
        let identity = tenant.identity_with(T::NAME.as_str(), &roles, &directory_roles);
        tenant.grant_vault(&identity, VAULT, &texts(&vault_roles(permissions)));
        Self {
            id: id(&tenant),
            token: tenant.token(&identity, "https://graph.microsoft.com"),
            exchange_token: tenant.token(&identity, "https://outlook.office365.com"),
            vault_token: tenant.token(&identity, "https://vault.azure.net"),
            request: serde_json::to_value(&case.job).unwrap_or(Value::Null),
            before: tenant.state(),
            journal: Arc::default(),
            task: PhantomData,
            tenant,
        }
    }

    /// A process that lives.
    pub(super) fn live(&self) -> Process<T> {
        self.process(None)
    }

    /// A process that dies where the scythe waits.
    pub(super) fn live_until(&self, scythe: Arc<Scythe>) -> Process<T> {
        self.process(Some(scythe))
    }

    fn process(&self, scythe: Option<Arc<Scythe>>) -> Process<T> {
        let wire = Watched::new(&self.request);
        let token = Arc::new(FixedToken::new(&self.exchange_token));
        let config = exchange::Config::new("https://outlook.office365.com", self.id, token);
        let exchange = Arc::new(InvokeCommand::over(config, wire.wire(&self.tenant, scythe.clone())));
        let vaults = Arc::new(KeyVaults::over(self.vaults(), wire.wire(&self.tenant, scythe.clone())));
        let config = Config::new("https://graph.microsoft.com", Arc::new(FixedToken::new(&self.token)));
        let graph = Graph::over(config, wire.wire(&self.tenant, scythe));
        let clock = clock(self.tenant.clone());
        let tenant = Tenant { graph, exchange, vaults, clock, protects_roles: false };
        let runner = Runner::new(tenant, self.journal.clone(), Policy::default());
        Process { runner, wire, task: PhantomData }
    }
}

impl<T: Task> World<T> {
    fn vaults(&self) -> vault::Config {
        let (tokens, clock) = (Arc::new(FixedToken::new(&self.vault_token)), clock(self.tenant.clone()));
        let now: vault::Now = Arc::new(move || clock.now());
        vault::Config { now, ..vault::Config::new(Cloud::Public, self.id, tokens) }
    }
}

fn fresh<T: Task>() -> RunKey {
    RunKey { task: T::NAME, run: RunId::fresh() }
}

fn id(tenant: &tenant::Tenant) -> TenantId {
    let id = tenant.state()["tenantId"].as_str().and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("the tenant has an id"))
}

/// Process and tenant agree on the time.
fn clock(tenant: tenant::Tenant) -> Clock {
    Clock::from(move || tenant.now().parse().unwrap_or_else(|error| panic!("the tenant's clock: {error}")))
}

/// One process: its runner, and the wire it is watched on.
pub(super) struct Process<T: Task> {
    runner: Runner,
    pub(super) wire: Watched,
    task: PhantomData<T>,
}

impl<T: Task> Process<T> {
    pub(super) async fn preview(&self, job: &Job<T::Request>) -> Outcome {
        self.runner.preview::<T>(job).await.unwrap_or_else(|stop| panic!("the preview stopped: {stop:?}"))
    }

    pub(super) async fn run(&self, job: &Job<T::Request>) -> Outcome {
        self.run_as(&fresh::<T>(), job).await
    }

    async fn run_as(&self, run: &RunKey, job: &Job<T::Request>) -> Outcome {
        self.wire.is_by(run.run);
        let begun = self.runner.begin::<T>(run, job, &Approval::None).await;
        let (_, lease) = begun.unwrap_or_else(|stop| panic!("the run did not begin: {stop:?}"));
        let outcome = self.runner.run::<T>(&lease, job, &Approval::None).await;
        let outcome = outcome.unwrap_or_else(|stop| panic!("the run stopped: {stop:?}"));
        self.to_the_end(run, outcome).await
    }

    /// A run that dies, if it comes to that.
    pub(super) async fn die(self, job: &Job<T::Request>, scythe: &Scythe) -> RunKey {
        let run = fresh::<T>();
        tokio::select! {
            _ = self.run_as(&run, job) => {}
            () = scythe.died() => {}
        }
        run
    }

    /// What the timer does once a run has been silent for so long that it must have died: it takes it up, and then what died
    /// with it, such as the parts of a sweep.
    pub(super) async fn take_up(&self, run: &RunKey) -> Outcome {
        let silence = LEASE + SignedDuration::from_secs(1);
        tokio::time::sleep(silence.try_into().unwrap_or_default()).await;
        let outcome = self.taken_up(run).await;
        for dead in self.dead().await {
            self.taken_up(&dead).await;
        }
        outcome
    }

    async fn taken_up(&self, run: &RunKey) -> Outcome {
        let outcome = self.runner.take_up::<T>(run).await;
        let outcome = outcome.unwrap_or_else(|stop| panic!("the run was not taken up: {stop:?}"));
        self.to_the_end(run, outcome).await
    }

    /// The runs whose marks are due, and that have no end.
    async fn dead(&self) -> Vec<RunKey> {
        let due = self.runner.journal().due(T::NAME, self.runner.tenant().clock.now()).await;
        let due = due.unwrap_or_else(|error| panic!("nobody knows what is due: {error}"));
        let records = join_all(due.iter().map(|mark| self.runner.record(&mark.run))).await;
        let is_dead = |record: &Record| record.job().is_some() && record.outcome().is_none();
        let died = due.iter().zip(records).filter(|(_, record)| record.as_ref().is_ok_and(&is_dead));
        died.map(|(mark, _)| mark.run).collect()
    }

    /// A run that goes on by itself is waited for.
    async fn to_the_end(&self, run: &RunKey, mut outcome: Outcome) -> Outcome {
        for _ in 0..PARTS {
            let Some(at) = outcome.goes_on else { return outcome };
            let wait = at.duration_since(self.runner.tenant().clock.now());
            tokio::time::sleep(wait.try_into().unwrap_or_default()).await;
            let part = self.runner.take_up::<T>(run).await;
            let part = part.unwrap_or_else(|stop| panic!("the run did not go on: {stop:?}"));
            outcome = part;
        }
        panic!("the run goes on for ever: {outcome:#?}")
    }

    /// The outcome, if it lived to the end.
    pub(super) async fn job_or_die(self, job: &Job<T::Request>, scythe: &Scythe) -> Option<Outcome> {
        tokio::select! {
            outcome = self.run(job) => Some(outcome),
            () = scythe.died() => None,
        }
    }

    /// Sends those changes of a run, and nothing else, that were done and cannot be taken back.
    pub(super) async fn repeat_for_good(&self, record: &Record) {
        let done =
            || record.changes().filter(|(status, _)| *status == Status::Done).map(|(_, change)| change);
        if done().any(|change| change.creates_account) {
            return;
        }
        let alone = || done().filter(|change| change.undo.is_none());
        if alone().any(|change| matches!(change.send, Call::Vault(_))) {
            return self.repeat_in_turn(alone()).await;
        }
        // Together, as they were: one may have to wait for another.
        let alone = alone().map(|change| async move {
            let sent = self.runner.tenant().send(&change.send).await;
            sent.unwrap_or_else(|error| panic!("«{}» alone: {error}", change.says))
        });
        join_all(alone).await;
    }

    /// One by one, where one needs what another made, and what takes its time.
    async fn repeat_in_turn(&self, changes: impl Iterator<Item = &Change>) {
        let mut carried: Option<Carried> = None;
        for change in changes {
            let secret = carried.as_ref().map(|carried| &carried.secret);
            let id = carried.as_ref().map_or(MADE, |carried| carried.id.as_str());
            let sent = self.runner.tenant().send_with(&change.send.with(MADE, id), secret).await;
            let sent = sent.unwrap_or_else(|error| panic!("«{}» alone: {error}", change.says));
            carried = Carried::of(change, &sent.body).or(carried);
            tokio::time::sleep(VAULT_DELAY).await;
        }
    }

    /// The record of a run, or of each run that a sweep is made of.
    pub(super) async fn records(&self, run: RunId) -> Vec<Record> {
        let read = async |run| self.runner.record(&RunKey { task: T::NAME, run }).await.ok();
        let record = read(run).await.unwrap_or_else(|| panic!("the run cannot be read back"));
        let parts = join_all(record.parts().map(|part| read(part.run))).await;
        if parts.is_empty() { vec![record] } else { parts.into_iter().flatten().collect() }
    }
}
