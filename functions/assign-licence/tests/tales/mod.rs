//! The stories.

mod report;
mod rules;

use std::time::Duration;

use serde_json::{Value, json};

use telling::{Story, object, refusal, with};
use tenant::Options;

pub(crate) use report::*;
pub(crate) use rules::*;

const MINUTE: Duration = Duration::from_secs(60);
const YAMMER: &str = "7547a3fe-08ee-4ccb-b430-5077c5041653";
const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
/// Exchange Online (Plan 1): its one plan does not go with the Exchange of a suite.
const EXCHANGE: &str = "4b9405b0-7788-4568-add1-99614e613b69";

fn of(user: &str, more: Value) -> Value {
    with(json!({"user": format!("{user}@contoso.com")}), more)
}

pub(crate) async fn previewed_approved_applied_repeated_undone(story: &mut Story) {
    story.title("Licences are assigned: previewed, approved, applied, asked again, and taken back");
    let want = of(
        "AdeleV",
        json!({"assign": [{"sku": "VISIOCLIENT"}, {"sku": "SPE_E5", "disabledPlans": ["YAMMER_ENTERPRISE"]}]}),
    );
    let preview = story.preview(&want).await;
    let digest = format!("\"{}\"", preview.body["planDigest"].as_str().unwrap_or_default());
    let done = story.ask("POST", "/api/assign-licence", &[("if-match", &digest)], Some(&want)).await;
    story.says("Asked again: nothing.");
    story.apply(&want).await;
    story.act(&done, "undo?whatIf=true").await;
    story.act(&done, "undo").await;
}

fn yammer_off(state: &mut Value) {
    object(state, "users", "ChristieC@contoso.com")["licences"][0]["disabledPlans"] = json!([YAMMER]);
}

pub(crate) async fn one_in_the_place_of_another(story: &mut Story) {
    story.title("One licence in the place of another: one call, and what is off stays off");
    story.edit(yammer_off);
    let done =
        story.apply(&of("ChristieC", json!({"replace": [{"sku": "ENTERPRISEPACK", "by": "SPE_E5"}]}))).await;
    story.act(&done, "undo").await;
    story.scene("With a plan of another name, and something else to go with it");
    story.edit(yammer_off);
    let mapped = json!({
        "replace": [{"sku": "ENTERPRISEPACK", "by": "SPE_E5", "plans": {"YAMMER_ENTERPRISE": "SWAY"}}],
        "assign": [{"sku": "VISIOCLIENT"}],
    });
    story.apply(&of("ChristieC", mapped)).await;
    story.scene("What is to be off is chosen");
    let chosen = json!({"replace": [{"sku": "ENTERPRISEPACK", "by": "SPE_E5", "disabledPlans": ["TEAMS1"]}]});
    story.preview(&of("ChristieC", chosen)).await;
    story.scene("What goes comes from a group");
    story.preview(&of("DiegoS", json!({"replace": [{"sku": "SPE_E3", "by": "SPE_E5"}]}))).await;
    story.scene("What comes is sold out: nothing goes");
    story
        .preview(&of(
            "ChristieC",
            json!({"replace": [{"sku": "ENTERPRISEPACK", "by": "PROJECTPROFESSIONAL"}]}),
        ))
        .await;
}

pub(crate) async fn by_a_group(story: &mut Story) {
    story.title("By a licensing group: joined, and watched until the licence is there");
    let join = of("MeganB", json!({"join": ["LicensingE3"]}));
    let begun = story.apply(&join).await;
    story.tenant().advance(3 * MINUTE);
    story.tick().await;
    story.look(&begun).await;
    story.act(&begun, "undo").await;
    story.scene("It does not come: the service says why");
    let begun = story.apply(&join).await;
    story.edit(|state| in_error(state, "MeganB"));
    story.tenant().advance(3 * MINUTE);
    story.tick().await;
    story.look(&begun).await;
    story.says("It is put right, and worked out anew.");
    story.apply(&of("MeganB", json!({"join": ["LicensingE3"], "reprocess": true}))).await;
    story.scene("No seat is left of what it hands out");
    story.edit(|state| {
        object(state, "groups", "LicensingE3")["licences"][0]["skuId"] =
            json!("53818b1b-4a27-454b-8896-0dba576410e6")
    });
    story.preview(&of("LynneR", json!({"join": ["LicensingE3"]}))).await;
    story.scene("Left, and what it handed out given directly");
    story.apply(&of("DiegoS", json!({"assign": [{"sku": "SPE_E5"}], "leave": ["LicensingE3"]}))).await;
}

