//! Rules over a whole tenant: everybody once, then those who have changed; a tenant ten times as large; and a thousand
//! assignments in one run.
//!
//! What counts is that the requests are those of the pages and of who differs, and that memory does not grow with the tenant.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::figures::{Report, mb, ms, table};
use super::lab::{ASSIGNING, Ground, Lab, Traffic};
use super::process::Running;
use super::wire;
use crate::Error;
use crate::error::Doing;
use crate::package::Rights;

/// Of the made-up accounts every fifth is without it, and there is a seat for each.
const SKU: &str = "ENTERPRISEPACK";
const EVERY: usize = 5;
/// Where those sit whom the rule is about.
const OFFICE: &str = "Lausanne";
/// What the tenant takes for each answer, in milliseconds.
const LATENCY: &str = "50";
/// What Microsoft Graph allows one application in a tenant of the largest size, within so many seconds ("Microsoft Graph
/// service-specific throttling limits", identity and access).
const UNITS: (f64, f64) = (8_000.0, 10.0);
const WRITES: (f64, f64) = (3_000.0, 150.0);
/// By how much the peak may differ between a small tenant and a large one, in megabytes.
const GROWTH: f64 = 2.0;

/// # Errors
///
/// Somebody is not brought in line.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let mut rows = of_ten_thousand(lab).await?;
    let mut peaks = Vec::new();
    for users in [1_000, 100_000] {
        let look = only_looked_at(lab, users).await?;
        peaks.push(look.peak);
        rows.push(look.row(&format!("{users} accounts, of whom nobody differs")));
    }
    let head = [
        "Call",
        "time",
        "round trips",
        "requests in them",
        "that write",
        "429",
        "brought in line",
        "peak memory",
    ];
    let text = format!(
        "The tenant takes {LATENCY} ms for each answer and keeps the quota of the largest size.\n\n{}",
        table(head, &rows)
    );
    let grown = mb(peaks[1]) - mb(peaks[0]);
    let report =
        Report::new(text).at_most("memory for a hundred times as many accounts", GROWTH, grown, " MB");
    Ok(report.and(a_thousand(lab).await?))
}

/// One call, and what it took.
struct Look {
    time: Duration,
    traffic: Traffic,
    done: usize,
    peak: u64,
}

impl Look {
    fn row(&self, what: &str) -> [String; 8] {
        let Traffic { graph, .. } = self.traffic;
        let peak = format!("{:.1} MB", mb(self.peak));
        let counts = [graph.trips, graph.requests, graph.writes, graph.throttled, self.done]
            .map(|count| count.to_string());
        let [trips, requests, writes, throttled, done] = counts;
        [what.to_owned(), ms(self.time), trips, requests, writes, throttled, done, peak]
    }
}

/// All of them, then those who have changed by it, then a dozen.
async fn of_ten_thousand(lab: &Lab) -> Result<Vec<[String; 8]>, Error> {
    let ground = ground(lab, "10000", 300).await?;
    let handler = ground.ready_handler()?;
    let all = reconcile(&ground, &handler, 300).await?;
    let echo = reconcile(&ground, &handler, 0).await?;
    seat(&ground, 301..=312).await?;
    let dozen = reconcile(&ground, &handler, 12).await?;
    Ok(vec![
        all.row("10000 accounts, of whom 300 differ"),
        echo.row("again: those 300 have changed, since they were"),
        dozen.row("again, when 12 have changed"),
    ])
}

/// Everybody is looked at, and nobody differs.
async fn only_looked_at(lab: &Lab, users: usize) -> Result<Look, Error> {
    let ground = ground(lab, &users.to_string(), 0).await?;
    let handler = ground.ready_handler()?;
    reconcile(&ground, &handler, 0).await
}

