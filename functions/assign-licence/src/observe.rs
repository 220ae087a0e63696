//! How the facts are read: who it is about, what there is, and which groups are meant in one batch; what that account is in, in
//! the next.

use directory::account::{self, Account};
use directory::group::{self, Group};
use directory::licence;
use directory::look::{Found, ids, list, one, path, person};
use directory::{look, role};
use futures_util::future::try_join_all;
use futures_util::try_join;
use graph::{Error, Graph, ObjectId, UserKey};
use plan::{Standing, Tenant};

use crate::facts::Facts;
use crate::request::Assignment;
use crate::subject;

/// Reads everything that the decision needs.
pub(crate) async fn everything(want: &Assignment, tenant: &Tenant) -> Result<Facts, Error> {
    let graph = &tenant.graph;
    let (user, skus, join, leave) = try_join!(
        person(&want.user, &[], graph),
        list(licence::bought(), graph),
        named(&want.join, graph),
        named(&want.leave, graph),
    )?;
    let (groups, holds_role) = match user.one() {
        Some(account) => belongs(account.id, graph).await?,
        None => Default::default(),
    };
    Ok(Facts { now: tenant.clock.now(), user, skus: skus.into(), join, leave, groups, holds_role })
}

async fn named(names: &[String], graph: &Graph) -> Result<Vec<Found<Group>>, Error> {
    try_join_all(names.iter().map(|name| look::group(name, graph))).await
}

/// The groups that an account is in, and whether it holds a role.
pub(crate) type Belongs = (Vec<Group>, bool);

/// Reads what an account belongs to.
pub(crate) async fn belongs(id: ObjectId, graph: &Graph) -> Result<Belongs, Error> {
    let (groups, roles) =
        try_join!(list::<Group>(group::joined_by(path(id)), graph), ids(role::held_by(path(id)), graph))?;
    let in_line = groups.iter().any(|group| group.is_assignable_to_role == Some(true));
    Ok((groups, in_line || !roles.is_empty()))
}

/// The same; nothing, if the account is gone, or not there yet.
pub(crate) async fn belongs_if_there(id: ObjectId, graph: &Graph) -> Result<Option<Belongs>, Error> {
    match belongs(id, graph).await {
        Err(error) if error.is_not_found() => Ok(None),
        belongs => belongs.map(Some),
    }
}

/// What the guard-rails ask about an account before a run about it is taken back; nothing where it is gone.
pub(crate) async fn standing(id: ObjectId, tenant: &Tenant) -> Result<Option<Standing>, Error> {
    let read = account::read(&UserKey::Id(id));
    let Found::One(account) = one::<Account>(read, &tenant.graph).await? else { return Ok(None) };
    let (groups, holds_role) = belongs(id, &tenant.graph).await?;
    let subject = subject(&account, &groups, holds_role);
    Ok(Some(Standing { subject, findings: Vec::new() }))
}
