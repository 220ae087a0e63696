//! Who leaves, who takes over, and who may not be touched.

use serde_json::{Value, json};
use telling::{Story, object, refusal};

use super::{DAY, MINUTE, briefly, christie, later, leaver, with_one_of_each};

pub(crate) async fn account_from_on_premises(story: &mut Story) {
    story.title("An account that is mastered on premises: what is ours is done, the rest is named");
    let ben =
        json!({"profile": {"clearMobilePhone": true, "displayNamePrefix": "Left - "}, "deleteAfterDays": 30});
    let begun = story.apply(&leaver("BenW", ben)).await;
    story.says("Day 30.");
    story.tenant().advance(31 * DAY);
    story.tick().await;
    story.act(&begun, "undo").await;
    story.scene("The same, said from when: on day 30 it is deleted on premises, or not at all");
    let ben = json!({
        "at": "2026-03-02T08:00:00Z", "deleteAfterDays": 30,
        "profile": {"clearMobilePhone": true, "clearManager": true, "displayNamePrefix": "Left - "},
    });
    let begun = story.apply(&leaver("BenW", ben)).await;
    later(story, &begun, 31 * DAY).await;
}

pub(crate) async fn administrator(story: &mut Story) {
    story.title("An administrator leaves");
    story.says("Block and password are refused to an application that holds no directory role that is high enough; all else is done.");
    let begun = story.apply(&leaver("AllanD", json!({}))).await;
    let begun = later(story, &begun, 2 * MINUTE).await;
    story.says("Asked again without the role: he still owns a group that roles can be given to, and so he is still an administrator.");
    story.apply(&leaver("AllanD", json!({}))).await;
    story.act(&begun, "undo?whatIf=true").await;
}

pub(crate) async fn guard_rails(story: &mut Story) {
    story.title("Guard-rails: who may not be touched, whoever asks");
    story.guarded_scene("Who holds a directory role", &json!({"protected": {"roleHolders": true}}));
    story.apply(&leaver("AllanD", json!({}))).await;
    story.says("On Friday he may not be, either.");
    story.apply(&leaver("AllanD", json!({"at": "2026-03-06T17:00:00Z"}))).await;
    story.guarded_scene(
        "Who holds one within an administrative unit, one of the organisation's own, or may take one",
        &json!({"protected": {"roleHolders": true}}),
    );
    story.apply(&leaver("JoniS", json!({}))).await;
    story.apply(&leaver("HenriettaM", json!({}))).await;
    story.apply(&leaver("LidiaH", json!({}))).await;
    story.says("Asked by the object id, one look is enough.");
    let id = id_of(story, "JoniS");
    story.apply(&json!({ "user": id })).await;
    story.scene("A tenant that tells nobody who may take a role: what can be seen counts");
    story.trouble(
        "GET",
        "/roleManagement/directory/roleEligibilityScheduleInstances",
        None,
        refusal(
            400,
            "AadPremiumLicenseRequired",
            "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
        ),
    );
    story.apply(&briefly("LynneR", json!({}))).await;
    let id = id_of(story, "AdeleV");
    story.guarded_scene("A break-glass account", &json!({"protected": {"ids": [id]}}));
    story.apply(&leaver("AdeleV", json!({}))).await;
    story.says("That she takes over from somebody changes nothing in her.");
    story.preview(&christie(json!({}))).await;
    story.guarded_scene("A manager of many", &json!({"protected": {"managersOf": 3}}));
    story.apply(&leaver("PattiF", json!({}))).await;
    let group = group_of(story, "Retail");
    story.guarded_scene("A member of a protected group", &json!({"protected": {"membersOf": [group]}}));
    story.apply(&christie(json!({}))).await;
    story.guarded_scene("Never without approval", &json!({"approval": {"always": true}}));
    story.apply(&christie(json!({}))).await;
    story.guarded_scene("One within the hour", &json!({"maxPerHour": 1}));
    story.apply(&briefly("ChristieC", json!({}))).await;
    story.apply(&briefly("LynneR", json!({}))).await;
}

fn id_of(story: &Story, user: &str) -> Value {
    object(&mut story.tenant().state(), "users", &format!("{user}@contoso.com"))["id"].clone()
}

fn group_of(story: &Story, nickname: &str) -> Value {
    object(&mut story.tenant().state(), "groups", nickname)["id"].clone()
}

pub(crate) async fn successors(story: &mut Story) {
    story.title("Who takes over: whoever is named, else the manager");
    story.scene("Nobody of that name");
    story.apply(&christie(json!({"successor": "AdelV@contoso.com"}))).await;
    story.scene("Nobody takes over from themselves");
    story.apply(&christie(json!({"successor": "ChristieC@contoso.com"}))).await;
    story.scene("Two of that employee id");
    story.edit(|state| object(state, "users", "LeeG@contoso.com")["employeeId"] = json!("100022"));
    story.apply(&christie(json!({"successor": "100022"}))).await;
    story.scene("Whoever was named may not sign in");
    story.apply(&christie(json!({"successor": "DebraB@contoso.com"}))).await;
    story.scene("The manager may not sign in: has she left, too?");
    story.edit(|state| object(state, "users", "AdeleV@contoso.com")["accountEnabled"] = json!(false));
    story.preview(&christie(json!({}))).await;
    story.scene("She owns a team together with somebody who may not sign in: that does not count");
    story.edit(|state| {
        with_one_of_each(state);
        let debra = object(state, "users", "DebraB@contoso.com")["id"].clone();
        let owners = object(state, "groups", "AtlasTeam")["owners"].as_array_mut();
        owners.into_iter().for_each(|owners| owners.push(debra.clone()));
    });
    let done = story.apply(&briefly("ChristieC", json!({}))).await;
    story.act(&done, "undo").await;
    story.says("And nobody takes over.");
    story.edit(|state| {
        object(state, "users", "ChristieC@contoso.com")
            .as_object_mut()
            .map(|christie| christie.remove("manager"));
    });
    story.preview(&briefly("ChristieC", json!({}))).await;
    story.scene("Patti Fernandez owns groups, and has no manager");
    story.preview(&leaver("PattiF", json!({}))).await;
    story.scene("The same when nobody has to take over her mail");
    story.preview(&leaver("PattiF", json!({"mailbox": {"fullAccess": false}, "oneDrive": false}))).await;
}

pub(crate) async fn unknown_or_ambiguous(story: &mut Story) {
    story.title("Who is it?");
    story.scene("Nobody of that name");
    story.apply(&json!({"user": "ChristyC@contoso.com"})).await;
    story.scene("Nobody of that employee id");
    story.apply(&json!({"user": "999999"})).await;
    story.scene("By employee id");
    story.preview(&json!({"user": "100008"})).await;
    story.scene("Two of that employee id");
    story.edit(|state| object(state, "users", "LeeG@contoso.com")["employeeId"] = json!("100008"));
    story.apply(&json!({"user": "100008"})).await;
    story.scene("No name at all");
    story.apply(&json!({"user": ""})).await;
    story.scene("Somebody who was deleted");
    story.edit(|state| {
        object(state, "users", "ChristieC@contoso.com")["deletedDateTime"] = json!("2026-03-01T09:00:00Z")
    });
    story.apply(&christie(json!({}))).await;
}
