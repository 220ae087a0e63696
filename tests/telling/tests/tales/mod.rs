//! The stories.

use std::time::Duration;

use serde_json::json;
use telling::{Story, object};
use tenant::Trouble;

pub(crate) async fn hidden_looked_at_again_and_undone(story: &mut Story) {
    story.title("Somebody is taken out of the address lists, looked at again, and put back");
    let want = json!({"user": "AdeleV@contoso.com", "check": {"afterMinutes": 5}});
    story.preview(&want).await;
    story.says("Done, and to be looked at again: the caller is told where.");
    let begun = story.apply(&want).await;
    story.says("Five minutes later whoever looks makes it go on.");
    story.tenant().advance(Duration::from_secs(5 * 60));
    story.look(&begun).await;
    story.watch().await;
    story.look(&begun).await;
    story.says("The timer finds nothing left to do.");
    story.tick().await;
    story.act(&begun, "undo").await;
    story.scene("Nobody has that name");
    story.apply(&json!({"user": "nobody@contoso.com"})).await;
}

pub(crate) async fn exchange_is_in_trouble(story: &mut Story) {
    story.title("Exchange Online is busy, and somebody else is at work too");
    let want = json!({"user": "AdeleV@contoso.com"});
    let busy = Trouble { exchange: Some("ServerBusyException".into()), ..Trouble::default() };
    story.trouble_with("Set-Mailbox", Some(1), busy);
    story.meanwhile(|state| object(state, "users", "AdeleV@contoso.com")["jobTitle"] = json!("Buyer"));
    story.apply(&want).await;
}

pub(crate) async fn role_is_missing(story: &mut Story) {
    story.title("The function's identity lacks a directory role");
    story.scene_with("To run cmdlets", "Exchange Recipient Administrator", None);
    story.apply(&json!({"user": "AdeleV@contoso.com"})).await;
    story.guarded_scene("It would not be allowed to, either", &json!({"approval": {"always": true}}));
    story.apply(&json!({"user": "AdeleV@contoso.com"})).await;
}
