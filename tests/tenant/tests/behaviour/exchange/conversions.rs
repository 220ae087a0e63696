use std::time::Duration;

use serde_json::json;
use tenant::Options;

use super::{Shell, thrown, warnings};

const O365: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";

async fn kind(shell: &Shell, alias: &str) -> String {
    let mailbox = shell.one("Get-Mailbox", alias).await;
    mailbox["RecipientTypeDetails"].as_str().unwrap().to_owned()
}

fn shared(alias: &str) -> serde_json::Value {
    json!({ "Identity": format!("{alias}@contoso.com"), "Type": "Shared" })
}

async fn unlicense(shell: &Shell, alias: &str) {
    let body = json!({ "addLicenses": [], "removeLicenses": [O365] });
    shell.graph.post(&format!("/users/{alias}@contoso.com/assignLicense"), body).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_conversion_is_seen_at_once_unless_it_is_slow() {
    let shell = Shell::new();
    shell.quiet("Set-Mailbox", shared("LeeG")).await;
    assert_eq!(kind(&shell, "LeeG").await, "SharedMailbox");
    let again = shell.run("Set-Mailbox", shared("LeeG")).await;
    assert!(warnings(again.is(200))[0].contains("no settings of"));
}

#[tokio::test(start_paused = true)]
async fn a_slow_conversion_is_seen_later_and_does_not_save_the_mailbox_until_then() {
    let options = Options { conversion_delay: Duration::from_secs(90), ..Options::default() };
    let shell = Shell::with(options);
    shell.quiet("Set-Mailbox", shared("LeeG")).await;
    assert_eq!(kind(&shell, "LeeG").await, "UserMailbox");
    shell.tenant.advance(Duration::from_secs(90));
    assert_eq!(kind(&shell, "LeeG").await, "SharedMailbox");
    unlicense(&shell, "LeeG").await;
    assert_eq!(kind(&shell, "LeeG").await, "SharedMailbox");
    shell.quiet("Set-Mailbox", shared("LidiaH")).await;
    unlicense(&shell, "LidiaH").await;
    let lost = shell.run("Get-Mailbox", json!({ "Identity": "LidiaH" })).await;
    thrown(&lost, 404, "ManagementObjectNotFoundException", "LidiaH");
}

#[tokio::test(start_paused = true)]
async fn back_to_a_user_takes_a_licence_first() {
    let shell = Shell::new();
    shell.quiet("Set-Mailbox", shared("LeeG")).await;
    unlicense(&shell, "LeeG").await;
    let back = json!({ "Identity": "LeeG", "Type": "Regular" });
    thrown(&shell.run("Set-Mailbox", back.clone()).await, 400, "RecipientTaskException", "no license");
    let body = json!({ "addLicenses": [{ "skuId": O365 }], "removeLicenses": [] });
    shell.graph.post("/users/LeeG@contoso.com/assignLicense", body).await.is(200);
    shell.quiet("Set-Mailbox", back).await;
    assert_eq!(kind(&shell, "LeeG").await, "UserMailbox");
}

#[tokio::test(start_paused = true)]
async fn changes_reach_readers_late_where_the_directory_lags() {
    let shell = Shell::with(Options { lag: Duration::from_secs(10), ..Options::default() });
    shell.quiet("Set-Mailbox", shared("LeeG")).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(kind(&shell, "LeeG").await);
    }
    assert_eq!(seen, ["UserMailbox"; 3]);
    shell.tenant.settled();
    assert_eq!(kind(&shell, "LeeG").await, "SharedMailbox");
}
