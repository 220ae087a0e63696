//! Services in trouble, and an identity that may not.

use serde_json::json;
use telling::{Story, refusal};
use tenant::{Drop, Trouble};

use super::cut_off::exchange;
use super::{MINUTE, christie, later, leaver};

pub(crate) async fn permission_is_missing(story: &mut Story) {
    story.title("The function's identity lacks a permission");
    story.scene_with("To look at what is left: cut off, and no more", "Directory.Read.All", None);
    story.apply(&christie(json!({}))).await;
    let (write, read) = ("User.ReadWrite.All", "User.Read.All");
    story.scene_with("To change accounts", write, Some(read));
    story.apply(&christie(json!({}))).await;
    let (write, read) = ("Group.ReadWrite.All", "Group.Read.All");
    story.scene_with("To change groups: the rest is done", write, Some(read));
    let begun = story.apply(&christie(json!({}))).await;
    later(story, &begun, 2 * MINUTE).await;
    story.scene_with("The directory role to set passwords", "User Administrator", None);
    story.apply(&christie(json!({}))).await;
}

pub(crate) async fn exchange_is_in_trouble(story: &mut Story) {
    story.title("Exchange Online is busy, away, or not ours");
    story.scene("Too busy for one cmdlet: it is asked again");
    story.trouble_with("Set-Mailbox", Some(1), exchange("ServerBusyException"));
    story.apply(&christie(json!({}))).await;
    story.scene("Too busy for as long as there is time");
    story.trouble_with("Set-Mailbox", None, exchange("ServerBusyException"));
    let as_a_person = || christie(json!({"mailbox": {"shared": false}}));
    story.apply(&as_a_person()).await;
    story.says("Asked again, when it is not: only what is missing is done.");
    story.tenant().clear_faults();
    story.apply(&as_a_person()).await;
    story.scene("Told to wait, by the second");
    let wait = Trouble { status: Some(429), retry_after: Some("7".into()), ..Trouble::default() };
    story.trouble_with("Set-Mailbox", Some(1), wait);
    story.apply(&christie(json!({}))).await;
    story.scene("The answer to the conversion is lost: reading tells");
    story.trouble_with("Type", Some(1), Trouble { drop: Some(Drop::After), ..Trouble::default() });
    story.apply(&christie(json!({}))).await;
    story.scene("It sends the caller on, to another of its hosts");
    story.trouble_with(
        "Get-Mailbox",
        Some(1),
        Trouble { redirect: Some("/eur01".into()), ..Trouble::default() },
    );
    story.preview(&christie(json!({}))).await;
    story.scene("It sends the caller on, to somebody else's");
    let away = Trouble { redirect: Some("https://exchange.example.com".into()), ..Trouble::default() };
    story.trouble_with("Get-Mailbox", None, away);
    story.preview(&christie(json!({}))).await;
    story.scene_with(
        "Without a directory role it does not even say why: 502, with what helps",
        exchange_role(),
        None,
    );
    story.preview(&christie(json!({}))).await;
    story.scene_with("Without its permission", "Exchange.ManageAsApp", None);
    story.preview(&christie(json!({}))).await;
}

fn exchange_role() -> &'static str {
    "Exchange Administrator"
}

pub(crate) async fn service_is_in_trouble(story: &mut Story) {
    story.title("The directory is busy, away, or does not answer");
    let answer = |status, code: &str, after: Option<&str>| Trouble {
        retry_after: after.map(str::to_owned),
        ..refusal(status, code, "Try again later.")
    };
    story.scene("Told to wait while somebody is cut off");
    story.trouble("PATCH", "/users/*", Some(1), answer(429, "TooManyRequests", Some("3")));
    story.apply(&christie(json!({}))).await;
    story.scene("Told to wait for longer than a caller would: not yet, says the answer");
    story.trouble("DELETE", "/groups/*/members/*/$ref", None, answer(429, "TooManyRequests", Some("600")));
    let begun = story.apply(&christie(json!({}))).await;
    later(story, &begun, 2 * MINUTE).await;
    story.scene("Nobody can say: the writes fail, and so do the reads. Nothing is claimed");
    story.trouble("DELETE", "/groups/*/members/*/$ref", None, answer(504, "GatewayTimeout", None));
    story.trouble("GET", "/groups/*", None, answer(504, "GatewayTimeout", None));
    story.tenant().fault(tenant::Fault {
        method: Some("GET".into()),
        path: Some("/users/*/memberOf/*".into()),
        skip: 4,
        then: answer(504, "GatewayTimeout", None),
        ..tenant::Fault::default()
    });
    let done = story.apply(&christie(json!({}))).await;
    story.says("Nor is it taken back by somebody who does not know: a person looks.");
    story.tenant().clear_faults();
    story.act(&done, "undo?whatIf=true").await;
    story.scene("The first look fails: nobody is cut off in ignorance");
    story.trouble("GET", "/users/*/ownedDevices*", None, answer(503, "ServiceUnavailable", None));
    story.apply(&leaver("ChristieC", json!({}))).await;
    story.scene("The tenant has moved since the plan was approved");
    let preview = story.preview(&christie(json!({}))).await;
    story.edit(|state| {
        let id = telling::object(state, "users", "ChristieC@contoso.com")["id"].clone();
        let members = telling::object(state, "groups", "Finance")["members"].as_array_mut();
        members.unwrap_or_else(|| panic!("Finance has members")).push(id);
    });
    let approved = format!("\"{}\"", preview.digest());
    story.ask("POST", "/api/offboard-user", &[("if-match", &approved)], Some(&christie(json!({})))).await;
}
