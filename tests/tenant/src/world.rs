//! Everything behind the lock: the directory and what surrounds it.

use uuid::Uuid;

use crate::auth::{Apps, Identity, UnknownApplication, object_id};
use crate::exchange::Running;
use crate::faults::Faults;
use crate::hooks::Told;
use crate::ids::Chance;
use crate::options::{Options, Seed};
use crate::seed;
use crate::state::export::StateError;
use crate::state::{Directory, Kind};
use crate::throttle::Throttle;
use crate::transcript::Entry;
use crate::vault::auth::DEFAULT_ROLES;
use crate::vault::state::Vaults;

/// The application that exists from the start and holds every application role.
pub(crate) const DEFAULT_APP: &str = "default";

/// The directory, who may use it, and what happened to it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) directory: Directory,
    pub(crate) apps: Apps,
    pub(crate) throttle: Throttle,
    pub(crate) faults: Faults,
    pub(crate) transcript: Vec<Entry>,
    /// What came to the hooks.
    pub(crate) hooks: Vec<Told>,
    pub(crate) chance: Chance,
    /// Calls of Exchange Online that are being answered.
    pub(crate) running: Running,
    /// Round trips so far.
    pub(crate) trips: u64,
    /// Requests so far, the items of batches counted one by one.
    pub(crate) requests: u64,
}

impl World {
    pub(crate) fn new(options: Options, now_ms: i64) -> Result<World, StateError> {
        let mut directory = first_directory(&options, now_ms)?;
        let mut apps = Apps::default();
        apps.register(DEFAULT_APP, &crate::roles::all(), &options.directory_roles);
        enlist(&apps, &mut directory);
        Ok(World {
            directory,
            apps,
            throttle: Throttle::new(options.quota),
            faults: Faults::default(),
            transcript: Vec::new(),
            hooks: Vec::new(),
            chance: Chance::new(2),
            running: Running::default(),
            trips: 0,
            requests: 0,
            options,
        })
    }

    /// Registers an application; it is a service principal of the directory from now on.
    pub(crate) fn register(&mut self, name: &str, roles: &[String], directory_roles: &[String]) -> Identity {
        let identity = self.apps.register(name, roles, directory_roles);
        enlist(&self.apps, &mut self.directory);
        identity
    }

    /// Makes a registered application an owner of an application and of its service principal, or of the one object with
    /// this id.
    pub(crate) fn own(&mut self, identity: &Identity, owned: &str) -> Result<(), UnknownApplication> {
        let kinds = [Kind::Application, Kind::ServicePrincipal];
        let by_app: Vec<Uuid> = kinds
            .into_iter()
            .filter_map(|kind| self.directory.of_app(kind, owned))
            .map(|object| object.id)
            .collect();
        let by_id = || Uuid::try_parse(owned).ok().and_then(|id| self.directory.live(id));
        let by_id = || by_id().filter(|object| kinds.contains(&object.kind)).map(|object| object.id);
        let found = if by_app.is_empty() { by_id().into_iter().collect() } else { by_app };
        let owner = self.apps.by_client_id(&identity.client_id).map(|app| app.object_id);
        match owner.filter(|_| !found.is_empty()) {
            None => Err(UnknownApplication(owned.to_owned())),
            Some(owner) => {
                found.into_iter().for_each(|id| self.directory.enlist_owner(id, owner));
                Ok(())
            }
        }
    }

    /// Back to the beginning; applications stay registered, their tokens stay good.
    pub(crate) fn reset(&mut self, now_ms: i64) -> Result<(), StateError> {
        let era = self.directory.era + 1;
        let mut directory = first_directory(&self.options, now_ms)?;
        directory.vaults.keep_roles(&self.directory.vaults);
        directory.era = era;
        self.directory = directory;
        enlist(&self.apps, &mut self.directory);
        self.throttle = Throttle::new(self.options.quota);
        self.faults.clear();
        self.transcript.clear();
        self.hooks.clear();
        self.apps.forget_used();
        (self.chance, self.trips, self.requests) = (Chance::new(2), 0, 0);
        Ok(())
    }
}

fn first_directory(options: &Options, now_ms: i64) -> Result<Directory, StateError> {
    let mut directory = match &options.seed {
        Seed::Contoso => with_vaults(seed::contoso::directory(now_ms)),
        Seed::State(state) => crate::state::export::restored(state)?,
    };
    directory.now_ms = now_ms;
    seed::crowd::add(&mut directory, options.users, options.crowd);
    seed::crowd::applications::add(&mut directory, options.applications, options.users);
    slow_down(&mut directory, options);
    Ok(directory)
}

/// The vaults there are from the start, and the default application in them.
fn with_vaults(mut directory: Directory) -> Directory {
    directory.vaults = Vaults::first();
    for vault in Vaults::FIRST {
        directory.vaults.grant(vault, object_id(DEFAULT_APP), &DEFAULT_ROLES.map(str::to_owned));
    }
    directory
}

/// Shows every registered application as a service principal.
pub(crate) fn enlist(apps: &Apps, directory: &mut Directory) {
    let tenant_id = directory.tenant_id;
    apps.all().for_each(|app| directory.enlist(app.principal(tenant_id)));
}

/// From now on the directory is as late as it is meant to be.
pub(crate) fn slow_down(directory: &mut Directory, options: &Options) {
    let millis = |delay: std::time::Duration| i64::try_from(delay.as_millis()).unwrap_or(0);
    directory.set_lag(options.lag);
    directory.mailboxes.delay_ms = millis(options.mailbox_delay);
    directory.mailboxes.conversion_ms = millis(options.conversion_delay);
    directory.propagation.slow_down(options.credential_delay, options.credential_gap);
    directory.licensing.delay_ms = millis(options.group_licensing_delay);
    directory.vaults.delay_ms = millis(options.vault_delay);
}
