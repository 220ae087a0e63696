//! What is repeated, when, and what becomes of the rest.

use std::time::Duration;

use exchange::Exchange;
use graph::stack::TransportError;
use graph::{Error, Refusal, Response};
use serde_json::json;

use crate::mock::{Answer, client, done, empty, get, set, status, thrown, with};

const DUAL_WRITE: &str = "An Azure Active Directory call was made to keep object in sync between Azure Active Directory and Exchange Online. However, it failed. Detailed error message:";

fn dual_write(inner: &str) -> Answer {
    thrown(
        400,
        "Data.Directory.ADOperationException",
        &format!(
            "{DUAL_WRITE} {inner} The issue may be transient and please retry a couple of minutes later."
        ),
    )
}

fn told(answer: &Result<Response, Error>) -> String {
    match answer {
        Ok(_) => "done".to_owned(),
        Err(error) if error.is_unknown() => "unknown".to_owned(),
        Err(error) => error.refusal().map_or_else(|| error.to_string(), |refusal| format!("{refusal:?}")),
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_is_safe_to_repeat_is_repeated() {
    // What comes first; and what a read and a write make of it, when success would come next.
    type First = fn() -> Answer;
    let table: [(First, &str, &str); 20] = [
        (done, "done", "done"),
        (|| empty(status(429)), "done", "done"),
        (|| empty(status(503)), "done", "done"),
        // Another token.
        (|| empty(status(401)), "done", "done"),
        // It never ran.
        (|| thrown(400, "CmdletProxyNotAvailableFailure", "No proxy."), "done", "done"),
        (|| thrown(400, "Data.Directory.ServerBusyException", "Busy."), "done", "done"),
        // The directory is written to first, and refused.
        (|| dual_write("Concurrency violation."), "done", "done"),
        (|| dual_write("Resource 'x' does not exist."), "done", "done"),
        (
            || dual_write("on-premises mastered Directory Sync objects."),
            "SyncedFromOnPremises",
            "SyncedFromOnPremises",
        ),
        (|| dual_write("The value is not allowed."), "DualWrite", "DualWrite"),
        // It may have been under way.
        (|| thrown(400, "Data.Directory.ADTransientException", "A moment."), "done", "unknown"),
        (|| thrown(500, "BackendCommunicationException", "Lost."), "done", "unknown"),
        (|| empty(status(500)), "done", "unknown"),
        (|| empty(status(502)), "done", "unknown"),
        (|| empty(status(504)), "done", "unknown"),
        (|| Err(TransportError::lost("reset")), "done", "unknown"),
        (|| Err(TransportError::not_sent("no connection")), "done", "done"),
        // It ran, and said no.
        (
            || thrown(500, "Configuration.Tasks.ManagementObjectNotFoundException", "Not here."),
            "NotFound",
            "NotFound",
        ),
        (|| thrown(400, "A.MemberAlreadyExistsException", "Is."), "AlreadyMember", "AlreadyMember"),
        (|| empty(status(403)), "NoExchangeRole", "NoExchangeRole"),
    ];
    for (row, (first, read, write)) in table.into_iter().enumerate() {
        for (cmdlet, outcome) in [(get(), read), (set(), write)] {
            let (exchange, log) = client(move |_, place| if place == 0 { first() } else { done() });
            let answer = exchange.send(cmdlet).await;
            let attempts = if row > 0 && outcome == "done" { 2 } else { 1 };
            assert_eq!((told(&answer).as_str(), log.len()), (outcome, attempts), "row {row}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_waited_for_longer_each_time_within_the_patience() {
    let (exchange, log) = client(|_, _| thrown(400, "Data.Directory.ServerBusyException", "Busy."));
    let error = exchange.with_patience(Duration::from_secs(300)).send(set()).await.unwrap_err();
    assert!(error.is_throttled() && error.is_repeatable() && error.help().is_some(), "{error}");
    let waits = log.waits();
    assert!(waits.len() >= 6, "{waits:?}");
    for (wait, full) in waits.iter().zip([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
        assert!((full / 2..=full + 1).contains(wait), "{waits:?}");
    }
    assert!(waits.iter().sum::<u64>() <= 300_000, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn the_service_is_believed_when_it_says_how_long() {
    const DATE: (&str, &str) = ("date", "Sat, 21 Nov 2026 10:00:00 GMT");
    let table: [(&[(&str, &str)], u64); 6] = [
        (&[("retry-after", "7")], 7_000),
        (&[("retry-after", "7"), ("rate-limit-reset", "30")], 7_000),
        (&[("rate-limit-limit", "100"), ("rate-limit-remaining", "0"), ("rate-limit-reset", "12")], 12_000),
        (&[("rate-limit-reset", "2026-11-21T10:00:20.000Z"), DATE], 20_000),
        (&[("rate-limit-reset", "1795255215"), DATE], 15_000),
        (&[("rate-limit-reset", "2026-11-21T10:00:20.000Z"), DATE, ("retry-after", "3")], 3_000),
    ];
    for (headers, wait) in table {
        for code in [429, 503] {
            let (exchange, log) = client(move |_, place| match place {
                0 => empty(
                    headers.iter().fold(status(code), |answer, (name, text)| answer.header(*name, *text)),
                ),
                _ => done(),
            });
            exchange.send(set()).await.unwrap();
            assert_eq!(log.waits(), [wait], "{code} {headers:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_tells_nothing_is_as_none() {
    for text in ["soon", "-5", "2026-11-21T09:00:00Z"] {
        let (exchange, log) = client(move |_, place| match place {
            0 => empty(
                status(429).header("rate-limit-reset", text).header("date", "Sat, 21 Nov 2026 10:00:00 GMT"),
            ),
            _ => done(),
        });
        exchange.send(get()).await.unwrap();
        assert!((2_500..=5_001).contains(&log.waits()[0]), "{text} {:?}", log.waits());
    }
}

#[tokio::test(start_paused = true)]
async fn lag_is_waited_for_where_the_cmdlet_says_so() {
    let (exchange, log) = client(|_, place| match place {
        0..3 => thrown(404, "Configuration.Tasks.ManagementObjectNotFoundException", "Not here."),
        _ => done(),
    });
    exchange.send(get().not_yet(&[Refusal::NotFound])).await.unwrap();
    for (wait, full) in log.waits().into_iter().zip([2_000, 4_000, 8_000]) {
        assert!((full / 2..=full + 1).contains(&wait), "{:?}", log.waits());
    }
    assert_eq!(log.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_error_keeps_its_ids() {
    let (exchange, log) = client(|_, _| {
        let mut answer = with(400, &json!({"error": {"code": "BadRequest", "message": "No."}}))?;
        answer.headers_mut().insert("request-id", "r-1".parse().unwrap());
        Ok(answer)
    });
    let error = exchange.send(set()).await.unwrap_err();
    let sent = log.all()[0].headers()["client-request-id"].to_str().unwrap().to_owned();
    assert_eq!(
        (error.request_id(), error.client_request_id().map(|id| id.to_string())),
        (Some("r-1"), Some(sent))
    );
    assert_eq!(error.to_string(), "400 BadRequest: No.");
}
