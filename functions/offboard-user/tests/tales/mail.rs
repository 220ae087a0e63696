//! Mailboxes: what keeps its licence, what is seen late, and what the successor gets.

use serde_json::{Value, json};
use telling::{Story, object, with};

use super::cut_off::exchange;
use super::{MINUTE, briefly, christie, later, leaver, mailbox_of, shared_already};

pub(crate) async fn mailbox_that_keeps_its_licence(story: &mut Story) {
    story.title("A mailbox that cannot do without its licence keeps it");
    story.scene("Nestor Wilke's holds 62 GB");
    converted(story, leaver("NestorW", json!({"mailbox": {"fullAccess": false}, "oneDrive": false}))).await;
    story.scene("Enrico Cattaneo's is on litigation hold");
    converted(story, leaver("EnricoC", json!({}))).await;
    for (title, hold, value) in holds() {
        story.scene(title);
        story.edit(|state| {
            shared_already(state);
            mailbox_of(state, "ChristieC")[hold] = value;
        });
        story.apply(&christie(json!({"oneDrive": false, "mailbox": {"fullAccess": false}}))).await;
    }
    story.scene("One with an archive");
    story.edit(|state| {
        mailbox_of(state, "ChristieC")["archive"] = json!({"id": "5e5a4d3f-7f43-4d5c-9a30-27e4f9b5a001"})
    });
    converted(story, christie(json!({}))).await;
    story.scene("One that is put on hold while they leave");
    let hold = json!({"mailbox": {"hold": {"days": 365, "comment": "Matter 2026-03"}}});
    converted(story, christie(hold)).await;
    story.scene("One that is not to be shared");
    story.apply(&christie(json!({"mailbox": {"shared": false}}))).await;
    story.scene("The licence is kept by name");
    converted(story, christie(json!({"licences": {"keep": ["Office 365 E3"]}}))).await;
    story.scene("The licence comes with a group");
    converted(story, leaver("DiegoS", json!({}))).await;
    story.scene("The licence comes with a group, and is kept by name: so is the membership");
    converted(story, leaver("DiegoS", json!({"licences": {"keep": ["SPE_E3"]}}))).await;
    story.scene("Exchange is all there is to the licence");
    converted(story, leaver("EmilyB", json!({"successor": "AdeleV@contoso.com"}))).await;
}

/// Holds that are not litigation's: a scene, and what the mailbox shows of it.
fn holds() -> [(&'static str, &'static str, Value); 4] {
    [
        ("One that a policy keeps", "inPlaceHolds", json!(["mbx7cfb30345d454ac0a989ab3041051209:1"])),
        ("One in which a label keeps something", "complianceTagHoldApplied", json!(true)),
        ("One whose hold was taken off, and lasts for its last days", "delayHoldApplied", json!(true)),
        ("The same of what applications keep in it", "delayReleaseHoldApplied", json!(true)),
    ]
}

async fn converted(story: &mut Story, want: Value) {
    let begun = story.apply(&want).await;
    later(story, &begun, 2 * MINUTE).await;
}

pub(crate) async fn conversion_seen_late(story: &mut Story) {
    story.title("The conversion is seen only after a while: the licence waits for it");
    let begun = story.apply(&christie(json!({}))).await;
    story.says("The caller is back too soon.");
    story.tenant().advance(MINUTE / 6);
    story.look(&begun).await;
    story.says("A minute later Exchange still shows the mailbox of a person.");
    story.edit(|state| {
        mailbox_of(state, "ChristieC")["conversion"] =
            json!({"from": "UserMailbox", "visibleDateTime": "2026-03-02T08:09:00Z"});
    });
    later(story, &begun, MINUTE).await;
    later(story, &begun, 2 * MINUTE).await;
    story.says("Some time later it does not.");
    later(story, &begun, 10 * MINUTE).await;
    story.scene("Somebody lets her in again meanwhile");
    let begun = story.apply(&christie(json!({}))).await;
    story.edit(|state| {
        telling::object(state, "users", "ChristieC@contoso.com")["accountEnabled"] = json!(true)
    });
    let begun = later(story, &begun, 2 * MINUTE).await;
    later(story, &begun, 2 * MINUTE).await;
    story.scene("Somebody makes it a person's again meanwhile");
    let begun = story.apply(&christie(json!({}))).await;
    story.edit(|state| mailbox_of(state, "ChristieC")["kind"] = json!("UserMailbox"));
    let begun = later(story, &begun, 2 * MINUTE).await;
    later(story, &begun, 2 * MINUTE).await;
}

