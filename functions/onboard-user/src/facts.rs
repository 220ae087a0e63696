//! What must be known to decide, and how it is read: everything at once, so that it travels in one batch; what depends on
//! who the person is comes in a second.

use directory::account::{self, Account};
use directory::group::{self, Group};
use directory::licence::{self, Sku};
use directory::unit::{self, Unit};
use directory::{pass, sponsor};
use futures_util::future::{OptionFuture, try_join_all};
use futures_util::try_join;
use graph::{Error, Graph, ObjectId, Path, Refusal, Request, UserKey};
use jiff::Timestamp;
use plan::Tenant;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::identity;
use crate::request::{NewHire, Person};

/// What must be known to decide.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: Timestamp,
    /// The domains that names may be in.
    pub domains: Vec<Domain>,
    /// The accounts with this employee id: one at most, in a tenant in good order.
    pub same: Vec<Account>,
    /// The accounts that hold a name beginning like the wanted one.
    pub namesakes: Vec<Account>,
    /// The manager.
    pub manager: Option<Found<Account>>,
    /// The sponsors, in the order of the request.
    pub sponsors: Vec<Found<Account>>,
    /// What the tenant has bought; read only if licences are wanted.
    pub skus: Vec<Sku>,
    /// The groups, in the order of the request.
    pub groups: Vec<Found<Group>>,
    /// The administrative unit.
    pub unit: Option<Found<Unit>>,
    /// The colleague whose access to copy.
    pub colleague: Option<Found<Account>>,
    /// The groups of that colleague.
    pub colleagues_groups: Vec<Group>,
    /// What the account holds, if it exists.
    pub held: Option<Held>,
}

/// What a name of the caller's turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<T> {
    /// This.
    One(T),
    /// Nothing of that name.
    None,
    /// Several things.
    Many(Vec<T>),
}

/// A verified domain of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// `Managed` or `Federated`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}

/// What the account holds, if it exists.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Its groups.
    pub groups: Vec<Group>,
    /// Its manager.
    pub manager: Option<ObjectId>,
    /// Its sponsors.
    pub sponsors: Vec<ObjectId>,
    /// Its administrative units.
    pub units: Vec<ObjectId>,
    /// Whether it has, or had, a Temporary Access Pass.
    pub has_pass: bool,
}

#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Identified {
    id: ObjectId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organization {
    verified_domains: Vec<Domain>,
}

/// Reads everything that the decision needs.
pub(crate) async fn observe(want: &NewHire, tenant: &Tenant) -> Result<Facts, Error> {
    let graph = &tenant.graph;
    let (domains, same, namesakes, manager, sponsors, skus, groups, unit, colleague) = try_join!(
        domains(graph),
        same(want, graph),
        namesakes(want, graph),
        optional(want.manager.as_deref().map(|name| person(name, graph))),
        try_join_all(want.sponsors.iter().map(|name| person(name, graph))),
        skus(want, graph),
        try_join_all(want.groups.iter().map(|name| group(name, graph))),
        optional(want.administrative_unit.as_deref().map(|name| list(unit::called(name), graph))),
        optional(want.copy_from.as_ref().map(|from| person(&from.user, graph))),
    )?;
    let unit = unit.map(Found::of);
    let same = recognised(want, same, &namesakes, graph).await?;
    let mut facts = Facts {
        now: tenant.clock.now(),
        domains,
        same,
        namesakes,
        manager,
        sponsors,
        skus,
        groups,
        unit,
        colleague,
        colleagues_groups: Vec::new(),
        held: None,
    };
    let (held, colleagues_groups) = try_join!(held(want, &facts, graph), colleagues_groups(&facts, graph))?;
    (facts.held, facts.colleagues_groups) = (held, colleagues_groups);
    Ok(facts)
}

async fn domains(graph: &Graph) -> Result<Vec<Domain>, Error> {
    let read = Request::get(Path::new("/organization")).select(&["verifiedDomains"]);
    let organizations: Vec<Organization> = list(read, graph).await?;
    Ok(organizations.into_iter().flat_map(|organization| organization.verified_domains).collect())
}

async fn same(want: &NewHire, graph: &Graph) -> Result<Vec<Account>, Error> {
    let read = account::with_employee_id(
        &want.employee_id,
        &compared(want).iter().map(String::as_str).collect::<Vec<_>>(),
    );
    list(read.query("$expand", "manager($select=id)"), graph).await
}

/// The profile is compared, so it is read too.
fn compared(want: &NewHire) -> Vec<String> {
    let names = ["givenName", "surname"].map(str::to_owned);
    let leave_date = want.profile.employee_leave_date_time.map(|_| "employeeLeaveDateTime".to_owned());
    names
        .into_iter()
        .chain(leave_date)
        .chain(want.profile.properties().into_iter().map(|(name, _)| name))
        .collect()
}

