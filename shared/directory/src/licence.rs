//! Licences: the SKUs a tenant has bought, their stock, and handing out a seat.
//!
//! Direct assignment only; a licence that comes from a group comes and goes with the membership, minutes later. Adding a SKU that is
//! held sets its switched-off plans, so assigning is safe to ask twice (Microsoft Graph, "user: assignLicense").
//!
//! Several licences are taken in one call, which does all or nothing: taken one by one, a licence that another one needs would
//! be refused.

use graph::{Path, Refusal, Request, ServicePlanId, SkuId};
use plan::{Change, Proof, Touch};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Who;
use crate::account::touching;

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

/// Hands out a seat with these plans switched off.
pub fn assign(who: &Who, sku: &Sku, off: &[ServicePlanId]) -> Change {
    let but = if off.is_empty() { String::new() } else { format!(" without {}", plan_names(sku, off, ", ")) };
    give(who, sku, off, format!("assign {}{but} to {}", sku.sku_part_number, who.name()))
        .undone_by(take(who, &[sku]))
}

/// Switches plans of a seat that is held: `before` were off, `off` are to be.
pub fn switch(who: &Who, sku: &Sku, before: &[ServicePlanId], off: &[ServicePlanId]) -> Change {
    let one_way = |from: &[ServicePlanId], to: &[ServicePlanId]| {
        give(
            who,
            sku,
            to,
            format!("switch {} in {} of {}", switched(sku, from, to), sku.sku_part_number, who.name()),
        )
    };
    one_way(before, off).undone_by(one_way(off, before))
}

fn switched(sku: &Sku, from: &[ServicePlanId], to: &[ServicePlanId]) -> String {
    let only = |of: &[ServicePlanId], not: &[ServicePlanId]| {
        let plans: Vec<_> = of.iter().filter(|plan| !not.contains(plan)).copied().collect();
        plan_names(sku, &plans, " and ")
    };
    let both = [(only(from, to), "on"), (only(to, from), "off")];
    let told =
        both.iter().filter(|(plans, _)| !plans.is_empty()).map(|(plans, way)| format!("{plans} {way}"));
    told.collect::<Vec<_>>().join(", ")
}

fn give(who: &Who, sku: &Sku, off: &[ServicePlanId], says: String) -> Change {
    give_licences(who, &[json!({"skuId": sku.sku_id, "disabledPlans": off})], &[sku], says)
}

/// All or nothing, so the first tells for all.
fn give_licences(who: &Who, licences: &[Value], skus: &[&Sku], says: String) -> Change {
    let send = Request::post(who.path().then("assignLicense"))
        .body(json!({"addLicenses": licences, "removeLicenses": []}))
        .not_yet(&[Refusal::NotFound, Refusal::NoUsageLocation]);
    let held = Request::get(who.path()).select(&["assignedLicenses"]);
    let proof = Proof::has(held, "/assignedLicenses", licences.first().cloned().unwrap_or_default());
    let touches = skus.iter().map(|sku| Touch::Sku(sku.sku_id));
    touches.fold(touching(who, Change::new(says, send, proof)), Change::touching)
}

/// Takes back a seat that was handed out directly; `off` are the plans that are switched off in it.
pub fn take_back(who: &Who, sku: &Sku, off: &[ServicePlanId]) -> Change {
    take_all(who, &[(sku.clone(), off.to_vec())])
}

/// Takes back all these seats, each handed out directly with these plans switched off, in one call.
pub fn take_all(who: &Who, seats: &[(Sku, Vec<ServicePlanId>)]) -> Change {
    let skus: Vec<&Sku> = seats.iter().map(|(sku, _)| sku).collect();
    take(who, &skus).undone_by(give_all_back(who, seats))
}

/// Where a group gives a seat, that it cannot be taken says that it was not given directly. That one of several is not there
/// to take leaves open whether the others are: then it is read, as it is for "not yet".
fn take(who: &Who, skus: &[&Sku]) -> Change {
    let ids: Vec<SkuId> = skus.iter().map(|sku| sku.sku_id).collect();
    let send = Request::post(who.path().then("assignLicense"))
        .body(json!({"addLicenses": [], "removeLicenses": ids}))
        .already(&[Refusal::NotFound]);
    let not_there = &[Refusal::LicenceNotHeld, Refusal::LicenceInherited];
    let send = if skus.len() == 1 { send.already(not_there) } else { send.not_yet(not_there) };
    // All or nothing, so one of them tells for all. A licence that a group hands out as well stays among those that are held.
    let read = Request::get(who.path()).select(&["licenseAssignmentStates"]);
    let direct = json!({"skuId": ids.first(), "assignedByGroup": null});
    let proof = Proof::lacks(read, "/licenseAssignmentStates", direct);
    touching(who, Change::new(format!("take {} from {}", part_numbers(skus), who.name()), send, proof))
}

