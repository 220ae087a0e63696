//! From the first question to the last: what happens when all goes well.

use serde_json::{Value, json};
use telling::Story;

use super::{MINUTE, christie, later, leaver};

pub(crate) async fn previewed_approved_applied_repeated(story: &mut Story) {
    story.title("Christie Cline leaves: previewed, approved, applied, gone on with, asked again");
    story.says("What would happen?");
    let preview = story.preview(&christie(json!({}))).await;
    story.says(
        "Somebody approves just that. Exchange takes its time over the mailbox, so the run is not over.",
    );
    let approved = format!("\"{}\"", preview.digest());
    let begun =
        story.ask("POST", "/api/offboard-user", &[("if-match", &approved)], Some(&christie(json!({})))).await;
    story.says("Whoever looks two minutes later makes it go on: the mailbox is seen to be a shared one, and the licence goes.");
    story.tenant().advance(2 * MINUTE);
    story.look(&begun).await;
    story.watch().await;
    story.look(&begun).await;
    story.says("Asked again: there is nothing left to do.");
    story.apply(&christie(json!({}))).await;
}

/// Everything that can be asked for.
fn everything() -> Value {
    json!({
        "successor": "LeeG@contoso.com",
        "mailbox": {
            "reply": {"internal": "Lidia has left. Ask Lee Gu.", "external": "Please write to info@contoso.com."},
            "forward": true, "sendAs": true,
        },
        "profile": {"clearMobilePhone": true, "clearManager": true, "displayNamePrefix": "Left - "},
    })
}

pub(crate) async fn somebody_with_much(story: &mut Story) {
    story
        .title("Lidia Holloway leaves: forty groups, three licences, five devices, and duties of every kind");
    let before = as_compared(story.tenant().state());
    let begun = story.apply(&leaver("LidiaH", everything())).await;
    story.says("The run goes on, and takes the licences.");
    later(story, &begun, 2 * MINUTE).await;
    story.says("Asked again: no write.");
    story.apply(&leaver("LidiaH", everything())).await;
    story.says("It was the wrong person.");
    story.act(&begun, "undo").await;
    let after = as_compared(story.tenant().state());
    assert_eq!(difference(&before, &after, ""), Vec::<String>::new(), "not as it was");
}

/// What an undo does not bring back, or makes anew: password, sessions, methods, phones that synchronise; ids and dates of what was given again.
const GONE: [&str; 9] = [
    "passwordProfile",
    "lastPasswordChangeDateTime",
    "signInSessionsValidFromDateTime",
    "authenticationMethods",
    "defaultAuthenticationMethod",
    "createdDateTime",
    "lastUpdatedDateTime",
    "startDateTime",
    "roleEligibilityScheduleId",
];
const ANEW: [&str; 3] = ["appRoleAssignments", "oauth2PermissionGrants", "roleEligibilityScheduleInstances"];

/// A state without that, and with every list in order.
fn as_compared(mut state: Value) -> Value {
    for kind in ANEW {
        let objects = state[kind].as_array_mut().into_iter().flatten();
        objects.filter_map(Value::as_object_mut).for_each(|object| drop(object.remove("id")));
    }
    for mailbox in state["mailboxes"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        mailbox.remove("devices");
    }
    settled(&mut state);
    state
}

fn settled(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(settled);
            items.sort_by_key(Value::to_string);
        }
        Value::Object(members) => {
            members.retain(|name, _| !GONE.contains(&name.as_str()));
            members.values_mut().for_each(settled);
        }
        _ => {}
    }
}

fn difference(before: &Value, after: &Value, at: &str) -> Vec<String> {
    match (before, after) {
        (Value::Array(b), Value::Array(a)) if b.len() == a.len() => {
            b.iter().zip(a).flat_map(|(b, a)| difference(b, a, at)).collect()
        }
        (Value::Object(b), Value::Object(a)) => {
            let keys: std::collections::BTreeSet<&String> = b.keys().chain(a.keys()).collect();
            let name = b.get("displayName").map(Value::to_string).unwrap_or_default();
            let member = |key: &String| {
                difference(
                    b.get(key).unwrap_or(&Value::Null),
                    a.get(key).unwrap_or(&Value::Null),
                    &format!("{at}{name}/{key}"),
                )
            };
            keys.into_iter().flat_map(member).collect()
        }
        (b, a) if b == a => Vec::new(),
        (b, a) => vec![format!("{at}: {b} -> {a}")],
    }
}

pub(crate) async fn whole_life_undone(story: &mut Story) {
    story.title("It was the wrong person: one call brings everything back");
    story.scene("Somebody with little");
    let done = story.apply(&christie(json!({}))).await;
    later(story, &done, 2 * MINUTE).await;
    story.says("What would come back, and what would not?");
    story.act(&done, "undo?whatIf=true").await;
    story.act(&done, "undo").await;
    story.says("Undone once is undone.");
    story.act(&done, "undo").await;
    story.scene("Before the licence was taken");
    let begun = story.apply(&christie(json!({}))).await;
    story.act(&begun, "undo").await;
    story.says("The run does not go on with what was taken back, and is over.");
    later(story, &begun, 2 * MINUTE).await;
    later(story, &begun, 60 * MINUTE).await;
}

pub(crate) async fn absence_and_return(story: &mut Story) {
    story.title("Adele Vance is away for some months, and comes back");
    let away = json!({
        "mode": "absence",
        "mailbox": {"reply": {"internal": "I am back in May.", "audience": "contactsOnly", "until": "2026-05-04T08:00:00+02:00"}},
    });
    let done = story.apply(&leaver("AdeleV", away.clone())).await;
    story.says("Asked again: nothing.");
    story.apply(&leaver("AdeleV", away)).await;
    story.says("She is back.");
    story.act(&done, "undo").await;
    story.scene("What belongs to leaving for good is refused when asked");
    let wrong = json!({"mode": "absence", "mailbox": {"shared": true, "forward": true, "hold": {}}, "deleteAfterDays": 30});
    story.apply(&leaver("AdeleV", wrong)).await;
}

pub(crate) async fn another_post(story: &mut Story) {
    story.title("Megan Bowen moves to another post: groups and licences only");
    let moved = json!({"mode": "move", "groups": {"keep": ["Newsletter"]}, "licences": {"keep": ["SPE_E5"]}});
    let done = story.apply(&leaver("MeganB", moved.clone())).await;
    story.says("Asked again: nothing.");
    story.apply(&leaver("MeganB", moved)).await;
    story.act(&done, "undo").await;
    story.scene("Groups are kept by id, name or mail nickname");
    let moved = json!({"mode": "move", "groups": {"keep": ["SalesAndMarketing", "Nowhere"]}, "licences": {"keep": ["SPE_E5", "SPE_E9"]}});
    story.preview(&leaver("MeganB", moved)).await;
    story.scene("Nothing is kept: she stays, so what becomes of her mailbox?");
    story.preview(&leaver("MeganB", json!({"mode": "move"}))).await;
    story.scene("What belongs to leaving is refused when asked");
    let wrong = json!({"mode": "move", "mailbox": {"reply": {"internal": "Ask Alex."}, "sendAs": true}, "deleteAfterDays": 30});
    story.apply(&leaver("MeganB", wrong)).await;
}
