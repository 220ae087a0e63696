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
use crate::observe::{Belongs, belongs};

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
    let mut changed = waiting.clone();
    let Some(users) = round(graph, &since.users, |user| changed.extend(told(&user))).await? else {
        return Ok(None);
    };
    let groups = match &since.groups {
        None => None,
        Some(link) => {
            let members = |group: Value| {
                let members = group["members@delta"].as_array().into_iter().flatten();
                changed.extend(members.filter(|member| is_user(member)).filter_map(told));
            };
            match round(graph, link, members).await? {
                Some(link) => Some(link),
                None => return Ok(None),
            }
        }
    };
    if changed.len() > MOST {
        return Ok(None);
    }
    let read = stream::iter(changed).map(|id| read(id, graph)).buffered(AT_ONCE);
    let read: Vec<_> = read.try_collect().await?;
    let (mut looked, mut known) = (Looked::default(), BTreeMap::new());
    for (account, belongs) in read.into_iter().flatten() {
        let groups = belongs.0.iter().map(|group| group.id).filter(|id| rules.groups.contains(id)).collect();
        known.insert(account.id, belongs);
        looked.at(account, &groups, rules);
    }
    Ok(Some(Found { looked, links: Links { users, groups }, known }))
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

/// Somebody and what they belong to; nothing, if they are gone.
async fn read(id: ObjectId, graph: &Graph) -> Result<Option<(Account, Belongs)>, Error> {
    let read = one::<Account>(account::read_with(&UserKey::Id(id), ATTRIBUTES), graph);
    let Lookup::One(account) = read.await? else { return Ok(None) };
    let belongs = belongs(id, graph).await?;
    Ok(Some((account, belongs)))
}
