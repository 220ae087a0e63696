//! What of a sweep is let pass: how many at once, what was approved, and what the guard-rails say of each.

use plan::{Approval, LEASE, RunStatus, Stop};
use serde_json::{Value, json};

use crate::service::{NOW, STAFF, Service};
use crate::sweep::{
    Align, Rule, again, approval, dies, everybody, id, memory, parts, preview, rule, run, sweep, told,
};
use RunStatus::{Partial, Planned, Refused, Succeeded};

#[tokio::test(start_paused = true)]
async fn more_than_may_be_changed_at_once_are_refused_whole_unless_just_that_was_approved() {
    let service = Service::default();
    let (runner, rule) = (service.runner(json!({})), Rule { most: 2, ..rule(&["a+", "b+", "c+"]) });
    let (key, stopped) = run(&runner, &everybody(&rule), &Approval::None).await;
    let Err(Stop::Forbidden(breach)) = stopped else { panic!("{stopped:?}") };
    assert_eq!(breach.rule, "most");
    assert!(breach.says.contains("3 differ, and no more than 2"), "{}", breach.says);
    assert!(service.posted().is_empty() && service.ledger.marks().is_empty());
    assert_eq!(memory(&service).await["mark"], Value::Null, "nothing is remembered of it");
    let record = runner.record(&key).await.unwrap();
    let told = record.outcome().unwrap();
    assert_eq!((told.status, parts(told), record.parts().count()), (Refused, vec![Planned; 3], 0));

    let approved = approval(&runner, &rule).await;
    let done = run(&runner, &everybody(&rule), &approved).await.1.unwrap();
    assert_eq!((done.status, service.posted().len()), (Succeeded, 3));
    assert_eq!(memory(&service).await["mark"], "seen");
}

#[tokio::test(start_paused = true)]
async fn as_many_as_may_be_changed_at_once_need_no_approval() {
    let service = Service::default();
    let rule = Rule { most: 3, ..rule(&["a+", "b+", "c+"]) };
    assert!(sweep(&service.runner(json!({})), &rule).await.1.succeeded());
}

#[tokio::test(start_paused = true)]
async fn what_was_approved_is_not_done_once_the_tenant_has_moved() {
    let service = Service::default();
    let (runner, rule) = (service.runner(json!({})), rule(&["a+", "b+"]));
    let approved = approval(&runner, &rule).await;
    sweep(&runner, &Rule { people: rule.people[..1].to_vec(), ..rule.clone() }).await;
    let (key, stopped) = run(&runner, &everybody(&rule), &approved).await;
    let Err(Stop::Moved(now)) = stopped else { panic!("{stopped:?}") };
    assert_eq!((parts(&now), service.posted()), (vec![Planned], vec!["a-0".to_owned()]));
    let told = runner.record(&key).await.unwrap().outcome().cloned().unwrap();
    assert_eq!((told.status, told.findings.last().unwrap().code.as_str()), (Refused, "plan-moved"));
}

