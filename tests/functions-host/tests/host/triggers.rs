//! Timers and queues through a real handler: what it is sent, and what becomes of its answers.

use crate::common::{
    KEY, Stage, in_time, json_answer, post, queue, seen, send, start, start_with, timer, write,
};
use ::http::Request;
use functions_host::{Options, Payload, Quirks};
use serde_json::{Value, json};

fn envelope(request: &Value) -> Value {
    serde_json::from_str(request["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_timer_fired_by_hand_is_not_past_due_and_knows_its_schedule() {
    in_time(async {
        let stage = Stage::new();
        let host = start(vec![stage.app("app", json!({}), &[("nightly", timer())])]).await;
        let result = host.fire_timer("app", "nightly").await.unwrap();
        assert!(result.is_success());
        let request = &seen(&host, "app").await[0];
        assert_eq!(request["uri"], "/nightly");
        assert_eq!(request["headers"]["x-azure-functions-invocationid"], result.id.to_string());
        assert!(request["headers"]["user-agent"].as_str().unwrap().starts_with("Azure-Functions-Host/4."));
        let envelope = envelope(request);
        assert_eq!(envelope["Data"]["timer"]["IsPastDue"], false);
        assert_eq!(envelope["Data"]["timer"]["ScheduleStatus"]["Last"], "0001-01-01T00:00:00+00:00");
        assert_eq!(envelope["Metadata"]["sys"]["MethodName"], "nightly");
        let unknown = host.fire_timer("app", "hourly").await.unwrap_err();
        assert!(unknown.is_unknown_name());
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_admin_door_runs_timers_and_queues_and_answers_202_at_once() {
    in_time(async {
        let stage = Stage::new();
        let functions = [("nightly", timer()), ("work", queue("jobs")), ("hello", crate::common::http(&[]))];
        let host = start(vec![stage.app("app", json!({}), &functions)]).await;
        let url = |name: &str| format!("http://{}/admin/functions/{name}", host.address());
        assert_eq!(post(&url("nightly"), r#"{"input":""}"#).await.status, 202);
        host.line_with("app", "Executed 'Functions.nightly' (Succeeded").await.unwrap();
        assert_eq!(post(&url("work"), r#"{"input":"by hand"}"#).await.status, 202);
        host.line_with("app", "Executed 'Functions.work' (Succeeded").await.unwrap();
        assert_eq!(envelope(&seen(&host, "app").await[1])["Data"]["job"], "\"by hand\"");
        let refused = [
            (post(&url("hello"), r#"{"input":""}"#).await.status, 400),
            (post(&url("nothing"), r#"{"input":""}"#).await.status, 404),
            (post(&url("nightly"), "").await.status, 400),
            (post(&url("nightly"), r#"{"input":1}"#).await.status, 400),
            (send(Request::post(url("nightly")), "{}").await.status, 401),
            (send(Request::post(url("nightly")).header("x-functions-key", KEY), "{}").await.status, 415),
        ];
        for (number, (found, expected)) in refused.into_iter().enumerate() {
            assert_eq!(found, expected, "case {number}");
        }
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn two_apps_with_a_function_of_one_name_must_be_told_apart() {
    in_time(async {
        let stage = Stage::new();
        let apps = ["one", "two"].map(|app| stage.app(app, json!({}), &[("nightly", timer())]));
        let host = start(apps.into()).await;
        let url = format!("http://{}/admin/functions/nightly", host.address());
        let which = post(&url, r#"{"input":""}"#).await;
        assert_eq!(
            (which.status, which.text.as_str()),
            (409, "'nightly' is a function of one and two: say which with ?app=")
        );
        assert_eq!(post(&format!("{url}?app=two"), r#"{"input":""}"#).await.status, 202);
        host.line_with("two", "Executed 'Functions.nightly' (Succeeded").await.unwrap();
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_retry_policy_asks_again_with_a_higher_count_and_a_new_id() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app("app", json!({}), &[]);
        std::fs::create_dir(app.dir.join("nightly")).unwrap();
        let retry = json!({"strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00"});
        write(&app.dir.join("nightly/function.json"), &json!({"bindings": timer(), "retry": retry}));
        let host =
            start(vec![app.with_setting("ANSWERS", json!({"/nightly": {"status": 500}}).to_string())]).await;
        let result = host.fire_timer("app", "nightly").await.unwrap();
        assert_eq!((result.attempts, result.is_success()), (3, false));
        let seen = seen(&host, "app").await;
        let counts: Vec<_> =
            seen.iter().map(|request| envelope(request)["Metadata"]["RetryContext"].clone()).collect();
        assert_eq!(counts.iter().map(|context| context["RetryCount"].clone()).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(counts[0]["Exception"], Value::Null);
        assert!(counts[1]["Exception"]["Message"].as_str().unwrap().contains("500"));
        let ids: std::collections::BTreeSet<_> = seen
            .iter()
            .map(|request| request["headers"]["x-azure-functions-invocationid"].to_string())
            .collect();
        assert_eq!(ids.len(), 3);
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_function_feeds_the_queue_of_another() {
    in_time(async {
        let stage = Stage::new();
        let mut first = queue("jobs");
        first
            .as_array_mut()
            .unwrap()
            .push(json!({"type": "queue", "direction": "out", "name": "next", "queueName": "%NEXT%"}));
        let answer = json_answer(json!({"Outputs": {"next": "{\"who\":\"Adele Vance\"}"}}));
        let app = stage.app("app", json!({}), &[("first", first), ("second", queue("more-jobs"))]);
        let app = app
            .with_setting("NEXT", "more-jobs")
            .with_setting("ANSWERS", json!({"/first": answer}).to_string());
        let host = start(vec![app]).await;
        host.send("jobs", "hello").unwrap();
        host.line_with("app", "Executed 'Functions.second' (Succeeded").await.unwrap();
        let seen = seen(&host, "app").await;
        assert_eq!(envelope(&seen[0])["Data"]["job"], "\"hello\"");
        let text: String = serde_json::from_str(envelope(&seen[1])["Data"]["job"].as_str().unwrap()).unwrap();
        assert_eq!(text, "{\n  \"who\": \"Adele Vance\"\n}", "parsed and printed again on the way");
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_always_fails_ends_in_the_poison_queue() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app("app", json!({}), &[("work", queue("jobs"))]);
        let host =
            start(vec![app.with_setting("ANSWERS", json!({"/work": {"status": 500}}).to_string())]).await;
        host.send("jobs", "hello").unwrap();
        host.drained("jobs").await;
        let seen = seen(&host, "app").await;
        let counts: Vec<_> =
            seen.iter().map(|request| envelope(request)["Metadata"]["DequeueCount"].clone()).collect();
        assert_eq!(counts, ["1", "2", "3", "4", "5"]);
        assert_eq!(host.messages("jobs-poison")[0].decoded().as_deref(), Some("hello"));
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn no_message_is_lost_however_the_handler_dies() {
    in_time(async {
        let stage = Stage::new();
        let host = start(vec![stage.app("app", json!({}), &[("work", queue("jobs"))])]).await;
        for round in 0..4 {
            for number in 0..50 {
                host.send("jobs", &format!("job {round}.{number}")).unwrap();
            }
            host.ready("app").await.unwrap();
            host.kill("app").await.unwrap();
        }
        host.drained("jobs").await;
        assert!(host.messages("jobs-poison").is_empty());
        let lines = host.lines("app").unwrap();
        let succeeded =
            lines.iter().filter(|line| line.text.starts_with("Executed 'Functions.work' (Succeeded")).count();
        assert_eq!(succeeded, 200);
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nuisances_come_on_request() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app("app", json!({}), &[("work", queue("jobs"))]);
        let quirks = Quirks { duplicate_deliveries: true, payload: Payload::Old, ..Quirks::default() };
        let host = start_with(Options { apps: vec![app], quirks, ..Options::default() }).await;
        host.send("jobs", "hello").unwrap();
        host.drained("jobs").await;
        let seen = seen(&host, "app").await;
        assert_eq!(seen.len(), 2);
        for request in &seen {
            let envelope = envelope(request);
            assert_eq!(
                (&envelope["Data"]["job"], &envelope["Metadata"]["DequeueCount"]),
                (&json!("hello"), &json!(1))
            );
        }
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_storage_folder_keeps_what_was_promised() {
    in_time(async {
        let stage = Stage::new();
        let storage = Some(stage.path("storage"));
        let app = stage.app("app", json!({}), &[("nightly", timer())]);
        let options = Options { apps: vec![app.clone()], storage: storage.clone(), ..Options::default() };
        let first = start_with(options.clone()).await;
        first.send("jobs", "hello").unwrap();
        first.stop().await;
        let second = start_with(options).await;
        assert_eq!(second.messages("jobs")[0].decoded().as_deref(), Some("hello"));
        second.stop().await;
    })
    .await;
}
