use std::time::Duration;

use serde_json::{Value, json};
use tenant::{Options, Seed, Tenant};

use crate::client::{Client, E3, E5, GRAPH, reference};

const EXCHANGE_STANDARD: &str = "4b9405b0-7788-4568-add1-99614e613b69";
const PROJECT: &str = "53818b1b-4a27-454b-8896-0dba576410e6";
const SHAREPOINT_2: &str = "5dbe027f-2339-4123-9542-606e4d348a72";
const DELAY: Duration = Duration::from_secs(300);

fn slow() -> Client {
    Client::with(Options { group_licensing_delay: DELAY, ..Options::default() })
}

/// What somebody has through a group: SKU, state and error of each licence, in the order of the answer.
async fn inherited(client: &Client, alias: &str, group: &str) -> Vec<(String, String, String)> {
    let path = format!("/users/{alias}@contoso.com?$select=licenseAssignmentStates");
    let answer = client.get(&path).await;
    let states = answer.is(200).body["licenseAssignmentStates"].as_array().unwrap();
    let text = |state: &Value, name: &str| state[name].as_str().unwrap().to_owned();
    let ours = states.iter().filter(|state| state["assignedByGroup"] == group);
    ours.map(|state| (text(state, "skuId"), text(state, "state"), text(state, "error"))).collect()
}

fn one(sku: &str, state: &str, error: &str) -> Vec<(String, String, String)> {
    vec![(sku.to_owned(), state.to_owned(), error.to_owned())]
}

async fn consumed(client: &Client, sku: &str) -> u64 {
    let skus = client.get("/subscribedSkus").await;
    let all = skus.body["value"].as_array().unwrap();
    all.iter().find(|found| found["skuId"] == sku).unwrap()["consumedUnits"].as_u64().unwrap()
}

async fn processing(client: &Client, group: &str) -> Value {
    let answer = client.get(&format!("/groups/{group}?$select=licenseProcessingState")).await;
    answer.is(200).body["licenseProcessingState"]["state"].clone()
}

async fn hand_on(client: &Client, group: &str, add: Value, remove: Value) {
    let body = json!({ "addLicenses": add, "removeLicenses": remove });
    client.post(&format!("/groups/{group}/assignLicense"), body).await.is(202);
}

async fn join(client: &Client, group: &str, alias: &str) {
    let user = client.user_id(alias).await;
    client.post(&format!("/groups/{group}/members/$ref"), reference(&user)).await.is(204);
}

async fn leave(client: &Client, group: &str, alias: &str) {
    let user = client.user_id(alias).await;
    client.delete(&format!("/groups/{group}/members/{user}/$ref")).await.is(204);
}

async fn assign(client: &Client, alias: &str, licence: Value) {
    let body = json!({ "addLicenses": [licence], "removeLicenses": [] });
    client.post(&format!("/users/{alias}@contoso.com/assignLicense"), body).await.is(200);
}

async fn reprocess(client: &Client, alias: &str) {
    let path = format!("/users/{alias}@contoso.com/reprocessLicenseAssignment");
    client.ask("POST", &path, None).await.is(200);
}

/// Buys so many seats of a product as there are to be.
fn stock(client: &Client, sku: &str, seats: u32) {
    let mut state = client.tenant.state();
    let skus = state["subscribedSkus"].as_array_mut().unwrap();
    let bought = skus.iter_mut().find(|found| found["skuId"] == sku).unwrap();
    bought["prepaidUnits"]["enabled"] = json!(seats);
    client.tenant.load(&state).unwrap();
}

