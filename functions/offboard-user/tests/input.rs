//! Bad input: every kind of it gets an answer that names the field and says what would be right, and changes nothing. What
//! is wrong with the request itself is said before anybody looks at the tenant.

#![cfg(test)]

use serde_json::{Value, json};
use telling::input::{are_told_at_once, is_found, is_told};

const FUNCTION: telling::Tested = telling::function!(offboard_user::OffboardUser);

telling::input!(FUNCTION, good());

fn good() -> Value {
    json!({"user": "LidiaH@contoso.com"})
}

fn but_for(more: Value) -> String {
    telling::input::but_for(good(), more)
}

fn mailbox(more: Value) -> String {
    but_for(json!({"mailbox": more}))
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_of_the_shape_is_told_which_field_and_what_would_be_right() {
    let table: Vec<(String, &str, &str)> = vec![
        ("{\"user\":".into(), "/user", "EOF"),
        (but_for(json!({"user": null})), "/user", "required"),
        (but_for(json!({"user": 100013})), "/user", "expected a string"),
        (but_for(json!({"usr": "LidiaH@contoso.com"})), "/usr", "unknown field `usr`"),
        (but_for(json!({"licenses": {}})), "/licenses", "unknown field `licenses`"),
        (but_for(json!({"mode": "fire"})), "/mode", "expected one of `leave`, `absence`, `move`"),
        (but_for(json!({"at": "31.03.2026"})), "/at", "2026-03-31T17:00"),
        (but_for(json!({"at": "2026-03-31"})), "/at", "employeeLeaveDateTime"),
        (but_for(json!({"at": "2026-02-30T17:00"})), "/at", "Europe/Zurich"),
        (but_for(json!({"oneDrive": "yes"})), "/oneDrive", "expected a boolean"),
        (but_for(json!({"keepDevices": 1})), "/keepDevices", "expected a boolean"),
        (but_for(json!({"groups": "Retail"})), "/groups", "expected an object"),
        (but_for(json!({"groups": {"keep": "Retail"}})), "/groups/keep", "expected a sequence"),
        (but_for(json!({"licences": {"keep": [7]}})), "/licences/keep/0", "expected a string"),
        (but_for(json!({"licences": {"afterDays": -1}})), "/licences/afterDays", "expected u32"),
        (
            but_for(json!({"profile": {"clearPhone": true}})),
            "/profile/clearPhone",
            "unknown field `clearPhone`",
        ),
        (but_for(json!({"deleteAfterDays": "30"})), "/deleteAfterDays", "expected u32"),
        (mailbox(json!({"convert": true})), "/mailbox/convert", "unknown field `convert`"),
        (mailbox(json!({"reply": "Lidia has left"})), "/mailbox/reply", "expected an object"),
        (mailbox(json!({"reply": {}})), "/mailbox/reply/internal", "required"),
        (
            mailbox(json!({"reply": {"internal": "x", "audience": "partners"}})),
            "/mailbox/reply/audience",
            "expected one of `none`, `contactsOnly`, `all`",
        ),
        (
            mailbox(json!({"reply": {"internal": "x", "until": "2026-06-30T17:00:00"}})),
            "/mailbox/reply/until",
            "with its UTC offset",
        ),
        (mailbox(json!({"hold": true})), "/mailbox/hold", "expected an object"),
        (mailbox(json!({"hold": {"days": 1.5}})), "/mailbox/hold/days", "expected u32"),
    ];
    for (body, pointer, says) in table {
        is_told(FUNCTION, &body, pointer, says).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_meant_is_told_which_field_and_what_would_be_right() {
    let long = |most: usize| "x".repeat(most + 1);
    let table: Vec<(String, &str, &str)> = vec![
        (but_for(json!({"user": " "})), "/user", "an employee id"),
        (but_for(json!({"successor": ""})), "/successor", "an employee id"),
        (but_for(json!({"groups": {"keep": ["Retail", " "]}})), "/groups/keep/1", "a name or an id"),
        (but_for(json!({"licences": {"keep": [""]}})), "/licences/keep/0", "a name or an id"),
        (but_for(json!({"licences": {"afterDays": 0}})), "/licences/afterDays", "1 to 365 days"),
        (but_for(json!({"licences": {"afterDays": 366}})), "/licences/afterDays", "1 to 365 days"),
        (but_for(json!({"deleteAfterDays": 0})), "/deleteAfterDays", "1 to 365 days"),
        (mailbox(json!({"hold": {"days": 36_501}})), "/mailbox/hold/days", "1 to 36500 days"),
        (mailbox(json!({"hold": {"comment": long(256)}})), "/mailbox/hold/comment", "1 to 256 characters"),
        (mailbox(json!({"reply": {"internal": " "}})), "/mailbox/reply/internal", "1 to 131072 characters"),
        (
            mailbox(json!({"reply": {"internal": "x", "external": long(128 * 1024)}})),
            "/mailbox/reply/external",
            "1 to 131072 characters",
        ),
        (
            but_for(json!({"profile": {"displayNamePrefix": long(32)}})),
            "/profile/displayNamePrefix",
            "1 to 32 characters",
        ),
    ];
    for (body, pointer, says) in table {
        is_told(FUNCTION, &body, pointer, says).await;
    }
}

#[tokio::test(start_paused = true)]
async fn choices_that_exclude_one_another_are_refused_when_they_are_asked_for() {
    let mode = |mode: &str, more: Value| but_for(json!({"mode": mode, "mailbox": more}));
    let reply = || json!({"reply": {"internal": "x"}});
    let table: Vec<(String, &str, &str)> = vec![
        (
            but_for(json!({"deleteAfterDays": 30, "mailbox": {"shared": true}})),
            "/deleteAfterDays",
            "not with a shared mailbox",
        ),
        (
            mailbox(json!({"fullAccess": false, "autoMapping": true})),
            "/mailbox/autoMapping",
            "only with fullAccess",
        ),
        (mailbox(json!({"keepCopy": true})), "/mailbox/keepCopy", "only with forward"),
        (
            but_for(json!({"mode": "move", "licences": {"afterDays": 7}})),
            "/at",
            "say from when the days count",
        ),
        (
            but_for(json!({"licences": {"afterDays": 30}, "deleteAfterDays": 30})),
            "/licences/afterDays",
            "fewer days than deleteAfterDays",
        ),
        (
            but_for(json!({
                "at": "2026-03-31T17:00:00+02:00",
                "mailbox": {"reply": {"internal": "x", "until": "2026-03-31T15:00:00Z"}},
            })),
            "/mailbox/reply/until",
            "later than at",
        ),
        (mode("absence", json!({"shared": true})), "/mailbox/shared", "only with the mode leave"),
        (mode("absence", json!({"fullAccess": true})), "/mailbox/fullAccess", "only with the mode leave"),
        (mode("absence", json!({"sendAs": true})), "/mailbox/sendAs", "only with the mode leave"),
        (mode("absence", json!({"forward": true})), "/mailbox/forward", "only with the mode leave"),
        (mode("absence", json!({"hide": true})), "/mailbox/hide", "only with the mode leave"),
        (mode("absence", json!({"hold": {}})), "/mailbox/hold", "only with the mode leave"),
        (
            mode("absence", json!({"cancelMeetings": true})),
            "/mailbox/cancelMeetings",
            "only with the mode leave",
        ),
        (
            but_for(json!({"mode": "move", "deleteAfterDays": 30})),
            "/deleteAfterDays",
            "only with the mode leave",
        ),
        (mode("move", reply()), "/mailbox/reply", "not with the mode move"),
    ];
    for (body, pointer, says) in table {
        is_told(FUNCTION, &body, pointer, says).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_means_nothing_in_a_mode_is_refused_with_it_whatever_its_value() {
    let of_leavers = [
        (json!({"mailbox": {"shared": false}}), "/mailbox/shared"),
        (json!({"mailbox": {"fullAccess": false}}), "/mailbox/fullAccess"),
        (json!({"mailbox": {"autoMapping": true}}), "/mailbox/autoMapping"),
        (json!({"mailbox": {"autoMapping": false}}), "/mailbox/autoMapping"),
        (json!({"mailbox": {"hide": false}}), "/mailbox/hide"),
        (json!({"oneDrive": true}), "/oneDrive"),
        (json!({"oneDrive": false}), "/oneDrive"),
    ];
    for mode in ["absence", "move"] {
        for (mut fields, pointer) in of_leavers.clone() {
            fields["mode"] = json!(mode);
            is_told(FUNCTION, &but_for(fields), pointer, "only with the mode leave").await;
        }
    }
    let of_who_goes = [
        (json!({"groups": {"keep": ["Retail"]}}), "/groups/keep"),
        (json!({"licences": {"keep": ["SPE_E3"]}}), "/licences/keep"),
        (json!({"licences": {"afterDays": 7}}), "/licences/afterDays"),
    ];
    for (mut fields, pointer) in of_who_goes {
        fields["mode"] = json!("absence");
        is_told(FUNCTION, &but_for(fields), pointer, "which keeps everything").await;
    }
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_wrong_is_told_at_once() {
    let body = but_for(json!({
        "user": "", "successor": " ", "licences": {"keep": [" "], "afterDays": 0}, "mailbox": {"keepCopy": true},
    }));
    let pointers = ["/user", "/successor", "/licences/keep/0", "/licences/afterDays", "/mailbox/keepCopy"];
    are_told_at_once(FUNCTION, &body, &pointers).await;
}

#[tokio::test(start_paused = true)]
async fn what_only_the_tenant_can_tell_is_told_with_its_field_and_nothing_is_cut_off() {
    let table = [
        (json!({"user": "nobody@contoso.com"}), "/user", "user-unknown", "nobody@contoso.com"),
        (json!({"user": "999999"}), "/user", "user-unknown", "there is no account 999999"),
        (
            json!({"user": "00000000-0000-4000-8000-000000000000"}),
            "/user",
            "user-unknown",
            "there is no account",
        ),
        (json!({"successor": "999999"}), "/successor", "person-unknown", "999999"),
        (json!({"successor": "LidiaH@contoso.com"}), "/successor", "successor-self", "themselves"),
        (
            json!({"mailbox": {"reply": {"internal": "x", "until": "2026-03-01T17:00:00Z"}}}),
            "/mailbox/reply/until",
            "reply-over",
            "say a later time",
        ),
        (json!({"at": "employeeLeaveDateTime"}), "/at", "time-unclear", "set it, or say when"),
    ];
    for (fields, field, code, says) in table {
        is_found(FUNCTION, &but_for(fields), field, code, says).await;
    }
}
