use std::time::Duration;

use serde_json::{Value, json};
use tenant::{Options, Tenant};

use crate::client::{Client, E5, GRAPH, reference};
use crate::rounds::{DAY, Round, below, from_now, round};

fn user(id: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.user", "id": id })
}

fn gone(id: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.user", "id": id, "@removed": { "reason": "deleted" } })
}

async fn ids<const N: usize>(client: &Client, aliases: [&str; N]) -> [String; N] {
    let mut ids = aliases.map(str::to_owned);
    for id in &mut ids {
        *id = client.user_id(id).await;
    }
    ids
}

async fn join(client: &Client, group: &str, user: &str) {
    client.post(&format!("/groups/{group}/members/$ref"), reference(user)).await.is(204);
}

async fn leave(client: &Client, group: &str, user: &str) {
    client.delete(&format!("/groups/{group}/members/{user}/$ref")).await.is(204);
}

async fn rename(client: &Client, group: &str, name: &str) {
    client.patch(&format!("/groups/{group}"), json!({ "displayName": name })).await.is(204);
}

/// Where a round begins that tells of names and members from now on.
async fn members_from_now(client: &Client) -> String {
    from_now(client, "groups", "&$select=displayName,members").await
}

/// A tenant with a group of so many members; tells the group.
async fn with_crowd(members: usize) -> (Client, String) {
    let client = Client::with(Options { users: members, ..Options::default() });
    let group = client.group_id("Operations").await;
    let mut state = client.tenant.state();
    let made_up = |user: &&Value| user["mailNickname"].as_str().is_some_and(|name| name.starts_with("user0"));
    let users: Vec<Value> =
        state["users"].as_array().unwrap().iter().filter(made_up).map(|user| user["id"].clone()).collect();
    let groups = state["groups"].as_array_mut().unwrap();
    groups.iter_mut().find(|found| found["id"] == json!(group)).unwrap()["members"] = json!(users);
    client.tenant.load(&state).unwrap();
    (client, group)
}

