//! Somebody leaves: how soon they are out, what the rest of it takes, and a hundred of them at once.
//!
//! The one who leaves is the tenant's Lidia Holloway, who has forty groups, three licences and five devices.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::figures::{Report, Samples, ms, table};
use super::lab::{Ground, LEAVING, Lab, Traffic};
use super::process::Running;
use super::wire::Connection;
use super::{leavers, people, runs};
use crate::Error;
use crate::error::Doing;

const LEAVER: &str = "LidiaH@contoso.com";
/// What the tenant takes for each answer.
const LATENCY: Duration = Duration::from_millis(50);
const PROCESSES: usize = 10;
const TRIPS: usize = 2;

/// # Errors
///
/// Somebody is not offboarded.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let ground = lab.tenant_of(&lab.leaving, &["--latency", &LATENCY.as_millis().to_string()]).await?;
    let parts = [out(&ground).await?, whole(&ground).await?, leavers::measure(lab).await?];
    Ok(parts.into_iter().fold(Report::default(), Report::and))
}

/// When somebody was out: blocked, and signed out everywhere.
struct Out {
    /// From the call until that was answered.
    time: Duration,
    /// Round trips to Graph until then, this one included.
    trips: usize,
    tokens: usize,
}

/// How soon they are out, for the first call of a process and for the next.
async fn out(ground: &Ground) -> Result<Report, Error> {
    let mut found = [Vec::new(), Vec::new()];
    for _ in 0..PROCESSES {
        let mut handler = ground.ready_handler()?;
        for found in &mut found {
            found.push(out_once(ground, &mut handler).await?);
        }
    }
    let most = found.iter().flatten().map(|out| out.trips).max().unwrap_or_default();
    let rows = ["first call of a process", "second call"].iter().zip(&found);
    let rows = rows.map(|(name, found)| out_row(name, found)).collect::<Vec<_>>();
    let head =
        ["Call", "calls", "min", "median", "p90", "round trips to Graph, at most", "target", "token fetches"];
    let text = format!(
        "From the call until blocking and revoking are answered, which travel in one batch; the tenant takes {} ms for each answer.\n\n{}",
        LATENCY.as_millis(),
        table(head, &rows)
    );
    Ok(Report::new(text).at_most("round trips until blocked and revoked", TRIPS as f64, most as f64, ""))
}

async fn out_once(ground: &Ground, handler: &mut Running) -> Result<Out, Error> {
    ground.tenant.control("POST", "reset", None).await?;
    let leaver = ground.tenant.account(LEAVER).await?.unwrap_or_default();
    let id = leaver["id"].as_str().unwrap_or(LEAVER);
    let mut caller = handler.connect()?;
    let called = Timestamp::now();
    let reply = caller.ask(&people::leave(id)).doing(|| "call the handler".to_owned())?;
    let transcript = ground.transcript().await?;
    let place = transcript.iter().position(blocks_and_revokes);
    let place = place.ok_or_else(|| Error::unmet("blocked and revoked in one batch", reply.told()))?;
    let before = Traffic::read(&transcript[..=place]);
    let time = arrived(&transcript[place])?.duration_since(called);
    let time = Duration::try_from(time).doing(|| "tell how long it took".to_owned())? + LATENCY;
    Ok(Out { time, trips: before.graph.trips, tokens: before.tokens })
}

fn blocks_and_revokes(entry: &Value) -> bool {
    let items = entry["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let done = |is: &dyn Fn(&Value) -> bool| items.iter().any(|item| item["wrote"] == true && is(item));
    let revokes =
        |item: &Value| item["url"].as_str().is_some_and(|url| url.ends_with("/revokeSignInSessions"));
    done(&|item| item["body"]["accountEnabled"] == false) && done(&revokes)
}

fn arrived(entry: &Value) -> Result<Timestamp, Error> {
    let time = entry["time"].as_str().unwrap_or_default();
    time.parse().doing(|| format!("read the time «{time}»"))
}

fn out_row(name: &str, found: &[Out]) -> [String; 8] {
    let times = found.iter().map(|out| out.time).collect::<Samples>();
    let most = |count: fn(&Out) -> usize| found.iter().map(count).max().unwrap_or_default();
    [
        name.to_owned(),
        found.len().to_string(),
        ms(times.min()),
        ms(times.median()),
        ms(times.percentile(90)),
        most(|out| out.trips).to_string(),
        format!("at most {TRIPS}"),
        most(|out| out.tokens).to_string(),
    ]
}

/// All of it, in a process of its own.
async fn whole(ground: &Ground) -> Result<Report, Error> {
    ground.tenant.control("POST", "reset", None).await?;
    let handler = ground.ready_handler()?;
    let mut caller = Connection::open(handler.port).doing(|| "connect to the handler".to_owned())?;
    let begun = Instant::now();
    let reply = caller.ask(&people::leave(LEAVER)).doing(|| "call the handler".to_owned())?;
    let answered = row("until the answer", begun.elapsed(), &seen(ground).await?);
    runs::follow(&mut caller, LEAVING, reply)?.succeeded()?;
    let over = row("what the run did when it went on", begun.elapsed(), &seen(ground).await?);
    let begun = Instant::now();
    runs::wait(&mut caller, LEAVING, &people::leave(LEAVER))?.succeeded()?;
    let nothing = seen(ground).await?;
    let again = row("the same again: nothing to do", begun.elapsed(), &nothing);
    let head = [
        "Call",
        "time since the call",
        "round trips to Graph",
        "requests in them",
        "that write",
        "cmdlets to Exchange",
        "that write",
        "token fetches",
    ];
    let writes = nothing.graph.writes + nothing.exchange.writes;
    Ok(Report::new(table(head, &[answered, over, again])).at_most(
        "writes of a repeated offboarding",
        0.0,
        writes as f64,
        "",
    ))
}

/// What went to the tenant since it was last looked at.
async fn seen(ground: &Ground) -> Result<Traffic, Error> {
    let traffic = ground.traffic().await?;
    ground.tenant.forget_transcript().await?;
    Ok(traffic)
}

fn row(name: &str, time: Duration, found: &Traffic) -> [String; 8] {
    let Traffic { graph, exchange, tokens, .. } = found;
    let counts = [graph.trips, graph.requests, graph.writes, exchange.requests, exchange.writes, *tokens];
    let [trips, requests, writes, cmdlets, that_write, tokens] = counts.map(|count| count.to_string());
    [name.to_owned(), ms(time), trips, requests, writes, cmdlets, that_write, tokens]
}
