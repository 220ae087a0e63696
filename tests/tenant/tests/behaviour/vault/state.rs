use serde_json::json;
use tenant::{Options, Seed};

use super::{Asker, encoded, version_of};

#[tokio::test(start_paused = true)]
async fn a_state_has_neither_texts_nor_keys_and_brings_both_back() {
    let asker = Asker::new();
    let version = version_of(&asker.make("payroll").await);
    asker.set("database", "xWwvJ]6NMw+bWH-d").await.is(200);
    let sign = json!({ "alg": "RS256", "value": encoded(&[7; 32]) });
    let path = format!("/keys/payroll/{version}/sign");
    let signed = asker.post(&path, sign.clone()).await.is(200).body.clone();
    let state = asker.tenant.state();
    assert!(!state.to_string().contains("xWwvJ]6NMw+bWH-d"));
    let key = &state["vaults"][1]["certificates"][0]["versions"][0]["key"];
    assert_eq!(key, &json!({ "bits": 2048, "number": 1 }));

    asker.delete("/secrets/database").await.is(200);
    asker.delete("/certificates/payroll").await.is(200);
    asker.tenant.load(&state).unwrap();
    assert_eq!(asker.tenant.state(), state);
    assert_eq!(asker.get("/secrets/database").await.is(200).body["value"], "xWwvJ]6NMw+bWH-d");
    assert_eq!(asker.post(&path, sign.clone()).await.is(200).body, signed);

    let elsewhere = Asker::with(Options { seed: Seed::State(state.clone()), ..Options::default() });
    assert_eq!(elsewhere.tenant.state(), state);
    assert_eq!(elsewhere.post(&path, sign).await.is(200).body, signed, "a key is known by its name");
    elsewhere.get("/secrets/database").await.is(501);
    let next = elsewhere.make("payroll").await;
    assert_ne!(next["x5t"], asker.get("/certificates/payroll").await.body["x5t"], "no key is made twice");
    assert_ne!(version_of(&next), version);
}

#[tokio::test(start_paused = true)]
async fn a_state_may_bring_texts_of_its_own() {
    let asker = Asker::new();
    asker.set("database", "one").await.is(200);
    let mut state = asker.tenant.state();
    let version = &mut state["vaults"][1]["secrets"][0]["versions"][0];
    version["value"] = json!("two");
    asker.tenant.load(&state).unwrap();
    assert_eq!(asker.get("/secrets/database").await.is(200).body["value"], "two");
    assert_eq!(asker.tenant.state()["vaults"][1]["secrets"][0]["versions"][0].get("value"), None);
}

#[tokio::test(start_paused = true)]
async fn who_has_which_role_is_state() {
    let asker = Asker::new();
    let mut state = asker.tenant.state();
    let names: Vec<&str> =
        state["vaults"].as_array().unwrap().iter().map(|vault| vault["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["contoso-hr", "contoso-keys"]);
    state["vaults"][1]["roles"] = json!([]);
    asker.tenant.load(&state).unwrap();
    asker.get("/secrets").await.is(403);
    asker.at("contoso-hr").get("/secrets").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn everything_is_the_same_in_every_run() {
    let (one, other) = (Asker::new(), Asker::new());
    let (made, again) = (one.make("payroll").await, other.make("payroll").await);
    assert_eq!((&made["x5t"], &made["id"]), (&again["x5t"], &again["id"]));
}
