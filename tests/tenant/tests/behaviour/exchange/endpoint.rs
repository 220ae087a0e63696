use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tenant::{Drop, Fault, Options, Tenant, Trouble};

use super::{EXCHANGE, Shell, each, input, rows, thrown, warnings};
use crate::client::{GRAPH, send};

#[tokio::test(start_paused = true)]
async fn both_halves_are_needed_the_app_role_and_a_directory_role() {
    let tenant = Tenant::new(Options::default());
    let shell = |roles: &[&str], directory: &[&str], audience: &str| {
        let name = [roles, directory, &[audience]].concat().join("+");
        let identity = tenant.identity_with(&name, roles, directory);
        Shell { token: tenant.token(&identity, audience), ..Shell::of(&tenant, &[]) }
    };
    let (role, app) = (["Exchange Administrator"], ["Exchange.ManageAsApp"]);
    let table = [
        (shell(&app, &role, EXCHANGE), 200),
        (shell(&app, &[], EXCHANGE), 403),
        (shell(&app, &["User Administrator"], EXCHANGE), 403),
        (shell(&["User.Read.All"], &role, EXCHANGE), 401),
        (shell(&app, &role, GRAPH), 401),
        (shell(&app, &role, "https://storage.azure.com"), 401),
    ];
    for (shell, status) in table {
        let answer = shell.run("Get-Mailbox", json!({ "Identity": "AdeleV@contoso.com" })).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        // Nothing in a refusal can be read as JSON.
        assert_eq!(answer.body.is_null(), status != 200);
        assert_eq!(!answer.header("www-authenticate").is_empty(), status == 401);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_remembered_that_the_app_role_was_needed() {
    let tenant = Tenant::new(Options::default());
    let identity =
        tenant.identity_with("reader", &["User.Read.All", "Exchange.ManageAsApp"], &["Global Reader"]);
    let shell = Shell { token: tenant.token(&identity, EXCHANGE), ..Shell::of(&tenant, &[]) };
    assert_eq!(tenant.roles(&identity).1, Vec::<String>::new());
    shell.one("Get-Mailbox", "LeeG").await;
    assert_eq!(tenant.roles(&identity).1, ["Exchange.ManageAsApp"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_for_exchange_is_none_for_graph() {
    let shell = Shell::new();
    let stranger = shell.graph.with_token(&shell.token);
    stranger.get("/users").await.is_refused(
        401,
        "InvalidAuthenticationToken",
        "Access token validation failure. Invalid audience.",
    );
}

#[tokio::test(start_paused = true)]
async fn each_directory_role_reaches_as_far_as_it_does() {
    let tenant = Tenant::new(Options::default());
    let hide = json!({ "Identity": "LeeG", "HiddenFromAddressListsEnabled": true });
    let hold = json!({ "Identity": "LeeG", "LitigationHoldEnabled": true, "Confirm": false });
    let table = [
        ("Exchange Administrator", 200, 200),
        ("Global Administrator", 200, 200),
        ("Exchange Recipient Administrator", 200, 400),
        ("Global Reader", 403, 403),
    ];
    for (role, may_hide, may_hold) in table {
        let shell = Shell::of(&tenant, &[role]);
        shell.run("Get-Mailbox", json!({ "Identity": "LeeG" })).await.is(200);
        shell.run("Set-Mailbox", hide.clone()).await.is(may_hide);
        let held = shell.run("Set-Mailbox", hold.clone()).await;
        held.is(may_hold);
        if may_hold == 400 {
            let message = "A parameter cannot be found that matches parameter name 'LitigationHoldEnabled'.";
            thrown(&held, 400, "ParameterBindingException", message);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_module_file_lists_what_may_be_run() {
    let tenant = Tenant::new(Options::default());
    let ask = async |shell: &Shell| {
        let request =
            Request::get(format!("/adminapi/v1.0/{}/EXOModuleFile?Version=3.9.2", shell.tenant_id()))
                .header("authorization", format!("Bearer {}", shell.token))
                .header("CommandName", "*");
        send(&tenant, request.body(Body::empty()).unwrap()).await
    };
    let all = ask(&Shell::of(&tenant, &["Exchange Administrator"])).await;
    let all = each(&all, "exportedCmdlets").remove(0);
    assert!(all.contains("Get-Mailbox,Set-Mailbox,"), "{all}");
    let reads = ask(&Shell::of(&tenant, &["Global Reader"])).await;
    let reads = each(&reads, "exportedCmdlets").remove(0);
    assert!(reads.split(',').all(|name| name.starts_with("Get-")), "{reads}");
    ask(&Shell::of(&tenant, &[])).await.is(403);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_call_is_refused() {
    let shell = Shell::new();
    let address = shell.address();
    let good = input("Get-Mailbox", json!({ "Identity": "LeeG" }));
    let table = [
        (address.clone(), json!({}), 400),
        (address.clone(), json!({ "CmdletInput": { "CmdletName": "Get-Mailbox", "Parameters": null } }), 400),
        (address.clone(), json!({ "CmdletInput": { "CmdletName": "Get-Mailbox" } }), 400),
        (address.clone(), json!({ "CmdletInput": { "Parameters": {} } }), 400),
        (address.clone(), input("Get-Mailbocks", json!({})), 403),
        (address.clone(), input("New-TransportRule", json!({ "Name": "x" })), 501),
        (address.clone(), input("Set-Mailbox", json!({ "Identity": "LeeG", "WhatIf": true })), 501),
        (address.replace("beta", "v1.0"), good.clone(), 405),
        (address.replace("beta", "v2.0"), good.clone(), 501),
        (address.replace(&shell.tenant_id(), "11111111-1111-4111-8111-111111111111"), good.clone(), 401),
        (address.replace(&shell.tenant_id(), "contoso.onmicrosoft.com"), good.clone(), 200),
        (address.clone(), good, 200),
    ];
    for (address, body, status) in table {
        let answer = shell.post(&address, &body).await;
        assert_eq!(answer.status, status, "{address} {body}: {}", answer.text);
    }
}

#[tokio::test(start_paused = true)]
async fn parameters_are_bound_before_anything_is_done() {
    let shell = Shell::new();
    let before = shell.tenant.state();
    let unknown = "A parameter cannot be found that matches parameter name 'Colour'.";
    let missing = "one or more missing mandatory parameters: User, AccessRights.";
    let table = [
        (json!({ "Identity": "LeeG", "Colour": "red" }), "Set-Mailbox", "ParameterBindingException", unknown),
        (json!({ "Identity": "LeeG" }), "Add-MailboxPermission", "ParameterBindingException", missing),
        (json!({ "Identity": "" }), "Set-Mailbox", "ParameterBindingValidationException", "empty string"),
        (json!({ "Identity": null }), "Set-Mailbox", "ParameterBindingValidationException", "it is null"),
        (
            json!({ "Identity": "LeeG", "Type": "Common" }),
            "Set-Mailbox",
            "ParameterTransformationException",
            "Cannot convert value \"Common\" to type",
        ),
        (
            json!({ "Identity": "LeeG", "DeliverToMailboxAndForward": "perhaps" }),
            "Set-Mailbox",
            "ParameterTransformationException",
            "parameter 'DeliverToMailboxAndForward'",
        ),
        (
            json!({ "Identity": "LeeG", "EmailAddresses": { "Add": ["smtp:lee@contoso.com"] } }),
            "Set-Mailbox",
            "ParameterTransformationException",
            "parameter 'EmailAddresses'",
        ),
    ];
    for (parameters, cmdlet, exception, message) in table {
        thrown(&shell.run(cmdlet, parameters).await, 400, exception, message);
    }
    assert_eq!(shell.tenant.state(), before);
}

#[tokio::test(start_paused = true)]
async fn what_would_ask_is_told_beforehand_that_it_may() {
    let shell = Shell::new();
    let before = shell.tenant.state();
    let of_lee = |more: Value| with(&json!({ "Identity": "LeeG" }), more);
    let send_as = of_lee(json!({ "Trustee": "MeganB", "AccessRights": "SendAs" }));
    let access = of_lee(json!({ "User": "MeganB", "AccessRights": "FullAccess" }));
    let meetings = of_lee(json!({ "CancelOrganizedMeetings": true, "QueryWindowInDays": 730 }));
    let table = [
        ("Add-RecipientPermission", send_as.clone()),
        ("Remove-RecipientPermission", send_as),
        ("Remove-MailboxPermission", access),
        ("Remove-DistributionGroupMember", json!({ "Identity": "Newsletter", "Member": "LidiaH" })),
        ("Remove-CalendarEvents", meetings),
        ("Remove-MobileDevice", of_lee(json!({}))),
        ("Clear-MobileDevice", of_lee(json!({}))),
        ("Disable-InboxRule", of_lee(json!({}))),
        ("Remove-InboxRule", of_lee(json!({}))),
        ("Remove-MailboxFolderPermission", of_lee(json!({ "User": "MeganB" }))),
        ("Set-Mailbox", of_lee(json!({ "LitigationHoldEnabled": true }))),
    ];
    for (cmdlet, parameters) in table {
        for parameters in [parameters.clone(), with(&parameters, json!({ "Confirm": true }))] {
            let answer = shell.run(cmdlet, parameters).await;
            thrown(
                &answer,
                400,
                "PSInvalidOperationException",
                &format!("{cmdlet} asks before it does this"),
            );
        }
    }
    assert_eq!(shell.tenant.state(), before);
    shell.quiet("Set-Mailbox", of_lee(json!({ "Type": "Shared" }))).await;
}

fn with(parameters: &Value, more: Value) -> Value {
    let mut all = parameters.clone();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

#[tokio::test(start_paused = true)]
async fn a_call_says_whose_servers_it_is_for() {
    let shell = Shell::new();
    let system = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";
    let id = shell.tenant_id();
    let table = [
        (Some(format!("APP:{system}@{id}")), 200),
        (Some(format!("APP:{system}@contoso.onmicrosoft.com")), 200),
        (Some("UPN:LeeG@contoso.com".to_owned()), 200),
        (Some("SMTP:info@contoso.com".to_owned()), 200),
        (Some(format!("APP:{system}@11111111-1111-4111-8111-111111111111")), 400),
        (Some(format!("APP:LeeG@{id}")), 400),
        (Some("LeeG@contoso.com".to_owned()), 400),
        (Some("UPN:LeeG@northwindtraders.com".to_owned()), 400),
        (Some(String::new()), 400),
        (None, 400),
    ];
    for (anchor, status) in table {
        let call = input("Get-Mailbox", json!({ "Identity": "LeeG" }));
        let answer = shell.post_for(&shell.address(), &call, anchor.as_deref()).await;
        assert_eq!(answer.status, status, "{anchor:?}: {}", answer.text);
        assert_eq!(answer.message().contains("'X-AnchorMailbox'"), status == 400, "{anchor:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn up_to_ten_calls_go_in_one_envelope() {
    let shell = Shell::new();
    let part = |id: &str, cmdlet: &str, parameters| {
        json!({ "id": id, "method": "POST", "url": format!("https://outlook.office365.com{}", shell.address()),
                "headers": { "Content-Type": "application/json" }, "body": input(cmdlet, parameters) })
    };
    let address = shell.address().replace("InvokeCommand", "$batch");
    let requests = [
        part("1", "Set-Mailbox", json!({ "Identity": "LeeG", "HiddenFromAddressListsEnabled": true })),
        part("2", "Get-Mailbox", json!({ "Identity": "nobody" })),
    ];
    let answer = shell.post(&address, &json!({ "requests": requests })).await;
    let responses = answer.is(200).body["responses"].as_array().unwrap();
    assert_eq!((&responses[0]["status"], &responses[1]["status"]), (&json!(200), &json!(404)));
    assert_eq!(responses[1]["body"]["error"]["code"], "NotFound");
    let entry = shell.tenant.transcript().pop().unwrap();
    let items: Vec<_> = entry.items.iter().map(|item| (item.url.as_str(), item.status, item.wrote)).collect();
    assert_eq!(items, [("Set-Mailbox LeeG", 200, true), ("Get-Mailbox nobody", 404, false)]);
    let eleven: Vec<_> = (0..11).map(|id| part(&id.to_string(), "Get-Mailbox", json!({}))).collect();
    shell.post(&address, &json!({ "requests": eleven })).await.is(400);
}

#[tokio::test(start_paused = true)]
async fn the_transcript_tells_cmdlets_by_name() {
    let shell = Shell::new();
    shell.one("Get-Mailbox", "LeeG@contoso.com").await;
    shell.run("Set-Mailbox", json!({ "Identity": "LeeG@contoso.com", "Type": "Shared" })).await.is(200);
    shell.run("Get-Mailbox", json!({ "Identity": "nobody" })).await.is(404);
    let told: Vec<_> = shell
        .tenant
        .transcript()
        .into_iter()
        .map(|entry| (entry.path, entry.status, entry.code, entry.wrote))
        .collect();
    let missing = Some("ManagementObjectNotFoundException".to_owned());
    assert_eq!(
        told,
        [
            ("Get-Mailbox LeeG@contoso.com".to_owned(), 200, None, false),
            ("Set-Mailbox LeeG@contoso.com".to_owned(), 200, None, true),
            ("Get-Mailbox nobody".to_owned(), 404, missing, false),
        ]
    );
}

fn once(body: &str, then: Trouble) -> Fault {
    Fault {
        path: Some("/adminapi/".into()),
        body: Some(body.into()),
        times: Some(1),
        then,
        ..Fault::default()
    }
}

#[tokio::test(start_paused = true)]
async fn rules_reach_cmdlets_too() {
    let shell = Shell::new();
    let trouble = |name: &str| Trouble { exchange: Some(name.into()), ..Trouble::default() };
    shell.tenant.fault(once("Get-Mailbox", trouble("ServerBusyException")));
    let hidden = json!({ "Identity": "LeeG", "HiddenFromAddressListsEnabled": true });
    shell.run("Set-CASMailbox", json!({ "Identity": "LeeG", "PopEnabled": false })).await.is(200);
    let busy = shell.run("Get-Mailbox", json!({ "Identity": "LeeG" })).await;
    thrown(&busy, 400, "ServerBusyException", "too busy");
    shell.one("Get-Mailbox", "LeeG").await;
    let throttled = Trouble { status: Some(429), retry_after: Some("7".into()), ..Trouble::default() };
    shell.tenant.fault(once("Get-Mailbox", throttled));
    let told = shell.run("Get-Mailbox", json!({ "Identity": "LeeG" })).await;
    assert_eq!((told.status, told.header("retry-after")), (429, "7"));
    shell.tenant.fault(once("Set-Mailbox", Trouble { drop: Some(Drop::Before), ..Trouble::default() }));
    assert!(shell.run("Set-Mailbox", hidden.clone()).await.dropped);
    assert_eq!(shell.one("Get-Mailbox", "LeeG").await["HiddenFromAddressListsEnabled"], false);
    shell.tenant.fault(once("Set-Mailbox", Trouble { drop: Some(Drop::After), ..Trouble::default() }));
    assert!(shell.run("Set-Mailbox", hidden).await.dropped);
    assert_eq!(shell.one("Get-Mailbox", "LeeG").await["HiddenFromAddressListsEnabled"], true);
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_sent_on_and_answered_there() {
    let shell = Shell::new();
    shell.tenant.fault(once("", Trouble { redirect: Some("/eur01".into()), ..Trouble::default() }));
    let call = input("Get-Mailbox", json!({ "Identity": "LeeG" }));
    let sent = shell.post(&format!("{}?$select=Alias", shell.address()), &call).await;
    assert_eq!((sent.status, sent.text.as_str()), (302, ""));
    let location = sent.header("location");
    assert!(location.ends_with(&format!("/eur01{}?$select=Alias", shell.address())), "{location}");
    let path = location.strip_prefix(GRAPH).unwrap();
    assert_eq!(each(&shell.post(path, &call).await, "Alias"), ["LeeG"]);
    let away = Trouble { redirect: Some("https://evil.example".into()), ..Trouble::default() };
    shell.tenant.fault(once("", away));
    let sent = shell.post(&shell.address(), &call).await;
    assert_eq!(sent.header("location"), format!("https://evil.example{}", shell.address()));
}

#[tokio::test(start_paused = true)]
async fn what_only_exchange_can_suffer_leaves_graph_alone() {
    let shell = Shell::new();
    let busy = Trouble {
        exchange: Some("ServerBusyException".into()),
        status: Some(503),
        retry_after: Some("3".into()),
        ..Trouble::default()
    };
    shell.tenant.fault(Fault { then: busy, ..Fault::default() });
    shell.graph.get("/users/LeeG@contoso.com").await.is(200);
    let answer = shell.run("Get-Mailbox", json!({ "Identity": "LeeG" })).await;
    thrown(&answer, 503, "ServerBusyException", "too busy");
    assert_eq!(answer.header("retry-after"), "3");
}

#[tokio::test(start_paused = true)]
async fn more_calls_at_once_than_are_answered_have_to_wait() {
    let options = Options { latency: Duration::from_secs(1), exchange_calls: Some(3), ..Options::default() };
    let shell = Shell::with(options);
    let call = || shell.run("Get-Mailbox", json!({ "Identity": "LeeG" }));
    let (one, two, three, four) = tokio::join!(call(), call(), call(), call());
    let mut statuses = [one.status, two.status, three.status, four.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 429]);
    let waits: Vec<String> =
        [one, two, three, four].iter().map(|answer| answer.header("retry-after").to_owned()).collect();
    assert_eq!(waits.concat(), "10");
    call().await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_rows_fill_a_page_and_the_next_is_asked_with_the_same_body() {
    let shell = Shell::with(Options { users: 1_500, ..Options::default() });
    let address = format!("{}?$select=Alias", shell.address());
    let cut = shell.post(&address, &input("Get-Mailbox", json!({}))).await;
    assert_eq!(rows(&cut).len(), 1_000);
    assert!(warnings(&cut)[0].starts_with("There are more results available"));
    let all = input("Get-Mailbox", json!({ "ResultSize": "Unlimited" }));
    let first = shell.post(&address, &all).await;
    let link = first.body["@odata.nextLink"].as_str().unwrap().strip_prefix(GRAPH).unwrap().to_owned();
    let second = shell.post(&link, &all).await;
    let mut names = [each(&first, "Alias"), each(&second, "Alias")].concat();
    assert_eq!((rows(&first).len(), second.body["@odata.nextLink"].is_null()), (1_000, true));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 1_000 + rows(&second).len());
    let expired = "Expired or Invalid pagination request. Default Expiry time is 00:30:00";
    let other = input("Get-Mailbox", json!({ "ResultSize": "Unlimited", "Archive": true }));
    assert_eq!(shell.post(&link, &other).await.is(400).message(), expired);
    shell.tenant.advance(Duration::from_secs(31 * 60));
    assert_eq!(shell.post(&link, &all).await.is(400).message(), expired);
}
