use serde_json::json;
use tenant::{Options, Seed, Tenant};

use crate::client::{Client, E5, newcomer, reference};

#[tokio::test(start_paused = true)]
async fn a_state_is_a_seed() {
    let client = Client::new();
    let id = client.create("RaulR").await;
    client
        .post(
            "/users/RaulR@contoso.com/assignLicense",
            json!({ "addLicenses": [{ "skuId": E5 }], "removeLicenses": [] }),
        )
        .await
        .is(200);
    client
        .post(&format!("/groups/{}/members/$ref", client.group_id("LicensingE3").await), reference(&id))
        .await
        .is(204);
    client.delete("/users/AdeleV@contoso.com").await.is(204);
    let state = client.tenant.state();
    let again = Tenant::new(Options { seed: Seed::State(state.clone()), ..Options::default() });
    assert_eq!(again.state(), state);
    let copy = Client::of(&again, &again.default_identity());
    assert_eq!(copy.get("/subscribedSkus").await.body, client.get("/subscribedSkus").await.body);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_none_is_refused_with_the_reason() {
    let mut state = Client::new().tenant.state();
    state["users"][0]["colour"] = json!("red");
    let error = Tenant::try_new(Options { seed: Seed::State(state), ..Options::default() }).unwrap_err();
    assert_eq!(error.to_string(), "the state cannot be read: a user has no property 'colour'");
}

#[tokio::test(start_paused = true)]
async fn the_same_requests_give_the_same_ids_and_the_same_state() {
    let (one, other) = (Client::new(), Client::new());
    assert_eq!(one.create("RaulR").await, other.create("RaulR").await);
    assert_eq!(one.tenant.state(), other.tenant.state());
}

#[tokio::test(start_paused = true)]
async fn nothing_secret_is_in_the_state() {
    let client = Client::new();
    client.post("/users", newcomer("RaulR")).await.is(201);
    assert!(!client.tenant.state().to_string().contains("xWwvJ]6NMw+bWH-d"));
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_and_goes_for_good_leaves_nothing_behind() {
    let client = Client::new();
    let before = client.tenant.state();
    let id = client.create("RaulR").await;
    client
        .post(&format!("/groups/{}/members/$ref", client.group_id("LicensingE3").await), reference(&id))
        .await
        .is(204);
    client.ask("POST", &format!("/users/{id}/authentication/temporaryAccessPassMethods"), None).await.is(201);
    client.delete(&format!("/users/{id}")).await.is(204);
    client.delete(&format!("/directory/deletedItems/{id}")).await.is(204);
    assert_eq!(client.tenant.state(), before);
}

#[tokio::test(start_paused = true)]
async fn nobody_made_up_has_the_employee_id_of_somebody_who_is_to_be_hired() {
    let mut rows = include_str!("../../../data/new-hires.csv").lines().skip(1).map(|row| row.split(','));
    let column = rows.next().unwrap().position(|name| name.starts_with("Employee ID")).unwrap();
    let hires: Vec<&str> = rows.map(|mut row| row.nth(column).unwrap()).collect();
    assert!(hires.contains(&"200001"), "{hires:?}");
    let state = Client::with(Options { users: 20, ..Options::default() }).tenant.state();
    let ids: Vec<&str> =
        state["users"].as_array().unwrap().iter().filter_map(|user| user["employeeId"].as_str()).collect();
    let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (44, 44));
    assert!(ids.contains(&"900001") && ids.contains(&"900020"));
    assert!(!ids.iter().any(|id| hires.contains(id)));
}

#[tokio::test(start_paused = true)]
async fn a_state_from_before_there_were_devices_can_still_be_read() {
    let client = Client::new();
    let mut state = client.tenant.state();
    let newer = [
        "devices",
        "applications",
        "servicePrincipals",
        "appRoleAssignments",
        "oauth2PermissionGrants",
        "roleEligibilityScheduleInstances",
        "managedDevices",
        "sharing",
    ];
    let members = state.as_object_mut().unwrap();
    assert!(newer.iter().all(|name| members.remove(*name).is_some()));
    let users = members["users"].as_array_mut().unwrap().iter_mut().filter_map(|user| user.as_object_mut());
    users.for_each(|user| user.retain(|name, _| name != "drive" && name != "defaultAuthenticationMethod"));
    client.tenant.load(&state).unwrap();
    assert!(client.get("/devices").await.is(200).each("id").is_empty());
    client.get("/users/LidiaH@contoso.com/drive").await.is(404);
    assert_eq!(client.tenant.state()["sharing"]["invitesOnRoot"], true);
}
