//! All layers against the offline tenant, in this process.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use futures_util::future::join_all;
use futures_util::{FutureExt, TryStreamExt};
use graph::auth::FixedToken;
use graph::stack::{Auth, Batch, Gate, TenantSize, Wire, in_process, units};
use graph::{Call, Config, Graph, Path, Request, UserKey};
use serde_json::json;
use tenant::{Drop, Dropped, Fault, Item, Options, Quota, Tenant, Trouble};
use tower::util::MapResult;
use tower::{BoxError, ServiceExt};

use crate::mock::ENDPOINT;

/// Links of the tenant lead to where it was asked, in plain HTTP.
const HERE: &str = "http://localhost";

fn client(tenant: &Tenant) -> Graph {
    Graph::over(Config::new(HERE, token(tenant)), wire(tenant))
}

/// The token of the tenant's first identity, which is allowed everything.
fn token(tenant: &Tenant) -> Arc<FixedToken> {
    Arc::new(FixedToken::new(tenant.token(&tenant.default_identity(), ENDPOINT)))
}

fn wire(tenant: &Tenant) -> Wire {
    in_process(MapResult::new(tenant.router(), broken))
}

/// In process there is no connection to break; the tenant marks the answers that must not arrive.
fn broken(answer: Result<Response, std::convert::Infallible>) -> Result<Response, BoxError> {
    match answer {
        Ok(answer) if answer.extensions().get::<Dropped>().is_some() => Err("connection reset".into()),
        answer => Ok(answer?),
    }
}

fn adele() -> Path {
    Path::user(&UserKey::Upn("AdeleV@contoso.com".to_owned()))
}

fn rename() -> Request {
    Request::patch(adele()).body(json!({"jobTitle": "Retail Manager"}))
}

fn items(tenant: &Tenant) -> Vec<Item> {
    tenant.transcript().into_iter().flat_map(|entry| entry.items).collect()
}

#[tokio::test(start_paused = true)]
async fn a_hundred_reads_are_five_round_trips() {
    let tenant = Tenant::new(Options::default());
    let graph = client(&tenant);
    let answers = join_all((0..100).map(|_| graph.send(Request::get(adele()).select(&["id"])))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let sizes: Vec<_> = tenant.transcript().iter().map(|entry| entry.items.len()).collect();
    assert_eq!(sizes, [20; 5]);
}

#[tokio::test(start_paused = true)]
async fn the_gate_keeps_a_small_tenant_from_being_asked_for_more_than_its_quota() {
    let dear = Request::ask(
        adele().then("checkMemberGroups"),
        json!({"groupIds": ["87d349ed-44d7-43e1-9a83-5f2406dee5bd"]}),
    );
    assert_eq!(units(&dear), 4.0);
    for (is_gated, is_throttled) in [(true, false), (false, true)] {
        let tenant = Tenant::new(Options { quota: Quota::S, ..Options::default() });
        let batch = Batch::over(Auth::over(wire(&tenant), token(&tenant)), format!("{HERE}/v1.0"));
        let gate = Gate::over(batch.clone(), TenantSize::S);
        let ask = |call| {
            if is_gated { gate.clone().oneshot(call).boxed() } else { batch.clone().oneshot(call).boxed() }
        };
        join_all((0..1_000).map(|_| ask(Call::new(dear.clone())))).await;
        let throttled = items(&tenant).iter().any(|item| item.status == 429);
        assert_eq!(throttled, is_throttled, "gated: {is_gated}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_item_is_asked_again_when_the_service_said() {
    let tenant = Tenant::new(Options::default());
    let then = Trouble { status: Some(429), retry_after: Some("2.5".to_owned()), ..Trouble::default() };
    tenant.fault(Fault { method: Some("PATCH".to_owned()), times: Some(1), then, ..Fault::default() });
    let graph = client(&tenant);
    let begun = tokio::time::Instant::now();
    let answers = join_all([Request::get(adele()), rename()].map(|request| graph.send(request))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(begun.elapsed(), Duration::from_millis(2_500));
    assert_eq!(tenant.transcript().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_stands_behind_a_failure_is_not_done() {
    let tenant = Tenant::new(Options::default());
    let graph = client(&tenant);
    let block = || Request::patch(adele()).body(json!({"accountEnabled": false}));
    let revoke = || Request::post(adele().then("revokeSignInSessions"));
    let answers = graph.send_in_order(&[block()], &[rename(), revoke()]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let nobody = Request::patch(Path::new("/users").key("nobody@contoso.com")).body(json!({"jobTitle": "x"}));
    let answers = graph.send_in_order(&[nobody], &[rename(), revoke()]).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap_err().status()).collect();
    assert_eq!(statuses, [Some(404), Some(424), Some(424)]);
    assert!(answers[1].as_ref().unwrap_err().is_repeatable());
    assert_eq!(tenant.transcript().len(), 2, "each is one round trip");
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_reply_is_lost_is_unknown_though_it_was_done_once() {
    let tenant = Tenant::new(Options::default());
    let then = Trouble { drop: Some(Drop::After), ..Trouble::default() };
    tenant.fault(Fault { method: Some("PATCH".to_owned()), then, ..Fault::default() });
    let graph = client(&tenant);
    assert!(graph.send(rename()).await.unwrap_err().is_unknown());
    let read = graph.send(Request::get(adele()).select(&["jobTitle"])).await.unwrap();
    assert_eq!(read.body["jobTitle"], "Retail Manager");
    assert_eq!(tenant.transcript().iter().filter(|entry| entry.method == "PATCH").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_write_is_unknown_when_the_attempt_is_given_up() {
    let tenant = Tenant::new(Options::default());
    let then = Trouble { delay_ms: Some(45_000), ..Trouble::default() };
    tenant.fault(Fault { method: Some("PATCH".to_owned()), then, ..Fault::default() });
    assert!(client(&tenant).send(rename()).await.unwrap_err().is_unknown());
    assert_eq!(tenant.transcript().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_many_pages_is_read_to_its_end() {
    let tenant = Tenant::new(Options { users: 2_500, ..Options::default() });
    let request = Request::get(Path::new("/users")).select(&["id"]).query("$top", "999");
    let ids: Vec<_> =
        client(&tenant).pages(request).map_ok(|user| user["id"].clone()).try_collect().await.unwrap();
    assert!(ids.len() >= 2_500, "{}", ids.len());
    assert_eq!(
        ids.len(),
        ids.iter().map(ToString::to_string).collect::<std::collections::HashSet<_>>().len()
    );
    assert_eq!(tenant.transcript().len(), ids.len().div_ceil(999));
}

#[tokio::test(start_paused = true)]
async fn every_attempt_of_a_call_carries_the_same_id() {
    let tenant = Tenant::new(Options::default());
    let then = Trouble { status: Some(503), ..Trouble::default() };
    tenant.fault(Fault { times: Some(2), then, ..Fault::default() });
    client(&tenant).with_patience(Call::PATIENCE).send(Request::get(adele())).await.unwrap();
    let ids: Vec<_> = tenant.transcript().into_iter().map(|entry| entry.client_request_id.unwrap()).collect();
    assert_eq!((ids.len(), &ids[0], &ids[1]), (3, &ids[1], &ids[2]));
}
