use serde_json::json;

use super::{Shell, each, rows, warnings};

#[tokio::test(start_paused = true)]
async fn full_access_is_given_once_and_taken_once() {
    let shell = Shell::new();
    let grant = json!({ "Identity": "LeeG@contoso.com", "User": "MeganB@contoso.com", "AccessRights": ["FullAccess"], "InheritanceType": "All", "AutoMapping": false });
    let given = shell.run("Add-MailboxPermission", grant.clone()).await;
    assert_eq!((each(&given, "User"), warnings(&given)), (vec!["MeganB@contoso.com".to_owned()], vec![]));
    let again = shell.run("Add-MailboxPermission", grant).await;
    assert_eq!(rows(&again).len(), 1);
    assert!(
        warnings(&again)[0].contains("access control entry is already present"),
        "{:?}",
        warnings(&again)
    );
    let held = shell.run("Get-MailboxPermission", json!({ "Identity": "LeeG" })).await;
    assert_eq!(each(&held, "User"), ["NT AUTHORITY\\SELF", "MeganB@contoso.com"]);
    assert_eq!(rows(&held)[1]["AccessRights"], json!(["FullAccess"]));
    let take =
        json!({ "Identity": "LeeG", "User": "MeganB", "AccessRights": "FullAccess", "Confirm": false });
    shell.quiet("Remove-MailboxPermission", take.clone()).await;
    let again = shell.run("Remove-MailboxPermission", take).await;
    assert!(warnings(again.is(200))[0].contains("because the ACE isn't present"), "{:?}", warnings(&again));
    let held = shell.run("Get-MailboxPermission", json!({ "Identity": "LeeG" })).await;
    assert_eq!(each(&held, "User"), ["NT AUTHORITY\\SELF"]);
}

#[tokio::test(start_paused = true)]
async fn whom_somebody_may_send_as_is_found_by_the_trustee() {
    let shell = Shell::new();
    let of_lidia = json!({ "Trustee": "LidiaH@contoso.com", "ResultSize": "Unlimited" });
    let info = shell.graph.user_id("info").await;
    assert_eq!(
        each(&shell.run("Get-RecipientPermission", of_lidia.clone()).await, "Identity"),
        [info.as_str()]
    );
    let grant = json!({ "Identity": "Newsletter", "Trustee": "LidiaH", "AccessRights": ["SendAs"], "Confirm": false });
    shell.quiet("Add-RecipientPermission", grant.clone()).await;
    let again = shell.run("Add-RecipientPermission", grant.clone()).await;
    assert!(warnings(&again)[0].contains("already present"));
    let found = shell.run("Get-RecipientPermission", of_lidia).await;
    assert_eq!(rows(&found).len(), 2);
    let both = json!({ "Identity": "info", "Trustee": "LidiaH" });
    assert_eq!(each(&shell.run("Get-RecipientPermission", both).await, "Trustee"), ["LidiaH@contoso.com"]);
    shell.quiet("Remove-RecipientPermission", grant.clone()).await;
    assert!(warnings(&shell.run("Remove-RecipientPermission", grant).await)[0].contains("isn't present"));
}

#[tokio::test(start_paused = true)]
async fn who_is_gone_for_good_holds_nothing_any_more() {
    let shell = Shell::new();
    let id = shell.graph.user_id("LidiaH").await;
    shell.graph.delete(&format!("/users/{id}")).await.is(204);
    shell.graph.delete(&format!("/directory/deletedItems/{id}")).await.is(204);
    let held = shell.run("Get-RecipientPermission", json!({ "Identity": "info" })).await;
    assert_eq!(each(&held, "Trustee"), ["NT AUTHORITY\\SELF", "MeganB@contoso.com"]);
    let opened = shell.run("Get-MailboxPermission", json!({ "Identity": "info" })).await;
    assert!(!each(&opened, "User").iter().any(|user| user.contains("Lidia")));
}
