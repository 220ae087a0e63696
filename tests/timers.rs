//! The timers of the functions that have them, fired by the local Functions host at the packaged function: each does what it is
//! for, and says so in the log.

#![cfg(test)]

use std::time::Duration;

use scripts::tenant::VAULT;
use serde_json::json;
use suite::{ASSIGN, ROTATE, World, options};
use telling::object;
use tenant::{Options, Tenant};
use tokio::time::timeout;

/// Longer than any timer here takes.
const PATIENCE: Duration = Duration::from_secs(60);
const NAME: &str = "Travel Desk";

/// Fires a timer, and waits for the line in which it says what became of it.
async fn fired(world: &World, function: &str, timer: &str, says: &str) {
    let answer = world.host.fire_timer(function, timer).await.unwrap();
    assert!(answer.is_success(), "{timer}: {:#?}", world.host.lines(function));
    let line = timeout(PATIENCE, world.host.line_with(function, says)).await;
    let line = line.unwrap_or_else(|_| panic!("{timer}: {:#?}", world.host.lines(function))).unwrap();
    assert!(line.category.starts_with(&format!("Function.{timer}")), "{line:?}");
}

/// A secret, since a certificate is left alone for two minutes before it is published.
#[tokio::test]
async fn what_is_entrusted_is_renewed_looked_after_and_reported() {
    let quick = (Duration::ZERO, Duration::from_millis(1));
    let tenant = Tenant::new(Options { credential_delay: quick, ..options() });
    let application = object(&mut tenant.state(), "applications", NAME)["appId"].clone();
    let identity = tenant.identity(ROTATE, &[]);
    tenant.own(&identity, &[application.as_str().unwrap()]).unwrap();
    let secret = json!({"application": application, "secret": {"vault": VAULT, "name": "travel"}});
    let entrusted = json!({"applications": [secret]}).to_string();
    let settings = [("ROTATE_APPLICATIONS", entrusted.as_str())];
    let world = World::start_over(tenant, ROTATE, &settings, |tenant| tenant).await.unwrap();
    let secrets = || {
        let state = &mut world.tenant.state();
        object(state, "applications", NAME)["passwordCredentials"].as_array().unwrap().len()
    };
    let before = secrets();
    fired(&world, ROTATE, "rotate-sweep", "brought in line: 1; not: 0").await;
    assert_eq!(secrets(), before + 1);
    fired(&world, ROTATE, "rotate-due", "taken up: 0 succeeded, 0 unfinished").await;
    fired(&world, ROTATE, "rotate-report", "read and kept; to act on: ").await;
    fired(&world, ROTATE, "rotate-sweep", "brought in line: 0; not: 0").await;
    assert_eq!(secrets(), before + 1, "there is nothing more to do");
    world.host.stop().await;
}

#[tokio::test]
async fn whoever_differs_from_the_rules_is_brought_in_line_and_licences_are_reported() {
    let retail =
        json!({"name": "Retail", "when": {"department": ["Retail"]}, "licences": [{"sku": "VISIOCLIENT"}]});
    let rules = json!({"rules": [retail]}).to_string();
    let settings = [("ASSIGN_RULES", rules.as_str())];
    let world = World::start_over(Tenant::new(options()), ASSIGN, &settings, |tenant| tenant).await.unwrap();
    fired(&world, ASSIGN, "assign-reconcile", "brought in line: 3; not: 0").await;
    fired(&world, ASSIGN, "assign-reconcile", "brought in line: 0; not: 0").await;
    fired(&world, ASSIGN, "assign-due", "taken up: 0 succeeded, 0 unfinished").await;
    fired(&world, ASSIGN, "assign-report", "read and kept; to act on: ").await;
    world.host.stop().await;
}
