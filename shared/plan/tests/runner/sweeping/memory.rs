//! What a sweep leaves to the next one, and what is read back of it.

use std::collections::BTreeSet;

use graph::ObjectId;
use plan::{Approval, Entry, Outcome, Record, RunStatus};
use serde_json::{Value, json};

use crate::service::{NOW, Service};
use crate::sweep::{Rule, everybody, id, memory, parts, person, rule, run, sweep, told};
use RunStatus::{GoesOn, NotYet, Partial, Refused, Succeeded, Unknown};

fn waiting(memory: &Value) -> BTreeSet<ObjectId> {
    serde_json::from_value(memory["waiting"].clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn who_still_differs_is_remembered_beside_the_mark() {
    let no = json!({"error": {"code": "Request_BadRequest", "message": "no"}});
    let service = Service::answering([("POST /groups/a-1", 400, no)]);
    service.stock(&[("E3", 1)]);
    let rule = rule(&["E3+", "a+", "E3+", "blocked b+", "c+|waits d+"]);
    sweep(&service.runner_from(NOW), &rule).await;
    let first = memory(&service).await;
    assert_eq!(first["mark"], "seen");
    assert_eq!(waiting(&first), BTreeSet::from([1, 2, 3, 4].map(id)), "who goes on is not there yet");
    service.stock(&[("E3", 1)]);
    let (_, second) = sweep(&service.runner_from(NOW), &Rule { mark: json!("later"), ..rule }).await;
    assert!(second.findings[0].says.contains("seen"), "the sweep is told what the last one knew");
    let second = memory(&service).await;
    assert_eq!((&second["mark"], waiting(&second)), (&json!("later"), BTreeSet::from([1, 3, 4].map(id))));
}

#[tokio::test(start_paused = true)]
async fn where_not_all_are_taken_on_the_next_sweep_looks_at_everybody() {
    let service = Service::default();
    let (_, outcome) = sweep(&service.runner(json!({})), &Rule { more: 7, ..rule(&["a+"]) }).await;
    assert_eq!((outcome.status, told(&outcome)), (Partial, vec!["more"]));
    assert!(outcome.findings[1].says.starts_with("7 more differ"));
    assert_eq!(memory(&service).await, json!({"mark": null, "waiting": []}));
}

#[tokio::test(start_paused = true)]
async fn of_more_than_a_thousand_who_wait_it_forgets_everything() {
    for (waits, mark) in [(1_000, json!("seen")), (1_001, Value::Null)] {
        let service = Service::default();
        let people = (0..waits).map(|who| person(who, "blocked")).collect();
        let rule = Rule { people, most: 2_000, ..rule(&[]) };
        sweep(&service.runner(json!({})), &rule).await;
        assert_eq!(memory(&service).await["mark"], mark, "{waits}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_at_once_the_quicker_is_remembered_and_neither_fails() {
    let service = Service::default();
    let (runner, gate) = (service.runner_from(NOW), service.hold("POST /groups/a-0"));
    let quicker = async {
        gate.reached().await;
        let ended = sweep(&runner, &Rule { mark: json!("quicker"), ..rule(&["b+"]) }).await.1;
        gate.open();
        ended
    };
    let slower = rule(&["a+"]);
    let ((_, slower), quicker) = tokio::join!(sweep(&runner, &slower), quicker);
    assert!(slower.succeeded() && quicker.succeeded());
    assert_eq!(memory(&service).await["mark"], "quicker");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_remembered_costs_no_outcome() {
    let service = Service::default();
    service.ledger.fail("turn");
    assert!(sweep(&service.runner(json!({})), &rule(&["a+"])).await.1.succeeded());
    assert_eq!(memory(&service).await["mark"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn an_undo_remembers_nothing() {
    let service = Service::default();
    let runner = service.runner(json!({}));
    let (key, _) = sweep(&runner, &rule(&["a+"])).await;
    let before = service.ledger.events().len();
    crate::sweep::undo(&runner, &key).await;
    assert!(!service.ledger.events()[before..].contains(&"turn".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_is_read_back_from_the_journal_as_it_was_told() {
    let service = Service::with_free(&[("E3", 1)]);
    let (runner, rule) = (service.runner(json!({})), rule(&["E3+", "E3+"]));
    let (key, outcome) = sweep(&runner, &rule).await;
    let record = runner.record(&key).await.unwrap();
    assert_eq!(record.job(), Some(&plan::Job::Sweep { sweep: "everybody".to_owned(), want: json!(rule) }));
    assert_eq!(record.parts().map(|part| Some(part.run)).next(), Some(outcome.parts[0].run));
    let written: Outcome = serde_json::from_value(json!(outcome)).unwrap();
    assert_eq!(record.outcome(), Some(&written));
    let lines: Vec<Value> = record.entries.iter().map(|entry| json!(entry)).collect();
    let names: Vec<&str> = lines.iter().map(|line| line["entry"].as_str().unwrap()).collect();
    assert_eq!(names, ["asked", "swept", "finished"]);
    assert_eq!(Record::read(lines), record);
    let sign = Entry::GoingOn { at: NOW };
    assert_eq!(serde_json::from_value::<Entry>(json!(sign)).unwrap(), sign);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_finds_nobody_has_succeeded_and_changed_nothing() {
    let service = Service::default();
    let (key, outcome) = sweep(&service.runner(json!({})), &rule(&[])).await;
    assert_eq!((outcome.status, parts(&outcome), outcome.run), (Succeeded, vec![], Some(key.run)));
    assert!(service.asked().is_empty() && service.ledger.marks().is_empty());
    assert_eq!(memory(&service).await["mark"], "seen");
}

#[tokio::test(start_paused = true)]
async fn a_sweep_is_what_its_parts_are() {
    let broken = || json!({"error": {"code": "InternalServerError", "message": "later"}});
    let not_found = json!({"error": {"code": "Request_ResourceNotFound", "message": "no"}});
    let refused = json!({"error": {"code": "Request_BadRequest", "message": "no"}});
    let table = [
        ("a+, a+", Succeeded),
        ("a+, a+|waits b+", GoesOn),
        ("a+, refused", Partial),
        ("refused|apart a+, refused", Partial),
        ("a+|waits b+, refused", Partial),
        ("refused, blocked", Refused),
        ("refused, lags", Refused),
        ("lags, lags", NotYet),
        ("a+, lost", Unknown),
        ("lost, refused", Unknown),
    ];
    for (has, expected) in table {
        let service = Service::answering([
            ("POST /groups/refused", 400, refused.clone()),
            ("POST /groups/lags", 404, not_found.clone()),
            ("GET /groups/lags", 200, json!({"done": false})),
            ("POST /groups/lost", 0, Value::Null),
            ("GET /groups/lost", 500, broken()),
        ]);
        let rule = rule(&has.split(", ").collect::<Vec<_>>());
        let outcome = run(&service.runner(json!({})), &everybody(&rule), &Approval::None).await.1.unwrap();
        assert_eq!(outcome.status, expected, "{has}");
    }
}
