//! The last seat of a licence, and two who want it: real processes, which share a tenant and a journal and nothing else.
//!
//! Both are held up once they have read that a seat is free, and before either writes. Nothing waits for a time to pass: the
//! answer with the stock is held back until somebody lets it go.

#![cfg(test)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::Request;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use scripts::http::Answer;
use serde_json::{Value, json};
use suite::{ASSIGN, FUNCTION, World, options};
use tenant::{Options, Tenant};
use tokio::sync::{Notify, oneshot};

/// Holds back answers that tell what is left, as many as it is told to.
#[derive(Debug, Default)]
struct Turnstile {
    /// How many are still to be held.
    closed: Mutex<usize>,
    held: Mutex<VecDeque<oneshot::Sender<()>>>,
    came: Notify,
}

impl Turnstile {
    fn close(&self, times: usize) {
        *self.closed.lock().unwrap() = times;
    }

    /// The next who waits, to be let go.
    async fn next(&self) -> oneshot::Sender<()> {
        loop {
            if let Some(held) = self.held.lock().unwrap().pop_front() {
                return held;
            }
            self.came.notified().await;
        }
    }

    /// Waits, if it is closed.
    async fn pass(&self) {
        let (go, gone) = oneshot::channel();
        {
            let mut closed = self.closed.lock().unwrap();
            let Some(left) = closed.checked_sub(1) else { return };
            *closed = left;
            self.held.lock().unwrap().push_back(go);
        }
        self.came.notify_one();
        gone.await.unwrap();
    }
}

/// Carries requests to the tenant, and holds back what it says of the stock.
async fn carry(State(turnstile): State<Arc<Turnstile>>, request: Request<Body>, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = to_bytes(body, usize::MAX).await.unwrap();
    let asks_for_stock = head.uri.path().ends_with("/subscribedSkus")
        || String::from_utf8_lossy(&body).contains("/subscribedSkus");
    let answer = next.run(Request::from_parts(head, Body::from(body))).await;
    if asks_for_stock {
        turnstile.pass().await;
    }
    answer
}

/// The product that is scarce: two seats are in use.
const SCARCE: &str = "PROJECTPROFESSIONAL";
const GROUP: &str = "LicensingE3";

/// How a newcomer comes to a licence.
#[derive(Clone, Copy, Debug)]
enum By {
    Direct,
    Group,
}

/// Two who want the same, each as the request that is made for them.
type Two = [Value; 2];

struct Trial {
    one: World,
    other: World,
    turnstile: Arc<Turnstile>,
    before: Value,
}

impl Trial {
    async fn begin(function: &'static str, options: Options) -> Self {
        let turnstile = Arc::<Turnstile>::default();
        let tenant = Tenant::new(options);
        let one = World::start_over(tenant, function, &[], |tenant| {
            tenant.layer(from_fn_with_state(turnstile.clone(), carry))
        });
        let one = one.await.unwrap();
        let other = one.another().await.unwrap();
        let before = with_one_left(one.tenant.state());
        Self { one, other, turnstile, before }
    }

    /// Asks both at once. What became of it, whoever ended first.
    async fn race(
        &self,
        [one, other]: &Two,
        let_go: impl AsyncFn([oneshot::Sender<()>; 2], &Notify),
    ) -> [Answer; 2] {
        self.one.tenant.load(&self.before).unwrap();
        self.turnstile.close(2);
        let (ended, answers) = (Notify::new(), Mutex::new(Vec::new()));
        let ask = async |world: &World, who: &Value| {
            let answer = world.post("", &[], who).await.unwrap();
            answers.lock().unwrap().push(answer);
            ended.notify_one();
        };
        let hold = async {
            let held = [self.turnstile.next().await, self.turnstile.next().await];
            let_go(held, &ended).await;
        };
        tokio::join!(ask(&self.one, one), ask(&self.other, other), hold);
        answers.into_inner().unwrap().try_into().unwrap()
    }

