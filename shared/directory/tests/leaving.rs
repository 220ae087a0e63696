//! Somebody leaves and comes back, verb by verb, over the offline tenant: what was sent can be read, and its undo leaves
//! everything as it was.

#![cfg(test)]

use std::sync::Arc;

use directory::account::{self, Account};
use directory::licence::Sku;
use directory::{
    Who, app_role, device, drive, grant, group, licence, look, manager, method, owner, password, reply, role,
    rule, session,
};
use graph::auth::FixedToken;
use graph::stack::in_process;
use graph::{Config, Error, Graph, MADE, ObjectId, Path, Refusal, Request, ServicePlanId, UserKey};
use jiff::Timestamp;
use plan::{Change, Proof, Test};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tenant::{Options, Tenant};

const ROLES: &[&str] = &[
    "User.Read.All",
    "User.EnableDisableAccount.All",
    "User.RevokeSessions.All",
    "User.ReadWrite.All",
    "User.DeleteRestore.All",
    "User-PasswordProfile.ReadWrite.All",
    "User-LifeCycleInfo.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "UserAuthenticationMethod.ReadWrite.All",
    "Device.ReadWrite.All",
    "Directory.Read.All",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "Files.ReadWrite.All",
    "MailboxSettings.ReadWrite",
];

/// A tenant without lag, asked by an application that may do all of this.
struct World {
    tenant: Tenant,
    graph: Graph,
}

impl World {
    fn new() -> Self {
        let tenant = Tenant::new(Options::default());
        let roles = ["User Administrator", "Privileged Authentication Administrator"];
        let identity = tenant.identity_with("offboard-user", ROLES, &roles);
        let token = tenant.token(&identity, "https://graph.microsoft.com");
        let config = Config::new("https://graph.microsoft.com", Arc::new(FixedToken::new(token)));
        Self { graph: Graph::over(config, in_process(tenant.router())), tenant }
    }

    async fn one<T: DeserializeOwned>(&self, read: Request) -> T {
        self.graph.send(read).await.unwrap().json().unwrap()
    }

    async fn all<T: DeserializeOwned>(&self, read: Request) -> Vec<T> {
        look::list(read, &self.graph).await.unwrap()
    }

    async fn person(&self, upn: &str) -> Account {
        self.one(account::read(&upn.parse::<UserKey>().unwrap())).await
    }

    async fn send(&self, change: &Change) {
        let sent = self.graph.send(change.send.graph().unwrap().clone()).await;
        sent.unwrap_or_else(|error| panic!("{}: {error}", change.says));
    }

    async fn proves(&self, proof: &Proof) -> bool {
        holds(
            &proof.test,
            self.graph.send(proof.read.graph().unwrap().clone()).await.map(|answer| answer.body),
        )
    }

    /// Sends it, reads that it holds, takes it back, and reads that too.
    async fn there_and_back(&self, change: Change) {
        let undo = change.undo.as_deref().unwrap_or_else(|| panic!("{} has no undo", change.says));
        assert!(!self.proves(&change.proof).await, "it is so before: {}", change.says);
        self.send(&change).await;
        assert!(self.proves(&change.proof).await, "it was done: {}", change.says);
        assert!(!self.proves(&undo.proof).await, "it is undone before: {}", undo.says);
        self.send(undo).await;
        assert!(self.proves(&undo.proof).await, "it was done: {}", undo.says);
        assert!(!self.proves(&change.proof).await, "it is still so: {}", change.says);
    }
}

fn holds(test: &Test, answer: Result<Value, Error>) -> bool {
    let (Ok(body) | Err(body)) = answer.map_err(|_| Value::Null);
    let list = |place: &str| body.pointer(place).and_then(Value::as_array).cloned().unwrap_or_default();
    match test {
        Test::Is(place, value) => body.pointer(place).is_some_and(|held| includes(held, value)),
        Test::Since(place, since) => {
            let at = body.pointer(place).and_then(Value::as_str).and_then(|at| at.parse::<Timestamp>().ok());
            at.is_some_and(|at| at >= *since)
        }
        Test::Has(place, item) => list(place).iter().any(|held| includes(held, item)),
        Test::Lacks(place, item) => !list(place).iter().any(|held| includes(held, item)),
        Test::There => !body.is_null(),
        Test::Gone => body.is_null(),
    }
}

fn includes(held: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(members) => members.iter().all(|(name, value)| includes(&held[name], value)),
        wanted => held == wanted,
    }
}

fn path(person: &Account) -> Path {
    look::path(person.id)
}

#[tokio::test(start_paused = true)]
async fn each_verb_of_the_directory_does_what_it_says_and_is_taken_back() {
    let world = World::new();
    let lidia = world.person("LidiaH@contoso.com").await;
    let lee = world.person("LeeG@contoso.com").await;
    let changes = [
        of_the_account(&world, &lidia).await,
        of_devices(&world, &lidia).await,
        of_groups(&world, &lidia).await,
        of_what_is_owned(&world, &lidia, &lee).await,
        of_roles_and_applications(&world, &lidia).await,
        of_licences(&world, &lidia).await,
    ];
    for change in changes.into_iter().flatten() {
        world.there_and_back(change).await;
    }
    let after = world.person("LidiaH@contoso.com").await;
    let seats = |person: &Account| {
        let mut seats: Vec<_> = person.assigned_licenses.iter().map(|licence| licence.sku_id).collect();
        seats.sort();
        seats
    };
    assert_eq!((after.account_enabled, seats(&after)), (lidia.account_enabled, seats(&lidia)));
}

