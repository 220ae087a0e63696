//! The report on credentials over tenants of a thousand, ten thousand and a hundred thousand applications, each with two
//! credentials and an owner.
//!
//! What counts is that the requests are those of the pages, that nobody is told to wait, that memory does not grow with the
//! tenant, and that ten thousand more take as much work as the ten thousand before. How long it takes is set by the quota.

use std::time::{Duration, Instant};

use super::figures::{Report, mb, ms, table};
use super::lab::{Asked, Lab, REPORTING};
use super::wire;
use crate::Error;
use crate::error::Doing;

/// What the tenant takes for each answer, in milliseconds.
const LATENCY: &str = "50";
/// How many there are on a page at the most.
const PAGE: usize = 999;
/// Of every so many applications a use is noted; and of some of the samples.
const USED: (usize, usize) = (5, 10);
/// How many reads that ask for `keyCredentials` Microsoft Graph answers, in so many seconds ("Microsoft Graph service-specific
/// throttling limits", identity and access).
const KEYS: (f64, f64) = (150.0, 60.0);
/// The same of reports.
const REPORTS: (f64, f64) = (5.0, 10.0);
/// By how much the peak may differ between a small tenant and a large one, in megabytes.
const GROWTH: f64 = 8.0;

/// # Errors
///
/// A report is not made, or not whole.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let mut looks = Vec::new();
    for applications in [1_000, 10_000, 100_000] {
        looks.push(look(lab, applications).await?);
    }
    let head = [
        "Applications",
        "time",
        "per 10,000",
        "at the quota's even pace",
        "requests",
        "pages",
        "429",
        "processor time, per 10,000",
        "peak memory",
    ];
    let rows = looks.iter().map(Look::row).collect::<Vec<_>>();
    let text = format!(
        "The tenant takes {LATENCY} ms for each answer and keeps the quota of the largest size.\n\n{}",
        table(head, &rows)
    );
    let throttled: usize = looks.iter().map(|look| look.graph.throttled).sum();
    let beside: usize =
        looks.iter().map(|look| look.graph.requests.saturating_sub(look.pages())).max().unwrap_or_default();
    let grown = mb(looks[2].peak) - mb(looks[1].peak);
    Ok(Report::new(text)
        .at_most("requests beside those of the pages", 0.0, beside as f64, "")
        .at_most("requests answered 429", 0.0, throttled as f64, "")
        .at_most("memory for ten times as many applications", GROWTH, grown, " MB"))
}

/// One report, and what it took.
struct Look {
    applications: usize,
    time: Duration,
    worked: Duration,
    graph: Asked,
    peak: u64,
}

impl Look {
    /// Applications and enterprise applications are two lists.
    fn lists(&self) -> usize {
        2 * self.applications.div_ceil(PAGE)
    }

    /// Uses that were noted.
    fn uses(&self) -> usize {
        (self.applications / USED.0 + USED.1).div_ceil(PAGE)
    }

    /// One more tells who has federated credentials.
    fn pages(&self) -> usize {
        self.lists() + self.uses() + 1
    }

    fn row(&self) -> [String; 9] {
        let pace = |pages: usize, (number, seconds): (f64, f64)| pages as f64 / number * seconds;
        let pace = Duration::from_secs_f64(pace(self.lists(), KEYS) + pace(self.uses(), REPORTS));
        let share = self.applications as f64 / 10_000.0;
        [
            self.applications.to_string(),
            ms(self.time),
            ms(self.time.div_f64(share)),
            ms(pace),
            self.graph.requests.to_string(),
            self.pages().to_string(),
            self.graph.throttled.to_string(),
            ms(self.worked.div_f64(share)),
            format!("{:.1} MB", mb(self.peak)),
        ]
    }
}

/// Reads the report of a tenant with so many applications.
async fn look(lab: &Lab, applications: usize) -> Result<Look, Error> {
    let number = applications.to_string();
    let options = ["--applications", &number, "--latency", LATENCY, "--quota", "l"];
    let mut ground = lab.tenant_of(&lab.reporting, &options).await?;
    ground.settings.insert("M365_TENANT_SIZE".to_owned(), "l".to_owned());
    ground.settings.insert("M365_DEADLINE_SECONDS".to_owned(), "220".to_owned());
    let handler = ground.ready_handler()?;
    ground.tenant.forget_transcript().await?;
    let request = wire::request("GET", &format!("/api/{REPORTING}"), None);
    let mut caller = wire::Connection::open(handler.port).doing(|| "connect to the handler".to_owned())?;
    let before = handler.worked()?;
    let begun = Instant::now();
    let reply = caller.ask(&request).doing(|| "call the handler".to_owned())?;
    let time = begun.elapsed();
    let report = reply.outcome();
    if reply.status != 200 || report["incomplete"].as_array().is_none_or(|gaps| !gaps.is_empty()) {
        return Err(Error::unmet("a whole report", format!("{} {}", reply.status, report["incomplete"])));
    }
    let (worked, peak) = (handler.worked()? - before, handler.peak()?);
    Ok(Look { applications, time, worked, graph: ground.traffic().await?.graph, peak })
}
