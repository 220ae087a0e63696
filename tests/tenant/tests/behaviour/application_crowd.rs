use std::collections::BTreeSet;

use serde_json::Value;
use tenant::Options;

use crate::client::Client;
use crate::rounds::below;

const SPREAD: usize = 1_461;
const NOW: &str = "2026-03-02T08:00:00Z";
const IN_90_DAYS: &str = "2026-05-31T08:00:00Z";
const LIST: &str = "$select=id,appId,displayName,passwordCredentials,keyCredentials&$expand=owners($select=id,userPrincipalName)&$top=999";

/// All made-up applications, and how many elements came on each page.
async fn all(client: &Client, path: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut all, mut pages, mut next) = (Vec::new(), Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let page = client.get(&path).await;
        let value = page.is(200).body["value"].as_array().unwrap();
        pages.push(value.len());
        all.extend(value.iter().cloned());
        next = page.body["@odata.nextLink"].as_str().map(below);
    }
    all.retain(|application| {
        let name = application["displayName"].as_str().unwrap_or_default();
        name.len() > 6 && name[name.len() - 6..].parse::<usize>().is_ok()
    });
    (all, pages)
}

#[tokio::test(start_paused = true)]
async fn of_a_crowd_of_applications_a_known_share_expires() {
    let client = Client::with(Options { applications: SPREAD, ..Options::default() });
    let (all, pages) = all(&client, &format!("/applications?{LIST}")).await;
    assert_eq!((all.len(), pages), (SPREAD, vec![999, SPREAD + 13 - 999]));
    for kind in ["passwordCredentials", "keyCredentials"] {
        let ends: Vec<&str> = all.iter().map(|one| one[kind][0]["endDateTime"].as_str().unwrap()).collect();
        let expired = ends.iter().filter(|end| **end <= NOW).count();
        let soon = ends.iter().filter(|end| **end > NOW && **end <= IN_90_DAYS).count();
        assert_eq!((expired, soon), (731, 90), "{kind}");
    }
    assert!(all.iter().all(|one| one["owners"].as_array().unwrap().len() == 1));
    let ids: BTreeSet<&str> =
        all.iter().map(|one| one["keyCredentials"][0]["keyId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), SPREAD, "every credential is one of its own");
}

#[tokio::test(start_paused = true)]
async fn a_crowd_of_applications_is_the_same_every_time_and_owned_by_the_crowd() {
    let crowd = || Client::with(Options { applications: 30, users: 20, ..Options::default() });
    let (client, again) = (crowd(), crowd());
    assert_eq!(client.tenant.state(), again.tenant.state());
    let (all, _) = all(&client, &format!("/applications?{LIST}")).await;
    let owner = |one: &Value| one["owners"][0]["userPrincipalName"].as_str().unwrap().to_owned();
    assert_eq!([owner(&all[0]), owner(&all[20])], ["user000001@contoso.com", "user000001@contoso.com"]);
    let principal = format!("/servicePrincipals(appId='{}')", all[29]["appId"].as_str().unwrap());
    assert_eq!(client.get(&principal).await.is(200).body["displayName"], all[29]["displayName"]);
    let ids = [2, 5].map(|at: usize| all[at]["appId"].as_str().unwrap());
    for kind in ["applications", "servicePrincipals"] {
        let filter = format!("/{kind}?$filter=appId%20eq%20'{}'", ids[0]);
        assert_eq!(client.get(&filter).await.is(200).each("appId"), ids[..1]);
    }
    let some = format!("/servicePrincipals?$filter=appId%20in%20('{}','{}')", ids[1], ids[0]);
    assert_eq!(client.get(&some).await.is(200).each("appId"), ids);
}
