use std::time::Duration;

use serde_json::json;
use tenant::Options;

use crate::client::{Client, E5, newcomer, reference};

fn slow() -> Client {
    Client::with(Options { lag: Duration::from_secs(10), ..Options::default() })
}

/// Statuses of reads, one a second, from the moment on.
async fn watched(client: &Client, path: &str, seconds: u64) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..seconds {
        statuses.push(client.get(path).await.status);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    statuses
}

#[tokio::test(start_paused = true)]
async fn a_new_account_is_unseen_at_first_then_by_some_replicas_then_by_all() {
    let client = slow();
    let id = client.create("RaulR").await;
    let statuses = watched(&client, &format!("/users/{id}"), 30).await;
    let first_good = statuses.iter().position(|status| *status == 200).unwrap();
    let last_bad = statuses.iter().rposition(|status| *status == 404).unwrap();
    assert_eq!(statuses[0], 404);
    assert!(first_good < last_bad, "a good read is followed by a bad one: {statuses:?}");
    assert!(statuses[10..].iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_second_create_conflicts_with_an_account_nobody_sees_yet() {
    let client = slow();
    client.create("RaulR").await;
    client.get("/users/RaulR@contoso.com").await.is(404);
    let taken = "Another object with the same value for property userPrincipalName already exists.";
    client.post("/users", newcomer("RaulR")).await.is_refused(400, "Request_BadRequest", taken);
}

#[tokio::test(start_paused = true)]
async fn an_unseen_account_cannot_be_changed_licensed_or_joined_to_a_group() {
    let client = slow();
    let group = client.group_id("Finance").await;
    let id = client.create("RaulR").await;
    client.patch(&format!("/users/{id}"), json!({ "department": "Sales" })).await.is(404);
    let licence = json!({ "addLicenses": [{ "skuId": E5 }], "removeLicenses": [] });
    client.post(&format!("/users/{id}/assignLicense"), licence.clone()).await.is(404);
    client.post(&format!("/groups/{group}/members/$ref"), reference(&id)).await.is(404);
    client.tenant.settled();
    client.post(&format!("/users/{id}/assignLicense"), licence).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_country_set_just_now_may_be_unseen_by_licensing() {
    let client = slow();
    client.patch("/users/IrvinS@contoso.com", json!({ "usageLocation": "US" })).await.is(204);
    let licence = json!({ "addLicenses": [{ "skuId": E5 }], "removeLicenses": [] });
    let path = "/users/IrvinS@contoso.com/assignLicense";
    let refused = client.post(path, licence.clone()).await;
    refused.is_refused(
        400,
        "Request_BadRequest",
        "License assignment cannot be done for user with invalid usage location.",
    );
    client.tenant.settled();
    client.post(path, licence).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn the_index_behind_advanced_queries_is_later_still() {
    let client = slow();
    client.create("RaulR").await;
    tokio::time::advance(Duration::from_secs(10)).await;
    let path = "/users?$filter=displayName%20eq%20'Raul%20Razo'&$count=true";
    assert_eq!(
        client.get("/users?$filter=displayName%20eq%20'Raul%20Razo'").await.each("displayName").len(),
        1
    );
    assert_eq!(client.eventually().get(path).await.is(200).body["@odata.count"], 0);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(client.eventually().get(path).await.body["@odata.count"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_member_is_unseen_at_first_but_counts_at_once() {
    let client = slow();
    let (group, user) = (client.group_id("Finance").await, client.user_id("AdeleV").await);
    let join = format!("/groups/{group}/members/$ref");
    client.post(&join, reference(&user)).await.is(204);
    assert_eq!(
        client
            .get("/users/AdeleV@contoso.com/memberOf?$select=displayName")
            .await
            .each("displayName")
            .iter()
            .filter(|name| **name == "Finance")
            .count(),
        0
    );
    client.post(&join, reference(&user)).await.is(400);
    client.tenant.settled();
    assert!(
        client
            .get("/users/AdeleV@contoso.com/memberOf?$select=displayName")
            .await
            .each("displayName")
            .contains(&"Finance")
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_away_is_still_seen_for_a_while_but_cannot_be_taken_twice() {
    let client = slow();
    let lidia = "/users/LidiaH@contoso.com";
    let table = [
        (format!("{lidia}/appRoleAssignments"), format!("{lidia}/appRoleAssignments"), ""),
        (format!("{lidia}/oauth2PermissionGrants"), "/oauth2PermissionGrants".to_owned(), ""),
        (format!("{lidia}/ownedDevices"), "/devices".to_owned(), ""),
        (format!("{lidia}/ownedObjects/microsoft.graph.application"), "/applications".to_owned(), "/owners"),
    ];
    let own = client.user_id("LidiaH").await;
    for (list, path, owners) in table {
        let before = client.get(&list).await.is(200).each("id").len();
        let id = client.get(&list).await.each("id")[0].to_owned();
        let one = format!("{path}/{id}");
        let one = if owners.is_empty() { one } else { format!("{one}{owners}/{own}/$ref") };
        client.delete(&one).await.is(204);
        assert_eq!(client.get(&list).await.each("id").len(), before, "{list}");
        client.delete(&one).await.is(404);
        client.tenant.settled();
        assert_eq!(client.get(&list).await.each("id").len(), before - 1, "{list}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_assignment_made_just_now_is_unseen_but_conflicts() {
    let client = slow();
    let path = "/roleManagement/directory/roleAssignments";
    let own = client.user_id("LidiaH").await;
    let reports = "4a5d8f65-41da-4de4-8968-e035b65339cf";
    let body = json!({ "roleDefinitionId": reports, "principalId": own, "directoryScopeId": "/" });
    client.post(path, body.clone()).await.is(201);
    let filter = format!("{path}?$filter=principalId%20eq%20'{own}'");
    assert!(client.get(&filter).await.is(200).each("id").is_empty());
    client.post(path, body).await.is(400);
    client.tenant.settled();
    assert_eq!(client.get(&filter).await.each("roleDefinitionId"), [reports]);
}
