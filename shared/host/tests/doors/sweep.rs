//! A sweep at the doors: asked for, previewed, approved, repeated, looked at, taken back, and begun by a timer.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use plan::{Entry, Job, LEASE};
use serde_json::{Value, json};
use tenant::{Fault, Options, Trouble};

use crate::greet::{EVERYBODY, Greet};
use crate::house::{ADELE, House, keyed, pass, request};

const SWEEP: &str = "/api/greet/everybody";
const KEY: (&str, &str) = ("idempotency-key", "7");
const MEGAN: &str = "MeganB@contoso.com";

fn both() -> Value {
    json!({"who": [ADELE, MEGAN], "words": "Hello"})
}

/// A house whose setting says who is to be greeted.
fn set(options: Options, policy: Value, everybody: &Value) -> House {
    House::with(options, policy, &[(EVERYBODY, &everybody.to_string())])
}

fn refused(method: &str) -> Fault {
    let then = Trouble { status: Some(403), ..Trouble::default() };
    Fault { method: Some(method.into()), then, ..Fault::default() }
}

fn statuses(outcome: &Value) -> Vec<&str> {
    let parts = outcome["parts"].as_array().into_iter().flatten();
    parts.map(|part| part["status"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_sweep_is_asked_for_with_a_body_or_without() {
    let house = set(Options::default(), json!({}), &json!({"who": [ADELE], "words": "Good morning"}));
    let given = house.post(SWEEP, &[], &both()).await;
    assert_eq!((given.status, &given.body["status"]), (200, &json!("succeeded")), "{}", given.text);
    assert_eq!((statuses(&given.body), house.writes()), (vec!["succeeded"; 2], 1), "in one envelope");
    for empty in ["", " \r\n"] {
        let reply = house.send(request(SWEEP, &[], empty)).await;
        assert_eq!((reply.status, &reply.body["status"]), (200, &json!("succeeded")), "{}", reply.text);
    }
    assert_eq!((house.job_title(), house.writes()), (json!("Good morning"), 2));
    let runs = given.body["parts"].as_array().unwrap().iter().map(|part| part["run"].as_str().unwrap());
    for run in runs.chain([given.body["run"].as_str().unwrap()]) {
        let look = house.get(&format!("/api/greet/runs/{run}")).await;
        assert_eq!((look.status, &look.body["status"]), (200, &json!("succeeded")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_shows_everybody_and_just_that_can_be_approved() {
    let house = House::new();
    let preview = house.post(&format!("{SWEEP}?whatIf=true"), &[KEY], &both()).await;
    assert_eq!((preview.status, statuses(&preview.body)), (200, vec!["planned"; 2]));
    assert_eq!((house.writes(), house.journal.runs().len(), house.journal.marks().len()), (0, 0, 0));
    let approved = ("if-match", preview.header("etag"));
    house.ask(&[], &crate::house::hello()).await;
    let moved = house.post(SWEEP, &[approved, KEY], &both()).await;
    assert_eq!((moved.status, moved.problem()), (412, "plan-moved"), "{}", moved.text);
    assert_eq!((statuses(&moved.body["outcome"]), house.writes()), (vec!["planned"], 1));
    let look = house.get(&format!("/api/greet/runs/{}", keyed("7").run)).await;
    assert_eq!((look.status, &look.body["outcome"]["findings"][0]["code"]), (422, &json!("plan-moved")));
    let now = format!("\"{}\"", moved.body["outcome"]["planDigest"].as_str().unwrap());
    let done = house.post(SWEEP, &[("if-match", &now), KEY], &both()).await;
    assert_eq!((done.status, statuses(&done.body), house.writes()), (200, vec!["succeeded"], 2));
}

#[tokio::test(start_paused = true)]
async fn more_than_may_be_changed_at_once_are_refused_with_what_to_do() {
    let (house, rule) = (House::new(), json!({"who": [ADELE, MEGAN], "words": "Hello", "most": 1}));
    let reply = house.post(SWEEP, &[], &rule).await;
    assert_eq!(
        (reply.status, reply.problem(), &reply.body["detail"]),
        (403, "guard-rail", &json!("rule: most"))
    );
    assert!(reply.body["title"].as_str().unwrap().contains("If-Match"), "{}", reply.text);
    assert_eq!(house.writes(), 0);
    let preview = house.post(&format!("{SWEEP}?whatIf=true"), &[], &rule).await;
    let done = house.post(SWEEP, &[("if-match", preview.header("etag"))], &rule).await;
    assert_eq!((done.status, house.writes()), (200, 1));
}

#[tokio::test(start_paused = true)]
async fn the_same_key_is_the_same_sweep_and_with_another_body_it_is_refused() {
    let house = House::new();
    let first = house.post(SWEEP, &[KEY], &both()).await;
    let again = house.another().post(SWEEP, &[KEY], &both()).await;
    assert_eq!((first.status, &first.body), (200, &again.body));
    let other = json!({"who": [ADELE], "words": "Hello"});
    for (target, body) in [(SWEEP, &other), ("/api/greet", &crate::house::hello())] {
        let reply = house.post(target, &[KEY], body).await;
        assert_eq!((reply.status, reply.problem()), (422, "key-reused"), "{target}");
    }
    assert_eq!((house.writes(), house.journal.runs().len()), (1, 3), "the sweep, and two parts");
    let flow = [("x-ms-workflow-run-id", "0858"), ("x-ms-workflow-operation-name", "Greet")];
    let one = house.post(SWEEP, &flow, &both()).await.run();
    assert_eq!(one, house.post(SWEEP, &flow, &both()).await.run());
    assert_ne!(one, house.post(SWEEP, &flow, &other).await.run());
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_outlasts_its_deadline_is_looked_at_later() {
    let house = House::slow(Duration::from_secs(8));
    let reply = house.post(SWEEP, &[], &both()).await;
    assert_eq!((reply.status, &reply.body["status"]), (202, &json!("running")));
    assert_eq!(house.get(&reply.location()).await.status, 202);
    let undo = reply.location() + "/undo";
    assert_eq!(house.post(&undo, &[], &Value::Null).await.problem(), "under-way");
    let ended = house.ended(&reply.location()).await;
    assert_eq!((ended.status, statuses(&ended.body)), (200, vec!["succeeded"; 2]), "{}", ended.text);
    let hasty = house.post(SWEEP, &[("prefer", "respond-async")], &both()).await;
    assert_eq!((hasty.status, house.ended(&hasty.location()).await.status), (202, 200));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_is_taken_back_and_so_is_each_part() {
    let house = House::new();
    let before = house.job_title();
    let run = house.post(SWEEP, &[], &both()).await.run().run;
    let undo = format!("/api/greet/runs/{run}/undo");
    let preview = house.post(&format!("{undo}?whatIf=true"), &[], &Value::Null).await;
    assert_eq!((preview.status, statuses(&preview.body), house.writes()), (200, vec!["planned"; 2], 1));
    let undone = house.post(&undo, &[("if-match", preview.header("etag"))], &Value::Null).await;
    assert_eq!((undone.status, statuses(&undone.body)), (200, vec!["succeeded"; 2]), "{}", undone.text);
    assert_eq!((house.job_title(), house.writes()), (before, 2));
    let again = house.post(&undo, &[], &Value::Null).await;
    assert_eq!((again.status, &again.body["findings"][0]["code"]), (200, &json!("undone")));
    let look = house.get(&format!("/api/greet/runs/{run}")).await;
    assert_eq!(look.body["findings"][0]["code"], "undone");
    assert_eq!(look.body["parts"][1]["findings"][0]["code"], "undone", "{}", look.text);
    assert_eq!(house.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_the_call_or_the_setting_is_named_and_nothing_is_begun() {
    let house = set(Options::default(), json!({}), &json!({"who": [ADELE], "word": "Hello"}));
    let table = [
        (json!({"who": [ADELE], "words": 7}), 400, "invalid-request", "/words"),
        (json!({"who": [ADELE], "words": "Hello", "whom": []}), 400, "invalid-request", "/whom"),
    ];
    for (body, status, problem, pointer) in table {
        let reply = house.post(SWEEP, &[], &body).await;
        assert_eq!((reply.status, reply.problem()), (status, problem), "{}", reply.text);
        assert_eq!(reply.body["errors"][0]["pointer"], pointer);
    }
    let text = house.post(SWEEP, &[("content-type", "text/csv")], &both()).await;
    assert_eq!((text.status, text.problem()), (415, "not-json"));
    for target in [SWEEP.to_owned(), format!("{SWEEP}?whatIf=true")] {
        let reply = house.send(request(&target, &[], "")).await;
        assert_eq!((reply.status, reply.problem()), (500, "configuration"));
        assert!(reply.body["detail"].as_str().unwrap().starts_with(EVERYBODY), "{}", reply.text);
    }
    assert_eq!(house.post(&format!("{SWEEP}?whatIf=maybe"), &[], &both()).await.problem(), "invalid-query");
    assert!(house.journal.runs().is_empty() && house.journal.marks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn there_is_no_sweep_of_another_name_and_none_to_look_at() {
    let house = House::new();
    let other = house.post("/api/greet/nobody", &[], &both()).await;
    assert_eq!((other.status, other.problem()), (404, "nothing-here"));
    let get = house.get(SWEEP).await;
    assert_eq!((get.status, get.problem()), (405, "wrong-method"));
    assert_eq!(house.post("/API/Greet/Everybody/", &[], &both()).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn one_who_cannot_be_greeted_keeps_nobody_else_from_it() {
    let house = House::new();
    let rule = json!({"who": [ADELE, "nobody@contoso.com"], "words": "Hello"});
    let reply = house.post(SWEEP, &[], &rule).await;
    assert_eq!((reply.status, &reply.body["status"]), (200, &json!("partial")));
    assert_eq!(statuses(&reply.body), ["succeeded", "refused"]);
    let nobody = json!({"who": ["nobody@contoso.com"], "words": "Hello"});
    let reply = house.post(SWEEP, &[], &nobody).await;
    assert_eq!((reply.status, reply.problem()), (422, "refused"));
    assert_eq!(reply.body["outcome"]["parts"][0]["findings"][0]["code"], "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_cannot_read_the_tenant_or_breaks_is_told_like_any_run() {
    let house = House::new();
    house.tenant.fault(Fault { path: Some("/users".into()), times: Some(1), ..refused("GET") });
    let unreadable = house.post(SWEEP, &[KEY], &both()).await;
    assert_eq!((unreadable.status, unreadable.problem()), (502, "tenant-unreadable"), "{}", unreadable.text);
    let broken = json!({"who": [ADELE], "words": "panic, Adele Vance"});
    let broken = house.post(SWEEP, &[], &broken).await;
    assert_eq!((broken.status, broken.problem()), (500, "defect"));
    assert!(house.journal.marks().is_empty() || house.writes() == 0);
    assert_eq!(house.post(SWEEP, &[KEY], &both()).await.status, 200, "asked again by its key");
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_died_is_taken_up_by_whoever_looks_and_by_the_timer() {
    for by_timer in [true, false] {
        let house = House::new();
        let run = keyed("7");
        let job = Job::<Value>::Sweep { sweep: "everybody".to_owned(), want: with_most(&both()) };
        let asked = json!(Entry::Asked { at: house.now(), job, approved: None });
        journal::Journal::begin(&*house.journal, &run, &asked).await.unwrap();
        journal::Journal::remind(&*house.journal, &journal::Mark { at: house.now(), run }).await.unwrap();
        pass(LEASE * 2).await;
        let location = format!("/api/greet/runs/{}", run.run);
        match by_timer {
            true => assert_eq!(house.tick().await.succeeded, 1),
            false => assert_eq!(house.ended(&location).await.status, 200),
        }
        let look = house.get(&location).await;
        assert_eq!((statuses(&look.body), house.writes()), (vec!["succeeded"; 2], 1), "{by_timer}");
    }
}

/// As it is kept.
fn with_most(rule: &Value) -> Value {
    let mut rule = rule.clone();
    rule["most"] = json!(10);
    rule
}

/// What the host sends for the timer of the sweep, and the line that it is told.
async fn tick(house: &House) -> (u16, String) {
    let timer = json!({"Data": {"timer": {"Schedule": {}, "IsPastDue": false}}});
    let timer = Request::post("/Greet-Everybody").body(Body::from(timer.to_string())).unwrap();
    let reply = house.send(timer).await;
    let line = reply.body["Logs"][0].as_str().or(reply.body["title"].as_str());
    (reply.status, line.unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_timer_sweeps_and_says_how_many_it_has_brought_in_line() {
    let rule = json!({"who": [ADELE, "nobody@contoso.com", MEGAN], "words": "Hello"});
    let house = set(Options::default(), json!({}), &rule);
    assert_eq!(tick(&house).await, (200, "brought in line: 2; not: 1".to_owned()));
    assert_eq!((house.job_title(), house.writes()), (json!("Hello"), 1));
    assert_eq!(tick(&house).await, (200, "brought in line: 0; not: 1".to_owned()));
    assert_eq!(house.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timer_whose_sweep_cannot_be_done_fails_its_invocation_and_says_why() {
    let wrong = House::with(Options::default(), json!({}), &[(EVERYBODY, "everyone")]);
    let (status, why) = tick(&wrong).await;
    assert!(status == 500 && why.starts_with(EVERYBODY), "{why}");
    let unreadable = set(Options::default(), json!({}), &both());
    unreadable.tenant.fault(refused("GET"));
    let (status, why) = tick(&unreadable).await;
    assert!(status == 500 && why.contains("could not be read"), "{why}");
    let many =
        set(Options::default(), json!({}), &json!({"who": [ADELE, MEGAN], "words": "Hello", "most": 1}));
    let (status, why) = tick(&many).await;
    assert!(status == 500 && why.contains("the rule most forbids it"), "{why}");
    let broken = set(Options::default(), json!({}), &json!({"who": [ADELE], "words": "panic, Adele Vance"}));
    let (status, why) = tick(&broken).await;
    assert!(status == 500 && why.contains("defect"), "{why}");
    let closed = set(Options::default(), json!({}), &both());
    closed.journal.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    let (status, why) = tick(&closed).await;
    assert!(status == 500 && why.contains("journal"), "{why}");
    for house in [wrong, unreadable, many, broken, closed] {
        assert_eq!(house.writes(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_takes_longer_than_a_tick_goes_on_and_no_other_is_begun_meanwhile() {
    let options = Options { latency: Duration::from_secs(28), ..Options::default() };
    let house = set(options, json!({}), &json!({"who": vec![ADELE; 10], "words": "Hello"}));
    let began = tokio::time::Instant::now();
    assert_eq!(tick(&house).await, (200, "the sweep goes on".to_owned()));
    assert_eq!(began.elapsed(), Duration::from_secs(240));
    assert_eq!(tick(&house).await, (200, "the sweep before is still under way".to_owned()));
    assert_eq!(house.journal.runs().len(), 1);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(house.job_title(), "Hello");
    assert_eq!(
        host::sweep::<Greet>(
            &house.app,
            house.app.runner().unwrap(),
            "everybody",
            json!({"who": [MEGAN], "words": "Hello", "most": 10})
        )
        .await
        .unwrap(),
        host::Swept::Ended { well: 1, unwell: 0 }
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_of_a_sweep_in_an_envelope_is_answered_as_any_other() {
    let house = set(Options::default(), json!({}), &both());
    let call = |body: Value| {
        let request = json!({
            "Url": format!("https://contoso.azurewebsites.net{SWEEP}"), "Method": "POST",
            "Headers": {"Content-Type": ["application/json"]}, "Body": body,
        });
        let envelope = json!({"Data": {"req": request}, "Metadata": {}}).to_string();
        Request::post("/sweep").body(Body::from(envelope)).unwrap()
    };
    for (body, parts) in [(Value::Null, 2), (json!({"who": [ADELE], "words": "Good day"}), 1)] {
        let reply = house.send(call(body)).await;
        let output = &reply.body["Outputs"]["res"];
        let outcome: Value = serde_json::from_str(output["body"].as_str().unwrap()).unwrap();
        assert_eq!((&output["statusCode"], statuses(&outcome).len()), (&json!(200), parts), "{}", reply.text);
    }
}
