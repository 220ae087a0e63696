//! What the organisation has bought: SKUs, the service plans in them, and how many seats are left.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Directory, Holding};

/// One subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Sku {
    pub(crate) sku_id: Uuid,
    pub(crate) sku_part_number: String,
    pub(crate) capability_status: Capability,
    /// `User`, or `Company` where the whole organisation is given it at once.
    #[serde(default = "for_users", skip_serializing_if = "is_for_users")]
    pub(crate) applies_to: String,
    pub(crate) prepaid_units: Units,
    pub(crate) service_plans: Vec<Plan>,
}

fn for_users() -> String {
    "User".to_owned()
}

fn is_for_users(applies_to: &str) -> bool {
    applies_to == "User"
}

/// How a subscription stands, from bought to gone ("subscribedSku resource type").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Capability {
    /// Paid for.
    Enabled,
    /// Run out, within its days of grace: everything works.
    Warning,
    /// Nobody but administrators gets at what is kept.
    Suspended,
    /// Cancelled, or blocked by Microsoft.
    LockedOut,
    /// Over, and what was kept is gone.
    Deleted,
}

impl Capability {
    /// Whether its plans can be used.
    pub(crate) fn is_usable(self) -> bool {
        self <= Capability::Warning
    }
}

/// Seats by the state of the subscription they belong to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Units {
    pub(crate) enabled: u32,
    pub(crate) suspended: u32,
    pub(crate) warning: u32,
    pub(crate) locked_out: u32,
}

impl Units {
    /// Seats that may be handed out: a subscription in its grace period still counts.
    pub(crate) fn usable(&self) -> u32 {
        self.enabled + self.warning
    }
}

/// A part of a SKU that can be switched off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) service_plan_id: Uuid,
    pub(crate) service_plan_name: String,
    /// `User`, or `Company` for a plan that nobody is given personally.
    pub(crate) applies_to: String,
}

impl Plan {
    /// Whether having it means having a mailbox.
    pub(crate) fn is_mailbox(&self) -> bool {
        matches!(
            self.service_plan_name.as_str(),
            "EXCHANGE_S_ENTERPRISE" | "EXCHANGE_S_STANDARD" | "EXCHANGE_S_DESKLESS"
        )
    }

    /// The service behind it, as `assignedPlans` names it.
    pub(crate) fn service(&self) -> &'static str {
        const SERVICES: [(&str, &str); 14] = [
            ("EXCHANGE", "exchange"),
            ("BPOS_S_TODO", "exchange"),
            ("SHAREPOINT", "SharePoint"),
            ("TEAMS", "TeamspaceAPI"),
            ("MCO", "MicrosoftCommunicationsOnline"),
            ("OFFICE", "MicrosoftOffice"),
            ("INTUNE", "SCO"),
            ("YAMMER", "YammerEnterprise"),
            ("AAD", "AADPremiumService"),
            ("MFA", "MultiFactorService"),
            ("RMS", "RMSOnline"),
            ("BI_AZURE", "PowerBI"),
            ("FLOW", "ProcessSimple"),
            ("PROJECT", "MicrosoftProject"),
        ];
        let known = SERVICES.iter().find(|(prefix, _)| self.service_plan_name.starts_with(prefix));
        known.map_or("MicrosoftOffice", |(_, service)| service)
    }
}

/// A plan that works only beside one of others.
pub(crate) const DEPENDS: [(&str, &[&str]); 3] = [
    ("SHAREPOINTWAC", &["SHAREPOINTENTERPRISE", "SHAREPOINTSTANDARD"]),
    ("MCOMEETADV", &["MCOSTANDARD"]),
    ("MCOEV", &["MCOSTANDARD"]),
];

/// Plans nobody may have side by side.
pub(crate) const EXCLUDES: [(&str, &str); 3] = [
    ("EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE"),
    ("EXCHANGE_S_DESKLESS", "EXCHANGE_S_ENTERPRISE"),
    ("EXCHANGE_S_DESKLESS", "EXCHANGE_S_STANDARD"),
];

impl Directory {
    pub(crate) fn sku(&self, id: Uuid) -> Option<&Sku> {
        self.skus.iter().find(|sku| sku.sku_id == id)
    }

    /// Seats of a SKU that are truly in use.
    pub(crate) fn consumed(&self, sku: Uuid) -> u32 {
        self.store.consumed(sku, self.truth())
    }

    /// Service plans a set of licences switches on, each once.
    pub(crate) fn enabled_plans<'a>(&'a self, held: &'a [Holding]) -> Vec<&'a Plan> {
        let mut plans: BTreeMap<Uuid, &Plan> = BTreeMap::new();
        for holding in held.iter().filter(|holding| holding.is_active()) {
            let of_sku = self.sku(holding.sku).map(|sku| sku.service_plans.as_slice()).unwrap_or_default();
            let on = of_sku.iter().filter(|plan| !holding.disabled.contains(&plan.service_plan_id));
            plans.extend(on.map(|plan| (plan.service_plan_id, plan)));
        }
        plans.into_values().collect()
    }

    /// Whether a licence switches a service plan on.
    pub(crate) fn gives(&self, held: &Holding, plan: Uuid) -> bool {
        let held = std::slice::from_ref(held);
        self.enabled_plans(held).iter().any(|given| given.service_plan_id == plan)
    }

    /// Whether the organisation has Entra ID P1 or P2.
    pub(crate) fn is_premium(&self) -> bool {
        let premium =
            |plan: &Plan| matches!(plan.service_plan_name.as_str(), "AAD_PREMIUM" | "AAD_PREMIUM_P2");
        self.skus.iter().any(|sku| sku.prepaid_units.usable() > 0 && sku.service_plans.iter().any(premium))
    }
}
