//! Somebody's OneDrive: a handful of items, and who else was let in. It is there or it is not; nothing here makes one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One drive, as a state has it below its owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Drive {
    pub(crate) id: String,
    /// Its root among them, which has no parent.
    pub(crate) items: Vec<Item>,
    #[serde(default)]
    pub(crate) permissions: Vec<Permission>,
}

/// A folder, or a file with a size in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<i64>,
}

/// What somebody may do with an item and all below it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Permission {
    pub(crate) item: String,
    pub(crate) user: Uuid,
    /// `read`, `write` or `owner`.
    pub(crate) role: String,
}

/// What the organisation allows about sharing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Sharing {
    /// Whether somebody can be invited to a whole drive, which many organisations cannot do.
    pub(crate) invites_on_root: bool,
}

impl Drive {
    pub(crate) fn root(&self) -> Option<&Item> {
        self.items.iter().find(|item| item.parent.is_none())
    }

    /// The item with this id; `root` is the one at the top.
    pub(crate) fn item(&self, id: &str) -> Option<&Item> {
        if id == "root" { self.root() } else { self.items.iter().find(|item| item.id == id) }
    }

    pub(crate) fn children(&self, of: &str) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.parent.as_deref() == Some(of))
    }

    /// An item and everything above it.
    pub(crate) fn upwards<'a>(&'a self, item: &'a Item) -> impl Iterator<Item = &'a Item> {
        std::iter::successors(Some(item), |item| item.parent.as_deref().and_then(|id| self.item(id)))
            .take(self.items.len())
    }
}
