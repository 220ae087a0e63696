use std::time::Duration;

use serde_json::{Value, json};
use tenant::Options;

use super::{Shell, each, rows, thrown};
use crate::client::reference;

fn member(list: &str, who: &str) -> Value {
    json!({ "Identity": list, "Member": who, "BypassSecurityGroupManagerCheck": true, "Confirm": false })
}

#[tokio::test(start_paused = true)]
async fn the_lists_of_somebody_are_found_by_the_distinguished_name() {
    let shell = Shell::new();
    let name = shell.one("Get-Mailbox", "LeeG").await["DistinguishedName"].as_str().unwrap().to_owned();
    let filter = format!("Members -eq '{name}'");
    let lists = json!({ "Filter": filter, "RecipientTypeDetails": ["MailUniversalDistributionGroup", "MailUniversalSecurityGroup"] });
    assert_eq!(each(&shell.run("Get-Recipient", lists).await, "Alias"), ["Executives"]);
    let unknown = name.replace("CN=", "CN=x");
    let nothing = shell.run("Get-Recipient", json!({ "Filter": format!("Members -eq '{unknown}'") })).await;
    assert_eq!(rows(&nothing).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn members_are_changed_here_and_seen_in_graph() {
    let shell = Shell::new();
    let members = async || {
        let id = shell.graph.group_id("Newsletter").await;
        let members = shell.graph.get(&format!("/groups/{id}/members?$select=displayName")).await;
        let mut names: Vec<String> =
            members.each("displayName").iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    shell.quiet("Add-DistributionGroupMember", member("Newsletter", "LeeG")).await;
    assert_eq!(members().await, ["Adele Vance", "Lee Gu", "Lynne Robbins", "Megan Bowen"]);
    let again = shell.run("Add-DistributionGroupMember", member("Newsletter@contoso.com", "Lee Gu")).await;
    let message = "The recipient \"Lee Gu\" is already a member of the group \"Newsletter\".";
    thrown(&again, 400, "MemberAlreadyExistsException", message);
    shell.quiet("Remove-DistributionGroupMember", member("Newsletter", "LeeG@contoso.com")).await;
    let again = shell.run("Remove-DistributionGroupMember", member("Newsletter", "LeeG")).await;
    thrown(&again, 400, "MemberNotFoundException", "isn't a member of the group \"Newsletter\".");
    let told = shell.run("Get-DistributionGroupMember", json!({ "Identity": "Newsletter" })).await;
    assert_eq!(rows(&told).len(), 3);
    assert_eq!(members().await, ["Adele Vance", "Lynne Robbins", "Megan Bowen"]);
}

#[tokio::test(start_paused = true)]
async fn what_graph_changes_is_seen_here() {
    let shell = Shell::new();
    let (group, user) = (shell.graph.group_id("Retail").await, shell.graph.user_id("EmilyB").await);
    shell.graph.post(&format!("/groups/{group}/members/$ref"), reference(&user)).await.is(204);
    let name = shell.one("Get-Mailbox", "EmilyB").await["DistinguishedName"].as_str().unwrap().to_owned();
    let groups = json!({ "Filter": format!("Members -eq '{name}'"), "RecipientTypeDetails": "GroupMailbox" });
    assert_eq!(each(&shell.run("Get-Recipient", groups).await, "Alias"), ["Retail"]);
}

#[tokio::test(start_paused = true)]
async fn each_service_learns_of_the_other_after_the_lag() {
    let shell = Shell::with(Options { lag: Duration::from_secs(30), ..Options::default() });
    let group = shell.graph.group_id("Newsletter").await;
    let counted = async || {
        let here =
            rows(&shell.run("Get-DistributionGroupMember", json!({ "Identity": "Newsletter" })).await).len();
        let there = shell.graph.get(&format!("/groups/{group}/members?$select=id")).await.each("id").len();
        (here, there)
    };
    shell.quiet("Add-DistributionGroupMember", member("Newsletter", "LeeG")).await;
    assert_eq!(counted().await, (3, 3));
    shell.tenant.settled();
    assert_eq!(counted().await, (4, 4));
}

#[tokio::test(start_paused = true)]
async fn lists_that_are_not_to_be_changed_here_refuse() {
    let shell = Shell::new();
    let plain = json!({ "Identity": "Newsletter", "Member": "LeeG" });
    let table = [
        (plain, "OperationRequiresGroupManagerException", "manager of the group", 400),
        (member("BranchNews", "LeeG"), "UnableToWriteToAadException", "on-premises mastered", 400),
        (member("Retail", "LeeG"), "ManagementObjectNotFoundException", "'Retail'", 404),
        (member("Finance", "LeeG"), "ManagementObjectNotFoundException", "'Finance'", 404),
        (member("Newsletter", "nobody"), "ManagementObjectNotFoundException", "'nobody'", 404),
    ];
    let before = shell.tenant.state();
    for (parameters, exception, message, status) in table {
        let answer = shell.run("Add-DistributionGroupMember", parameters).await;
        thrown(&answer, status, exception, message);
    }
    assert_eq!(shell.tenant.state(), before);
}

#[tokio::test(start_paused = true)]
async fn groups_are_told_by_what_they_are() {
    let shell = Shell::new();
    let executives = shell.one("Get-DistributionGroup", "Executives").await;
    assert_eq!(
        (&executives["RecipientTypeDetails"], &executives["GroupType"], &executives["ManagedBy"]),
        (
            &json!("MailUniversalSecurityGroup"),
            &json!("Universal, SecurityEnabled"),
            &json!([shell.graph.user_id("PattiF").await])
        )
    );
    let guest = shell.one("Get-Recipient", "brian.johnson@northwindtraders.com").await;
    assert_eq!(guest["RecipientTypeDetails"], "GuestMailUser");
}
