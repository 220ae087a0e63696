//! A task that sweeps: it gives each person what a rule lists for them, in the order of the list, unless they have it.

use std::time::Duration;

use graph::{Error, ObjectId, Path, Request};
use journal::{RunId, RunKey, TaskName};
use plan::{
    Approval, Finding, Job, Memory, Outcome, Plan, RunStatus, Runner, Standing, Stop, Subject, Sweep, Task,
    Tenant,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::service::{Post, Service};

/// Brings everybody in line.
pub(crate) struct Align;

/// Who is to have what: stages of names that [`Post`] understands, each ending in `-<person>`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) who: usize,
    pub(crate) has: Vec<Vec<String>>,
}

/// What a sweep is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) people: Vec<Person>,
    pub(crate) more: usize,
    pub(crate) most: usize,
    /// Whether it can be carried out at all.
    pub(crate) blocked: bool,
    pub(crate) mark: Value,
    /// How long it takes to find them.
    pub(crate) minutes: u64,
}

impl Task for Align {
    const NAME: TaskName = TaskName::of("align");
    const SWEEPS: &'static [&'static str] = &["everybody"];
    type Request = Person;
    type Facts = Value;

    async fn observe(_: &Person, tenant: &Tenant) -> Result<Value, Error> {
        tenant.graph.send(Request::get(Path::new("/organization"))).await.map(|answer| answer.body)
    }

    fn plan(want: &Person, have: &Value) -> Plan {
        let is_posted = |name: &&String| have["posted"].as_array().unwrap().contains(&json!(name));
        let is_word = |name: &&String| ["apart", "waits", "later"].contains(&name.as_str());
        let missing = |stage: &Vec<String>| -> Vec<String> {
            stage.iter().filter(|name| is_word(name) || !is_posted(name)).cloned().collect()
        };
        let stages: Vec<_> = want.has.iter().map(missing).collect();
        Plan { subject: subject(want.who), ..Post::plan(&stages, have) }
    }

    async fn sweep(_: &str, want: &Value, memory: &Memory, tenant: &Tenant) -> Result<Sweep<Person>, Error> {
        let rule: Rule = serde_json::from_value(want.clone()).unwrap();
        tokio::time::sleep(Duration::from_secs(60 * rule.minutes)).await;
        let mut cases = Vec::new();
        for person in rule.people {
            let plan = Self::plan(&person, &Self::observe(&person, tenant).await?);
            cases.extend((!plan.is_empty() || plan.is_blocked()).then_some((person, plan)));
        }
        let told = Finding::note("known", json!(memory).to_string());
        let blocked = rule.blocked.then(|| Finding::blocks("no-rule", "the rule cannot be carried out"));
        let findings = [told].into_iter().chain(blocked).collect();
        Ok(Sweep { cases, more: rule.more, most: rule.most, findings, mark: rule.mark })
    }

    async fn standing(account: ObjectId, _: &Tenant) -> Result<Option<Standing>, Error> {
        let subject = Subject::known(account, "somebody");
        Ok(Some(Standing { subject, findings: Vec::new() }))
    }
}

/// The object id of this person.
pub(crate) fn id(who: usize) -> ObjectId {
    format!("87d349ed-44d7-43e1-9a83-{who:012}").parse().unwrap()
}

fn subject(who: usize) -> Subject {
    Subject::known(id(who), format!("person {who}"))
}

/// A person of this number is to have this, in one stage; `+` stands for the number, and `|` begins a stage.
pub(crate) fn person(who: usize, has: &str) -> Person {
    let name = |name: &str| name.replace('+', &format!("-{who}"));
    let stage = |stage: &str| stage.split_whitespace().map(name).collect();
    Person { who, has: has.split('|').map(stage).collect() }
}

/// A rule for persons in this order, each of whom is to have something.
pub(crate) fn rule(has: &[&str]) -> Rule {
    let people = has.iter().enumerate().map(|(who, has)| person(who, has)).collect();
    Rule { people, more: 0, most: 100, blocked: false, mark: json!("seen"), minutes: 0 }
}

pub(crate) fn everybody(rule: &Rule) -> Job<Person> {
    Job::Sweep { sweep: "everybody".to_owned(), want: json!(rule) }
}

pub(crate) fn fresh() -> RunKey {
    RunKey { task: Align::NAME, run: RunId::fresh() }
}

/// A job in a run of its own.
pub(crate) async fn run(
    runner: &Runner,
    job: &Job<Person>,
    approval: &Approval,
) -> (RunKey, Result<Outcome, Stop>) {
    let key = fresh();
    let (_, lease) = runner.begin::<Align>(&key, job, approval).await.unwrap();
    (key, runner.run::<Align>(&lease, job, approval).await)
}

/// A job whose process dies when the tenant has carried this out.
pub(crate) async fn dies(
    runner: &Runner,
    service: &Service,
    line: &'static str,
    job: &Job<Person>,
    approval: &Approval,
) -> RunKey {
    let (gate, key) = (service.hold(line), fresh());
    let (_, lease) = runner.begin::<Align>(&key, job, approval).await.unwrap();
    tokio::select! {
        _ = runner.run::<Align>(&lease, job, approval) => panic!("it waits at {line}"),
        () = gate.reached() => {}
    }
    key
}

pub(crate) async fn sweep(runner: &Runner, rule: &Rule) -> (RunKey, Outcome) {
    let (key, outcome) = run(runner, &everybody(rule), &Approval::None).await;
    (key, outcome.unwrap())
}

/// The same by the same key, once more.
pub(crate) async fn again(
    runner: &Runner,
    key: &RunKey,
    rule: &Rule,
    approval: &Approval,
) -> Result<Outcome, Stop> {
    let (_, lease) = runner.begin::<Align>(key, &everybody(rule), approval).await?;
    runner.go_on::<Align>(&lease, &everybody(rule), approval).await
}

pub(crate) async fn preview(runner: &Runner, rule: &Rule) -> Outcome {
    runner.preview::<Align>(&everybody(rule)).await.unwrap()
}

/// Approves just what the preview shows.
pub(crate) async fn approval(runner: &Runner, rule: &Rule) -> Approval {
    approval_of(runner, &everybody(rule)).await
}

pub(crate) async fn approval_of(runner: &Runner, job: &Job<Person>) -> Approval {
    Approval::Exactly(runner.preview::<Align>(job).await.unwrap().plan_digest)
}

pub(crate) async fn undo(runner: &Runner, on: &RunKey) -> (RunKey, Outcome) {
    let job = Job::Act { action: plan::UNDO.to_owned(), on: on.run };
    let (key, outcome) = run(runner, &job, &Approval::None).await;
    (key, outcome.unwrap())
}

/// The status of each part.
pub(crate) fn parts(outcome: &Outcome) -> Vec<RunStatus> {
    outcome.parts.iter().map(|part| part.status).collect()
}

/// The codes of what is told of this part, and of the whole but for what it knew.
pub(crate) fn told(outcome: &Outcome) -> Vec<&str> {
    let codes = outcome.findings.iter().map(|finding| finding.code.as_str());
    codes.filter(|code| *code != "known").collect()
}

/// What the last sweep has left to this one.
pub(crate) async fn memory(service: &Service) -> Value {
    let preview = preview(&service.runner(json!({})), &rule(&[])).await;
    serde_json::from_str(&preview.findings[0].says).unwrap()
}
