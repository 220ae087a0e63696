//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.

#![cfg(test)]

use serde_json::json;
use telling::permissions::Scenario;

const FUNCTION: telling::Tested = telling::function!(assign_licence::AssignLicence);

/// Requests that between them take every way through the function.
fn scenarios() -> [Scenario; 2] {
    [
        json!({"user": "AdeleV@contoso.com", "assign": [{"sku": "VISIOCLIENT"}], "replace": [{"sku": "SPE_E5", "by": "SPE_E3"}]}),
        json!({"user": "100003", "join": ["LicensingE3"]}),
    ]
    .map(Scenario::from)
}

telling::permissions!(FUNCTION, scenarios());
