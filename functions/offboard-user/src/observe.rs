//! How the facts are read: what must not wait in one batch; the rest in the next. Roles are listed by object id alone, so of who
//! was named otherwise they take a batch of their own, as soon as the id is known; in haste only if a guard-rail asks.
//!
//! Nothing is decided on half of what there is: lists are read to their end, and what cannot be read is an error. The one
//! exception is what only some tenants have; that it could not be seen is a fact, and told.

mod mailbox;

use directory::account::{self, Account};
use directory::device::{self, Device};
use directory::grant::{self, Grant};
use directory::group::{self, Group};
use directory::licence;
use directory::look::{Found, Person, ids, list, one, optional, path, person};
use directory::owner::{self, Owned};
use directory::role::{Assignment, Eligibility};
use directory::{app_role, drive, manager, method, password, role};
use futures_util::future::{Either, select, try_join_all};
use futures_util::try_join;
use graph::{Error, Graph, ObjectId, Path, Refusal, Request, UserKey};
use plan::{Standing, Tenant};
use serde::Deserialize;

use crate::facts::{Facts, Quick, Rest};
use crate::request::{Leaver, Mode};
use crate::start::{is_due, subject};
use crate::when::When;

/// What is read of the leaver beyond what is read of anybody.
const MORE: &[&str] = &["employeeLeaveDateTime", "mobilePhone", password::PROFILE];

/// Reads what must not wait, in haste: roles that would take a batch of their own are looked for only if a guard-rail asks.
pub(crate) async fn quick(want: &Leaver, tenant: &Tenant) -> Result<Quick, Error> {
    look(want, tenant, tenant.protects_roles).await
}

async fn look(want: &Leaver, tenant: &Tenant, every_role: bool) -> Result<Quick, Error> {
    let graph = &tenant.graph;
    let (leaver, named_successor) = try_join!(
        leaver(want, every_role, graph),
        optional(want.successor.as_deref().map(|name| person(name, &[], graph))),
    )?;
    let (leaver, about) = leaver;
    let manager = leaver.one().and_then(|account| account.manager.clone());
    let About { groups, roles, devices, reports, zone } = about;
    let is_in_line = groups.iter().any(|group| group.is_assignable_to_role == Some(true));
    Ok(Quick {
        now: tenant.clock.now(),
        leaver,
        manager,
        named_successor,
        zone,
        groups,
        holds_role: roles.are_held || is_in_line,
        may_take_role: roles.may_be_taken,
        devices,
        reports,
    })
}

/// What is known about somebody besides the account.
#[derive(Default)]
struct About {
    groups: Vec<Group>,
    roles: Roles,
    devices: Vec<Device>,
    reports: Vec<account::Reference>,
    zone: Option<String>,
}

/// Whether there are roles; which ones, only the thorough look tells.
#[derive(Clone, Copy, Default)]
struct Roles {
    are_held: bool,
    may_be_taken: bool,
}

/// Everything travels together if the leaver was named by object id; all but the roles if by what can stand in a path. Where
/// there is nobody of that name, nobody waits for the others.
async fn leaver(want: &Leaver, every_role: bool, graph: &Graph) -> Result<(Found<Account>, About), Error> {
    let Person::Key(key) = Person::from(want.user.as_str()) else {
        let leaver = person(&want.user, MORE, graph).await?;
        let Found::One(Account { id, .. }) = &leaver else { return Ok((leaver, About::default())) };
        let read = with_manager(account::read_with(&UserKey::Id(*id), MORE));
        let (leaver, about, roles) =
            try_join!(one(read, graph), about(want, path(*id), graph), roles(id, graph))?;
        return Ok((leaver, About { roles, ..about }));
    };
    let id = if let UserKey::Id(id) = &key { Some(*id) } else { None };
    let around = async {
        try_join!(about(want, Path::user(&key), graph), optional(id.as_ref().map(|id| roles(id, graph))))
    };
    let account = one::<Account>(with_manager(account::read_with(&key, MORE)), graph);
    let (leaver, around) = match select(Box::pin(account), Box::pin(around)).await {
        Either::Left((leaver, around)) => match leaver? {
            Found::One(account) => (Found::One(account), around.await?),
            nobody => return Ok((nobody, About::default())),
        },
        Either::Right((around, leaver)) => (leaver.await?, around?),
    };
    let (about, known) = around;
    let roles = match (known, leaver.one()) {
        (Some(roles), _) => roles,
        (None, Some(account)) if every_role => roles(&account.id, graph).await?,
        (None, _) => Roles::default(),
    };
    Ok((leaver, About { roles, ..about }))
}

/// Every role that somebody holds is among the assignments: those within an administrative unit, and the organisation's own,
/// are no memberships ("List unifiedRoleAssignments"). Whoever may take one is as much of an administrator.
async fn roles(id: &ObjectId, graph: &Graph) -> Result<Roles, Error> {
    let (held, eligible) = try_join!(
        list::<Assignment>(role::assignments_of(id), graph),
        seen(list::<Eligibility>(role::eligibilities_of(id), graph)),
    )?;
    let may_be_taken = eligible.is_some_and(|eligible| !eligible.is_empty());
    Ok(Roles { are_held: !held.is_empty(), may_be_taken })
}

async fn about(want: &Leaver, account: Path, graph: &Graph) -> Result<About, Error> {
    let is_local = matches!(want.at, Some(When::Local(_)));
    let (groups, devices, reports, zone) = try_join!(
        list::<Group>(group::joined_by(account.clone()), graph),
        list::<Device>(device::owned_by(account.clone()), graph),
        list(manager::reports_of(account.clone()), graph),
        optional(is_local.then(|| zone(account, graph))),
    )?;
    Ok(About { groups, roles: Roles::default(), devices, reports, zone: zone.flatten() })
}

