//! Round trips: over a network they are what takes the time.

use super::figures::{Report, table};
use super::lab::{Ground, Lab, Traffic};
use super::people;
use super::wire::Connection;
use crate::error::{Doing, Error};

/// # Errors
///
/// A call is not answered with 200.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let ground = lab.tenant(&[]).await?;
    let mut handler = ground.handler()?;
    let mut caller = handler.connect()?;
    let (hire, other) = (people::new_hire(1), people::with_pass(2));
    let calls = [
        ("preview of an onboarding", people::preview(&hire), Some(2), None),
        ("onboarding: account, licence, manager, three groups", people::onboard(&hire), Some(4), None),
        ("the same again: nothing to do", people::onboard(&hire), Some(2), Some(0)),
        ("preview of the same", people::preview(&hire), Some(2), Some(0)),
        ("onboarding with a Temporary Access Pass", people::onboard(&other), None, None),
    ];
    let mut report = Report::default();
    let mut rows = Vec::new();
    for (name, request, trips, writes) in calls {
        let found = asked(&ground, &mut caller, &request).await?;
        rows.push(row(name, &found, trips));
        report = held(report, name, "round trips", trips, found.graph.trips);
        report = held(report, name, "writes", writes, found.graph.writes);
    }
    let head = [
        "Call",
        "round trips",
        "target",
        "requests in them",
        "that write",
        "resource units",
        "token fetches",
    ];
    report.text = table(head, &rows);
    Ok(report)
}

async fn asked(ground: &Ground, caller: &mut Connection, request: &[u8]) -> Result<Traffic, Error> {
    ground.tenant.forget_transcript().await?;
    let reply = caller.ask(request).doing(|| "call the handler".to_owned())?;
    reply.succeeded()?;
    ground.traffic().await
}

fn row(name: &str, found: &Traffic, target: Option<usize>) -> [String; 7] {
    [
        name.to_owned(),
        found.graph.trips.to_string(),
        target.map_or_else(String::new, |target| format!("at most {target}")),
        found.graph.requests.to_string(),
        found.graph.writes.to_string(),
        found.graph.cost.to_string(),
        found.tokens.to_string(),
    ]
}

fn held(report: Report, call: &str, what: &str, limit: Option<usize>, found: usize) -> Report {
    match limit {
        Some(limit) => report.at_most(&format!("{what} of «{call}»"), limit as f64, found as f64, ""),
        None => report,
    }
}
