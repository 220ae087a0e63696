//! Looks at everybody, page by page. What is kept is who differs, and of the groups that rules name who is in them: sixteen
//! bytes each.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use directory::account::Account;
use futures_util::TryStreamExt;
use graph::{Error, Graph, ObjectId, Path, Request};
use serde::Deserialize;

use super::changed::Links;
use super::condition::ATTRIBUTES;
use super::resolve::Resolved;
use super::{Found, Looked};
use crate::many::{SELECT, unreadable};

/// Everybody, and how to hear next time of who has changed: that is asked for first, so that nobody falls between.
pub(crate) async fn look(rules: &Resolved, graph: &Graph) -> Result<Found, Error> {
    let links = Links::from_now(rules, graph).await?;
    let members = Members::read(&rules.groups, graph).await?;
    let mut looked = Looked::default();
    let mut users = std::pin::pin!(graph.pages(everybody()));
    while let Some(user) = users.try_next().await? {
        let account: Account = serde_json::from_value(user).map_err(unreadable)?;
        let groups = members.of(&account.id);
        looked.at(account, &groups, rules);
    }
    Ok(Found { looked, links, known: BTreeMap::new() })
}

fn everybody() -> Request {
    let select: Vec<&str> = SELECT.iter().chain(ATTRIBUTES).copied().collect();
    Request::get(Path::new("/users")).select(&select).query("$top", "999")
}

/// Who is in which of the groups that rules name.
struct Members(BTreeMap<ObjectId, HashSet<ObjectId>>);

impl Members {
    async fn read(groups: &[ObjectId], graph: &Graph) -> Result<Self, Error> {
        let mut read = BTreeMap::new();
        for group in groups {
            read.insert(*group, members(group, graph).await?);
        }
        Ok(Self(read))
    }

    /// The groups that an account is in.
    fn of(&self, account: &ObjectId) -> BTreeSet<ObjectId> {
        self.0.iter().filter(|(_, members)| members.contains(account)).map(|(group, _)| *group).collect()
    }
}

/// The accounts that are direct members of a group.
async fn members(group: &ObjectId, graph: &Graph) -> Result<HashSet<ObjectId>, Error> {
    #[derive(Deserialize)]
    struct Member {
        id: ObjectId,
    }
    let path = Path::new("/groups").then(&group.to_string()).then("members").then("microsoft.graph.user");
    let pages = graph.pages(Request::get(path).select(&["id"]).query("$top", "999"));
    let id = |member| serde_json::from_value::<Member>(member).map(|member| member.id).map_err(unreadable);
    pages.and_then(async |member| id(member)).try_collect().await
}
