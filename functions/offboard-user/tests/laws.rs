//! The laws, for each way in which people leave.

#![cfg(test)]

use std::time::Duration;

use offboard_user::OffboardUser;
use plan::Job;
use plan::laws::{self, Case};
use serde_json::{Value, json};
use telling::{Tested, World, edit, object, read, with};
use tenant::Tenant;

const FUNCTION: Tested = telling::function!(OffboardUser);
const PERMISSIONS: &str = include_str!("../permissions.json");
const DAY: Duration = Duration::from_secs(24 * 3600);

fn case(name: &'static str, user: &str, more: Value) -> Case<OffboardUser> {
    Case { name, job: Job::Do(read(with(json!({"user": user}), more))), prepare: |_| () }
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

/// Asks, lets something happen, and asks again on the next day: how that ends, and what is changed then.
async fn asked_on_two_days(body: &Value, overnight: fn(&Tenant)) -> (Value, Value) {
    let (world, path) = (World::new(FUNCTION), FUNCTION.path());
    let ask = || world.to_its_end(&path, body.to_string());
    ask().await;
    overnight(&world.tenant);
    world.tenant.advance(DAY);
    world.tenant.clear_transcript();
    let again = ask().await.body;
    let wrote = world.tenant.transcript().iter().any(|entry| entry.wrote);
    assert_eq!(wrote, again["changes"] != json!([]), "{again:#}");
    let says = again["changes"].as_array().unwrap().iter().map(|change| change["says"].clone()).collect();
    (again["status"].clone(), says)
}

#[tokio::test(start_paused = true)]
async fn twice_is_once_on_another_day_too() {
    let absence = json!({"mode": "absence", "mailbox": {"reply": {"internal": "Back in May"}}});
    let table = [
        json!({"user": "LidiaH@contoso.com"}),
        with(json!({"user": "PattiF@contoso.com"}), absence),
        json!({"user": "MeganB@contoso.com", "mode": "move"}),
    ];
    for body in table {
        assert_eq!(asked_on_two_days(&body, |_| ()).await, (json!("succeeded"), json!([])), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_mastered_on_premises_is_signed_out_each_time_until_disabled_there() {
    let disabled = |tenant: &Tenant| {
        edit(tenant, |state| object(state, "users", "BenW@contoso.com")["accountEnabled"] = json!(false));
    };
    for mode in ["leave", "absence"] {
        let body = json!({"user": "BenW@contoso.com", "mode": mode});
        let signed_out = (json!("partial"), json!(["sign Ben Walters out everywhere"]));
        assert_eq!(asked_on_two_days(&body, |_| ()).await, signed_out, "{mode}");
        assert_eq!(asked_on_two_days(&body, disabled).await, (json!("succeeded"), json!([])), "{mode}");
    }
}
