//! What the account may use.

use serde_json::{Value, json};

use super::{alex, mallory};
use crate::telling::{Story, object};

fn licences(list: Value) -> Value {
    mallory(json!({"usageLocation": "US", "licences": list}))
}

pub(crate) async fn licence_will_not_do(name: &str) -> String {
    let mut story =
        Story::begin(name, "A licence that cannot be handed out is said before anything is created");
    story.scene("No seat is left");
    story.onboard(&licences(json!([{"sku": "PROJECTPROFESSIONAL"}]))).await;
    story.scene("No seat is left, and the account is wanted all the same");
    let mut want = licences(json!([{"sku": "PROJECTPROFESSIONAL"}, {"sku": "SPE_E3"}]));
    want["whenNoLicence"] = json!("createWithout");
    story.onboard(&want).await;
    story.scene("The subscription has run out");
    story.onboard(&licences(json!([{"sku": "MCOMEETADV"}]))).await;
    story.scene("Unknown to the tenant");
    story.onboard(&licences(json!([{"sku": "SPE_E7"}]))).await;
    story.scene("A service plan that the SKU does not have");
    story.onboard(&licences(json!([{"sku": "EXCHANGESTANDARD", "disabledPlans": ["TEAMS1"]}]))).await;
    story.scene("Without a usage location");
    story.onboard(&mallory(json!({"licences": [{"sku": "SPE_E3"}]}))).await;
    story.scene("Asked for twice, by name and by id");
    let twice = |off: Value| json!([{"sku": "SPE_E3"}, {"sku": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": off}]);
    story.preview(&licences(twice(json!([])))).await;
    story.says("If the two contradict one another, somebody has to choose.");
    story.preview(&licences(twice(json!(["SWAY"])))).await;
    story.end()
}

pub(crate) async fn licence_that_is_held(name: &str) -> String {
    let mut story = Story::begin(name, "Licences that an account holds already");
    story.scene("From a group: nothing to hand out");
    story.onboard(&alex(json!({"licences": [{"sku": "SPE_E3"}]}))).await;
    story.scene("Directly, with other plans switched off: undo puts back what it was");
    let adele = mallory(json!({
        "employeeId": "100003", "givenName": "Adele", "surname": "Vance", "userPrincipalName": "AdeleV@contoso.com",
        "licences": [{"sku": "SPE_E5", "disabledPlans": ["SWAY", "SWAY", "YAMMER_ENTERPRISE"]}],
    }));
    let done = story.onboard(&adele).await;
    story.onboard(&adele).await;
    story.act(&done, "undo").await;
    story.end()
}

pub(crate) async fn copied_from_a_colleague(name: &str) -> String {
    let mut story = Story::begin(name, "As a colleague has it: what is copied, and what is not and why");
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
    story.onboard(&mallory(json!({"usageLocation": "US", "copyFrom": {"user": "AdeleV@contoso.com"}}))).await;
    story.scene("Only the groups");
    story.preview(&mallory(json!({"copyFrom": {"user": "100008", "kinds": ["groups"]}}))).await;
    story.scene("Copied licences need a usage location too");
    story
        .preview(&mallory(json!({"copyFrom": {"user": "ChristieC@contoso.com", "kinds": ["licences"]}})))
        .await;
    story.end()
}

pub(crate) async fn group_will_not_do(name: &str) -> String {
    let mut story = Story::begin(
        name,
        "Groups: found by any of their names, and left alone where they are not ours to change",
    );
    let groups = |names: Value| mallory(json!({"groups": names}));
    story.scene("By mail nickname, unique name, display name; one of them twice");
    story.preview(&groups(json!(["SalesAndMarketing", "it-staff", "IT Staff", "Finance"]))).await;
    story.scene("A distribution list is left to a person, and the rest goes on");
    story.onboard(&groups(json!(["Newsletter", "Executives", "Finance"]))).await;
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
    story.onboard(&groups(json!(all))).await;
    story.end()
}
