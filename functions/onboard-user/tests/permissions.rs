//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.

#![cfg(test)]

use serde_json::json;
use telling::permissions::Scenario;

const FUNCTION: telling::Tested = telling::function!(onboard_user::OnboardUser);

/// Requests that between them take every way through the function.
fn scenarios() -> [Scenario; 3] {
    [
        json!({
            "employeeId": "2042", "givenName": "Mallory", "surname": "Cortez", "usageLocation": "US",
            "userPrincipalName": "{given}.{surname}@contoso.com",
            "profile": {"jobTitle": "Buyer", "mobilePhone": "+1 2065550100", "otherMails": ["mallory@example.com"],
                        "employeeHireDate": "2026-12-01", "employeeLeaveDateTime": "2027-11-30T17:00:00Z"},
            "manager": "MiriamG@contoso.com", "sponsors": ["100003"], "licences": [{"sku": "SPE_E3"}],
            "groups": ["Retail", "Finance"], "administrativeUnit": "Retail Stores",
            "copyFrom": {"user": "LynneR@contoso.com"}, "temporaryAccessPass": {},
        }),
        json!({
            "employeeId": "100004", "givenName": "Alexander", "surname": "Wilber", "usageLocation": "US",
            "userPrincipalName": "AlexW@contoso.com",
            "profile": {"jobTitle": "Marketing Manager", "mobilePhone": "+1 2065550101", "otherMails": ["alex@example.com"],
                        "employeeHireDate": "2026-01-05", "employeeLeaveDateTime": "2027-12-31T17:00:00Z"},
            "manager": "MiriamG@contoso.com", "sponsors": ["LeeG@contoso.com"], "licences": [{"sku": "FLOW_FREE"}],
            "groups": ["Finance"], "administrativeUnit": "Retail Stores", "temporaryAccessPass": {},
        }),
        json!({
            "employeeId": "100009", "givenName": "Debra", "surname": "Berger",
            "userPrincipalName": "DebraB@contoso.com", "startsAt": "2026-01-01T00:00:00Z", "temporaryAccessPass": {},
        }),
    ]
    .map(Scenario::from)
}

telling::permissions!(FUNCTION, scenarios());
