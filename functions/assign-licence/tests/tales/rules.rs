//! The stories of rules, and of what nobody uses.

use std::time::Duration;

use serde_json::{Value, json};
use telling::{Answer, Story, object};

const DAY: Duration = Duration::from_secs(24 * 3600);
const RECONCILE: &str = "/api/assign-licence/reconcile";
const RECLAIM: &str = "/api/assign-licence/reclaim";

/// Retail gets Visio, and Finance E5 in the place of what it has.
fn rules() -> Value {
    json!({
        "rules": [
            {"name": "Retail", "when": {"department": ["Retail"]}, "licences": [{"sku": "VISIOCLIENT"}]},
            {"name": "Finance", "when": {"group": ["Finance"]}, "unless": {"jobTitle": ["Accountant"]},
             "licences": [{"sku": "Microsoft 365 E5", "disabledPlans": ["YAMMER_ENTERPRISE"]}]},
        ],
        "takes": ["EXCHANGESTANDARD"],
    })
}

async fn reconcile(story: &mut Story, query: &str, body: Value) -> Answer {
    story.ask("POST", &format!("{RECONCILE}{query}"), &[], Some(&body)).await
}

fn id(story: &Story, list: &str, name: &str) -> String {
    object(&mut story.tenant().state(), list, name)["id"].as_str().unwrap_or_default().to_owned()
}

pub(crate) async fn rules_previewed_approved_applied_and_taken_back(story: &mut Story) {
    story.title("Rules: previewed, approved, applied to everybody who differs, asked again, and taken back");
    let want = json!({"rules": rules()});
    let preview = reconcile(story, "?whatIf=true", want.clone()).await;
    let digest = format!("\"{}\"", preview.body["planDigest"].as_str().unwrap_or_default());
    let done = story.ask("POST", RECONCILE, &[("if-match", &digest)], Some(&want)).await;
    story.says("Asked again: nothing, and only who has changed is looked at.");
    reconcile(story, "", want.clone()).await;
    story.act(&done, "undo?whatIf=true").await;
    story.act(&done, "undo").await;
}

pub(crate) async fn rules_and_who_has_changed(story: &mut Story) {
    story.title("Rules: only who has changed is looked at, until the token is lost");
    let want = json!({"rules": rules()});
    reconcile(story, "", want.clone()).await;
    story.says("Somebody changes departments, and somebody joins a group.");
    story.administrator("PATCH", "/users/GradyA@contoso.com", &json!({"department": "Retail"})).await;
    let (finance, nestor) = (id(story, "groups", "Finance"), id(story, "users", "NestorW@contoso.com"));
    let nestor = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{nestor}")});
    story.administrator("POST", &format!("/groups/{finance}/members/$ref"), &nestor).await;
    reconcile(story, "", want.clone()).await;
    story.scene("Eight days later the token is too old: everybody is looked at");
    let mut patient = want.clone();
    patient["rules"]["fullPassHours"] = json!(1000);
    reconcile(story, "", patient.clone()).await;
    story.tenant().advance(8 * DAY);
    reconcile(story, "", patient).await;
    story.scene("A day later everybody is looked at in any case");
    reconcile(story, "", want.clone()).await;
    story.tenant().advance(DAY);
    reconcile(story, "", want).await;
}

pub(crate) async fn rules_and_too_few_seats(story: &mut Story) {
    story.title("Rules: where there are not seats enough, who comes first in their order is served");
    story.edit(|state| object(state, "subscribedSkus", "VISIOCLIENT")["prepaidUnits"]["warning"] = json!(3));
    let visio = |name: &str, departments: &[&str]| json!({"name": name, "when": {"department": departments}, "licences": [{"sku": "VISIOCLIENT"}]});
    let rules =
        json!({"rules": [visio("Engineering first", &["Engineering"]), visio("Retail then", &["Retail"])]});
    reconcile(story, "", json!({"rules": rules})).await;
    story.says(
        "Who was waiting is looked at again, though they have not changed; somebody else gives a seat back.",
    );
    story
        .administrator("POST", "/users/JohannaL@contoso.com/assignLicense", &taken(story, "VISIOCLIENT"))
        .await;
    reconcile(story, "", json!({"rules": rules})).await;
}

/// What takes a licence.
fn taken(story: &Story, sku: &str) -> Value {
    let sku = object(&mut story.tenant().state(), "subscribedSkus", sku)["skuId"].clone();
    json!({"addLicenses": [], "removeLicenses": [sku]})
}

pub(crate) async fn rules_that_will_not_do(story: &mut Story) {
    story.title("Rules that will not do: nothing is changed");
    let mut many = rules();
    many["most"] = json!(2);
    story.says("More would change than may change at once.");
    reconcile(story, "", json!({"rules": many})).await;
    story.scene("What the tenant does not have");
    let rule = json!({
        "name": "Nowhere", "when": {"group": ["Project Falcon", "Nobody"]},
        "licences": [{"sku": "SPE_E7"}, {"sku": "SPE_E5", "disabledPlans": ["YAMER"]}],
    });
    reconcile(story, "", json!({"rules": {"rules": [rule], "takes": ["VISIO"]}})).await;
    story.scene("What cannot be meant");
    let everybody = json!({"name": "All", "when": {}, "licences": []});
    let both = json!({"name": "All", "when": {"everybody": true, "department": [" "]}, "licences": [{"sku": "SPE_E5"}],
                      "usageLocation": "Swiss"});
    reconcile(story, "", json!({"rules": {"rules": [everybody, both], "most": 0}})).await;
    reconcile(story, "", json!({"rules": {"rules": [{"name": "All", "when": {"departments": ["IT"]}}]}}))
        .await;
    story.scene("No file is named");
    reconcile(story, "", json!({})).await;
}

pub(crate) async fn reclaimed(story: &mut Story) {
    story.title("Licences are taken from who does not use them, and given back");
    let want = json!({"licences": ["FLOW_FREE", "ENTERPRISEPACK"], "inactiveDays": 30, "blockedDays": 0});
    story.ask("POST", &format!("{RECLAIM}?whatIf=true"), &[], Some(&want)).await;
    let mut given_up = want.clone();
    given_up["giveUpMailbox"] = json!(true);
    let done = story.ask("POST", RECLAIM, &[], Some(&given_up)).await;
    story.act(&done, "undo").await;
    story.scene("What cannot be meant");
    story.ask("POST", RECLAIM, &[], Some(&json!({"licences": [], "inactiveDays": 0}))).await;
    story.ask("POST", RECLAIM, &[], Some(&json!({"licences": ["FLOW_FREE"]}))).await;
    story.ask("POST", RECLAIM, &[], None).await;
}