fn with_manager(read: Request) -> Request {
    read.query("$expand", "manager($select=id,displayName,accountEnabled)")
}

/// The time zone of the mailbox; none where there is no mailbox.
async fn zone(account: Path, graph: &Graph) -> Result<Option<String>, Error> {
    #[derive(Deserialize)]
    struct Zone {
        value: Option<String>,
    }
    let read = Request::get(account.then("mailboxSettings").then("timeZone"));
    match graph.send(read).await {
        Ok(answer) => answer.json::<Zone>().map(|zone| zone.value),
        Err(error) if error.is(Refusal::NoMailbox) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads everything that the decision needs.
pub(crate) async fn everything(want: &Leaver, tenant: &Tenant) -> Result<Facts, Error> {
    let quick = look(want, tenant, true).await?;
    let rest = match quick.account() {
        Some(account) if is_due(want, &quick) => {
            Some(Box::pin(rest(want, &quick, account.id, tenant)).await?)
        }
        _ => None,
    };
    Ok(Facts { quick, rest })
}

async fn rest(want: &Leaver, quick: &Quick, id: ObjectId, tenant: &Tenant) -> Result<Rest, Error> {
    let graph = &tenant.graph;
    if want.mode == Mode::Move {
        return Ok(Rest { skus: list(licence::bought(), graph).await?, ..Rest::default() });
    }
    let successor = quick.successor();
    let mail = Box::pin(mailbox::mail(want, successor.as_ref(), id, tenant));
    if want.mode == Mode::Absence {
        return Ok(Rest { mail: mail.await?, ..Rest::default() });
    }
    let (methods, roles, eligibilities, app_roles, grants, (owned, successor_in), skus, drive, mail) = try_join!(
        list(method::of(path(id)), graph),
        list(role::assignments_of(&id), graph),
        seen(list(role::eligibilities_of(&id), graph)),
        app_roles(id, graph),
        grants(id, graph),
        owned(id, successor.as_ref(), graph),
        list(licence::bought(), graph),
        drive(id, graph),
        mail,
    )?;
    Ok(Rest { methods, roles, eligibilities, app_roles, grants, owned, successor_in, skus, drive, mail })
}

/// What only some tenants have, or let us see.
async fn seen<T>(read: impl Future<Output = Result<T, Error>>) -> Result<Option<T>, Error> {
    match read.await {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.is(Refusal::PremiumNeeded) || error.is_denied() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn grants(id: ObjectId, graph: &Graph) -> Result<Vec<(Grant, String)>, Error> {
    let mut grants: Vec<Grant> = list(grant::of(path(id)), graph).await?;
    grants.retain(Grant::is_own);
    let named = grants.into_iter().map(|grant| async move {
        let application = one::<account::Reference>(grant::application(&grant), graph).await?;
        let name = application.one().map_or_else(|| grant.client_id.to_string(), account::Reference::name);
        Ok((grant, name))
    });
    try_join_all(named).await
}

/// An application that does not tell what its roles are called has them called by their ids.
async fn app_roles(id: ObjectId, graph: &Graph) -> Result<Vec<app_role::Assignment>, Error> {
    let assignments: Vec<app_role::Assignment> = list(app_role::of(path(id)), graph).await?;
    let named = assignments.into_iter().map(|assignment| async move {
        if !assignment.is_role() {
            return Ok(assignment);
        }
        let offer = one::<app_role::Offer>(app_role::offered(&assignment), graph).await?;
        Ok(assignment.called_as_in(offer.one().unwrap_or(&app_role::Offer::default())))
    });
    try_join_all(named).await
}

/// What the leaver owns with its owners; and, where a team is among it, the groups that the successor is in.
async fn owned(
    id: ObjectId,
    successor: Option<&account::Reference>,
    graph: &Graph,
) -> Result<(Vec<(Owned, Vec<account::Reference>)>, Vec<ObjectId>), Error> {
    let owned: Vec<Owned> = list(owner::owned_by(path(id)), graph).await?;
    let has_team = owned.iter().any(|owned| matches!(owned, Owned::Group(group) if group.is_team()));
    let successor = successor.filter(|_| has_team);
    let joined = optional(successor.map(|successor| ids(group::joined_by(path(successor.id)), graph)));
    let owners = try_join_all(owned.iter().map(|owned| async move {
        match owner::owners_of(owned) {
            Some(read) => list(read, graph).await,
            None => Ok(Vec::new()),
        }
    }));
    let (owners, joined) = try_join!(owners, joined)?;
    Ok((owned.into_iter().zip(owners).collect(), joined.unwrap_or_default()))
}

async fn drive(id: ObjectId, graph: &Graph) -> Result<Option<(drive::Drive, Vec<drive::Permission>)>, Error> {
    let found = match one::<drive::Drive>(drive::of(path(id)), graph).await {
        Err(error) if error.is(Refusal::NoDrive) => Found::None,
        found => found?,
    };
    let Found::One(drive) = found else { return Ok(None) };
    let let_in = list(drive::let_into(&drive), graph).await?;
    Ok(Some((drive, let_in)))
}

/// What the guard-rails ask about an account before a run about it is taken back; nothing where it is gone.
pub(crate) async fn standing(id: ObjectId, tenant: &Tenant) -> Result<Option<Standing>, Error> {
    let want = Leaver::of(id);
    let have = look(&want, tenant, true).await?;
    Ok(have.account().map(|account| Standing { subject: subject(account, &have), findings: Vec::new() }))
}
