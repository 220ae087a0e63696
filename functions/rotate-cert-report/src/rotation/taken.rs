//! A place in the vault that is somebody else's. Who reads the newest version there must not be given another's.

use directory::application::Application;
use directory::key_vault::{TAGS, Version};

/// Whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Nobody's, or the application's: its newest version was made for it.
    Free,
    /// Made by somebody else: what for, nobody can say here.
    Unmarked,
    /// Another application's, by its `appId`.
    Anothers(String),
}

/// Whose a place is, by its newest version, whether or not that may be used.
pub(super) fn whose(versions: &[Version], application: &Application) -> Whose {
    let newest = versions.iter().max_by_key(|version| version.attributes.created);
    match newest.map(|newest| newest.tag(TAGS.application)) {
        None => Whose::Free,
        Some(None) => Whose::Unmarked,
        Some(Some(id)) if id == application.app_id.to_string() => Whose::Free,
        Some(Some(id)) => Whose::Anothers(id.to_owned()),
    }
}
