//! The report on credentials over tenants of a thousand, ten thousand and a hundred thousand applications, each with two
//! credentials and an owner.
//!
//! What counts is that the requests are those of the pages, that memory does not grow with the tenant, and that ten thousand more
//! take as long as the ten thousand before.

use std::time::{Duration, Instant};

use super::figures::{Report, mb, ms, table};
use super::lab::{Lab, REPORTING};
use super::wire;
use crate::Error;
use crate::error::Doing;

/// What the tenant takes for each answer, in milliseconds.
const LATENCY: &str = "50";
/// How many there are on a page at the most.
const PAGE: usize = 999;
/// The pages beside those of applications: one of those with federated credentials, and the uses that were noted.
const BESIDE: usize = 2;
/// By how much the peak may differ between a small tenant and a large one, in megabytes.
const GROWTH: f64 = 8.0;

/// # Errors
///
/// A report is not made, or not whole.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let (mut rows, mut peaks) = (Vec::new(), Vec::new());
    for applications in [1_000, 10_000, 100_000] {
        let look = look(lab, applications).await?;
        rows.push(look.row(applications));
        peaks.push(mb(look.peak));
    }
    let head =
        ["Applications", "time", "per 10,000", "requests", "of these pages, at least", "429", "peak memory"];
    let text = format!("The tenant takes {LATENCY} ms for each answer.\n\n{}", table(head, &rows));
    let grown = peaks[2] - peaks[1];
    Ok(Report::new(text).at_most("memory for ten times as many applications", GROWTH, grown, " MB"))
}

/// One report, and what it took.
struct Look {
    time: Duration,
    requests: usize,
    throttled: usize,
    peak: u64,
}

impl Look {
    fn row(&self, applications: usize) -> [String; 7] {
        let share = u32::try_from(applications).map_or(1.0, f64::from) / 10_000.0;
        // Applications and enterprise applications are two lists.
        let floor = 2 * applications.div_ceil(PAGE) + BESIDE;
        [
            applications.to_string(),
            ms(self.time),
            ms(self.time.div_f64(share)),
            self.requests.to_string(),
            floor.to_string(),
            self.throttled.to_string(),
            format!("{:.1} MB", mb(self.peak)),
        ]
    }
}

/// Reads the report of a tenant with so many applications.
async fn look(lab: &Lab, applications: usize) -> Result<Look, Error> {
    let number = applications.to_string();
    let options = ["--applications", &number, "--latency", LATENCY];
    let mut ground = lab.tenant_of(&lab.reporting, &options).await?;
    ground.settings.insert("M365_TENANT_SIZE".to_owned(), "l".to_owned());
    ground.settings.insert("M365_DEADLINE_SECONDS".to_owned(), "220".to_owned());
    let handler = ground.ready_handler()?;
    ground.tenant.forget_transcript().await?;
    let request = wire::request("GET", &format!("/api/{REPORTING}"), None);
    let mut caller = wire::Connection::open(handler.port).doing(|| "connect to the handler".to_owned())?;
    let begun = Instant::now();
    let reply = caller.ask(&request).doing(|| "call the handler".to_owned())?;
    let time = begun.elapsed();
    let report = reply.outcome();
    if reply.status != 200 || report["incomplete"].as_array().is_none_or(|gaps| !gaps.is_empty()) {
        return Err(Error::unmet("a whole report", format!("{} {}", reply.status, report["incomplete"])));
    }
    let transcript = ground.transcript().await?;
    let of_graph = |path: &str| path.starts_with("/v1.0/") || path.starts_with("/beta/");
    let asked = transcript.iter().filter(|entry| entry["path"].as_str().is_some_and(of_graph));
    let throttled = asked.clone().filter(|entry| entry["status"] == 429).count();
    Ok(Look { time, requests: asked.count(), throttled, peak: handler.peak()? })
}
