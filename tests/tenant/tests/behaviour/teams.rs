use serde_json::{Value, json};

use crate::client::{Client, reference};

const LIDIA: &str = "/users/LidiaH@contoso.com";

async fn membership(client: &Client, team: &str, user: &str) -> Value {
    let members = client.get(&format!("/teams/{team}/members")).await;
    let all = members.is(200).body["value"].as_array().unwrap().clone();
    all.into_iter().find(|member| member["displayName"] == user).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn joined_teams_are_groups_that_are_teams() {
    let client = Client::new();
    let joined = client.only(&["Team.ReadBasic.All"]).get(&format!("{LIDIA}/joinedTeams")).await;
    assert_eq!(joined.is(200).each("id").len(), 8);
    assert!(joined.each("displayName").iter().all(|name| name.ends_with(" Team")));
    let group = client.group_id("ProductConfidential").await;
    let message = format!("No team found with Group Id {group}");
    client.get(&format!("/teams/{group}/members")).await.is_refused(404, "NotFound", &message);
}

#[tokio::test(start_paused = true)]
async fn a_member_of_a_team_is_removed_by_the_id_of_the_membership() {
    let client = Client::new();
    let (team, lidia) = (client.group_id("CascadeTeam").await, client.user_id("LidiaH").await);
    let member = membership(&client, &team, "Lidia Holloway").await;
    assert_eq!((&member["userId"], &member["roles"]), (&json!(lidia), &json!([])));
    client.delete(&format!("/teams/{team}/members/{lidia}")).await.is(404);
    let path = format!("/teams/{team}/members/{}", member["id"].as_str().unwrap());
    client.only(&["TeamMember.Read.All"]).delete(&path).await.is(403);
    client.only(&["TeamMember.ReadWrite.All"]).delete(&path).await.is(204);
    client.delete(&path).await.is(404);
    let members = client.get(&format!("/groups/{team}/members?$select=id")).await;
    assert!(!members.is(200).each("id").contains(&lidia.as_str()));
}

#[tokio::test(start_paused = true)]
async fn the_last_owner_of_a_team_stays_until_there_is_another() {
    let client = Client::new();
    let (team, lee) = (client.group_id("AtlasTeam").await, client.user_id("LeeG").await);
    let owner = membership(&client, &team, "Lidia Holloway").await;
    assert_eq!(owner["roles"], json!(["owner"]));
    let path = format!("/teams/{team}/members");
    let leave = format!("{path}/{}", owner["id"].as_str().unwrap());
    client.delete(&leave).await.is(400);
    let bind = format!("https://graph.microsoft.com/v1.0/users('{lee}')");
    let body = json!({ "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"], "user@odata.bind": bind });
    assert_eq!(client.post(&path, body.clone()).await.is(201).body["roles"], json!(["owner"]));
    client.delete(&leave).await.is(204);
    assert_eq!(client.get(&format!("/groups/{team}/owners")).await.each("displayName"), ["Lee Gu"]);
    for (name, value) in
        [("roles", json!(["king"])), ("user@odata.bind", json!("nobody")), ("@odata.type", Value::Null)]
    {
        let mut wrong = body.clone();
        wrong[name] = value;
        client.post(&path, wrong).await.is(400);
    }
}

#[tokio::test(start_paused = true)]
async fn an_owner_of_the_group_who_is_no_member_is_not_in_the_team() {
    let client = Client::new();
    let (team, megan) = (client.group_id("AtlasTeam").await, client.user_id("MeganB").await);
    client.post(&format!("/groups/{team}/owners/$ref"), reference(&megan)).await.is(204);
    assert_eq!(membership(&client, &team, "Megan Bowen").await, Value::Null);
    let joined = client.get(&format!("/users/{megan}/joinedTeams")).await;
    assert!(!joined.is(200).each("id").contains(&team.as_str()));
    client.post(&format!("/groups/{team}/members/$ref"), reference(&megan)).await.is(204);
    assert_eq!(membership(&client, &team, "Megan Bowen").await["roles"], json!(["owner"]));
    let joined = client.get(&format!("/users/{megan}/joinedTeams")).await;
    assert!(joined.is(200).each("id").contains(&team.as_str()));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_put_by_hand_into_a_team_that_a_rule_fills() {
    let client = Client::new();
    let mut state = client.tenant.state();
    let groups = state["groups"].as_array_mut().unwrap();
    let team = groups.iter_mut().find(|group| group["mailNickname"] == "FjordTeam").unwrap();
    team["groupTypes"] = json!(["Unified", "DynamicMembership"]);
    client.tenant.load(&state).unwrap();
    let team = client.group_id("FjordTeam").await;
    let member = membership(&client, &team, "Lidia Holloway").await;
    let path = format!("/teams/{team}/members/{}", member["id"].as_str().unwrap());
    let message = "You do not have permission to perform this operation.";
    client.delete(&path).await.is_refused(403, "Forbidden", message);
}
