use serde_json::{Value, json};

use super::{Shell, each, rows};

const SETTINGS: &str = "/users/LeeG@contoso.com/mailboxSettings";
const RULES: &str = "/users/LidiaH@contoso.com/mailFolders/inbox/messageRules";

#[tokio::test(start_paused = true)]
async fn an_automatic_reply_is_one_and_the_same_in_both_services() {
    let shell = Shell::new();
    let reply = json!({ "automaticRepliesSetting": {
        "status": "Scheduled", "externalAudience": "contactsOnly", "internalReplyMessage": "Ask Lidia.", "externalReplyMessage": "Gone.",
        "scheduledStartDateTime": { "dateTime": "2026-03-03T09:00:00.0000000", "timeZone": "W. Europe Standard Time" },
        "scheduledEndDateTime": { "dateTime": "2026-04-03T08:00:00.0000000", "timeZone": "UTC" },
    } });
    let changed = shell.graph.patch(SETTINGS, reply).await;
    let setting = &changed.is(200).body["automaticRepliesSetting"];
    assert_eq!(
        (&setting["status"], &setting["scheduledStartDateTime"]),
        (&json!("scheduled"), &json!({ "dateTime": "2026-03-03T08:00:00.0000000", "timeZone": "UTC" }))
    );
    assert!(changed.body["timeZone"].is_null());
    let told = shell.one("Get-MailboxAutoReplyConfiguration", "LeeG").await;
    assert_eq!(
        (&told["AutoReplyState"], &told["ExternalAudience"], &told["StartTime"]),
        (&json!("Scheduled"), &json!("Known"), &json!("2026-03-03T08:00:00.0000000+00:00"))
    );
    let off = json!({ "Identity": "LeeG", "AutoReplyState": "Disabled" });
    shell.quiet("Set-MailboxAutoReplyConfiguration", off).await;
    let read = shell.graph.get(&format!("{SETTINGS}/automaticRepliesSetting")).await;
    assert_eq!(
        (&read.is(200).body["status"], &read.body["internalReplyMessage"]),
        (&json!("disabled"), &json!("Ask Lidia."))
    );
}

#[tokio::test(start_paused = true)]
async fn the_purpose_of_a_mailbox_follows_its_kind() {
    let shell = Shell::new();
    shell.quiet("Set-Mailbox", json!({ "Identity": "LidiaH", "Type": "Shared" })).await;
    let table = [("LeeG", "user"), ("LidiaH", "shared"), ("info", "shared"), ("room_zurich", "room")];
    for (alias, purpose) in table {
        let read = shell.graph.get(&format!("/users/{alias}@contoso.com/mailboxSettings")).await;
        assert_eq!(read.is(200).body["userPurpose"], purpose, "{alias}");
    }
    let read = shell.graph.get(&format!("{SETTINGS}/userPurpose")).await;
    assert_eq!(read.body["value"], "user");
}

