use serde_json::{Value, json};

use crate::client::Client;

const LIDIA: &str = "/users/LidiaH@contoso.com";
const DEFAULT: &str = "00000000-0000-0000-0000-000000000000";

async fn principal(client: &Client, name: &str) -> Value {
    let path = format!("/servicePrincipals?$filter=displayName%20eq%20'{}'", name.replace(' ', "%20"));
    client.get(&path).await.is(200).body["value"][0].clone()
}

#[tokio::test(start_paused = true)]
async fn app_roles_of_a_user_are_listed_with_those_of_the_groups() {
    let client = Client::new();
    let path = format!("{LIDIA}/appRoleAssignments");
    client.only(&["User.Read.All"]).get(&path).await.is(403);
    let listed = client.only(&["AppRoleAssignment.ReadWrite.All"]).get(&path).await;
    assert_eq!(
        listed.is(200).each("resourceDisplayName"),
        ["Expense Portal", "Product Roadmap", "Salesforce"]
    );
    assert_eq!(listed.each("principalType"), ["User", "User", "Group"]);
    assert_eq!((listed.each("appRoleId")[1], listed.each("id")[0].len()), (DEFAULT, 43));
    let of_group = format!("{path}/{}", listed.each("id")[2]);
    client.delete(&of_group).await.is(404);
}

#[tokio::test(start_paused = true)]
async fn an_app_role_is_taken_away_and_given_back() {
    let client = Client::new();
    let path = format!("{LIDIA}/appRoleAssignments");
    let held = client.get(&path).await.body["value"][0].clone();
    let one = format!("{path}/{}", held["id"].as_str().unwrap());
    let writer = client.only(&["AppRoleAssignment.ReadWrite.All"]);
    client.only(&["Directory.Read.All"]).delete(&one).await.is(403);
    let body = json!({ "principalId": held["principalId"], "resourceId": held["resourceId"], "appRoleId": held["appRoleId"] });
    let message = "Permission being assigned already exists on the object";
    writer.post(&path, body.clone()).await.is_refused(400, "Request_BadRequest", message);
    writer.delete(&one).await.is(204);
    writer.delete(&one).await.is(404);
    let back = writer.post(&path, body.clone()).await;
    assert_eq!(
        (&back.is(201).body["resourceDisplayName"], &back.body["principalDisplayName"]),
        (&json!("Expense Portal"), &json!("Lidia Holloway"))
    );
    client.get(&format!("{path}/{}", back.body["id"].as_str().unwrap())).await.is(200);
    let nobody = "00000000-0000-0000-0000-000000000001";
    let table = [
        ("appRoleId", json!(DEFAULT), 400),
        ("appRoleId", json!(nobody), 400),
        ("resourceId", json!(nobody), 404),
        ("principalId", json!(nobody), 400),
        ("appRoleId", json!("x"), 400),
        ("colour", json!("red"), 400),
    ];
    for (name, value, status) in table {
        let mut wrong = body.clone();
        wrong[name] = value;
        writer.post(&path, wrong).await.is(status);
    }
}

#[tokio::test(start_paused = true)]
async fn consent_is_found_by_user_and_by_filter_and_withdrawn() {
    let client = Client::new();
    let lidia = client.user_id("LidiaH").await;
    let own = client.get(&format!("{LIDIA}/oauth2PermissionGrants")).await;
    assert_eq!(own.is(200).each("scope"), ["openid profile User.Read Mail.Read", "User.Read Files.Read"]);
    let filter = format!("/oauth2PermissionGrants?$filter=principalId%20eq%20'{lidia}'");
    assert_eq!(client.get(&filter).await.is(200).each("id"), own.each("id"));
    assert_eq!(client.get("/oauth2PermissionGrants").await.each("consentType").len(), 3);
    let one = format!("/oauth2PermissionGrants/{}", own.each("id")[0]);
    client.only(&["Directory.Read.All"]).delete(&one).await.is(403);
    let writer = client.only(&["DelegatedPermissionGrant.ReadWrite.All"]);
    writer.delete(&one).await.is(204);
    writer.delete(&one).await.is(404);
    assert_eq!(client.get(&filter).await.each("id").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn consent_is_given_once_for_a_client_a_resource_and_a_user() {
    let client = Client::new();
    let (path, lidia) = ("/oauth2PermissionGrants", client.user_id("LidiaH").await);
    let (portal, graph) =
        (principal(&client, "Expense Portal").await, principal(&client, "Microsoft Graph").await);
    let body = json!({ "clientId": portal["id"], "resourceId": graph["id"], "principalId": lidia, "consentType": "Principal", "scope": "User.Read" });
    let made = client.post(path, body.clone()).await;
    assert_eq!(
        (made.is(201).body["id"].as_str().unwrap().len(), &made.body["scope"]),
        (64, &json!("User.Read"))
    );
    let message = "Permission entry already exists.";
    client.post(path, body.clone()).await.is_refused(409, "Request_MultipleObjectsWithSameKeyValue", message);
    let one = format!("{path}/{}", made.body["id"].as_str().unwrap());
    client.patch(&one, json!({ "scope": "User.Read Mail.Read" })).await.is(204);
    assert_eq!(client.get(&one).await.is(200).body["scope"], "User.Read Mail.Read");
    client.patch(&one, json!({ "consentType": "AllPrincipals" })).await.is(400);
    let nobody = "00000000-0000-0000-0000-000000000001";
    let table = [
        ("consentType", json!("AllPrincipals"), 400),
        ("consentType", json!("Some"), 400),
        ("principalId", Value::Null, 400),
        ("clientId", json!(nobody), 404),
        ("principalId", json!(nobody), 404),
    ];
    for (name, value, status) in table {
        let mut wrong = body.clone();
        wrong[name] = value;
        client.post(path, wrong).await.is(status);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_gone_for_good_leaves_no_assignment_behind() {
    let client = Client::new();
    let lidia = client.user_id("LidiaH").await;
    client.delete(LIDIA).await.is(204);
    assert!(client.tenant.state().to_string().matches(&lidia).count() > 50);
    client.delete(&format!("/directory/deletedItems/{lidia}")).await.is(204);
    let state = client.tenant.state();
    for kind in [
        "appRoleAssignments",
        "oauth2PermissionGrants",
        "roleEligibilityScheduleInstances",
        "devices",
        "groups",
        "applications",
    ] {
        assert!(!state[kind].to_string().contains(&lidia), "{kind}");
    }
}
