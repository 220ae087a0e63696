//! A secret that one change makes and a later one needs.

use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, FutureExt, ready};
use graph::{Error, MADE, ObjectId, Path, RUN, Request, Response};
use http::HeaderMap;
use journal::{RunId, RunKey, TaskName};
use plan::{Approval, Change, Clock, Job, Plan, Proof, Standing, Status, Subject, Task, Tenant};
use serde_json::{Value, json};
use vault::{Ask, SecretText, Text, Vaults};

use crate::service::{NOW, Service, statuses};

const SECRET: &str = "not-to-be-seen";

/// Makes a secret, and keeps it.
struct Keep;

impl Task for Keep {
    const NAME: TaskName = TaskName::of("keep");
    type Request = ();
    type Facts = ();

    async fn observe((): &(), _: &Tenant) -> Result<(), Error> {
        Ok(())
    }

    fn plan((): &(), (): &()) -> Plan {
        let make = Request::post(Path::new("/applications/1/addPassword"))
            .body(json!({"passwordCredential": {"displayName": format!("made by {RUN}")}}))
            .naming_the_run();
        let read = Request::get(Path::new("/applications/1"));
        let proof =
            Proof::has(read, "/passwordCredentials", json!({"displayName": format!("made by {RUN}")}));
        let make = Change::new("make a secret", make, proof).carrying("/secretText", "/keyId");
        let keep = Ask::SetSecret {
            vault: "contoso-keys".parse().unwrap(),
            name: "payroll".to_owned(),
            value: Text::Carried,
            content_type: None,
            expires: None,
            tags: [("run".to_owned(), RUN.to_owned()), ("credential".to_owned(), MADE.to_owned())].into(),
        };
        let kept = Ask::SecretVersions { vault: "contoso-keys".parse().unwrap(), name: "payroll".to_owned() };
        let proof = Proof::has(kept, "/value", json!({"tags": {"credential": MADE}}));
        Plan::about(Subject::named("Payroll")).then([make]).then([Change::new("keep it", keep, proof)])
    }

    async fn standing(_: ObjectId, _: &Tenant) -> Result<Option<Standing>, Error> {
        Ok(None)
    }
}

/// A vault that writes down what it is asked, and with which secret.
#[derive(Clone, Default)]
struct Vault(Arc<Mutex<Vec<Asked>>>);

/// What a vault was asked, and with which secret.
type Asked = (Value, Option<String>);

impl Vaults for Vault {
    fn send<'a>(
        &'a self,
        ask: Ask,
        secret: Option<&'a SecretText>,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        let secret = secret.map(|secret| secret.expose().to_owned());
        self.0.lock().unwrap().push((serde_json::to_value(&ask).unwrap(), secret));
        ready(Ok(Response { status: 200, headers: HeaderMap::new(), body: json!({}) })).boxed()
    }
}

async fn kept(service: &Service) -> (RunId, plan::Outcome, Vec<Asked>) {
    let vault = Vault::default();
    let runner = service.runner_with(Arc::new(vault.clone()), Clock::from(|| NOW), json!({}));
    let run = RunKey { task: Keep::NAME, run: RunId::fresh() };
    let (_, lease) = runner.begin::<Keep>(&run, &Job::Do(()), &Approval::None).await.unwrap();
    let outcome = runner.run::<Keep>(&lease, &Job::Do(()), &Approval::None).await.unwrap();
    let asked = vault.0.lock().unwrap().clone();
    (run.run, outcome, asked)
}

fn made() -> Service {
    let made = json!({"keyId": "key-1", "secretText": SECRET});
    Service::answering([("POST /applications/1/addPassword", 200, made)])
}

#[tokio::test(start_paused = true)]
async fn a_secret_goes_from_the_answer_that_made_it_to_the_change_that_needs_it() {
    let (run, outcome, asked) = kept(&made()).await;
    assert!(outcome.succeeded(), "{outcome:#?}");
    let (ask, secret) = &asked[0];
    assert_eq!(secret.as_deref(), Some(SECRET));
    assert_eq!(ask["setSecret"]["tags"], json!({"run": run.to_string(), "credential": "key-1"}));
}

#[tokio::test(start_paused = true)]
async fn it_is_in_no_outcome_and_in_no_journal() {
    let service = made();
    let (run, outcome, _) = kept(&service).await;
    assert!(!serde_json::to_string(&outcome).unwrap().contains(SECRET));
    let record = service.ledger.lines_of(run);
    assert!(record.contains("addPassword") && !record.contains(SECRET), "{record}");
}

#[tokio::test(start_paused = true)]
async fn one_whose_answer_was_lost_is_carried_nowhere() {
    let there = json!({"passwordCredentials": []});
    let service = Service::answering([
        ("POST /applications/1/addPassword", 0, Value::Null),
        ("GET /applications/1", 200, there),
    ]);
    let (_, outcome, asked) = kept(&service).await;
    assert_eq!(statuses(&outcome), [Status::Unknown, Status::Skipped]);
    assert!(asked.is_empty());
}
