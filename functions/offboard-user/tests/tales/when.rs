//! When: on Friday at five, on the last day, some days later.

use serde_json::json;
use telling::{Answer, Story, object, refusal};

use super::{DAY, MINUTE, christie, later, mailbox_of};

pub(crate) async fn scheduled_for_friday_at_five(story: &mut Story) {
    story.title("Scheduled for Friday, five o'clock, where the leaver is");
    story.says("It is Monday, 2 March 2026, 08:00 UTC. Nothing is done yet.");
    let friday = json!({"at": "2026-03-06T17:00"});
    story.preview(&christie(friday.clone())).await;
    let planned = story.apply(&christie(friday)).await;
    story.says("The timer ticks on Tuesday: nothing is due.");
    story.tenant().advance(DAY);
    story.tick().await;
    story.says("On Saturday it catches up with what was due on Friday.");
    story.tenant().advance(4 * DAY);
    story.tick().await;
    story.look(&planned).await;
    story.says("And goes on.");
    later(story, &planned, 2 * MINUTE).await;
    story.scene("Brought forward: the last word counts");
    story.apply(&christie(json!({"at": "2026-03-06T17:00:00+01:00"}))).await;
    let now = story.apply(&christie(json!({}))).await;
    later(story, &now, 2 * MINUTE).await;
    story.tenant().advance(5 * DAY);
    story.tick().await;
    story.scene("Called off");
    let planned = story.apply(&christie(json!({"at": "2026-03-06T17:00[Europe/Zurich]"}))).await;
    story.act(&planned, "undo").await;
    story.tenant().advance(5 * DAY);
    story.tick().await;
    story.scene("The mailbox says no time zone that is known");
    story
        .edit(|state| mailbox_of(state, "ChristieC")["regional"]["timeZone"] = json!("Customized Time Zone"));
    story.apply(&christie(json!({"at": "2026-03-06T17:00"}))).await;
    story.scene("No time at all");
    story.apply(&christie(json!({"at": "Friday"}))).await;
}

pub(crate) async fn leave_date(story: &mut Story) {
    story.title("On the day that the directory knows");
    let on_leave_date = || christie(json!({"at": "employeeLeaveDateTime"}));
    story.scene("There is none");
    story.apply(&on_leave_date()).await;
    story.scene("It is to come, and comes");
    story.edit(|state| {
        object(state, "users", "ChristieC@contoso.com")["employeeLeaveDateTime"] =
            json!("2026-03-31T15:00:00Z")
    });
    story.apply(&on_leave_date()).await;
    story.says("Human resources moves the date by a week. The timer asks the directory again.");
    story.edit(|state| {
        object(state, "users", "ChristieC@contoso.com")["employeeLeaveDateTime"] =
            json!("2026-04-07T15:00:00Z")
    });
    story.tenant().advance(30 * DAY);
    story.tick().await;
    story.tenant().advance(7 * DAY);
    story.tick().await;
}

pub(crate) async fn licences_after_some_days(story: &mut Story) {
    story.title("Licences are taken a month later");
    let begun = story.apply(&christie(json!({"licences": {"afterDays": 30}}))).await;
    later(story, &begun, 2 * MINUTE).await;
    story.says("A month later the timer takes them.");
    story.tenant().advance(30 * DAY);
    story.tick().await;
}

pub(crate) async fn deleted_on_its_day(story: &mut Story) {
    story.title("The account is deleted after thirty days");
    let want = || christie(json!({"deleteAfterDays": 30}));
    let begun = story.apply(&want()).await;
    story.says("Asked again in between: nothing, but the last run made has the say.");
    story.tenant().advance(7 * DAY);
    let again = story.apply(&want()).await;
    story.says("Day 30.");
    story.tenant().advance(24 * DAY);
    story.tick().await;
    story.apply(&want()).await;
    story.says("The first run did not delete it, so it has nothing to restore.");
    story.act(&begun, "undo?whatIf=true").await;
    story.act(&begun, "undo").await;
    story.says("The second did. After that the first can be taken back, too.");
    story.act(&again, "undo").await;
    story.act(&begun, "undo").await;
    story.scene("On that day there is something else to do, which comes first");
    let begun = story.apply(&want()).await;
    story.edit(|state| {
        let id = object(state, "users", "ChristieC@contoso.com")["id"].clone();
        let members = object(state, "groups", "Finance")["members"].as_array_mut();
        members.into_iter().for_each(|members| members.push(id.clone()));
    });
    let begun = later(story, &begun, 31 * DAY).await;
    later(story, &begun, 61 * MINUTE).await;
    story.scene("Somebody came back before that day");
    let begun = story.apply(&want()).await;
    story.act(&begun, "undo").await;
    story.tenant().advance(31 * DAY);
    story.tick().await;
    story.scene("One run blocked and deleted it: one call brings everything back");
    let begun = deleted(story).await;
    story.act(&begun, "undo?whatIf=true").await;
    story.act(&begun, "undo").await;
    story.scene("It cannot be restored: nothing else is touched, and nothing is said to be taken back");
    let begun = deleted(story).await;
    let taken = "Another object with the same value for property userPrincipalName already exists.";
    story.trouble("POST", "/directory/deletedItems/", None, refusal(400, "Request_BadRequest", taken));
    story.act(&begun, "undo").await;
    story.tenant().clear_faults();
    story.says("Nor after thirty days: the directory has forgotten it.");
    story.edit(|state| {
        let users = state["users"].as_array_mut().into_iter();
        users.for_each(|users| users.retain(|user| user["displayName"] != "Christie Cline"));
    });
    story.act(&begun, "undo").await;
    story.scene("Not with a shared mailbox");
    story.apply(&christie(json!({"deleteAfterDays": 30, "mailbox": {"shared": true}}))).await;
}

/// Somebody who was blocked, and whose account was deleted when its day had come.
async fn deleted(story: &mut Story) -> Answer {
    let begun = story.apply(&christie(json!({"deleteAfterDays": 30}))).await;
    story.tenant().advance(31 * DAY);
    story.tick().await;
    begun
}
