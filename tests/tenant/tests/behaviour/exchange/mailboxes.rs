use serde_json::{Value, json};

use super::{Shell, each, input, rows, thrown, warnings};

#[tokio::test(start_paused = true)]
async fn a_mailbox_is_known_by_every_name_it_has() {
    let shell = Shell::new();
    let adele = shell.one("Get-Mailbox", "AdeleV@contoso.com").await;
    let id = shell.graph.user_id("AdeleV").await;
    assert_eq!(adele["ExternalDirectoryObjectId"], id);
    let names = [
        id.as_str(),
        "adelev@contoso.onmicrosoft.com",
        "smtp:AdeleV@contoso.com",
        "AdeleV",
        "Adele Vance",
        adele["Name"].as_str().unwrap(),
        adele["Guid"].as_str().unwrap(),
        adele["ExchangeGuid"].as_str().unwrap(),
        adele["DistinguishedName"].as_str().unwrap(),
    ];
    for name in names {
        assert_eq!(shell.one("Get-Mailbox", name).await, adele, "{name}");
    }
    // A list, an account without a licence, and nobody.
    for name in ["Newsletter@contoso.com", "PradeepG@contoso.com", "nobody@contoso.com"] {
        let message =
            format!("object '{name}' couldn't be found on 'AM0PR01A001DC05.EURPR01A001.PROD.OUTLOOK.COM'.");
        let answer = shell.run("Get-Mailbox", json!({ "Identity": name })).await;
        thrown(&answer, 404, "ManagementObjectNotFoundException", &message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_of_two_is_ambiguous() {
    let shell = Shell::new();
    shell.graph.patch("/users/AlexW@contoso.com", json!({ "displayName": "Lee Gu" })).await.is(204);
    let answer = shell.run("Get-Mailbox", json!({ "Identity": "Lee Gu" })).await;
    thrown(&answer, 400, "ManagementObjectAmbiguousException", "because 'Lee Gu' matches multiple entries.");
}

#[tokio::test(start_paused = true)]
async fn values_come_with_their_companions_and_can_be_selected() {
    let shell = Shell::new();
    let address = format!("{}?$select=EmailAddresses,WhenMailboxCreated,ArchiveGuid", shell.address());
    let answer = shell.post(&address, &input("Get-Mailbox", json!({ "Identity": "LeeG" }))).await;
    assert_eq!(
        rows(&answer)[0]["EmailAddresses"],
        json!(["SMTP:LeeG@contoso.com", "smtp:LeeG@contoso.onmicrosoft.com"])
    );
    let names: Vec<&str> = answer.body["value"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "ArchiveGuid",
            "ArchiveGuid@data.type",
            "ArchiveGuid@odata.type",
            "EmailAddresses",
            "EmailAddresses@odata.type",
            "WhenMailboxCreated",
            "WhenMailboxCreated@data.type",
        ]
    );
    assert_eq!(answer.body["value"][0]["WhenMailboxCreated"], "2025-01-15T09:00:00.0000000+00:00");
    assert_eq!(
        answer.body["@odata.context"],
        format!(
            "https://outlook.office365.com/adminapi/beta/{}/$metadata#Collection(Exchange.GenericHashTable)",
            shell.tenant_id()
        )
    );
    assert_eq!(answer.body["@adminapi.warnings"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn mailboxes_are_found_by_kind_by_beginning_and_by_filter() {
    let shell = Shell::new();
    let lidia = shell.one("Get-Mailbox", "LidiaH").await["DistinguishedName"].as_str().unwrap().to_owned();
    let table = [
        (json!({ "RecipientTypeDetails": ["SharedMailbox"] }), vec!["info", "servicedesk"]),
        (json!({ "RecipientTypeDetails": "RoomMailbox,EquipmentMailbox" }), vec!["room_zurich"]),
        (json!({ "Anr": "lidi" }), vec!["LidiaH"]),
        (json!({ "Filter": "Alias -eq 'leeg' -or Alias -eq 'lidiah'" }), vec!["LeeG", "LidiaH"]),
        (json!({ "Filter": format!("ForwardingAddress -eq '{lidia}'") }), vec!["JohannaL"]),
        (json!({ "Filter": format!("GrantSendOnBehalfTo -eq '{lidia}'") }), vec!["LeeG"]),
        (json!({ "Filter": format!("DelegateListLink -eq '{lidia}'") }), vec!["JohannaL", "info"]),
        (
            json!({ "Filter": "{ ForwardingAddress -ne $null -and (RecipientTypeDetails -eq 'UserMailbox') }" }),
            vec!["JohannaL", "LynneR"],
        ),
        (json!({ "Filter": "EmailAddresses -eq 'smtp:leeg@contoso.onmicrosoft.com'" }), vec!["LeeG"]),
        (json!({ "Archive": true }), vec!["LeeG"]),
    ];
    for (parameters, expected) in table {
        let answer = shell.run("Get-Mailbox", parameters.clone()).await;
        assert_eq!(each(&answer, "Alias"), expected, "{parameters}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_cannot_be_read_is_refused() {
    let shell = Shell::new();
    let table = [
        ("Colour -eq 'red'", "\"Colour\" is not a recognized filterable property."),
        ("Alias -like 'a*'", "Invalid filter syntax."),
        ("Alias -eq", "Invalid filter syntax."),
        ("Alias -eq 'a", "Invalid filter syntax."),
        ("(Alias -eq 'a'", "Invalid filter syntax."),
        ("Alias -eq 'a' Alias -eq 'b'", "Invalid filter syntax."),
    ];
    for (filter, message) in table {
        let answer = shell.run("Get-Mailbox", json!({ "Filter": filter })).await;
        thrown(&answer, 400, "ParameterBindingException", message);
    }
    let both = shell.run("Get-Mailbox", json!({ "Identity": "LeeG", "Filter": "Alias -eq 'LeeG'" })).await;
    thrown(&both, 400, "AmbiguousParameterSetException", "");
}

#[tokio::test(start_paused = true)]
async fn what_is_set_is_shown_and_set_again_is_a_warning() {
    let shell = Shell::new();
    let parameters = json!({
        "Identity": "LeeG@contoso.com", "ForwardingAddress": "LidiaH", "DeliverToMailboxAndForward": true,
        "ForwardingSmtpAddress": "lee@northwindtraders.com", "HiddenFromAddressListsEnabled": true,
        "Confirm": false, "LitigationHoldEnabled": true, "LitigationHoldDuration": 365, "RetentionComment": "Left in March",
        "IssueWarningQuota": "49GB", "ProhibitSendQuota": "49.5GB", "ProhibitSendReceiveQuota": "50GB",
        "GrantSendOnBehalfTo": { "@odata.type": "#Exchange.GenericHashTable", "Add": ["MeganB"] },
    });
    shell.quiet("Set-Mailbox", parameters.clone()).await;
    let shown = shell.one("Get-Mailbox", "LeeG").await;
    let expected = json!({
        "ForwardingAddress": shell.graph.user_id("LidiaH").await, "DeliverToMailboxAndForward": true,
        "ForwardingSmtpAddress": "smtp:lee@northwindtraders.com", "HiddenFromAddressListsEnabled": true,
        "LitigationHoldEnabled": true, "LitigationHoldDuration": "365.00:00:00",
        "LitigationHoldDate": "2026-03-02T08:00:00.0000000+00:00", "RetentionComment": "Left in March",
        "IssueWarningQuota": "49 GB (52,613,349,376 bytes)", "ProhibitSendQuota": "49.5 GB (53,150,220,288 bytes)",
        "ProhibitSendReceiveQuota": "50 GB (53,687,091,200 bytes)",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    let mut behalf: Vec<&str> =
        shown["GrantSendOnBehalfTo"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    behalf.sort_unstable();
    assert_eq!(behalf, ["LidiaH@contoso.com", "MeganB@contoso.com"]);
    let again = shell.run("Set-Mailbox", parameters).await;
    assert_eq!(rows(&again), Vec::<Value>::new());
    let name = shown["Identity"].as_str().unwrap();
    let warning =
        format!("The command completed successfully but no settings of '{name}' have been modified.");
    assert_eq!(warnings(&again), [warning]);
    let clear = json!({ "Identity": "LeeG", "ForwardingAddress": null, "ForwardingSmtpAddress": null, "LitigationHoldEnabled": false, "Confirm": false });
    shell.quiet("Set-Mailbox", clear).await;
    let shown = shell.one("Get-Mailbox", "LeeG").await;
    assert_eq!((&shown["ForwardingAddress"], &shown["LitigationHoldEnabled"]), (&Value::Null, &json!(false)));
}

#[tokio::test(start_paused = true)]
async fn quotas_go_together_and_stay_within_the_licence() {
    let shell = Shell::new();
    let table = [
        (
            json!({ "ProhibitSendQuota": "60GB", "ProhibitSendReceiveQuota": "50GB" }),
            "ProhibitSendReceiveQuota",
        ),
        (json!({ "IssueWarningQuota": "50GB", "ProhibitSendQuota": "40GB" }), "IssueWarningQuota"),
        (json!({ "ProhibitSendReceiveQuota": "101GB" }), "exceeds the maximum"),
    ];
    for (mut parameters, message) in table {
        parameters["Identity"] = json!("LeeG");
        thrown(&shell.run("Set-Mailbox", parameters).await, 400, "DataValidationException", message);
    }
    // Exchange Online Plan 1 gives half as much, and no hold.
    let small = json!({ "Identity": "EmilyB", "ProhibitSendReceiveQuota": "51GB" });
    thrown(&shell.run("Set-Mailbox", small).await, 400, "DataValidationException", "exceeds the maximum");
    let hold = json!({ "Identity": "EmilyB", "LitigationHoldEnabled": true, "Confirm": false });
    thrown(&shell.run("Set-Mailbox", hold).await, 400, "RecipientTaskException", "Litigation Hold");
}

#[tokio::test(start_paused = true)]
async fn addresses_have_one_primary_and_graph_shows_them() {
    let shell = Shell::new();
    let table = |add: &[&str], remove: &[&str]| json!({ "@odata.type": "#Exchange.GenericHashTable", "Add": add, "Remove": remove });
    let set = async |addresses: Value| {
        shell.run("Set-Mailbox", json!({ "Identity": "LeeG", "EmailAddresses": addresses })).await
    };
    set(table(&["smtp:lee@contoso.com"], &["smtp:LeeG@contoso.onmicrosoft.com"])).await.is(200);
    set(table(&["SMTP:lee.gu@contoso.com"], &[])).await.is(200);
    let user = shell.graph.get("/users/LeeG@contoso.com?$select=mail,proxyAddresses").await;
    assert_eq!(user.body["mail"], "lee.gu@contoso.com");
    assert_eq!(
        user.body["proxyAddresses"],
        json!(["smtp:LeeG@contoso.com", "smtp:lee@contoso.com", "SMTP:lee.gu@contoso.com"])
    );
    let refused = [
        (table(&["smtp:AdeleV@contoso.com"], &[]), "ProxyAddressExistsException", "already being used"),
        (
            table(&["smtp:lee@northwindtraders.com"], &[]),
            "NotAcceptedDomainException",
            "northwindtraders.com",
        ),
        (table(&[], &["SMTP:lee.gu@contoso.com"]), "DataValidationException", "can't be removed"),
        (
            json!(["SMTP:one@contoso.com", "SMTP:two@contoso.com"]),
            "DataValidationException",
            "multiple primary",
        ),
        (json!(["smtp:one@"]), "DataValidationException", "isn't correct"),
    ];
    for (addresses, exception, message) in refused {
        thrown(&set(addresses).await, 400, exception, message);
    }
    set(json!(["LeeG@contoso.com", "smtp:lee@contoso.com"])).await.is(200);
    assert_eq!(shell.one("Get-Mailbox", "LeeG").await["PrimarySmtpAddress"], "LeeG@contoso.com");
}

#[tokio::test(start_paused = true)]
async fn an_account_is_blocked_for_both_services() {
    let shell = Shell::new();
    shell.quiet("Set-Mailbox", json!({ "Identity": "LeeG", "AccountDisabled": true })).await;
    let user = shell.graph.get("/users/LeeG@contoso.com?$select=accountEnabled").await;
    assert_eq!(user.body["accountEnabled"], false);
}

#[tokio::test(start_paused = true)]
async fn sizes_are_told_in_text_and_without_an_identity_of_everybody() {
    let shell = Shell::new();
    let nestor = shell.one("Get-MailboxStatistics", "NestorW").await;
    assert_eq!(
        (&nestor["TotalItemSize"], &nestor["StorageLimitStatus"]),
        (&json!("62 GB (66,571,993,088 bytes)"), &json!("BelowLimit"))
    );
    let archive = shell.run("Get-MailboxStatistics", json!({ "Identity": "LeeG", "Archive": true })).await;
    assert_eq!(each(&archive, "TotalItemSize"), ["21 GB (22,548,578,304 bytes)"]);
    let none = shell.run("Get-MailboxStatistics", json!({ "Identity": "LidiaH", "Archive": true })).await;
    thrown(&none, 404, "ManagementObjectNotFoundException", "LidiaH");
    let everybody = rows(&shell.run("Get-Mailbox", json!({})).await).len();
    assert!(everybody > 10);
    for identity in [json!({}), json!({ "Identity": null }), json!({ "Identity": "" })] {
        assert_eq!(
            rows(&shell.run("Get-MailboxStatistics", identity.clone()).await).len(),
            everybody,
            "{identity}"
        );
    }
}
