//! Claims: of two runs, only one at a time works on what bears only one.

use plan::{Approval, Finding, RunStatus, Status};

use crate::service::{NOW, Service, job, run};

const FIRST: &[&[&str]] = &[&["claims", "application-1"], &["a"]];

/// The first waits for its answer until the second, which is asked for that, is over; and what became of both.
async fn beside(second: &[&[&str]]) -> (Service, [plan::Outcome; 2]) {
    let service = Service::default();
    let (gate, runner) = (service.hold("POST /groups/a"), service.runner_from(NOW));
    let first = job(FIRST);
    let second = async {
        gate.reached().await;
        let ended = run(&runner, &job(second), &Approval::None).await.1;
        gate.open();
        ended.unwrap()
    };
    let (first, second) = tokio::join!(run(&runner, &first, &Approval::None), second);
    (service, [first.1.unwrap(), second])
}

fn is_told(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.code == "under-way")
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_second_changes_nothing() {
    let (service, [first, second]) = beside(&[&["claims", "application-1"], &["b"]]).await;
    assert!(first.succeeded());
    assert_eq!((second.status, is_told(&second.findings)), (RunStatus::GoesOn, true));
    assert!(second.goes_on > Some(NOW) && second.changes[0].status == Status::Waits);
    assert_eq!(service.asked(), ["POST /groups/a"]);
}

#[tokio::test(start_paused = true)]
async fn others_are_not_in_the_way() {
    let others: [&[&[&str]]; 2] = [&[&["claims", "application-2"], &["b"]], &[&["b"]]];
    for other in others {
        let (_, [first, second]) = beside(other).await;
        assert!(first.succeeded() && second.succeeded(), "{other:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_changes_nothing_claims_nothing() {
    let (_, [_, second]) = beside(&[&["claims", "application-1"]]).await;
    assert!(second.succeeded());
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_given_back_when_its_run_is_over() {
    let service = Service::default();
    let runner = service.runner_from(NOW);
    for name in ["a", "b"] {
        let job = job(&[&["claims", "application-1"], &[name]]);
        assert!(run(&runner, &job, &Approval::None).await.1.unwrap().succeeded(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_looked_before_the_other_was_done_looks_again() {
    let service = Service::default();
    let (gate, runner) = (service.hold("GET /organization"), service.runner_from(NOW));
    let quick = async {
        gate.reached().await;
        let ended = run(&runner, &job(FIRST), &Approval::None).await.1;
        gate.open();
        ended.unwrap()
    };
    let late = job(&[&["claims", "application-1"], &["b"]]);
    let (late, quick) = tokio::join!(run(&runner, &late, &Approval::None), quick);
    assert!(quick.succeeded() && late.1.unwrap().succeeded());
    let looks = service.ledger.events().iter().filter(|event| *event == "GET /organization").count();
    assert_eq!(looks, 3, "the late one looks twice");
}
