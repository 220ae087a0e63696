//! Bad input: every kind of it gets an answer that names the field and says what would be right, and changes nothing.

#![cfg(test)]

use serde_json::{Value, json};
use telling::World;
use telling::input::{is_told, is_told_at};
use tenant::{Options, Tenant};

const FUNCTION: telling::Tested = telling::function!(rotate_cert_report::RotateCertReport);

telling::input!(FUNCTION, good());

fn good() -> Value {
    json!({"application": "Payroll Bridge", "certificate": {"vault": "contoso-keys", "name": "payroll"}})
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_wrong_in_itself_is_told_which_field_and_what_would_be_right() {
    let certificate = |more: Value| {
        let certificate = telling::with(json!({"vault": "contoso-keys", "name": "payroll"}), more);
        json!({"application": "Payroll", "certificate": certificate})
    };
    let whole = |more: Value| telling::with(certificate(json!({})), more);
    let secret = |more: Value| {
        let secret = telling::with(json!({"vault": "contoso-keys", "name": "payroll"}), more);
        json!({"application": "Payroll", "secret": secret})
    };
    let table = [
        (json!({}), "/application", "required"),
        (json!({"application": 7}), "/application", "expected a string"),
        (
            json!({"application": " ", "secret": {"vault": "contoso-keys", "name": "a"}}),
            "/application",
            "the appId",
        ),
        (json!({"application": "Payroll"}), "/certificate", "says what is renewed"),
        (json!({"applications": []}), "/applications", "unknown field `applications`"),
        (
            whole(json!({"secret": {"vault": "contoso-keys", "name": "payroll"}})),
            "/secret",
            "ask for each by itself",
        ),
        (
            certificate(json!({"vault": "https://contoso-keys.vault.azure.net"})),
            "/certificate/vault",
            "such as contoso-keys",
        ),
        (certificate(json!({"name": "pay roll"})), "/certificate/name", "letters, digits and hyphens"),
        (
            certificate(json!({"pointer": "Payroll"})),
            "/certificate/pointer",
            "another name than the certificate's",
        ),
        (certificate(json!({"months": 25})), "/certificate/months", "from 1 to 24"),
        (certificate(json!({"months": 1})), "/certificate/months", "longer than renewBefore"),
        (certificate(json!({"keyBits": 1024})), "/certificate/keyBits", "2048, 3072 or 4096"),
        (certificate(json!({"subject": "payroll"})), "/certificate/subject", "such as CN="),
        (whole(json!({"renewBefore": 0})), "/renewBefore", "from 1 to 365"),
        (whole(json!({"grace": 1})), "/grace", "once in 24 hours"),
        (whole(json!({"quiet": 366})), "/quiet", "from 0 to 365"),
        (whole(json!({"unseen": "drop"})), "/unseen", "unknown variant `drop`"),
        (whole(json!({"madeAfter": "yesterday"})), "/madeAfter", "with its UTC offset"),
        (whole(json!({"replaces": ["old"]})), "/replaces/0", ""),
        (secret(json!({"days": 1})), "/secret/days", "from 2 to 730"),
        (secret(json!({"days": 30})), "/secret/days", "more than renewBefore"),
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

/// Each of the applications of a file is told as it is by itself.
#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_the_applications_of_a_sweep_is_told() {
    let one = r#"{"application": "Payroll", "secret": {"vault": "contoso-keys", "name": "payroll"}}"#;
    let table = [
        ("{}".to_owned(), "/applications", "required"),
        (r#"{"applications": []}"#.to_owned(), "/applications", "at least one"),
        (format!(r#"{{"applications": [{one}], "most": 0}}"#), "/most", "at least 1"),
        (
            format!(r#"{{"applications": [{one}, {one}]}}"#),
            "/applications/1/secret/name",
            "a name that none before has",
        ),
        (
            format!(r#"{{"applications": [{one}, {{"application": "x"}}]}}"#),
            "/applications/1/certificate",
            "what is renewed",
        ),
    ];
    for (body, pointer, says) in table {
        is_told_at(FUNCTION, "/rotate", &body, pointer, says).await;
    }
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
