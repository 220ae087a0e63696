use std::collections::BTreeMap;

use serde_json::{Value, json};
use tenant::{Crowd, Options};

use crate::client::Client;
use crate::rounds::below;

const PACK: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";
const ADD_ON: &str = "b05e124f-c7cc-45a0-a6aa-8cf78c946968";
/// What a report on licences reads of everybody.
const LICENCES: &str = "$select=id,mailNickname,accountEnabled,assignedLicenses,licenseAssignmentStates";

fn varied(users: usize) -> Client {
    Client::with(Options { users, crowd: Crowd::Varied, ..Options::default() })
}

/// All elements of a collection, and how many came on each page.
async fn all(client: &Client, path: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut all, mut pages, mut next) = (Vec::new(), Vec::new(), Some(path.replace(' ', "%20")));
    while let Some(path) = next {
        let page = client.get(&path).await;
        let value = page.is(200).body["value"].as_array().unwrap();
        pages.push(value.len());
        all.extend(value.iter().cloned());
        next = page.body["@odata.nextLink"].as_str().map(below);
    }
    (all, pages)
}

/// The made-up accounts among all.
fn made_up(mut all: Vec<Value>) -> Vec<Value> {
    all.retain(|user| user["mailNickname"].as_str().unwrap().starts_with("user0"));
    all
}

/// How one holds a SKU: directly, by group, or in vain.
fn ways(user: &Value, sku: &str) -> Vec<&'static str> {
    let states = user["licenseAssignmentStates"].as_array().unwrap();
    let way = |state: &Value| match (&state["error"], &state["assignedByGroup"]) {
        (error, _) if error != "None" => "in vain",
        (_, Value::Null) => "directly",
        _ => "by group",
    };
    states.iter().filter(|state| state["skuId"] == sku).map(way).collect()
}

#[tokio::test(start_paused = true)]
async fn of_four_hundred_varied_accounts_the_same_few_are_special() {
    let client = varied(400);
    let users = made_up(all(&client, &format!("/users?$top=999&{LICENCES}")).await.0);
    let mut counted: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    users.iter().for_each(|user| *counted.entry(ways(user, PACK)).or_default() += 1);
    let table = [
        (vec![], 38),
        (vec!["by group"], 40),
        (vec!["directly"], 280),
        (vec!["directly", "by group"], 40),
        (vec!["in vain"], 2),
    ];
    assert_eq!(counted, BTreeMap::from(table));
    let blocked = users.iter().filter(|user| user["accountEnabled"] == json!(false));
    assert_eq!(blocked.filter(|user| ways(user, PACK) == ["directly"]).count(), 10);
    let add_on = |user: &&Value| !ways(user, ADD_ON).is_empty();
    assert_eq!(users.iter().filter(add_on).count(), 50);
    let off = |user: &Value| {
        user["assignedLicenses"].as_array().unwrap().iter().any(|held| held["disabledPlans"][0].is_string())
    };
    assert_eq!(users.iter().filter(|user| off(user)).count(), 50, "a plan of it is switched off");
}

#[tokio::test(start_paused = true)]
async fn some_of_a_varied_crowd_were_not_in_for_long_or_never() {
    let client = varied(400);
    let (users, _) = all(&client, "/users?$top=500&$select=mailNickname,signInActivity").await;
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for user in made_up(users).iter() {
        let day = user["signInActivity"]["lastSuccessfulSignInDateTime"].as_str().map_or("never", |at| {
            match &at[..10] {
                "2026-03-01" => "yesterday",
                "2025-11-02" => "120 days ago",
                other => panic!("{other}"),
            }
        });
        *counted.entry(day).or_default() += 1;
    }
    assert_eq!(counted, BTreeMap::from([("yesterday", 360), ("120 days ago", 20), ("never", 20)]));
}

#[tokio::test(start_paused = true)]
async fn every_licence_of_a_crowd_has_a_seat() {
    let client = varied(400);
    for sku in client.get("/subscribedSkus").await.is(200).body["value"].as_array().unwrap() {
        let bought =
            ["enabled", "warning", "suspended"].map(|kind| sku["prepaidUnits"][kind].as_u64().unwrap());
        let (bought, taken) = (bought.iter().sum::<u64>(), sku["consumedUnits"].as_u64().unwrap());
        assert!(taken <= bought, "{}: {taken} of {bought}", sku["skuPartNumber"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_rules_go_by_can_be_selected_and_filtered() {
    let client = Client::with(Options { users: 63, ..Options::default() });
    let user = client.get("/users/user000004@contoso.com?$select=department,country,employeeType,createdDateTime,employeeHireDate").await;
    let expected = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users(department,country,employeeType,createdDateTime,employeeHireDate)/$entity",
        "country": "GB", "createdDateTime": "2025-06-05T07:00:00Z", "department": "Marketing",
        "employeeHireDate": "2025-06-05T07:00:00Z", "employeeType": "Contractor",
    });
    assert_eq!(user.is(200).body, expected);
    let table = [
        ("employeeType eq 'Contractor'", 7),
        ("employeeType in ('Contractor','Intern')", 14),
        ("startswith(employeeType,'Int')", 7),
        ("department eq 'Sales' and country eq 'CH'", 2),
        ("country in ('CH','DE')", 26),
        ("createdDateTime ge 2025-08-01T00:00:00Z", 3),
        ("employeeHireDate le 2025-06-03T07:00:00Z", 2),
    ];
    for (filter, expected) in table {
        let (found, _) = all(&client, &format!("/users?$select=id&$filter={filter}")).await;
        assert_eq!(found.len(), expected, "{filter}");
    }
    let path = "/users?$select=id&$count=true&$filter=employeeType ne 'Employee' and startswith(userPrincipalName,'user0')";
    let others = client.eventually().get(&path.replace(' ', "%20")).await;
    assert_eq!(others.is(200).body["@odata.count"], 14);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_are_listed_page_by_page() {
    let client = varied(100_000);
    let few = Client::new().get("/users?$top=999&$select=id").await.each("id").len();
    let (users, pages) = all(&client, &format!("/users?$top=999&{LICENCES}")).await;
    assert_eq!(users.len(), 100_000 + few);
    assert_eq!((pages.len(), pages[0], pages[99]), (101, 999, 999));
    let held = users.iter().filter(|user| !ways(user, PACK).is_empty()).count();
    assert!(held > 90_000, "{held}");
}
