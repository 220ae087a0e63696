//! From the first day to the last, and back again: somebody is onboarded and offboarded, and the offboarding is taken back.
//!
//! Each function's laws say that its own undo takes back what it did. Here one function finds what the other one made, in
//! the shape in which it made it: the tenant is as it was after the onboarding, but for what the plan said beforehand that
//! it cannot be taken back. Shapes of people are drawn at random, always the same ones.

#![cfg(test)]

use std::time::Duration;

use plan::laws::portrait;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use telling::{Answer, Asked, Tested, World, object};

const ONBOARD: Tested = Tested::of::<onboard_user::OnboardUser>(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../functions/onboard-user"
));
const OFFBOARD: Tested = Tested::of::<offboard_user::OffboardUser>(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../functions/offboard-user"
));

const CASES: u32 = 24;
const SEED: [u8; 32] = *b"from the first day to the last..";
/// How often a run that goes on is looked at, and how much time passes in between.
const OFTEN: usize = 10;
const PAUSE: Duration = Duration::from_secs(5 * 60);

const LEAVER: &str = "mallory.cortez@contoso.com";

/// Somebody, and how they leave.
#[derive(Clone, Debug)]
struct Life {
    hired: Value,
    leaves: Value,
}

fn lives() -> impl Strategy<Value = Life> {
    (hired(), leaves()).prop_map(|(hired, leaves)| Life { hired, leaves })
}

fn hired() -> impl Strategy<Value = Value> {
    let groups = subsequence(&["Retail", "Finance", "IT Staff", "Licensing Power BI"][..], 0..=4);
    (licences(), groups, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(licences, groups, has_manager, has_phone, has_pass)| {
            json!({
                "employeeId": "200003", "givenName": "Mallory", "surname": "Cortez", "usageLocation": "US",
                "userPrincipalName": "{given}.{surname}@contoso.com",
                "profile": {"jobTitle": "Buyer", "mobilePhone": has_phone.then_some("+1 2065550100")},
                "manager": has_manager.then_some("MiriamG@contoso.com"),
                "licences": licences, "groups": groups,
                "temporaryAccessPass": has_pass.then(|| json!({"lifetimeInMinutes": 60})),
            })
        },
    )
}

/// With a mailbox or without, and with plans that are off. One more licence comes with a group.
fn licences() -> impl Strategy<Value = Value> {
    let off = subsequence(&["YAMMER_ENTERPRISE", "SWAY"][..], 0..=2);
    let with_mailbox = off.prop_map(|off| json!({"sku": "SPE_E3", "disabledPlans": off}));
    let without = Just(json!({"sku": "FLOW_FREE"}));
    (option::of(with_mailbox), option::of(without))
        .prop_map(|(with, without)| with.into_iter().chain(without).collect())
}

fn leaves() -> impl Strategy<Value = Value> {
    let leave = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(shared, clear, sends)| {
        json!({
            "user": LEAVER, "successor": "LeeG@contoso.com",
            "mailbox": {"shared": shared, "sendAs": sends, "reply": {"internal": "Mallory has left"}},
            "profile": {"clearMobilePhone": clear, "clearManager": clear, "displayNamePrefix": "Left - "},
        })
    });
    let absence =
        Just(json!({"user": LEAVER, "mode": "absence", "mailbox": {"reply": {"internal": "Back in May"}}}));
    let moved = Just(json!({"user": LEAVER, "mode": "move"}));
    prop_oneof![4 => leave, 1 => absence, 1 => moved]
}

/// Asks, and follows a run that goes on to its end.
async fn ended(world: &World, path: &str, body: &Value) -> Answer {
    let mut answer = world.post(path, body.to_string()).await;
    let location = answer.header("location").to_owned();
    for _ in 0..OFTEN {
        if answer.status != 202 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        answer = world.ask(Asked { method: "GET", path: &location, headers: &[], body: Vec::new() }).await;
    }
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (200, &json!("succeeded")),
        "{path}: {:#}",
        answer.body
    );
    answer
}

async fn lived(life: &Life) {
    let onboard = World::new(ONBOARD);
    let offboard = onboard.beside(OFFBOARD);
    let tenant = &onboard.tenant;
    ended(&onboard, &ONBOARD.path(), &life.hired).await;
    let onboarded = tenant.state();
    let plan = offboard.post(&format!("{}?whatIf=true", OFFBOARD.path()), life.leaves.to_string()).await;
    let run = ended(&offboard, &OFFBOARD.path(), &life.leaves).await;
    let does_nothing = plan.body["changes"] == json!([]);
    assert_eq!(tenant.state() == onboarded, does_nothing, "{life:#?}");
    let undo = format!("{}/runs/{}/undo", OFFBOARD.path(), run.run().unwrap());
    ended(&offboard, &undo, &Value::Null).await;
    let expected = portrait(&onboarded, &without_what_is_gone(onboarded.clone(), &plan.body));
    let after = portrait(&onboarded, &tenant.state());
    assert!(after == expected, "{life:#?}\n{after:#}\nshould be\n{expected:#}");
}

/// The state without what this plan says it takes for good. When passwords and sessions began is no part of a portrait.
fn without_what_is_gone(mut state: Value, plan: &Value) -> Value {
    let changes = plan["changes"].as_array().unwrap().iter();
    for change in changes.filter(|change| change["undoable"] == false) {
        match change["says"].as_str().unwrap() {
            "give Mallory Cortez a password that nobody knows" | "sign Mallory Cortez out everywhere" => {}
            "remove the Temporary Access Pass of Mallory Cortez" => {
                object(&mut state, "users", LEAVER).as_object_mut().unwrap().remove("temporaryAccessPass");
            }
            says => panic!("why can this not be taken back: {says}?"),
        }
    }
    state
}

#[test]
fn an_offboarding_that_is_taken_back_leaves_the_tenant_as_the_onboarding_left_it() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &SEED));
    let tried = runner.run(&lives(), |life| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(lived(&life));
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}