fn in_error(state: &mut Value, user: &str) {
    let user = object(state, "users", &format!("{user}@contoso.com"));
    let licences = user["licences"].as_array_mut().into_iter().flatten();
    licences.filter(|licence| !licence["assignedByGroup"].is_null()).for_each(|licence| {
        licence["error"] = json!("CountViolation");
    });
}

/// Time passes, and the timer ticks.
async fn later(story: &mut Story, by: Duration) {
    story.tenant().advance(by);
    story.tick().await;
}

pub(crate) async fn by_a_group_that_takes_its_time(story: &mut Story) {
    story.title("By a licensing group that takes its time: ten minutes, and what may come in between");
    let slow = || Options { group_licensing_delay: 10 * MINUTE, ..Options::default() };
    let join = |user: &str| of(user, json!({"join": ["LicensingE3"]}));
    story.scene_where("The run goes on until the licence is there", slow());
    let begun = story.apply(&join("MeganB")).await;
    later(story, 3 * MINUTE).await;
    story.look(&begun).await;
    later(story, 8 * MINUTE).await;
    story.look(&begun).await;
    story.scene_where("Its turn comes after the last seat went", slow());
    let begun = story.apply(&join("MeganB")).await;
    story.says("Meanwhile somebody gives back the seats that are not in use.");
    story.edit(|state| seats(state, "SPE_E3", 5));
    later(story, 11 * MINUTE).await;
    story.look(&begun).await;
    story.says("A seat is bought, and it is worked out anew.");
    story.edit(|state| seats(state, "SPE_E3", 6));
    let anew = of("MeganB", json!({"join": ["LicensingE3"], "reprocess": true}));
    story.apply(&anew).await;
    story.preview(&anew).await;
    story.scene_where("What it hands out excludes what the account has", slow());
    story.edit(|state| {
        let licence = json!({"skuId": EXCHANGE, "lastUpdatedDateTime": "2026-01-05T09:00:00Z"});
        object(state, "users", "LynneR@contoso.com")["licences"] = json!([licence]);
    });
    let begun = story.apply(&join("LynneR")).await;
    later(story, 11 * MINUTE).await;
    story.look(&begun).await;
}

/// So many seats of a SKU are bought.
fn seats(state: &mut Value, sku: &str, enabled: u32) {
    object(state, "subscribedSkus", sku)["prepaidUnits"]["enabled"] = json!(enabled);
}

pub(crate) async fn lent_until_a_date(story: &mut Story) {
    story.title("Until a date: then the timer takes it");
    let lent =
        of("AdeleV", json!({"assign": [{"sku": "VISIOCLIENT"}], "until": "2026-03-02T18:00:00+01:00"}));
    let begun = story.apply(&lent).await;
    story.tenant().advance(10 * 60 * MINUTE);
    story.tick().await;
    story.look(&begun).await;
}

pub(crate) async fn held_twice(story: &mut Story) {
    story.title("Held directly and by a group: what is held directly goes, if no plan is lost");
    story.edit(|state| directly_too(state, json!([])));
    story.apply(&of("DiegoS", json!({"cleanUp": true}))).await;
    story.scene("The group's is without a plan that is on directly");
    story.edit(|state| {
        directly_too(state, json!([]));
        let licences =
            object(state, "users", "DiegoS@contoso.com")["licences"].as_array_mut().into_iter().flatten();
        licences.filter(|licence| !licence["assignedByGroup"].is_null()).for_each(|licence| {
            licence["disabledPlans"] = json!([YAMMER]);
        });
    });
    story.apply(&of("DiegoS", json!({"cleanUp": true}))).await;
}

fn directly_too(state: &mut Value, off: Value) {
    let diego = object(state, "users", "DiegoS@contoso.com");
    let direct = json!({"skuId": E3, "disabledPlans": off, "lastUpdatedDateTime": "2026-01-05T09:00:00Z"});
    diego["licences"].as_array_mut().into_iter().for_each(|licences| licences.push(direct.clone()));
}

