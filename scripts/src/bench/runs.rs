//! A run that goes on after its answer: looked at until it is over, as a flow does.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::wire::{self, Connection, Reply};
use crate::Error;
use crate::error::Doing;

/// How long to wait at least between two looks at a run that is worked on; at most, lest the connection grow cold.
const BETWEEN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// Asks a function for something, and waits until its run is over, however it ended.
///
/// # Errors
///
/// There is no answer.
pub(super) fn wait(connection: &mut Connection, function: &str, request: &[u8]) -> Result<Reply, Error> {
    let reply = connection.ask(request).doing(|| "call the handler".to_owned())?;
    follow(connection, function, reply)
}

/// Waits until the run that was answered so is over, however it ended.
///
/// # Errors
///
/// There is no answer.
pub(super) fn follow(connection: &mut Connection, function: &str, mut reply: Reply) -> Result<Reply, Error> {
    while reply.status == 202 {
        reply = look(connection, function, &reply)?;
    }
    Ok(reply)
}

/// Waits until the run that was answered so is over, or has done something and is to go on at another time.
///
/// # Errors
///
/// There is no answer.
pub(super) fn step(connection: &mut Connection, function: &str, mut reply: Reply) -> Result<Reply, Error> {
    let time = |reply: &Reply| reply.outcome()["goesOn"].as_str().map(str::to_owned);
    let before = time(&reply);
    while reply.status == 202 && time(&reply).is_none_or(|at| Some(at) == before) {
        reply = look(connection, function, &reply)?;
    }
    Ok(reply)
}

/// Looks what has become of a run when it may be worth while.
fn look(connection: &mut Connection, function: &str, reply: &Reply) -> Result<Reply, Error> {
    let outcome = reply.outcome();
    let run = outcome["run"].as_str().ok_or_else(|| Error::unmet("a run", outcome.to_string()))?;
    std::thread::park_timeout(pause(&outcome));
    let look = wire::request("GET", &format!("/api/{function}/runs/{run}"), None);
    connection.ask(&look).doing(|| "look at the run".to_owned())
}

/// Until the run goes on by itself, or a moment.
fn pause(outcome: &Value) -> Duration {
    let at = outcome["goesOn"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let left = at.and_then(|at| Duration::try_from(at.duration_since(Timestamp::now())).ok());
    left.unwrap_or_default().clamp(BETWEEN.0, BETWEEN.1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_is_looked_at_when_it_goes_on_and_every_few_seconds_before() {
        let table = [
            (json!({"status": "running"}), BETWEEN.0),
            (json!({"goesOn": "2026-03-02T08:00:00Z"}), BETWEEN.0),
            (json!({"goesOn": "9999-01-01T00:00:00Z"}), BETWEEN.1),
        ];
        for (outcome, expected) in table {
            assert_eq!(pause(&outcome), expected, "{outcome}");
        }
    }
}
