//! Counting: what one account adds to the counts of the products it holds.

use std::collections::BTreeMap;

use directory::account::{LicenceState, SignIns};
use graph::SkuId;
use jiff::Timestamp;
use serde::Deserialize;

use super::facts::Holders;

/// As much of an account as is counted; nothing of it is kept.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Holder {
    account_enabled: Option<bool>,
    created_date_time: Option<Timestamp>,
    license_assignment_states: Vec<LicenceState>,
    sign_in_activity: Option<SignIns>,
}

impl Holder {
    fn is_blocked(&self) -> bool {
        self.account_enabled == Some(false)
    }

    /// Its SKUs, each once, with all the ways in which it has them.
    fn skus(&self) -> BTreeMap<SkuId, Vec<&LicenceState>> {
        let mut skus: BTreeMap<SkuId, Vec<&LicenceState>> = BTreeMap::new();
        self.license_assignment_states
            .iter()
            .for_each(|state| skus.entry(state.sku_id).or_default().push(state));
        skus
    }
}

/// Who has what.
#[derive(Debug, Default)]
pub(super) struct Tally(pub(super) BTreeMap<SkuId, Holders>);

impl Tally {
    /// Counts one account. A seat is what it has the use of, however often it has it.
    pub(super) fn count(&mut self, holder: &Holder) {
        for (sku, states) in holder.skus() {
            let counts = self.0.entry(sku).or_default();
            let active = || states.iter().filter(|state| state.is_active());
            let (direct, by_group) = (
                active().any(|state| state.assigned_by_group.is_none()),
                active().any(|state| state.assigned_by_group.is_some()),
            );
            counts.blocked += i64::from(holder.is_blocked() && (direct || by_group));
            counts.twice += i64::from(direct && by_group);
            if let Some(error) = states.iter().find_map(|state| state.trouble()) {
                *counts.errors.entry(error.to_owned()).or_default() += 1;
            }
        }
    }
}

/// The seats of accounts that may sign in, and that nobody has used since then.
#[derive(Debug)]
pub(super) struct Inactive {
    since: Timestamp,
    pub(super) seats: BTreeMap<SkuId, i64>,
}

impl Inactive {
    pub(super) fn since(since: Timestamp) -> Self {
        Self { since, seats: BTreeMap::new() }
    }

    /// Counts one account.
    pub(super) fn count(&mut self, holder: &Holder) {
        let unused = SignIns::unused_since(holder.sign_in_activity.as_ref(), holder.created_date_time);
        if holder.is_blocked() || unused.is_none_or(|since| since >= self.since) {
            return;
        }
        for (sku, states) in holder.skus() {
            if states.iter().any(|state| state.is_active()) {
                *self.seats.entry(sku).or_default() += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
    const GROUP: &str = "02bd9fd6-8f93-4758-87c3-1fb73740a315";

    fn holder(enabled: bool, states: Value, more: Value) -> Holder {
        let mut holder = json!({"accountEnabled": enabled, "licenseAssignmentStates": states});
        holder.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(holder).unwrap()
    }

    fn direct() -> Value {
        json!({"skuId": E3, "state": "Active", "error": "None"})
    }

    fn by_group(state: &str, error: &str) -> Value {
        json!({"skuId": E3, "assignedByGroup": GROUP, "state": state, "error": error})
    }

    #[test]
    fn a_seat_is_counted_once_however_often_it_is_held() {
        let short = by_group("Error", "CountViolation");
        let table = [
            ("held directly", true, json!([direct()]), (0, 0, 0)),
            ("by a group", true, json!([by_group("Active", "None")]), (0, 0, 0)),
            (
                "by two groups",
                false,
                json!([by_group("Active", "None"), by_group("Active", "None")]),
                (1, 0, 0),
            ),
            ("both", true, json!([direct(), by_group("Active", "None")]), (0, 1, 0)),
            ("both, and blocked", false, json!([direct(), by_group("Active", "None")]), (1, 1, 0)),
            ("directly, the group's in error", true, json!([direct(), short]), (0, 0, 1)),
            ("in error, and blocked", false, json!([short]), (0, 0, 1)),
            ("in error twice over", true, json!([short, short]), (0, 0, 1)),
            ("nothing", false, json!([]), (0, 0, 0)),
        ];
        for (title, enabled, states, (blocked, twice, in_error)) in table {
            let mut tally = Tally::default();
            tally.count(&holder(enabled, states, json!({})));
            let counted = tally.0.remove(&E3.parse().unwrap()).unwrap_or_default();
            let errors = counted.errors.values().sum::<i64>();
            assert_eq!((counted.blocked, counted.twice, errors), (blocked, twice, in_error), "{title}");
        }
    }

    #[test]
    fn an_account_is_inactive_that_may_sign_in_and_does_not() {
        let old = json!({"createdDateTime": "2025-01-01T00:00:00Z"});
        let recent = json!({"createdDateTime": "2025-01-01T00:00:00Z",
                            "signInActivity": {"lastSignInDateTime": "2026-02-28T08:00:00Z"}});
        let newcomer = json!({"createdDateTime": "2026-02-20T00:00:00Z"});
        let table = [
            ("never signed in", true, direct(), old.clone(), 1),
            ("signed in of late", true, direct(), recent, 0),
            ("new, and not yet in", true, direct(), newcomer, 0),
            ("blocked", false, direct(), old.clone(), 0),
            ("has no use of it", true, by_group("Error", "CountViolation"), old, 0),
        ];
        for (title, enabled, state, more, seats) in table {
            let mut inactive = Inactive::since("2025-12-02T08:00:00Z".parse().unwrap());
            inactive.count(&holder(enabled, json!([state]), more));
            assert_eq!(inactive.seats.values().sum::<i64>(), seats, "{title}");
        }
    }
}
