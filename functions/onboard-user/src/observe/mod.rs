//! How the facts are read: everything at once, so that it travels in one batch; what depends on who the person is comes in
//! a second.
//!
//! Nothing is decided on half of what there is: lists are read to their end, and what cannot be read is an error.

mod mail;

use directory::account::{self, Account};
use directory::group::{Group, joined_by};
use directory::licence::{self, Sku};
use directory::look::{Found, group, ids, list, one, optional, path, person};
use directory::{pass, role, sponsor, unit};
use futures_util::future::try_join_all;
use futures_util::try_join;
use graph::{Error, Graph, ObjectId, Path, Refusal, Request, UserKey};
use plan::Tenant;
use serde::Deserialize;

use crate::facts::{Domain, Facts, Held};
use crate::profile;
use crate::request::{Kind, NewHire};
use crate::{access, identity};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organization {
    verified_domains: Vec<Domain>,
}

/// Reads everything that the decision needs.
pub(crate) async fn everything(want: &NewHire, tenant: &Tenant) -> Result<Facts, Error> {
    let graph = &tenant.graph;
    let (domains, same, namesakes, manager, sponsors, skus, groups, unit, colleague) = try_join!(
        domains(graph),
        same(want, graph),
        namesakes(want, graph),
        optional(want.manager.as_deref().map(|name| person(name, &[], graph))),
        try_join_all(want.sponsors.iter().map(|name| person(name, &[], graph))),
        skus(want, graph),
        try_join_all(want.groups.iter().map(|name| group(name, graph))),
        optional(want.administrative_unit.as_deref().map(|name| list(unit::called(name), graph))),
        optional(want.copy_from.as_ref().map(|from| person(&from.user, &[], graph))),
    )?;
    let mut facts = Facts {
        now: tenant.clock.now(),
        domains,
        same: recognised(want, same, &namesakes, graph).await?,
        namesakes,
        manager,
        sponsors,
        skus,
        groups,
        unit: unit.map(Found::of),
        colleague,
        colleagues_groups: Vec::new(),
        held: None,
        mail: None,
    };
    let existing = identity::existing(want, &facts).ok().flatten().map(|account| account.id);
    (facts.held, facts.colleagues_groups) = try_join!(
        optional(existing.map(|id| held(want, id, graph))),
        colleagues_groups(want, &facts, graph)
    )?;
    let asks_exchange = crate::mail::is_asked(want) || access::joins_list(&facts);
    facts.mail = optional(asks_exchange.then(|| self::mail::everything(want, existing, tenant))).await?;
    Ok(facts)
}

async fn domains(graph: &Graph) -> Result<Vec<Domain>, Error> {
    let read = Request::get(Path::new("/organization")).select(&["verifiedDomains"]);
    let organizations: Vec<Organization> = list(read, graph).await?;
    Ok(organizations.into_iter().flat_map(|organization| organization.verified_domains).collect())
}

async fn same(want: &NewHire, graph: &Graph) -> Result<Vec<Account>, Error> {
    let compared = profile::compared(want);
    let more: Vec<&str> = compared.iter().map(String::as_str).collect();
    list(with_manager(account::with_employee_id(&want.employee_id, &more)), graph).await
}

/// Replicas disagree: an account that one of them knows by its employee id may be known to another by its name only.
async fn recognised(
    want: &NewHire,
    same: Vec<Account>,
    namesakes: &[Account],
    graph: &Graph,
) -> Result<Vec<Account>, Error> {
    let unseen = identity::unseen(want, &same, namesakes);
    match (same.as_slice(), unseen.as_slice()) {
        ([], [account]) => {
            let compared = profile::compared(want);
            let properties: Vec<&str> =
                account::SELECT.iter().copied().chain(compared.iter().map(String::as_str)).collect();
            let read = Request::get(path(account.id)).select(&properties).not_yet(&[Refusal::NotFound]);
            Ok(vec![graph.send(with_manager(read)).await?.json()?])
        }
        _ => Ok([same, unseen].concat()),
    }
}

fn with_manager(read: Request) -> Request {
    read.query("$expand", "manager($select=id,displayName)")
}

async fn namesakes(want: &NewHire, graph: &Graph) -> Result<Vec<Account>, Error> {
    let stems = identity::stems(want).map_err(|flaw| Error::failed(flaw.says, None))?;
    list(account::named_like(&stems), graph).await
}

async fn skus(want: &NewHire, graph: &Graph) -> Result<Vec<Sku>, Error> {
    // Groups hand out licences too, which is known only once they are read; and a mailbox hangs on one.
    let is_named = !(want.licences.is_empty() && want.groups.is_empty() && want.copy_from.is_none());
    match is_named || crate::mail::is_asked(want) {
        true => list(licence::bought(), graph).await,
        false => Ok(Vec::new()),
    }
}

async fn held(want: &NewHire, id: ObjectId, graph: &Graph) -> Result<Held, Error> {
    let (standing, sponsors, units, passes) = try_join!(
        standing(id, graph),
        ids_if(!want.sponsors.is_empty(), sponsor::of(path(id)), graph),
        ids_if(want.administrative_unit.is_some(), unit::of(path(id)), graph),
        ids_if(want.temporary_access_pass.is_some(), pass::of(path(id)), graph),
    )?;
    Ok(Held { sponsors, units, has_pass: !passes.is_empty(), ..standing })
}

/// What the guard-rails ask about an account.
async fn standing(id: ObjectId, graph: &Graph) -> Result<Held, Error> {
    let (groups, roles) =
        try_join!(list::<Group>(joined_by(path(id)), graph), ids(role::held_by(path(id)), graph),)?;
    let holds_role =
        !roles.is_empty() || groups.iter().any(|group| group.is_assignable_to_role == Some(true));
    Ok(Held { groups, holds_role, ..Held::default() })
}

/// The account that a run came to, if it is still there.
pub(crate) async fn account(id: ObjectId, tenant: &Tenant) -> Result<Found<(Account, Held)>, Error> {
    match one::<Account>(account::read(&UserKey::Id(id)), &tenant.graph).await? {
        Found::One(account) => Ok(Found::One((account, standing(id, &tenant.graph).await?))),
        Found::None | Found::Many(_) => Ok(Found::None),
    }
}

async fn colleagues_groups(want: &NewHire, facts: &Facts, graph: &Graph) -> Result<Vec<Group>, Error> {
    match facts.colleague.as_ref().and_then(Found::one) {
        Some(colleague) if want.copies(Kind::Groups) => list(joined_by(path(colleague.id)), graph).await,
        _ => Ok(Vec::new()),
    }
}

async fn ids_if(wanted: bool, read: Request, graph: &Graph) -> Result<Vec<ObjectId>, Error> {
    if wanted { ids(read, graph).await } else { Ok(Vec::new()) }
}
