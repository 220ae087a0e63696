//! What the seed promises to whoever wants to see somebody leave.

use serde_json::{Value, json};

use crate::client::Client;

/// What a group is called, and how to tell it.
type Kind = (&'static str, fn(&Value) -> bool);

const LIDIA: &str = "/users/LidiaH@contoso.com";

async fn count(client: &Client, path: &str) -> usize {
    client.get(&format!("{LIDIA}/{path}")).await.is(200).body["value"].as_array().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn somebody_has_a_little_of_everything() {
    let client = Client::new();
    let table = [
        ("memberOf/microsoft.graph.group?$select=id", 40),
        ("licenseDetails", 3),
        ("ownedDevices", 5),
        ("managedDevices", 2),
        ("authentication/methods", 9),
        ("ownedObjects/microsoft.graph.group", 4),
        ("ownedObjects/microsoft.graph.application", 2),
        ("appRoleAssignments", 3),
        ("oauth2PermissionGrants", 2),
        ("directReports", 1),
        ("joinedTeams", 8),
        ("drive/root/children", 2),
    ];
    for (path, expected) in table {
        assert_eq!(count(&client, path).await, expected, "{path}");
    }
}

/// Whether a group is of a kind: its types, whether it has mail, whether it is for security.
fn is(group: &Value, types: Value, mail: bool, security: bool) -> bool {
    group["groupTypes"] == types && group["mailEnabled"] == mail && group["securityEnabled"] == security
}

#[tokio::test(start_paused = true)]
async fn among_the_groups_are_all_kinds_and_some_have_no_other_owner() {
    let client = Client::new();
    let select = "id,groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled,assignedLicenses";
    let groups = client.get(&format!("{LIDIA}/memberOf/microsoft.graph.group?$select={select}")).await;
    let all = groups.is(200).body["value"].as_array().unwrap().clone();
    let kinds: [Kind; 7] = [
        ("Microsoft 365", |group| is(group, json!(["Unified"]), true, false)),
        ("security", |group| is(group, json!([]), false, true)),
        ("mail-enabled security", |group| is(group, json!([]), true, true)),
        ("distribution", |group| is(group, json!([]), true, false)),
        ("dynamic", |group| is(group, json!(["DynamicMembership"]), false, true)),
        ("synced", |group| group["onPremisesSyncEnabled"] == true),
        ("licensing", |group| group["assignedLicenses"].as_array().is_some_and(|held| !held.is_empty())),
    ];
    for (name, is_it) in kinds {
        assert!(all.iter().any(is_it), "no {name} group");
    }
    let owned = client.get(&format!("{LIDIA}/ownedObjects/microsoft.graph.group?$select=id")).await;
    let mut alone = 0;
    for id in owned.is(200).each("id") {
        let owners = client.get(&format!("/groups/{id}/owners?$select=id")).await;
        alone += usize::from(owners.is(200).each("id").len() == 1);
    }
    assert_eq!((owned.each("id").len(), alone), (4, 3));
}

#[tokio::test(start_paused = true)]
async fn a_batch_strips_somebody_and_stops_where_it_is_refused() {
    let client = Client::new();
    let (lidia, own) = (client.user_id("LidiaH").await, client.get(&format!("{LIDIA}/ownedDevices")).await);
    let header = json!({ "Content-Type": "application/json" });
    let off = |id: &str, device: &str, on: Value| {
        json!({
            "id": id, "method": "PATCH", "url": format!("/devices/{device}"), "headers": header, "body": { "accountEnabled": false }, "dependsOn": on,
        })
    };
    let linux = client.get("/devices?$filter=displayName%20eq%20'lidiah-build01'").await;
    let linux = linux.is(200).each("id")[0].to_owned();
    let good = own.is(200).each("id").into_iter().find(|id| *id != linux).unwrap();
    let path = format!("/users/{lidia}/revokeSignInSessions");
    let requests = json!([
        { "id": "1", "method": "POST", "url": path, "headers": header, "body": {} },
        off("2", good, json!(["1"])),
        off("3", &linux, json!(["2"])),
        { "id": "4", "method": "DELETE", "url": format!("/devices/{good}"), "dependsOn": ["3"] },
    ]);
    let answer = client.post("/$batch", json!({ "requests": requests })).await;
    let mut statuses: Vec<(&str, u64)> = answer.is(200).body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|response| (response["id"].as_str().unwrap(), response["status"].as_u64().unwrap()))
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [("1", 200), ("2", 204), ("3", 403), ("4", 424)]);
    assert_eq!(client.get(&format!("/devices/{good}")).await.is(200).body["accountEnabled"], false);
}
