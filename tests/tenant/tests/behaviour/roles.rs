use serde_json::{Value, json};

use crate::client::Client;

const BASE: &str = "/roleManagement/directory";
const GLOBAL: &str = "62e90394-69f5-4237-9190-012177145e10";
const TEAMS: &str = "69091246-20e8-4a56-aa4d-066075b2a7a8";
const POWER_PLATFORM: &str = "11648597-926c-4cf3-9c36-bcebb0ba8dcc";

fn of(principal: &str) -> String {
    format!("{BASE}/roleAssignments?$filter=principalId%20eq%20'{principal}'")
}

fn assignment(role: &str, principal: &str) -> Value {
    json!({ "roleDefinitionId": role, "principalId": principal, "directoryScopeId": "/" })
}

#[tokio::test(start_paused = true)]
async fn assignments_are_the_memberships_of_directory_roles() {
    let client = Client::new();
    let allan = client.user_id("AllanD").await;
    let held = client.get(&format!("{}&$expand=roleDefinition", of(&allan))).await;
    assert_eq!(held.is(200).each("roleDefinitionId"), [GLOBAL]);
    assert_eq!(held.body["value"][0]["roleDefinition"]["displayName"], "Global Administrator");
    let path = format!("{BASE}/roleAssignments/{}", held.each("id")[0]);
    assert_eq!(client.get(&path).await.is(200).body["principalId"], json!(allan));
    client.only(&["RoleManagement.Read.Directory"]).delete(&path).await.is(403);
    client.only(&["RoleManagement.ReadWrite.Directory"]).delete(&path).await.is(204);
    client.delete(&path).await.is(404);
    let roles = client.get("/users/AllanD@contoso.com/memberOf/microsoft.graph.directoryRole").await;
    assert!(roles.is(200).each("id").is_empty());
    assert!(client.get(&of(&allan)).await.is(200).each("id").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_assignment_makes_a_role_that_nobody_had_and_puts_its_holder_out_of_reach() {
    let client = Client::new();
    let lidia = client.user_id("LidiaH").await;
    let (path, body) = (format!("{BASE}/roleAssignments"), assignment(TEAMS, &lidia));
    let block = json!({ "accountEnabled": false });
    client.patch(&format!("/users/{lidia}"), block.clone()).await.is(204);
    let made = client.post(&path, body.clone()).await;
    assert_eq!(
        (&made.is(201).body["roleDefinitionId"], &made.body["directoryScopeId"]),
        (&json!(TEAMS), &json!("/"))
    );
    assert!(made.body["id"].as_str().unwrap().ends_with("-1"));
    client.post(&path, body).await.is_refused(
        400,
        "Request_BadRequest",
        "A conflicting object with one or more of the specified property values is present in the directory.",
    );
    let members = format!("/directoryRoles(roleTemplateId='{TEAMS}')/members");
    assert_eq!(client.get(&members).await.is(200).each("displayName"), ["Lidia Holloway"]);
    client.patch(&format!("/users/{lidia}"), block).await.is(403);
}

#[tokio::test(start_paused = true)]
async fn an_assignment_needs_all_of_its_parts() {
    let client = Client::new();
    let (lidia, group) = (client.user_id("LidiaH").await, client.group_id("Finance").await);
    let path = format!("{BASE}/roleAssignments");
    let nobody = "00000000-0000-0000-0000-000000000001";
    let table = [
        (json!({ "roleDefinitionId": TEAMS, "principalId": lidia }), 400),
        (assignment(nobody, &lidia), 404),
        (assignment(TEAMS, nobody), 404),
        (assignment(TEAMS, &group), 400),
        (
            json!({ "roleDefinitionId": TEAMS, "principalId": lidia, "directoryScopeId": "/", "colour": "red" }),
            400,
        ),
    ];
    for (body, status) in table {
        client.post(&path, body).await.is(status);
    }
    client.post(&path, assignment(TEAMS, &client.group_id("Tier0").await)).await.is(201);
}

#[tokio::test(start_paused = true)]
async fn roles_of_ones_own_and_within_a_unit_are_assignments_and_no_memberships() {
    let client = Client::new();
    let table = [("HenriettaM", "Application Support", false), ("JoniS", "User Administrator", true)];
    for (alias, name, is_built_in) in table {
        let id = client.user_id(alias).await;
        let held = client.get(&format!("{}&$expand=roleDefinition", of(&id))).await;
        let role = &held.is(200).body["value"][0]["roleDefinition"];
        assert_eq!((&role["displayName"], &role["isBuiltIn"]), (&json!(name), &json!(is_built_in)));
        let path = format!("/users/{id}/memberOf/microsoft.graph.directoryRole");
        assert!(client.get(&path).await.is(200).each("id").is_empty(), "{alias}");
        let path = format!("{BASE}/roleAssignments/{}", held.each("id")[0]);
        let body = json!({
            "roleDefinitionId": held.each("roleDefinitionId")[0], "principalId": id,
            "directoryScopeId": held.each("directoryScopeId")[0],
        });
        client.post(&format!("{BASE}/roleAssignments"), body.clone()).await.is(400);
        client.delete(&path).await.is(204);
        assert!(client.get(&of(&id)).await.is(200).each("id").is_empty());
        let again = client.post(&format!("{BASE}/roleAssignments"), body).await;
        assert_eq!(again.is(201).body["id"], held.body["value"][0]["id"]);
        client.delete(&format!("/users/{id}")).await.is(204);
        client.delete(&format!("/directory/deletedItems/{id}")).await.is(204);
        assert!(client.get(&of(&id)).await.is(200).each("id").is_empty(), "{alias}");
    }
    let mut nowhere = assignment(TEAMS, &client.user_id("LidiaH").await);
    nowhere["directoryScopeId"] = json!("/administrativeUnits/00000000-0000-0000-0000-000000000001");
    client.post(&format!("{BASE}/roleAssignments"), nowhere).await.is(501);
}

#[tokio::test(start_paused = true)]
async fn definitions_are_found_by_name() {
    let client = Client::new();
    let path = format!(
        "{BASE}/roleDefinitions?$filter=displayName%20eq%20'Teams%20Administrator'&$select=id,isBuiltIn"
    );
    let found = client.get(&path).await;
    assert_eq!((found.is(200).each("id"), &found.body["value"][0]["isBuiltIn"]), (vec![TEAMS], &json!(true)));
    client.get(&format!("{BASE}/roleDefinitions/{TEAMS}")).await.is(200);
    client.get(&format!("{BASE}/roleDefinitions?$filter=description%20eq%20'x'")).await.is(400);
}

#[tokio::test(start_paused = true)]
async fn eligibilities_come_and_go_by_request() {
    let client = Client::new();
    let lidia = client.user_id("LidiaH").await;
    let path = format!(
        "{BASE}/roleEligibilityScheduleInstances?$filter=principalId%20eq%20'{lidia}'&$expand=roleDefinition"
    );
    let held = client.only(&["RoleEligibilitySchedule.Read.Directory", "User.Read.All"]).get(&path).await;
    assert_eq!(held.is(200).each("roleDefinitionId"), [POWER_PLATFORM]);
    assert_eq!(held.body["value"][0]["roleDefinition"]["displayName"], "Power Platform Administrator");
    let requests = format!("{BASE}/roleEligibilityScheduleRequests");
    let ask = |action: &str| {
        let mut body = assignment(POWER_PLATFORM, &lidia);
        body["action"] = json!(action);
        body["justification"] = json!("left");
        body
    };
    let writer = client.only(&["RoleEligibilitySchedule.ReadWrite.Directory"]);
    client
        .only(&["RoleEligibilitySchedule.Read.Directory"])
        .post(&requests, ask("adminRemove"))
        .await
        .is(403);
    let exists = "The Role assignment already exists.";
    writer.post(&requests, ask("adminAssign")).await.is_refused(400, "RoleAssignmentExists", exists);
    let removed = writer.post(&requests, ask("adminRemove")).await;
    assert_eq!(
        (&removed.is(201).body["status"], &removed.body["justification"]),
        (&json!("Revoked"), &json!("left"))
    );
    let gone = "The Role assignment does not exist.";
    writer.post(&requests, ask("adminRemove")).await.is_refused(400, "RoleAssignmentDoesNotExist", gone);
    assert!(client.get(&path).await.each("id").is_empty());
    let mut only_asking = ask("adminAssign");
    only_asking["isValidationOnly"] = json!(true);
    writer.post(&requests, only_asking).await.is(201);
    assert!(client.get(&path).await.each("id").is_empty());
    assert_eq!(writer.post(&requests, ask("adminAssign")).await.is(201).body["status"], "Provisioned");
    assert_eq!(client.get(&path).await.each("principalId"), [lidia]);
}
