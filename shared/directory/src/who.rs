//! The account that a verb is about: one that exists, or the one that the same plan creates.

use graph::{ACCOUNT, ObjectId, Path, UserKey};
use plan::Touch;

/// The account that a verb is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    id: Option<ObjectId>,
    name: String,
}

impl Who {
    /// An account that exists.
    pub fn known(id: ObjectId, name: impl Into<String>) -> Self {
        Self { id: Some(id), name: name.into() }
    }

    /// The account that the same plan creates: its id is found when it has been created.
    pub fn new(name: impl Into<String>) -> Self {
        Self { id: None, name: name.into() }
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `/users/{id}`.
    pub fn path(&self) -> Path {
        self.id.map_or_else(Path::new_account, |id| Path::user(&UserKey::Id(id)))
    }

    /// `/directoryObjects/{id}`, as references to it are written.
    pub fn reference(&self) -> String {
        format!("/directoryObjects/{}", self.id_or_place())
    }

    /// Its id as a path segment.
    pub fn id_or_place(&self) -> String {
        self.id.map_or_else(|| ACCOUNT.to_owned(), |id| id.to_string())
    }

    /// What a change of it touches: nothing that was there before, if it is new.
    pub fn touch(&self) -> Option<Touch> {
        self.id.map(Touch::Principal)
    }
}
