//! Seats that are promised: two runs never both have the last one.

use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use journal::{RunId, RunKey};
use plan::{Approval, Job, LEASE, Outcome, RunStatus, Runner, Stop, Task};
use serde_json::json;

use crate::service::{LATER, NOW, Post, Service, job, run};
use crate::undo::undo;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// What becomes of a run that is asked for this.
async fn ask(runner: &Runner, stages: &[&[&str]]) -> Result<Outcome, Stop> {
    run(runner, &job(stages), &Approval::None).await.1
}

/// Whether there was a seat.
fn was_given(outcome: &Result<Outcome, Stop>) -> bool {
    let outcome = outcome.as_ref().unwrap();
    let is_short = outcome.findings.iter().any(|finding| finding.code == "licence-none-left");
    assert_ne!(outcome.succeeded(), is_short, "{outcome:#?}");
    !is_short
}

/// Of two runs the first waits for an answer until the second is over.
async fn while_it_waits(
    service: &Service,
    line: &'static str,
    first: &[&[&str]],
    second: &[&[&str]],
) -> [Result<Outcome, Stop>; 2] {
    let (gate, runner) = (service.hold(line), service.runner_from(NOW));
    let second = async {
        gate.reached().await;
        let ended = ask(&runner, second).await;
        gate.open();
        ended
    };
    tokio::join!(ask(&runner, first), second).into()
}

#[tokio::test(start_paused = true)]
async fn of_two_runs_that_want_the_last_seat_one_has_it_and_the_other_is_told() {
    let service = Service::with_free(&[("E3", 1)]);
    let [first, second] =
        while_it_waits(&service, "POST /groups/a", &[&["a"], &["E3"]], &[&["b"], &["E3"]]).await;
    assert!(was_given(&first) && !was_given(&second));
    let second = second.unwrap();
    assert_eq!(second.status, RunStatus::Refused);
    let says = &second.findings[0].says;
    for told in ["post E3", "Free: 1", "promised to runs that are under way: 1", "ask again"] {
        assert!(says.contains(told), "{says}");
    }
    assert_eq!(service.asked(), ["POST /groups/a", "POST /groups/E3"], "nothing of the second was sent");
}

#[tokio::test(start_paused = true)]
async fn whoever_has_read_the_stock_before_the_last_seat_went_looks_again() {
    for (free, given) in [(1, false), (2, true)] {
        let service = Service::with_free(&[("E3", free)]);
        let [late, quick] =
            while_it_waits(&service, "GET /organization", &[&["b"], &["E3"]], &[&["E3"]]).await;
        assert!(was_given(&quick));
        assert_eq!(was_given(&late), given, "{free} free");
        assert_eq!(service.free("E3"), (free - 2).max(0));
        let looks = service.ledger.events().iter().filter(|event| *event == "GET /organization").count();
        assert_eq!(looks, if given { 2 } else { 3 }, "only where it makes a difference");
    }
}

#[tokio::test(start_paused = true)]
async fn a_promise_ends_once_its_seat_is_taken_though_the_run_is_not_over() {
    let service = Service::with_free(&[("E3", 2)]);
    let [first, second] =
        while_it_waits(&service, "POST /groups/a", &[&["E3"], &["a"]], &[&["E3"], &["b"]]).await;
    assert!(was_given(&first) && was_given(&second), "it is not counted twice");
}

#[tokio::test(start_paused = true)]
async fn a_promise_ends_with_its_run_whatever_became_of_it() {
    let no = json!({"error": {"code": "Request_BadRequest", "message": "no"}});
    let service = Service::answering([("POST /groups/a", 400, no)]);
    service.stock(&[("E3", 1)]);
    let runner = service.runner_from(NOW);
    assert_eq!(ask(&runner, &[&["a"], &["E3"]]).await.unwrap().status, RunStatus::Refused);
    assert!(was_given(&ask(&runner, &[&["E3"]]).await));
}

