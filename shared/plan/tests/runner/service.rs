//! A task that posts what it is told to, and a service that answers as each test wants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use exchange::{Cmdlet, InvokeCommand};
use graph::auth::FixedToken;
use graph::stack::{TransportError, Wire};
use graph::{Config, Error, Graph, ObjectId, Path, Refusal, Request, SkuId};
use jiff::{SignedDuration, Timestamp};
use journal::{RunId, RunKey, TaskName};
use plan::{
    Approval, Change, Clock, Finding, Job, Plan, Proof, Runner, Seat, Standing, Status, Stop, Subject, Task,
    Tenant, Touch,
};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;
use tower::service_fn;
use vault::{NoVaults, Vaults};

use crate::ledger::Ledger;

/// Sends a POST to each of these addresses, a stage for each list.
pub(crate) struct Post;

impl Task for Post {
    const NAME: TaskName = TaskName::of("post");
    type Request = Vec<Vec<String>>;
    /// Among others how many seats are free.
    type Facts = Value;

    async fn observe(_: &Self::Request, tenant: &Tenant) -> Result<Value, Error> {
        tenant.graph.send(Request::get(Path::new("/organization"))).await.map(|answer| answer.body)
    }

    fn plan(want: &Self::Request, have: &Value) -> Plan {
        let adele = Plan::about(Subject::known(id(ADELE), "Adele Vance"));
        let plan = want.iter().fold(adele, |plan, stage| match stage.split_first() {
            Some((word, names)) if word == "apart" => plan.apart(posts(names)),
            Some((word, names)) if word == "claims" => plan.claiming(names[0].as_str()),
            Some((word, names)) if word == "urgent" => plan.then(posts(names)),
            Some((word, names)) if word == "waits" => plan.later(posts(names), LATER),
            Some((word, names)) if word == "in order" => {
                let (after, changes) = names.split_last().unwrap();
                plan.in_order(posts(changes), [post(after)])
            }
            _ => plan.then(posts(stage)),
        });
        let says = |word: &str| want.iter().flatten().any(|name| name == word);
        let seats = want.iter().flatten().filter_map(|name| {
            let free = have["free"].get(name.get(..2)?)?.as_i64()?;
            Some(Seat { sku: sku(name)?, free })
        });
        let plan = plan.seats(seats);
        plan.findings(says("blocked").then(|| Finding::blocks("blocked", "not like this")))
            .again_at(says("later").then_some(LATER))
    }

    /// The first stage, if it says so.
    async fn urgent(want: &Self::Request, tenant: &Tenant) -> Result<Option<Plan>, Error> {
        let urgent = want.iter().find_map(|stage| match stage.split_first() {
            Some((word, names)) if word == "urgent" => Some(posts(names)),
            _ => None,
        });
        let Some(urgent) = urgent else { return Ok(None) };
        tenant.graph.send(Request::get(Path::new("/users"))).await?;
        Ok(Some(Plan::about(Subject::known(id(ADELE), "Adele Vance")).then(urgent)))
    }

    /// By now she is a member of the staff.
    async fn standing(account: ObjectId, _: &Tenant) -> Result<Option<Standing>, Error> {
        let subject = Subject { member_of: vec![id(STAFF)], ..Subject::known(account, "Adele Vance") };
        Ok(Some(Standing { subject, findings: Vec::new() }))
    }
}

pub(crate) const ADELE: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
const CONTOSO: &str = "0fea4e48-0b54-47c3-9bb7-7a6c3c0a27a5";
pub(crate) const STAFF: &str = "02bd9fd6-8f93-4758-87c3-1fb73740a315";
/// What time it is, unless somebody says otherwise.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);
/// When a run that says "later" is looked at again, and one that waits goes on.
pub(crate) const LATER: Timestamp = Timestamp::constant(1_800_000_000, 0);

pub(crate) fn id(text: &str) -> ObjectId {
    text.parse().unwrap()
}