#[tokio::test(start_paused = true)]
async fn a_read_only_rule_is_neither_changed_nor_deleted() {
    let shell = Shell::new();
    let mut state = shell.tenant.state();
    let mut mailboxes = state["mailboxes"].as_array_mut().unwrap().iter_mut();
    let ruled = mailboxes.find(|mailbox| mailbox["rules"][0]["name"] == "Home").unwrap();
    ruled["rules"][0]["readOnly"] = json!(true);
    shell.tenant.load(&state).unwrap();
    let read = shell.graph.get(RULES).await;
    let rule = &read.is(200).body["value"][0];
    assert_eq!((&rule["displayName"], &rule["isReadOnly"]), (&json!("Home"), &json!(true)));
    let path = format!("{RULES}/{}", rule["id"].as_str().unwrap());
    shell.graph.patch(&path, json!({ "isEnabled": false })).await.is(400);
    shell.graph.delete(&path).await.is(400);
    assert_eq!(shell.graph.get(RULES).await.body["value"][0], *rule);
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_be_are_refused() {
    let shell = Shell::new();
    let before = shell.tenant.state();
    let backwards = json!({ "automaticRepliesSetting": { "status": "scheduled",
        "scheduledStartDateTime": { "dateTime": "2026-03-03T08:00:00", "timeZone": "UTC" },
        "scheduledEndDateTime": { "dateTime": "2026-03-02T08:00:00", "timeZone": "UTC" } } });
    let table = [
        (backwards, "ErrorInvalidTimeSettings"),
        (json!({ "timeZone": "Mars/Olympus" }), "InvalidTimeZone"),
        (json!({ "colour": "red" }), "RequestBodyRead"),
        (json!({ "userPurpose": "shared" }), "RequestBodyRead"),
        (json!({ "automaticRepliesSetting": { "status": "perhaps" } }), "RequestBodyRead"),
        (json!({ "automaticRepliesSetting": { "mood": "good" } }), "RequestBodyRead"),
        (json!({ "workingHours": { "daysOfWeek": ["someday"] } }), "RequestBodyRead"),
        (json!({ "language": { "locale": "German" } }), "ErrorInvalidLocale"),
    ];
    for (body, code) in table {
        let refused = shell.graph.patch(SETTINGS, body.clone()).await;
        assert_eq!((refused.status, refused.code()), (400, code), "{body}: {}", refused.text);
    }
    assert_eq!(shell.tenant.state(), before);
}

#[tokio::test(start_paused = true)]
async fn formats_hours_and_language_are_kept() {
    let shell = Shell::new();
    let wanted = json!({
        "dateFormat": "dd.MM.yyyy", "timeZone": "Europe/Zurich", "language": { "locale": "de-CH" },
        "workingHours": { "daysOfWeek": ["monday", "tuesday"], "startTime": "09:00:00.0000000" },
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateAndPrincipal",
    });
    shell.graph.patch(SETTINGS, wanted).await.is(200);
    let read = shell.graph.get(SETTINGS).await;
    assert_eq!(
        read.is(200).body["language"],
        json!({ "locale": "de-CH", "displayName": "German (Switzerland)" })
    );
    assert_eq!(read.body["workingHours"]["daysOfWeek"], json!(["monday", "tuesday"]));
    assert_eq!(read.body["workingHours"]["endTime"], "17:00:00.0000000");
    assert_eq!(shell.one("Get-MailboxRegionalConfiguration", "LeeG").await["TimeZone"], "Europe/Zurich");
}

#[tokio::test(start_paused = true)]
async fn who_has_no_mailbox_has_no_settings() {
    let shell = Shell::new();
    let message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";
    for path in [
        "/users/PradeepG@contoso.com/mailboxSettings",
        "/users/PradeepG@contoso.com/mailFolders/inbox/messageRules",
    ] {
        shell.graph.get(path).await.is_refused(404, "MailboxNotEnabledForRESTAPI", message);
    }
    let nobody = shell.graph.get("/users/nobody@contoso.com/mailboxSettings").await;
    nobody.is_refused(404, "ErrorInvalidUser", "The requested user 'nobody@contoso.com' is invalid.");
}

#[tokio::test(start_paused = true)]
async fn settings_and_rules_have_permissions_of_their_own() {
    let shell = Shell::new();
    let reader = shell.graph.only(&["MailboxSettings.Read"]);
    reader.get(SETTINGS).await.is(200);
    reader.get(RULES).await.is(200);
    let rule = json!({ "displayName": "x", "actions": { "delete": true } });
    for client in [reader, shell.graph.only(&["User.ReadWrite.All"])] {
        client.patch(SETTINGS, json!({ "timeZone": "UTC" })).await.is(403);
        client.post(RULES, rule.clone()).await.is(403);
    }
    let writer = shell.graph.only(&["MailboxSettings.ReadWrite"]);
    writer.patch(SETTINGS, json!({ "timeZone": "UTC" })).await.is(200);
    writer.post(RULES, rule).await.is(201);
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_one_and_the_same_in_both_services() {
    let shell = Shell::new();
    let listed = shell.graph.get(RULES).await;
    assert_eq!(listed.each("displayName"), ["Home", "Invoices"]);
    let home = &listed.body["value"][0];
    assert_eq!(home["actions"]["forwardTo"][0]["emailAddress"]["address"], "lidia@northwindtraders.com");
    let one = format!("{RULES}/{}", home["id"].as_str().unwrap());
    let changed = shell.graph.patch(&one, json!({ "isEnabled": false })).await;
    assert_eq!(changed.is(200).body["isEnabled"], false);
    let told = shell.run("Get-InboxRule", json!({ "Mailbox": "LidiaH" })).await;
    assert_eq!(rows(&told)[0]["Enabled"], false);
    shell.graph.delete(&one).await.is(204);
    shell.graph.get(&one).await.is_refused(
        404,
        "ErrorItemNotFound",
        "The specified object was not found in the store.",
    );
    let fwd = json!({ "displayName": "Fwd", "sequence": 1, "isEnabled": true, "conditions": { "subjectContains": ["report"] },
        "actions": { "redirectTo": [{ "emailAddress": { "name": "Lee Gu", "address": "LeeG@contoso.com" } }], "stopProcessingRules": true } });
    let made = shell.graph.post(RULES, fwd).await;
    let one = made.is(201).header("location").rsplit_once("/v1.0").unwrap().1.to_owned();
    assert_eq!(shell.graph.get(&one).await.is(200).body["displayName"], "Fwd");
    let told = shell.run("Get-InboxRule", json!({ "Mailbox": "LidiaH" })).await;
    assert_eq!(each(&told, "Name"), ["Fwd", "Invoices"]);
    assert_eq!(rows(&told)[0]["RedirectTo"], json!(["\"Lee Gu\" [SMTP:LeeG@contoso.com]"]));
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_cannot_be_is_refused() {
    let shell = Shell::new();
    let table = [
        (json!({ "displayName": "x" }), "ErrorInvalidArgument"),
        (json!({ "actions": { "delete": true } }), "ErrorInvalidArgument"),
        (json!({ "displayName": "x", "sequence": 0, "actions": { "delete": true } }), "ErrorInvalidArgument"),
        (json!({ "displayName": "x", "actions": { "burn": true } }), "RequestBodyRead"),
        (json!({ "displayName": "x", "actions": { "forwardTo": ["a@contoso.com"] } }), "RequestBodyRead"),
        (
            json!({ "displayName": "x", "conditions": { "subjectContains": "x" }, "actions": { "delete": true } }),
            "RequestBodyRead",
        ),
        (json!({ "displayName": "x", "hasError": true, "actions": { "delete": true } }), "RequestBodyRead"),
        (Value::Object([("colour".to_owned(), json!("red"))].into_iter().collect()), "RequestBodyRead"),
    ];
    for (body, code) in table {
        let refused = shell.graph.post(RULES, body.clone()).await;
        assert_eq!((refused.status, refused.code()), (400, code), "{body}: {}", refused.text);
    }
    shell.graph.get(&format!("{RULES}/!")).await.is_refused(
        400,
        "ErrorInvalidIdMalformed",
        "Id is malformed.",
    );
}
