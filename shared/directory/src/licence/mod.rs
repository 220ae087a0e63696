//! Licences: the SKUs a tenant has bought, their stock, and handing out seats.
//!
//! Direct assignment only; a licence that comes from a group comes and goes with the membership, minutes later. Adding a SKU that is
//! held sets its switched-off plans, so assigning is safe to ask twice (Microsoft Graph, "user: assignLicense").

mod swap;

use graph::{Path, Request, ServicePlanId, SkuId};
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::json;

use crate::Who;
use crate::account::touching;

pub use swap::{Seat, Swap, assign, switch, take_all, take_back};

/// How the service plans are called that a mailbox comes with ("Product names and service plan identifiers for licensing").
const MAILBOXES: [&str; 3] = ["EXCHANGE_S_", "EXCHANGE_B_", "EXCHANGE_L_"];

/// Those of them that every product has, and that no mailbox hangs on.
const FOUNDATION: &str = "EXCHANGE_S_FOUNDATION";

/// Those of them that only add to a mailbox.
const ARCHIVE: &str = "EXCHANGE_S_ARCHIVE";

/// A SKU the tenant has bought.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sku {
    /// Its id.
    pub sku_id: SkuId,
    /// Its name in the field, such as `SPE_E3`.
    pub sku_part_number: String,
    /// `User` or `Company`; only the former can be handed out.
    #[serde(default)]
    pub applies_to: Option<String>,
    /// `Enabled`, `Warning`, `Suspended`, `Deleted`, `LockedOut`.
    pub capability_status: String,
    /// Seats in use.
    pub consumed_units: i64,
    /// Seats bought, by state.
    pub prepaid_units: Seats,
    /// What it consists of.
    #[serde(default)]
    pub service_plans: Vec<ServicePlan>,
}

/// Seats bought, by state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Seats {
    /// In good order.
    pub enabled: i64,
    /// Expired, in the grace period: still usable.
    pub warning: i64,
    /// Not usable.
    pub suspended: i64,
}

/// A part of a SKU that can be switched off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePlan {
    /// Its id.
    pub service_plan_id: ServicePlanId,
    /// Its name in the field, such as `YAMMER_ENTERPRISE`.
    pub service_plan_name: String,
}

impl Sku {
    /// Seats that can be handed out now: bought and in good order or in grace, less those in use.
    pub fn available(&self) -> i64 {
        let usable = matches!(self.capability_status.as_str(), "Enabled" | "Warning");
        if usable { self.prepaid_units.enabled + self.prepaid_units.warning - self.consumed_units } else { 0 }
    }

    /// That no seat is left, with the figures.
    pub fn none_left(&self) -> String {
        format!(
            "no seat of {} is left: {} bought, {} in use, subscription {}",
            self.sku_part_number,
            self.prepaid_units.enabled + self.prepaid_units.warning,
            self.consumed_units,
            self.capability_status
        )
    }

    /// Whether it is for the company as a whole, so that no account can hold it.
    pub fn is_for_company(&self) -> bool {
        self.applies_to.as_deref() == Some("Company")
    }

    /// Whether it is known by this id or part number.
    pub fn is_called(&self, name: &str) -> bool {
        self.sku_part_number.eq_ignore_ascii_case(name) || name.parse() == Ok(self.sku_id)
    }

    /// The service plan known by this id or name.
    pub fn plan_called(&self, name: &str) -> Option<&ServicePlan> {
        self.service_plans.iter().find(|plan| plan.is_called(name))
    }

    /// What a service plan is called; its id, if it is none of these.
    pub fn plan_name(&self, plan: &ServicePlanId) -> String {
        let known = self.service_plans.iter().find(|known| known.service_plan_id == *plan);
        known.map_or_else(|| plan.to_string(), |known| known.service_plan_name.clone())
    }

    /// Whether a mailbox comes with it when these plans are off.
    pub fn gives_mailbox(&self, off: &[ServicePlanId]) -> bool {
        self.mailbox_plans(off).any(|name| !name.starts_with(ARCHIVE))
    }

    /// Whether a mailbox, or its archive, hangs on it when these plans are off.
    pub fn serves_mailbox(&self, off: &[ServicePlanId]) -> bool {
        self.mailbox_plans(off).next().is_some()
    }

    /// The plans of Exchange Online that are on, but for the foundation.
    fn mailbox_plans(&self, off: &[ServicePlanId]) -> impl Iterator<Item = &str> {
        let on = self.service_plans.iter().filter(|plan| !off.contains(&plan.service_plan_id));
        on.map(|plan| plan.service_plan_name.as_str()).filter(|name| {
            MAILBOXES.iter().any(|kind| name.starts_with(kind)) && !name.starts_with(FOUNDATION)
        })
    }
}

impl ServicePlan {
    /// Whether it is known by this id or name.
    pub fn is_called(&self, name: &str) -> bool {
        self.service_plan_name.eq_ignore_ascii_case(name) || name.parse() == Ok(self.service_plan_id)
    }
}

