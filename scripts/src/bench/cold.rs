//! The first business call of a process: what a caller waits for when the platform had let the function go to sleep.

use super::figures::{Report, Samples, millis, ms, table};
use super::lab::Lab;
use super::people;
use crate::Error;

const RUNS: usize = 20;
const TARGET_MS: f64 = 30.0;

/// # Errors
///
/// A call is not answered.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let ground = lab.tenant(&[]).await?;
    let request = people::preview(&people::new_hire(1));
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let (reply, time) = ground.handler()?.first(&request)?;
        reply.succeeded()?;
        times.push(time);
    }
    let (times, traffic) = (times.into_iter().collect::<Samples>(), ground.traffic().await?);
    let each = |count: usize| format!("{}", count as f64 / RUNS as f64);
    let head = ["Call", "min", "median", "p90", "token fetches", "round trips to Graph"];
    let row = [
        "preview of an onboarding".to_owned(),
        ms(times.min()),
        ms(times.median()),
        ms(times.percentile(90)),
        each(traffic.tokens),
        each(traffic.graph.trips),
    ];
    let text = format!(
        "From starting the process to the 200 of its first call, {RUNS} processes, the tenant answering at once: settings, HTTP client \
         with the machine's root certificates, token, one batch of reads, plan.\n\n{}",
        table(head, &[row])
    );
    Ok(Report::new(text).at_most("cold call, median", TARGET_MS, millis(times.median()), " ms"))
}
