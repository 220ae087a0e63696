//! From the first preview to the undo.

use serde_json::{Value, json};
use telling::{Story, object};

use super::{DAY, MINUTE, later, mallory};

/// A new hire with a bit of everything.
fn everything() -> Value {
    mallory(json!({
        "usageLocation": "US",
        "profile": {"jobTitle": "Buyer", "department": "Retail"},
        "manager": "MiriamG@contoso.com",
        "licences": [{"sku": "SPE_E3", "disabledPlans": ["YAMMER_ENTERPRISE"]}],
        "groups": ["Retail", "Finance"],
        "temporaryAccessPass": {"lifetimeInMinutes": 60},
    }))
}

pub(crate) async fn previewed_approved_applied_repeated_undone(story: &mut Story) {
    story.title("A new hire: previewed, approved, applied, asked for again, and taken back");
    story.says("A preview reads, and writes nothing.");
    let preview = story.preview(&everything()).await;
    story.says("Whoever may approve it hands the digest back, and exactly that plan is carried out.");
    let approved = format!("\"{}\"", preview.digest());
    let applied =
        story.ask("POST", "/api/onboard-user", &[("if-match", &approved)], Some(&everything())).await;
    story.says("The same answer, as the JSON that a flow reads:");
    story.in_json(&applied);
    story.says("Asked again, nothing is left to do and nothing is written.");
    story.apply(&everything()).await;
    story.says("Undo takes back what the run did, in reverse. It can be previewed too.");
    story.act(&applied, "undo?whatIf=true").await;
    story.act(&applied, "undo").await;
    story.says("Undone once is undone.");
    story.act(&applied, "undo").await;
}

pub(crate) async fn everything_at_once(story: &mut Story) {
    story.title("Everything that can be asked for, as the README has it");
    let readme = include_str!("../../README.md");
    let example = readme.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    let want: Value = serde_json::from_str(example.expect("an example")).expect("the example is JSON");
    let begun = story.apply(&want).await;
    story.says("The mailbox has come.");
    let ready = later(story, &begun, 5 * MINUTE).await;
    story.says("The first day has come, and the pass is collected.");
    later(story, &ready, 274 * DAY).await;
    story.act(&begun, "credential").await;
}

pub(crate) async fn tenant_moved_between_preview_and_apply(story: &mut Story) {
    story.title("The tenant has moved since the plan was approved");
    let preview = story.preview(&everything()).await;
    story.says("Meanwhile somebody else becomes mallory.cortez. The approved plan is not carried out, nor is another.");
    story.edit(|state| {
        object(state, "users", "LeeG@contoso.com")["userPrincipalName"] = json!("Mallory.Cortez@contoso.com")
    });
    let approved = format!("\"{}\"", preview.digest());
    story.ask("POST", "/api/onboard-user", &[("if-match", &approved)], Some(&everything())).await;
}

pub(crate) async fn one_key_is_one_run(story: &mut Story) {
    story.title("A flow repeats its call: one key is one run");
    let key = [("idempotency-key", "ticket-4711"), ("prefer", "respond-async")];
    let want = mallory(json!({"groups": ["Finance"]}));
    story.says("A caller who would rather not wait is told where to look.");
    let begun = story.ask("POST", "/api/onboard-user", &key, Some(&want)).await;
    let run = begun.run().expect("a run").to_owned();
    story.says(
        "A while later it is done. What a caller alone may see would not be here: nothing secret is kept.",
    );
    story.settle().await;
    story.ask("GET", &format!("/api/onboard-user/runs/{run}"), &[], None).await;
    story.says("The same key again is the same run: nothing is read and nothing is written.");
    story.ask("POST", "/api/onboard-user", &key[..1], Some(&want)).await;
    story.says("The same key for another request is a mistake.");
    story.ask("POST", "/api/onboard-user", &key[..1], Some(&mallory(json!({"groups": ["Retail"]})))).await;
}

pub(crate) async fn guard_rails(story: &mut Story) {
    story.title("Guard-rails: what may not happen, whoever asks");
    let role_holders = json!({"protected": {"roleHolders": true}});
    story.guarded_scene("Somebody who holds a directory role", &role_holders);
    let pradeep = json!({
        "employeeId": "100024", "givenName": "Pradeep", "surname": "Gupta",
        "userPrincipalName": "PradeepG@contoso.com", "groups": ["IT Staff"],
    });
    story.apply(&mallory(pradeep)).await;
    story.guarded_scene("Somebody in a group that may be given one", &role_holders);
    story.edit(|state| {
        let lee = object(state, "users", "LeeG@contoso.com")["id"].clone();
        object(state, "groups", "Tier0")["members"] = json!([lee]);
    });
    let lee = json!({
        "employeeId": "100019", "givenName": "Lee", "surname": "Gu",
        "userPrincipalName": "LeeG@contoso.com", "groups": ["IT Staff"],
    });
    story.apply(&mallory(lee)).await;
    story.guarded_scene("Only some domains", &json!({"domains": ["contoso.onmicrosoft.com"]}));
    story.apply(&mallory(json!({}))).await;
    story.guarded_scene(
        "Only some licences, and none of them by a group either",
        &json!({"skus": ["06ebc4ee-1bb5-47dd-8120-11324bc54e06"]}),
    );
    story.apply(&mallory(json!({"usageLocation": "US", "groups": ["LicensingE3"]}))).await;
    story.guarded_scene("Never without approval", &json!({"approval": {"always": true}}));
    story.apply(&mallory(json!({}))).await;
}
