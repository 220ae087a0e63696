//! Telling people: two processes send once, and nobody is left out silently.

use std::time::Duration;

use journal::{Journal, PageName};
use serde_json::{Value, json};
use tenant::Options;

use crate::house::House;

const SETTINGS: [(&str, &str); 1] = [("GREET_TEAMS", "http://127.0.0.1/hooks/teams/people")];

fn house() -> House {
    House::with(Options::default(), json!({}), &SETTINGS)
}

async fn tell(house: &House) -> Value {
    house.post("/api/greet/tell", &[], &json!({})).await.body
}

#[tokio::test(start_paused = true)]
async fn of_two_processes_one_sends() {
    let one = house();
    let other = one.another();
    let (first, second) = tokio::join!(tell(&one), tell(&other));
    let sent = [&first, &second].map(|told| told["card"]["sent"].as_u64().unwrap());
    assert_eq!(sent.iter().sum::<u64>(), 1, "{first} {second}");
    assert_eq!(one.tenant.told().len(), 1);
    assert_eq!(tell(&other).await["card"]["before"], 1);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_told_for_want_of_a_setting_is_said() {
    let told = tell(&house()).await;
    let says = json!(["No mail is sent: the app setting GREET_SENDER names no mailbox to send from."]);
    assert_eq!(told["says"], says);
}

/// Leaves the page as a process does that died while it was sending.
async fn dies_while_sending(house: &House) {
    let name = PageName::new("told/greet/card").unwrap();
    let page = house.journal.page(&name).await.unwrap();
    let sending = page.value.to_string().replace("\"sent\"", "\"sending\"");
    let value = serde_json::from_str(&sending).unwrap();
    assert!(house.journal.turn(&name, &page.version, &value).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_a_process_that_died_was_sending_is_unknown_and_not_sent_again() {
    let house = house();
    tell(&house).await;
    dies_while_sending(&house).await;
    let next = house.another();
    assert_eq!(tell(&next).await["card"]["elsewhere"], 1, "it may be alive");
    tokio::time::advance(Duration::from_secs(15 * 60)).await;
    assert_eq!(tell(&next).await["card"]["unknown"], 1);
    assert_eq!(house.tenant.told().len(), 1);
}
