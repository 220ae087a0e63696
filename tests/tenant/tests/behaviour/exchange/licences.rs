use std::time::Duration;

use serde_json::{Value, json};
use tenant::{Options, Seed, Tenant};

use super::{Shell, each, rows, thrown};
use crate::client::{E5, reference};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const O365: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";

async fn license(shell: &Shell, alias: &str, add: &[&str], remove: &[&str]) {
    let add: Vec<Value> = add.iter().map(|sku| json!({ "skuId": sku })).collect();
    let body = json!({ "addLicenses": add, "removeLicenses": remove });
    shell.graph.post(&format!("/users/{alias}@contoso.com/assignLicense"), body).await.is(200);
}

async fn is_found(shell: &Shell, alias: &str) -> bool {
    shell.run("Get-Mailbox", json!({ "Identity": format!("{alias}@contoso.com") })).await.status == 200
}

#[tokio::test(start_paused = true)]
async fn a_licence_gives_a_mailbox_after_a_while() {
    let shell = Shell::with(Options { mailbox_delay: Duration::from_secs(60), ..Options::default() });
    shell.graph.create("RaulR").await;
    license(&shell, "RaulR", &[E5], &[]).await;
    let joins = json!({ "Identity": "Newsletter", "Member": "RaulR@contoso.com", "BypassSecurityGroupManagerCheck": true });
    assert!(!is_found(&shell, "RaulR").await);
    shell.tenant.advance(Duration::from_secs(59));
    assert!(!is_found(&shell, "RaulR").await);
    let too_early = shell.run("Add-DistributionGroupMember", joins.clone()).await;
    thrown(&too_early, 404, "ManagementObjectNotFoundException", "RaulR");
    shell.tenant.advance(Duration::from_secs(1));
    shell.quiet("Add-DistributionGroupMember", joins).await;
    let raul = shell.one("Get-Mailbox", "RaulR").await;
    assert_eq!((&raul["RecipientTypeDetails"], &raul["SKUAssigned"]), (&json!("UserMailbox"), &json!(true)));
}

#[tokio::test(start_paused = true)]
async fn a_user_mailbox_goes_with_its_licence_and_comes_back_within_thirty_days_as_it_was() {
    let shell = Shell::new();
    shell
        .quiet("Set-Mailbox", json!({ "Identity": "ChristieC", "HiddenFromAddressListsEnabled": true }))
        .await;
    let grant =
        json!({ "Identity": "ChristieC", "Trustee": "LeeG", "AccessRights": "SendAs", "Confirm": false });
    shell.quiet("Add-RecipientPermission", grant).await;
    let before = shell.one("Get-Mailbox", "ChristieC").await;
    license(&shell, "ChristieC", &[], &[O365]).await;
    let gone = shell.run("Get-Mailbox", json!({ "Identity": "ChristieC" })).await;
    thrown(&gone, 404, "ManagementObjectNotFoundException", "ChristieC");
    let kept = shell.run("Get-Mailbox", json!({ "SoftDeletedMailbox": true })).await;
    assert_eq!(each(&kept, "Alias"), ["ChristieC"]);
    shell.tenant.advance(DAY * 29);
    let shell = Shell::of(&shell.tenant, &["Exchange Administrator"]);
    license(&shell, "ChristieC", &[O365], &[]).await;
    assert_eq!(shell.one("Get-Mailbox", "ChristieC").await, before);
    license(&shell, "ChristieC", &[], &[O365]).await;
    shell.tenant.advance(DAY * 30);
    let shell = Shell::of(&shell.tenant, &["Exchange Administrator"]);
    assert_eq!(rows(&shell.run("Get-Mailbox", json!({ "SoftDeletedMailbox": true })).await).len(), 0);
    license(&shell, "ChristieC", &[O365], &[]).await;
    let new = shell.one("Get-Mailbox", "ChristieC").await;
    assert_eq!(new["HiddenFromAddressListsEnabled"], false);
    assert_eq!(shell.one("Get-MailboxStatistics", "ChristieC").await["ItemCount"], 0);
    let held = shell.run("Get-RecipientPermission", json!({ "Identity": "ChristieC" })).await;
    assert_eq!(each(&held, "Trustee"), ["NT AUTHORITY\\SELF"]);
}

