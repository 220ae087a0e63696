//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.

#![cfg(test)]

use telling::permissions::Scenario;

const FUNCTION: telling::Tested = telling::function!(rotate_cert_report::RotateCertReport);

const TELLS: &[(&str, &str)] = &[("ROTATE_REPORT_SENDER", "MeganB@contoso.com")];

telling::permissions!(
    FUNCTION,
    [Scenario::reading(""), Scenario::of_sweep("/tell", serde_json::json!({})).configured(TELLS)]
);
