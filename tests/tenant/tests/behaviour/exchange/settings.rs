use serde_json::{Value, json};

use super::{Shell, each, rows, thrown, warnings};

#[tokio::test(start_paused = true)]
async fn an_automatic_reply_is_set_and_told() {
    let shell = Shell::new();
    let set = json!({
        "Identity": "LeeG", "AutoReplyState": "Scheduled", "InternalMessage": "<p>Ask Lidia.</p>", "ExternalMessage": "Gone.",
        "ExternalAudience": "Known", "StartTime": "2026-03-03T08:00:00Z", "EndTime": "2026-04-03T08:00:00Z",
    });
    shell.quiet("Set-MailboxAutoReplyConfiguration", set.clone()).await;
    let told = shell.one("Get-MailboxAutoReplyConfiguration", "LeeG").await;
    assert_eq!(
        (&told["AutoReplyState"], &told["InternalMessage"], &told["ExternalAudience"], &told["EndTime"]),
        (
            &json!("Scheduled"),
            &json!("<p>Ask Lidia.</p>"),
            &json!("Known"),
            &json!("2026-04-03T08:00:00.0000000+00:00")
        )
    );
    let again = shell.run("Set-MailboxAutoReplyConfiguration", set).await;
    assert_eq!(warnings(&again).len(), 1);
    let backwards = json!({ "Identity": "LeeG", "EndTime": "2026-03-01T08:00:00Z" });
    let answer = shell.run("Set-MailboxAutoReplyConfiguration", backwards).await;
    thrown(&answer, 400, "DataValidationException", "earlier than the end time");
}

#[tokio::test(start_paused = true)]
async fn devices_are_told_wiped_blocked_and_forgotten() {
    let shell = Shell::new();
    let of_lidia = json!({ "Mailbox": "LidiaH" });
    let told = shell.run("Get-MobileDevice", of_lidia.clone()).await;
    assert_eq!(each(&told, "DeviceModel"), ["iPhone 15", "iPad Air"]);
    let (phone, pad) = (rows(&told)[0]["Identity"].clone(), rows(&told)[1].clone());
    let wipe = json!({ "Identity": phone, "AccountOnly": true, "Confirm": false });
    shell.quiet("Clear-MobileDevice", wipe).await;
    let blocked = json!({ "@odata.type": "#Exchange.GenericHashTable", "Add": [pad["DeviceId"]] });
    shell
        .quiet("Set-CASMailbox", json!({ "Identity": "LidiaH", "ActiveSyncBlockedDeviceIDs": blocked }))
        .await;
    let told = shell.run("Get-MobileDevice", of_lidia.clone()).await;
    assert_eq!(each(&told, "DeviceAccessState"), ["Allowed", "Blocked"]);
    assert_eq!(each(&told, "RemoteWipeType"), ["AccountOnly", "None"]);
    shell.quiet("Remove-MobileDevice", json!({ "Identity": phone, "Confirm": false })).await;
    let again = shell.run("Remove-MobileDevice", json!({ "Identity": phone, "Confirm": false })).await;
    thrown(&again, 404, "ManagementObjectNotFoundException", "ExchangeActiveSyncDevices");
    assert_eq!(each(&shell.run("Get-MobileDevice", of_lidia).await, "DeviceModel"), ["iPad Air"]);
    assert!(rows(&shell.run("Get-MobileDevice", json!({ "Mailbox": "" })).await).len() > 1);
}

