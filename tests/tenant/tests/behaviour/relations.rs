use serde_json::json;

use crate::client::{Client, GRAPH, reference};

#[tokio::test(start_paused = true)]
async fn a_manager_is_set_replaced_and_removed() {
    let client = Client::new();
    let (path, megan) = ("/users/PattiF@contoso.com/manager", client.user_id("MeganB").await);
    client.get(path).await.is(404);
    let set = format!("{path}/$ref");
    client.ask("PUT", &set, Some(reference(&megan))).await.is(204);
    client.ask("PUT", &set, Some(reference(&megan))).await.is(204);
    let read = client.get(path).await;
    assert_eq!(
        (&read.is(200).body["displayName"], &read.body["@odata.type"]),
        (&json!("Megan Bowen"), &json!("#microsoft.graph.user"))
    );
    let own = client.user_id("PattiF").await;
    let message = "A user cannot be his or her own manager.";
    client.ask("PUT", &set, Some(reference(&own))).await.is_refused(400, "Request_BadRequest", message);
    client.delete(&set).await.is(204);
    client.delete(&set).await.is(404);
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_may_come_with_a_manager() {
    let client = Client::new();
    let mut body = crate::client::newcomer("RaulR");
    body["manager@odata.bind"] = json!(format!("{GRAPH}/v1.0/users/{}", client.user_id("MeganB").await));
    client.post("/users", body.clone()).await.is(201);
    let read = client.get("/users/RaulR@contoso.com?$select=id&$expand=manager($select=displayName)").await;
    assert_eq!(read.is(200).body["manager"]["displayName"], "Megan Bowen");
    body["userPrincipalName"] = json!("MalloryC@contoso.com");
    body["manager@odata.bind"] = json!(format!("{GRAPH}/v1.0/users/00000000-0000-0000-0000-000000000001"));
    client.post("/users", body).await.is(404);
    client.get("/users/MalloryC@contoso.com").await.is(404);
}

#[tokio::test(start_paused = true)]
async fn belonging_is_direct_or_through_groups() {
    let client = Client::new();
    let names = |answer: crate::client::Answer| {
        let mut names: Vec<String> =
            answer.is(200).each("displayName").iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    let direct = client.get("/users/EmilyB@contoso.com/memberOf").await;
    assert_eq!(names(direct), ["Finance"]);
    let all = client
        .get("/users/EmilyB@contoso.com/transitiveMemberOf/microsoft.graph.group?$select=displayName")
        .await;
    assert_eq!(names(all), ["All Departments", "Finance"]);
    let roles = client.get("/users/AllanD@contoso.com/memberOf/microsoft.graph.directoryRole").await;
    assert_eq!(names(roles), ["Global Administrator"]);
    let inside = client
        .get(&format!(
            "/groups/{}/transitiveMembers/microsoft.graph.user",
            client.group_id("AllDepartments").await
        ))
        .await;
    assert_eq!(names(inside), ["Diego Siciliani", "Emily Braun", "Nestor Wilke", "Pradeep Gupta"]);
}

#[tokio::test(start_paused = true)]
async fn members_are_counted_with_the_header_only() {
    let client = Client::new();
    let path = format!("/groups/{}/members/$count", client.group_id("Finance").await);
    client.get(&path).await.is_refused(400, "Request_BadRequest", "$count is not currently supported.");
    let counted = client.eventually().get(&path).await;
    assert_eq!((counted.text.as_str(), counted.header("content-type")), ("2", "text/plain"));
    assert_eq!(client.eventually().get("/users/$count").await.text, "29");
}

#[tokio::test(start_paused = true)]
async fn relations_are_filtered_by_advanced_queries_alone() {
    let client = Client::new();
    let path = "/users/MeganB@contoso.com/memberOf/microsoft.graph.group?$filter=mailEnabled%20eq%20false&$count=true";
    let message = "The specified filter to the reference property query is currently not supported.";
    client.get(path).await.is_refused(400, "Request_UnsupportedQuery", message);
    assert_eq!(client.eventually().get(path).await.is(200).each("displayName"), ["All Employees"]);
}

#[tokio::test(start_paused = true)]
async fn groups_of_a_user_are_told_as_ids() {
    let client = Client::new();
    let finance = client.group_id("Finance").await;
    let all = client
        .post("/users/EmilyB@contoso.com/getMemberGroups", json!({ "securityEnabledOnly": true }))
        .await;
    assert_eq!(all.is(200).body["value"].as_array().unwrap().len(), 2);
    let some =
        client.post("/users/EmilyB@contoso.com/checkMemberGroups", json!({ "groupIds": [finance] })).await;
    assert_eq!(some.is(200).body["value"], json!([finance]));
    let many = client
        .post("/users/EmilyB@contoso.com/checkMemberGroups", json!({ "groupIds": vec![finance; 21] }))
        .await;
    many.is(400);
}

#[tokio::test(start_paused = true)]
async fn objects_are_fetched_by_id_whatever_their_kind() {
    let client = Client::new();
    let (user, group) = (client.user_id("AdeleV").await, client.group_id("Finance").await);
    let nobody = "00000000-0000-0000-0000-000000000001";
    let body = json!({ "ids": [user, group, nobody], "types": ["user", "group"] });
    let found = client.post("/directoryObjects/getByIds", body).await;
    assert_eq!(found.is(200).each("@odata.type"), ["#microsoft.graph.user", "#microsoft.graph.group"]);
}

#[tokio::test(start_paused = true)]
async fn administrative_units_and_roles_have_members() {
    let client = Client::new();
    let units = client.get("/directory/administrativeUnits").await;
    let unit = units.body["value"][0]["id"].as_str().unwrap().to_owned();
    let user = client.user_id("AdeleV").await;
    let path = format!("/directory/administrativeUnits/{unit}/members/$ref");
    client.only(&["AdministrativeUnit.Read.All"]).post(&path, reference(&user)).await.is(403);
    client.post(&path, reference(&user)).await.is(204);
    client.post(&path, reference(&user)).await.is(400);
    client.delete(&format!("/directory/administrativeUnits/{unit}/members/{user}/$ref")).await.is(204);
    assert_eq!(
        client
            .get("/directoryRoles?$filter=displayName%20eq%20'Global%20Administrator'")
            .await
            .each("displayName")
            .len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_put_by_hand_where_a_rule_decides() {
    let client = Client::new();
    let mut state = client.tenant.state();
    let unit = &mut state["administrativeUnits"][0];
    unit["membershipType"] = json!("Dynamic");
    let (unit, inside) = (unit["id"].clone(), unit["members"][0].clone());
    client.tenant.load(&state).unwrap();
    let path = format!("/directory/administrativeUnits/{}/members", unit.as_str().unwrap());
    let (code, message) =
        ("Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    let adele = reference(&client.user_id("AdeleV").await);
    client.post(&format!("{path}/$ref"), adele).await.is_refused(403, code, message);
    let inside = format!("{path}/{}/$ref", inside.as_str().unwrap());
    client.delete(&inside).await.is_refused(403, code, message);
    assert_eq!(client.tenant.state(), state);
}

#[tokio::test(start_paused = true)]
async fn sponsors_are_added_once_and_removed_once() {
    let client = Client::new();
    let megan = client.user_id("MeganB").await;
    let path = "/users/AdeleV@contoso.com/sponsors";
    client.post(&format!("{path}/$ref"), reference(&megan)).await.is(204);
    client.post(&format!("{path}/$ref"), reference(&megan)).await.is(400);
    assert_eq!(client.get(path).await.each("displayName"), ["Megan Bowen"]);
    client.delete(&format!("{path}/{megan}/$ref")).await.is(204);
    client.delete(&format!("{path}/{megan}/$ref")).await.is(404);
}
