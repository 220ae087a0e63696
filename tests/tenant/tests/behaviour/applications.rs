use serde_json::json;

use crate::client::{Client, reference};

const LIDIA: &str = "/users/LidiaH@contoso.com";

async fn application(client: &Client, name: &str) -> String {
    let path = format!("/applications?$filter=displayName%20eq%20'{}'&$select=id", name.replace(' ', "%20"));
    client.get(&path).await.is(200).body["value"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn applications_are_read_with_their_credentials_but_no_secret() {
    let client = Client::new().only(&["Application.Read.All"]);
    let all =
        client.get("/applications?$select=id,appId,displayName,keyCredentials,passwordCredentials").await;
    assert_eq!(
        all.is(200).each("displayName")[..3],
        ["Expense Portal", "Product Roadmap", "Telemetry Export"]
    );
    let expenses = &all.body["value"][0];
    assert_eq!(expenses["passwordCredentials"][0]["endDateTime"], "2026-04-01T00:00:00Z");
    assert!(expenses["keyCredentials"][0]["key"].is_null());
    let key = format!("/applications(appId='{}')", expenses["appId"].as_str().unwrap());
    assert_eq!(client.get(&key).await.is(200).body["id"], expenses["id"]);
    let graph = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=displayName";
    assert_eq!(client.get(graph).await.is(200).body["displayName"], "Microsoft Graph");
    client.get(LIDIA).await.is(403);
    client.get("/servicePrincipals?$filter=displayname%20eq%20'x'").await.is(400);
    client.patch(&key, json!({ "displayName": "x" })).await.is(403);
    client.post("/applications", json!({ "displayName": "x" })).await.is(501);
}

#[tokio::test(start_paused = true)]
async fn owned_objects_are_of_every_kind_and_come_in_pages() {
    let client = Client::new();
    let path = format!("{LIDIA}/ownedObjects");
    for (cast, count) in [("group", 4), ("application", 2), ("servicePrincipal", 2)] {
        let cast = client.get(&format!("{path}/microsoft.graph.{cast}?$select=id,displayName")).await;
        assert_eq!(cast.is(200).each("id").len(), count, "{}", cast.text);
    }
    let mut next = Some(format!("{path}?$top=3"));
    let mut kinds = Vec::new();
    while let Some(page) = next {
        let page = client.get(page.split("/v1.0").last().unwrap()).await;
        kinds.extend(page.is(200).each("@odata.type").iter().map(|kind| (*kind).to_owned()));
        next = page.body["@odata.nextLink"].as_str().map(str::to_owned);
    }
    kinds.dedup();
    assert!(kinds.iter().any(|kind| kind == "#microsoft.graph.servicePrincipal"), "{kinds:?}");
    let hidden = client.only(&["User.Read.All"]).get(&format!("{path}/microsoft.graph.application")).await;
    assert_eq!(hidden.is(200).each("displayName"), ["", ""]);
}

#[tokio::test(start_paused = true)]
async fn an_application_changes_hands() {
    let client = Client::new();
    let (lidia, lee) = (client.user_id("LidiaH").await, client.user_id("LeeG").await);
    let path = format!("/applications/{}/owners", application(&client, "Expense Portal").await);
    let add = format!("{path}/$ref");
    client.only(&["Application.ReadWrite.All"]).post(&add, reference(&lee)).await.is(403);
    let owner = client.only(&["Application.ReadWrite.All", "Directory.Read.All"]);
    owner.post(&add, reference(&lee)).await.is(204);
    let message =
        "One or more added object references already exist for the following modified properties: 'owners'.";
    owner.post(&add, reference(&lee)).await.is_refused(400, "Request_BadRequest", message);
    owner.post(&add, reference(&client.group_id("Finance").await)).await.is(404);
    let remove = format!("{path}/{lidia}/$ref");
    client.only(&["Application.Read.All"]).delete(&remove).await.is(403);
    owner.delete(&remove).await.is(204);
    owner.delete(&remove).await.is(404);
    assert_eq!(owner.get(&path).await.is(200).each("displayName"), ["Lee Gu"]);
    owner.delete(&format!("{path}/{lee}/$ref")).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn the_last_owner_of_a_group_that_is_a_user_stays() {
    let client = Client::new();
    let (group, lidia) = (client.group_id("CascadeReaders").await, client.user_id("LidiaH").await);
    let explorer = client.get("/servicePrincipals(appId='de8bc8b5-d9f9-48b1-a8ad-b748da725064')").await;
    let owners = format!("/groups/{group}/owners");
    let explorer = reference(explorer.is(200).body["id"].as_str().unwrap());
    client.post(&format!("{owners}/$ref"), explorer).await.is(204);
    let message = "The group must have at least one owner, hence this owner cannot be removed.";
    let leave = format!("{owners}/{lidia}/$ref");
    client.delete(&leave).await.is_refused(400, "Request_BadRequest", message);
    client.post(&format!("{owners}/$ref"), reference(&client.user_id("LeeG").await)).await.is(204);
    client.delete(&leave).await.is(204);
}
