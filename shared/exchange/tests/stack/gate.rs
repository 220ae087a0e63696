//! How many go at once, and who goes first.

use std::time::Duration;

use exchange::{Cmdlet, Exchange};
use futures_util::future::{join, join_all};
use tokio::time::Instant;

use crate::mock::{ENDPOINT, client, done, empty, over, status, wire};

const A_SECOND: Duration = Duration::from_secs(1);

fn of(name: &str) -> Cmdlet {
    Cmdlet::new("Get-Mailbox").identity(name)
}

#[tokio::test(start_paused = true)]
async fn at_most_three_run_at_once() {
    let (wire, log) = wire(A_SECOND, |_, _| done());
    let exchange = over(wire, ENDPOINT);
    let names: Vec<_> = (0..7).map(|n| n.to_string()).collect();
    let answers = join_all(names.iter().map(|name| exchange.send(of(name)))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(log.times(), [0, 0, 0, 1_000, 1_000, 1_000, 2_000]);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_waited_for_goes_first() {
    let (wire, log) = wire(A_SECOND, |_, _| done());
    let exchange = over(wire, ENDPOINT);
    let bulk = exchange.bulk();
    let crowd = join_all(["1", "2", "3", "4", "5", "6"].map(|name| bulk.send(of(name))));
    let (_, answer) = join(crowd, exchange.send(of("waited for"))).await;
    assert!(answer.is_ok());
    let place = log.identities().iter().position(|identity| identity == "waited for");
    assert_eq!(
        place.map(|place| log.times()[place]),
        Some(1_000),
        "in the order of asking it would be 2,000"
    );
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_gives_its_slot_back() {
    let (wire, log) = wire(A_SECOND, |_, _| done());
    let exchange = over(wire, ENDPOINT);
    for _ in 0..2 {
        let crowd = join_all((0..5).map(|n| exchange.send(of(&n.to_string()))));
        let gone = tokio::time::timeout(A_SECOND / 2, crowd).await;
        assert!(gone.is_err());
    }
    let begun = Instant::now();
    exchange.send(of("last")).await.unwrap();
    assert_eq!((begun.elapsed(), log.len()), (A_SECOND, 7));
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_not_held_between_attempts() {
    let (exchange, log) =
        client(|request, _| match String::from_utf8_lossy(request.body()).contains("busy") {
            true => empty(status(500)),
            false => done(),
        });
    let exchange = exchange.with_patience(Duration::from_secs(30));
    let busy = join_all((0..3).map(|_| exchange.send(of("busy"))));
    let other = async {
        tokio::time::sleep(A_SECOND).await;
        exchange.send(of("other")).await
    };
    let (_, other) = join(busy, other).await;
    assert!(other.is_ok());
    assert_eq!(log.times()[3], 1_000, "three of them wait for their next attempt");
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_for_too_long_is_told() {
    let (wire, log) = wire(A_SECOND * 50, |_, _| done());
    let exchange = over(wire, ENDPOINT).with_patience(A_SECOND * 20);
    let answers = join_all(["1", "2", "3", "4"].map(|name| exchange.send(of(name)))).await;
    let error = answers[3].as_ref().unwrap_err();
    assert!(error.is_throttled() && error.to_string().contains("not sent"), "{error}");
    assert_eq!(log.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn while_one_was_told_to_wait_all_do() {
    let (exchange, log) = client(|_, place| match place {
        0 => empty(status(429).header("retry-after", "12")),
        _ => done(),
    });
    let later = async {
        tokio::time::sleep(A_SECOND).await;
        exchange.send(of("2")).await
    };
    let (first, second) = join(exchange.send(of("1")), later).await;
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(log.times(), [0, 12_000, 12_000]);
}
