//! A Monday morning: two hundred new hires at once, a tenant that takes 50 ms for each answer and keeps to its quota.
//!
//! What counts is not the speed, which the quota sets, but that nobody is told to wait (429), that what everybody sends
//! travels together, and that in the end the tenant is as it should be.

use std::collections::HashSet;

use serde_json::Value;

use super::callers::{Load, hammer};
use super::figures::{Report, Samples, ms, table};
use super::lab::{Ground, Lab};
use super::people;
use crate::Error;

const PEOPLE: usize = 200;
const SEATS: u64 = 1_000;

/// # Errors
///
/// Not everybody was onboarded.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let mut ground = lab.tenant(&["--latency", "50", "--quota", "s"]).await?;
    ground.buy(people::SKU, SEATS).await?;
    // Callers here wait for the outcome, however long it takes.
    ground.settings.insert("M365_DEADLINE_SECONDS".to_owned(), "220".to_owned());
    let requests = (1..=PEOPLE).map(|number| people::onboard(&people::new_hire(number))).collect::<Vec<_>>();
    let handler = ground.ready_handler()?;
    let load = hammer(handler.port, PEOPLE, &requests)?;
    let whole = onboarded(&ground).await?;
    if whole != PEOPLE {
        return Err(Error::unmet(format!("{PEOPLE} people with all they should have"), whole.to_string()));
    }
    report(&ground, &load).await
}

async fn report(ground: &Ground, load: &Load) -> Result<Report, Error> {
    let traffic = ground.traffic().await?;
    let times = load.times.iter().copied().collect::<Samples>();
    let each = |count: usize| format!("{:.2}", count as f64 / PEOPLE as f64);
    let rows = [
        ("time for all", ms(load.all)),
        ("time for one, median", ms(times.median())),
        ("round trips to Graph, each person", each(traffic.graph.trips)),
        ("requests to Graph, each person", each(traffic.graph.requests)),
        ("of these that write, each person", each(traffic.graph.writes)),
        ("requests answered 429", traffic.graph.throttled.to_string()),
        ("tokens fetched", traffic.tokens.to_string()),
        ("people with account, licence, manager, three groups and sign-in", PEOPLE.to_string()),
    ];
    let rows = rows.map(|(what, found)| [what.to_owned(), found]);
    Ok(Report::new(table(["", ""], &rows)))
}

/// How many of the people are in the tenant with all they should have.
async fn onboarded(ground: &Ground) -> Result<usize, Error> {
    let state = ground.tenant.control("GET", "state", None).await?;
    let sku = named(&state["subscribedSkus"], "skuPartNumber", people::SKU)["skuId"].clone();
    let groups = people::GROUPS.map(|group| members(named(&state["groups"], "displayName", group)));
    let wanted = (1..=PEOPLE).map(people::employee_id).collect::<HashSet<_>>();
    let is_whole = |user: &&Value| {
        let licences = user["licences"].as_array().map(Vec::as_slice).unwrap_or_default();
        wanted.contains(user["employeeId"].as_str().unwrap_or_default())
            && user["accountEnabled"] == true
            && user["manager"].is_string()
            && licences.iter().filter(|held| held["skuId"] == sku).count() == 1
            && groups.iter().all(|members| members.contains(&user["id"].as_str().unwrap_or_default()))
    };
    Ok(state["users"].as_array().into_iter().flatten().filter(is_whole).count())
}

pub(super) fn named<'a>(list: &'a Value, property: &str, name: &str) -> &'a Value {
    let mut list = list.as_array().into_iter().flatten();
    list.find(|object| object[property] == name).unwrap_or(&Value::Null)
}

pub(super) fn members(group: &Value) -> HashSet<&str> {
    group["members"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