/// Replicas disagree: an account that one of them knows by its employee id may be known to another by its name only.
async fn recognised(
    want: &NewHire,
    same: Vec<Account>,
    namesakes: &[Account],
    graph: &Graph,
) -> Result<Vec<Account>, Error> {
    let known = namesakes.iter().find(|account| account.employee_id.as_ref() == Some(&want.employee_id));
    match known {
        Some(account) if same.is_empty() => {
            let more = compared(want);
            let properties: Vec<&str> =
                account::SELECT.iter().copied().chain(more.iter().map(String::as_str)).collect();
            let read = Request::get(Path::user(&UserKey::Id(account.id)))
                .select(&properties)
                .query("$expand", "manager($select=id)")
                .not_yet(&[Refusal::NotFound]);
            Ok(vec![graph.send(read).await?.json()?])
        }
        _ => Ok(same),
    }
}

async fn namesakes(want: &NewHire, graph: &Graph) -> Result<Vec<Account>, Error> {
    let stems = identity::stems(want).map_err(|flaw| Error::failed(flaw.says, None))?;
    list(account::named_like(&stems), graph).await
}

async fn skus(want: &NewHire, graph: &Graph) -> Result<Vec<Sku>, Error> {
    if want.licences.is_empty() && want.copy_from.is_none() {
        return Ok(Vec::new());
    }
    list(licence::bought(), graph).await
}

async fn person(name: &str, graph: &Graph) -> Result<Found<Account>, Error> {
    match Person::from(name) {
        Person::Key(key) => one(account::read(&key), graph).await,
        Person::EmployeeId(id) => list(account::with_employee_id(&id, &[]), graph).await.map(Found::of),
    }
}

async fn group(name: &str, graph: &Graph) -> Result<Found<Group>, Error> {
    match name.parse() {
        Ok(id) => one(group::read(&id), graph).await,
        Err(_) => list(group::named(name), graph).await.map(Found::of),
    }
}

/// What the account holds already. Whose account it is, is decided as the plan decides it.
async fn held(want: &NewHire, facts: &Facts, graph: &Graph) -> Result<Option<Held>, Error> {
    let Ok(Some(account)) = identity::existing(want, facts) else { return Ok(None) };
    let path = || Path::user(&UserKey::Id(account.id));
    let (groups, sponsors, units, passes) = try_join!(
        list::<Group>(group::joined_by(path()), graph),
        ids(!want.sponsors.is_empty(), sponsor::of(path()), graph),
        ids(want.administrative_unit.is_some(), unit::of(path()), graph),
        ids(want.temporary_access_pass.is_some(), pass::of(path()), graph),
    )?;
    Ok(Some(Held {
        groups,
        manager: account.manager.as_ref().map(|manager| manager.id),
        sponsors,
        units,
        has_pass: !passes.is_empty(),
    }))
}

async fn colleagues_groups(facts: &Facts, graph: &Graph) -> Result<Vec<Group>, Error> {
    match &facts.colleague {
        Some(Found::One(colleague)) => {
            list(group::joined_by(Path::user(&UserKey::Id(colleague.id))), graph).await
        }
        _ => Ok(Vec::new()),
    }
}

async fn ids(wanted: bool, read: Request, graph: &Graph) -> Result<Vec<ObjectId>, Error> {
    if !wanted {
        return Ok(Vec::new());
    }
    Ok(list::<Identified>(read, graph).await?.into_iter().map(|object| object.id).collect())
}

async fn optional<T>(read: Option<impl Future<Output = Result<T, Error>>>) -> Result<Option<T>, Error> {
    OptionFuture::from(read).await.transpose()
}

/// One object, or none if Graph says 404.
async fn one<T: DeserializeOwned>(read: Request, graph: &Graph) -> Result<Found<T>, Error> {
    match graph.send(read).await {
        Ok(answer) => answer.json().map(Found::One),
        Err(error) if error.is_not_found() => Ok(Found::None),
        Err(error) => Err(error),
    }
}

/// A list that fits on one page. One that does not is an error: nothing is decided on half of what there is.
async fn list<T: DeserializeOwned>(read: Request, graph: &Graph) -> Result<Vec<T>, Error> {
    let page: Page<T> = graph.send(read).await?.json()?;
    match page.next {
        None => Ok(page.value),
        Some(_) => {
            Err(Error::failed("there are more than 999 of what was asked for: ask more precisely", None))
        }
    }
}

impl<T> Found<T> {
    fn of(mut list: Vec<T>) -> Self {
        match (list.len(), list.pop()) {
            (1, Some(one)) => Self::One(one),
            (_, None) => Self::None,
            (_, Some(last)) => {
                list.push(last);
                Self::Many(list)
            }
        }
    }

    /// The one, if there is one.
    pub fn one(&self) -> Option<&T> {
        match self {
            Self::One(one) => Some(one),
            Self::None | Self::Many(_) => None,
        }
    }
}
