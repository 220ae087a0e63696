use serde_json::json;

use crate::client::{Answer, Client};

const LIDIA: &str = "/users/LidiaH@contoso.com";
const DENIED: &str = "Insufficient privileges to complete the operation.";

async fn device(client: &Client, name: &str) -> (String, String) {
    let query = format!("/devices?$filter=displayName%20eq%20'{name}'&$select=id,deviceId");
    let found = client.get(&query).await;
    let device = found.is(200).body["value"][0].clone();
    (device["id"].as_str().unwrap().to_owned(), device["deviceId"].as_str().unwrap().to_owned())
}

fn names(answer: &Answer) -> Vec<&str> {
    let mut names = answer.is(200).each("displayName");
    names.sort_unstable();
    names
}

#[tokio::test(start_paused = true)]
async fn devices_are_listed_by_owner_and_by_user() {
    let client = Client::new();
    let all = ["LIDIAH-DESKTOP", "LIDIAH-LAPTOP", "Lidia's MacBook", "Lidia's iPhone", "lidiah-build01"];
    for relation in ["ownedDevices", "registeredDevices"] {
        let owned = client.get(&format!("{LIDIA}/{relation}")).await;
        assert_eq!((names(&owned), owned.each("@odata.type")[0]), (all.to_vec(), "#microsoft.graph.device"));
        let cast = format!("{LIDIA}/{relation}/microsoft.graph.device?$select=id,displayName,accountEnabled");
        let cast = client.get(&cast).await;
        assert_eq!(names(&cast), all);
        assert_eq!(cast.body["value"][0].as_object().unwrap().len(), 4);
    }
    let owners = format!("/devices/{}/registeredOwners", device(&client, "LIDIAH-LAPTOP").await.0);
    assert_eq!(client.get(&owners).await.each("displayName"), ["Lidia Holloway"]);
}

#[tokio::test(start_paused = true)]
async fn a_device_one_may_not_read_comes_with_id_and_type_alone() {
    let client = Client::new().only(&["User.Read.All"]);
    let owned = client.get(&format!("{LIDIA}/ownedDevices")).await;
    assert_eq!(owned.is(200).each("displayName"), [""; 5]);
    assert!(owned.each("id").iter().all(|id| !id.is_empty()));
    client.get("/devices").await.is(403);
}

#[tokio::test(start_paused = true)]
async fn a_device_is_switched_off_by_its_object_id_or_by_the_other_key() {
    let client = Client::new();
    let (id, device_id) = device(&client, "LIDIAH-LAPTOP").await;
    let off = json!({ "accountEnabled": false });
    let disabler = client.only(&["Device.ReadWrite.All"]);
    disabler.patch(&format!("/devices/{id}"), off.clone()).await.is(204);
    let key = format!("/devices(deviceId='{device_id}')");
    assert_eq!(client.get(&key).await.is(200).body["accountEnabled"], false);
    disabler.patch(&key, json!({ "accountEnabled": true })).await.is(204);
    client.patch(&format!("/devices/{device_id}"), off.clone()).await.is(404);
    client.patch("/devices/laptop", off.clone()).await.is_refused(
        400,
        "Request_BadRequest",
        "Invalid object identifier 'laptop'.",
    );
    client.only(&["Device.Read.All"]).patch(&key, off).await.is(403);
}

#[tokio::test(start_paused = true)]
async fn a_device_takes_only_what_fits_it() {
    let client = Client::new();
    let (laptop, linux) =
        (device(&client, "LIDIAH-LAPTOP").await.0, device(&client, "lidiah-build01").await.0);
    let extension = json!({ "extensionAttributes": { "extensionAttribute1": "retired" } });
    let bad = "Request_BadRequest";
    let table = [
        (&laptop, json!({ "colour": "red" }), 400, bad, "Invalid property 'colour'."),
        (
            &laptop,
            json!({ "trustType": "Workplace" }),
            400,
            bad,
            "Property 'trustType' is read-only and cannot be set.",
        ),
        (
            &laptop,
            json!({ "accountEnabled": "no" }),
            400,
            "BadRequest",
            "Cannot convert the literal '\"no\"' to the expected type 'Edm.Boolean'.",
        ),
        (&linux, json!({ "accountEnabled": false }), 403, "Authorization_RequestDenied", DENIED),
    ];
    for (id, body, status, code, message) in table {
        client.patch(&format!("/devices/{id}"), body).await.is_refused(status, code, message);
    }
    client.patch(&format!("/devices/{linux}"), extension).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_device_is_gone_for_good() {
    let client = Client::new();
    let path =
        format!("/devices/{}", device(&client, "Lidia's%20MacBook".replace('\'', "''").as_str()).await.0);
    client.delete(&path).await.is(204);
    client.delete(&path).await.is(404);
    assert_eq!(client.get(&format!("{LIDIA}/ownedDevices")).await.each("id").len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_managed_device_is_retired_by_the_privileged_alone() {
    let client = Client::new();
    let reader = client.only(&["DeviceManagementManagedDevices.Read.All"]);
    let managed = reader.get(&format!("{LIDIA}/managedDevices?$select=id,deviceName,managementState")).await;
    assert_eq!(managed.is(200).each("deviceName"), ["LIDIAH-LAPTOP", "Lidia's iPhone"]);
    let path = format!("/deviceManagement/managedDevices/{}", managed.each("id")[0]);
    reader.ask("POST", &format!("{path}/retire"), None).await.is(403);
    let retirer = client.only(&["DeviceManagementManagedDevices.PrivilegedOperations.All"]);
    retirer.ask("POST", &format!("{path}/retire"), None).await.is(204);
    assert_eq!(reader.get(&path).await.is(200).body["managementState"], "retirePending");
    let filter =
        "$filter=userPrincipalName%20eq%20'LidiaH@contoso.com'%20and%20managementState%20eq%20'managed'";
    let rest = reader.get(&format!("/deviceManagement/managedDevices?{filter}")).await;
    assert_eq!(rest.is(200).each("deviceName"), ["Lidia's iPhone"]);
}
