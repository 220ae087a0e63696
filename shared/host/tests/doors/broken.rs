//! Runs that break: each gets a last word, and nobody looks at it for ever.

use journal::{Begun, Journal, Mark, RunId, RunKey};
use plan::{Entry, LEASE, Task};
use serde_json::{Value, json};

use crate::greet::Greet;
use crate::house::{ADELE, House, hello, keyed, pass};

fn defect() -> Value {
    json!({"who": ADELE, "words": "panic, Adele Vance"})
}

#[tokio::test(start_paused = true)]
async fn a_run_that_panics_is_a_defect_for_its_caller_and_for_whoever_looks() {
    let house = House::new();
    let reply = house.ask(&[("idempotency-key", "7")], &defect()).await;
    let run = keyed("7");
    assert_eq!((reply.status, reply.problem(), &reply.body["run"]), (500, "defect", &json!(run.run)));
    for house in [&house, &house.another()] {
        for _ in 0..2 {
            let look = house.get(&format!("/api/greet/runs/{}", run.run)).await;
            assert_eq!((look.status, look.problem(), &look.body["run"]), (500, "defect", &json!(run.run)));
        }
    }
    assert!(!house.journal.text().contains("a defect that quotes"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_panics_when_it_is_taken_up_has_an_end() {
    let house = House::new();
    let run = house.dead("7", &defect()).await;
    pass(LEASE * 2).await;
    let reply = house.ended(&format!("/api/greet/runs/{}", run.run)).await;
    assert_eq!((reply.status, reply.problem()), (500, "defect"));
    assert_eq!(house.tick().await.unfinished, 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_which_nobody_can_read_any_more_what_was_asked_has_an_end() {
    let house = House::new();
    let old = house.dead("7", &json!({"whom": ADELE, "salutation": "Hello"})).await;
    let damaged = keyed("8");
    house.journal.begin(&damaged, &json!({"entry": "askedInAnotherWay"})).await.unwrap();
    pass(LEASE * 2).await;
    for run in [old, damaged] {
        let reply = house.ended(&format!("/api/greet/runs/{}", run.run)).await;
        assert_eq!((reply.status, reply.problem(), &reply.body["run"]), (500, "defect", &json!(run.run)));
    }
    assert_eq!(house.tick().await.unfinished, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_run_is_not_found() {
    let house = House::new();
    let id = RunId::of(Greet::NAME, "appointments\nof somebody");
    let appointments = RunKey { task: Greet::NAME, run: id };
    let entry = Entry::Appointed { at: house.now(), run: keyed("7").run };
    let begun = house.journal.begin(&appointments, &serde_json::to_value(entry).unwrap()).await.unwrap();
    assert_eq!(begun, Begun::New);
    let runs = format!("/api/greet/runs/{id}");
    assert_eq!(house.get(&runs).await.problem(), "no-such-run");
    for action in ["undo", "undo?whatIf=true", "repeat"] {
        let reply = house.post(&format!("{runs}/{action}"), &[], &Value::Null).await;
        assert_eq!((reply.status, reply.problem()), (404, "no-such-run"), "{action}");
    }
    house.journal.remind(&Mark { at: house.now(), run: appointments }).await.unwrap();
    assert_eq!(house.tick().await, host::Tick::default());
    assert_eq!((house.journal.runs(), house.journal.marks().len()), (vec![appointments], 0));
    assert_eq!(house.ask(&[], &hello()).await.status, 200);
}