fn give_all_back(who: &Who, seats: &[(Sku, Vec<ServicePlanId>)]) -> Change {
    let licences: Vec<Value> =
        seats.iter().map(|(sku, off)| json!({"skuId": sku.sku_id, "disabledPlans": off})).collect();
    let skus: Vec<&Sku> = seats.iter().map(|(sku, _)| sku).collect();
    give_licences(who, &licences, &skus, format!("give {} back to {}", part_numbers(&skus), who.name()))
}

fn part_numbers(skus: &[&Sku]) -> String {
    skus.iter().map(|sku| sku.sku_part_number.as_str()).collect::<Vec<_>>().join(", ")
}

fn plan_names(sku: &Sku, plans: &[ServicePlanId], between: &str) -> String {
    let name = |plan: &ServicePlanId| {
        let known = sku.service_plans.iter().find(|known| known.service_plan_id == *plan);
        known.map_or_else(|| plan.to_string(), |known| known.service_plan_name.clone())
    };
    plans.iter().map(name).collect::<Vec<_>>().join(between)
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
    use crate::sample::{adele, body, is_undone_by, reading};

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
    fn a_seat_is_taken_back_and_plans_are_switched_back() {
        let (who, sku) = (Who::new("Adele Vance"), sku("Enabled", 1, 0, 0));
        let off = [sku.service_plans[0].service_plan_id];
        let undo = |change: &Change| body(change.undo.as_ref().unwrap());
        let assigned = assign(&who, &sku, &off);
        assert_eq!(assigned.says, "assign SPE_E3 without YAMMER_ENTERPRISE to Adele Vance");
        assert_eq!(undo(&assigned)["removeLicenses"], json!([sku.sku_id]));
        let switched = switch(&who, &sku, &[], &off);
        assert_eq!(switched.says, "switch YAMMER_ENTERPRISE off in SPE_E3 of Adele Vance");
        assert_eq!(
            switched.undo.as_ref().unwrap().says,
            "switch YAMMER_ENTERPRISE on in SPE_E3 of Adele Vance"
        );
        assert_eq!(undo(&switched)["addLicenses"], json!([{"skuId": sku.sku_id, "disabledPlans": []}]));
    }

    #[test]
    fn several_seats_are_taken_and_given_back_in_one_call_each() {
        let e3 = sku("Enabled", 1, 0, 1);
        let visio = Sku {
            sku_id: "c5928f49-12ba-48f7-ada3-0d743a3601d5".parse().unwrap(),
            sku_part_number: "VISIOCLIENT".into(),
            ..e3.clone()
        };
        let off = vec![e3.service_plans[0].service_plan_id];
        let change = take_all(&adele(), &[(e3.clone(), off.clone()), (visio.clone(), Vec::new())]);
        assert_eq!(change.says, "take SPE_E3, VISIOCLIENT from Adele Vance");
        assert_eq!(body(&change), json!({"addLicenses": [], "removeLicenses": [e3.sku_id, visio.sku_id]}));
        assert!(is_undone_by(&change, "give SPE_E3, VISIOCLIENT back to Adele Vance"));
        let undo = change.undo.unwrap();
        let licences = json!([
            {"skuId": e3.sku_id, "disabledPlans": off}, {"skuId": visio.sku_id, "disabledPlans": []},
        ]);
        assert_eq!(body(&undo), json!({"addLicenses": licences, "removeLicenses": []}));
        assert!(undo.touches.contains(&Touch::Sku(visio.sku_id)), "{:?}", undo.touches);
    }

    #[test]
    fn one_seat_that_is_gone_says_nothing_of_the_others() {
        let seat = || (sku("Enabled", 1, 0, 1), Vec::new());
        let table = [(vec![seat()], "already"), (vec![seat(), seat()], "not yet")];
        for (seats, meaning) in table {
            let change = take_all(&adele(), &seats);
            let told =
                reading(&change, 400, "Request_BadRequest", "User does not have a corresponding license.");
            assert_eq!(told, meaning, "{} seats", seats.len());
        }
    }

    #[test]
    fn a_seat_that_a_group_hands_out_as_well_is_no_proof_against_the_taking() {
        let sku = sku("Enabled", 1, 0, 1);
        let plan::Test::Lacks(place, direct) = take_back(&adele(), &sku, &[]).proof.test else {
            panic!("a seat that is taken back is looked for");
        };
        assert_eq!(place, "/licenseAssignmentStates");
        assert_eq!(direct, json!({"skuId": sku.sku_id, "assignedByGroup": null}));
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
