//! What is logged: which run and which call, and nothing that is secret or names a person.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use host::JsonLines;
use journal::RunId;
use serde_json::{Value, json};
use tenant::{Fault, Options, Trouble};
use tracing_subscriber::prelude::*;

use crate::house::{House, keyed, pass, request};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    /// Everything that this thread logs from now on, at every level. Without a listener of the whole process, an event that
    /// another thread tells first, to nobody, counts as one that nobody wants to hear.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        static WHOLE_PROCESS: Once = Once::new();
        WHOLE_PROCESS.call_once(|| tracing_subscriber::registry().init());
        let writer = self.clone();
        tracing_subscriber::registry().with(JsonLines::to(move || writer.clone())).set_default()
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn events(&self, name: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["event"] == name).collect()
    }
}

const INVOCATION: (&str, &str) = ("x-azure-functions-invocationid", "fa4fcd1a-a965-431e-8f10-a15c07b4fe2a");

#[tokio::test(start_paused = true)]
async fn of_a_sweep_the_changes_of_all_parts_are_counted_and_those_that_fail_name_their_run() {
    let sink = Sink::default();
    let _listening = sink.listen();
    let house = House::new();
    let then = Trouble { status: Some(403), ..Trouble::default() };
    house.tenant.fault(Fault { method: Some("PATCH".into()), times: Some(1), then, ..Fault::default() });
    let rule = json!({"who": [crate::house::ADELE, "MeganB@contoso.com"], "words": "Hello"});
    let reply = house.post("/api/greet/everybody", &[], &rule).await;
    let [ended] = &sink.events("run.ended")[..] else { panic!("{}", sink.text()) };
    let counts = ["parts", "changes", "holding", "outcome"].map(|field| &ended[field]);
    assert_eq!(counts, [&json!(2), &json!(2), &json!(1), &json!("partial")]);
    let [open] = &sink.events("change.open")[..] else { panic!("{}", sink.text()) };
    let parts = reply.body["parts"].as_array().unwrap();
    let failed = parts.iter().find(|part| part["status"] != "succeeded").unwrap();
    assert_eq!((&open["part"], &open["run"]), (&failed["run"], &reply.body["run"]));
}

