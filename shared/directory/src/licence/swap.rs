//! Swap that an account holds directly: given, taken and switched, all in one call.
//!
//! One call does all or nothing ("user: assignLicense", Microsoft Graph): whoever takes first and gives after leaves somebody
//! without either when the second is refused, and a licence that another one needs cannot be taken on its own.

use graph::{Refusal, Request, ServicePlanId, SkuId};
use plan::{Change, Proof, Touch};
use serde_json::{Value, json};

use super::Sku;
use crate::Who;
use crate::account::touching;

/// A seat of a SKU, with the plans that are switched off in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seat {
    /// What it is a seat of.
    pub sku: Sku,
    /// The plans that are switched off.
    pub off: Vec<ServicePlanId>,
}

/// What becomes of the seats that an account holds directly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Swap {
    /// Those that it gets.
    pub give: Vec<Seat>,
    /// Those that it loses, as they are.
    pub take: Vec<Seat>,
    /// Those that it keeps with other plans switched off: as each is, and as it is to be.
    pub switch: Vec<(Seat, Seat)>,
}

impl Swap {
    /// Whether nothing becomes of them.
    pub fn is_empty(&self) -> bool {
        self.give.is_empty() && self.take.is_empty() && self.switch.is_empty()
    }

    /// All of it in one call; `None` if there is nothing to it.
    pub fn change(&self, who: &Who) -> Option<Change> {
        (!self.is_empty()).then(|| self.settle(who))
    }

    fn settle(&self, who: &Who) -> Change {
        let back = self.back();
        self.sent(who, self.says(who, "assign")).undone_by(back.sent(who, back.says(who, "give back")))
    }

    fn back(&self) -> Self {
        let switch = self.switch.iter().map(|(before, after)| (after.clone(), before.clone()));
        Self { give: self.take.clone(), take: self.give.clone(), switch: switch.collect() }
    }

    fn sent(&self, who: &Who, says: String) -> Change {
        let held = self.give.iter().chain(self.switch.iter().map(|(_, after)| after));
        let add: Vec<Value> = held.clone().map(Seat::body).collect();
        let remove: Vec<SkuId> = self.take.iter().map(|seat| seat.sku.sku_id).collect();
        let send = Request::post(who.path().then("assignLicense"))
            .body(json!({"addLicenses": add, "removeLicenses": remove}));
        let change = Change::new(says, self.read_refusals(send), self.proof(who));
        held.map(|seat| Touch::Sku(seat.sku.sku_id)).fold(touching(who, change), Change::touching)
    }

    /// Where a group gives a seat, that it cannot be taken says that it was not given directly. That one of several is not
    /// there to take leaves open whether the others are: then it is read, as it is for "not yet".
    fn read_refusals(&self, send: Request) -> Request {
        let not_there = &[Refusal::LicenceNotHeld, Refusal::LicenceInherited];
        let gives = !self.give.is_empty() || !self.switch.is_empty();
        let send = match gives {
            true => send.not_yet(&[Refusal::NotFound, Refusal::NoUsageLocation]),
            false => send.already(&[Refusal::NotFound]),
        };
        match (gives, self.take.as_slice()) {
            (_, []) => send,
            (false, [_]) => send.already(not_there),
            (_, _) => send.not_yet(not_there),
        }
    }

    /// All or nothing, so the first tells for all. A licence that a group hands out as well stays among those that are held.
    fn proof(&self, who: &Who) -> Proof {
        let given = self.give.first().or(self.switch.first().map(|(_, after)| after));
        match (given, self.take.first()) {
            (None, Some(taken)) => {
                let read = Request::get(who.path()).select(&["licenseAssignmentStates"]);
                let direct = json!({"skuId": taken.sku.sku_id, "assignedByGroup": null});
                Proof::lacks(read, "/licenseAssignmentStates", direct)
            }
            (given, _) => {
                let read = Request::get(who.path()).select(&["assignedLicenses"]);
                Proof::has(read, "/assignedLicenses", given.map(Seat::body).unwrap_or_default())
            }
        }
    }

    fn says(&self, who: &Who, give: &str) -> String {
        let name = who.name();
        match (self.give.as_slice(), self.take.as_slice(), self.switch.as_slice()) {
            (given, [], []) if give == "give back" => format!("give {} back to {name}", part_numbers(given)),
            (given, [], []) => format!("{give} {} to {name}", listed(given)),
            ([], taken, []) => format!("take {} from {name}", part_numbers(taken)),
            ([], [], [(before, after)]) => format!("{} of {name}", switched(before, after)),
            ([given], [taken], []) => {
                format!("replace {} by {given} for {name}", taken.sku.sku_part_number)
            }
            (given, taken, switch) => {
                let taken = (!taken.is_empty()).then(|| format!("take {}", part_numbers(taken)));
                let given = (!given.is_empty()).then(|| format!("{give} {}", listed(given)));
                let switch = switch.iter().map(|(before, after)| switched(before, after));
                let parts: Vec<String> = taken.into_iter().chain(given).chain(switch).collect();
                format!("for {name}, in one call: {}", parts.join("; "))
            }
        }
    }
}

impl Seat {
    fn body(&self) -> Value {
        json!({"skuId": self.sku.sku_id, "disabledPlans": self.off})
    }
}