/// What begins like a SKU takes a seat of it.
pub(crate) fn sku(name: &str) -> Option<SkuId> {
    let id = match name.get(..2)? {
        "E3" => "05e9a617-0261-4cee-bb44-138d3ef5d965",
        "E5" => "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
        _ => return None,
    };
    id.parse().ok()
}

/// The SKU of which this takes a seat at once.
fn seat(name: &str) -> Option<&str> {
    name.get(..2).filter(|_| !name.ends_with("by-group"))
}

fn posts(names: &[String]) -> Vec<Change> {
    names.iter().map(|name| if name.contains('@') { share(name) } else { post(name) }).collect()
}

/// What is called by an address is a mailbox.
fn share(name: &str) -> Change {
    let cmdlet = |verb: &str| Cmdlet::new(format!("{verb}-Mailbox")).identity(name);
    let proof = Proof::has(cmdlet("Get"), "/value", json!({"Type": "Shared"}));
    Change::new(format!("share {name}"), cmdlet("Set").parameter("Type", "Shared"), proof)
}

/// What is called by an id hands out the group of that id, what begins like a SKU a seat of it.
fn post(name: &str) -> Change {
    let path = || Path::new("/groups").key(name);
    let proof = || Proof::is(Request::get(path()), "/done", true);
    let touch = name.parse().map_or_else(|_| Touch::Domain("contoso.com".into()), Touch::Group);
    let lags: &[Refusal] = if name == "lags" { &[Refusal::NotFound] } else { &[] };
    let undo = Change::new(format!("delete {name}"), Request::delete(path()).not_yet(lags), proof());
    let send = Request::post(path()).already(&[Refusal::AlreadyMember]).not_yet(lags);
    let change = Change::new(format!("post {name}"), send, proof()).touching(touch).undone_by(undo);
    let by_group = name.ends_with("by-group").then(|| Touch::Group(id(STAFF)));
    let change = sku(name).map(Touch::Sku).into_iter().chain(by_group).fold(change, Change::touching);
    match name {
        "once" => change.once(),
        "slow" => change.slowly(),
        "awaited" => change.awaited(),
        _ => change,
    }
}

/// What the service answers: a status by method and path; 200 if nothing is said. Status 0: the reply is lost.
type Answers = BTreeMap<&'static str, (u16, Value)>;

#[derive(Clone, Default)]
pub(crate) struct Service {
    answers: Arc<Answers>,
    pub(crate) ledger: Arc<Ledger>,
    envelopes: Arc<Mutex<Vec<Value>>>,
    /// What is told to wait, once.
    busy: Arc<Mutex<Option<&'static str>>>,
    /// How many seats of each SKU are free.
    free: Arc<Mutex<BTreeMap<String, i64>>>,
    /// What was posted and not deleted since.
    posted: Arc<Mutex<BTreeSet<String>>>,
    /// What is not answered until somebody says so, once.
    held: Arc<Mutex<Held>>,
    ticks: Arc<AtomicI64>,
    /// How long every answer takes.
    latency: Duration,
}

/// What is held, and where.
type Held = Vec<(&'static str, Arc<Gate>)>;

/// Where an answer waits.
#[derive(Default)]
pub(crate) struct Gate {
    reached: Notify,
    open: Notify,
}

impl Gate {
    /// Ends when somebody waits.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    pub(crate) fn open(&self) {
        self.open.notify_one();
    }

    async fn pass(&self) {
        self.reached.notify_one();
        self.open.notified().await;
    }
}

impl Service {
    /// It has no time for this, once.
    pub(crate) fn busy(line: &'static str) -> Self {
        Self { busy: Arc::new(Mutex::new(Some(line))), ..Self::default() }
    }