async fn a_thousand(lab: &Lab) -> Result<Report, Error> {
    const ASSIGNMENTS: usize = 1_000;
    let ground = ground(lab, "5000", ASSIGNMENTS).await?;
    let handler = ground.ready_handler()?;
    let look = reconcile(&ground, &handler, ASSIGNMENTS).await?;
    let graph = look.traffic.graph;
    let floor = |used: f64, (quota, seconds): (f64, f64)| used / quota * seconds;
    let (units, writes) = (floor(graph.cost as f64, UNITS), floor(graph.writes as f64, WRITES));
    let rows = [
        ("time for all", ms(look.time)),
        ("round trips to Graph", graph.trips.to_string()),
        ("requests in them", graph.requests.to_string()),
        ("of these that write", graph.writes.to_string()),
        ("resource units", graph.cost.to_string()),
        ("as long as the quota takes to grant these units, at its even pace", format!("{units:.1} s")),
        ("as long as it takes to grant these writes, at its even pace", format!("{writes:.1} s")),
        ("requests answered 429", graph.throttled.to_string()),
        ("people brought in line", look.done.to_string()),
        ("peak memory", format!("{:.1} MB", mb(look.peak))),
    ];
    let rows = rows.map(|(what, found)| [what.to_owned(), found]);
    let text = format!("{ASSIGNMENTS} assignments in one run:\n\n{}", table(["", ""], &rows));
    Ok(Report::new(text).at_most("requests answered 429", 0.0, graph.throttled as f64, ""))
}

/// A tenant in which so many of those who are without the licence sit in the office that the rule is about.
async fn ground(lab: &Lab, users: &str, differ: usize) -> Result<Ground, Error> {
    let options = ["--users", users, "--latency", LATENCY, "--quota", "l"];
    let mut ground = lab.tenant_of(&lab.assigning, &options).await?;
    ground.settings.insert("M365_TENANT_SIZE".to_owned(), "l".to_owned());
    ground.settings.insert("M365_DEADLINE_SECONDS".to_owned(), "220".to_owned());
    seat(&ground, 1..=differ).await?;
    Ok(ground)
}

/// Moves these of them to the office.
async fn seat(ground: &Ground, numbers: RangeInclusive<usize>) -> Result<(), Error> {
    let token = ground.tenant.token("administrator", &Rights::of(&["User.ReadWrite.All"])).await?;
    let requests: Vec<Value> = numbers.map(moved).collect();
    for requests in requests.chunks(20) {
        let answers = ground.tenant.graph(&token, "POST", "/$batch", &json!({"requests": requests})).await?;
        let answers = answers["responses"].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(refused) = answers.iter().find(|answer| answer["status"] != 204) {
            return Err(Error::unmet("204", refused.to_string()));
        }
    }
    Ok(())
}

fn moved(number: usize) -> Value {
    let user = format!("/users/user{:06}@contoso.com", number * EVERY);
    json!({"id": number.to_string(), "method": "PATCH", "url": user, "body": {"officeLocation": OFFICE},
           "headers": {"Content-Type": "application/json"}})
}

/// Brings everybody in line who differs, and finds just so many.
async fn reconcile(ground: &Ground, handler: &Running, differ: usize) -> Result<Look, Error> {
    let rule = json!({"name": OFFICE, "when": {"officeLocation": [OFFICE]}, "licences": [{"sku": SKU}]});
    let body = json!({"rules": {"rules": [rule], "most": 2_000}});
    let request = wire::request("POST", &format!("/api/{ASSIGNING}/reconcile"), Some(&body));
    ground.tenant.forget_transcript().await?;
    let mut caller = wire::Connection::open(handler.port).doing(|| "connect to the handler".to_owned())?;
    let begun = Instant::now();
    let reply = caller.ask(&request).doing(|| "call the handler".to_owned())?;
    let time = begun.elapsed();
    reply.succeeded()?;
    let done = reply.outcome()["parts"].as_array().map(Vec::len).unwrap_or_default();
    if done != differ {
        return Err(Error::unmet(format!("{differ} people brought in line"), done.to_string()));
    }
    Ok(Look { time, traffic: ground.traffic().await?, done, peak: handler.peak()? })
}
