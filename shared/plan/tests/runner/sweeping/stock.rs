//! Seats of a sweep: judged for all before anything is sent, and never promised twice.

use jiff::SignedDuration;
use plan::{Approval, LEASE, Outcome, RunStatus};
use serde_json::json;

use crate::service::{LATER, NOW, Service, job};
use crate::sweep::{Align, everybody, id, parts, person, preview, rule, run, sweep, told, undo};
use RunStatus::{GoesOn, Partial, Planned, Refused, Succeeded};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Who goes without, by number.
fn without(outcome: &Outcome) -> Vec<usize> {
    let is_short = |part: &&Outcome| told(part).contains(&"licence-none-left");
    let who = |part: &Outcome| (0..100).find(|who| part.subject.id == Some(id(*who))).unwrap();
    outcome.parts.iter().filter(is_short).map(who).collect()
}

#[tokio::test(start_paused = true)]
async fn who_comes_first_is_served_first_with_all_they_take_or_with_nothing() {
    type Row<'a> = (&'a [(&'a str, i64)], &'a [&'a str], &'a [usize]);
    let table: [Row<'_>; 7] = [
        (&[("E3", 3)], &["E3+", "E3+", "E3+"], &[]),
        (&[("E3", 2)], &["E3+", "E3+", "E3+"], &[2]),
        (&[("E3", 0)], &["E3+", "a+", "E3+"], &[0, 2]),
        (&[("E3", -3)], &["E3+", "a+"], &[0]),
        (&[("E3", 1), ("E5", 1)], &["E5+ E3+", "E3+", "E5+"], &[1, 2]),
        // The first cannot have all, so the others have what is left.
        (&[("E3", 1), ("E5", 0)], &["E3+ E5+", "E3+", "E5+"], &[0, 2]),
        (&[("E3", 1), ("E5", 2)], &["E3+", "E5+ E3+", "E5+", "E5+ b+"], &[1]),
    ];
    for (free, has, expected) in table {
        let (service, rule) = (Service::with_free(free), rule(has));
        let shown = preview(&service.runner(json!({})), &rule).await;
        let (_, outcome) = sweep(&service.runner_from(NOW), &rule).await;
        assert_eq!((without(&shown), without(&outcome)), (expected.to_vec(), expected.to_vec()), "{has:?}");
        for (who, person) in rule.people.iter().enumerate() {
            let sent = person.has[0].iter().filter(|name| service.posted().contains(name)).count();
            assert_eq!(sent, if expected.contains(&who) { 0 } else { person.has[0].len() }, "{has:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_without_is_told_what_is_lacking_and_why() {
    let service = Service::with_free(&[("E3", 1)]);
    let (_, outcome) = sweep(&service.runner_from(NOW), &rule(&["E3+", "E3+"])).await;
    assert_eq!((outcome.status, parts(&outcome)), (Partial, vec![Succeeded, Refused]));
    let last = &outcome.parts[1];
    assert_eq!((last.run, last.subject.id), (None, Some(id(1))));
    for words in ["post E3-1", "Free: 1", "those who come before", "Buy more"] {
        assert!(last.findings[0].says.contains(words), "{}", last.findings[0].says);
    }
}

#[tokio::test(start_paused = true)]
async fn all_is_judged_promised_and_written_down_before_the_first_write() {
    let service = Service::with_free(&[("E3", 1)]);
    sweep(&service.runner_from(NOW), &rule(&["a+", "E3+", "E3+"])).await;
    let events = service.ledger.events();
    let at = |event: &str| events.iter().position(|happened| happened == event).unwrap();
    let judged = events[..at("swept")].iter().filter(|event| *event == "GET /organization").count();
    assert_eq!(judged, 3, "nobody is looked at again: {events:?}");
    assert!(
        at("turn") < at("swept") && at("swept") < at("planned") && at("planned") < at("POST /groups/a-0")
    );
    assert_eq!(events.iter().filter(|event| *event == "GET /organization").count(), 3);
}

#[tokio::test(start_paused = true)]
async fn many_seats_cost_two_turns_of_their_page() {
    let service = Service::with_free(&[("E3", 100)]);
    let (_, outcome) = sweep(&service.runner_from(NOW), &rule(&["E3+"; 50])).await;
    assert_eq!((outcome.status, service.free("E3")), (Succeeded, 50));
    let turns = service.ledger.events().iter().filter(|event| *event == "turn").count();
    assert_eq!(turns, 3, "one to promise, one to end it, and one for the memory");
}

#[tokio::test(start_paused = true)]
async fn seats_that_are_promised_to_a_run_under_way_are_not_given_out() {
    let service = Service::with_free(&[("E3", 2), ("E5", 1)]);
    let (runner, gate) = (service.runner_from(NOW), service.hold("POST /groups/a"));
    let meanwhile = async {
        gate.reached().await;
        let swept = sweep(&runner, &rule(&["E3+", "E3+ E5+", "E3+", "E5+"])).await.1;
        gate.open();
        swept
    };
    let single = job(&[&["a"], &["E3"]]);
    let (single, swept) = tokio::join!(crate::service::run(&runner, &single, &Approval::None), meanwhile);
    assert!(single.1.unwrap().succeeded());
    assert_eq!(without(&swept), [1, 2], "and the E5 goes to whoever can have it");
    assert_eq!((service.free("E3"), service.free("E5")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_single_run_is_not_given_what_is_promised_to_a_sweep() {
    let service = Service::with_free(&[("E3", 2)]);
    let (runner, gate) = (service.runner_from(NOW), service.hold("POST /groups/a-0"));
    let meanwhile = async {
        gate.reached().await;
        let single = crate::service::run(&runner, &job(&[&["b"], &["E3"]]), &Approval::None).await.1;
        gate.open();
        single.unwrap()
    };
    let sweeping = rule(&["a+|E3+", "a+|E3+"]);
    let ((_, swept), single) = tokio::join!(sweep(&runner, &sweeping), meanwhile);
    assert_eq!((swept.status, single.status), (Succeeded, Refused));
    assert_eq!(told(&single), ["licence-none-left"]);
    let after = crate::service::run(&runner, &job(&[&["c"]]), &Approval::None).await.1.unwrap();
    assert!(after.succeeded() && service.free("E3") == 0);
}

#[tokio::test(start_paused = true)]
async fn of_two_sweeps_at_once_only_one_promises_the_last_seat_and_the_same_person_is_served_once() {
    // What the first, which waits, and the second are asked for, and who goes without in the second.
    let (one, two) = (vec![person(0, "a+|E3+")], vec![person(0, "a+|E3+"), person(1, "E3+")]);
    let table = [
        (one.clone(), vec![person(1, "E3+")], vec![1]),
        (one, two.clone(), vec![1]),
        (two.clone(), two, vec![1]),
    ];
    for (first, second, expected) in table {
        let service = Service::with_free(&[("E3", 1)]);
        let (runner, gate) = (service.runner_from(NOW), service.hold("POST /groups/a-0"));
        let [first, second] = [first, second].map(|people| crate::sweep::Rule { people, ..rule(&[]) });
        let meanwhile = async {
            gate.reached().await;
            let swept = sweep(&runner, &second).await.1;
            gate.open();
            swept
        };
        let ((_, first), second) = tokio::join!(sweep(&runner, &first), meanwhile);
        assert_eq!((without(&second), service.free("E3")), (expected, 0));
        assert_eq!(first.parts[0].status, Succeeded);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_promised_ends_with_the_sweep_but_for_what_comes_by_a_group() {
    for (has, is_left) in [("E3+", true), ("E3+-by-group", false)] {
        let service = Service::with_free(&[("E3", 2)]);
        let (_, outcome) = sweep(&service.runner_from(NOW), &rule(&[has, "E3+"])).await;
        assert!(outcome.succeeded());
        service.stock(&[("E3", 1)]);
        let ask = async |at| {
            let runner = service.runner_from(at);
            crate::service::run(&runner, &job(&[&["E3"]]), &Approval::None).await.1.unwrap().succeeded()
        };
        assert_eq!(ask(NOW + SECOND).await, is_left, "{has}");
        service.stock(&[("E3", 1)]);
        assert!(ask(NOW + LEASE * 2).await, "it ends with its lease");
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_goes_on_keeps_its_seat_until_then() {
    let service = Service::with_free(&[("E3", 1)]);
    let (_, outcome) = sweep(&service.runner_from(NOW), &rule(&["E3+-by-group|waits b+"])).await;
    assert_eq!((outcome.status, outcome.parts[0].goes_on), (GoesOn, Some(LATER)));
    let ask = async |at| {
        let runner = service.runner_from(at);
        crate::service::run(&runner, &job(&[&["E3"]]), &Approval::None).await.1.unwrap().succeeded()
    };
    assert!(!ask(LATER - SECOND).await && ask(LATER + LEASE + SECOND).await);
}

#[tokio::test(start_paused = true)]
async fn where_seats_cannot_be_promised_nothing_is_sent_and_the_sweep_is_not_over() {
    let service = Service::with_free(&[("E3", 1)]);
    service.ledger.fail("turn");
    let (key, stopped) =
        run(&service.runner_from(NOW), &everybody(&rule(&["E3+", "a+"])), &Approval::None).await;
    assert!(matches!(stopped, Err(plan::Stop::Journal(_))));
    assert!(service.posted().is_empty() && !service.ledger.marks().is_empty());
    service.ledger.mend();
    let later = service.runner_from(NOW + LEASE + SECOND);
    assert!(later.take_up::<Align>(&key).await.unwrap().succeeded());
}

#[tokio::test(start_paused = true)]
async fn a_preview_promises_nothing_and_writes_nothing_anywhere() {
    let service = Service::with_free(&[("E3", 1)]);
    let runner = service.runner_from(NOW);
    let shown = preview(&runner, &rule(&["E3+", "E3+", "a+ blocked"])).await;
    assert_eq!((shown.status, shown.run), (Planned, None));
    assert_eq!(parts(&shown), [Planned, Refused, Refused]);
    let (key, _) = sweep(&runner, &rule(&["a+"])).await;
    let before = service.ledger.events().len();
    let job = plan::Job::Act { action: plan::UNDO.to_owned(), on: key.run };
    assert_eq!(runner.preview::<Align>(&job).await.unwrap().status, Planned);
    preview(&runner, &rule(&["b+"])).await;
    let after = &service.ledger.events()[before..];
    assert!(after.iter().all(|event| event == "page" || event.starts_with("GET ")), "{after:?}");
    assert!(undo(&runner, &key).await.1.succeeded());
}
