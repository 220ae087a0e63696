use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Answer, Client, E3, E5, reference};

const EXCHANGE_STANDARD: &str = "4b9405b0-7788-4568-add1-99614e613b69";
const EXCHANGE_1: &str = "9aaf7827-d63c-4b61-89c3-182f06f82e5c";
const EXCHANGE_2: &str = "efb87545-963c-4e0d-99df-69c6916d9eb0";
const SHAREPOINT_2: &str = "5dbe027f-2339-4123-9542-606e4d348a72";
const OFFICE_ONLINE: &str = "e95bec33-7c88-4a70-8e19-b10bd9d0c014";
const PROJECT: &str = "53818b1b-4a27-454b-8896-0dba576410e6";
const SUSPENDED: &str = "0c266dff-15dd-4b49-8397-2bb16070ed52";
const IN_WARNING: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";
const UNKNOWN: &str = "11111111-1111-4111-8111-111111111111";

async fn assign(client: &Client, user: &str, add: Value, remove: Value) -> Answer {
    client
        .post(
            &format!("/users/{user}@contoso.com/assignLicense"),
            json!({ "addLicenses": add, "removeLicenses": remove }),
        )
        .await
}

async fn consumed(client: &Client, sku: &str) -> u64 {
    let skus = client.get("/subscribedSkus").await;
    let all = skus.body["value"].as_array().unwrap();
    all.iter().find(|found| found["skuId"] == sku).unwrap()["consumedUnits"].as_u64().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_licence_with_exchange_brings_a_mailbox_and_takes_a_seat() {
    let client = Client::new();
    client.create("RaulR").await;
    let before = consumed(&client, E5).await;
    assign(&client, "RaulR", json!([{ "skuId": E5, "disabledPlans": [] }]), json!([])).await.is(200);
    assert_eq!(consumed(&client, E5).await, before + 1);
    let read =
        client.get("/users/RaulR@contoso.com?$select=mail,proxyAddresses,licenseAssignmentStates").await;
    assert_eq!(read.body["mail"], "RaulR@contoso.com");
    assert_eq!(
        read.body["proxyAddresses"],
        json!(["SMTP:RaulR@contoso.com", "smtp:RaulR@contoso.onmicrosoft.com"])
    );
    assert_eq!(read.body["licenseAssignmentStates"][0]["assignedByGroup"], Value::Null);
    assert_eq!(read.body["licenseAssignmentStates"][0]["state"], "Active");
    assign(&client, "RaulR", json!([{ "skuId": E5 }]), json!([])).await.is(200);
    assert_eq!(consumed(&client, E5).await, before + 1, "handing out again changes nothing");
    assign(&client, "RaulR", json!([]), json!([E5])).await.is(200);
    assert_eq!(consumed(&client, E5).await, before);
}

#[tokio::test(start_paused = true)]
async fn each_reason_against_a_licence_has_its_words() {
    let client = Client::new();
    client.create("RaulR").await;
    client.patch("/users/LeeG@contoso.com", json!({ "usageLocation": "KP" })).await.is(204);
    let table = [
        ("IrvinS", json!([{ "skuId": E5 }]), json!([]), "License assignment cannot be done for user with invalid usage location.".to_owned()),
        ("RaulR", json!([{ "skuId": PROJECT }]), json!([]), format!("Subscription with SKU {PROJECT} does not have any available licenses.")),
        ("RaulR", json!([{ "skuId": SUSPENDED }]), json!([]), format!("Subscription with SKU {SUSPENDED} does not have any available licenses.")),
        ("RaulR", json!([{ "skuId": UNKNOWN }]), json!([]), format!("License {UNKNOWN} does not correspond to a valid company License.")),
        ("RaulR", json!([{ "skuId": E3, "disabledPlans": [EXCHANGE_1] }]), json!([]), format!("License assignment failed because service plan {EXCHANGE_1} is not part of license {E3}.")),
        ("LeeG", json!([{ "skuId": E5 }]), json!([]), "License assignment cannot be done for user with invalid usage location.".to_owned()),
        ("RaulR", json!([]), json!([E5]), "User does not have a corresponding license.".to_owned()),
        ("AlexW", json!([]), json!([E3]), "User license is inherited from a group membership and it cannot be removed directly from the user.".to_owned()),
        ("RaulR", json!([{ "skuId": E3, "disabledPlans": [SHAREPOINT_2] }]), json!([]), format!("License assignment failed because service plan {OFFICE_ONLINE} depends on the service plan(s) {SHAREPOINT_2}")),
        ("AdeleV", json!([{ "skuId": EXCHANGE_STANDARD }]), json!([]), format!("License assignment failed because service plans {EXCHANGE_1}, {EXCHANGE_2} are mutually exclusive")),
    ];
    for (user, add, remove, message) in table {
        let before = client.tenant.state();
        assign(&client, user, add, remove).await.is_refused(400, "Request_BadRequest", &message);
        assert_eq!(client.tenant.state(), before, "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn both_lists_are_needed_and_nothing_else() {
    let client = Client::new();
    let path = "/users/AdeleV@contoso.com/assignLicense";
    let missing = client.post(path, json!({ "addLicenses": [] })).await;
    assert_eq!(
        (missing.status, missing.message().ends_with("The missing parameters are: removeLicenses.")),
        (400, true)
    );
    client.post(path, json!({ "addLicenses": [], "removeLicenses": [], "colour": "red" })).await.is(400);
    client.post(path, json!({ "addLicenses": [{ "sku": E5 }], "removeLicenses": [] })).await.is(400);
    for plans in [json!("x"), json!(null), json!([null])] {
        let add = json!([{ "skuId": E5, "disabledPlans": plans }]);
        let refused = client.post(path, json!({ "addLicenses": add, "removeLicenses": [] })).await;
        assert_eq!((refused.status, refused.code()), (400, "BadRequest"), "{plans}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_in_its_grace_period_still_gives_seats() {
    let client = Client::new();
    assign(&client, "AdeleV", json!([{ "skuId": IN_WARNING }]), json!([])).await.is(200);
    assert_eq!(consumed(&client, IN_WARNING).await, 1);
}

#[tokio::test(start_paused = true)]
async fn one_bad_licence_of_two_changes_nothing() {
    let client = Client::new();
    let before = client.tenant.state();
    assign(&client, "AlexW", json!([{ "skuId": E5 }, { "skuId": PROJECT }]), json!([])).await.is(400);
    assert_eq!(client.tenant.state(), before);
}

#[tokio::test(start_paused = true)]
async fn a_group_hands_its_licence_to_those_who_join() {
    let client = Client::new();
    let (group, user) = (client.group_id("LicensingE3").await, client.create("RaulR").await);
    client.post(&format!("/groups/{group}/members/$ref"), reference(&user)).await.is(204);
    let read =
        client.get(&format!("/users/{user}?$select=assignedLicenses,licenseAssignmentStates,mail")).await;
    assert_eq!(read.body["assignedLicenses"][0]["skuId"], E3);
    assert_eq!(read.body["licenseAssignmentStates"][0]["assignedByGroup"], json!(group));
    assert_eq!(read.body["mail"], "RaulR@contoso.com");
    client.delete(&format!("/groups/{group}/members/{user}/$ref")).await.is(204);
    let read = client.get(&format!("/users/{user}?$select=assignedLicenses")).await;
    assert_eq!(read.body["assignedLicenses"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_group_leaves_an_error_where_it_cannot_hand_its_licence_on() {
    let exchange = json!({ "skuId": EXCHANGE_STANDARD });
    let without_sharepoint = json!({ "skuId": E3, "disabledPlans": [SHAREPOINT_2] });
    let table = [
        ("AdeleV", json!({}), json!({ "skuId": PROJECT }), "CountViolation"),
        ("AdeleV", json!({}), exchange.clone(), "MutuallyExclusiveViolation"),
        ("IrvinS", json!({}), without_sharepoint, "DependencyViolation"),
        ("IrvinS", json!({ "usageLocation": "KP" }), exchange.clone(), "ProhibitedInUsageLocationViolation"),
        ("IrvinS", json!({}), exchange, "None"),
    ];
    for (alias, change, licence, error) in table {
        let lag = Duration::from_secs(10);
        let client = Client::with(tenant::Options { lag, ..tenant::Options::default() });
        let (group, user) = (client.group_id("Operations").await, client.user_id(alias).await);
        client.patch(&format!("/users/{user}"), change).await.is(204);
        let body = json!({ "addLicenses": [licence], "removeLicenses": [] });
        client.post(&format!("/groups/{group}/assignLicense"), body).await.is(202);
        client.post(&format!("/groups/{group}/members/$ref"), reference(&user)).await.is(204);
        let path = format!("/users?$select=licenseAssignmentStates&$count=true&$filter=id%20eq%20'{user}'");
        let states = |answer: Answer| answer.is(200).body["value"][0]["licenseAssignmentStates"].clone();
        let is_ours = |state: &&Value| state["assignedByGroup"] == json!(group);
        let at_once = states(client.eventually().get(&path).await);
        assert!(
            !at_once.as_array().unwrap().iter().any(|state| is_ours(&state)),
            "{error}: it takes a while"
        );
        client.tenant.settled();
        let later = states(client.eventually().get(&path).await);
        let inherited = later.as_array().unwrap().iter().find(is_ours).unwrap();
        let state = if error == "None" { "Active" } else { "Error" };
        assert_eq!((&inherited["state"], &inherited["error"]), (&json!(state), &json!(error)));
        let failed = client.get(&format!("/groups/{group}/membersWithLicenseErrors?$select=id")).await;
        assert_eq!(failed.each("id").contains(&user.as_str()), error != "None", "{error}");
        let read = client.get(&format!("/groups/{group}?$select=hasMembersWithLicenseErrors")).await;
        assert_eq!(read.is(200).body["hasMembersWithLicenseErrors"], !failed.each("id").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn details_name_the_plans_that_are_switched_off() {
    let client = Client::new();
    assign(&client, "AdeleV", json!([{ "skuId": E5, "disabledPlans": [EXCHANGE_2] }]), json!([]))
        .await
        .is(200);
    let details = client.get("/users/AdeleV@contoso.com/licenseDetails").await;
    let plans = details.body["value"][0]["servicePlans"].as_array().unwrap();
    let status = |id: &str| {
        plans.iter().find(|plan| plan["servicePlanId"] == id).unwrap()["provisioningStatus"].clone()
    };
    assert_eq!((status(EXCHANGE_2), status(SHAREPOINT_2)), (json!("Disabled"), json!("Success")));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_tells_how_it_stands_and_whom_it_is_for() {
    let client = Client::new();
    for (status, plans) in [
        ("Enabled", "Success"),
        ("Warning", "Success"),
        ("Suspended", "Disabled"),
        ("LockedOut", "Disabled"),
        ("Deleted", "Disabled"),
    ] {
        let mut state = client.tenant.state();
        let sku = &mut state["subscribedSkus"][0];
        (sku["capabilityStatus"], sku["appliesTo"]) = (json!(status), json!("Company"));
        client.tenant.load(&state).unwrap();
        let skus = client.get("/subscribedSkus").await;
        let told = &skus.is(200).body["value"][0];
        assert_eq!((&told["capabilityStatus"], &told["appliesTo"]), (&json!(status), &json!("Company")));
        assert_eq!(told["servicePlans"][0]["provisioningStatus"], plans, "{status}");
        let read = client.get("/users/AdeleV@contoso.com?$select=assignedPlans").await;
        assert_eq!(read.body["assignedPlans"][0]["capabilityStatus"], status);
    }
    let mut state = client.tenant.state();
    state["subscribedSkus"][0]["capabilityStatus"] = json!("Gone");
    assert!(client.tenant.load(&state).is_err());
}

#[tokio::test(start_paused = true)]
async fn seats_in_use_are_told_late_but_counted_at_once() {
    let lag = Duration::from_secs(10);
    let client = Client::with(tenant::Options { lag, ..tenant::Options::default() });
    assign(&client, "IsaiahL", json!([{ "skuId": IN_WARNING }]), json!([])).await.is(200);
    assert_eq!(consumed(&client, IN_WARNING).await, 0);
    for alias in ["AdeleV", "AlexW", "LeeG", "MeganB"] {
        assign(&client, alias, json!([{ "skuId": IN_WARNING }]), json!([])).await.is(200);
    }
    let none_left = format!("Subscription with SKU {IN_WARNING} does not have any available licenses.");
    let refused = assign(&client, "PattiF", json!([{ "skuId": IN_WARNING }]), json!([])).await;
    refused.is_refused(400, "Request_BadRequest", &none_left);
    client.tenant.settled();
    assert_eq!(consumed(&client, IN_WARNING).await, 5);
    assign(&client, "AdeleV", json!([]), json!([IN_WARNING])).await.is(200);
    assert_eq!(consumed(&client, IN_WARNING).await, 5);
    client.tenant.settled();
    assert_eq!(consumed(&client, IN_WARNING).await, 4);
}
