//! Bad input: every kind of it gets an answer that names the field and says what would be right, and changes nothing.

#![cfg(test)]

use serde_json::{Value, json};
use telling::World;
use telling::input::{is_told, is_told_at};
use tenant::{Options, Tenant};

const FUNCTION: telling::Tested = telling::function!(rotate_cert_report::RotateCertReport);

telling::input!(FUNCTION, good());

fn good() -> Value {
    json!({"application": "02bd9fd6-8f93-4758-87c3-1fb73740a315"})
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_wrong_in_itself_is_told_which_field_and_what_would_be_right() {
    let table = [
        (json!({}), "/application", "required"),
        (json!({"application": 7}), "/application", "expected a string"),
        (json!({"application": "Payroll"}), "/application", "a GUID"),
        (json!({"applications": []}), "/applications", "unknown field `applications`"),
    ];
    for (body, pointer, says) in table {
        is_told(FUNCTION, &body.to_string(), pointer, says).await;
    }
}

/// What is wrong with each field of a note is a table beside its code.
#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_what_is_acknowledged_is_told() {
    let key = "b0a282a3-68ec-4ec8-aef0-290ed4350271";
    let table = [
        ("", "", "the body is empty"),
        ("[]", "", "expected an object"),
        ("{\"keyId\": 7}", "/keyId", "expected a string"),
        ("{\"until\": 7}", "/until", "expected"),
        ("{\"withdraw\": true}", "/keyId", "either keyId"),
    ];
    for (body, pointer, says) in table {
        is_told_at(FUNCTION, "/acknowledge", body, pointer, says).await;
    }
    let withdrawn = format!("{{\"keyId\": \"{key}\", \"withdraw\": true, \"why\": \"x\"}}");
    is_told_at(FUNCTION, "/acknowledge", &withdrawn, "/why", "not with withdraw").await;
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_will_not_do_is_told_before_anything_is_read() {
    let table = [
        ("ROTATE_RULES", "{\"thresholds\": []}", "/thresholds at least one number of days"),
        ("ROTATE_REPORT_ROWS", "0", "a whole number from 1 to 20000"),
        ("M365_CLOUD", "germany", "public, usgov, usgovdod or china"),
    ];
    for (setting, value, right) in table {
        let world = World::configured(Tenant::new(Options::default()), FUNCTION, &[(setting, value)]);
        let answer = world.get("/api/rotate-cert-report", &[]).await;
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(
            answer.status == 500 && detail.contains(setting) && detail.contains(right),
            "{}",
            answer.text
        );
        assert_eq!(world.tenant.transcript().len(), 0);
    }
}