/// Everybody in a group according to what was told of it, page by page.
fn members(told: &[Value], group: &str) -> Vec<String> {
    let parts = told.iter().filter(|told| told["id"] == group);
    let all = parts.flat_map(|part| part["members@delta"].as_array().into_iter().flatten());
    let mut all: Vec<String> = all.map(|member| member["id"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

#[tokio::test(start_paused = true)]
async fn the_first_round_tells_every_group_with_its_members() {
    let client = Client::new();
    let groups = client.get("/groups?$top=999&$select=id").await;
    let first = round(&client, "/groups/delta").await;
    let told: Vec<&str> = first.told.iter().map(|told| told["id"].as_str().unwrap()).collect();
    assert_eq!(told, groups.each("id"));
    let finance = client.group_id("Finance").await;
    let mut expected = ids(&client, ["EmilyB", "PradeepG"]).await;
    expected.sort();
    assert_eq!(members(&first.told, &finance), expected);
    let told = first.told.iter().find(|told| told["id"] == json!(finance)).unwrap();
    assert!(told.get("owners@delta").is_none(), "owners have to be selected");
    assert_eq!(told["members@delta"][0]["@odata.type"], "#microsoft.graph.user");
    let nested = first.told.iter().find(|told| told["displayName"] == "All Departments").unwrap();
    assert_eq!(nested["members@delta"][0]["@odata.type"], "#microsoft.graph.group");
    assert_eq!(round(&client, &first.next).await.told, Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn whoever_joins_or_leaves_is_told_and_nobody_else() {
    let client = Client::new();
    let group = client.group_id("Operations").await;
    let [adele, nestor] = ids(&client, ["AdeleV", "NestorW"]).await;
    let next = members_from_now(&client).await;
    join(&client, &group, &adele).await;
    leave(&client, &group, &nestor).await;
    let told = round(&client, &next).await;
    let news =
        json!({ "id": group, "displayName": "Operations", "members@delta": [gone(&nestor), user(&adele)] });
    assert_eq!(told.told, [news]);
    assert_eq!(round(&client, &next).await.told, told.told, "a link can be used again");
    leave(&client, &group, &adele).await;
    assert_eq!(round(&client, &told.next).await.told[0]["members@delta"], json!([gone(&adele)]));
    join(&client, &group, &adele).await;
    assert_eq!(round(&client, &told.next).await.told[0]["members@delta"], json!([user(&adele)]));
}

#[tokio::test(start_paused = true)]
async fn groups_that_come_change_or_go_are_told() {
    let client = Client::new();
    let [finance, retail, falcon] = [
        client.group_id("Finance").await,
        client.group_id("Retail").await,
        client.group_id("ProjectFalcon1").await,
    ];
    let [adele] = ids(&client, ["AdeleV"]).await;
    let next = members_from_now(&client).await;
    rename(&client, &finance, "Finance and Controlling").await;
    client.delete(&format!("/groups/{retail}")).await.is(204);
    client.delete(&format!("/groups/{falcon}")).await.is(204);
    let body = json!({ "displayName": "Printers", "mailEnabled": false, "mailNickname": "printers", "securityEnabled": true,
        "members@odata.bind": [format!("{GRAPH}/v1.0/users/{adele}")] });
    let printers = client.post("/groups", body).await.is(201).body["id"].clone();
    let told = round(&client, &next).await;
    let removed = |id: &str, reason: &str| json!({ "id": id, "@removed": { "reason": reason } });
    let expected = [
        removed(&retail, "changed"),
        json!({ "id": finance, "displayName": "Finance and Controlling" }),
        removed(&falcon, "deleted"),
        json!({ "id": printers, "displayName": "Printers", "members@delta": [user(&adele)] }),
    ];
    assert_eq!(told.told, expected);
    client.ask("POST", &format!("/directory/deletedItems/{retail}/restore"), None).await.is(200);
    let restored = round(&client, &told.next).await;
    assert_eq!(members(&restored.told, &retail).len(), 4, "what came back is told in full");
}

#[tokio::test(start_paused = true)]
async fn only_what_is_selected_is_tracked() {
    let client = Client::new();
    let group = client.group_id("Operations").await;
    let [adele] = ids(&client, ["AdeleV"]).await;
    let names = from_now(&client, "groups", "&$select=displayName").await;
    let owners = from_now(&client, "groups", "&$select=owners").await;
    join(&client, &group, &adele).await;
    assert!(round(&client, &names).await.told.is_empty());
    assert!(round(&client, &owners).await.told.is_empty());
    client.post(&format!("/groups/{group}/owners/$ref"), reference(&adele)).await.is(204);
    let told = round(&client, &owners).await.told;
    assert_eq!(told, [json!({ "id": group, "owners@delta": [user(&adele)] })]);
    rename(&client, &group, "Operating").await;
    assert_eq!(round(&client, &names).await.told, [json!({ "id": group, "displayName": "Operating" })]);
}

#[tokio::test(start_paused = true)]
async fn what_a_group_hands_on_is_tracked_and_how_far_it_got_is_not() {
    let client =
        Client::with(Options { group_licensing_delay: Duration::from_secs(60), ..Options::default() });
    let group = client.group_id("LicensingE3").await;
    let next = from_now(&client, "groups", "&$select=assignedLicenses,licenseProcessingState").await;
    let body = json!({ "addLicenses": [{ "skuId": E5 }], "removeLicenses": [] });
    client.post(&format!("/groups/{group}/assignLicense"), body).await.is(202);
    let told = round(&client, &next).await;
    assert_eq!(told.told[0]["assignedLicenses"].as_array().unwrap().len(), 2);
    client.tenant.advance(Duration::from_secs(61));
    assert!(round(&client, &told.next).await.told.is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_deleted_stays_a_member_until_gone_for_good() {
    let client = Client::new();
    let group = client.group_id("Operations").await;
    let [nestor] = ids(&client, ["NestorW"]).await;
    let next = members_from_now(&client).await;
    client.delete(&format!("/users/{nestor}")).await.is(204);
    let told = round(&client, &next).await;
    assert!(told.told.is_empty());
    client.delete(&format!("/directory/deletedItems/{nestor}")).await.is(204);
    let told = round(&client, &told.next).await;
    let of_group = told.told.iter().find(|told| told["id"] == json!(group)).unwrap();
    assert_eq!(of_group["members@delta"], json!([gone(&nestor)]));
}

#[tokio::test(start_paused = true)]
async fn a_filter_names_which_groups_to_tell_of() {
    let client = Client::new();
    let [finance, retail] = [client.group_id("Finance").await, client.group_id("Retail").await];
    let many = |count: usize| vec![format!("id eq '{finance}'"); count].join(" or ").replace(' ', "%20");
    let both = format!("$filter=id%20eq%20'{finance}'%20or%20id%20eq%20'{retail}'");
    let first = round(&client, &format!("/groups/delta?$select=displayName&{both}")).await;
    assert_eq!(first.names(), ["Retail", "Finance"]);
    rename(&client, &client.group_id("Operations").await, "Operating").await;
    rename(&client, &finance, "Controlling").await;
    assert_eq!(round(&client, &first.next).await.names(), ["Controlling"]);
    client.get(&format!("/groups/delta?$filter={}", many(50))).await.is(200);
    let refused = client.get(&format!("/groups/delta?$filter={}", many(51))).await;
    assert_eq!((refused.status, refused.code()), (400, "Request_UnsupportedQuery"));
}

#[tokio::test(start_paused = true)]
async fn a_group_with_more_members_than_fit_is_told_in_parts() {
    let (client, group) = with_crowd(450).await;
    let first = round(&client, "/groups/delta?$select=displayName,members").await;
    let parts: Vec<&Value> = first.told.iter().filter(|told| told["id"] == json!(group)).collect();
    assert!(parts.len() >= 3, "{}", parts.len());
    assert!(
        parts.iter().all(|part| part["displayName"] == "Operations"),
        "each part has the same properties"
    );
    let mut whole = members(&first.told, &group);
    assert_eq!(whole.len(), 450);
    whole.dedup();
    assert_eq!(whole.len(), 450, "nobody is told twice");
    let groups = client.get("/groups?$top=999&$select=id").await.each("id").len();
    assert_eq!(first.told.len(), groups - 1 + parts.len(), "all others are told once");
}

#[tokio::test(start_paused = true)]
async fn whoever_joins_or_leaves_between_the_parts_of_a_group_is_not_lost() {
    let (client, group) = with_crowd(450).await;
    let page = client.get("/groups/delta?$select=displayName,members").await;
    let joins = client.user_id("AdeleV").await;
    let leaves = members(page.is(200).body["value"].as_array().unwrap(), &group)[0].clone();
    join(&client, &group, &joins).await;
    leave(&client, &group, &leaves).await;
    let rest = round(&client, &below(page.body["@odata.nextLink"].as_str().unwrap())).await;
    let news = round(&client, &rest.next).await;
    assert_eq!(news.told[0]["members@delta"], json!([gone(&leaves), user(&joins)]));
}

#[tokio::test(start_paused = true)]
async fn where_the_directory_lags_memberships_come_late_and_more_than_once_but_are_never_lost() {
    let client = Client::with(Options { lag: Duration::from_secs(10), ..Options::default() });
    let group = client.group_id("Operations").await;
    let [adele] = ids(&client, ["AdeleV"]).await;
    let next = members_from_now(&client).await;
    join(&client, &group, &adele).await;
    let too_early = round(&client, &next).await;
    assert_eq!((too_early.told.len(), too_early.pages.as_slice()), (0, &[0, 0][..]));
    tokio::time::advance(Duration::from_secs(4)).await;
    let mut rounds = Vec::new();
    for _ in 0..3 {
        rounds.push(round(&client, &too_early.next).await);
    }
    let seen: Vec<&Round> = rounds.iter().filter(|round| !round.told.is_empty()).collect();
    assert!((1..3).contains(&seen.len()), "some replicas know, some do not: {}", seen.len());
    client.tenant.settled();
    let again = round(&client, &seen[0].next).await;
    assert_eq!(
        again.told[0]["members@delta"],
        json!([user(&adele)]),
        "what not everybody knew is told again"
    );
    assert!(round(&client, &again.next).await.told.is_empty());
}

#[tokio::test(start_paused = true)]
async fn tokens_are_good_for_seven_days_and_for_groups_alone() {
    let client = Client::new();
    let group = client.group_id("Operations").await;
    let next = members_from_now(&client).await;
    let of_users = from_now(&client, "users", "").await;
    let swapped = client.get(&of_users.replace("/users/", "/groups/")).await;
    assert_eq!((swapped.status, swapped.code()), (400, "Request_BadRequest"));
    rename(&client, &group, "Operating").await;
    client.tenant.advance(7 * DAY);
    let client = again(&client.tenant);
    assert_eq!(round(&client, &next).await.names(), ["Operating"]);
    client.tenant.advance(Duration::from_secs(1));
    let expired = client.get(&next).await;
    assert_eq!(expired.code(), "syncStateNotFound");
    let fresh = below(expired.is(410).header("location"));
    assert_eq!(fresh, "/groups/delta?$select=displayName,members&$deltatoken=");
    assert_eq!(members(&round(&client, &fresh).await.told, &group).len(), 2, "all is told again");
}

/// A client whose token has not run out.
fn again(tenant: &Tenant) -> Client {
    Client::of(tenant, &tenant.default_identity())
}

#[tokio::test(start_paused = true)]
async fn what_a_delta_query_of_groups_does_not_support_is_refused() {
    let client = Client::new();
    let table = [
        ("/groups/delta?$top=10", 400, "BadRequest"),
        ("/groups/delta?$expand=members", 400, "BadRequest"),
        ("/groups/delta?$orderby=displayName", 400, "BadRequest"),
        ("/groups/delta?$filter=displayName%20eq%20'x'", 400, "Request_UnsupportedQuery"),
        ("/groups/delta?$select=manager", 400, "BadRequest"),
        ("/groups/delta?$select=signInActivity", 400, "BadRequest"),
        ("/groups/delta?$deltatoken=x", 400, "Request_BadRequest"),
    ];
    for (path, status, code) in table {
        let refused = client.get(path).await;
        assert_eq!((refused.status, refused.code()), (status, code), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn reading_changes_of_groups_takes_a_permission_to_read_groups() {
    let client = Client::new();
    for role in ["Group.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"] {
        for name in ["delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()"] {
            client.only(&[role]).get(&format!("/groups/{name}")).await.is(200);
        }
    }
    for role in ["GroupMember.ReadWrite.All", "User.Read.All"] {
        client.only(&[role]).get("/groups/delta").await.is(403);
    }
}