#[tokio::test(start_paused = true)]
async fn clients_are_switched_off() {
    let shell = Shell::new();
    let off =
        json!({ "Identity": "LeeG", "ActiveSyncEnabled": false, "OWAEnabled": false, "ImapEnabled": false });
    shell.quiet("Set-CASMailbox", off.clone()).await;
    let told = shell.one("Get-CASMailbox", "LeeG").await;
    assert_eq!(
        (&told["ActiveSyncEnabled"], &told["OWAEnabled"], &told["ImapEnabled"], &told["MAPIEnabled"]),
        (&json!(false), &json!(false), &json!(false), &json!(true))
    );
    assert_eq!(warnings(&shell.run("Set-CASMailbox", off).await).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn meetings_of_the_owner_are_previewed_then_cancelled() {
    let shell = Shell::new();
    let parameters = |more: Value| {
        let mut all = json!({ "Identity": "LidiaH", "CancelOrganizedMeetings": true, "Confirm": false });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let preview = shell
        .run("Remove-CalendarEvents", parameters(json!({ "QueryWindowInDays": 730, "PreviewOnly": true })))
        .await;
    assert_eq!(each(&preview, "Subject"), ["Product weekly", "Launch review", "Planning of next year"]);
    assert!(!shell.tenant.transcript().pop().unwrap().wrote);
    shell.quiet("Remove-CalendarEvents", parameters(json!({ "QueryWindowInDays": 120 }))).await;
    let preview = shell
        .run("Remove-CalendarEvents", parameters(json!({ "QueryWindowInDays": 730, "PreviewOnly": true })))
        .await;
    assert_eq!(each(&preview, "Subject"), ["Planning of next year"]);
    shell.quiet("Remove-CalendarEvents", parameters(json!({ "QueryWindowInDays": 730 }))).await;
    let nothing = shell.run("Remove-CalendarEvents", parameters(json!({ "QueryWindowInDays": 730 }))).await;
    assert_eq!((rows(&nothing).len(), warnings(&nothing).len()), (0, 1));
    let meetings = shell.truth("LidiaH@contoso.com")["meetings"].clone();
    assert_eq!(meetings.as_array().unwrap().len(), 1, "{meetings}");
    let wide = shell.run("Remove-CalendarEvents", parameters(json!({ "QueryWindowInDays": 2_000 }))).await;
    thrown(&wide, 400, "DataValidationException", "QueryWindowInDays");
    let how_wide = shell.run("Remove-CalendarEvents", parameters(json!({}))).await;
    thrown(&how_wide, 400, "ParameterBindingException", "missing mandatory parameters: QueryWindowInDays.");
}

#[tokio::test(start_paused = true)]
async fn inbox_rules_are_told_disabled_and_removed() {
    let shell = Shell::new();
    let told = shell.run("Get-InboxRule", json!({ "Mailbox": "LidiaH" })).await;
    assert_eq!(each(&told, "Name"), ["Home", "Invoices"]);
    assert_eq!(rows(&told)[0]["ForwardTo"], json!(["\"Lidia Holloway\" [SMTP:lidia@northwindtraders.com]"]));
    let hidden = shell.run("Get-InboxRule", json!({ "Mailbox": "LidiaH", "IncludeHidden": true })).await;
    assert_eq!(each(&hidden, "Name"), ["Home", "Invoices", "Junk E-mail Rule"]);
    let identity = rows(&told)[0]["Identity"].clone();
    shell.quiet("Disable-InboxRule", json!({ "Identity": identity, "Confirm": false })).await;
    let home = shell.run("Get-InboxRule", json!({ "Mailbox": "LidiaH", "Identity": "Home" })).await;
    assert_eq!(rows(&home)[0]["Enabled"], false);
    shell.quiet("Enable-InboxRule", json!({ "Identity": identity })).await;
    shell.quiet("Remove-InboxRule", json!({ "Identity": identity, "Confirm": false })).await;
    let again = shell.run("Remove-InboxRule", json!({ "Identity": identity, "Confirm": false })).await;
    thrown(&again, 404, "ManagementObjectNotFoundException", "");
    let nobody = shell.run("Get-InboxRule", json!({})).await;
    thrown(&nobody, 400, "ParameterBindingException", "missing mandatory parameters: Mailbox.");
}

#[tokio::test(start_paused = true)]
async fn language_and_time_zone_are_set() {
    let shell = Shell::new();
    let set = json!({ "Identity": "LeeG", "Language": "de-CH", "TimeZone": "w. europe standard time", "DateFormat": "dd.MM.yyyy", "TimeFormat": "HH:mm", "LocalizeDefaultFolderName": true });
    shell.quiet("Set-MailboxRegionalConfiguration", set).await;
    let told = shell.one("Get-MailboxRegionalConfiguration", "LeeG").await;
    assert_eq!(
        (&told["Language"], &told["TimeZone"], &told["TimeFormat"]),
        (&json!("de-CH"), &json!("W. Europe Standard Time"), &json!("HH:mm"))
    );
    for wrong in [json!({ "TimeZone": "Mars" }), json!({ "Language": "German" })] {
        let mut parameters = wrong;
        parameters["Identity"] = json!("LeeG");
        let answer = shell.run("Set-MailboxRegionalConfiguration", parameters).await;
        thrown(&answer, 400, "DataValidationException", "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_calendar_is_shared_and_shared_no_more() {
    let shell = Shell::new();
    let calendar = "AdeleV@contoso.com:\\Calendar";
    let told = shell.run("Get-MailboxFolderPermission", json!({ "Identity": calendar })).await;
    assert_eq!(each(&told, "User"), ["Default", "Anonymous", "Christie Cline"]);
    let add = json!({ "Identity": calendar, "User": "LeeG", "AccessRights": "Editor", "SharingPermissionFlags": "Delegate" });
    shell.quiet("Add-MailboxFolderPermission", add.clone()).await;
    let twice = shell.run("Add-MailboxFolderPermission", add).await;
    thrown(&twice, 400, "UserAlreadyExistsInPermissionEntryException", "for user: Lee Gu.");
    let set = json!({ "Identity": calendar, "User": "LeeG", "AccessRights": ["Reviewer"] });
    shell.quiet("Set-MailboxFolderPermission", set).await;
    let told =
        shell.run("Get-MailboxFolderPermission", json!({ "Identity": calendar, "User": "LeeG" })).await;
    assert_eq!(rows(&told)[0]["AccessRights"], json!(["Reviewer"]));
    let gone = json!({ "Identity": calendar, "User": "LeeG", "Confirm": false });
    shell.quiet("Remove-MailboxFolderPermission", gone.clone()).await;
    let again = shell.run("Remove-MailboxFolderPermission", gone).await;
    thrown(&again, 400, "UserNotFoundInPermissionEntryException", "for user: Lee Gu.");
    let table = [
        (
            json!({ "Identity": "AdeleV:\\Inbox", "User": "LeeG", "AccessRights": "Editor" }),
            "ManagementObjectNotFoundException",
            404,
        ),
        (
            json!({ "Identity": calendar, "User": "LeeG", "AccessRights": "Reader" }),
            "ParameterTransformationException",
            400,
        ),
    ];
    for (parameters, exception, status) in table {
        thrown(&shell.run("Add-MailboxFolderPermission", parameters).await, status, exception, "");
    }
}
