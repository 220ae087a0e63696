//! What a call costs us when there is nothing to do: our own share, with the network taken away.
//!
//! The gate paces what goes to Graph, so a handler that is asked without pause would be measured at Microsoft's quota and
//! not at its own speed. Therefore each process is asked only as often as the gate lets through at once, and many processes
//! take turns; how fast it is when paced is a row of its own.

use super::callers::{Load, hammer};
use super::figures::{Report, Samples, ms, table};
use super::lab::{Ground, Lab};
use super::{people, wire};
use crate::Error;

/// How many calls each way of asking gets.
const CALLS: usize = 960;
/// How many resource units the gate lets through at once in a large tenant: a tenth of its quota of ten seconds.
const AT_ONCE: u64 = 800;
const MANY: usize = 16;
const PACED: usize = 200;
const DOOR: usize = 10_000;

/// # Errors
///
/// A call is not answered as it should be.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let mut ground = lab.tenant(&[]).await?;
    let hire = people::new_hire(1);
    hammer_once(&ground, &people::onboard(&hire))?;
    ground.settings.insert("M365_TENANT_SIZE".to_owned(), "l".to_owned());
    let preview = people::preview(&hire);
    let cost = cost(&ground, &preview).await?;
    let burst = usize::try_from(AT_ONCE * 8 / 10 / cost.max(1)).unwrap_or(1) / MANY * MANY;
    let mut rows = Vec::new();
    for callers in [1, MANY] {
        rows.push(row("preview, nothing to do", callers, &unpaced(&ground, &preview, callers, burst)?));
    }
    ground.settings.insert("M365_TENANT_SIZE".to_owned(), "s".to_owned());
    rows.push(row("the same, paced for a small tenant", MANY, &paced(&ground, &preview)?));
    for callers in [1, MANY] {
        rows.push(row("`GET /`: the door alone", callers, &door(&ground, callers)?));
    }
    let text = format!(
        "The tenant answers at once; it, the handler and the callers share the cores. The preview is for somebody who has everything: \
         two round trips to Graph, {cost} resource units, no write.\n\n{}",
        table(["Call", "callers", "calls", "p50", "p99", "calls a second"], &rows)
    );
    Ok(Report::new(text))
}

async fn cost(ground: &Ground, preview: &[u8]) -> Result<u64, Error> {
    ground.tenant.forget_transcript().await?;
    hammer_once(ground, preview)?;
    Ok(ground.traffic().await?.graph.cost)
}

/// One call of a process of its own.
fn hammer_once(ground: &Ground, request: &[u8]) -> Result<(), Error> {
    let handler = ground.ready_handler()?;
    hammer(handler.port, 1, &[request.to_vec()]).map(drop)
}

/// So many calls of each process that the gate holds up none; the first, which fetches the token, does not count.
fn unpaced(ground: &Ground, preview: &[u8], callers: usize, burst: usize) -> Result<Load, Error> {
    let mut load = Load::default();
    while load.times.len() < CALLS {
        let handler = ground.ready_handler()?;
        hammer(handler.port, 1, &[preview.to_vec()])?;
        load.add(hammer(handler.port, callers, &vec![preview.to_vec(); burst])?);
    }
    Ok(load)
}

fn paced(ground: &Ground, preview: &[u8]) -> Result<Load, Error> {
    let handler = ground.ready_handler()?;
    hammer(handler.port, MANY, &vec![preview.to_vec(); PACED])
}

fn door(ground: &Ground, callers: usize) -> Result<Load, Error> {
    let handler = ground.ready_handler()?;
    hammer(handler.port, callers, &vec![wire::request("GET", "/", None); DOOR])
}

fn row(name: &str, callers: usize, load: &Load) -> [String; 6] {
    let times = load.times.iter().copied().collect::<Samples>();
    let rate = times.len() as f64 / load.all.as_secs_f64();
    [
        name.to_owned(),
        callers.to_string(),
        times.len().to_string(),
        ms(times.median()),
        ms(times.percentile(99)),
        format!("{rate:.0}"),
    ]
}
