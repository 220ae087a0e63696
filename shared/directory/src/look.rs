//! Looking things up: one object, a list to its end, and who somebody is.
//!
//! "Not there" is an answer, and so is "several": what that means is for whoever asked to decide. What cannot be read is an
//! error and never "not there".

use std::future::Future;

use futures_util::future::OptionFuture;
use futures_util::try_join;
use graph::{Error, Graph, ObjectId, Path, Request, UserKey};
use plan::Finding;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::account::{self, Account};
use crate::group::{self, Group};

/// How long a list may be: no account is in more groups, and no name begins like more others, than this.
const MOST: usize = 10_000;

/// What a name turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<T> {
    /// This.
    One(T),
    /// Nothing of that name.
    None,
    /// Several things.
    Many(Vec<T>),
}

impl<T> Found<T> {
    /// What a list of everything of that name comes to.
    pub fn of(list: Vec<T>) -> Self {
        match <[T; 1]>::try_from(list) {
            Ok([one]) => Self::One(one),
            Err(list) if list.is_empty() => Self::None,
            Err(list) => Self::Many(list),
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

/// Somebody, as a caller names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// By object id or user principal name.
    Key(UserKey),
    /// By employee id.
    EmployeeId(String),
}

impl From<&str> for Person {
    /// A GUID is an object id, what has an `@` is a user principal name, everything else an employee id.
    fn from(text: &str) -> Self {
        match text.parse() {
            Ok(id) => Self::Key(UserKey::Id(id)),
            Err(_) if text.contains('@') => Self::Key(UserKey::Upn(text.to_owned())),
            Err(_) => Self::EmployeeId(text.to_owned()),
        }
    }
}

/// The account that a caller names, with `more` of its properties.
pub async fn person(name: &str, more: &[&str], graph: &Graph) -> Result<Found<Account>, Error> {
    match Person::from(name) {
        Person::Key(key) => one(account::read_with(&key, more), graph).await,
        Person::EmployeeId(id) => list(account::with_employee_id(&id, more), graph).await.map(Found::of),
    }
}

/// The group that a caller names by object id, or by any of its names.
pub async fn group(name: &str, graph: &Graph) -> Result<Found<Group>, Error> {
    match name.parse() {
        Ok(id) => one(group::read(&id), graph).await,
        Err(_) => group_named(name, graph).await,
    }
}

async fn group_named(name: &str, graph: &Graph) -> Result<Found<Group>, Error> {
    let (named, unique) = try_join!(
        list::<Group>(group::named(name), graph),
        optional(group::uniquely_named(name).map(|read| one::<Group>(read, graph))),
    )?;
    let unique = unique.as_ref().and_then(Found::one);
    let other = unique.filter(|unique| named.iter().all(|group| group.id != unique.id));
    Ok(Found::of(named.iter().chain(other).cloned().collect()))
}

/// That a name means nothing, with a code for what it should have meant; or that it may mean several things, with their ids,
/// so that the caller can say which.
pub fn missing<T>(found: &Found<T>, name: &str, code: &str, id: impl Fn(&T) -> ObjectId) -> Option<Finding> {
    match found {
        Found::One(_) => None,
        Found::None => Some(Finding::blocks(code, format!("there is no {name}"))),
        Found::Many(several) => {
            let ids = several.iter().map(|one| id(one).to_string()).collect::<Vec<_>>().join(", ");
            let says = format!("{name} may mean any of these, give the object id: {ids}");
            Some(Finding::blocks("ambiguous", says))
        }
    }
}

/// One object, or none if Graph says 404.
pub async fn one<T: DeserializeOwned>(read: Request, graph: &Graph) -> Result<Found<T>, Error> {
    match graph.send(read).await {
        Ok(answer) => answer.json().map(Found::One),
        Err(error) if error.is_not_found() => Ok(Found::None),
        Err(error) => Err(error),
    }
}

/// A list, all pages of it.
pub async fn list<T: DeserializeOwned>(read: Request, graph: &Graph) -> Result<Vec<T>, Error> {
    let items = graph.all(read, MOST).await?;
    let item = |item| serde_json::from_value(item).map_err(unreadable);
    items.into_iter().map(item).collect()
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::failed("an item of a list does not have the shape it should have", Some(error.into()))
}

/// The object ids of a list.
pub async fn ids(read: Request, graph: &Graph) -> Result<Vec<ObjectId>, Error> {
    #[derive(Deserialize)]
    struct Identified {
        id: ObjectId,
    }
    Ok(list::<Identified>(read, graph).await?.into_iter().map(|object| object.id).collect())
}

/// Looks only if there is something to look for.
pub async fn optional<T>(read: Option<impl Future<Output = Result<T, Error>>>) -> Result<Option<T>, Error> {
    OptionFuture::from(read).await.transpose()
}

/// `/users/{id}`.
pub fn path(id: ObjectId) -> Path {
    Path::user(&UserKey::Id(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_known_by_three_kinds_of_names() {
        let id = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
        let table = [
            (id, Person::Key(UserKey::Id(id.parse().unwrap()))),
            ("AdeleV@contoso.com", Person::Key(UserKey::Upn("AdeleV@contoso.com".into()))),
            ("1042", Person::EmployeeId("1042".into())),
        ];
        for (text, expected) in table {
            assert_eq!(Person::from(text), expected);
        }
    }

    #[test]
    fn a_list_comes_to_one_none_or_many() {
        assert_eq!(Found::of(vec![1]), Found::One(1));
        assert_eq!(Found::of(Vec::<i32>::new()), Found::None);
        assert_eq!(Found::of(vec![1, 2]), Found::Many(vec![1, 2]));
    }
}