async fn of_the_account(world: &World, lidia: &Account) -> Vec<Change> {
    let who = lidia.who();
    let manager: account::Reference = world.one(Request::get(path(lidia).then("manager"))).await;
    let leaves = "2026-03-31T17:00:00Z".parse().unwrap();
    vec![
        account::block(&who),
        account::leave_date(&who, leaves, None),
        manager::clear(&who, &manager),
        account::retire(&who),
    ]
}

async fn of_devices(world: &World, lidia: &Account) -> Vec<Change> {
    let devices: Vec<device::Device> = world.all(device::owned_by(path(lidia))).await;
    let changes: Vec<Change> =
        devices.iter().filter(|device| !device.is_linux()).map(device::disable).collect();
    assert_eq!((devices.len(), changes.len()), (5, 4));
    assert_eq!(devices.iter().filter(|device| device.is_hybrid()).count(), 1);
    changes
}

async fn of_groups(world: &World, lidia: &Account) -> Vec<Change> {
    let groups: Vec<group::Group> = world.all(group::joined_by(path(lidia))).await;
    let ours = groups.iter().filter(|group| group.barrier().is_none());
    let changes: Vec<Change> = ours.map(|group| group::leave(&lidia.who(), group)).collect();
    assert!(changes.len() > 30, "{}", changes.len());
    changes
}

async fn of_what_is_owned(world: &World, lidia: &Account, lee: &Account) -> Vec<Change> {
    let owned: Vec<owner::Owned> = world.all(owner::owned_by(path(lidia))).await;
    let mut changes = Vec::new();
    for owned in owned.iter().filter(|owned| owned.barrier().is_none()) {
        let owners: Vec<account::Reference> = world.all(owner::owners_of(owned).unwrap()).await;
        match owners.iter().any(|owner| owner.id == lee.id) {
            true => changes.extend(owner::remove(&lidia.who(), owned)),
            false => changes.extend(owner::add(&lee.who(), owned)),
        }
    }
    assert!(owned.iter().any(|owned| matches!(owned, owner::Owned::Application(_))), "{owned:?}");
    assert!(owned.iter().any(|owned| matches!(owned, owner::Owned::ServicePrincipal(_))), "{owned:?}");
    assert_eq!(changes.len(), owned.len());
    changes
}

async fn of_roles_and_applications(world: &World, lidia: &Account) -> Vec<Change> {
    let who = lidia.who();
    let allan = world.person("AllanD@contoso.com").await;
    let held: Vec<role::Assignment> = world.all(role::assignments_of(&allan.id)).await;
    let may_take: Vec<role::Eligibility> = world.all(role::eligibilities_of(&lidia.id)).await;
    let app_roles: Vec<app_role::Assignment> = world.all(app_role::of(path(lidia))).await;
    let grants: Vec<grant::Grant> = world.all(grant::of(path(lidia))).await;
    let application: Value = world.one(grant::application(&grants[0])).await;
    assert!(application["displayName"].is_string());
    let roles = held.iter().map(|held| role::take_away(&allan.who(), held));
    let eligibilities = may_take.iter().map(|may_take| role::end_eligibility(&who, may_take));
    let own = app_roles.iter().filter(|assignment| assignment.is_direct());
    let applications = own.map(|assignment| app_role::take_away(&who, assignment));
    let grants = grants.iter().filter(|grant| grant.is_own()).map(|grant| grant::withdraw(&who, grant, "it"));
    let changes: Vec<Change> = roles.chain(eligibilities).chain(applications).chain(grants).collect();
    assert!(changes.iter().any(|change| change.says.contains("Power Platform Administrator")));
    assert!(changes.len() >= 6, "{:?}", changes.iter().map(|change| &change.says).collect::<Vec<_>>());
    changes
}

async fn of_licences(world: &World, lidia: &Account) -> Vec<Change> {
    let skus: Vec<Sku> = world.all(licence::bought()).await;
    let direct = lidia.license_assignment_states.iter().filter(|state| state.assigned_by_group.is_none());
    let seats: Vec<(Sku, Vec<ServicePlanId>)> = direct
        .map(|state| {
            let sku = skus.iter().find(|sku| sku.sku_id == state.sku_id).unwrap();
            (sku.clone(), state.disabled_plans.clone())
        })
        .collect();
    assert!(seats.len() > 1);
    let (first, off) = &seats[0];
    vec![licence::take_back(&lidia.who(), first, off), licence::take_all(&lidia.who(), &seats)]
}

