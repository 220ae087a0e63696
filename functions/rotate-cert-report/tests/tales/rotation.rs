//! The stories of rotation.

use std::time::Duration;

use serde_json::{Value, json};
use telling::Story;

use crate::entrusted::{NAME, entrusted};

const DAY: Duration = Duration::from_secs(24 * 3600);
const ROTATE: &str = "/api/rotate-cert-report/rotate";

fn certificate() -> Value {
    json!({"application": NAME, "certificate": {"vault": "contoso-keys", "name": "payroll"}})
}

fn secret() -> Value {
    json!({"application": NAME, "secret": {"vault": "contoso-keys", "name": "payroll-secret"}})
}

/// The timer takes up what is to go on.
async fn goes_on(story: &mut Story) {
    story.says("The vault has made it: the timer has it added, and left alone for two minutes.");
    story.tenant().advance(Duration::from_secs(10));
    story.tick_of("rotate-due").await;
    story.says("Then it is tried and published.");
    story.tenant().advance(Duration::from_secs(130));
    story.tick_of("rotate-due").await;
}

pub(crate) async fn a_certificate_is_renewed(story: &mut Story) {
    story.title("A certificate is renewed: made in the vault, added, proven, published; the old one goes when its time has come");
    entrusted(story.tenant());
    story.says("First what would be done.");
    story.preview(&certificate()).await;
    let done = story.apply(&certificate()).await;
    goes_on(story).await;
    story.look(&done).await;
    story.says("Asked again: it is good for a while yet.");
    story.apply(&certificate()).await;
    story.says("Five months later it ends soon.");
    story.tenant().advance(160 * DAY);
    let renewed = story.apply(&certificate()).await;
    goes_on(story).await;
    story.look(&renewed).await;
    story.says("Nine days later the timer removes the one before.");
    story.tenant().advance(9 * DAY);
    story.tick_of("rotate-due").await;
    story.look(&renewed).await;
}

pub(crate) async fn a_secret_is_renewed_and_taken_back(story: &mut Story) {
    story.title("A secret goes from the application to the vault, and nobody sees it; taken back, the one before is published again");
    entrusted(story.tenant());
    story.apply(&secret()).await;
    story.tenant().advance(65 * DAY);
    let renewed = story.apply(&secret()).await;
    story.act(&renewed, "undo?whatIf=true").await;
    story.act(&renewed, "undo").await;
}

pub(crate) async fn what_rotation_will_not_do(story: &mut Story) {
    story.title("What rotation will not do");
    story.says("The application is not entrusted: the function is no owner of it.");
    story.apply(&secret()).await;
    story.says("There is no such application.");
    story
        .apply(
            &json!({"application": "Payroll", "secret": {"vault": "contoso-keys", "name": "payroll-secret"}}),
        )
        .await;
    story.scene_with("The function has no role on the vault", "Key Vault Secrets Officer", None);
    entrusted(story.tenant());
    story.apply(&secret()).await;
    story.scene("What the vault has under that name is another application's");
    entrusted(story.tenant());
    story.apply(&secret()).await;
    let taken = telling::with(secret(), json!({"application": "Expense Portal"}));
    story.apply(&taken).await;
}

pub(crate) async fn all_that_are_entrusted(story: &mut Story) {
    story.title("Everything that is entrusted, at once");
    entrusted(story.tenant());
    let all = json!({"applications": [secret()]});
    story.ask("POST", &format!("{ROTATE}?whatIf=true"), &[], Some(&all)).await;
    story.ask("POST", ROTATE, &[], Some(&all)).await;
    story.says("Asked again, nothing is due.");
    story.ask("POST", ROTATE, &[], Some(&all)).await;
}
