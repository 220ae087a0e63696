//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.

#![cfg(test)]

use serde_json::json;
use telling::permissions::Scenario;

const FUNCTION: telling::Tested = telling::function!(offboard_user::OffboardUser);

/// Requests that between them take every way through the function.
fn scenarios() -> [Scenario; 4] {
    [
        Scenario::from(json!({
            "user": "LidiaH@contoso.com", "successor": "MiriamG@contoso.com", "at": "2026-03-01T17:00:00+01:00",
            "mailbox": {
                "forward": true, "sendAs": true, "hold": {"days": 365, "comment": "Matter 2026-03"},
                "cancelMeetings": true,
                "reply": {"internal": "Lidia has left", "until": "2026-05-01T00:00:00Z"},
            },
            "profile": {"clearMobilePhone": true, "clearManager": true, "displayNamePrefix": "Left - "},
        })),
        // Holds a role that an application with User Administrator may block the holder of.
        Scenario::from(
            json!({"user": "PradeepG@contoso.com", "at": "2026-02-28T17:00:00Z", "deleteAfterDays": 1}),
        ),
        Scenario::from(json!({
            "user": "AdeleV@contoso.com", "mode": "absence", "mailbox": {"reply": {"internal": "Back in May"}},
        })),
        Scenario::from(json!({"user": "MeganB@contoso.com", "mode": "move"})),
    ]
}

telling::permissions!(FUNCTION, scenarios());
