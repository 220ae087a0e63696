use std::time::Duration;

use serde_json::{Value, json};
use tenant::Options;

use crate::client::{Client, E3, E5, GRAPH, newcomer, reference};
use crate::rounds::{DAY, Round, below, round};

/// Where a round begins that tells of what changes to users from now on.
async fn from_now(client: &Client, options: &str) -> String {
    crate::rounds::from_now(client, "users", options).await
}

async fn change(client: &Client, alias: &str, body: Value) {
    client.patch(&format!("/users/{alias}@contoso.com"), body).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn the_first_round_tells_everybody_and_the_next_nothing() {
    let client = Client::new();
    let everybody = client.get("/users?$top=999&$select=id").await;
    let first = round(&client, "/users/delta").await;
    let ids: Vec<&str> = first.told.iter().map(|told| told["id"].as_str().unwrap()).collect();
    assert_eq!(ids, everybody.each("id"));
    let adele = first.told.iter().find(|told| told["displayName"] == "Adele Vance").unwrap();
    let names: Vec<&String> = adele.as_object().unwrap().keys().collect();
    let set = [
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "manager@delta",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    ];
    assert_eq!(names, set, "what was never set is not told");
    let next = round(&client, &first.next).await;
    assert_eq!((next.told.len(), next.pages), (0, vec![0]));
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_changes_or_goes_is_told() {
    let client = Client::new();
    let next = from_now(&client, "").await;
    let raul = client.create("RaulR").await;
    change(&client, "AdeleV", json!({ "department": "Sales" })).await;
    change(&client, "AlexW", json!({ "jobTitle": null })).await;
    client.delete("/users/LynneR@contoso.com").await.is(204);
    let lynne = client.get("/directory/deletedItems/microsoft.graph.user").await.each("id")[0].to_owned();
    let told = round(&client, &next).await;
    assert_eq!(told.names(), ["Adele Vance", "Alex Wilber", "", "Raul Razo"]);
    assert_eq!(told.told[0]["department"], "Sales", "what changed is told, selected or not");
    assert_eq!(told.told[1].get("jobTitle"), Some(&Value::Null), "what was taken away is null");
    assert_eq!(told.told[2], json!({ "id": lynne, "@removed": { "reason": "changed" } }));
    assert_eq!(told.told[3]["id"], json!(raul));
    let next = told.next;
    client.ask("POST", &format!("/directory/deletedItems/{lynne}/restore"), None).await.is(200);
    let told = round(&client, &next).await;
    assert_eq!((told.names(), &told.told[0]["givenName"]), (vec!["Lynne Robbins"], &json!("Lynne")));
    client.delete(&format!("/users/{raul}")).await.is(204);
    client.delete(&format!("/directory/deletedItems/{raul}")).await.is(204);
    let told = round(&client, &told.next).await;
    assert_eq!(told.told, [json!({ "id": raul, "@removed": { "reason": "deleted" } })]);
    assert!(round(&client, &told.next).await.told.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_link_can_be_used_again() {
    let client = Client::new();
    let next = from_now(&client, "").await;
    change(&client, "AdeleV", json!({ "department": "Sales" })).await;
    assert_eq!(round(&client, &next).await.names(), ["Adele Vance"]);
    change(&client, "AlexW", json!({ "department": "Sales" })).await;
    assert_eq!(round(&client, &next).await.names(), ["Adele Vance", "Alex Wilber"]);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_selected_is_tracked() {
    let client = Client::new();
    let next = from_now(&client, "&$select=displayName,department").await;
    change(&client, "AdeleV", json!({ "jobTitle": "Buyer" })).await;
    change(&client, "AlexW", json!({ "department": "Sales" })).await;
    let told = round(&client, &next).await;
    let id = client.user_id("AlexW").await;
    assert_eq!(told.told, [json!({ "id": id, "displayName": "Alex Wilber", "department": "Sales" })]);
}

#[tokio::test(start_paused = true)]
async fn a_manager_is_tracked_like_a_property() {
    let client = Client::new();
    let [adele, alex, megan] =
        [client.user_id("AdeleV").await, client.user_id("AlexW").await, client.user_id("MeganB").await];
    let user = |id: &str| json!({ "@odata.type": "#microsoft.graph.user", "id": id });
    let next = from_now(&client, "&$select=displayName,manager").await;
    let path = "/users/AlexW@contoso.com/manager/$ref";
    client.ask("PUT", path, Some(reference(&adele))).await.is(204);
    let told = round(&client, &next).await;
    let gone =
        json!({ "@odata.type": "#microsoft.graph.user", "id": megan, "@removed": { "reason": "deleted" } });
    let expected = json!({ "id": alex, "displayName": "Alex Wilber", "manager@delta": [gone, user(&adele)] });
    assert_eq!(told.told, [expected]);
    client.delete(path).await.is(204);
    let told = round(&client, &told.next).await;
    assert_eq!(told.told[0]["manager@delta"][0]["@removed"]["reason"], "deleted");
    let other = from_now(&client, "&$select=displayName").await;
    client.ask("PUT", path, Some(reference(&megan))).await.is(204);
    assert!(round(&client, &other).await.told.is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_prefers_less_is_told_what_changed() {
    let client = Client::new();
    let (id, next) =
        (client.user_id("AlexW").await, from_now(&client, "&$select=displayName,department,jobTitle").await);
    change(&client, "AlexW", json!({ "department": "Sales", "jobTitle": null })).await;
    client.post("/users", newcomer("RaulR")).await.is(201);
    let told = Round::of(&client, &next, Some("odata.maxpagesize=10, return=minimal")).await;
    assert_eq!(told.told[0], json!({ "id": id, "department": "Sales", "jobTitle": null }));
    assert_eq!(told.told[1]["displayName"], "Raul Razo", "who is new is told in full");
    let item = json!({ "id": "1", "method": "GET", "url": next, "headers": { "Prefer": "return=minimal" } });
    let batch = client.post("/$batch", json!({ "requests": [item] })).await;
    let body = &batch.is(200).body["responses"][0]["body"];
    assert_eq!(body["value"][0], told.told[0]);
}

#[tokio::test(start_paused = true)]
async fn licences_in_effect_are_tracked_and_their_states_are_not() {
    let client = Client::new();
    let next = from_now(&client, "&$select=assignedLicenses,licenseAssignmentStates").await;
    let body = json!({ "addLicenses": [{ "skuId": E5 }], "removeLicenses": [] });
    client.post("/users/AlexW@contoso.com/assignLicense", body).await.is(200);
    let told = round(&client, &next).await;
    assert_eq!(told.told[0]["assignedLicenses"][1]["skuId"], E5);
    assert_eq!(told.told[0]["licenseAssignmentStates"].as_array().unwrap().len(), 2);
    let group = client.group_id("LicensingE3").await;
    let body = json!({ "addLicenses": [{ "skuId": E3 }], "removeLicenses": [] });
    client.post("/users/AlexW@contoso.com/assignLicense", body).await.is(200);
    let states = "/users/AlexW@contoso.com?$select=licenseAssignmentStates";
    assert_eq!(client.get(states).await.body["licenseAssignmentStates"].as_array().unwrap().len(), 3);
    assert!(round(&client, &told.next).await.told.is_empty(), "what {group} gave already is given once more");
}

#[tokio::test(start_paused = true)]
async fn a_filter_names_whom_to_tell_of() {
    let client = Client::new();
    let (adele, alex) = (client.user_id("AdeleV").await, client.user_id("AlexW").await);
    let filter = format!("$filter=id%20eq%20'{adele}'%20or%20id%20eq%20'{alex}'");
    let first = round(&client, &format!("/users/delta?{filter}&$select=displayName")).await;
    assert_eq!(first.names(), ["Adele Vance", "Alex Wilber"]);
    change(&client, "LeeG", json!({ "displayName": "Lee" })).await;
    change(&client, "AlexW", json!({ "displayName": "Alex" })).await;
    assert_eq!(round(&client, &first.next).await.names(), ["Alex"]);
    let many = |count: usize| vec![format!("id eq '{adele}'"); count].join(" or ").replace(' ', "%20");
    client.get(&format!("/users/delta?$filter={}", many(50))).await.is(200);
    let refused = client.get(&format!("/users/delta?$filter={}", many(51))).await;
    assert_eq!((refused.status, refused.code()), (400, "Request_UnsupportedQuery"));
}

#[tokio::test(start_paused = true)]
async fn what_a_delta_query_does_not_support_is_refused() {
    let client = Client::new();
    let next = from_now(&client, "").await;
    let table = [
        ("/users/delta?$top=10".to_owned(), 400, "BadRequest"),
        ("/users/delta?$orderby=displayName".to_owned(), 400, "BadRequest"),
        ("/users/delta?$expand=manager".to_owned(), 400, "BadRequest"),
        ("/users/delta?$count=true".to_owned(), 400, "BadRequest"),
        ("/users/delta?$filter=displayName%20eq%20'x'".to_owned(), 400, "Request_UnsupportedQuery"),
        ("/users/delta?$filter=id%20ne%20'x'".to_owned(), 400, "Request_UnsupportedQuery"),
        ("/users/delta?$filter=id%20eq%20'x'".to_owned(), 400, "Request_BadRequest"),
        ("/users/delta?$select=colour".to_owned(), 400, "BadRequest"),
        ("/users/delta?$select=skills".to_owned(), 501, "NotImplemented"),
        ("/users/delta?$deltatoken=x".to_owned(), 400, "Request_BadRequest"),
        (next.replace("$deltatoken", "$skiptoken"), 400, "Request_BadRequest"),
        (format!("{next}&$select=id"), 400, "BadRequest"),
        (format!("{next}&$skiptoken=x"), 400, "BadRequest"),
    ];
    for (path, status, code) in table {
        let refused = client.get(&path).await;
        assert_eq!((refused.status, refused.code()), (status, code), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_page_is_followed_by_another_even_if_that_is_empty() {
    let few = Client::new().get("/users?$top=999&$select=id").await.each("id").len();
    for (users, pages) in [(200 - few, vec![100, 100, 0]), (203 - few, vec![100, 100, 3])] {
        let client = Client::with(Options { users, ..Options::default() });
        assert_eq!(round(&client, "/users/delta?$select=id").await.pages, pages);
    }
}

#[tokio::test(start_paused = true)]
async fn what_changes_while_a_round_is_read_is_told_in_the_next() {
    let client = Client::with(Options { users: 150, ..Options::default() });
    let first = client.get("/users/delta?$select=displayName").await;
    change(&client, "AdeleV", json!({ "displayName": "Adele" })).await;
    let rest = round(&client, &below(first.body["@odata.nextLink"].as_str().unwrap())).await;
    assert!(!rest.names().contains(&"Adele"));
    assert_eq!(round(&client, &rest.next).await.names(), ["Adele"]);
}

#[tokio::test(start_paused = true)]
async fn where_the_directory_lags_changes_come_late_and_more_than_once_but_are_never_lost() {
    let client = Client::with(Options { lag: Duration::from_secs(10), ..Options::default() });
    let next = from_now(&client, "").await;
    change(&client, "AdeleV", json!({ "department": "Sales" })).await;
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
    assert_eq!(again.names(), ["Adele Vance"], "what not everybody knew is told again");
    assert!(round(&client, &again.next).await.told.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_good_for_seven_days() {
    let client = Client::new();
    let next = from_now(&client, "&$select=displayName,department").await;
    change(&client, "AdeleV", json!({ "department": "Sales" })).await;
    client.tenant.advance(7 * DAY);
    let client = Client::of(&client.tenant, &client.tenant.default_identity());
    assert_eq!(round(&client, &next).await.names(), ["Adele Vance"]);
    client.tenant.advance(Duration::from_secs(1));
    let expired = client.get(&next).await;
    expired.is_refused(
        410,
        "syncStateNotFound",
        "The sync state generation is not found. The delta token is expired and data must be synchronized again.",
    );
    let fresh = below(expired.header("location"));
    assert_eq!(fresh, "/users/delta?$select=displayName,department&$deltatoken=");
    let everybody = round(&client, &fresh).await;
    assert_eq!(everybody.told[0].as_object().unwrap().len(), 3);
    assert!(round(&client, &everybody.next).await.told.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_directory_is_worth_nothing() {
    let client = Client::new();
    let next = from_now(&client, "").await;
    client.tenant.load(&client.tenant.state()).unwrap();
    let expired = client.get(&next).await;
    assert_eq!(expired.is(410).header("location"), format!("{GRAPH}/v1.0/users/delta?$deltatoken="));
    let next = from_now(&client, "").await;
    client.tenant.reset();
    client.get(&next).await.is(410);
}

#[tokio::test(start_paused = true)]
async fn reading_changes_takes_the_permission_to_read_users_and_costs_one_unit() {
    let client = Client::new();
    client.only(&["User.ReadBasic.All"]).get("/users/delta").await.is(403);
    let reader = client.only(&["User.Read.All"]);
    let names = ["delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()"];
    for name in names {
        assert_eq!(
            reader.get(&format!("/users/{name}")).await.is(200).header("x-ms-resource-unit"),
            "1",
            "{name}"
        );
    }
    reader.get("/users/delta?$select=signInActivity").await.is(403);
    client
        .only(&["User.Read.All", "AuditLog.Read.All"])
        .get("/users/delta?$select=signInActivity")
        .await
        .is(200);
}
