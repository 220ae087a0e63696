//! What is written down, and when.

use futures_util::{StreamExt, stream};
use journal::{RunId, RunKey};
use plan::{Approval, RunStatus, Task};
use serde_json::{Value, json};

use crate::service::{LATER, Post, Service, job, run};

#[tokio::test(start_paused = true)]
async fn what_is_about_to_happen_is_written_down_before_it_does() {
    let service = Service::default();
    run(&service.runner(json!({})), &job(&[&["a"], &["b"]]), &Approval::None).await.1.unwrap();
    let events = [
        "mark",
        "asked",
        "GET /organization",
        "planned",
        "POST /groups/a",
        "changed",
        "POST /groups/b",
        "changed",
        "finished",
        "forget",
    ];
    assert_eq!(service.ledger.events(), events);
    assert!(service.ledger.marks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_that_could_not_be_written_down_before() {
    for entry in ["mark", "asked", "planned"] {
        let service = Service::default();
        service.ledger.fail(entry);
        let runner = service.runner(json!({}));
        let key = RunKey { task: Post::NAME, run: RunId::fresh() };
        let job = job(&[&["a"]]);
        let begun = runner.begin::<Post>(&key, &job, &Approval::None).await;
        if let Ok((_, lease)) = begun {
            assert!(runner.run::<Post>(&lease, &job, &Approval::None).await.is_err(), "{entry}");
        }
        assert!(service.asked().is_empty(), "{entry}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_told_even_if_it_cannot_be_written_down_and_the_timer_looks_again() {
    for entry in ["finished", "forget"] {
        let service = Service::default();
        service.ledger.fail(entry);
        let (_, outcome) = run(&service.runner(json!({})), &job(&[&["a"]]), &Approval::None).await;
        assert!(outcome.unwrap().succeeded(), "{entry}");
        assert_eq!(service.ledger.marks().len(), 1, "{entry}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_to_happen_later_is_not_forgotten_because_something_else_failed() {
    let refusal = json!({"error": {"code": "Request_BadRequest", "message": "no"}});
    let service = Service::answering([("POST /groups/b", 400, refusal.clone())]);
    let (key, outcome) =
        run(&service.runner(json!({})), &job(&[&["a"], &["b", "later"]]), &Approval::None).await;
    assert_eq!(outcome.unwrap().status, RunStatus::Partial);
    assert!(service.ledger.marks().iter().any(|mark| mark.run == key && mark.at == LATER));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_changed_nothing_promises_nothing_for_later() {
    let refusal = json!({"error": {"code": "Request_BadRequest", "message": "no"}});
    let service = Service::answering([("POST /groups/later", 400, refusal)]);
    let (_, outcome) = run(&service.runner(json!({})), &job(&[&["later"]]), &Approval::None).await;
    assert_eq!((outcome.unwrap().again, service.ledger.marks().len()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn many_subjects_are_worked_on_at_once_and_not_all_of_them() {
    let service = Service::default();
    let jobs =
        (0..100).map(|n| (RunKey { task: Post::NAME, run: RunId::fresh() }, vec![vec![n.to_string()]]));
    let runner = service.runner(json!({}));
    let ended: Vec<_> = runner.run_many::<Post>(stream::iter(jobs)).collect().await;
    let events = service.ledger.events();
    let first_end = events.iter().position(|event| event == "finished").unwrap();
    let begun = events[..first_end].iter().filter(|event| *event == "asked").count();
    assert!((2..=32).contains(&begun), "{begun} were begun before the first had ended");
    assert_eq!(ended.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_many_that_was_begun_before_goes_on() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let key = RunKey { task: Post::NAME, run: RunId::fresh() };
    runner.begin::<Post>(&key, &job(&[&["a"]]), &Approval::None).await.unwrap();
    let other = vec![vec!["another".to_owned()]];
    let ended: Vec<_> = runner.run_many::<Post>(stream::iter([(key, other)])).collect().await;
    assert!(ended[0].1.as_ref().unwrap().succeeded());
    assert_eq!(service.asked(), ["POST /groups/a"]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_no_part_of_what_is_kept() {
    let service = Service::answering([("POST /groups/a", 200, json!({"pass": "not-a-secret"}))]);
    let (key, _) = run(&service.runner(json!({})), &job(&[&["a"]]), &Approval::None).await;
    let record = journal::Journal::read(&*service.ledger, &key).await.unwrap();
    assert!(!Value::from(record.unwrap()).to_string().contains("not-a-secret"));
}
