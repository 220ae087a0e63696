//! A place in the vault that is somebody else's. Who reads the newest version there must not be given another's.

use directory::application::Application;
use directory::key_vault::{TAGS, Version};

/// Whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Nobody's, or the application's.
    Free,
    /// Made by somebody else: what for, nobody can say here.
    Unmarked,
    /// Another application's, by its `appId`.
    Anothers(String),
}

/// Whose a place is, by the newest version that is marked. What somebody has put on top by hand does not make it theirs.
pub(super) fn whose(versions: &[Version], application: &Application) -> Whose {
    let marks = versions
        .iter()
        .filter_map(|version| Some((version.attributes.created, version.tag(TAGS.application)?)));
    match marks.max_by_key(|(made, _)| *made) {
        Some((_, id)) if id == application.app_id.to_string() => Whose::Free,
        Some((_, id)) => Whose::Anothers(id.to_owned()),
        None if versions.is_empty() => Whose::Free,
        None => Whose::Unmarked,
    }
}