/// `SPE_E3 without YAMMER_ENTERPRISE`
impl std::fmt::Display for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sku.sku_part_number)?;
        match self.off.is_empty() {
            true => Ok(()),
            false => write!(f, " without {}", plan_names(&self.sku, &self.off, ", ")),
        }
    }
}

/// Hands out a seat with these plans switched off.
pub fn assign(who: &Who, sku: &Sku, off: &[ServicePlanId]) -> Change {
    Swap { give: vec![seat(sku, off)], ..Swap::default() }.settle(who)
}

/// Switches plans of a seat that is held: `before` were off, `off` are to be.
pub fn switch(who: &Who, sku: &Sku, before: &[ServicePlanId], off: &[ServicePlanId]) -> Change {
    Swap { switch: vec![(seat(sku, before), seat(sku, off))], ..Swap::default() }.settle(who)
}

/// Takes back a seat that was handed out directly; `off` are the plans that are switched off in it.
pub fn take_back(who: &Who, sku: &Sku, off: &[ServicePlanId]) -> Change {
    take_all(who, &[(sku.clone(), off.to_vec())])
}

/// Takes back all these seats, each handed out directly with these plans switched off, in one call.
pub fn take_all(who: &Who, seats: &[(Sku, Vec<ServicePlanId>)]) -> Change {
    let take = seats.iter().map(|(sku, off)| seat(sku, off)).collect();
    Swap { take, ..Swap::default() }.settle(who)
}

fn seat(sku: &Sku, off: &[ServicePlanId]) -> Seat {
    Seat { sku: sku.clone(), off: off.to_vec() }
}

fn switched(before: &Seat, after: &Seat) -> String {
    let only = |of: &Seat, not: &Seat| {
        let plans: Vec<_> = of.off.iter().filter(|plan| !not.off.contains(plan)).copied().collect();
        plan_names(&after.sku, &plans, " and ")
    };
    let both = [(only(before, after), "on"), (only(after, before), "off")];
    let told =
        both.iter().filter(|(plans, _)| !plans.is_empty()).map(|(plans, way)| format!("{plans} {way}"));
    format!("switch {} in {}", told.collect::<Vec<_>>().join(", "), after.sku.sku_part_number)
}

fn part_numbers(seats: &[Seat]) -> String {
    seats.iter().map(|seat| seat.sku.sku_part_number.as_str()).collect::<Vec<_>>().join(", ")
}

/// Where plans are off, a comma would leave open what it parts.
fn listed(seats: &[Seat]) -> String {
    seats.iter().map(Seat::to_string).collect::<Vec<_>>().join(" and ")
}

fn plan_names(sku: &Sku, plans: &[ServicePlanId], between: &str) -> String {
    plans.iter().map(|plan| sku.plan_name(plan)).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, is_undone_by, reading};

    fn sku() -> Sku {
        serde_json::from_value(json!({
            "skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "skuPartNumber": "SPE_E3", "capabilityStatus": "Enabled",
            "consumedUnits": 0, "prepaidUnits": {"enabled": 1},
            "servicePlans": [{"servicePlanId": "7547a3fe-08ee-4ccb-b430-5077c5041653", "servicePlanName": "YAMMER_ENTERPRISE"}],
        }))
        .unwrap()
    }

    #[test]
    fn a_seat_is_taken_back_and_plans_are_switched_back() {
        let (who, sku) = (Who::new("Adele Vance"), sku());
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
        let e3 = sku();
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
        let seat = || (sku(), Vec::new());
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
        let sku = sku();
        let plan::Test::Lacks(place, direct) = take_back(&adele(), &sku, &[]).proof.test else {
            panic!("a seat that is taken back is looked for");
        };
        assert_eq!(place, "/licenseAssignmentStates");
        assert_eq!(direct, json!({"skuId": sku.sku_id, "assignedByGroup": null}));
    }

    #[test]
    fn one_seat_in_the_place_of_another_is_one_call_and_so_is_everything_else() {
        let (e3, off) = (sku(), vec![sku().service_plans[0].service_plan_id]);
        let e5 = Sku {
            sku_id: "06ebc4ee-1bb5-47dd-8120-11324bc54e06".parse().unwrap(),
            sku_part_number: "SPE_E5".into(),
            ..e3.clone()
        };
        let seats = Swap { give: vec![seat(&e5, &off)], take: vec![seat(&e3, &[])], ..Swap::default() };
        let change = seats.change(&adele()).unwrap();
        assert_eq!(change.says, "replace SPE_E3 by SPE_E5 without YAMMER_ENTERPRISE for Adele Vance");
        let given = json!([{"skuId": e5.sku_id, "disabledPlans": off}]);
        assert_eq!(body(&change), json!({"addLicenses": given, "removeLicenses": [e3.sku_id]}));
        assert!(is_undone_by(&change, "replace SPE_E5 by SPE_E3 for Adele Vance"));
        let told = reading(&change, 400, "Request_BadRequest", "User does not have a corresponding license.");
        assert_eq!(told, "not yet", "what comes of the other half is open");
        let switch = vec![(seat(&e3, &[]), seat(&e3, &off))];
        let change = Swap { switch, take: vec![seat(&e5, &[])], ..Swap::default() }.change(&adele()).unwrap();
        assert_eq!(
            change.says,
            "for Adele Vance, in one call: take SPE_E5; switch YAMMER_ENTERPRISE off in SPE_E3"
        );
        assert_eq!(Swap::default().change(&adele()), None);
    }
}
