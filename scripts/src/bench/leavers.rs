//! The last day of a season: a hundred leavers at once, a tenant that takes 50 ms for each answer and keeps to its quota.
//!
//! What counts is that nobody is told to wait (429), by Graph or by Exchange Online, which here turns away a fourth cmdlet
//! beside three; and that in the end everybody is out, and out of everything.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::callers::{Load, hammer_with};
use super::crowd::{members, named};
use super::figures::{Report, Samples, ms, table};
use super::lab::{Ground, LEAVING, Lab};
use super::wire::Connection;
use super::{people, runs};
use crate::Error;

const PEOPLE: usize = 100;
/// Four of five have a licence, and so a mailbox.
const ACCOUNTS: &str = "125";
const MANAGER: &str = "MiriamG@contoso.com";

/// # Errors
///
/// A call is not answered, or with neither success nor «busy».
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let options = ["--users", ACCOUNTS, "--latency", "50", "--quota", "s", "--exchange-calls", "3"];
    let mut ground = lab.tenant_of(&lab.leaving, &options).await?;
    ground.settings.insert("M365_DEADLINE_SECONDS".to_owned(), "220".to_owned());
    let leavers = prepare(&ground).await?;
    let requests = leavers.iter().map(|user| people::leave(user)).collect::<Vec<_>>();
    let handler = ground.ready_handler()?;
    let load = hammer_with(handler.port, PEOPLE, &requests, leave)?;
    report(&ground, &load, &ended(&ground, &leavers).await?).await
}

fn leave(caller: &mut Connection, request: &[u8]) -> Result<Duration, Error> {
    let begun = Instant::now();
    let reply = runs::wait(caller, LEAVING, request)?;
    // Who is told that the service is busy has an answer, too: what became of everybody is read in the tenant.
    if reply.status != 503 {
        reply.succeeded()?;
    }
    Ok(begun.elapsed())
}

/// Gives everybody who has a licence a manager and three groups; the names of these.
async fn prepare(ground: &Ground) -> Result<Vec<String>, Error> {
    let mut state = ground.tenant.state().await?;
    let manager = named(&state["users"], "userPrincipalName", MANAGER)["id"].clone();
    let (mut names, mut ids) = (Vec::new(), Vec::new());
    let users = state["users"].as_array_mut().into_iter().flatten();
    for user in users.filter(|user| is_leaver(user)).take(PEOPLE) {
        user["manager"] = manager.clone();
        names.extend(user["userPrincipalName"].as_str().map(str::to_owned));
        ids.push(user["id"].clone());
    }
    let groups = state["groups"].as_array_mut().into_iter().flatten();
    for group in groups.filter(|group| people::GROUPS.iter().any(|name| group["displayName"] == *name)) {
        let known = group["members"].as_array().cloned().unwrap_or_default();
        group["members"] = json!([known, ids.clone()].concat());
    }
    ground.tenant.control("PUT", "state", Some(&state)).await?;
    Ok(names)
}

fn is_leaver(user: &Value) -> bool {
    user["userPrincipalName"].as_str().is_some_and(|name| name.starts_with("user"))
        && user["licences"].as_array().is_some_and(|licences| !licences.is_empty())
}

/// How it ended: so many who may not sign in; and of these, without licence and groups, and with a shared mailbox.
struct Ended {
    blocked: usize,
    out: usize,
}

async fn ended(ground: &Ground, leavers: &[String]) -> Result<Ended, Error> {
    let state = ground.tenant.state().await?;
    let leavers = leavers.iter().map(String::as_str).collect::<HashSet<_>>();
    let groups = people::GROUPS.map(|group| members(named(&state["groups"], "displayName", group)));
    let is_out = |user: &&&Value| {
        let id = user["id"].as_str().unwrap_or_default();
        user["licences"].as_array().is_none_or(Vec::is_empty)
            && groups.iter().all(|members| !members.contains(id))
            && named(&state["mailboxes"], "id", id)["kind"] == "SharedMailbox"
    };
    let is_blocked = |user: &&Value| {
        leavers.contains(user["userPrincipalName"].as_str().unwrap_or_default())
            && user["accountEnabled"] == false
    };
    let blocked = state["users"].as_array().into_iter().flatten().filter(is_blocked).collect::<Vec<_>>();
    Ok(Ended { blocked: blocked.len(), out: blocked.iter().filter(is_out).count() })
}

async fn report(ground: &Ground, load: &Load, ended: &Ended) -> Result<Report, Error> {
    let traffic = ground.traffic().await?;
    let times = load.times.iter().copied().collect::<Samples>();
    let each = |count: usize| format!("{:.2}", count as f64 / PEOPLE as f64);
    let rows = [
        ("time for all, until the last has an answer that is no 202", ms(load.all)),
        ("time for one, median", ms(times.median())),
        ("round trips to Graph, each person", each(traffic.graph.trips)),
        ("requests to Graph, each person", each(traffic.graph.requests)),
        ("of these that write, each person", each(traffic.graph.writes)),
        ("cmdlets to Exchange, each person", each(traffic.exchange.requests)),
        ("of these that write, each person", each(traffic.exchange.writes)),
        ("requests to Graph answered 429", traffic.graph.throttled.to_string()),
        ("cmdlets answered 429", traffic.exchange.throttled.to_string()),
        ("tokens fetched", traffic.tokens.to_string()),
        ("people blocked", ended.blocked.to_string()),
        ("of these without licence and groups, with a shared mailbox", ended.out.to_string()),
    ];
    let rows = rows.map(|(what, found)| [what.to_owned(), found]);
    let text = format!("{PEOPLE} at once:\n\n{}", table(["", ""], &rows));
    let report = Report::new(text);
    let report = report.at_most("requests to Graph answered 429", 0.0, traffic.graph.throttled as f64, "");
    let left = PEOPLE.saturating_sub(ended.out);
    let report = report.at_most("people who are not out of everything", 0.0, left as f64, "");
    Ok(report.at_most("cmdlets answered 429", 0.0, traffic.exchange.throttled as f64, ""))
}
