//! Paths below the version root, escaped once and right.
//!
//! ```
//! use graph::Path;
//! let guest = "adele_fabrikam.com#EXT#@contoso.com".parse()?;
//! assert_eq!(Path::user(&guest).then("manager").as_str(), "/users/adele_fabrikam.com%23EXT%23@contoso.com/manager");
//! # Ok::<(), std::convert::Infallible>(())
//! ```
//!
//! A key is percent-encoded as UTF-8 except for the characters that a path segment may hold (RFC 3986 `pchar`), so an
//! apostrophe stays. A key that would mean something else as a segment takes the `/users('…')` form, in which apostrophes
//! are doubled: one that begins with `$` (Microsoft Graph, "Get a user"), the empty one, `.` and `..`, which clients and
//! servers resolve, percent-encoded as well (RFC 3986, "Remove Dot Segments"). `{account}` stands for the object id of an account that does not exist yet: a brace
//! of a key is always escaped, so it cannot be mistaken.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::id::{ObjectId, UserKey};

/// Everything but RFC 3986 `unreserved`, `sub-delims`, `:` and `@`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'\'')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// The place of an account's object id that is known only once the account has been created.
pub const ACCOUNT: &str = "{account}";

/// The place of the id of what a change made, for the change that takes it back.
pub const MADE: &str = "{made}";

/// The place of the id of the run that sends a request, in texts that it sends.
pub const RUN: &str = "{run}";

/// A path below the version root, beginning with `/` and already escaped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Path(String);

impl Path {
    /// A path of literal segments, such as `/subscribedSkus`.
    pub fn new(literal: &'static str) -> Self {
        Self(literal.to_owned())
    }

    /// `/users/{id or user principal name}`.
    pub fn user(key: &UserKey) -> Self {
        Self::new("/users").key(&key.to_string())
    }

    /// `/users/{account}`: the account that this plan creates.
    pub fn new_account() -> Self {
        Self(format!("/users/{ACCOUNT}"))
    }

    /// `/groups/{id}`.
    pub fn group(id: &ObjectId) -> Self {
        Self::new("/groups").key(&id.to_string())
    }

    /// `/groups(uniqueName='…')`: the alternate key of a group.
    pub fn group_of_unique_name(name: &str) -> Self {
        Self(format!("/groups(uniqueName='{}')", quoted(name)))
    }

    /// This path and one literal segment more.
    #[must_use]
    pub fn then(mut self, literal: &str) -> Self {
        self.0.push('/');
        self.0.push_str(literal);
        self
    }

    /// This path and one key more, escaped; whatever it holds, it is a key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        if matches!(key, "" | "." | "..") || key.starts_with('$') {
            Self(format!("{self}('{}')", quoted(key)))
        } else {
            Self(format!("{self}/{}", escaped(key)))
        }
    }

    /// `/users/{account}/…/{made}`: what a change makes, below another path.
    #[must_use]
    pub fn made(mut self) -> Self {
        self.0.push('/');
        self.0.push_str(MADE);
        self
    }

    /// This path with an id, escaped, in the place of [`ACCOUNT`] or [`MADE`].
    #[must_use]
    pub fn with(&self, place: &str, id: &str) -> Self {
        Self(self.0.replace(place, &escaped(id).to_string()))
    }

    /// Whether the new account's object id is still to be filled in.
    pub fn awaits_account(&self) -> bool {
        self.0.contains(ACCOUNT)
    }

    /// The escaped text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path with everything that names somebody taken out, for logs: `/users/{key}/manager`.
    ///
    /// Object ids stay, since an id alone says nothing about a person.
    pub fn route(&self) -> String {
        let mut parts = self.0.split('/').map(|part| if names_somebody(part) { "{key}" } else { part });
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |route, part| route + "/" + part)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn escaped(key: &str) -> String {
    utf8_percent_encode(key, SEGMENT).to_string()
}

/// Escaped for a literal between apostrophes, in which an apostrophe is doubled.
fn quoted(key: &str) -> String {
    escaped(&key.replace('\'', "''"))
}

fn names_somebody(part: &str) -> bool {
    part.contains('@') || part.contains('%') || part.contains("'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_escaped_once_and_right() {
        let table = [
            ("AdeleV@contoso.com", "/users/AdeleV@contoso.com"),
            ("adele_fabrikam.com#EXT#@contoso.com", "/users/adele_fabrikam.com%23EXT%23@contoso.com"),
            ("o'neil@contoso.com", "/users/o'neil@contoso.com"),
            ("two words@contoso.com", "/users/two%20words@contoso.com"),
            ("zoë@contoso.com", "/users/zo%C3%AB@contoso.com"),
            ("50%/a?b&c+d@contoso.com", "/users/50%25%2Fa%3Fb%26c%2Bd@contoso.com"),
            ("{account}", "/users/%7Baccount%7D"),
            ("$svc'x@contoso.com", "/users('%24svc''x@contoso.com')"),
            ("$count", "/users('%24count')"),
            ("", "/users('')"),
            (".", "/users('.')"),
            ("..", "/users('..')"),
            ("../..", "/users/..%2F.."),
            ("%2e%2e", "/users/%252e%252e"),
            ("..\\..", "/users/..%5C.."),
        ];
        for (key, path) in table {
            assert_eq!(Path::user(&UserKey::Upn(key.to_owned())).as_str(), path);
        }
    }

    #[test]
    fn no_key_changes_the_shape_of_a_path() {
        for key in
            ["", ".", "..", "../..", "..\\..", "%2e%2e", "%2F", "/", "a/b", "a?b", "a#b", "\t..", ".\n."]
        {
            let path = Path::new("/v1.0/users").key(key).then("manager");
            let address = reqwest::Url::parse(&format!("https://graph.microsoft.com{path}")).unwrap();
            assert_eq!(address.path(), path.as_str(), "{key:?}");
            assert!(address.query().is_none() && address.fragment().is_none(), "{key:?}");
        }
    }

    #[test]
    fn a_new_account_is_filled_in_once_known() {
        let id: ObjectId = "87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap();
        let path = Path::new_account().then("assignLicense");
        assert!(path.awaits_account());
        assert_eq!(
            path.with(ACCOUNT, &id.to_string()).as_str(),
            "/users/87d349ed-44d7-43e1-9a83-5f2406dee5bd/assignLicense"
        );
    }

    #[test]
    fn the_route_for_logs_names_nobody() {
        let path = Path::user(&UserKey::Upn("AdeleV@contoso.com".to_owned())).then("manager");
        assert_eq!(path.route(), "/users/{key}/manager");
        assert_eq!(Path::user(&UserKey::Upn("$x@contoso.com".to_owned())).route(), "/{key}");
    }
}
