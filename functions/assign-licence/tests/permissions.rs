//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.

#![cfg(test)]

use serde_json::json;
use telling::permissions::Scenario;

const FUNCTION: telling::Tested = telling::function!(assign_licence::AssignLicence);

/// Requests that between them take every way through the function.
fn scenarios() -> [Scenario; 5] {
    let swapped = json!({
        "user": "AdeleV@contoso.com", "assign": [{"sku": "VISIOCLIENT"}], "replace": [{"sku": "SPE_E5", "by": "SPE_E3"}],
    });
    let finance = json!({"name": "Finance", "when": {"group": ["Finance"]}, "licences": [{"sku": "SPE_E5"}]});
    let unused = json!({"licences": ["ENTERPRISEPACK"], "inactiveDays": 30, "giveUpMailbox": true});
    [
        swapped.into(),
        json!({"user": "100003", "join": ["LicensingE3"]}).into(),
        Scenario::of_sweep("/reconcile", json!({"rules": {"rules": [finance]}})),
        Scenario::of_sweep("/reclaim", unused),
        Scenario::reading("/report"),
    ]
}

telling::permissions!(FUNCTION, scenarios());
