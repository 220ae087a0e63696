//! What is asked: the licences of one account, in Graph's names where it has one.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// What becomes of the licences of one account. At least one of its lists or wishes says something.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assignment {
    /// Whose licences, by object id, user principal name or employee id.
    pub user: String,
    /// Where the account is, two letters such as `CH`: what a licence needs. Written only where the account has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_location: Option<String>,
    /// What it is to hold directly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assign: Vec<Wanted>,
    /// What it is no longer to hold directly, by part number, id or product name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// What is to stand in the place of something else, in one call that does all or nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<Replacement>,
    /// The licensing groups it is to be in, by object id, display name, mail nickname or unique name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub join: Vec<String>,
    /// The licensing groups it is no longer to be in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave: Vec<String>,
    /// Whether what it holds directly goes where a group hands out the same, with no plan lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clean_up: bool,
    /// Whether the service is to work the licences of its groups out anew, should one be in error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reprocess: bool,
    /// Until when it holds what is assigned here; for good if absent. Then it is taken, whoever gave it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "moment")]
    pub until: Option<Timestamp>,
    /// Whether a licence may go that the mailbox hangs on. Without one it is disconnected, and lost after 30 days.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub give_up_mailbox: bool,
}

/// A licence that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    /// The SKU, by part number (`SPE_E3`), id or product name.
    pub sku: String,
    /// The service plans to switch off, and no others; if absent, those that are off stay off, and of a new licence none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_plans: Option<Vec<String>>,
}

/// One licence in the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replacement {
    /// What goes, by part number, id or product name.
    pub sku: String,
    /// What comes.
    pub by: String,
    /// The service plans to switch off in what comes, and no others; if absent, those that are off in what goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_plans: Option<Vec<String>>,
    /// What service plans of the one are called in the other, where they are not the same plan. Not with `disabledPlans`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub plans: BTreeMap<String, String>,
}

impl Assignment {
    /// Nothing, of this account.
    pub(crate) fn of(user: String) -> Self {
        Self {
            user,
            usage_location: None,
            assign: Vec::new(),
            remove: Vec::new(),
            replace: Vec::new(),
            join: Vec::new(),
            leave: Vec::new(),
            clean_up: false,
            reprocess: false,
            until: None,
            give_up_mailbox: false,
        }
    }

    /// Whether what was to be held until a date is to be held no longer.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether it asks for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { assign, remove, replace, join, leave, .. } = self;
        let lists = assign.is_empty() && remove.is_empty() && replace.is_empty();
        lists && join.is_empty() && leave.is_empty() && !self.clean_up && !self.reprocess
    }
}

/// A moment, said so that there is no doubt about the time zone.
fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    const RIGHT: &str = "a date and time with its UTC offset, such as 2026-03-09T08:00:00+01:00";
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| Timestamp::from_str(&text).map_err(|_| D::Error::custom(RIGHT))).transpose()
}