#[tokio::test(start_paused = true)]
async fn licences_seats_and_mailbox_follow_a_membership_after_a_while() {
    let client = slow();
    let group = client.group_id("LicensingE3").await;
    client.create("RaulR").await;
    let (before, mail) = (consumed(&client, E3).await, "/users/RaulR@contoso.com?$select=mail,assignedPlans");
    assert_eq!(processing(&client, &group).await, "ProcessingComplete");
    join(&client, &group, "RaulR").await;
    tokio::time::advance(DELAY - Duration::from_millis(1)).await;
    assert!(inherited(&client, "RaulR", &group).await.is_empty());
    assert_eq!(consumed(&client, E3).await, before);
    assert_eq!(client.get(mail).await.body["assignedPlans"], json!([]));
    assert_eq!(processing(&client, &group).await, "QueuedForProcessing");
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(inherited(&client, "RaulR", &group).await, one(E3, "Active", "None"));
    assert_eq!(consumed(&client, E3).await, before + 1);
    assert_eq!(client.get(mail).await.body["mail"], "RaulR@contoso.com");
    assert_eq!(processing(&client, &group).await, "ProcessingComplete");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_keeps_the_licence_for_a_while() {
    let client = slow();
    let (group, before) = (client.group_id("LicensingE3").await, consumed(&client, E3).await);
    leave(&client, &group, "AlexW").await;
    assert_eq!(inherited(&client, "AlexW", &group).await, one(E3, "Active", "None"));
    tokio::time::advance(DELAY).await;
    assert!(inherited(&client, "AlexW", &group).await.is_empty());
    assert_eq!(consumed(&client, E3).await, before - 1);
}

#[tokio::test(start_paused = true)]
async fn members_follow_what_their_group_hands_on_after_a_while() {
    let client = slow();
    let group = client.group_id("Operations").await;
    hand_on(&client, &group, json!([{ "skuId": E5 }]), json!([])).await;
    assert!(inherited(&client, "DiegoS", &group).await.is_empty());
    tokio::time::advance(DELAY).await;
    assert_eq!(inherited(&client, "DiegoS", &group).await, one(E5, "Active", "None"));
    hand_on(&client, &group, json!([]), json!([E5])).await;
    assert_eq!(inherited(&client, "DiegoS", &group).await, one(E5, "Active", "None"));
    tokio::time::advance(DELAY).await;
    assert!(inherited(&client, "DiegoS", &group).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_came_first_gets_the_last_seat_and_an_error_takes_none() {
    let client = slow();
    stock(&client, PROJECT, 3);
    let group = client.group_id("ProjectFalcon1").await;
    hand_on(&client, &group, json!([{ "skuId": PROJECT }]), json!([])).await;
    leave(&client, &group, "GradyA").await;
    tokio::time::advance(DELAY).await;
    for alias in ["IsaiahL", "AdeleV"] {
        join(&client, &group, alias).await;
    }
    tokio::time::advance(DELAY).await;
    assert_eq!(inherited(&client, "IsaiahL", &group).await, one(PROJECT, "Active", "None"));
    assert_eq!(inherited(&client, "AdeleV", &group).await, one(PROJECT, "Error", "CountViolation"));
    assert_eq!(consumed(&client, PROJECT).await, 3);
    let failed = client.get(&format!("/groups/{group}/membersWithLicenseErrors?$select=displayName")).await;
    assert_eq!(failed.is(200).each("displayName"), ["Adele Vance"]);
}

#[tokio::test(start_paused = true)]
async fn new_seats_help_nobody_until_the_licences_are_worked_out_anew() {
    let client = slow();
    let group = client.group_id("ProjectFalcon1").await;
    hand_on(&client, &group, json!([{ "skuId": PROJECT }]), json!([])).await;
    tokio::time::advance(DELAY).await;
    let error = one(PROJECT, "Error", "CountViolation");
    assert_eq!(inherited(&client, "GradyA", &group).await, error);
    reprocess(&client, "GradyA").await;
    assert_eq!(inherited(&client, "GradyA", &group).await, error);
    stock(&client, PROJECT, 3);
    tokio::time::advance(DELAY).await;
    assert_eq!(inherited(&client, "GradyA", &group).await, error);
    reprocess(&client, "GradyA").await;
    assert_eq!(inherited(&client, "GradyA", &group).await, one(PROJECT, "Active", "None"));
    assert_eq!(consumed(&client, PROJECT).await, 3);
}

#[tokio::test(start_paused = true)]
async fn what_something_else_is_built_on_stays_when_the_group_is_left() {
    let client = Client::new();
    let (group, before) = (client.group_id("LicensingE3").await, consumed(&client, E3).await);
    assign(&client, "AlexW", json!({ "skuId": E5, "disabledPlans": [SHAREPOINT_2] })).await;
    leave(&client, &group, "AlexW").await;
    let kept = one(E3, "ActiveWithError", "DependencyViolation");
    assert_eq!(inherited(&client, "AlexW", &group).await, kept);
    assert_eq!(consumed(&client, E3).await, before);
    assert_eq!(client.get("/users/AlexW@contoso.com/licenseDetails").await.each("skuId").len(), 2);
    assign(&client, "AlexW", json!({ "skuId": E5 })).await;
    reprocess(&client, "AlexW").await;
    assert!(inherited(&client, "AlexW", &group).await.is_empty());
    assert_eq!(consumed(&client, E3).await, before - 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_group_that_breaks_something_leaves_the_licence_as_it_was() {
    let client = Client::new();
    let group = client.group_id("LicensingE3").await;
    hand_on(&client, &group, json!([{ "skuId": E3, "disabledPlans": [SHAREPOINT_2] }]), json!([])).await;
    assert_eq!(inherited(&client, "AlexW", &group).await, one(E3, "ActiveWithError", "DependencyViolation"));
    let read = client.get("/users/AlexW@contoso.com?$select=assignedLicenses").await;
    assert_eq!(read.body["assignedLicenses"], json!([{ "skuId": E3, "disabledPlans": [] }]));
    let group_now = client.get(&format!("/groups/{group}?$select=hasMembersWithLicenseErrors")).await;
    assert_eq!(group_now.body["hasMembersWithLicenseErrors"], true);
    hand_on(&client, &group, json!([{ "skuId": E3 }]), json!([])).await;
    assert_eq!(inherited(&client, "AlexW", &group).await, one(E3, "Active", "None"));
}

#[tokio::test(start_paused = true)]
async fn of_two_groups_that_shut_each_other_out_the_second_waits_for_the_first_to_go() {
    let client = Client::new();
    let (first, second) = (client.group_id("LicensingE3").await, client.group_id("Operations").await);
    hand_on(&client, &second, json!([{ "skuId": EXCHANGE_STANDARD }]), json!([])).await;
    let shut_out = one(EXCHANGE_STANDARD, "Error", "MutuallyExclusiveViolation");
    assert_eq!(inherited(&client, "DiegoS", &second).await, shut_out);
    leave(&client, &first, "DiegoS").await;
    assert_eq!(inherited(&client, "DiegoS", &second).await, one(EXCHANGE_STANDARD, "Active", "None"));
}

#[tokio::test(start_paused = true)]
async fn what_was_as_it_is_keeps_its_date() {
    let client = Client::new();
    let path = "/users/AlexW@contoso.com?$select=licenseAssignmentStates";
    let before = client.get(path).await.body;
    tokio::time::advance(Duration::from_secs(600)).await;
    reprocess(&client, "AlexW").await;
    assert_eq!(client.get(path).await.body, before);
}

#[tokio::test(start_paused = true)]
async fn a_state_tells_who_waits() {
    let client = slow();
    let group = client.group_id("LicensingE3").await;
    client.create("RaulR").await;
    join(&client, &group, "RaulR").await;
    let state = client.tenant.state();
    let options =
        Options { group_licensing_delay: DELAY, seed: Seed::State(state.clone()), ..Options::default() };
    let again = Tenant::new(options);
    assert_eq!(again.state(), state);
    let copy = Client::of(&again, &again.default_identity());
    assert!(inherited(&copy, "RaulR", &group).await.is_empty());
    tokio::time::advance(DELAY).await;
    assert_eq!(inherited(&copy, "RaulR", &group).await, one(E3, "Active", "None"));
}

#[tokio::test(start_paused = true)]
async fn only_groups_for_security_hand_licences_on() {
    let client = Client::new();
    let group = client.group_id("Retail").await;
    let body = json!({ "addLicenses": [{ "skuId": E5 }], "removeLicenses": [] });
    client.post(&format!("/groups/{group}/assignLicense"), body).await.is_refused(
        400,
        "Request_BadRequest",
        "Licenses can only be assigned to groups that are security enabled.",
    );
}

#[tokio::test(start_paused = true)]
async fn members_with_errors_are_told_page_by_page() {
    let client = Client::new();
    let group = client.group_id("Operations").await;
    hand_on(&client, &group, json!([{ "skuId": PROJECT }]), json!([])).await;
    let path = format!("/groups/{group}/membersWithLicenseErrors?$select=displayName&$top=1");
    let first = client.get(&path).await;
    let next =
        first.is(200).body["@odata.nextLink"].as_str().unwrap().strip_prefix(GRAPH).unwrap().to_owned();
    let second = client.get(next.strip_prefix("/v1.0").unwrap()).await;
    let mut names = [first.each("displayName"), second.is(200).each("displayName")].concat();
    names.sort_unstable();
    assert_eq!(names, ["Diego Siciliani", "Nestor Wilke"]);
    assert!(second.body.get("@odata.nextLink").is_none());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_brought_back_gets_what_the_groups_hand_on_by_then() {
    let client = Client::new();
    let (group, alex) = (client.group_id("LicensingE3").await, client.user_id("AlexW").await);
    let before = consumed(&client, E3).await;
    client.delete(&format!("/users/{alex}")).await.is(204);
    assert_eq!(consumed(&client, E3).await, before - 1);
    hand_on(&client, &group, json!([{ "skuId": E5 }]), json!([E3])).await;
    client.ask("POST", &format!("/directory/deletedItems/{alex}/restore"), None).await.is(200);
    assert_eq!(inherited(&client, "AlexW", &group).await, one(E5, "Active", "None"));
}
