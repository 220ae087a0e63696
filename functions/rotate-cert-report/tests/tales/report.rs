//! The stories of the report.

use serde_json::{Value, json};
use telling::{Story, refusal};

const REPORT: &str = "/api/rotate-cert-report";
const ACKNOWLEDGE: &str = "/api/rotate-cert-report/acknowledge";
const RULES: &str =
    r#"{"administrators": ["MeganB@contoso.com"], "kinds": {"secret": {"longestDays": 180}}}"#;

async fn report(story: &mut Story) {
    story.ask("GET", REPORT, &[], None).await;
}

fn denied() -> tenant::Trouble {
    refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

pub(crate) async fn reported(story: &mut Story) {
    story.title("The report: which credentials expire when, whose they are, and what to do about them");
    report(story).await;
    story.configured_scene("With rules of one's own", &[("ROTATE_RULES", RULES)]);
    report(story).await;
    story.says("The same for a spreadsheet.");
    story.ask("GET", REPORT, &[("accept", "text/csv")], None).await;
    story.scene("The timer reads it and keeps it");
    story.tick_of("rotate-report").await;
}

pub(crate) async fn reported_as_far_as_it_can_be_read(story: &mut Story) {
    story.title(
        "The report says what it could not read, and never that nothing expires unless it read everything",
    );
    story.scene_with("The function may not see when credentials were used", "AuditLog.Read.All", None);
    report(story).await;
    story.scene("Enterprise applications cannot be read");
    story.trouble("GET", "/servicePrincipals*", None, denied());
    report(story).await;
    story.scene("No application can be read: there is nothing to report");
    story.trouble("GET", "/applications*", None, denied());
    story.trouble("GET", "/servicePrincipals*", None, denied());
    report(story).await;
    story.configured_scene(
        "Key vaults are named, and one of them may not be read",
        &[("ROTATE_REPORT_VAULTS", "contoso-hr, contoso-keys")],
    );
    report(story).await;
    story.configured_scene("A rule will not do", &[("ROTATE_RULES", r#"{"thresholds": [30, "14"]}"#)]);
    report(story).await;
}

pub(crate) async fn acknowledged(story: &mut Story) {
    story.title("Somebody knows of a credential, and is not told again until the day they name");
    let answer = story.ask("GET", REPORT, &[], None).await;
    let row = answer.body["rows"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["urgency"] == "act").or(rows.first()))
        .cloned();
    let key = row.unwrap_or_default()["keyId"].clone();
    let known = json!({"keyId": key, "until": "2026-06-30T00:00:00Z", "by": "Megan Bowen", "why": "switched off in June"});
    let (preview, note) = (format!("{ACKNOWLEDGE}?whatIf=true"), ACKNOWLEDGE);
    story.says("First what would be noted.");
    story.ask("POST", &preview, &[], Some(&known)).await;
    story.ask("POST", note, &[], Some(&known)).await;
    report(story).await;
    story.says("It is taken back.");
    story.ask("POST", note, &[], Some(&json!({"keyId": key, "withdraw": true}))).await;
    story.says("What cannot be meant is told.");
    let far = json!({"keyId": "Payroll", "until": "2030-01-01T00:00:00Z", "by": "", "why": Value::Null});
    story.ask("POST", note, &[], Some(&far)).await;
}