    /// One has the seat and the other is told, of whom there is no more than before. Then the one gives it back.
    async fn settle(&self, answers: &[Answer; 2], told: &str) {
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "{told}: {answers:#?}");
        let [winner, loser] = [200, 422].map(|status| {
            let answer = answers.iter().find(|answer| answer.status == status).unwrap();
            if status == 200 { &answer.body } else { &answer.body["outcome"] }
        });
        assert_eq!(winner["status"], "succeeded", "{told}: {winner:#}");
        assert!(none_left(loser).is_some(), "{told}: {loser:#}");
        let state = self.one.tenant.state();
        let seats = |outcome: &Value| holders(&state, outcome["subject"]["name"].as_str().unwrap());
        assert_eq!((seats(winner), seats(loser)), (1, 0), "{told}");
        assert_eq!(account(&state, loser), account(&self.before, loser), "{told}");
        assert_eq!(in_use(&state), 3, "{told}");
        let undo = format!("/runs/{}/undo", winner["run"].as_str().unwrap());
        let undone = self.other.post(&undo, &[], &Value::Null).await.unwrap();
        assert_eq!(undone.body["status"], "succeeded", "{told}: {undone:#?}");
    }

    async fn end(self) {
        self.one.host.stop().await;
        self.other.host.stop().await;
    }
}

/// Of the scarce product one seat is left, and a group hands it out too.
fn with_one_left(mut state: Value) -> Value {
    let skus = state["subscribedSkus"].as_array_mut().unwrap();
    let sku = skus.iter_mut().find(|sku| sku["skuPartNumber"] == SCARCE).unwrap();
    sku["prepaidUnits"]["enabled"] = json!(3);
    let id = sku["skuId"].clone();
    let groups = state["groups"].as_array_mut().unwrap();
    let group = groups.iter_mut().find(|group| group["mailNickname"] == GROUP).unwrap();
    group["licences"][0]["skuId"] = id;
    state
}

/// How many hold the scarce product.
fn in_use(state: &Value) -> usize {
    people(state).iter().filter(|user| holds(state, user)).count()
}

/// How many of this name do.
fn holders(state: &Value, name: &str) -> usize {
    people(state).iter().filter(|user| user["displayName"] == name && holds(state, user)).count()
}

fn holds(state: &Value, user: &Value) -> bool {
    let skus = state["subscribedSkus"].as_array().unwrap();
    let id = &skus.iter().find(|sku| sku["skuPartNumber"] == SCARCE).unwrap()["skuId"];
    let mut licences = user["licences"].as_array().into_iter().flatten();
    licences.any(|licence| licence["skuId"] == *id && licence["error"].is_null())
}

/// The account that an outcome is about, if there is one.
fn account<'a>(state: &'a Value, outcome: &Value) -> Option<&'a Value> {
    people(state).iter().find(|user| user["displayName"] == outcome["subject"]["name"])
}

fn people(state: &Value) -> &[Value] {
    state["users"].as_array().unwrap()
}

/// What an outcome says of it that there is no seat, if it does.
fn none_left(outcome: &Value) -> Option<&str> {
    let mut findings = outcome["findings"].as_array().into_iter().flatten();
    findings.find(|finding| finding["code"] == "licence-none-left")?["says"].as_str()
}

fn newcomer(given: &str, surname: &str, employee: &str, by: By) -> Value {
    let mut want = json!({
        "employeeId": employee, "givenName": given, "surname": surname, "usageLocation": "US",
        "userPrincipalName": "{given}.{surname}@contoso.com",
    });
    match by {
        By::Direct => want["licences"] = json!([{"sku": SCARCE}]),
        By::Group => want["groups"] = json!([GROUP]),
    }
    want
}

fn newcomers(by: By) -> Two {
    [newcomer("Mallory", "Cortez", "2042", by), newcomer("Raul", "Razo", "2043", by)]
}

/// Two who are there already and lack nothing but the licence.
fn colleagues() -> Two {
    ["AdeleV", "ChristieC"]
        .map(|alias| json!({ "user": format!("{alias}@contoso.com"), "assign": [{ "sku": SCARCE }] }))
}