#[tokio::test(start_paused = true)]
async fn of_several_seats_all_are_promised_or_none() {
    let service = Service::with_free(&[("E3", 1), ("E5", 1)]);
    let runner = service.runner_from(NOW);
    let (gate, both) = (service.hold("POST /groups/a"), &[&["b", "E5", "E3"][..]]);
    let meanwhile = async {
        gate.reached().await;
        let refused = ask(&runner, both).await;
        let other = ask(&runner, &[&["E3"]]).await;
        gate.open();
        [refused, other]
    };
    let (first, [refused, other]) = tokio::join!(ask(&runner, &[&["a"], &["E5"]]), meanwhile);
    assert!(was_given(&first) && !was_given(&refused));
    assert!(was_given(&other), "what was granted to the one that fell short was given back");
    assert!(!service.asked().contains(&"POST /groups/b".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_preview_promises_nothing_and_a_plan_without_seats_asks_nobody() {
    let service = Service::with_free(&[("E3", 1)]);
    let runner = service.runner_from(NOW);
    runner.preview::<Post>(&job(&[&["E3"]])).await.unwrap();
    ask(&runner, &[&["a"]]).await.unwrap();
    assert!(service.ledger.events().iter().all(|event| event != "page" && event != "turn"));
}

#[tokio::test(start_paused = true)]
async fn seats_are_promised_before_the_plan_is_let_pass_and_end_after_the_status_is_written() {
    let service = Service::with_free(&[("E3", 1)]);
    ask(&service.runner_from(NOW), &[&["E3"]]).await.unwrap();
    let events = service.ledger.events();
    let expected =
        ["page", "turn", "planned", "POST /groups/E3", "changed", "page", "turn", "finished", "forget"];
    assert_eq!(events[3..], expected);
}

#[tokio::test(start_paused = true)]
async fn what_a_guard_rail_forbids_is_promised_nothing() {
    let service = Service::with_free(&[("E3", 1)]);
    let runner = service.runner(json!({"skus": []}));
    assert!(matches!(ask(&runner, &[&["E3"]]).await, Err(Stop::Forbidden(_))));
    assert!(!service.ledger.events().contains(&"turn".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn where_the_ledger_cannot_be_used_nothing_is_sent() {
    for broken in ["page", "turn"] {
        let service = Service::with_free(&[("E3", 1)]);
        service.ledger.fail(broken);
        assert!(
            matches!(ask(&service.runner_from(NOW), &[&["E3"]]).await, Err(Stop::Journal(_))),
            "{broken}"
        );
        assert!(service.asked().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_promise_that_cannot_be_ended_costs_no_outcome() {
    let service = Service::with_free(&[("E3", 2)]);
    service.ledger.fail_after("turn", 1);
    assert!(was_given(&ask(&service.runner_from(NOW), &[&["E3"]]).await));
    service.ledger.mend();
    assert!(!was_given(&ask(&service.runner_from(NOW), &[&["E3"], &["b"]]).await));
    let after = service.runner_from(NOW + LEASE + SECOND);
    assert!(was_given(&ask(&after, &[&["E3"], &["b"]]).await), "it ends by itself");
}

/// A run that dies after it was promised the last seat, before anything is sent.
async fn dead(service: &Service) -> RunKey {
    service.ledger.fail("planned");
    let (key, died) = run(&service.runner_from(NOW), &job(&[&["E3"]]), &Approval::None).await;
    assert!(matches!(died, Err(Stop::Journal(_))), "{died:?}");
    service.ledger.mend();
    key
}

#[tokio::test(start_paused = true)]
async fn the_dead_hold_a_seat_for_as_long_as_their_lease_and_no_longer() {
    let service = Service::with_free(&[("E3", 1)]);
    dead(&service).await;
    let other = &[&["b"][..], &["E3"]];
    assert!(!was_given(&ask(&service.runner_from(NOW), other).await));
    assert!(was_given(&ask(&service.runner_from(NOW + LEASE + SECOND), other).await));
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_again_after_a_death_is_not_kept_out_by_the_dead() {
    let service = Service::with_free(&[("E3", 1)]);
    dead(&service).await;
    assert!(was_given(&ask(&service.runner_from(NOW), &[&["E3"]]).await));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_taken_up_is_promised_its_seat_anew() {
    let taken_up = async |other_asks: bool| {
        let service = Service::with_free(&[("E3", 1)]);
        let key = dead(&service).await;
        let later = service.runner_from(NOW + LEASE + SECOND);
        let gate = service.hold("POST /groups/b");
        let other = async {
            if other_asks {
                assert!(was_given(&ask(&later, &[&["b"], &["E3"]]).await));
            }
        };
        let take_up = async {
            if other_asks {
                gate.reached().await;
            }
            let ended = later.take_up::<Post>(&key).await;
            gate.open();
            ended
        };
        was_given(&tokio::join!(other, take_up).1)
    };
    assert!(taken_up(false).await);
    assert!(!taken_up(true).await, "somebody else has been promised it meanwhile");
}

/// A run that has joined a group which hands a seat out, and that has been asked for this besides.
async fn by_group(service: &Service, besides: &[&str]) -> (RunKey, Outcome) {
    let stages = [&["E3-by-group"][..], besides];
    let (key, outcome) = run(&service.runner_from(NOW), &job(&stages), &Approval::None).await;
    (key, outcome.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_seat_that_comes_by_a_group_stays_promised_for_a_while_after_its_run() {
    let service = Service::with_free(&[("E3", 1)]);
    assert!(by_group(&service, &["a"]).await.1.succeeded());
    assert!(!was_given(&ask(&service.runner_from(NOW), &[&["E3"]]).await));
    assert!(was_given(&ask(&service.runner_from(NOW + LEASE + SECOND), &[&["E3"]]).await));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_keeps_what_has_not_come_until_it_ends() {
    let service = Service::with_free(&[("E3", 1)]);
    let (key, outcome) = by_group(&service, &["waits", "a"]).await;
    assert_eq!(outcome.goes_on, Some(LATER));
    let just_before = service.runner_from(LATER - SECOND);
    assert!(!was_given(&ask(&just_before, &[&["E3"]]).await));
    assert!(undo(&just_before, &key).await.unwrap().succeeded());
    assert!(was_given(&ask(&just_before, &[&["E3"]]).await), "what is taken back is promised no more");
}

#[tokio::test(start_paused = true)]
async fn a_promise_ends_with_the_part_of_a_run_whose_plan_does_not_name_the_seat_any_more() {
    for (named, given) in [(true, false), (false, true)] {
        let service = Service::with_free(&[("E3", 1)]);
        let (key, _) = by_group(&service, &["waits", "a"]).await;
        if !named {
            service.unlist("E3");
        }
        service.runner_from(NOW + LEASE).take_up::<Post>(&key).await.unwrap();
        service.stock(&[("E3", 1)]);
        assert_eq!(was_given(&ask(&service.runner_from(LATER), &[&["E3"]]).await), given, "{named}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_does_not_keep_what_it_has_taken() {
    let service = Service::with_free(&[("E3", 2)]);
    let first = ask(&service.runner_from(NOW), &[&["E3"], &["waits", "a"]]).await.unwrap();
    assert_eq!(first.status, RunStatus::GoesOn);
    assert!(was_given(&ask(&service.runner_from(NOW), &[&["E3"]]).await));
}

#[tokio::test(start_paused = true)]
async fn an_undo_gives_the_seat_back() {
    let service = Service::with_free(&[("E3", 1)]);
    let runner = service.runner_from(NOW);
    let (key, first) = run(&runner, &job(&[&["E3"]]), &Approval::None).await;
    assert!(was_given(&first) && !was_given(&ask(&runner, &[&["b"], &["E3"]]).await));
    assert!(undo(&runner, &key).await.unwrap().succeeded());
    assert!(was_given(&ask(&runner, &[&["b"], &["E3"]]).await));
}

#[tokio::test(start_paused = true)]
async fn many_runs_at_once_take_no_more_than_there_is() {
    let service = Service::with_free(&[("E3", 20)]);
    let runner = service.runner_from(NOW);
    let jobs = (0..50).map(|n| {
        (RunKey { task: Post::NAME, run: RunId::fresh() }, vec![vec![n.to_string()], vec!["E3".to_owned()]])
    });
    let ended: Vec<_> = runner.run_many::<Post>(stream::iter(jobs)).collect().await;
    let given = ended.iter().filter(|(_, outcome)| was_given(outcome)).count();
    assert_eq!(service.free("E3"), 20 - i64::try_from(given).unwrap());
    assert!((1..=20).contains(&given), "{given}");
    assert!(ended.iter().all(|(_, outcome)| outcome.is_ok()));
}

#[tokio::test(start_paused = true)]
async fn the_same_key_asks_again_once_there_is_a_seat() {
    let service = Service::with_free(&[("E3", 0)]);
    let runner = service.runner_from(NOW);
    let (key, first) = run(&runner, &job(&[&["E3"]]), &Approval::None).await;
    assert!(!was_given(&first));
    service.stock(&[("E3", 1)]);
    let job: Job<Vec<Vec<String>>> = job(&[&["E3"]]);
    let (_, lease) = runner.begin::<Post>(&key, &job, &Approval::None).await.unwrap();
    assert!(was_given(&runner.go_on::<Post>(&lease, &job, &Approval::None).await));
}
