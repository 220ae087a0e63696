//! `kill -9` at every instant that the tenant can tell apart: the same call again ends in the same tenant.
//!
//! The laws try this in one process, at paused time and in every weather. Here the real processes die: the host sends
//! SIGKILL to the packaged handler while one of its requests is on the wire, before the tenant has carried it out or after,
//! and starts the handler again. Nothing waits for a time to pass: the request itself is the event.
//!
//! Both functions, and both services: an offboarding goes on by itself once the mailbox is seen to be a shared one, and
//! whoever asks again need not wait for that.

#![cfg(test)]

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::Request;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use plan::laws::portrait;
use serde_json::{Value, json};
use suite::{CONVERSION_DELAY, FUNCTION, OFFBOARD, World};
use tokio::sync::Notify;

/// On which side of the request the handler dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    /// Before the tenant has carried it out.
    Before,
    /// After it has, and before the answer arrives.
    After,
}

/// At which requests the handler dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// At each.
    Requests,
    /// At those that change something: where there are many, the others tell nothing new.
    Writes,
}

/// Waits between the handler and the tenant for one request of many.
#[derive(Debug)]
struct Ambush {
    at: At,
    /// How many requests still pass, and what happens then.
    waiting: Mutex<Option<(usize, Blow)>>,
    struck: Notify,
}

impl Ambush {
    fn at(at: At) -> Self {
        Self { at, waiting: Mutex::default(), struck: Notify::new() }
    }

    fn lay(&self, passing: usize, blow: Blow) {
        *self.waiting.lock().unwrap() = Some((passing, blow));
    }

    /// Whether it was still there.
    fn lift(&self) -> bool {
        self.waiting.lock().unwrap().take().is_some()
    }

    /// What happens to this request.
    fn strike(&self, request: &Request<Bytes>) -> Option<Blow> {
        if self.at == At::Writes && !telling::writes(request) {
            return None;
        }
        let mut waiting = self.waiting.lock().unwrap();
        let (passing, blow) = waiting.take()?;
        if passing == 0 {
            return Some(blow);
        }
        *waiting = Some((passing - 1, blow));
        None
    }
}

/// Carries requests to the tenant, but for the one that is waited for: it is never answered.
async fn carry(State(ambush): State<Arc<Ambush>>, request: Request<Body>, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head, to_bytes(body, usize::MAX).await.unwrap());
    let blow = ambush.strike(&request);
    if blow != Some(Blow::Before) {
        let answer = next.run(request.map(Body::from)).await;
        if blow.is_none() {
            return answer;
        }
    }
    ambush.struck.notify_one();
    std::future::pending().await
}

/// What is asked, and what is killed while it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// What the function is for.
    Do,
    /// Taking that back.
    Undo,
}

/// A function, and one way of using it.
#[derive(Clone, Copy)]
struct Case {
    function: &'static str,
    request: fn() -> Value,
    /// What is different in the tenant before.
    prepare: fn(&mut Value),
    call: Call,
    at: At,
    /// With fewer deaths than this the test would not have seen what it is about.
    deaths: usize,
}

/// Account, access and sign-in apart.
const ONBOARDING: Case = Case {
    function: FUNCTION,
    request: newcomer,
    prepare: |_| (),
    call: Call::Do,
    at: At::Requests,
    deaths: 5,
};

/// The look whether the account is gone already, and its deletion.
const ITS_UNDO: Case = Case { call: Call::Undo, deaths: 2, ..ONBOARDING };

/// What cannot wait, everything else, and the licences once the mailbox is a shared one; at both services.
const OFFBOARDING: Case = Case {
    function: OFFBOARD,
    request: leaver,
    prepare: with_a_handful,
    call: Call::Do,
    at: At::Writes,
    deaths: 20,
};

/// What has been done until the mailbox is a shared one.
const OF_AN_OFFBOARDING: Case = Case { call: Call::Undo, deaths: 15, ..OFFBOARDING };

/// How often a caller asks again for what goes on.
const PATIENCE: usize = 4;

struct Trial {
    case: Case,
    world: World,
    ambush: Arc<Ambush>,
    before: Value,
}

impl Trial {
    async fn begin(case: Case) -> Self {
        let ambush = Arc::new(Ambush::at(case.at));
        let world = World::start_behind(case.function, &[], |tenant| {
            tenant.layer(from_fn_with_state(ambush.clone(), carry))
        });
        let world = world.await.unwrap();
        let mut before = world.tenant.state();
        (case.prepare)(&mut before);
        Self { case, world, ambush, before }
    }

    /// Everybody as at first, and for an undo what is to be undone; gives what is to be called.
    async fn set(&self) -> String {
        self.world.tenant.load(&self.before).unwrap();
        match self.case.call {
            Call::Do => String::new(),
            Call::Undo => {
                let done = self.world.post("", &[], &(self.case.request)()).await.unwrap().body;
                format!("/runs/{}/undo", done["run"].as_str().unwrap())
            }
        }
    }

    /// The outcome, if there is one. What goes on by itself goes on at once for whoever asks again once the mailbox is seen to
    /// be a shared one.
    async fn ask(&self, rest: &str) -> Option<Value> {
        for _ in 0..PATIENCE {
            let answer = self.world.post(rest, &[], &(self.case.request)()).await.ok()?;
            if answer.status != 202 {
                return (answer.status == 200).then_some(answer.body);
            }
            self.world.tenant.advance(CONVERSION_DELAY);
        }
        panic!("{}{rest} goes on for ever", self.case.function)
    }

    /// What the tenant becomes when nobody dies.
    async fn expected(&self) -> Value {
        let rest = self.set().await;
        let outcome = self.ask(&rest).await.unwrap();
        assert_eq!(outcome["status"], "succeeded", "undisturbed: {outcome:#}");
        portrait(&self.before, &self.world.tenant.state())
    }

