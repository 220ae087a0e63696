//! What the account may use.

use serde_json::{Value, json};
use telling::{Story, object, with};

use super::{alex, mallory};

fn licences(list: Value) -> Value {
    mallory(json!({"usageLocation": "US", "licences": list}))
}

pub(crate) async fn licence_will_not_do(story: &mut Story) {
    story.title("A licence that cannot be handed out is said before anything is created");
    story.scene("No seat is left");
    story.apply(&licences(json!([{"sku": "PROJECTPROFESSIONAL"}]))).await;
    story.scene("No seat is left, and the account is wanted all the same");
    let mut want = licences(json!([{"sku": "PROJECTPROFESSIONAL"}, {"sku": "SPE_E3"}]));
    want["whenNoLicence"] = json!("createWithout");
    story.apply(&want).await;
    story.scene("The subscription has run out");
    story.apply(&licences(json!([{"sku": "MCOMEETADV"}]))).await;
    story.scene("Unknown to the tenant");
    story.apply(&licences(json!([{"sku": "SPE_E7"}]))).await;
    story.says("One that it has, by the name that people know it by:");
    story.preview(&licences(json!([{"sku": "Office 365 E3", "disabledPlans": ["Sway"]}]))).await;
    story.scene("A service plan that the SKU does not have");
    story.apply(&licences(json!([{"sku": "EXCHANGESTANDARD", "disabledPlans": ["TEAMS1"]}]))).await;
    story.scene("Without a usage location");
    story.apply(&mallory(json!({"licences": [{"sku": "SPE_E3"}]}))).await;
    story.scene("Asked for twice, by name and by id");
    let twice = |off: Value| json!([{"sku": "SPE_E3", "disabledPlans": []}, {"sku": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": off}]);
    story.preview(&licences(twice(json!([])))).await;
    story.says("If the two contradict one another, somebody has to choose.");
    story.preview(&licences(twice(json!(["SWAY"])))).await;
}

pub(crate) async fn licence_that_is_held(story: &mut Story) {
    story.title("Licences that an account holds already");
    story.scene("From a group: nothing to hand out");
    story.apply(&alex(json!({"licences": [{"sku": "SPE_E3"}]}))).await;
    story.says("Nobody asks which plans are on, so nobody changes that.");
    story.scene("Directly, with other plans switched off: undo puts back what it was");
    let adele = mallory(json!({
        "employeeId": "100003", "givenName": "Adele", "surname": "Vance", "userPrincipalName": "AdeleV@contoso.com",
        "licences": [{"sku": "SPE_E5", "disabledPlans": ["SWAY", "SWAY", "YAMMER_ENTERPRISE"]}],
    }));
    let done = story.apply(&adele).await;
    story.apply(&adele).await;
    let mut as_it_is = adele.clone();
    as_it_is["licences"] = json!([{"sku": "SPE_E5"}]);
    story
        .says("Who says nothing about plans leaves them as they are; an empty list switches all of them on.");
    story.apply(&as_it_is).await;
    as_it_is["licences"][0]["disabledPlans"] = json!([]);
    story.preview(&as_it_is).await;
    story.act(&done, "undo").await;
}

/// The group hands out what is sold out.
fn hands_out_project(state: &mut Value) {
    object(state, "groups", "LicensingE3")["licences"][0]["skuId"] =
        json!("53818b1b-4a27-454b-8896-0dba576410e6");
}

pub(crate) async fn licence_by_group(story: &mut Story) {
    story.title("A group hands out licences: they come minutes after it is joined");
    let groups = |more: Value| with(mallory(json!({"groups": ["LicensingE3", "Finance"]})), more);
    story.scene("A seat is left");
    let want = groups(json!({"usageLocation": "US"}));
    story.apply(&want).await;
    story.says("Asked again, it has come.");
    story.apply(&want).await;
    story.says("Or it has not come yet.");
    story.edit(|state| {
        object(state, "users", "mallory.cortez@contoso.com")
            .as_object_mut()
            .expect("fields")
            .remove("licences");
    });
    story.apply(&want).await;
    story.scene("Without a usage location");
    story.preview(&groups(json!({}))).await;
    story.scene("No seat is left");
    story.edit(hands_out_project);
    story.apply(&groups(json!({"usageLocation": "US"}))).await;
    story.says(
        "The account is wanted all the same: it does not join the group, which would leave an error with it.",
    );
    story.apply(&groups(json!({"usageLocation": "US", "whenNoLicence": "createWithout"}))).await;
    for (scene, error) in [
        ("The last seat went to somebody else meanwhile", "CountViolation"),
        ("Its plans and those of another licence exclude each other", "MutuallyExclusiveViolation"),
        ("One of its plans needs another one", "DependencyViolation"),
        ("One of its plans is not offered in that country", "ProhibitedInUsageLocationViolation"),
        ("An address would be held twice", "UniquenessViolation"),
        ("Microsoft does not say", "Other"),
    ] {
        story.scene(scene);
        story.edit(move |state| {
            let group = object(state, "groups", "LicensingE3")["id"].clone();
            let alex = object(state, "users", "AlexW@contoso.com")["licences"].as_array_mut();
            let state = alex.into_iter().flatten().find(|held| held["assignedByGroup"] == group);
            state.expect("a licence by the group")["error"] = json!(error);
        });
        story.apply(&alex(json!({"groups": ["LicensingE3"]}))).await;
    }
}

pub(crate) async fn copied_from_a_colleague(story: &mut Story) {
    story.title("As a colleague has it: what is copied, and what is not and why");
    story.edit(|state| {
        let adele = object(state, "users", "AdeleV@contoso.com")["id"].clone();
        for group in ["BranchOffice", "Tier0", "LicensingE3", "Executives"] {
            object(state, "groups", group)["members"].as_array_mut().expect("members").push(adele.clone());
        }
        let licences =
            object(state, "users", "AdeleV@contoso.com")["licences"].as_array_mut().expect("licences");
        let mut more = licences[0].clone();
        more["skuId"] = json!("53818b1b-4a27-454b-8896-0dba576410e6");
        licences.push(more.clone());
        more["skuId"] = json!("05e9a617-0261-4cee-bb44-138d3ef5d965");
        more["assignedByGroup"] = object(state, "groups", "LicensingE3")["id"].clone();
        object(state, "users", "AdeleV@contoso.com")["licences"].as_array_mut().expect("licences").push(more);
    });
    story.apply(&mallory(json!({"usageLocation": "US", "copyFrom": {"user": "AdeleV@contoso.com"}}))).await;
    story.scene("Only the groups");
    story.preview(&mallory(json!({"copyFrom": {"user": "100008", "kinds": ["groups"]}}))).await;
    story.scene("Copied licences need a usage location too");
    story
        .preview(&mallory(json!({"copyFrom": {"user": "ChristieC@contoso.com", "kinds": ["licences"]}})))
        .await;
}

pub(crate) async fn group_will_not_do(story: &mut Story) {
    story.title("Groups: found by any of their names, and left alone where they are not ours to change");
    let groups = |names: Value| mallory(json!({"groups": names}));
    story.scene("By mail nickname, unique name, display name; one of them twice");
    story.preview(&groups(json!(["SalesAndMarketing", "it-staff", "IT Staff", "Finance"]))).await;
    story.scene("A distribution list takes nobody without a mailbox, and the rest goes on");
    story.apply(&groups(json!(["Newsletter", "Executives", "Finance"]))).await;
    story.scene(
        "Unknown, ambiguous, dynamic, synchronised, for administrators: the request is to be put right first",
    );
    let all = [
        "Retial",
        "Project Falcon",
        "All Employees",
        "Branch Office Users",
        "Tier 0 Administrators",
        "Finance",
    ];
    story.apply(&groups(json!(all))).await;
}