    /// Every answer takes so long.
    pub(crate) fn slow(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// It has so many seats left.
    pub(crate) fn with_free(free: &[(&str, i64)]) -> Self {
        let service = Self::default();
        service.stock(free);
        service
    }

    /// From now on it has so many seats left.
    pub(crate) fn stock(&self, free: &[(&str, i64)]) {
        let free = free.iter().map(|(name, free)| ((*name).to_owned(), *free));
        self.free.lock().unwrap().extend(free);
    }

    /// Its plans name no seat of this any more.
    pub(crate) fn unlist(&self, name: &str) {
        self.free.lock().unwrap().remove(name);
    }

    /// How many seats are left.
    pub(crate) fn free(&self, name: &str) -> i64 {
        self.free.lock().unwrap()[name]
    }

    /// It carries this out, and does not answer until the gate is opened; once.
    pub(crate) fn hold(&self, line: &'static str) -> Arc<Gate> {
        let gate = Arc::<Gate>::default();
        self.held.lock().unwrap().push((line, gate.clone()));
        gate
    }

    /// What each item of each envelope depends on.
    pub(crate) fn envelopes(&self) -> Vec<Value> {
        self.envelopes.lock().unwrap().clone()
    }

    pub(crate) fn answering(answers: impl IntoIterator<Item = (&'static str, u16, Value)>) -> Self {
        let answers = answers.into_iter().map(|(line, status, body)| (line, (status, body)));
        Self { answers: Arc::new(answers.collect()), ..Self::default() }
    }

    /// What was asked of it, but for how it was observed.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked = self.ledger.events();
        asked.retain(|line| line.contains(" /") && line != "GET /organization");
        asked
    }

    fn answer(&self, method: &str, path: &str) -> (u16, Value) {
        let line = format!("{method} {path}");
        self.ledger.note(&line);
        if self.busy.lock().unwrap().take_if(|busy| *busy == line).is_some() {
            return (429, json!({"error": {"code": "TooManyRequests", "message": "later"}}));
        }
        if let Some(answer) = self.answers.get(line.as_str()) {
            return answer.clone();
        }
        let (mut free, mut posted) = (self.free.lock().unwrap(), self.posted.lock().unwrap());
        if let Some(name) = path.strip_prefix("/groups/") {
            let moves = match method {
                "POST" => posted.insert(name.to_owned()),
                "DELETE" => posted.remove(name),
                _ => false,
            };
            // What has just the name of a SKU is somebody else's each time.
            let is_seat = moves || free.contains_key(name);
            if let Some(free) = seat(name).and_then(|sku| free.get_mut(sku)).filter(|_| is_seat) {
                *free += match method {
                    "POST" => -1,
                    "DELETE" => 1,
                    _ => 0,
                };
            }
        }
        (200, json!({"done": true, "free": *free, "posted": *posted}))
    }

    /// What was posted and not deleted since.
    pub(crate) fn posted(&self) -> Vec<String> {
        self.posted.lock().unwrap().iter().cloned().collect()
    }

    /// Whether this is not to be answered yet.
    fn gate(&self, before: usize) -> Option<Arc<Gate>> {
        let asked = self.ledger.events();
        let mut held = self.held.lock().unwrap();
        let at = held.iter().position(|(line, _)| asked[before..].iter().any(|asked| asked == line))?;
        Some(held.remove(at).1)
    }

    fn carry(&self, request: &http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let path = request.uri().path().trim_start_matches("/v1.0").to_owned();
        let body = || serde_json::from_slice::<Value>(request.body()).unwrap();
        let (status, body) = match path.as_str() {
            "/$batch" => self.envelope(&body())?,
            path if path.ends_with("/InvokeCommand") => {
                let cmdlet = &body()["CmdletInput"];
                let name = cmdlet["CmdletName"].as_str().unwrap();
                self.answer(name, &format!("/{}", cmdlet["Parameters"]["Identity"].as_str().unwrap()))
            }
            path => self.answer(request.method().as_str(), path),
        };
        match status {
            0 => Err(TransportError::lost("the reply is lost")),
            status => Ok(http::Response::builder().status(status).body(body.to_string().into()).unwrap()),
        }
    }

    fn envelope(&self, envelope: &Value) -> Result<(u16, Value), TransportError> {
        let items = envelope["requests"].as_array().unwrap();
        self.envelopes.lock().unwrap().push(items.iter().map(|item| item["dependsOn"].clone()).collect());
        let (mut failed, mut answers) = (Vec::new(), Vec::new());
        for item in items {
            let waits_for = item["dependsOn"].as_array().into_iter().flatten();
            let (status, body) = match waits_for.clone().any(|id| failed.contains(id)) {
                true => (424, json!({"error": {"code": "FailedDependency", "message": "x"}})),
                false => self.answer(item["method"].as_str().unwrap(), item["url"].as_str().unwrap()),
            };
            if status == 0 {
                return Ok((0, Value::Null));
            }
            if status >= 400 {
                failed.push(item["id"].clone());
            }
            answers.push(json!({"id": item["id"], "status": status, "headers": {}, "body": body}));
        }
        Ok((200, json!({"responses": answers})))
    }

    pub(crate) fn runner(&self, policy: Value) -> Runner {
        self.runner_at(NOW, policy)
    }

    pub(crate) fn runner_at(&self, now: Timestamp, policy: Value) -> Runner {
        self.runner_by(Clock::from(move || now), policy)
    }

    /// A runner by a clock that moves on a little each time somebody looks at it.
    pub(crate) fn runner_from(&self, now: Timestamp) -> Runner {
        let ticks = self.ticks.clone();
        let tick = move || now + SignedDuration::from_millis(ticks.fetch_add(1, Ordering::SeqCst));
        self.runner_by(Clock::from(tick), json!({}))
    }

    /// A runner by the clock of the test, which stands still while anybody works.
    pub(crate) fn runner_by_tokio(&self) -> Runner {
        let began = Instant::now();
        let clock = move || NOW + SignedDuration::try_from(began.elapsed()).unwrap();
        self.runner_by(Clock::from(clock), json!({}))
    }

    fn runner_by(&self, clock: Clock, policy: Value) -> Runner {
        self.runner_with(Arc::new(NoVaults::unused()), clock, policy)
    }

    /// A runner with vaults of one's own.
    pub(crate) fn runner_with(&self, vaults: Arc<dyn Vaults>, clock: Clock, policy: Value) -> Runner {
        let service = self.clone();
        let wire = Wire::new(service_fn(move |request: http::Request<Bytes>| {
            let before = service.ledger.events().len();
            let answer = service.carry(&request);
            let gate = service.gate(before);
            let latency = service.latency;
            async move {
                tokio::time::sleep(latency).await;
                if let Some(gate) = gate {
                    gate.pass().await;
                }
                answer
            }
        }));
        let token = Arc::new(FixedToken::new("not-a-secret"));
        let config = exchange::Config::new("http://localhost", CONTOSO.parse().unwrap(), token.clone());
        let exchange = Arc::new(InvokeCommand::over(config, wire.clone()));
        let config = Config::new("http://localhost", token);
        let tenant =
            Tenant { graph: Graph::over(config, wire), exchange, vaults, clock, protects_roles: false };
        Runner::new(tenant, self.ledger.clone(), serde_json::from_value(policy).unwrap())
    }
}

pub(crate) fn job(stages: &[&[&str]]) -> Job<Vec<Vec<String>>> {
    Job::Do(stages.iter().map(|stage| stage.iter().map(|name| (*name).to_owned()).collect()).collect())
}

pub(crate) async fn run(
    runner: &Runner,
    job: &Job<Vec<Vec<String>>>,
    approval: &Approval,
) -> (RunKey, Result<plan::Outcome, Stop>) {
    let run = RunKey { task: Post::NAME, run: RunId::fresh() };
    let (_, lease) = runner.begin::<Post>(&run, job, approval).await.unwrap();
    (run, runner.run::<Post>(&lease, job, approval).await)
}

pub(crate) fn statuses(outcome: &plan::Outcome) -> Vec<Status> {
    outcome.changes.iter().map(|change| change.status).collect()
}
