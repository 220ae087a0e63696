use crate::client::Client;
use crate::credentials::application;

const COUNT: &str = "federatedIdentityCredentials/$count";

#[tokio::test(start_paused = true)]
async fn federated_credentials_are_read_expanded_and_counted() {
    let client = Client::new().only(&["Application.Read.All"]);
    let build = application(&client, "Nightly Build").await;
    let path =
        format!("/applications(appId='{}')/federatedIdentityCredentials", build["appId"].as_str().unwrap());
    let all = client.get(&path).await;
    assert_eq!(all.is(200).each("name"), ["main-branch"]);
    let filtered = client.get(&format!("{path}?$filter=subject%20eq%20'x'")).await;
    assert!(filtered.is(200).each("name").is_empty());
    let expand = "$expand=federatedIdentityCredentials($select=issuer)&$select=displayName";
    let expanded = client.get(&format!("/applications?{expand}&$top=999")).await;
    let all = expanded.is(200).body["value"].as_array().unwrap();
    let with = |app: &&serde_json::Value| app["federatedIdentityCredentials"][0]["issuer"].is_string();
    assert_eq!(all.iter().filter(with).count(), 1);
    assert!(expanded.body["value"][0]["federatedIdentityCredentials"].as_array().unwrap().is_empty());
    client.get("/applications?$expand=federatedIdentityCredentials($select=colour)").await.is(400);
    client.only(&["Directory.Read.All"]).get(&path).await.is(403);
}

#[tokio::test(start_paused = true)]
async fn applications_are_filtered_by_the_number_of_what_they_have() {
    let client = Client::new();
    let ask = |filter: &str| format!("/applications?$count=true&$filter={}", filter.replace(' ', "%20"));
    client.get(&ask(&format!("{COUNT} ne 0"))).await.is(400);
    let client = client.eventually();
    for filter in [format!("{COUNT} ne 0"), format!("not({COUNT} eq 0)")] {
        assert_eq!(client.get(&ask(&filter)).await.is(200).each("displayName"), ["Nightly Build"]);
    }
    let unowned = client.get(&ask("owners/$count eq 0")).await;
    assert_eq!(unowned.is(200).each("displayName"), ["Badge Printer"]);
    client.get("/users?$count=true&$filter=owners/$count%20eq%200").await.is(400);
}

#[tokio::test(start_paused = true)]
async fn owners_come_in_the_same_pages_twenty_at_most() {
    let client = Client::with(tenant::Options { users: 25, ..tenant::Options::default() });
    let build = application(&client, "Nightly Build").await["id"].as_str().unwrap().to_owned();
    for number in 1..=25 {
        let user = client.user_id(&format!("user{number:06}")).await;
        let path = format!("/applications/{build}/owners/$ref");
        client.post(&path, crate::client::reference(&user)).await.is(204);
    }
    let expand = "$expand=owners($select=id,userPrincipalName)";
    let all = client.get(&format!("/applications?$select=id,displayName&{expand}&$top=999")).await;
    let found = all.is(200).body["value"].as_array().unwrap();
    let owners = |name: &str| {
        let found = found.iter().find(|app| app["displayName"] == name).unwrap();
        found["owners"].as_array().unwrap().len()
    };
    assert_eq!([owners("Nightly Build"), owners("Partner Catalogue"), owners("Badge Printer")], [20, 2, 0]);
    assert!(!all.text.contains("owners@odata.nextLink"));
    client.get(&format!("/servicePrincipals?$select=id&{expand}&$top=999")).await.is(200);
    client.get("/applications?$expand=owners,federatedIdentityCredentials").await.is(400);
    client.eventually().get(&format!("/applications?$count=true&{expand}")).await.is(400);
}
