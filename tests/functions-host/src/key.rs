//! Who may call: authorisation levels and the one key of this host.
//!
//! The real host has function keys, host keys and a master key; here one key is all of them. It is read from the
//! header `x-functions-key` first, else from the query parameter `code` (Microsoft's page "Work with access keys").

use crate::query;
use http::request::Parts;
use std::str::FromStr;

pub(crate) const KEY_HEADER: &str = "x-functions-key";

/// What a caller of a function must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthLevel {
    Anonymous,
    Function,
    Admin,
}

impl FromStr for AuthLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "anonymous" => Ok(Self::Anonymous),
            "function" => Ok(Self::Function),
            "admin" => Ok(Self::Admin),
            _ => Err(format!("authLevel must be anonymous, function or admin, not '{text}'")),
        }
    }
}

/// The key of this host.
#[derive(Clone)]
pub(crate) struct Key(pub(crate) String);

impl Key {
    pub(crate) fn new(given: Option<String>) -> Self {
        Self(given.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string()))
    }

    pub(crate) fn admits(&self, level: AuthLevel, request: &Parts) -> bool {
        level == AuthLevel::Anonymous || self.is_shown_by(request)
    }

    /// A header that is present counts, even when it is wrong and the query would be right.
    pub(crate) fn is_shown_by(&self, request: &Parts) -> bool {
        match request.headers.get(KEY_HEADER) {
            Some(header) if !header.is_empty() => header.as_bytes() == self.0.as_bytes(),
            _ => query::first(request.uri.query(), "code").is_some_and(|code| code == self.0),
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn parts(uri: &str, header: Option<&str>) -> Parts {
        let request = Request::get(uri);
        let request = header.into_iter().fold(request, |request, key| request.header(KEY_HEADER, key));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_key_is_read_from_the_header_first_and_else_from_the_query() {
        let key = Key("right".into());
        let cases = [
            (AuthLevel::Anonymous, "/", None, true),
            (AuthLevel::Function, "/", None, false),
            (AuthLevel::Function, "/?code=right", None, true),
            (AuthLevel::Function, "/?code=wrong", None, false),
            (AuthLevel::Function, "/", Some("right"), true),
            (AuthLevel::Function, "/?code=right", Some("wrong"), false),
            (AuthLevel::Admin, "/?code=right", None, true),
        ];
        for (level, uri, header, admitted) in cases {
            assert_eq!(key.admits(level, &parts(uri, header)), admitted, "{level:?} {uri} {header:?}");
        }
    }
}