const ROUNDS: usize = 20;

/// Both are let go at the same time.
async fn both(held: [oneshot::Sender<()>; 2], _: &Notify) {
    held.into_iter().for_each(|go| go.send(()).unwrap());
}

/// The one is let go, and the other once that one has ended.
async fn in_turn(held: [oneshot::Sender<()>; 2], ended: &Notify) {
    for go in held {
        go.send(()).unwrap();
        ended.notified().await;
    }
}

/// The same the other way round.
async fn in_turn_reversed([first, second]: [oneshot::Sender<()>; 2], ended: &Notify) {
    in_turn([second, first], ended).await;
}

#[tokio::test]
async fn two_who_both_saw_the_last_seat_do_not_both_have_it() {
    let trial = Trial::begin(FUNCTION, options()).await;
    for round in 0..ROUNDS {
        for by in [By::Direct, By::Group] {
            let answers = trial.race(&newcomers(by), both).await;
            trial.settle(&answers, &format!("round {round}, {by:?}, at once")).await;
        }
    }
    trial.end().await;
}

#[tokio::test]
async fn two_colleagues_who_both_saw_the_last_seat_do_not_both_have_it() {
    let trial = Trial::begin(ASSIGN, options()).await;
    for round in 0..ROUNDS {
        let answers = trial.race(&colleagues(), both).await;
        trial.settle(&answers, &format!("round {round}, at once")).await;
    }
    trial.end().await;
}

#[tokio::test]
async fn who_saw_the_last_seat_and_came_after_the_other_was_done_does_not_have_it_too() {
    let trial = Trial::begin(FUNCTION, options()).await;
    for by in [By::Direct, By::Group] {
        one_after_the_other(&trial, &newcomers(by), &format!("{by:?}")).await;
    }
    trial.end().await;
}

#[tokio::test]
async fn a_colleague_who_saw_the_last_seat_and_came_after_the_other_was_done_does_not_have_it_too() {
    let trial = Trial::begin(ASSIGN, options()).await;
    one_after_the_other(&trial, &colleagues(), "colleagues").await;
    trial.end().await;
}

/// Whoever comes first has it.
async fn one_after_the_other(trial: &Trial, two: &Two, who: &str) {
    for reversed in [false, true] {
        let answers = match reversed {
            false => trial.race(two, in_turn).await,
            true => trial.race(two, in_turn_reversed).await,
        };
        assert_eq!(answers[0].status, 200, "{who}: whoever came first has it: {answers:#?}");
        trial.settle(&answers, &format!("{who}, one after the other")).await;
    }
}

/// How long the tenant takes to hand out what a group gives.
const HANDED_OUT: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn who_asks_while_a_group_is_still_handing_out_the_last_seat_does_not_have_it_too() {
    let trial = Trial::begin(FUNCTION, Options { group_licensing_delay: HANDED_OUT, ..options() }).await;
    trial.one.tenant.load(&trial.before).unwrap();
    let [mallory, raul] = [("Mallory", "Cortez", "2042"), ("Raul", "Razo", "2043")];
    let ask = async |world: &World, (given, surname, employee): (&str, &str, &str)| {
        world.post("", &[], &newcomer(given, surname, employee, By::Group)).await.unwrap()
    };
    let first = ask(&trial.one, mallory).await;
    assert_eq!(first.status, 200, "{first:#?}");
    assert_eq!(in_use(&trial.one.tenant.state()), 2, "the stock does not show it yet");
    let second = ask(&trial.other, raul).await;
    assert_eq!(second.status, 422, "{second:#?}");
    let says = none_left(&second.body["outcome"]).unwrap();
    assert!(says.contains("Free: 1; promised to runs that are under way: 1"), "{says}");
    trial.one.tenant.advance(HANDED_OUT);
    assert_eq!(ask(&trial.one, mallory).await.body["changes"], json!([]), "it has come");
    assert_eq!(in_use(&trial.one.tenant.state()), 3);
    trial.end().await;
}