#[tokio::test(start_paused = true)]
async fn a_shared_mailbox_stays_but_what_needs_a_licence_is_marked() {
    let shell = Shell::new();
    let table = [
        ("ChristieC", O365, Value::Null, "BelowLimit"),
        ("NestorW", E5, json!("size"), "MailboxDisabled"),
        ("LeeG", O365, json!("archive"), "BelowLimit"),
        ("EnricoC", O365, json!("hold"), "BelowLimit"),
    ];
    for (alias, sku, reason, standing) in table {
        shell.quiet("Set-Mailbox", json!({ "Identity": alias, "Type": "Shared" })).await;
        license(&shell, alias, &[], &[sku]).await;
        let shared = shell.one("Get-Mailbox", alias).await;
        assert_eq!((&shared["IsShared"], &shared["SKUAssigned"]), (&json!(true), &json!(false)), "{alias}");
        assert_eq!(shared["ProhibitSendReceiveQuota"], "50 GB (53,687,091,200 bytes)");
        assert_eq!(
            shell.one("Get-MailboxStatistics", alias).await["StorageLimitStatus"],
            standing,
            "{alias}"
        );
        assert_eq!(shell.truth(&format!("{alias}@contoso.com"))["needsLicence"], reason, "{alias}");
        license(&shell, alias, &[sku], &[]).await;
        assert_eq!(shell.truth(&format!("{alias}@contoso.com"))["needsLicence"], Value::Null, "{alias}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_of_any_kind_needs_a_licence_and_keeps_the_mailbox_of_who_is_deleted() {
    let table = [
        ("inPlaceHolds", json!(["mbxcdbbb86ce60342489bff371876e7f224"]), "InPlaceHolds", true),
        ("inPlaceHolds", json!(["-mbxcdbbb86ce60342489bff371876e7f224"]), "InPlaceHolds", false),
        ("complianceTagHoldApplied", json!(true), "ComplianceTagHoldApplied", true),
        ("delayHoldApplied", json!(true), "DelayHoldApplied", true),
        ("delayReleaseHoldApplied", json!(true), "DelayReleaseHoldApplied", true),
    ];
    for (name, value, told, holds) in table {
        let tenant = Tenant::new(Options::default());
        let id = Shell::of(&tenant, &["Exchange Administrator"]).graph.user_id("ChristieC").await;
        let mut state = tenant.state();
        let mailboxes = state["mailboxes"].as_array_mut().unwrap();
        mailboxes.iter_mut().find(|mailbox| mailbox["id"] == *id).unwrap()[name] = value.clone();
        tenant.load(&state).unwrap();
        let shell = Shell::of(&tenant, &["Exchange Administrator"]);
        assert_eq!(shell.one("Get-Mailbox", "ChristieC").await[told], value);
        shell.quiet("Set-Mailbox", json!({ "Identity": "ChristieC", "Type": "Shared" })).await;
        license(&shell, "ChristieC", &[], &[O365]).await;
        let reason = if holds { json!("hold") } else { Value::Null };
        assert_eq!(shell.truth("ChristieC@contoso.com")["needsLicence"], reason, "{name}: {value}");
        shell.graph.delete(&format!("/users/{id}")).await.is(204);
        let inactive = shell.run("Get-Mailbox", json!({ "InactiveMailboxOnly": true })).await;
        assert_eq!(rows(&inactive).len(), usize::from(holds), "{name}: {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_switched_off_gives_no_mailbox_and_one_through_a_group_does() {
    let shell = Shell::new();
    let exchange = "efb87545-963c-4e0d-99df-69c6916d9eb0";
    let off =
        json!({ "addLicenses": [{ "skuId": O365, "disabledPlans": [exchange] }], "removeLicenses": [] });
    shell.graph.post("/users/ChristieC@contoso.com/assignLicense", off).await.is(200);
    assert!(!is_found(&shell, "ChristieC").await);
    let (group, user) = (shell.graph.group_id("LicensingE3").await, shell.graph.user_id("IsaiahL").await);
    assert!(!is_found(&shell, "IsaiahL").await);
    shell.graph.post(&format!("/groups/{group}/members/$ref"), reference(&user)).await.is(204);
    assert!(is_found(&shell, "IsaiahL").await);
    shell.graph.delete(&format!("/groups/{group}/members/{user}/$ref")).await.is(204);
    assert!(!is_found(&shell, "IsaiahL").await);
}

#[tokio::test(start_paused = true)]
async fn what_is_mastered_on_premises_is_changed_there() {
    let shell = Shell::new();
    license(&shell, "BenW", &[E5], &[]).await;
    let hide = json!({ "Identity": "BenW", "HiddenFromAddressListsEnabled": true });
    let message = "The action 'Set-Mailbox', 'HiddenFromAddressListsEnabled', can't be performed on the object 'Ben Walters' because the object is being synchronized from your on-premises organization.";
    thrown(&shell.run("Set-Mailbox", hide).await, 400, "InvalidOperationException", message);
    let hold = json!({ "Identity": "BenW", "LitigationHoldEnabled": true, "Confirm": false });
    shell.quiet("Set-Mailbox", hold).await;
    assert_eq!(shell.one("Get-Mailbox", "BenW").await["IsDirSynced"], true);
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_goes_and_comes_with_its_user() {
    let shell = Shell::new();
    let id = shell.graph.user_id("EnricoC").await;
    let before = shell.one("Get-Mailbox", "EnricoC").await;
    shell.graph.delete(&format!("/users/{id}")).await.is(204);
    assert!(!is_found(&shell, "EnricoC").await);
    // It is on hold, so that it is an inactive one.
    let inactive = shell.run("Get-Mailbox", json!({ "InactiveMailboxOnly": true })).await;
    assert_eq!(
        (each(&inactive, "Alias"), &rows(&inactive)[0]["IsInactiveMailbox"]),
        (vec!["EnricoC".to_owned()], &json!(true))
    );
    shell.graph.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await.is(200);
    assert_eq!(shell.one("Get-Mailbox", "EnricoC").await, before);
}

#[tokio::test(start_paused = true)]
async fn a_state_carries_mailboxes_and_one_without_them_has_those_its_licences_give() {
    let shell = Shell::new();
    shell.run("Set-Mailbox", json!({ "Identity": "LeeG", "Type": "Shared" })).await.is(200);
    let mut state = shell.tenant.state();
    let again = Tenant::new(Options { seed: Seed::State(state.clone()), ..Options::default() });
    assert_eq!(again.state(), state);
    let again = Shell::of(&again, &["Exchange Administrator"]);
    assert_eq!(again.one("Get-Mailbox", "LeeG").await, shell.one("Get-Mailbox", "LeeG").await);
    state.as_object_mut().unwrap().remove("mailboxes");
    shell.tenant.load(&state).unwrap();
    let derived = shell.one("Get-Mailbox", "LeeG").await;
    assert_eq!(derived["RecipientTypeDetails"], "UserMailbox");
    assert_eq!(derived["WhenMailboxCreated"], "2025-01-15T09:00:00.0000000+00:00");
    assert!(!is_found(&shell, "PradeepG").await);
}
