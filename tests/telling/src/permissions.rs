//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.
//!
//! Every permission and role of `permissions.json` is dropped in turn. If nothing is refused then, and no report says
//! that something is missing, nothing needs it and it has to go. Each scenario is gone through from the request to its undo, by way of the function's own actions, so
//! that what only an undo needs counts as well.

use std::collections::BTreeSet;

use plan::{Policy, UNDO};
use serde_json::Value;
use tenant::{Entry, Options, Tenant};

use crate::rights::Rights;
use crate::tested::Tested;
use crate::world::{Answer, World};

/// A way through a function.
pub struct Scenario {
    /// Where, below the address of the function: nothing, or one of its sweeps or reports, such as `/reconcile`.
    pub path: &'static str,
    /// What is asked; null, where something is only read.
    pub request: Value,
    /// What is different in the tenant before.
    pub prepare: fn(&Tenant),
    /// The app settings.
    pub settings: &'static [(&'static str, &'static str)],
}

impl From<Value> for Scenario {
    fn from(request: Value) -> Self {
        Self { path: "", request, prepare: |_| (), settings: &[] }
    }
}

impl Scenario {
    /// What is asked of a sweep.
    pub fn of_sweep(path: &'static str, request: Value) -> Self {
        Self { path, ..request.into() }
    }

    /// The same with app settings.
    #[must_use]
    pub fn configured(self, settings: &'static [(&'static str, &'static str)]) -> Self {
        Self { settings, ..self }
    }

    /// Something that is only read.
    pub fn reading(path: &'static str) -> Self {
        Self { path, ..Value::Null.into() }
    }
}

/// Every permission is used in some scenario, and nothing is refused in any.
///
/// That a directory role is used cannot be seen; that it is needed can.
///
/// # Panics
///
/// It is not so; the message names the permissions, or the scenario.
pub async fn are_used(function: Tested, scenarios: &[Scenario]) {
    let rights = Rights::of(function);
    let mut used = BTreeSet::new();
    for scenario in scenarios {
        let (world, gaps) = gone_through(function, &rights, scenario).await;
        assert_eq!(refusals(&world), 0, "something is refused in {}", scenario.request);
        assert_eq!(gaps, 0, "something is missing in {}", scenario.path);
        used.extend(world.tenant.roles(&world.identity).1);
    }
    let asked = rights.permissions.into_iter().chain(rights.vault_roles).collect();
    assert_eq!(used, asked, "used, and asked for");
}

/// Without any one permission or directory role, something is refused in some scenario, or missing in a report.
///
/// # Panics
///
/// It is not so; the message names what nothing needs.
pub async fn are_needed(function: Tested, scenarios: &[Scenario]) {
    let rights = Rights::of(function);
    for missing in rights.names() {
        let mut missed = 0;
        for scenario in scenarios {
            let (world, gaps) = gone_through(function, &rights.without(missing), scenario).await;
            missed += refusals(&world) + gaps;
        }
        assert!(missed > 0, "nothing needs {missing}");
    }
}

/// Every permission and directory role says why, in half a sentence.
///
/// # Panics
///
/// One does not.
pub fn say_why(function: Tested) {
    let file: Value = serde_json::from_str(&function.permissions())
        .unwrap_or_else(|error| panic!("permissions.json: {error}"));
    let grants = file.as_object().into_iter().flatten().flat_map(|(_, grants)| grants.as_array());
    let whys: Vec<&str> = grants.flatten().map(|grant| grant["why"].as_str().unwrap_or_default()).collect();
    assert_eq!(whys.len(), Rights::of(function).names().count(), "some grant is of a kind that nobody knows");
    assert!(whys.iter().all(|why| why.len() > 20 && !why.ends_with('.')), "{whys:#?}");
}

/// Goes through a scenario, the function's actions and the undo, as far as that goes; and how much a report says is missing,
/// since Microsoft Graph leaves some of what may not be read out instead of refusing it.
async fn gone_through(function: Tested, rights: &Rights, scenario: &Scenario) -> (World, usize) {
    let tenant = Tenant::new(Options::default());
    let world = World::on(tenant, function, rights, Policy::default(), scenario.settings);
    (scenario.prepare)(&world.tenant);
    let path = function.path() + scenario.path;
    if scenario.request.is_null() {
        let report = world.get(&path, &[]).await.body;
        return (world, report["incomplete"].as_array().map_or(0, Vec::len));
    }
    let done = ended(&world, &path, scenario.request.to_string()).await;
    if let Some(run) = done.run() {
        for action in function.actions.iter().chain(&[UNDO]) {
            ended(&world, &format!("{}/runs/{run}/{action}", function.path()), String::new()).await;
        }
    }
    (world, 0)
}

async fn ended(world: &World, path: &str, body: String) -> Answer {
    let answer = world.to_its_end(path, body).await;
    assert!(matches!(answer.status, 200 | 422 | 502), "{path}: {} {}", answer.status, answer.body);
    answer
}

fn refusals(world: &World) -> usize {
    world.tenant.transcript().iter().map(refused).sum()
}

/// Exchange Online answers 401 to a token without its permission; a key vault to whoever has none, to tell where there are
/// tokens.
fn refused(entry: &Entry) -> usize {
    let is_told = entry.vault.is_some();
    let is_refusal = |status: u16| status == 403 || status == 401 && !is_told;
    usize::from(is_refusal(entry.status)) + entry.items.iter().filter(|item| is_refusal(item.status)).count()
}
