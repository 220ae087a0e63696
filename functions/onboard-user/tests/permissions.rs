//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.

#![cfg(test)]

use plan::Policy;
use serde_json::json;
use telling::permissions::Scenario;
use telling::{Rights, World};

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
            "groups": ["Finance", "Newsletter"], "administrativeUnit": "Retail Stores", "temporaryAccessPass": {},
            "aliases": ["alexander@contoso.com"],
            "sharedMailboxes": [{"mailbox": "info@contoso.com", "sendAs": true, "sendOnBehalf": true}],
            "calendars": [{"mailbox": "room_zurich@contoso.com", "right": "Reviewer"}],
            "mailboxSettings": {"language": "de-CH", "timeZone": "W. Europe Standard Time"},
        }),
        json!({
            "employeeId": "100009", "givenName": "Debra", "surname": "Berger",
            "userPrincipalName": "DebraB@contoso.com", "startsAt": "2026-01-01T00:00:00Z", "temporaryAccessPass": {},
        }),
    ]
    .map(Scenario::from)
}

telling::permissions!(FUNCTION, scenarios());

/// Who may read everything in Exchange Online, and change nothing.
const READER: &str = "Global Reader";

#[tokio::test(start_paused = true)]
async fn no_lesser_directory_role_would_do() {
    let mut rights = Rights::of(FUNCTION);
    assert_eq!(rights.directory_roles, ["Exchange Recipient Administrator"]);
    rights.directory_roles = vec![READER.to_owned()];
    let world = World::with(FUNCTION, &rights, Policy::default());
    let [_, Scenario { request, .. }, _] = scenarios();
    let answer = world.post("/api/onboard-user", request.to_string()).await;
    let changes = answer.outcome()["changes"].as_array().expect("changes");
    let refused = changes.iter().filter(|change| change["status"] == "refused");
    let refused: Vec<&str> = refused.filter_map(|change| change["says"].as_str()).collect();
    assert_eq!(
        refused,
        [
            "add Alex Wilber to Newsletter",
            "give Alex Wilber the address alexander@contoso.com",
            "let Alex Wilber into the mailbox of Contoso Info",
            "let Alex Wilber send as Contoso Info",
            "let Alex Wilber send on behalf of Contoso Info",
            "let Alex Wilber into the calendar of Besprechungsraum Zürich as Reviewer",
            "set the mailbox of Alex Wilber to de-CH, W. Europe Standard Time",
        ]
    );
}