/// Reads what the tenant has bought. No paging, no filter (Microsoft Graph, "List subscribedSkus").
pub fn bought() -> Request {
    Request::get(Path::new("/subscribedSkus"))
}

/// Has the service work out anew what an account holds by its groups, since something stood in the way (Microsoft Graph,
/// "user: reprocessLicenseAssignment"). What comes of it shows later; nothing is there to take back.
pub fn reprocess(who: &Who) -> Change {
    let send = Request::post(who.path().then("reprocessLicenseAssignment"));
    let read = Request::get(who.path()).select(&["licenseAssignmentStates"]);
    let proof = Proof::lacks(read, "/licenseAssignmentStates", json!({"state": "Error"}));
    touching(
        who,
        Change::new(format!("have the licences of {} by groups worked out anew", who.name()), send, proof),
    )
}

/// What is wrong with a licence that does not come about, and what helps: the errors of `licenseAssignmentStates` in plain
/// words ("Resolve group license assignment problems", Microsoft Entra).
pub fn in_words(error: &str) -> &'static str {
    match error {
        "CountViolation" => "no seat is left: buy more or free one",
        "MutuallyExclusiveViolation" => {
            "one of its service plans and one of another licence exclude each other: switch one of them off, or take one licence away"
        }
        "DependencyViolation" => {
            "one of its service plans needs another one, which the account does not have: hand that out too, or switch this one off"
        }
        "ProhibitedInUsageLocationViolation" => {
            "one of its service plans is not offered in the account's usage location: correct the location, or switch the plan off"
        }
        "UniquenessViolation" => {
            "a value that only one account may hold, such as a mail address, belongs to another one too: look for it in the Exchange admin centre"
        }
        _ => {
            "Microsoft says no more: look at the group's licences in the Microsoft 365 admin centre, and reprocess the account's"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(status: &str, enabled: i64, warning: i64, consumed: i64) -> Sku {
        serde_json::from_value(json!({
            "skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "skuPartNumber": "SPE_E3", "appliesTo": "User",
            "capabilityStatus": status, "consumedUnits": consumed,
            "prepaidUnits": {"enabled": enabled, "warning": warning, "suspended": 0, "lockedOut": 0},
            "servicePlans": [{"servicePlanId": "7547a3fe-08ee-4ccb-b430-5077c5041653",
                              "servicePlanName": "YAMMER_ENTERPRISE"}],
        }))
        .unwrap()
    }

    #[test]
    fn the_grace_period_counts_and_a_suspended_subscription_does_not() {
        let table = [
            (sku("Enabled", 10, 0, 4), 6),
            (sku("Warning", 0, 10, 4), 6),
            (sku("Suspended", 10, 0, 4), 0),
            (sku("Enabled", 4, 0, 5), -1),
        ];
        for (sku, available) in table {
            assert_eq!(sku.available(), available, "{sku:?}");
        }
    }

    #[test]
    fn skus_and_plans_are_known_by_name_or_id() {
        let sku = sku("Enabled", 1, 0, 0);
        assert!(sku.is_called("spe_e3") && sku.is_called("05E9A617-0261-4CEE-BB44-138D3EF5D965"));
        assert!(sku.plan_called("yammer_enterprise").is_some() && sku.plan_called("TEAMS1").is_none());
    }

    #[test]
    fn a_mailbox_comes_with_a_plan_of_exchange_online_that_is_on() {
        let id = "efb87545-963c-4e0d-99df-69c6916d9eb0";
        let table = [
            ("EXCHANGE_S_ENTERPRISE", true, true),
            ("EXCHANGE_S_DESKLESS", true, true),
            ("EXCHANGE_B_STANDARD", true, true),
            ("EXCHANGE_S_FOUNDATION", false, false),
            ("EXCHANGE_S_ARCHIVE_ADDON", false, true),
            ("TEAMS1", false, false),
        ];
        for (name, gives, serves) in table {
            let plan = json!({"servicePlanId": id, "servicePlanName": name});
            let plan = serde_json::from_value(plan).unwrap();
            let sku = Sku { service_plans: vec![plan], ..sku("Enabled", 1, 0, 0) };
            assert_eq!((sku.gives_mailbox(&[]), sku.serves_mailbox(&[])), (gives, serves), "{name}");
            assert!(!sku.serves_mailbox(&[id.parse().unwrap()]), "{name}, switched off");
        }
    }

    #[test]
    fn every_error_of_a_group_has_words_of_its_own() {
        let errors = [
            "CountViolation",
            "MutuallyExclusiveViolation",
            "DependencyViolation",
            "ProhibitedInUsageLocationViolation",
            "UniquenessViolation",
            "Other",
        ];
        let words: std::collections::BTreeSet<_> = errors.into_iter().map(in_words).collect();
        assert_eq!(words.len(), errors.len());
        assert_eq!(in_words("Others"), in_words("Other"), "the documentation spells it both ways");
    }
}