#[tokio::test(start_paused = true)]
async fn approval_covers_what_is_handed_out_and_a_preview_does_not_miss_it() {
    let policy = json!({"approval": {"groups": [STAFF]}});
    let service = Service::default();
    let (runner, rule) = (service.runner(policy), rule(&[STAFF, "a+"]));
    assert_eq!(parts(&preview(&runner, &rule).await), [Planned, Planned]);
    let approved = approval(&runner, &rule).await;
    let (_, outcome) = sweep(&runner, &rule).await;
    assert_eq!((outcome.status, parts(&outcome)), (Partial, vec![Refused, Succeeded]));
    assert!(outcome.parts[0].findings[0].says.contains("approval"));
    let moved = run(&runner, &everybody(&rule), &approved).await.1;
    assert!(matches!(moved, Err(Stop::Moved(_))));
    let approved = approval(&runner, &rule).await;
    assert!(run(&runner, &everybody(&rule), &approved).await.1.unwrap().succeeded());
    assert!(service.posted().contains(&STAFF.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_was_never_given_is_none_however_far_the_sweep_has_come() {
    let service = Service::answering([("POST /groups/b-1", 400, no())]);
    let (runner, rule) = (service.runner(json!({})), rule(&["a+", "b+"]));
    let (key, first) = sweep(&runner, &rule).await;
    assert_eq!(first.status, Partial);
    let nonsense = Approval::Exactly(plan::Digest("ab".repeat(32)));
    let asked = service.asked().len();
    assert!(matches!(again(&runner, &key, &rule, &nonsense).await, Err(Stop::Moved(_))));
    assert_eq!(service.asked().len(), asked);
    let approved = approval(&runner, &rule).await;
    assert_eq!(again(&runner, &key, &rule, &approved).await.unwrap().status, Refused, "by the service");
}

#[tokio::test(start_paused = true)]
async fn who_was_approved_and_went_without_is_served_later_and_nobody_beyond_them() {
    let service = Service::with_free(&[("E3", 1)]);
    let (runner, rule) = (service.runner_from(NOW), rule(&["E3+", "E3+"]));
    let approved = approval(&runner, &rule).await;
    let (key, first) = run(&runner, &everybody(&rule), &approved).await;
    assert_eq!(parts(&first.unwrap()), [Succeeded, Refused]);
    service.stock(&[("E3", 5)]);
    let second = again(&runner, &key, &rule, &approved).await.unwrap();
    assert_eq!((second.status, parts(&second)), (Succeeded, vec![Succeeded]));
    assert_eq!(service.posted(), ["E3-0", "E3-1"]);
}

#[tokio::test(start_paused = true)]
async fn each_is_held_against_the_guard_rails_and_the_others_go_ahead() {
    let service = Service::with_free(&[("E3", 1)]);
    let runner = service.runner(json!({"protected": {"ids": [id(0)]}}));
    let rule = rule(&["E3+", "E3+", "a+"]);
    for outcome in [preview(&runner, &rule).await, sweep(&runner, &rule).await.1] {
        assert_eq!(parts(&outcome)[0], Refused);
        assert_eq!(told(&outcome.parts[0]), ["guard-rail"]);
        assert!(outcome.parts[0].findings[0].says.contains("protected.ids"));
        assert_ne!(parts(&outcome)[1], Refused, "whoever is protected keeps no seat from the next");
    }
    assert_eq!(service.posted(), ["E3-1", "a-2"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_are_changed_within_an_hour_than_the_policy_says() {
    let service = Service::default();
    let (runner, rule) = (service.runner(json!({"maxPerHour": 3})), rule(&["a+"; 4]));
    let first = rule.people[..1].to_vec();
    sweep(&runner, &Rule { people: first, ..rule.clone() }).await;
    for outcome in [preview(&runner, &rule).await, sweep(&runner, &rule).await.1] {
        assert_eq!(parts(&outcome)[2], Refused);
        assert!(outcome.parts[2].findings[0].says.contains("maxPerHour"));
        assert!(!parts(&outcome)[..2].contains(&Refused), "those who come first: {outcome:#?}");
    }
    assert_eq!(service.posted(), ["a-0", "a-1", "a-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_blocked_plan_is_refused_alone_and_what_blocks_the_rule_blocks_all() {
    let service = Service::default();
    let (runner, rule) = (service.runner(json!({})), rule(&["blocked a+", "b+"]));
    let (_, outcome) = sweep(&runner, &rule).await;
    assert_eq!((outcome.status, parts(&outcome)), (Partial, vec![Refused, Succeeded]));
    assert_eq!((told(&outcome.parts[0]), service.posted()), (vec!["blocked"], vec!["b-1".to_owned()]));

    let service = Service::default();
    let (runner, blocked) = (service.runner(json!({})), Rule { blocked: true, ..rule });
    for outcome in [preview(&runner, &blocked).await, sweep(&runner, &blocked).await.1] {
        assert_eq!(
            (outcome.status, parts(&outcome), told(&outcome)),
            (Refused, vec![Refused; 2], vec!["no-rule"])
        );
    }
    assert!(service.posted().is_empty());
    assert_eq!(memory(&service).await["mark"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_is_taken_up_does_nothing_beyond_what_was_approved() {
    let service = Service::default();
    let (runner, rule) = (service.runner(json!({})), rule(&["a+", "b+|c+"]));
    let approved = approval(&runner, &rule).await;
    let key = dies(&runner, &service, "POST /groups/b-1", &everybody(&rule), &approved).await;
    let later = service.runner_at(NOW + LEASE * 2, json!({"approval": {"always": true}}));
    let outcome = later.take_up::<Align>(&key).await.unwrap();
    let second = &outcome.parts[0];
    assert_eq!((outcome.parts.len(), second.status, told(second)), (1, Refused, vec!["plan-moved"]));
    let part = outcome_of(&later, &key, 1).await;
    assert_eq!(part.status, Succeeded, "its own run is taken up by the timer, under its approval");
    assert_eq!(service.posted(), ["a-0", "b-1", "c-1"]);
}

/// What becomes of this part of a sweep when its own run is taken up.
async fn outcome_of(runner: &plan::Runner, sweep: &journal::RunKey, part: usize) -> plan::Outcome {
    let run = runner.record(sweep).await.unwrap().parts().nth(part).unwrap().run;
    runner.take_up::<Align>(&journal::RunKey { run, ..*sweep }).await.unwrap()
}

fn no() -> Value {
    json!({"error": {"code": "Request_BadRequest", "message": "no"}})
}
