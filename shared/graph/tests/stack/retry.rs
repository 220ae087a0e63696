//! What is repeated, when, and how often.

use std::time::Duration;

use futures_util::future::join_all;
use graph::stack::Retry;
use graph::{Call, Error, Refusal, Response};
use tokio::time::Instant;
use tower::ServiceExt;

use crate::mock::{answer, calls, read_of, reading, writing};

type Answer = fn() -> Result<Response, Error>;

fn told(answer: &Result<Response, Error>) -> String {
    match answer {
        Ok(response) => response.status.to_string(),
        Err(error) if error.is_unknown() => "unknown".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_is_safe_to_repeat_is_repeated() {
    // What comes first; and what a read and a write make of it, when 200 would come next.
    let table: [(Answer, &str, &str); 15] = [
        (|| Ok(answer(204, &[])), "204", "204"),
        (|| Ok(answer(429, &[])), "200", "200"),
        (|| Ok(answer(503, &[])), "200", "200"),
        (|| Ok(answer(509, &[])), "200", "200"),
        (|| Ok(answer(409, &[])), "200", "200"),
        (|| Ok(answer(500, &[])), "200", "unknown"),
        (|| Ok(answer(502, &[])), "200", "unknown"),
        (|| Ok(answer(504, &[])), "200", "unknown"),
        (|| Ok(answer(504, &[("retry-after", "1")])), "200", "unknown"),
        (|| Ok(answer(400, &[])), "400", "400"),
        (|| Ok(answer(403, &[])), "403", "403"),
        (|| Ok(answer(404, &[])), "404", "404"),
        (|| Err(Error::unreachable("not sent", None)), "200", "200"),
        (|| Err(Error::unknown("lost", None)), "unknown", "unknown"),
        (|| Err(Error::failed("no token", None)), "no token", "no token"),
    ];
    for (first, read, write) in table {
        for (call, outcome) in [(reading("1"), read), (writing("1"), write)] {
            let (below, log) = calls(move |_, place| if place == 0 { first() } else { Ok(answer(200, &[])) });
            let got = Retry::over(below).oneshot(call.clone()).await;
            let attempts = if outcome == "200" { 2 } else { 1 };
            assert_eq!(
                (told(&got).as_str(), log.len()),
                (outcome, attempts),
                "{first:?}",
                first = told(&first())
            );
            assert_eq!(call.tally.attempts() as usize, attempts);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_write_keeps_the_request_id_of_what_came() {
    let (below, _) = calls(|_, _| Ok(answer(504, &[("request-id", "r-1")])));
    let error = Retry::over(below).oneshot(writing("1")).await.unwrap_err();
    assert_eq!((error.is_unknown(), error.request_id()), (true, Some("r-1")));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_believed_in_every_shape() {
    let date = ("date", "Sat, 21 Nov 2026 10:00:00 GMT");
    let table = [
        (Some("10"), 10_000..=10_000),
        (Some("2.128"), 2_128..=2_128),
        (Some("Sat, 21 Nov 2026 10:00:07 GMT"), 7_000..=7_000),
        (Some("0"), 500..=1_001),
        (Some("soon"), 500..=1_001),
        (None, 500..=1_001),
    ];
    for (text, expected) in table {
        let (below, log) = calls(move |_, place| match (place, text) {
            (0, Some(text)) => Ok(answer(429, &[("retry-after", text), date])),
            (0, None) => Ok(answer(429, &[])),
            _ => Ok(answer(200, &[])),
        });
        let call = writing("1");
        Retry::over(below).oneshot(call.clone()).await.unwrap();
        assert!(expected.contains(&log.times()[1]), "{text:?}: {:?}", log.times());
        assert!(call.tally.waited() >= Duration::from_millis(*expected.start()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_patience_is_not_begun() {
    let (below, log) = calls(|_, _| Ok(answer(429, &[("retry-after", "61")])));
    let got = Retry::over(below).oneshot(reading("1")).await.unwrap();
    assert_eq!((got.status, log.len()), (429, 1));
    assert!(Error::refused(&got).is_throttled());
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_patience_that_is_left() {
    let (below, log) = calls(|_, place| match place {
        0 => Ok(answer(429, &[("retry-after", "20")])),
        _ => Ok(answer(200, &[])),
    });
    Retry::over(below).oneshot(reading("1")).await.unwrap();
    let patience: Vec<_> = log.all().iter().map(|call| call.patience.as_secs()).collect();
    assert_eq!(patience, [60, 40]);
}

#[tokio::test(start_paused = true)]
async fn lag_is_waited_for_within_the_patience() {
    let (below, log) = calls(|_, _| Ok(answer(404, &[])));
    let call =
        Call { patience: Duration::from_secs(20), ..Call::new(read_of("new").not_yet(&[Refusal::NotFound])) };
    let begun = Instant::now();
    let got = Retry::over(below).oneshot(call).await.unwrap();
    assert_eq!(got.status, 404, "the refusal itself, in the end");
    assert!(begun.elapsed() <= Duration::from_secs(20));
    let times = log.times();
    let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (wait, full) in waits.iter().zip([500, 1000, 2000, 4000, 5000, 5000]) {
        assert!((full / 2..=full + 1).contains(wait), "{waits:?}");
    }
    assert!(waits.len() >= 4, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn faults_are_repeated_within_a_budget_that_all_calls_share() {
    let (below, log) = calls(|_, _| Ok(answer(500, &[])));
    let retry = Retry::over(below);
    let impatient = || Call { patience: Duration::from_secs(5), ..reading("1") };
    join_all((0..100).map(|_| retry.clone().oneshot(impatient()))).await;
    // 100 first attempts, a fifth of them again, and the reserve of 2 a second for 10 s.
    assert_eq!(log.len(), 100 + 20 + 20);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_says_at_once_is_neither_hammered_nor_asked_beyond_the_budget() {
    let (below, log) = calls(|_, _| Ok(answer(429, &[("retry-after", "0")])));
    let retry = Retry::over(below);
    retry.clone().oneshot(reading("1")).await.unwrap();
    assert!(log.len() <= 8, "waits double as after a fault: {:?}", log.times());
    let before = log.len();
    let impatient = || Call { patience: Duration::from_secs(5), ..reading("1") };
    join_all((0..100).map(|_| retry.clone().oneshot(impatient()))).await;
    let all = 100 + 20 + 20;
    assert!(log.len() - before <= all, "{} of {all}, as for faults", log.len() - before);
}

#[tokio::test(start_paused = true)]
async fn throttling_and_lag_do_not_draw_on_the_budget() {
    let table: [(Answer, Call); 3] = [
        (|| Ok(answer(429, &[])), reading("1")),
        (|| Ok(answer(503, &[("retry-after", "1")])), reading("1")),
        (|| Ok(answer(404, &[])), Call::new(read_of("1").not_yet(&[Refusal::NotFound]))),
    ];
    for (first, call) in table {
        let (below, _) = calls(move |_, place| if place < 100 { first() } else { Ok(answer(200, &[])) });
        let retry = Retry::over(below);
        let fresh = || Call { tally: Default::default(), ..call.clone() };
        let answers = join_all((0..100).map(|_| retry.clone().oneshot(fresh()))).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(Response::is_success)));
    }
}
