//! Typed ids: what may stand in a path or a filter, so that a licence's id is never sent where a group's belongs.
//!
//! The directory names a user by object id or by user principal name; everything else here is named by id alone.
//! Nothing is looked up here, and no id is ever made up: an id is read from an answer or given by the caller.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Declares a transparent GUID newtype.
macro_rules! guid {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )+};
}

guid! {
    /// The object id of anything in the directory: user, group, device, service principal.
    ObjectId,
    /// The id of a SKU, the thing that is bought (`skuId` of `subscribedSkus`).
    SkuId,
    /// The id of a tenant.
    TenantId,
    /// The id of a service plan, a part of a SKU that can be switched off (`servicePlanId`).
    ServicePlanId,
}

/// How a user is named in a path: by object id or by user principal name.
///
/// ```
/// use graph::UserKey;
/// assert!(matches!("AdeleV@contoso.com".parse(), Ok(UserKey::Upn(_))));
/// assert!(matches!("87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse(), Ok(UserKey::Id(_))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum UserKey {
    /// By object id; prefer it, it never changes.
    Id(ObjectId),
    /// By user principal name.
    Upn(String),
}

impl FromStr for UserKey {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::Upn(text.to_owned()), Self::Id))
    }
}

impl From<ObjectId> for UserKey {
    fn from(id: ObjectId) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Upn(upn) => upn.fmt(f),
        }
    }
}
