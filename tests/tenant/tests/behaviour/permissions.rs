use serde_json::{Value, json};

use crate::client::{Client, newcomer, reference};

const DENIED: &str = "Insufficient privileges to complete the operation.";

#[tokio::test(start_paused = true)]
async fn every_route_asks_for_its_permission() {
    let client = Client::new();
    let (group, user) = (client.group_id("Finance").await, client.user_id("AdeleV").await);
    let join = format!("/groups/{group}/members/$ref");
    let table = [
        ("User.Read.All", "POST", "/users", newcomer("RaulR")),
        ("User.ReadWrite.All", "POST", join.as_str(), reference(&user)),
        (
            "GroupMember.ReadWrite.All",
            "POST",
            "/users/AdeleV@contoso.com/assignLicense",
            json!({ "addLicenses": [], "removeLicenses": [] }),
        ),
        ("User.ReadWrite.All", "GET", "/subscribedSkus", Value::Null),
        ("User.ReadWrite.All", "GET", "/domains", Value::Null),
        (
            "User.ReadWrite.All",
            "POST",
            "/users/AdeleV@contoso.com/authentication/temporaryAccessPassMethods",
            json!({}),
        ),
        ("GroupMember.ReadWrite.All", "GET", "/users", Value::Null),
        ("User.Read.All", "GET", "/users?$select=id,signInActivity", Value::Null),
    ];
    for (role, method, path, body) in table {
        let body = (!body.is_null()).then_some(body);
        client.only(&[role]).ask(method, path, body).await.is_refused(
            403,
            "Authorization_RequestDenied",
            DENIED,
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_least_permission_is_enough() {
    let client = Client::new();
    let (group, user) = (client.group_id("Finance").await, client.user_id("AdeleV").await);
    let join = format!("/groups/{group}/members/$ref");
    client.only(&["GroupMember.ReadWrite.All"]).post(&join, reference(&user)).await.is(204);
    client.only(&["User.ReadWrite.All"]).post("/users", newcomer("RaulR")).await.is(201);
    client.only(&["LicenseAssignment.Read.All"]).get("/subscribedSkus").await.is(200);
    let block = client.only(&["User.EnableDisableAccount.All", "User.Read.All"]);
    block.patch("/users/AdeleV@contoso.com", json!({ "accountEnabled": false })).await.is(204);
    block.patch("/users/AdeleV@contoso.com", json!({ "department": "Sales" })).await.is(403);
    client
        .only(&["User.EnableDisableAccount.All"])
        .patch("/users/AdeleV@contoso.com", json!({ "accountEnabled": true }))
        .await
        .is(403);
}

#[tokio::test(start_paused = true)]
async fn a_basic_permission_shows_basic_properties() {
    let client = Client::new().only(&["User.ReadBasic.All"]);
    let read = client.get("/users/AdeleV@contoso.com").await;
    assert_eq!(
        (&read.is(200).body["displayName"], &read.body["jobTitle"]),
        (&json!("Adele Vance"), &Value::Null)
    );
    client.get("/users/AdeleV@contoso.com?$select=department").await.is(403);
    client.get("/users?$filter=department%20eq%20'Sales'").await.is(403);
}

#[tokio::test(start_paused = true)]
async fn memberships_one_may_not_read_come_with_id_and_type_alone() {
    let client = Client::new();
    let hidden = client.only(&["User.Read.All"]).get("/users/EmilyB@contoso.com/memberOf").await;
    let group = &hidden.is(200).body["value"][0];
    assert_eq!(
        (&group["displayName"], &group["@odata.type"]),
        (&Value::Null, &json!("#microsoft.graph.group"))
    );
    assert!(group["id"].is_string());
    let open = client
        .only(&["User.Read.All", "GroupMember.Read.All"])
        .get("/users/EmilyB@contoso.com/memberOf")
        .await;
    assert_eq!(open.body["value"][0]["displayName"], "Finance");
}

#[tokio::test(start_paused = true)]
async fn administrators_are_out_of_reach_without_a_role() {
    let client = Client::new();
    let admin = "/users/AllanD@contoso.com";
    let block = json!({ "accountEnabled": false });
    client.patch(admin, block.clone()).await.is_refused(403, "Authorization_RequestDenied", DENIED);
    client.delete(admin).await.is(403);
    client.patch(admin, json!({ "department": "IT" })).await.is(204);
    client.holding(&["User Administrator"]).patch(admin, block.clone()).await.is(403);
    client.holding(&["Global Administrator"]).patch(admin, block).await.is(204);
    let helpdesk = json!({ "otherMails": [] });
    client.patch("/users/PradeepG@contoso.com", helpdesk.clone()).await.is(403);
    client.holding(&["User Administrator"]).patch("/users/PradeepG@contoso.com", helpdesk).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn who_owns_a_role_assignable_group_is_out_of_reach_too() {
    let client = Client::new();
    let (group, user) = (client.group_id("Tier0").await, client.user_id("AdeleV").await);
    let change = json!({ "otherMails": [] });
    client.patch("/users/AdeleV@contoso.com", change.clone()).await.is(204);
    client.post(&format!("/groups/{group}/owners/$ref"), reference(&user)).await.is(204);
    client.patch("/users/AdeleV@contoso.com", change).await.is_refused(
        403,
        "Authorization_RequestDenied",
        DENIED,
    );
}

#[tokio::test(start_paused = true)]
async fn passwords_take_a_role_even_for_plain_users() {
    let client = Client::new();
    let body = json!({ "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" } });
    client.patch("/users/AdeleV@contoso.com", body.clone()).await.is(403);
    client.holding(&["User Administrator"]).patch("/users/AdeleV@contoso.com", body).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn it_is_remembered_which_roles_were_needed() {
    let client = Client::new();
    let identity = client
        .tenant
        .identity("joiner", &["GroupMember.ReadWrite.All", "User.Read.All", "Group.ReadWrite.All"]);
    let joiner = Client::of(&client.tenant, &identity);
    let (group, user) = (client.group_id("Finance").await, client.user_id("AdeleV").await);
    joiner.post(&format!("/groups/{group}/members/$ref"), reference(&user)).await.is(204);
    joiner.post("/users", newcomer("RaulR")).await.is(403);
    let (granted, used) = client.tenant.roles(&identity);
    assert_eq!(granted.len(), 3);
    assert_eq!(used, ["GroupMember.ReadWrite.All"]);
}
