//! What was read for the report: counts by product, and what could not be read. No personal data, since it is kept.

use std::collections::BTreeMap;

use directory::licence::Sku;
use directory::product;
use graph::SkuId;
use serde::{Deserialize, Serialize};

use super::history::{Noted, RunsOut};

/// Everything that the report is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Facts {
    /// After how many days without a sign-in an account is inactive.
    pub(super) inactive_days: i64,
    /// The products, by name.
    pub(super) products: Vec<Product>,
    /// The names of products that are for the company as a whole, and have no seats.
    pub(super) for_company: Vec<String>,
    /// What could not be read.
    pub(super) unread: Vec<Unread>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unread {
    pub(super) says: String,
    pub(super) help: Option<String>,
}

/// A product with its seats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Product {
    pub(super) sku_id: SkuId,
    pub(super) part_number: String,
    pub(super) name: String,
    /// `Enabled`, `Warning`, `Suspended`, `Deleted`, `LockedOut`.
    pub(super) status: String,
    pub(super) enabled: i64,
    pub(super) warning: i64,
    pub(super) suspended: i64,
    pub(super) assigned: i64,
    /// How many more can be handed out now.
    pub(super) available: i64,
    /// Who has it; unknown, if the accounts could not all be read.
    pub(super) holders: Option<Holders>,
    /// How many seats are those of accounts that may sign in, and did not for so long; unknown, if that could not be read.
    pub(super) inactive: Option<i64>,
    pub(super) runs_out: RunsOut,
}

/// Who has a product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Holders {
    /// How many of them may not sign in.
    pub(super) blocked: i64,
    /// How many hold it directly and by a group at once.
    pub(super) twice: i64,
    /// How many do not get what they are assigned, by Microsoft's word for the reason.
    pub(super) errors: BTreeMap<String, i64>,
}

impl Product {
    /// A product as the tenant shows it; nothing is known of its holders yet.
    pub(super) fn of(sku: &Sku) -> Self {
        Self {
            sku_id: sku.sku_id,
            part_number: sku.sku_part_number.clone(),
            name: product::name(sku).to_owned(),
            status: sku.capability_status.clone(),
            enabled: sku.prepaid_units.enabled,
            warning: sku.prepaid_units.warning,
            suspended: sku.prepaid_units.suspended,
            assigned: sku.consumed_units,
            available: sku.available(),
            holders: None,
            inactive: None,
            runs_out: RunsOut::Unknown,
        }
    }

    /// Whether its seats can be handed out, as far as there are any.
    pub(super) fn is_usable(&self) -> bool {
        matches!(self.status.as_str(), "Enabled" | "Warning")
    }
}

impl Facts {
    /// The same with when seats run out.
    pub(super) fn with_history(mut self, noted: &Noted) -> Self {
        for product in self.products.iter_mut().filter(|product| product.is_usable()) {
            product.runs_out = noted.runs_out(product.sku_id, product.available);
        }
        self
    }
}