pub(crate) async fn what_is_kept(story: &mut Story) {
    story.title("What is kept");
    story.scene("A licence that the mailbox hangs on");
    story.apply(&of("AdeleV", json!({"remove": ["SPE_E5"]}))).await;
    story.says("Somebody says that the mailbox may go.");
    story.preview(&of("AdeleV", json!({"remove": ["SPE_E5"], "giveUpMailbox": true}))).await;
    story.scene("A licence that comes from a group");
    story.apply(&of("DiegoS", json!({"remove": ["SPE_E3"]}))).await;
    story.says("It is not handed out directly as well.");
    story.apply(&of("DiegoS", json!({"assign": [{"sku": "SPE_E3"}]}))).await;
    story.scene("Plans that are off, where nobody says what is to be off");
    story.edit(yammer_off);
    story.apply(&of("ChristieC", json!({"assign": [{"sku": "ENTERPRISEPACK"}]}))).await;
}

pub(crate) async fn will_not_do(story: &mut Story) {
    story.title("What will not do is said before anything is changed");
    story.scene("No usage location, and none is guessed");
    story.edit(|state| {
        object(state, "users", "AdeleV@contoso.com").as_object_mut().map(|user| user.remove("usageLocation"));
    });
    story.preview(&of("AdeleV", json!({"assign": [{"sku": "VISIOCLIENT"}]}))).await;
    story.says("With one, it is written first.");
    story.apply(&of("AdeleV", json!({"usageLocation": "US", "assign": [{"sku": "VISIOCLIENT"}]}))).await;
    story.scene("The subscription has run out, or nobody bought it");
    story.preview(&of("AdeleV", json!({"assign": [{"sku": "MCOMEETADV"}, {"sku": "SPE_E7"}]}))).await;
}

pub(crate) async fn guard_rails(story: &mut Story) {
    story.title("Guard-rails");
    story.guarded_scene(
        "Who holds a directory role is protected",
        &json!({"protected": {"roleHolders": true}}),
    );
    story.apply(&of("AllanD", json!({"assign": [{"sku": "VISIOCLIENT"}]}))).await;
    story.guarded_scene("Only some licences may be handed out", &json!({"skus": [E3]}));
    story.apply(&of("AdeleV", json!({"assign": [{"sku": "VISIOCLIENT"}]}))).await;
}

pub(crate) async fn refused(story: &mut Story) {
    story.title("Refused by the directory: in its words, and with what helps");
    let want = of("AdeleV", json!({"assign": [{"sku": "VISIOCLIENT"}], "remove": ["FLOW_FREE"]}));
    let refusals = [
        (
            "Another was faster",
            "Subscription with SKU c5928f49-12ba-48f7-ada3-0d743a3601d5 does not have any available licenses.",
        ),
        (
            "One plan needs another",
            "License assignment failed because service plan 663a804f-1c30-4ff0-9915-9db84f0d1cea depends on the service plan(s) 9aaf7827-d63c-4b61-89c3-182f06f82e5c",
        ),
        (
            "Two plans exclude each other",
            "License assignment failed because service plans 663a804f-1c30-4ff0-9915-9db84f0d1cea, 9aaf7827-d63c-4b61-89c3-182f06f82e5c are mutually exclusive",
        ),
    ];
    for (title, message) in refusals {
        story.scene(title);
        story.trouble("POST", "/users/*/assignLicense", Some(1), refusal(400, "Request_BadRequest", message));
        story.apply(&want).await;
    }
}

pub(crate) async fn undone_after_others_have_changed_it(story: &mut Story) {
    story.title("Taken back after somebody else has");
    let done = story.apply(&of("AdeleV", json!({"assign": [{"sku": "VISIOCLIENT"}]}))).await;
    story.edit(|state| {
        let licences = object(state, "users", "AdeleV@contoso.com")["licences"].as_array_mut();
        licences.into_iter().for_each(|licences| {
            licences.retain(|one| one["skuId"] != "c5928f49-12ba-48f7-ada3-0d743a3601d5")
        });
    });
    story.act(&done, "undo").await;
}
