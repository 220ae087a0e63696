//! Who asks what is asked already, and still in line.

use std::time::Duration;

use exchange::{Cmdlet, Exchange, InvokeCommand};
use futures_util::future::{join, join_all};
use futures_util::poll;
use serde_json::{Value, json};

use crate::mock::{Answer, ENDPOINT, Http, Log, client, done, over, set, thrown, wire, with};

const A_SECOND: Duration = Duration::from_secs(1);

fn of(name: &str) -> Cmdlet {
    Cmdlet::new("Get-Mailbox").identity(name)
}

/// An Exchange Online that takes a second for each answer, and has three to work on, so that whatever comes is in line.
async fn busy(answer: impl Fn(&Http, usize) -> Answer + Send + Sync + 'static) -> (InvokeCommand, Log) {
    let (wire, log) = wire(A_SECOND, answer);
    let exchange = over(wire, ENDPOINT);
    for name in ["1", "2", "3"] {
        let exchange = exchange.clone();
        tokio::spawn(async move { exchange.send(of(name)).await });
    }
    tokio::time::sleep(A_SECOND / 10).await;
    assert_eq!(log.len(), 3);
    (exchange, log)
}

/// Whom was asked about besides the three, and when.
fn further(log: &Log) -> Vec<(Value, u64)> {
    log.identities().into_iter().zip(log.times()).skip(3).collect()
}

#[tokio::test(start_paused = true)]
async fn equal_readings_in_line_share_one_answer() {
    let (exchange, log) = busy(|_, place| with(200, &json!({"value": [place]}))).await;
    let answers = join_all((0..5).map(|_| exchange.send(of("x")))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().body["value"] == json!([3])), "{answers:?}");
    assert_eq!(further(&log), [("x".into(), 1_000)]);
}

#[tokio::test(start_paused = true)]
async fn one_that_has_left_is_not_joined() {
    let (wire, log) = wire(A_SECOND, |_, place| with(200, &json!({"value": [place]})));
    let exchange = over(wire, ENDPOINT);
    let later = async {
        tokio::time::sleep(A_SECOND / 2).await;
        exchange.send(of("x")).await
    };
    let (first, later) = join(exchange.send(of("x")), later).await;
    assert_eq!((&first.unwrap().body["value"], &later.unwrap().body["value"]), (&json!([0]), &json!([1])));
    assert_eq!(log.times(), [0, 500], "what is told was read after it was asked for");
}

#[tokio::test(start_paused = true)]
async fn what_is_tried_again_is_not_joined_either() {
    let (exchange, log) = client(|_, place| match place {
        0 => thrown(400, "Data.Directory.ServerBusyException", "Busy."),
        _ => done(),
    });
    let later = async {
        tokio::time::sleep(A_SECOND).await;
        exchange.send(of("x")).await
    };
    let (first, later) = join(exchange.send(of("x")), later).await;
    assert!(first.is_ok() && later.is_ok());
    assert_eq!((log.len(), log.times()[1]), (3, 1_000));
}

#[tokio::test(start_paused = true)]
async fn only_equal_readings_are_joined() {
    let table = [
        (of("x"), of("x"), 1),
        (of("x"), of("y"), 2),
        (of("x"), Cmdlet::new("Get-Recipient").identity("x"), 2),
        (of("x"), of("x").parameter("Archive", true), 2),
        (of("x"), of("x").select(&["DisplayName"]), 2),
        (set(), set(), 2),
    ];
    for (first, second, sent) in table {
        let (exchange, log) = busy(|_, _| done()).await;
        let (one, other) = join(exchange.send(first.clone()), exchange.send(second.clone())).await;
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(further(&log).len(), sent, "{first:?} {second:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_waited_for_does_not_wait_behind_what_nobody_waits_for() {
    let (exchange, log) = busy(|_, _| done()).await;
    let bulk = exchange.bulk();
    let crowd = join_all(["4", "5", "6", "x", "x"].map(|name| bulk.send(of(name))));
    let (_, answer) = join(crowd, exchange.send(of("x"))).await;
    assert!(answer.is_ok());
    let of_x: Vec<_> = further(&log).into_iter().filter(|(name, _)| name == "x").collect();
    assert_eq!(of_x, [("x".into(), 1_000), ("x".into(), 2_000)], "behind the others it would be 2,000");
}

#[tokio::test(start_paused = true)]
async fn who_has_less_patience_asks_alone() {
    let (exchange, log) = busy(|_, _| done()).await;
    let patient = exchange.with_patience(A_SECOND * 90);
    let less = join(patient.send(of("x")), exchange.send(of("x")));
    let more = join(exchange.send(of("y")), patient.send(of("y")));
    let ((_, less), (_, more)) = join(less, more).await;
    assert!(less.is_ok() && more.is_ok());
    let names: Vec<_> = further(&log).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["x", "x", "y"]);
}

#[tokio::test(start_paused = true)]
async fn a_question_outlives_whoever_asked_it_first() {
    let (exchange, log) = busy(|_, _| done()).await;
    let mut first = Box::pin(exchange.send(of("x")));
    let mut second = Box::pin(exchange.send(of("x")));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    drop(first);
    second.await.unwrap();
    assert_eq!(further(&log), [("x".into(), 1_000)]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_is_neither_sent_nor_joined() {
    let (exchange, log) = busy(|_, _| done()).await;
    let mut first = Box::pin(exchange.send(of("x")));
    assert!(poll!(&mut first).is_pending());
    drop(first);
    let gone = exchange.send(of("y"));
    join(gone, exchange.send(of("x"))).await.1.unwrap();
    let names: Vec<_> = further(&log).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["y", "x"], "a new place in line");
}

#[tokio::test(start_paused = true)]
async fn where_the_first_one_fails_the_others_ask_anew_together() {
    let (exchange, log) = busy(|_, place| match place {
        3 => thrown(400, "A.SomethingNewException", "No."),
        _ => done(),
    })
    .await;
    let more = ["4", "5", "6", "7", "8", "9"].map(|name| exchange.send(of(name)));
    let (answers, _) = join(join_all((0..4).map(|_| exchange.send(of("x")))), join_all(more)).await;
    let told: Vec<_> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(told, [false, true, true, true]);
    assert_eq!(further(&log).iter().filter(|(name, _)| name == "x").count(), 2);
}
