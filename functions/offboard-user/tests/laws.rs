//! The laws, for each way in which people leave.

#![cfg(test)]

use offboard_user::OffboardUser;
use plan::laws::{self, Case};
use serde_json::{Value, json};
use telling::{read, with};

const PERMISSIONS: &str = include_str!("../permissions.json");

fn case(name: &'static str, user: &str, more: Value) -> Case<OffboardUser> {
    Case { name, request: read(with(json!({"user": user}), more)), prepare: |_| () }
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_somebody_with_little() {
    laws::hold(PERMISSIONS, &[case("somebody with little", "JohannaL@contoso.com", json!({}))]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_somebody_with_much() {
    let much = json!({
        "mailbox": {"reply": {"internal": "Lidia has left"}, "forward": true, "sendAs": true},
        "profile": {"clearMobilePhone": true, "clearManager": true, "displayNamePrefix": "Left - "},
    });
    laws::hold(PERMISSIONS, &[case("somebody with much", "LidiaH@contoso.com", much)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_an_absence() {
    let absence = json!({"mode": "absence", "mailbox": {"reply": {"internal": "Back in May"}}});
    laws::hold(PERMISSIONS, &[case("an absence", "PattiF@contoso.com", absence)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_a_move() {
    laws::hold(PERMISSIONS, &[case("a move", "MeganB@contoso.com", json!({"mode": "move"}))]).await;
}
