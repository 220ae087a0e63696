//! A crowd in which reports and rules find something: of every forty accounts the same few are special, so that a test can
//! count on its fingers.
//!
//! | Of so many | So many | |
//! |---|---|---|
//! | 40 | 1 | is blocked, and has its licence still |
//! | 20 | 1 | was in 120 days ago |
//! | 20 | 1 | never signed in; all others were in yesterday |
//! | 10 | 1 | has Office 365 E3 by a group besides its own |
//! | 10 | 1 | has it by the group alone |
//! | 200 | 1 | should have it by the group, which has no seat (`CountViolation`) |
//! | 8 | 1 | has Enterprise Mobility + Security E5, a plan of it switched off |

use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::contoso::{self, group};
use super::super::groups::Sort;
use super::super::skus;
use super::{DAY_MS, buy};
use crate::clock::written;
use crate::state::{Directory, Holding, Link, Object};

/// Name and mail nickname of the group that hands Office 365 E3 on.
const LICENSING: (&str, &str) = ("Licensing Office 365 E3", "LicensingOffice365E3");
const PACK: &str = "ENTERPRISEPACK";
const ADD_ON: &str = "EMSPREMIUM";
/// The plan of the add-on that is switched off.
const WITHOUT: &str = "ATA";
/// Whose last sign-in was long ago, in days.
const LONG: i64 = 120;

/// What the accounts of a varied crowd share.
pub(super) struct Variety {
    group: Uuid,
    switched_off: Vec<Uuid>,
    midnight_ms: i64,
}

impl Variety {
    /// Makes the group that hands licences on.
    pub(super) fn of(directory: &mut Directory) -> Variety {
        contoso::add_group(directory, &(LICENSING.0, LICENSING.1, Sort::Security, &["AllanD"], &[]));
        let group = group(LICENSING.1);
        if let Some(mut object) = directory.edit(group) {
            object.licences = vec![Holding::new(skus::id(PACK), Vec::new(), directory.now_ms)];
            directory.put(object);
        }
        let plans =
            directory.sku(skus::id(ADD_ON)).map(|sku| sku.service_plans.as_slice()).unwrap_or_default();
        let off = plans.iter().filter(|plan| plan.service_plan_name == WITHOUT);
        let switched_off = off.map(|plan| plan.service_plan_id).collect();
        Variety { group, switched_off, midnight_ms: directory.now_ms - directory.now_ms.rem_euclid(DAY_MS) }
    }

    /// Makes an account special, if its number says so.
    pub(super) fn add(&mut self, directory: &mut Directory, number: usize, user: &mut Object) {
        if number % 40 == 8 {
            user.properties.set("accountEnabled", false);
        }
        if let Some(days) = last_seen(number) {
            user.properties.set("signInActivity", self.activity(days));
        }
        if number % 8 == 2 {
            buy(directory, skus::id(ADD_ON), 1);
            user.licences.push(Holding::new(skus::id(ADD_ON), self.switched_off.clone(), directory.now_ms));
        }
        if number % 10 == 3 || number % 10 == 5 || number.is_multiple_of(200) {
            user.licences.push(self.handed_on(directory.now_ms, number));
            directory.link(Link::Member, self.group, user.id);
        }
    }

    fn handed_on(&self, now_ms: i64, number: usize) -> Holding {
        let error = (number.is_multiple_of(200)).then(|| "CountViolation".to_owned());
        Holding { by_group: Some(self.group), error, ..Holding::new(skus::id(PACK), Vec::new(), now_ms) }
    }

    /// Everything about sign-ins but the ids of the requests, which nobody looks up in a crowd.
    fn activity(&self, days: i64) -> Value {
        let at = Value::from(written(self.midnight_ms - days * DAY_MS + DAY_MS / 3));
        let kinds = ["", "NonInteractive", "Successful"];
        let dates = kinds.map(|kind| (format!("last{kind}SignInDateTime"), at.clone()));
        Value::Object(Map::from_iter(dates))
    }
}

/// How many days ago somebody was in last; none for who never was.
fn last_seen(number: usize) -> Option<i64> {
    match number % 20 {
        6 => Some(LONG),
        16 => None,
        _ => Some(1),
    }
}
