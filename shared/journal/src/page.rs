//! The ledger: small documents beside the runs, on which runs agree about what they share.
//!
//! A run is a record, and a record is only added to. What several runs share, such as the last seat of a licence, has one
//! state at a time: a **page**. Whoever would change it reads it and *turns* it, on condition that nobody else has turned
//! it since; of many who do so exactly one wins, and the others read again.
//!
//! ```text
//! ledger/seats/05e9a617-0261-4cee-bb44-138d3ef5d965.json
//! ```
//!
//! It holds no personal data, so a page does not expire. It is no database: a page is read and written whole, and there is
//! no way to list the pages or to turn two of them at once.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;

/// The longest name that a page may have, in characters.
const LONGEST: usize = 200;

/// Where the pages are; no task has this name.
pub(crate) const LEDGER: &str = "ledger";

/// The name of a page: words of small letters, digits and hyphens with `/` between them, as in
/// `seats/05e9a617-0261-4cee-bb44-138d3ef5d965`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageName(String);

impl PageName {
    /// The page of this name. It becomes the name of a file or a blob, so it must not come from a caller unread.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid`] when it is no name for a page.
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        let is_good = name.len() <= LONGEST && name.split('/').all(is_word);
        is_good.then_some(Self(name)).ok_or_else(|| {
            Error::invalid(format!(
                "the name of a page is made of small letters, digits, hyphens and slashes, and of {LONGEST} at the most"
            ))
        })
    }

    /// Where the page is.
    pub(crate) fn path(&self) -> String {
        format!("{LEDGER}/{self}.json")
    }
}

/// No word begins with a hyphen, and none is empty.
fn is_word(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    word.bytes().next().is_some_and(is_plain) && word.bytes().all(|byte| is_plain(byte) || byte == b'-')
}

impl fmt::Display for PageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which version of a page was read. By default that of a page that was never written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version(Option<String>);

impl Version {
    /// The version that the place where the page is knows by this text.
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self(Some(text.into()))
    }

    /// That text, unless the page was never written.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// A page as it was read. By default one that was never written: it is null.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// What stands on it.
    pub value: Value,
    /// Which version this is: turn the page on condition that it is still the last.
    pub version: Version,
}

impl Page {
    /// A new version, unlike any before, on which this stands.
    pub(crate) fn fresh(value: &Value) -> Self {
        Self { value: value.clone(), version: Version::of(Uuid::new_v4().to_string()) }
    }

    /// Turns a page that is kept in memory, as in the journals of tests, if the version that was seen is still the last;
    /// says whether it was.
    pub fn turn(&mut self, seen: &Version, value: &Value) -> bool {
        let is_last = self.version == *seen;
        if is_last {
            *self = Self::fresh(value);
        }
        is_last
    }

    /// The page as it is kept: its version stands on it.
    pub(crate) fn text(&self) -> Result<Vec<u8>, Error> {
        let document = Document { id: self.version.text().unwrap_or_default(), page: &self.value };
        serde_json::to_vec(&document)
            .map_err(|source| Error::failed("a page could not be written as JSON", source))
    }

    /// The page of this text.
    pub(crate) fn read(name: &PageName, text: &[u8]) -> Result<Self, Error> {
        let document = serde_json::from_slice::<Document<String, Value>>(text)
            .map_err(|source| Error::failed(format!("page {name} is damaged"), source))?;
        Ok(Self { value: document.page, version: Version::of(document.id) })
    }
}

/// What is kept of a page.
#[derive(Serialize, Deserialize)]
struct Document<I, V> {
    id: I,
    page: V,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_cannot_leave_the_ledger() {
        for name in ["seats", "seats/05e9a617-0261-4cee-bb44-138d3ef5d965", "a/b/0"] {
            assert_eq!(PageName::new(name).unwrap().path(), format!("ledger/{name}.json"));
        }
        let long = "a".repeat(LONGEST + 1);
        for name in ["", "/a", "a/", "a//b", "../a", "a/..", "A", "a.b", "-a", "a/-b", "a b", "ä", &long] {
            assert!(PageName::new(name).unwrap_err().is_invalid(), "{name}");
        }
    }

    #[test]
    fn a_page_is_turned_once_from_each_version() {
        let mut page = Page::default();
        let never = page.version.clone();
        assert!(page.turn(&never, &json!({"n": 1})));
        assert!(!page.turn(&never, &json!({"n": 2})));
        let first = page.version.clone();
        assert!(page.turn(&first, &json!({"n": 1})), "what stands on it may be the same");
        assert!(!page.turn(&first, &json!({"n": 3})));
        assert_eq!(page.value, json!({"n": 1}));
    }

    #[test]
    fn a_page_is_read_back_and_a_damaged_one_is_no_empty_one() {
        let (name, page) = (PageName::new("seats").unwrap(), Page::fresh(&json!([1, "ä"])));
        let text = page.text().unwrap();
        assert_eq!(Page::read(&name, &text).unwrap(), page);
        for length in 0..text.len() {
            let error = Page::read(&name, &text[..length]).unwrap_err();
            assert!(error.to_string().contains("seats"), "{error}");
        }
    }
}
