//! The first day.

use serde_json::json;
use telling::{Story, object};
use tenant::{Drop, Trouble};

use super::{DAY, alex, mallory};

pub(crate) async fn starts_on_monday(story: &mut Story) {
    story.title("Somebody who starts next week, and the timer that lets them in");
    story.says("It is Monday, 2 March 2026, 08:00 UTC. Everything is got ready; the account stays blocked.");
    let want = mallory(json!({
        "startsAt": "2026-03-09T08:00:00+01:00",
        "groups": ["Finance"],
        "temporaryAccessPass": {"isUsableOnce": true},
    }));
    let begun = story.apply(&want).await;
    story.says("Too early for a pass.");
    story.act(&begun, "credential").await;
    story.says("The timer ticks on Tuesday: nothing is due.");
    story.tenant().advance(DAY);
    story.tick().await;
    story.says("The ticks of the next Monday are missed. The one on Tuesday the 10th catches up: what is due is in the journal, not in the tick.");
    story.tenant().advance(7 * DAY);
    story.tick().await;
    story.says("The next tick has nothing left to do.");
    story.tick().await;
    story.says("Now somebody is there to receive the pass.");
    story.act(&begun, "credential").await;
}

pub(crate) async fn start_is_moved(story: &mut Story) {
    story.title("The start date is moved: the last word counts");
    let starts = |at: &str| mallory(json!({"startsAt": at}));
    story.apply(&starts("2026-03-09T08:00:00+01:00")).await;
    story.says("It is to be a week later.");
    story.apply(&starts("2026-03-16T08:00:00+01:00")).await;
    story.says("The first date comes, and lets nobody in.");
    story.tenant().advance(8 * DAY);
    story.tick().await;
    story.says("The second does.");
    story.tenant().advance(7 * DAY);
    story.tick().await;
    story.scene("The move is taken back, and the first date counts again");
    story.apply(&starts("2026-03-09T08:00:00+01:00")).await;
    let moved_back = story.apply(&starts("2026-03-16T08:00:00+01:00")).await;
    story.act(&moved_back, "undo").await;
    story.tenant().advance(8 * DAY);
    story.tick().await;
    story.scene("The account was deleted meanwhile: nobody is created anew");
    story.apply(&starts("2026-03-09T08:00:00+01:00")).await;
    story.edit(|state| {
        object(state, "users", "mallory.cortez@contoso.com")["deletedDateTime"] =
            json!("2026-03-05T09:00:00Z");
    });
    story.tenant().advance(8 * DAY);
    story.tick().await;
}

pub(crate) async fn pass_is_lost(story: &mut Story) {
    story.title("The answer that held the pass is lost");
    story.says("The connection breaks after the pass was issued. It was issued, reading tells; what it says, nobody knows.");
    let lost = Trouble { drop: Some(Drop::After), ..Trouble::default() };
    story.trouble("POST", "/users/*/authentication/temporaryAccessPassMethods", Some(1), lost);
    let done = story.apply(&mallory(json!({"temporaryAccessPass": {}}))).await;
    story.says("A new one is collected from the run; it replaces the lost one.");
    story.act(&done, "credential").await;
    story.says("Whoever did not even see the run's number asks again, and collects it from that run.");
    let again = story.apply(&mallory(json!({"temporaryAccessPass": {}}))).await;
    story.act(&again, "credential").await;
    story.says("A week later only the run that created the account opens it, as long as its password and sessions are those of its creation.");
    story.tenant().advance(7 * DAY);
    story.act(&again, "credential").await;
    story.act(&done, "credential").await;
    story.says("After 30 days, as long as a pass may live, no run does.");
    story.tenant().advance(24 * DAY);
    story.act(&done, "credential").await;
}

pub(crate) async fn blocked_since(story: &mut Story) {
    story.title("The account was in use and is blocked: is this person back?");
    story.edit(|state| {
        let debra = object(state, "users", "DebraB@contoso.com");
        debra["lastPasswordChangeDateTime"] = json!("2025-11-30T17:00:00Z");
    });
    let debra = |more| {
        let mut want = alex(more);
        want["employeeId"] = json!("100009");
        want["givenName"] = json!("Debra");
        want["surname"] = json!("Berger");
        want["userPrincipalName"] = json!("DebraB@contoso.com");
        want
    };
    story.apply(&debra(json!({}))).await;
    story.says("Yes, she is. Her pass is collected from the run that lets her in.");
    let back = story.apply(&debra(json!({"reinstate": true, "temporaryAccessPass": {}}))).await;
    story.act(&back, "credential").await;
    story.scene("Her sessions were revoked, which is as telling as a new password");
    story.edit(|state| {
        let debra = object(state, "users", "DebraB@contoso.com");
        debra["signInSessionsValidFromDateTime"] = json!("2025-11-30T17:00:00Z");
    });
    story.apply(&debra(json!({}))).await;
    story.scene("She never signed in: a run that died on the way is mended by asking again");
    story.apply(&debra(json!({}))).await;
}

pub(crate) async fn account_in_use(story: &mut Story) {
    story.title("The account is in use: nobody gets into it by asking for an onboarding");
    story.says("Somebody asks for a pass to Alex Wilber's account.");
    let done = story.apply(&alex(json!({"groups": ["Finance"], "temporaryAccessPass": {}}))).await;
    story.says(
        "Nor can one be collected from a run that did not let him in; calling him back changes nothing.",
    );
    story.act(&done, "credential").await;
    let done = story.apply(&alex(json!({"reinstate": true, "temporaryAccessPass": {}}))).await;
    story.act(&done, "credential").await;
    story.scene("A run that was refused let nobody in");
    story.edit(|state| object(state, "users", "AlexW@contoso.com")["accountEnabled"] = json!(false));
    let refused = story.apply(&alex(json!({"groups": ["Retial"], "temporaryAccessPass": {}}))).await;
    story.edit(|state| object(state, "users", "AlexW@contoso.com")["accountEnabled"] = json!(true));
    story.act(&refused, "credential").await;
    story.scene("He is to start next year, and may sign in already");
    story.apply(&alex(json!({"temporaryAccessPass": {}, "startsAt": "2027-01-01T00:00:00Z"}))).await;
    story.scene("A newcomer has chosen a password: the run opens the account no more");
    let done = story.apply(&mallory(json!({"temporaryAccessPass": {}}))).await;
    story.edit(|state| {
        let mallory = object(state, "users", "mallory.cortez@contoso.com");
        mallory["lastPasswordChangeDateTime"] = json!("2026-03-02T09:00:00Z");
    });
    story.act(&done, "credential").await;
    story.scene("The account of a run is gone");
    let done = story.apply(&mallory(json!({}))).await;
    story.act(&done, "undo").await;
    story.act(&done, "credential").await;
}
