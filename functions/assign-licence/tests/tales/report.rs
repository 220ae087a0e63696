//! The stories of the report.

use std::time::Duration;

use serde_json::{Value, json};
use telling::{Story, object, refusal, with};

const DAY: Duration = Duration::from_secs(24 * 3600);
const REPORT: &str = "/api/assign-licence/report";
const PRICES: &str =
    r#"{"currency": "USD", "prices": {"SPE_E3": "36.00", "SPE_E5": "57.00", "VISIOCLIENT": "15.00"}}"#;

async fn report(story: &mut Story) {
    story.ask("GET", REPORT, &[], None).await;
}

/// Diego holds directly what his group hands out as well, Adele may not sign in, and Megan gets nothing from hers.
fn amiss(state: &mut Value) {
    object(state, "users", "AdeleV@contoso.com")["accountEnabled"] = json!(false);
    let direct = json!({"skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": [],
                        "lastUpdatedDateTime": "2026-01-05T09:00:00Z"});
    push(state, "DiegoS", &direct);
    let mut in_vain = with(direct, json!({"error": "CountViolation"}));
    in_vain["assignedByGroup"] = object(state, "groups", "LicensingE3")["id"].clone();
    push(state, "MeganB", &in_vain);
}

fn push(state: &mut Value, user: &str, licence: &Value) {
    let licences = object(state, "users", &format!("{user}@contoso.com"))["licences"].as_array_mut();
    licences.into_iter().for_each(|licences| licences.push(licence.clone()));
}

/// No product is left with which Entra ID P1 or P2 comes.
fn without_premium(state: &mut Value) {
    for sku in state["skus"].as_array_mut().into_iter().flatten() {
        let plans = sku["servicePlans"].as_array_mut();
        let is_premium = |plan: &Value| {
            plan["servicePlanName"].as_str().is_some_and(|name| name.starts_with("AAD_PREMIUM"))
        };
        plans.into_iter().for_each(|plans| plans.retain(|plan| !is_premium(plan)));
    }
}

pub(crate) async fn reported(story: &mut Story) {
    story.title("The report: who has what, who does not use it, what that costs, and when seats run out");
    report(story).await;
    story.configured_scene(
        "With prices, and when something is amiss",
        &[("ASSIGN_PRICES", PRICES), ("ASSIGN_INACTIVE_DAYS", "30")],
    );
    story.edit(amiss);
    report(story).await;
    story.says("The same for a spreadsheet.");
    story.ask("GET", REPORT, &[("accept", "text/csv")], None).await;
    story.scene("When seats run out: the timer notes each day's stock");
    for user in ["LynneR", "AlexW", "JoniS"] {
        story.tick_of("assign-report").await;
        story.administrator("POST", &format!("/users/{user}@contoso.com/assignLicense"),
            &json!({"addLicenses": [{"skuId": "c5928f49-12ba-48f7-ada3-0d743a3601d5", "disabledPlans": []}], "removeLicenses": []})).await;
        story.tenant().advance(4 * DAY);
    }
    report(story).await;
}

pub(crate) async fn reported_as_far_as_it_can_be_read(story: &mut Story) {
    story.title("The report says what it could not read, and no figure is nought that is not known");
    story.scene_with("The function may not see who signed in", "AuditLog.Read.All", None);
    report(story).await;
    story.scene("The tenant has no Entra ID P1");
    story.edit(without_premium);
    report(story).await;
    story.scene("Who has what cannot be read, as long as it is tried");
    story.trouble("GET", "/users*", None, refusal(500, "UnknownError", ""));
    report(story).await;
    story.scene("The stock cannot be read: there is nothing to report");
    story.trouble(
        "GET",
        "/subscribedSkus",
        None,
        refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    );
    report(story).await;
    story.configured_scene(
        "A setting will not do",
        &[("ASSIGN_PRICES", r#"{"currency": "USD", "prices": {"SPE_E3": "36,00"}}"#)],
    );
    report(story).await;
    story.scene("What is asked cannot be told");
    story.ask("GET", &format!("{REPORT}?format=xlsx"), &[], None).await;
    story.ask("GET", REPORT, &[("accept", "application/pdf")], None).await;
}