#[tokio::test(start_paused = true)]
async fn every_method_goes_and_the_default_one_last() {
    let world = World::new();
    let lidia = world.person("LidiaH@contoso.com").await;
    let methods: Vec<method::Method> = world.all(method::of(path(&lidia))).await;
    let removals: Vec<Change> =
        methods.iter().filter_map(|method| method::remove(&lidia.who(), method)).collect();
    assert_eq!(removals.len() + 1, methods.len());
    // All at once: the default one waits for the others.
    let sent = removals.iter().map(|change| world.graph.send(change.send.graph().unwrap().clone()));
    for (answer, change) in futures_util::future::join_all(sent).await.into_iter().zip(&removals) {
        answer.unwrap_or_else(|error| panic!("{}: {error}", change.says));
        assert!(world.proves(&change.proof).await, "{}", change.says);
    }
    let left: Vec<method::Method> = world.all(method::of(path(&lidia))).await;
    assert!(left.iter().all(method::Method::is_password), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reset_and_a_revocation_can_be_read_once_they_are_done() {
    for verb in [password::reset, session::revoke] {
        let world = World::new();
        let lidia = world.person("LidiaH@contoso.com").await;
        let change = verb(&lidia.who(), world.tenant.now().parse().unwrap());
        assert!(!world.proves(&change.proof).await, "it is so before: {}", change.says);
        world.send(&change).await;
        assert!(world.proves(&change.proof).await, "it was done: {}", change.says);
    }
}

#[tokio::test(start_paused = true)]
async fn a_successor_is_let_into_a_onedrive_and_shut_out_again() {
    let world = World::new();
    let (lidia, lee) =
        (world.person("LidiaH@contoso.com").await, world.person("LeeG@contoso.com").await.reference());
    let drive: drive::Drive = world.one(drive::of(path(&lidia))).await;
    let change = drive::let_in(&lidia.who(), &drive, &lee);
    assert!(!world.proves(&change.proof).await);
    world.send(&change).await;
    assert!(world.proves(&change.proof).await);
    let permissions: Vec<drive::Permission> = world.all(drive::let_into(&drive)).await;
    let made = permissions.iter().find(|permission| permission.lets_write(&lee.id)).unwrap();
    let undo = serde_json::to_string(&change.undo.unwrap()).unwrap().replace(MADE, &made.id);
    let undo: Change = serde_json::from_str(&undo).unwrap();
    world.send(&undo).await;
    assert!(world.proves(&undo.proof).await);
}

#[tokio::test(start_paused = true)]
async fn who_never_looked_at_a_onedrive_has_none() {
    let world = World::new();
    let ben = world.person("BenW@contoso.com").await;
    let error = world.graph.send(drive::of(path(&ben))).await.unwrap_err();
    assert!(error.is(Refusal::NoDrive), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_shares_no_roots_says_so() {
    let world = World::new();
    let mut state = world.tenant.state();
    state["sharing"] = json!({"invitesOnRoot": false});
    world.tenant.load(&state).unwrap();
    let (lidia, lee) = (world.person("LidiaH@contoso.com").await, world.person("LeeG@contoso.com").await);
    let drive: drive::Drive = world.one(drive::of(path(&lidia))).await;
    let invite = drive::let_in(&lidia.who(), &drive, &lee.reference()).send;
    let error = world.graph.send(invite.graph().unwrap().clone()).await.unwrap_err();
    assert!(error.is(Refusal::RootNotShared), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_answers_for_a_while_or_for_good_and_is_silent_again() {
    let world = World::new();
    let lidia = world.person("LidiaH@contoso.com").await;
    let now: Timestamp = world.tenant.now().parse().unwrap();
    let in_days = |days: i64| Timestamp::from_second(now.as_second() + days * 86_400).unwrap();
    for period in [None, Some(reply::Period { from: in_days(-1), until: in_days(30) })] {
        let was: reply::Setting = world.one(reply::of(path(&lidia))).await;
        assert!(!was.is_on(), "{was:?}");
        let reply = reply::Reply {
            internal: "Ask Lee.".into(),
            external: "Ask Contoso.".into(),
            audience: reply::Audience::All,
            period,
        };
        world.there_and_back(reply::set(&lidia.who(), &reply, &was)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_sends_mail_away_is_switched_off_and_on() {
    let world = World::new();
    let lidia = world.person("LidiaH@contoso.com").await;
    let rules: Vec<rule::Rule> = world.all(rule::of(path(&lidia))).await;
    let away: Vec<_> = rules.iter().filter(|rule| rule.sends_away()).collect();
    assert_eq!((away.len(), rules.len()), (1, 2), "{rules:?}");
    world.there_and_back(rule::switch_off(&lidia.who(), away[0])).await;
}

#[tokio::test(start_paused = true)]
async fn reports_are_found_by_their_manager() {
    let world = World::new();
    let lee = world.person("LeeG@contoso.com").await;
    let reports: Vec<account::Reference> = world.all(manager::reports_of(path(&lee))).await;
    let lidia: ObjectId = world.person("LidiaH@contoso.com").await.id;
    assert!(reports.iter().any(|report| report.id == lidia), "{reports:?}");
    let who = Who::known(lidia, "Lidia Holloway");
    let allan = world.person("AllanD@contoso.com").await;
    world.there_and_back(manager::set(&who, &allan.reference(), Some(&lee.reference()))).await;
}
