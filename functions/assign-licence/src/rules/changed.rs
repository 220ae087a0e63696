//! Looks at those alone who have changed since the last time (Microsoft Graph, "Use delta query to track changes").
//!
//! A delta query tells who has changed, and not how they stand: it does not know where a licence comes from. So each of them
//! is read. Who comes into a group or leaves it has not changed as an account, so the groups that rules name are asked too.

use std::collections::{BTreeMap, BTreeSet};

use directory::account::{self, Account};
use directory::look::{Found as Lookup, one};
use futures_util::{StreamExt, TryStreamExt, stream};
use graph::{Error, Graph, ObjectId, Path, Request, UserKey, odata};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition::ATTRIBUTES;
use super::resolve::Resolved;
use super::{Found, Looked};
use crate::observe::{Belongs, belongs_if_there};

/// Of how many each is read; of more than that reading everybody is quicker.
const MOST: usize = 2_000;

/// How many are read at once; they travel in common batches.
const AT_ONCE: usize = 40;

/// Whose change matters beside that of an attribute.
const TRACKED: &[&str] = &["accountEnabled", "usageLocation", "assignedLicenses"];

/// Where the next round of delta queries begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Links {
    users: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    groups: Option<String>,
}

impl Links {
    /// From now on.
    pub(crate) async fn from_now(rules: &Resolved, graph: &Graph) -> Result<Self, Error> {
        let nothing = |request: Request| graph.delta(request.query("$deltatoken", "latest"), drop::<Value>);
        let users = nothing(users()).await?;
        let groups = match rules.groups.as_slice() {
            [] => None,
            named => Some(nothing(groups(named)).await?),
        };
        Ok(Self { users, groups })
    }
}

fn users() -> Request {
    let select: Vec<&str> = TRACKED.iter().chain(ATTRIBUTES).copied().collect();
    Request::get(Path::new("/users/delta")).select(&select)
}

fn groups(named: &[ObjectId]) -> Request {
    let filter = odata::or(named.iter().map(|group| odata::eq("id", &group.to_string())));
    Request::get(Path::new("/groups/delta")).select(&["members"]).filter(&filter)
}

/// Those who have changed since, and those who were waiting. Nothing, if that cannot be told any more or they are too many:
/// then everybody has to be looked at.
pub(crate) async fn look(
    since: &Links,
    waiting: &BTreeSet<ObjectId>,
    rules: &Resolved,
    graph: &Graph,
) -> Result<Option<Found>, Error> {
    let Some(changes) = Changes::since(since, graph).await? else { return Ok(None) };
    let ids: BTreeSet<ObjectId> =
        changes.accounts.iter().chain(&changes.members).chain(waiting).copied().collect();
    if ids.len() > MOST {
        return Ok(None);
    }
    let read = stream::iter(ids).map(|id| read(id, graph)).buffered(AT_ONCE);
    let read: Vec<(Account, Belongs)> = read.try_filter_map(async |found| Ok(found)).try_collect().await?;
    let links = changes.links_after(since, &read);
    let (mut looked, mut known) = (Looked::default(), BTreeMap::new());
    for (account, belongs) in read {
        let groups = belongs.0.iter().map(|group| group.id).filter(|id| rules.groups.contains(id)).collect();
        known.insert(account.id, belongs);
        looked.at(account, &groups, rules);
    }
    Ok(Some(Found { looked, links, known }))
}

/// What has changed since.
struct Changes {
    /// Accounts that are there and have changed.
    accounts: BTreeSet<ObjectId>,
    /// Who came into a group, or left it.
    members: BTreeSet<ObjectId>,
    links: Links,
}

impl Changes {
    /// Nothing, if a link will not do any more.
    async fn since(since: &Links, graph: &Graph) -> Result<Option<Self>, Error> {
        let (mut accounts, mut members) = (BTreeSet::new(), BTreeSet::new());
        let Some(users) = round(graph, &since.users, |user| tell(&user, &mut accounts)).await? else {
            return Ok(None);
        };
        let groups = match &since.groups {
            Some(link) => round(graph, link, |group| members.extend(accounts_of(&group))).await?,
            None => None,
        };
        let is_lost = since.groups.is_some() && groups.is_none();
        Ok((!is_lost).then_some(Self { accounts, members, links: Links { users, groups } }))
    }

    /// Where the next round begins: as before, where somebody who has changed cannot be read yet (a replica that lags), so that
    /// they are told again.
    fn links_after(self, since: &Links, read: &[(Account, Belongs)]) -> Links {
        let there: BTreeSet<ObjectId> = read.iter().map(|(account, _)| account.id).collect();
        if self.accounts.is_subset(&there) { self.links } else { since.clone() }
    }
}

/// Of the same account the last word counts: it may be gone, and back.
fn tell(user: &Value, accounts: &mut BTreeSet<ObjectId>) {
    let Some(id) = told(user) else { return };
    match user.get("@removed") {
        Some(_) => accounts.remove(&id),
        None => accounts.insert(id),
    };
}

/// The accounts among the members that a change of a group tells of.
fn accounts_of(group: &Value) -> Vec<ObjectId> {
    let members = group["members@delta"].as_array().into_iter().flatten();
    members.filter(|member| is_user(member)).filter_map(told).collect()
}

/// One round, told to its end; nothing, if the link is too old.
async fn round(graph: &Graph, link: &str, tell: impl FnMut(Value) + Send) -> Result<Option<String>, Error> {
    let Some(request) = graph.link(link) else { return Ok(None) };
    match graph.delta(request, tell).await {
        Ok(next) => Ok(Some(next)),
        Err(error) if error.status() == Some(410) => Ok(None),
        Err(error) => Err(error),
    }
}

fn told(item: &Value) -> Option<ObjectId> {
    item["id"].as_str()?.parse().ok()
}

fn is_user(member: &Value) -> bool {
    member["@odata.type"].as_str().is_none_or(|kind| kind.ends_with("user"))
}

/// Somebody and what they belong to; nothing, if they are gone, or not there yet.
async fn read(id: ObjectId, graph: &Graph) -> Result<Option<(Account, Belongs)>, Error> {
    let account = one::<Account>(account::read_with(&UserKey::Id(id), ATTRIBUTES), graph);
    let Lookup::One(account) = account.await? else { return Ok(None) };
    let belongs = belongs_if_there(id, graph).await?;
    Ok(belongs.map(|belongs| (account, belongs)))
}