    /// Asks while the ambush is laid. Whether the handler died of it.
    async fn ask_and_die(&self, rest: &str) -> bool {
        let asking = self.ask(rest);
        tokio::pin!(asking);
        tokio::select! {
            () = self.ambush.struck.notified() => {
                self.world.host.kill(self.case.function).await.unwrap();
                assert_eq!(asking.await, None, "the dead do not answer");
                true
            }
            _ = &mut asking => {
                assert!(self.ambush.lift(), "the ambush struck and nobody noticed");
                false
            }
        }
    }

    /// Kills at the first of those requests, the second, and so on, until a call lives to its end. How often it died.
    async fn kill_at_every_one(&self, blow: Blow) -> usize {
        let expected = self.expected().await;
        for at in 0.. {
            let rest = self.set().await;
            self.ambush.lay(at, blow);
            if !self.ask_and_die(&rest).await {
                return at;
            }
            let outcome = self.ask(&rest).await.unwrap();
            let told = format!("killed {blow:?} request {at}: {outcome:#}");
            assert_eq!(outcome["status"], "succeeded", "{told}");
            let after = portrait(&self.before, &self.world.tenant.state());
            assert!(after == expected, "{told}\n{after:#}\nshould be\n{expected:#}");
        }
        unreachable!("a call ends")
    }
}

fn newcomer() -> Value {
    json!({
        "employeeId": "200001", "givenName": "Gerhart", "surname": "Möller", "usageLocation": "DE",
        "userPrincipalName": "{given}.{surname}@contoso.com",
        "profile": {"jobTitle": "Senior Engineer", "department": "Engineering"},
        "manager": "LidiaH@contoso.com", "sponsors": ["LeeG@contoso.com"],
        "licences": [{"sku": "SPE_E3"}], "groups": ["IT Staff", "Retail"],
        "administrativeUnit": "Switzerland", "temporaryAccessPass": {"lifetimeInMinutes": 60},
    })
}

fn leaver() -> Value {
    json!({
        "user": LEAVER,
        "mailbox": {"reply": {"internal": "Lidia has left"}, "forward": true, "sendAs": true},
        "profile": {"clearMobilePhone": true, "clearManager": true, "displayNamePrefix": "Left - "},
    })
}

const LEAVER: &str = "LidiaH@contoso.com";
/// One group of each sort, of the forty that the leaver is in: hers alone, hers among others, left at Exchange, and handing
/// out a licence.
const HANDFUL: [&str; 5] =
    ["Atlas Team", "Borealis Team", "Atlas Readers", "Product Announcements", "Licensing Power BI"];

/// The leaver is in a handful of groups, and in no other.
fn with_a_handful(state: &mut Value) {
    let users = state["users"].as_array().unwrap();
    let leaver = users.iter().find(|user| user["userPrincipalName"] == LEAVER).unwrap()["id"].clone();
    let groups = state["groups"].as_array_mut().unwrap();
    let others = groups.iter_mut().filter(|group| !HANDFUL.iter().any(|name| group["displayName"] == *name));
    for group in others {
        for people in ["members", "owners"] {
            let people = group.get_mut(people).and_then(Value::as_array_mut).into_iter();
            people.for_each(|people| people.retain(|person| *person != leaver));
        }
    }
}

async fn every_death_is_mended(case: Case) {
    let trial = Trial::begin(case).await;
    for blow in [Blow::Before, Blow::After] {
        let deaths = trial.kill_at_every_one(blow).await;
        assert!(deaths >= case.deaths, "{blow:?}: died {deaths} times only");
    }
    trial.world.host.stop().await;
}

#[tokio::test]
async fn an_onboarding_that_is_killed_at_any_request_is_mended_by_asking_again() {
    every_death_is_mended(ONBOARDING).await;
}

#[tokio::test]
async fn an_undo_that_is_killed_at_any_request_is_mended_by_asking_again() {
    every_death_is_mended(ITS_UNDO).await;
}

#[tokio::test]
async fn an_offboarding_that_is_killed_at_any_write_is_mended_by_asking_again() {
    every_death_is_mended(OFFBOARDING).await;
}

#[tokio::test]
async fn an_undo_of_an_offboarding_that_is_killed_at_any_write_is_mended_by_asking_again() {
    every_death_is_mended(OF_AN_OFFBOARDING).await;
}

/// The run may be alive elsewhere for as long as its lease; until the timer takes it up, its key stands for it.
#[tokio::test]
async fn the_key_of_a_run_that_died_begins_no_second_run() {
    let trial = Trial::begin(ONBOARDING).await;
    let expected = trial.expected().await;
    trial.set().await;
    let body = newcomer();
    let with_key = || trial.world.post("", &[("idempotency-key", "200001")], &body);
    trial.ambush.lay(ONBOARDING.deaths - 1, Blow::After);
    let kill = async {
        trial.ambush.struck.notified().await;
        trial.world.host.kill(FUNCTION).await
    };
    let (died, killed) = tokio::join!(with_key(), kill);
    assert!(killed.is_ok() && died.unwrap().status != 200);
    let half_done = trial.world.tenant.state();
    let again = with_key().await.unwrap();
    assert_eq!(again.status, 202, "{}", again.body);
    assert!(again.headers["location"].to_str().unwrap().starts_with(&trial.world.url("/api/")), "{again:?}");
    assert_eq!(trial.world.tenant.state(), half_done);
    assert_eq!(trial.ask("").await.unwrap()["status"], "succeeded");
    assert_eq!(portrait(&trial.before, &trial.world.tenant.state()), expected);
    trial.world.host.stop().await;
}
