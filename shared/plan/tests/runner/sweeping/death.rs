//! Sweeps that die, that take long, and whose journal fails.

use std::time::Duration;

use jiff::SignedDuration;
use journal::RunKey;
use plan::{Approval, Entry, LEASE, RunStatus, Runner, Stop};
use serde_json::json;

use crate::service::{NOW, Service};
use crate::sweep::{Align, Rule, everybody, fresh, parts, rule, run, sweep, undo};
use RunStatus::{Partial, Succeeded};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A sweep whose process dies when the tenant has carried this out.
async fn dead_at(service: &Service, line: &'static str, rule: &Rule) -> RunKey {
    let runner = service.runner_from(NOW);
    crate::sweep::dies(&runner, service, line, &everybody(rule), &Approval::None).await
}

/// What a tick of the timer does: takes up what is due.
async fn tick(runner: &Runner, service: &Service) -> Vec<RunStatus> {
    let mut ended = Vec::new();
    for mark in service.ledger.marks() {
        // A mark is left before its run begins, and that may have failed.
        let Ok(record) = runner.record(&mark.run).await else { continue };
        if mark.at <= runner.tenant().clock.now() && !record.is_undone() && record.outcome().is_none() {
            ended.push(runner.take_up::<Align>(&mark.run).await.unwrap().status);
        }
    }
    ended
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_died_half_way_is_finished_by_being_taken_up() {
    let (service, rule) = (Service::with_free(&[("E3", 2)]), rule(&["E3+|a+", "E3+|a+", "E3+|a+"]));
    let key = dead_at(&service, "POST /groups/a-0", &rule).await;
    let later = service.runner_from(NOW + LEASE + MINUTE);
    assert!(!later.record(&key).await.unwrap().is_under_way(NOW + LEASE + MINUTE));
    later.take_up::<Align>(&key).await.unwrap();
    assert_eq!(service.posted().len(), 4, "those who were served before: {:?}", service.posted());
    assert_eq!(service.free("E3"), 0);
}

#[tokio::test(start_paused = true)]
async fn the_timer_takes_up_the_sweep_and_its_parts_and_nothing_is_done_twice() {
    let (service, rule) = (Service::with_free(&[("E3", 1)]), rule(&["E3+|a+", "b+|c+", "E3+"]));
    let key = dead_at(&service, "POST /groups/b-1", &rule).await;
    let ended = tick(&service.runner_from(NOW + LEASE + MINUTE), &service).await;
    assert_eq!(ended.len(), 3, "the sweep, and two parts; nothing began of the third: {ended:?}");
    assert_eq!(service.posted(), ["E3-0", "a-0", "b-1", "c-1"]);
    for name in service.posted() {
        let sent = service.asked().iter().filter(|line| **line == format!("POST /groups/{name}")).count();
        assert_eq!(sent, 1, "{name}: {:?}", service.asked());
    }
    let after = service.runner_from(NOW + LEASE * 3);
    assert_eq!(undo(&after, &key).await.1.status, Succeeded);
    assert!(service.posted().is_empty(), "whichever run did it is taken back: {:?}", service.posted());
}

#[tokio::test(start_paused = true)]
async fn who_asks_again_at_once_is_not_kept_out_by_what_is_promised_to_the_dead() {
    let (service, rule) = (Service::with_free(&[("E3", 1)]), rule(&["a+|E3+"]));
    dead_at(&service, "POST /groups/a-0", &rule).await;
    assert!(sweep(&service.runner_from(NOW), &rule).await.1.succeeded());
}

#[tokio::test(start_paused = true)]
async fn a_part_whose_journal_fails_fails_alone_and_the_sweep_is_not_over() {
    for (event, after, sent) in [("asked", 1, 0), ("changed", 0, 1), ("finished", 0, 1)] {
        let (service, rule) = (Service::default(), rule(&["a+"]));
        service.ledger.fail_after(event, after);
        let (key, stopped) = run(&service.runner_from(NOW), &everybody(&rule), &Approval::None).await;
        service.ledger.mend();
        let runner = service.runner_from(NOW + LEASE + MINUTE);
        if event == "finished" {
            // The tenant is as it should be, and only the last word is lost: so it is for any run.
            assert!(stopped.unwrap().succeeded());
            continue;
        }
        assert!(matches!(stopped, Err(Stop::Journal(_))), "{event}");
        let record = runner.record(&key).await.unwrap();
        assert_eq!((service.asked().len(), record.outcome()), (sent, None), "{event}");
        tick(&runner, &service).await;
        assert_eq!(service.posted(), ["a-0"], "{event}");
        assert!(undo(&runner, &key).await.1.succeeded());
        assert!(service.posted().is_empty(), "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_whose_journal_fails_costs_the_others_nothing() {
    let (service, rule) = (Service::default(), rule(&["a+", "b+", "c+"]));
    service.ledger.fail_after("changed", 2);
    let (key, stopped) = run(&service.runner_from(NOW), &everybody(&rule), &Approval::None).await;
    assert!(matches!(stopped, Err(Stop::Journal(_))));
    assert_eq!(service.posted().len(), 3);
    service.ledger.mend();
    let taken_up = service.runner_from(NOW + LEASE * 2).take_up::<Align>(&key).await.unwrap();
    assert_eq!((taken_up.status, parts(&taken_up)), (Succeeded, vec![]), "all is as it should be");
}

/// How many signs of life a sweep has given.
async fn signs(runner: &Runner, sweep: &RunKey) -> usize {
    let record = runner.record(sweep).await.unwrap();
    record.entries.iter().filter(|entry| matches!(entry, Entry::GoingOn { .. })).count()
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_reads_for_long_says_that_it_is_still_at_it() {
    let service = Service::default();
    let (runner, key) = (service.runner_by_tokio(), fresh());
    let job = everybody(&Rule { minutes: 30, ..rule(&["a+"]) });
    let (_, lease) = runner.begin::<Align>(&key, &job, &Approval::None).await.unwrap();
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(29 * 60)).await;
        runner.record(&key).await.unwrap().is_under_way(runner.tenant().clock.now())
    };
    let (outcome, is_under_way) = tokio::join!(runner.run::<Align>(&lease, &job, &Approval::None), meanwhile);
    assert!(outcome.unwrap().succeeded() && is_under_way);
    assert!((29..=30).contains(&signs(&runner, &key).await));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_writes_for_long_says_so_too_and_keeps_its_seats() {
    let service = Service::with_free(&[("E3", 1)]).slow(Duration::from_secs(30));
    let (runner, key) = (service.runner_by_tokio(), fresh());
    let stages: Vec<String> = (0..30).map(|n| format!("a{n}+")).collect();
    let job = everybody(&rule(&[&format!("{}|E3+", stages.join("|"))]));
    let (_, lease) = runner.begin::<Align>(&key, &job, &Approval::None).await.unwrap();
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(12 * 60)).await;
        let is_under_way = runner.record(&key).await.unwrap().is_under_way(runner.tenant().clock.now());
        (is_under_way, sweep(&runner, &rule(&["b+", "E3+"])).await.1.status)
    };
    let (outcome, meanwhile) = tokio::join!(runner.run::<Align>(&lease, &job, &Approval::None), meanwhile);
    assert_eq!(meanwhile, (true, Partial));
    assert!(outcome.unwrap().succeeded());
    assert_eq!((signs(&runner, &key).await, service.free("E3")), (15, 0));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_whose_signs_of_life_fail_goes_on() {
    let service = Service::default();
    let (runner, gate) = (service.runner_by_tokio(), service.hold("POST /groups/a-0"));
    service.ledger.fail("goingOn");
    let meanwhile = async {
        gate.reached().await;
        tokio::time::sleep(Duration::from_secs(5 * 60)).await;
        gate.open();
    };
    let rule = rule(&["a+|b+", "c+"]);
    let ((_, outcome), ()) = tokio::join!(sweep(&runner, &rule), meanwhile);
    assert_eq!((outcome.status, service.posted().len()), (Succeeded, 3));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_could_not_read_the_tenant_is_over_and_has_done_nothing() {
    let no = json!({"error": {"code": "Authorization_RequestDenied", "message": "no"}});
    let service = Service::answering([("GET /organization", 403, no)]);
    let runner = service.runner(json!({}));
    let (key, stopped) = run(&runner, &everybody(&rule(&["a+"])), &Approval::None).await;
    assert!(matches!(stopped, Err(Stop::Unreadable(_))));
    assert!(runner.record(&key).await.unwrap().stopped().is_some() && service.ledger.marks().is_empty());
}