#[tokio::test(start_paused = true)]
async fn of_messages_it_is_logged_how_many_and_never_to_whom_or_where() {
    let sink = Sink::default();
    let _listening = sink.listen();
    let settings = [
        ("GREET_SENDER", "MeganB@contoso.com"),
        ("GREET_TEAMS", "http://127.0.0.1/hooks/teams/secret-channel"),
        ("GREET_CALLBACK", "http://127.0.0.1/hooks/nowhere/secret-desk"),
    ];
    let house = House::with(Options::default(), json!({}), &settings);
    let body = json!({"callbackUrl": "http://127.0.0.1/hooks/callback/secret-desk"});
    let reply = house.post("/api/greet/tell", &[], &body).await;
    assert_eq!((reply.status, &reply.body["card"]["sent"]), (200, &json!(1)), "{}", reply.text);
    assert_eq!(reply.body["mails"]["refused"], 1, "it may not send mail");
    assert_eq!(reply.body["callback"]["why"], json!(["the address answered 404"]));
    let told = sink.events("report.told");
    let told = told.iter().map(|line| (line["channel"].as_str().unwrap(), line["level"].as_str().unwrap()));
    assert_eq!(told.collect::<Vec<_>>(), [("card", "INFO"), ("callback", "WARN"), ("mails", "WARN")]);
    for text in [sink.text(), reply.text] {
        assert!(!text.contains("secret-") && !text.contains("@contoso.com"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_line_of_a_run_carries_its_run_and_its_call() {
    let sink = Sink::default();
    let _listening = sink.listen();
    let house = House::slow(Duration::from_secs(8));
    let hello = crate::house::hello();
    let reply = house.ask(&[INVOCATION], &hello).await;
    assert_eq!(reply.status, 202);
    house.ended(&reply.location()).await;
    let run = reply.body["run"].as_str().unwrap();
    let of_run: Vec<Value> = sink.lines().into_iter().filter(|line| line["run"] == run).collect();
    assert!(of_run.iter().all(|line| line["invocation_id"] == INVOCATION.1 && line["task"] == "greet"));
    assert!(
        of_run.iter().any(|line| line["event"] == "graph.call"),
        "the calls to the tenant are among them"
    );
    let ended = &sink.events("run.ended")[0];
    assert_eq!(ended["run"], run, "told although nobody waited for it");
    assert_eq!(
        (&ended["outcome"], &ended["changes"], &ended["holding"]),
        (&json!("succeeded"), &json!(1), &json!(1))
    );
    let answered = &sink.events("http.answered")[0];
    assert_eq!((&answered["status"], &answered["method"]), (&json!(202), &json!("POST")));
    assert_eq!(answered["invocation_id"], INVOCATION.1);
    assert!(answered["elapsed_ms"].is_u64());
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_not_logged() {
    let sink = Sink::default();
    let _listening = sink.listen();
    House::new().get("/").await;
    assert_eq!(sink.text(), "");
}

#[tokio::test(start_paused = true)]
async fn a_call_in_an_envelope_is_logged_once() {
    let sink = Sink::default();
    let _listening = sink.listen();
    let trigger =
        json!({"Data": {"req": {"Url": "http://localhost:7071/api/greet", "Method": "POST", "Body": "{}"}}});
    House::new().send(request("/ask", &[INVOCATION], trigger.to_string())).await;
    let answered = sink.events("http.answered");
    assert_eq!(answered.len(), 1);
    assert_eq!(answered[0]["invocation_id"], INVOCATION.1);
}

#[tokio::test(start_paused = true)]
async fn what_stops_a_run_is_logged_once_by_its_kind() {
    let refused = |method: &str| Fault {
        method: Some(method.into()),
        then: Trouble {
            status: Some(403),
            code: Some("Authorization_RequestDenied".into()),
            message: Some("AdeleV@contoso.com may not".into()),
            ..Trouble::default()
        },
        ..Fault::default()
    };
    let table = [("GET", "run.stopped", json!(403)), ("PATCH", "change.open", json!("refused"))];
    for (method, event, status) in table {
        let sink = Sink::default();
        let _listening = sink.listen();
        let house = House::new();
        house.tenant.fault(refused(method));
        house.ask(&[INVOCATION], &crate::house::hello()).await;
        let told = sink.events(event);
        assert_eq!(told.len(), 1, "{}", sink.text());
        assert_eq!((&told[0]["code"], &told[0]["status"]), (&json!("Authorization_RequestDenied"), &status));
        assert!(told[0]["graph_request_id"].is_string() && told[0]["run"].is_string());
        assert!(!sink.text().contains("AdeleV"), "{}", sink.text());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_breaks_is_told_with_its_run_and_so_is_what_the_timer_finds() {
    let sink = Sink::default();
    let _listening = sink.listen();
    let house = House::new();
    let defect = json!({"who": "AdeleV@contoso.com", "words": "panic, Adele Vance"});
    let run = house.dead("7", &defect).await;
    pass(plan::LEASE * 2).await;
    house.tick().await;
    let [broke] = &sink.events("run.stopped")[..] else { panic!("{}", sink.text()) };
    assert_eq!((&broke["why"], &broke["level"]), (&json!("defect"), &json!("ERROR")));
    house.journal.spoil(run);
    pass(plan::LEASE * 4).await;
    house.tick().await;
    let unreadable = &sink.events("run.stopped")[1];
    assert_eq!(unreadable["why"], "journal");
    for told in [broke, unreadable] {
        assert_eq!((&told["task"], &told["run"]), (&json!("greet"), &json!(run.run)));
    }
}

#[tokio::test]
async fn a_torn_line_of_the_journal_is_told_with_its_run() {
    let sink = Sink::default();
    let _listening = sink.listen();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(RunId::fresh().to_string());
    let place = folder.display().to_string();
    let settings = journal::Settings::read(&|name| (name == "M365_JOURNAL").then(|| place.clone())).unwrap();
    let journal = journal::open(&settings, || panic!("a folder needs no credential")).unwrap();
    let run = keyed("7");
    journal.begin(&run, &json!({"n": 0})).await.unwrap();
    let path = folder.join(format!("greet/runs/{}.jsonl", run.run));
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], b"\n{\"id\":"].concat()).unwrap();
    assert_eq!(journal.read(&run).await.unwrap(), Some(vec![json!({"n": 0})]));
    let torn = &sink.events("journal.torn")[0];
    assert_eq!((&torn["task"], &torn["run"], &torn["torn"]), (&json!("greet"), &json!(run.run), &json!(1)));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_secret_and_nobody_is_ever_logged() {
    let sink = Sink::default();
    let _listening = sink.listen();
    let house = House::with(Options::default(), json!({}), &[]);
    let hello = |words: &str| json!({"who": "AdeleV@contoso.com", "words": words, "pass": true});
    let keys = [INVOCATION, ("x-functions-key", "k3y-in-header"), ("idempotency-key", "k3y-of-caller")];
    let target = "/api/greet?code=k3y-in-address";
    let done = house.post(target, &keys, &hello("Servus")).await;
    let pass_shown = done.body["credential"].as_str().unwrap().to_owned();
    house.post("/api/greet?whatIf=true&code=k3y-in-address", &keys, &hello("Servus")).await;
    house.post(target, &keys, &hello("Moin")).await;
    house
        .ask(
            &[],
            &json!({"who": "AdeleV@contoso.com", "callbackUrl": "https://logic.azure.com/?sig=s1gnature"}),
        )
        .await;
    house.ask(&[], &json!({"who": "nobody@contoso.com", "words": "Servus"})).await;
    house.ask(&[], &hello("panic, Adele Vance")).await;
    house.post(&format!("/api/greet/runs/{}/undo", done.run().run), &keys, &Value::Null).await;
    house.get(&format!("/api/greet/runs/{}?code=k3y-in-address", done.run().run)).await;
    let trigger = json!({"Data": {"req": {
        "Url": "https://contoso.azurewebsites.net/api/greet?code=k3y-in-address", "Method": "POST",
        "Query": {"code": "k3y-in-address"}, "Headers": {"x-functions-key": ["k3y-in-header"]},
        "Body": hello("Servus").to_string(),
    }}});
    house.send(request("/ask", &[INVOCATION], trigger.to_string())).await;
    house.send(request("/ask", &[INVOCATION], "{\"Data\": {\"k3y-in-address\": \"AdeleV")).await;
    house.dead("k3y-of-caller-2", &json!({"who": "nobody@contoso.com", "words": "Servus"})).await;
    pass(plan::LEASE * 2).await;
    house.tick().await;
    house.tenant.fault(Fault {
        then: Trouble {
            status: Some(400),
            message: Some("AdeleV@contoso.com is wrong".into()),
            ..Trouble::default()
        },
        ..Fault::default()
    });
    house.post(target, &[INVOCATION], &hello("Grüezi")).await;

    let text = sink.text();
    assert!(sink.lines().len() > 20, "{text}");
    let ours = |line: &&Value| line["target"].as_str().is_some_and(|target| target.starts_with("host"));
    let nameless = sink.lines().iter().filter(ours).find(|line| line["event"].is_null()).cloned();
    assert_eq!(nameless, None, "every event has a name");
    assert!(
        !pass_shown.is_empty() && !house.journal.text().contains(&pass_shown),
        "the pass is kept nowhere"
    );
    let secrets = ["k3y-", "s1gnature", "eyJ", "Bearer", pass_shown.as_str()];
    let people = ["Adele", "Vance", "AdeleV", "nobody@", "contoso.com/api", "Servus", "Moin", "Hello"];
    for word in secrets.into_iter().chain(people) {
        let found = text.lines().find(|line| line.contains(word));
        assert_eq!(found, None, "{word}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_report_has_to_be_acted_on_is_told_by_its_id_and_without_a_name() {
    let sink = Sink::default();
    let _listening = sink.listen();
    let reply = House::new().post("/greet-report", &[], &json!({"Data": {}, "Metadata": {}})).await;
    assert_eq!(reply.status, 200);
    let told = sink.events("report.to_act_on");
    assert_eq!((told.len(), &told[0]["report"], &told[0]["row"]), (1, &json!("greeted"), &json!("1042")));
    assert_eq!(sink.events("timer.reported")[0]["to_act_on"], 1);
    assert!(!sink.text().contains("Adele"), "{}", sink.text());
}
