//! How many go at once, and who goes first.

use std::time::Duration;

use exchange::{Cmdlet, Exchange};
use futures_util::future::{join, join_all};

use crate::mock::{ENDPOINT, client, done, empty, over, set, status, wire};

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
async fn who_goes_away_gives_up_its_place_in_line_and_its_slot_when_the_answer_is_there() {
    let (wire, log) = wire(A_SECOND, |_, _| done());
    let exchange = over(wire, ENDPOINT);
    let names: Vec<_> = (0..5).map(|n| n.to_string()).collect();
    let crowd = join_all(names.iter().map(|name| exchange.send(of(name))));
    let gone = tokio::time::timeout(A_SECOND / 2, crowd).await;
    assert!(gone.is_err());
    exchange.send(of("last")).await.unwrap();
    assert_eq!(log.times(), [0, 0, 0, 1_000], "Exchange Online works on three of them until then");
    assert_eq!(log.identities().last().unwrap(), "last");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_has_left_is_made_although_nobody_waits_for_it() {
    let (wire, log) = wire(A_SECOND, |_, _| done());
    let exchange = over(wire, ENDPOINT);
    let gone = tokio::time::timeout(A_SECOND / 2, join_all((0..4).map(|_| exchange.send(set())))).await;
    assert!(gone.is_err());
    assert_eq!((log.len(), log.answered()), (3, 0));
    tokio::time::sleep(A_SECOND).await;
    assert_eq!((log.len(), log.answered()), (3, 3), "the fourth never left");
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_not_held_between_attempts() {
    let (exchange, log) =
        client(|request, _| match String::from_utf8_lossy(request.body()).contains("busy") {
            true => empty(status(500)),
            false => done(),
        });
    let exchange = exchange.with_patience(Duration::from_secs(30));
    let busy = join_all(["busy 1", "busy 2", "busy 3"].map(|name| exchange.send(of(name))));
    let other = async {
        tokio::time::sleep(A_SECOND).await;
        exchange.send(of("other")).await
    };
    let (_, other) = join(busy, other).await;
    assert!(other.is_ok());
    assert_eq!(log.times()[3], 1_000, "three of them wait for their next attempt");
}

#[tokio::test(start_paused = true)]
async fn who_would_stand_in_line_for_too_long_is_told() {
    let (wire, log) = wire(A_SECOND * 55, |_, _| done());
    let exchange = over(wire, ENDPOINT);
    let names: Vec<_> = (0..19).map(|n| n.to_string()).collect();
    let answers = join_all(names.iter().map(|name| exchange.send(of(name)))).await;
    let (answered, told) = answers.split_at(18);
    assert!(answered.iter().all(Result::is_ok), "{answered:?}");
    let error = told[0].as_ref().unwrap_err();
    assert!(error.is_throttled() && error.to_string().contains("not sent"), "{error}");
    assert_eq!(log.times().last(), Some(&275_000));
}

#[tokio::test(start_paused = true)]
async fn who_stood_in_line_has_all_its_patience_left() {
    let (wire, log) = wire(A_SECOND * 50, |_, place| match place {
        6 => empty(status(500)),
        _ => done(),
    });
    let exchange = over(wire, ENDPOINT);
    let answers = join_all(["1", "2", "3", "4", "5", "6", "7"].map(|name| exchange.send(of(name)))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!((log.times()[6], log.len()), (100_000, 8), "it was tried once more");
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
