//! The stories of telling people.

use serde_json::json;
use telling::{Story, refusal};
use tenant::{Drop, Trouble};

const TELL: &str = "/api/rotate-cert-report/tell";
const SETTINGS: &[(&str, &str)] = &[
    ("ROTATE_REPORT_SENDER", "MeganB@contoso.com"),
    ("ROTATE_REPORT_TEAMS", "http://127.0.0.1/hooks/teams/operations"),
    ("ROTATE_RULES", r#"{"administrators": ["MeganB@contoso.com"]}"#),
];

pub(crate) async fn told(story: &mut Story) {
    story.title("People are told of what expires, each once, and nobody is silently left out");
    story.configured_scene("With a mailbox to send from and a channel of Teams", SETTINGS);
    story.says("First who would be told what.");
    story.ask("POST", &format!("{TELL}?whatIf=true"), &[], None).await;
    story.ask("POST", TELL, &[], None).await;
    story.says("Once more: there is nothing new to anybody.");
    story.ask("POST", TELL, &[], None).await;
    story.configured_scene("The channel refuses the card, and the reply to the next is lost", SETTINGS);
    story.trouble("POST", "/hooks/teams/", Some(1), refusal(429, "TooManyRequests", "Slow down."));
    story.ask("POST", TELL, &[], None).await;
    story.says("What was refused is tried again. What nobody knows of is not.");
    let lost = Trouble { drop: Some(Drop::After), ..Trouble::default() };
    story.trouble("POST", "/hooks/teams/", Some(1), lost);
    story.ask("POST", TELL, &[], None).await;
    story.ask("POST", TELL, &[], None).await;
    story.scene("Without settings, and with an address of the caller's own");
    let back = json!({"callbackUrl": "http://127.0.0.1/hooks/callback/desk"});
    story.ask("POST", TELL, &[], Some(&back)).await;
    story.says("An address that leads into a private network is refused.");
    story.ask("POST", TELL, &[], Some(&json!({"callbackUrl": "https://169.254.169.254/metadata"}))).await;
}
