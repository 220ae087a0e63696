//! The promise of a rotation: at no instant of any run, wherever it is killed, can somebody not sign in as the application.
//!
//! Whoever signs in reads what is published once a day. So after each write, and after each wait, everybody signs in with
//! whatever was published within the last day. The process is killed at its first write, its second, and so on, before the
//! write and after it; then the timer takes the run up, until the old credential is gone.

#![cfg(test)]

mod consumers;
mod entrusted;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use graph::stack::{TransportError, Wire, in_process};
use jiff::{SignedDuration, Timestamp};
use journal::{RunId, RunKey};
use plan::{Approval, Job, LEASE, Outcome, Runner, Task};
use rotate_cert_report::{RotateCertReport, Rotation};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::{ServiceExt, service_fn};

use consumers::{Consumers, House};

/// When a process dies, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    Never,
    Before(usize),
    After(usize),
}

/// A process, on whose wire everybody signs in after each write.
struct Process {
    runner: Runner,
    writes: Arc<AtomicUsize>,
    died: Arc<Notify>,
}

fn process(house: &House, consumers: &Consumers, death: Death) -> Process {
    let (writes, died) = (Arc::<AtomicUsize>::default(), Arc::<Notify>::default());
    let (inner, everybody) = (in_process(house.tenant.router()), consumers.clone());
    let (count, dies) = (writes.clone(), died.clone());
    let wire = Wire::new(service_fn(move |request: http::Request<Bytes>| {
        let (inner, everybody, count, dies) = (inner.clone(), everybody.clone(), count.clone(), dies.clone());
        async move {
            if !is_write(&request) {
                return inner.oneshot(request).await;
            }
            let number = count.fetch_add(1, Ordering::SeqCst);
            if death == Death::Before(number) {
                return end(&dies).await;
            }
            let answer = inner.oneshot(request).await;
            everybody.sign_in().await;
            if death == Death::After(number) {
                return end(&dies).await;
            }
            answer
        }
    }));
    Process { runner: house.runner(wire), writes, died }
}

async fn end(died: &Notify) -> Result<http::Response<Bytes>, TransportError> {
    died.notify_one();
    std::future::pending().await
}

/// Who asks without a token, signs, or signs in, changes nothing.
fn is_write(request: &http::Request<Bytes>) -> bool {
    let path = request.uri().path();
    let is_signed = request.headers().contains_key(http::header::AUTHORIZATION);
    let reads = path.ends_with("/sign") || path.ends_with("/$batch") && is_reading(request.body());
    request.method() != http::Method::GET && is_signed && !reads
}

fn is_reading(envelope: &Bytes) -> bool {
    let envelope: Value = serde_json::from_slice(envelope).unwrap_or_default();
    let mut items = envelope["requests"].as_array().into_iter().flatten();
    items.all(|item| item["method"] == "GET")
}

/// Lets time pass, day by day, and everybody sign in on each.
async fn wait_until(house: &House, consumers: &Consumers, at: Timestamp) {
    while house.now() < at {
        let day = SignedDuration::from_hours(24).min(at.duration_since(house.now()));
        house.tenant.advance(day.try_into().unwrap());
        consumers.sign_in().await;
    }
}

/// Takes a run up as often as it goes on by itself or has an appointment.
async fn to_the_end(house: &House, consumers: &Consumers, run: &RunKey) -> Outcome {
    for _ in 0..20 {
        let Process { runner, .. } = process(house, consumers, Death::Never);
        let outcome = runner.take_up::<RotateCertReport>(run).await.unwrap();
        consumers.sign_in().await;
        match outcome.goes_on.or(outcome.again) {
            Some(at) => wait_until(house, consumers, at).await,
            None => return outcome,
        }
    }
    panic!("the run goes on for ever");
}

/// One run from its beginning to its end, whose first process dies so. Tells whether it did.
async fn rotated(house: &House, consumers: &Consumers, want: &Rotation, death: Death) -> bool {
    let run = RunKey { task: RotateCertReport::NAME, run: RunId::fresh() };
    let Process { runner, writes, died } = process(house, consumers, death);
    let job = Job::Do(want.clone());
    let (_, lease) = runner.begin::<RotateCertReport>(&run, &job, &Approval::None).await.unwrap();
    let first = async {
        let mut outcome = runner.run::<RotateCertReport>(&lease, &job, &Approval::None).await.unwrap();
        while let Some(at) = outcome.goes_on {
            wait_until(house, consumers, at).await;
            outcome = runner.take_up::<RotateCertReport>(&run).await.unwrap();
        }
    };
    tokio::select! {
        () = first => {}
        () = died.notified() => {}
    }
    house.tenant.advance((LEASE + SignedDuration::from_secs(1)).try_into().unwrap());
    consumers.sign_in().await;
    let ended = to_the_end(house, consumers, &run).await;
    assert!(ended.succeeded(), "{death:?}: {ended:#?}");
    match death {
        Death::Never => false,
        Death::Before(number) | Death::After(number) => writes.load(Ordering::SeqCst) > number,
    }
}

/// Renews one kind of credential with every death there is.
async fn holds(how: Value) {
    for death in [Death::Before as fn(usize) -> Death, Death::After] {
        for number in 0.. {
            let house = House::new();
            let want: Rotation =
                telling::read(telling::with(json!({"application": house.application}), how.clone()));
            let consumers = Consumers::of(&house, &want);
            rotated(&house, &consumers, &want, Death::Never).await;
            let first = consumers.sign_in().await;
            house.tenant.advance(Duration::from_secs(170 * 24 * 3600));
            let died = rotated(&house, &consumers, &want, death(number)).await;
            let second = consumers.sign_in().await;
            assert_ne!(first, second, "it was renewed");
            assert!(!house.holds(&first), "the old one is gone");
            assert!(house.orphans(&second).is_empty(), "nothing is left over: {:?}", house.orphans(&second));
            if !died {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_renewed_and_everybody_can_sign_in_at_any_time() {
    holds(json!({"certificate": {"vault": "contoso-keys", "name": "payroll"}})).await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_renewed_and_everybody_can_sign_in_at_any_time() {
    holds(json!({"secret": {"vault": "contoso-keys", "name": "payroll-secret", "days": 180}})).await;
}
