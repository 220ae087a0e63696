//! From the first day to the last, and back again: somebody is onboarded and offboarded, and the offboarding is taken back.
//!
//! Each function's laws say that its own undo takes back what it did. Here one function finds what the other one made, in
//! the shape in which it made it: the tenant is as it was after the onboarding, but for what the plan said beforehand that
//! it cannot be taken back. Shapes of people are drawn at random, always the same ones; in between, each gathers parts of
//! what somebody has who has been there for long: devices, roles, grants, duties, lists, rights on mailboxes.

#![cfg(test)]

use std::collections::BTreeSet;
use std::time::Duration;

use plan::laws::portrait;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use telling::{Answer, Tested, World, object};
use tenant::{Options, Tenant};

const ONBOARD: Tested = Tested::of::<onboard_user::OnboardUser>(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../functions/onboard-user"
));
const OFFBOARD: Tested = Tested::of::<offboard_user::OffboardUser>(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../functions/offboard-user"
));

const CASES: u32 = 96;
const SEED: [u8; 32] = *b"from the first day to the last..";
/// How long after its licence a mailbox comes, and after it was converted is seen to be.
const MAILBOX_DELAY: Duration = Duration::from_secs(3 * 60);
const CONVERSION_DELAY: Duration = Duration::from_secs(90);
/// How long it takes until a new mailbox is seen.
const PAUSE: Duration = Duration::from_secs(5 * 60);

const LEAVER: &str = "mallory.cortez@contoso.com";

/// What somebody can gather over the years, as the tenant's state calls it.
const ESTATE: [&str; 9] = [
    "appRoleAssignments",
    "applications",
    "devices",
    "groups",
    "mailboxes",
    "oauth2PermissionGrants",
    "roleEligibilityScheduleInstances",
    "servicePrincipals",
    "users",
];
/// Groups of every kind: the last is a list of Exchange Online's.
const GROUPS: [&str; 5] = ["Retail", "Finance", "IT Staff", "Licensing Power BI", "Newsletter"];
/// Who has gathered all of that.
const RICH: &str = "LidiaH@contoso.com";

/// Somebody, what they gather in between, and how they leave.
#[derive(Clone, Debug)]
struct Life {
    hired: Value,
    gathers: Vec<&'static str>,
    leaves: Value,
}

fn lives() -> impl Strategy<Value = Life> {
    let gathers = subsequence(&ESTATE[..], 0..=ESTATE.len());
    (hired(), gathers, leaves()).prop_map(|(hired, gathers, leaves)| Life { hired, gathers, leaves })
}

fn hired() -> impl Strategy<Value = Value> {
    let groups = subsequence(&GROUPS[..], 0..=GROUPS.len());
    (licences(), groups, any::<bool>(), any::<bool>(), any::<bool>(), in_exchange()).prop_map(
        |(licences, groups, has_manager, has_phone, has_pass, in_exchange)| {
            object_of(in_exchange, json!({
                "employeeId": "200003", "givenName": "Mallory", "surname": "Cortez", "usageLocation": "US",
                "userPrincipalName": "{given}.{surname}@contoso.com",
                "profile": {"jobTitle": "Buyer", "mobilePhone": has_phone.then_some("+1 2065550100")},
                "manager": has_manager.then_some("MiriamG@contoso.com"),
                "licences": licences, "groups": groups,
                "temporaryAccessPass": has_pass.then(|| json!({"lifetimeInMinutes": 60})),
            }))
        },
    )
}

/// What waits for the mailbox, or is left out where none comes.
fn in_exchange() -> impl Strategy<Value = Value> {
    let settings = json!({"language": "de-CH", "timeZone": "W. Europe Standard Time"});
    let all = [
        ("aliases", json!(["mal@contoso.com"])),
        ("sharedMailboxes", json!([{"mailbox": "servicedesk@contoso.com", "sendAs": true}])),
        ("calendars", json!([{"mailbox": "PattiF@contoso.com", "right": "Reviewer"}])),
        ("mailboxSettings", settings),
    ];
    subsequence(all.to_vec(), 0..=4).prop_map(|some| some.into_iter().collect())
}

/// Both, in one object.
fn object_of(one: Value, other: Value) -> Value {
    let members = [one, other].into_iter().filter_map(|value| match value {
        Value::Object(members) => Some(members),
        _ => None,
    });
    Value::Object(members.flatten().collect())
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

async fn ended(world: &World, path: &str, body: &Value) -> Answer {
    let answer = world.to_its_end(path, body.to_string()).await;
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (200, &json!("succeeded")),
        "{path}: {:#}",
        answer.body
    );
    answer
}

async fn lived(life: &Life) {
    let delays =
        Options { mailbox_delay: MAILBOX_DELAY, conversion_delay: CONVERSION_DELAY, ..Options::default() };
    let onboard = World::over(Tenant::new(delays), ONBOARD);
    let offboard = onboard.beside(OFFBOARD);
    let tenant = &onboard.tenant;
    ended(&onboard, &ONBOARD.path(), &life.hired).await;
    tokio::time::sleep(PAUSE).await;
    tenant.load(&gathered(tenant.state(), &life.gathers)).unwrap();
    let onboarded = tenant.state();
    let plan = offboard.post(&format!("{}?whatIf=true", OFFBOARD.path()), life.leaves.to_string()).await;
    let run = ended(&offboard, &OFFBOARD.path(), &life.leaves).await;
    let does_nothing = plan.body["changes"] == json!([]);
    assert_eq!(tenant.state() == onboarded, does_nothing, "{life:#?}");
    let undo = format!("{}/runs/{}/undo", OFFBOARD.path(), run.run().unwrap());
    ended(&offboard, &undo, &Value::Null).await;
    let expected = portrait(&onboarded, &without_what_is_gone(onboarded.clone(), &plan.body));
    let after = portrait(&onboarded, &tenant.state());
    assert!(after == expected, "{life:#?}\n{}", difference(&expected, &after));
}

/// The lines that only one of them has.
fn difference(expected: &Value, after: &Value) -> String {
    let lines = |value: &Value| -> BTreeSet<String> {
        let text = format!("{value:#}");
        text.lines().map(|line| line.trim().trim_end_matches(',').to_owned()).collect()
    };
    let (expected, after) = (lines(expected), lines(after));
    let lost = expected.difference(&after).map(|line| format!("- {line}\n"));
    lost.chain(after.difference(&expected).map(|line| format!("+ {line}\n"))).collect()
}

/// The state in which the newcomer has these parts of what somebody else had gathered.
fn gathered(mut state: Value, kinds: &[&str]) -> Value {
    let id = |state: &mut Value, name| object(state, "users", name)["id"].as_str().unwrap().to_owned();
    let (from, to) = (id(&mut state, RICH), id(&mut state, LEAVER));
    // Nobody is in a list, or let into a mailbox, who has none.
    let has_mailbox = state["mailboxes"].to_string().contains(&to);
    let kinds = kinds.iter().filter(|kind| has_mailbox || !["groups", "mailboxes", "users"].contains(kind));
    for kind in kinds {
        let things = state[*kind].as_array_mut().unwrap().iter_mut();
        // A group that hands out licences would have handed them out.
        let is_left_out = |thing: &Value| *kind == "groups" && !thing["licences"].is_null();
        for thing in things.filter(|thing| thing["id"] != *from && !is_left_out(thing)) {
            let text = thing.to_string();
            // Who is in a group already is in it once.
            let text = if text.contains(&to) { text } else { text.replace(&from, &to) };
            *thing = serde_json::from_str(&text).unwrap();
        }
    }
    state
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
