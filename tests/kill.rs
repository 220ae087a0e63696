//! `kill -9` at every instant that the tenant can tell apart: the same call again ends in the same tenant.
//!
//! The laws try this in one process, at paused time and in every weather. Here the real processes die: the host sends
//! SIGKILL to the packaged handler while one of its requests is on the wire, before the tenant has carried it out or after,
//! and starts the handler again. Nothing waits for a time to pass: the request itself is the event.

#![cfg(test)]

use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use plan::laws::portrait;
use serde_json::{Value, json};
use suite::{FUNCTION, World};
use tokio::sync::Notify;

/// On which side of the request the handler dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    /// Before the tenant has carried it out.
    Before,
    /// After it has, and before the answer arrives.
    After,
}

/// Waits between the handler and the tenant for one request of many.
#[derive(Debug, Default)]
struct Ambush {
    /// How many requests still pass, and what happens then.
    waiting: Mutex<Option<(usize, Blow)>>,
    struck: Notify,
}

impl Ambush {
    fn lay(&self, at: usize, blow: Blow) {
        *self.waiting.lock().unwrap() = Some((at, blow));
    }

    /// Whether it was still there.
    fn lift(&self) -> bool {
        self.waiting.lock().unwrap().take().is_some()
    }

    /// What happens to this request.
    fn strike(&self) -> Option<Blow> {
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
async fn carry(State(ambush): State<Arc<Ambush>>, request: Request, next: Next) -> Response {
    let blow = ambush.strike();
    if blow != Some(Blow::Before) {
        let answer = next.run(request).await;
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
    Onboard,
    Undo,
}

struct Trial {
    world: World,
    ambush: Arc<Ambush>,
    before: Value,
}

impl Trial {
    async fn begin() -> Self {
        let ambush = Arc::new(Ambush::default());
        let world =
            World::start_behind(&[], |tenant| tenant.layer(from_fn_with_state(ambush.clone(), carry)));
        let world = world.await.unwrap();
        let before = world.tenant.state();
        Self { world, ambush, before }
    }

    /// Everybody as at first, and for an undo the person onboarded; gives what is to be called.
    async fn set(&self, call: Call) -> String {
        self.world.tenant.load(&self.before).unwrap();
        match call {
            Call::Onboard => String::new(),
            Call::Undo => {
                let onboarded = self.world.post("", &[], &newcomer()).await.unwrap().body;
                format!("/runs/{}/undo", onboarded["run"].as_str().unwrap())
            }
        }
    }

    /// The outcome, if there is one.
    async fn ask(&self, rest: &str) -> Option<Value> {
        let answer = self.world.post(rest, &[], &newcomer()).await.ok()?;
        (answer.status == 200).then_some(answer.body)
    }

    /// What the tenant becomes when nobody dies.
    async fn expected(&self, call: Call) -> Value {
        let rest = self.set(call).await;
        let outcome = self.ask(&rest).await.unwrap();
        assert_eq!(outcome["status"], "succeeded", "{call:?}, undisturbed: {outcome:#}");
        portrait(&self.before, &self.world.tenant.state())
    }

    /// Asks while the ambush is laid. Whether the handler died of it.
    async fn ask_and_die(&self, rest: &str) -> bool {
        let asking = self.ask(rest);
        tokio::pin!(asking);
        tokio::select! {
            () = self.ambush.struck.notified() => {
                self.world.host.kill(FUNCTION).await.unwrap();
                assert_eq!(asking.await, None, "the dead do not answer");
                true
            }
            _ = &mut asking => {
                assert!(self.ambush.lift(), "the ambush struck and nobody noticed");
                false
            }
        }
    }

    /// Kills at the first request, the second, and so on, until a call lives to its end. How often it died.
    async fn kill_at_every_request(&self, call: Call, blow: Blow) -> usize {
        let expected = self.expected(call).await;
        for at in 0.. {
            let rest = self.set(call).await;
            self.ambush.lay(at, blow);
            if !self.ask_and_die(&rest).await {
                return at;
            }
            let outcome = self.ask(&rest).await.unwrap();
            let told = format!("{call:?}, killed {blow:?} request {at}: {outcome:#}");
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

impl Call {
    /// Fewer requests than this and the test would not have seen account, access and sign-in apart; or of an undo, the look
    /// whether the account is gone already, and its deletion.
    fn requests(self) -> usize {
        match self {
            Self::Onboard => 5,
            Self::Undo => 2,
        }
    }
}

async fn every_death_is_mended(call: Call, blows: &[Blow]) {
    let trial = Trial::begin().await;
    for blow in blows {
        let deaths = trial.kill_at_every_request(call, *blow).await;
        assert!(deaths >= call.requests(), "{call:?} {blow:?}: died {deaths} times only");
    }
    trial.world.host.stop().await;
}

#[tokio::test]
async fn an_onboarding_that_is_killed_at_any_request_is_mended_by_asking_again() {
    every_death_is_mended(Call::Onboard, &[Blow::Before, Blow::After]).await;
}

#[tokio::test]
async fn an_undo_that_is_killed_at_any_request_is_mended_by_asking_again() {
    every_death_is_mended(Call::Undo, &[Blow::Before, Blow::After]).await;
}

/// The run may be alive elsewhere for as long as its lease; until the timer takes it up, its key stands for it.
#[tokio::test]
async fn the_key_of_a_run_that_died_begins_no_second_run() {
    let trial = Trial::begin().await;
    let expected = trial.expected(Call::Onboard).await;
    trial.set(Call::Onboard).await;
    let body = newcomer();
    let with_key = || trial.world.post("", &[("idempotency-key", "200001")], &body);
    trial.ambush.lay(Call::Onboard.requests() - 1, Blow::After);
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
