//! The people around the newcomer.

use serde_json::json;
use telling::{Story, object};

use super::{alex, mallory};

pub(crate) async fn manager_and_sponsors(story: &mut Story) {
    story.title("Managers and sponsors: by object id, user principal name or employee id");
    story.scene("Found");
    story.preview(&mallory(json!({"manager": "100022", "sponsors": ["LeeG@contoso.com"]}))).await;
    story.scene("Nobody of that name");
    let want = json!({"manager": "MiriamGraham@contoso.com", "sponsors": ["LeeG@contoso.com", "999999"], "copyFrom": {"user": "4711"}});
    story.apply(&mallory(want)).await;
    story.scene("Two of that employee id");
    story.edit(|state| object(state, "users", "LeeG@contoso.com")["employeeId"] = json!("100022"));
    story.apply(&mallory(json!({"manager": "100022"}))).await;
    story.scene("Nobody is their own manager");
    story.apply(&alex(json!({"manager": "AlexW@contoso.com"}))).await;
    story.scene("They may not sign in: have they left?");
    story.edit(|state| {
        for user in ["MiriamG@contoso.com", "LeeG@contoso.com", "LynneR@contoso.com"] {
            object(state, "users", user)["accountEnabled"] = json!(false);
        }
    });
    let want = json!({
        "manager": "MiriamG@contoso.com", "sponsors": ["LeeG@contoso.com"],
        "copyFrom": {"user": "LynneR@contoso.com", "kinds": ["groups"]},
    });
    story.preview(&mallory(want)).await;
}

pub(crate) async fn account_from_on_premises(story: &mut Story) {
    story.title("An account that is mastered on premises: what is ours is done, the rest is named");
    let ben = mallory(json!({
        "employeeId": "100006", "givenName": "Ben", "surname": "Walters", "userPrincipalName": "BenW@contoso.com",
        "usageLocation": "CH", "profile": {"jobTitle": "Chief of Sales", "employeeLeaveDateTime": "2027-12-31T17:00:00Z"},
        "manager": "MiriamG@contoso.com", "licences": [{"sku": "SPE_E3"}], "groups": ["Finance"],
    }));
    story.apply(&ben).await;
    story.scene("It is disabled there, so it has to be enabled there");
    story.edit(|state| object(state, "users", "BenW@contoso.com")["accountEnabled"] = json!(false));
    story.apply(&ben).await;
}