pub(crate) async fn mail_handed_on(story: &mut Story) {
    story.title("Mail: forwarded, answered, opened, sent for");
    story.scene("All of it, to somebody who was named");
    let all = json!({
        "successor": "MeganB@contoso.com",
        "mailbox": {
            "forward": true, "keepCopy": false, "sendAs": true, "autoMapping": false,
            "reply": {"internal": "Ask Megan.", "external": "<p>Please write to Megan.</p>"},
        },
    });
    let begun = story.apply(&christie(all.clone())).await;
    later(story, &begun, 2 * MINUTE).await;
    story.says("Asked again: nothing.");
    story.apply(&christie(all)).await;
    story.scene("Meetings are cancelled");
    story.apply(&leaver("GradyA", json!({"mailbox": {"cancelMeetings": true}}))).await;
    story.scene("Meetings are to be cancelled, but the hold that comes first is refused: they stay");
    story.trouble_with("LitigationHoldEnabled", None, exchange("CmdletAccessDeniedException"));
    story.apply(&leaver("GradyA", json!({"mailbox": {"cancelMeetings": true, "hold": {}}}))).await;
    story.scene("The successor has no mailbox");
    story
        .apply(&christie(
            json!({"successor": "IrvinS@contoso.com", "mailbox": {"forward": true, "sendAs": true}}),
        ))
        .await;
    story.scene("The successor has no mailbox, and mail goes home: no more");
    story.edit(|state| goes_home(state, "ChristieC"));
    let want = briefly(
        "ChristieC",
        json!({"successor": "IrvinS@contoso.com", "mailbox": {"shared": false, "forward": true}}),
    );
    story.apply(&want).await;
    story.scene("A mailbox that is mastered on premises, whose mail goes home and to a colleague");
    story.edit(|state| {
        goes_home(state, "ChristieC");
        let megan = object(state, "users", "MeganB@contoso.com")["id"].clone();
        mailbox_of(state, "ChristieC")["forwardingAddress"] = megan;
        from_on_premises(state, "ChristieC");
    });
    let done =
        story.apply(&christie(json!({"mailbox": {"forward": true, "reply": {"internal": "Gone."}}}))).await;
    story.act(&done, "undo").await;
    story.scene("Mail was forwarded by the leaver");
    let begun = story.apply(&leaver("LynneR", json!({}))).await;
    story.act(&begun, "undo").await;
    story.scene("An inbox rule sends mail away and cannot be switched off");
    story.edit(|state| {
        mailbox_of(state, "ChristieC")["rules"] = mailbox_of(state, "LidiaH")["rules"].clone();
        mailbox_of(state, "ChristieC")["rules"][0]["readOnly"] = json!(true);
    });
    story.preview(&briefly("ChristieC", json!({}))).await;
    story.scene("More mailboxes are shared than are looked into");
    story.edit(many_shared_mailboxes);
    story.preview(&briefly("ChristieC", json!({}))).await;
    story.scene("Mail of others is forwarded to the leaver");
    let id = story.tenant().state();
    let id = telling::object(&mut id.clone(), "users", "ChristieC@contoso.com")["id"].clone();
    story.edit(|state| mailbox_of(state, "LynneR")["forwardingAddress"] = id);
    story.preview(&christie(json!({"mailbox": {"shared": false}}))).await;
    story.scene("Choices that exclude one another");
    let wrong = json!({
        "mailbox": {"shared": true, "fullAccess": false, "autoMapping": true, "keepCopy": false, "reply": {"internal": " "}, "hold": {"days": 0}},
        "deleteAfterDays": 30, "licences": {"afterDays": 0},
    });
    story.apply(&christie(wrong)).await;
}

/// A help desk for each of 210 places.
fn many_shared_mailboxes(state: &mut Value) {
    let account = object(state, "users", "servicedesk@contoso.com").clone();
    let mailbox = mailbox_of(state, "servicedesk").clone();
    for place in 1..=210 {
        let id = json!(format!("5e5a4d3f-7f43-4d5c-9a30-27e4f9b5{place:04}"));
        let address = json!(format!("servicedesk{place}@contoso.com"));
        let copy = |of: &Value, more: Value| with(of.clone(), with(json!({"id": id}), more));
        let names = json!({"userPrincipalName": address, "mail": address, "proxyAddresses": [], "mailNickname": format!("servicedesk{place}")});
        state["users"].as_array_mut().into_iter().for_each(|users| users.push(copy(&account, names.clone())));
        let mailboxes = state["mailboxes"].as_array_mut();
        mailboxes.into_iter().for_each(|mailboxes| mailboxes.push(copy(&mailbox, json!({}))));
    }
}

fn goes_home(state: &mut Value, user: &str) {
    mailbox_of(state, user)["forwardingSmtpAddress"] = json!("smtp:christie@example.com");
}

/// Lets somebody's account, and so the mailbox, be mastered on premises.
fn from_on_premises(state: &mut Value, user: &str) {
    object(state, "users", &format!("{user}@contoso.com"))["onPremisesSyncEnabled"] = json!(true);
}

pub(crate) async fn mail_that_is_no_trouble(story: &mut Story) {
    story.title("No mailbox, or nothing to do with it");
    story.scene("There is none");
    story.apply(&leaver("IrvinS", json!({}))).await;
    story.scene("None is to be seen, but a licence that comes with one: it may be on its way");
    story.trouble_with("Get-Mailbox", None, exchange("ManagementObjectNotFoundException"));
    story.apply(&christie(json!({"mailbox": {"reply": {"internal": "Christie has left."}}}))).await;
    story.scene("None, and Friday at five where the leaver is");
    story.apply(&leaver("IrvinS", json!({"at": "2026-03-06T17:00"}))).await;
    story.scene("It is a shared one already");
    story.edit(|state| mailbox_of(state, "ChristieC")["kind"] = json!("SharedMailbox"));
    story.apply(&christie(json!({}))).await;
    story.scene("It is wished as it is");
    story.apply(&christie(json!({"mailbox": {"shared": false, "fullAccess": false, "hide": false}}))).await;
}
