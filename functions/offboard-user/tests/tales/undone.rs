//! An undo that cannot bring everything back, or finds it there.

use serde_json::{Value, json};
use telling::{Story, object};

use super::{DAY, MINUTE, briefly, christie, later, with_one_of_each};

pub(crate) async fn undo_is_refused(story: &mut Story) {
    story.title("What an undo cannot bring back, and what somebody has brought back already");
    story.scene("No seat is left, and without a licence the mailbox cannot be a person's again");
    let done = story.apply(&christie(json!({"mailbox": {"fullAccess": false, "hide": false}}))).await;
    later(story, &done, 2 * MINUTE).await;
    story.edit(|state| {
        let bought = &mut object(state, "subscribedSkus", "ENTERPRISEPACK")["prepaidUnits"];
        bought["enabled"] = json!(0);
    });
    story.act(&done, "undo").await;
    story.scene("Somebody has given it all back by hand");
    story.edit(with_one_of_each);
    let before = story.tenant().state();
    let done = story.apply(&briefly("ChristieC", json!({}))).await;
    story.edit(|state| given_back(state, &before));
    story.act(&done, "undo").await;
    story.scene("The account is deleted on its day, and somebody new has its name");
    let want = briefly("ChristieC", json!({"deleteAfterDays": 60}));
    let done = story.apply(&want).await;
    later(story, &done, 31 * DAY).await;
    later(story, &done, 30 * DAY).await;
    story.edit(|state| {
        object(state, "users", "LeeG@contoso.com")["userPrincipalName"] = json!("ChristieC@contoso.com")
    });
    story.act(&done, "undo").await;
}

/// Members, owners, roles that may be taken, and applications as they were.
fn given_back(state: &mut Value, before: &Value) {
    for list in ["groups", "applications"] {
        for object in state[list].as_array_mut().into_iter().flatten() {
            let was = before[list].as_array().into_iter().flatten().find(|was| was["id"] == object["id"]);
            for people in ["members", "owners"] {
                if let Some(was) = was.and_then(|was| was.get(people)) {
                    object[people] = was.clone();
                }
            }
        }
    }
    for list in ["roleEligibilityScheduleInstances", "appRoleAssignments"] {
        state[list] = before[list].clone();
    }
}
