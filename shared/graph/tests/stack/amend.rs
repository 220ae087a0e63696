//! Lists that are only replaced as a whole.

use std::sync::{Arc, Mutex};

use graph::stack::{Amend, Retry};
use graph::{Call, Error, Method, Path, Request, Response};
use http::HeaderMap;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::mock::{Log, answer, calls};

/// What a mocked application holds: the ids of its keys.
type Keys = Arc<Mutex<Vec<u32>>>;

fn add(key: u32) -> Request {
    let item = json!({"keyId": key, "usage": "Verify"});
    Request::patch(Path::new("/applications/a")).with_item("keyCredentials", "keyId", item)
}

fn told(keys: &[u32]) -> Response {
    let items: Vec<Value> = keys.iter().map(|key| json!({"keyId": key})).collect();
    Response { status: 200, headers: HeaderMap::new(), body: json!({"keyCredentials": items}) }
}

fn written(request: &Request) -> Vec<u32> {
    let body = request.wire_body("").unwrap_or_default();
    let items = body["keyCredentials"].as_array().cloned().unwrap_or_default();
    items.iter().filter_map(|item| u32::try_from(item["keyId"].as_u64()?).ok()).collect()
}

/// Takes a request down to an application that holds these keys; `meddle` may answer in its place, and is told how many
/// requests came before.
async fn sent(
    request: Request,
    keys: &Keys,
    meddle: impl Fn(&Keys, &Request, usize) -> Option<Result<Response, Error>> + Send + Sync + 'static,
) -> (Result<Response, Error>, Log<Call>) {
    let held = keys.clone();
    let (below, log) = calls(move |call, place| {
        if let Some(answer) = meddle(&held, &call.request, place) {
            return answer;
        }
        let mut keys = held.lock().unwrap();
        match call.request.method() {
            Method::Get => Ok(told(&keys)),
            _ => {
                *keys = written(&call.request);
                Ok(answer(204, &[]))
            }
        }
    });
    (Retry::over(Amend::over(below)).oneshot(Call::new(request)).await, log)
}

fn holding(keys: &[u32]) -> Keys {
    Arc::new(Mutex::new(keys.to_vec()))
}

fn writes(log: &Log<Call>) -> Vec<Vec<u32>> {
    let sent = log.all();
    sent.iter()
        .filter(|call| call.request.method() == Method::Patch)
        .map(|call| written(&call.request))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_there_is_carried_over() {
    let keys = holding(&[1, 2]);
    let (answer, log) = sent(add(3), &keys, |_, _, _| None).await;
    assert!(answer.unwrap().is_success());
    assert_eq!(
        (writes(&log), log.len()),
        (vec![vec![1, 2, 3]], 7),
        "three readings told the same, before and after"
    );
    let remove = Request::patch(Path::new("/applications/a")).without_item("keyCredentials", "keyId", 1);
    sent(remove, &keys, |_, _, _| None).await.0.unwrap();
    assert_eq!(*keys.lock().unwrap(), [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_where_the_list_is_as_wanted() {
    let (answer, log) = sent(add(2), &holding(&[1, 2]), |_, _, _| None).await;
    assert!(answer.unwrap().is_success());
    assert_eq!(writes(&log), Vec::<Vec<u32>>::new());
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_lags_takes_nothing_away() {
    let keys = holding(&[1, 2]);
    let lagging = |_: &Keys, _: &Request, place| [1, 3].contains(&place).then(|| Ok(told(&[1])));
    let (answer, log) = sent(add(3), &keys, lagging).await;
    assert!(answer.unwrap().is_success());
    assert_eq!(writes(&log), [vec![1, 2, 3]]);
}

#[tokio::test(start_paused = true)]
async fn what_was_written_is_over_when_it_is_seen() {
    let keys = holding(&[1, 2]);
    let remove = Request::patch(Path::new("/applications/a")).without_item("keyCredentials", "keyId", 1);
    // All replicas lag, then all but one have caught up, and then all have.
    let lagging =
        |_: &Keys, _: &Request, place| ((4..10).contains(&place) || place == 11).then(|| Ok(told(&[1, 2])));
    let (done, log) = sent(remove, &keys, lagging).await;
    assert!(done.unwrap().is_success());
    assert_eq!((writes(&log), log.len()), (vec![vec![2]], 15));
    // It was done, whether or not that is ever seen.
    for after in [Ok(told(&[1, 2, 3])), Ok(answer(500, &[])), Err(Error::unreachable("no answer", None))] {
        let blind = move |_: &Keys, _: &Request, place| (place > 3).then(|| after.clone());
        let remove = Request::patch(Path::new("/applications/a")).without_item("keyCredentials", "keyId", 3);
        let (done, log) = sent(remove, &holding(&[1, 2, 3]), blind).await;
        assert_eq!((done.unwrap().status, writes(&log)), (204, vec![vec![1, 2]]));
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_quicker_loses_nothing_however_often_it_is_tried() {
    for status in [409, 429, 503] {
        let keys = holding(&[1]);
        let crowded = move |keys: &Keys, request: &Request, place| {
            let is_first = request.method() == Method::Patch && place == 3;
            is_first.then(|| {
                keys.lock().unwrap().push(9);
                Ok(answer(status, &[("Retry-After", "1")]))
            })
        };
        let (answer, log) = sent(add(3), &keys, crowded).await;
        assert!(answer.unwrap().is_success(), "{status}");
        assert_eq!(writes(&log), [vec![1, 3], vec![1, 9, 3]], "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_not_sent_and_never_unknown() {
    type Meddle = fn(&Keys, &Request, usize) -> Option<Result<Response, Error>>;
    type Told = fn(&Result<Response, Error>) -> bool;
    let table: [(Meddle, Told); 4] = [
        (|_, _, _| Some(Ok(answer(500, &[]))), |told| told.as_ref().is_err_and(Error::is_unreachable)),
        (
            |_, _, _| Some(Err(Error::unreachable("no answer", None))),
            |told| told.as_ref().is_err_and(Error::is_unreachable),
        ),
        (|_, _, _| Some(Ok(answer(404, &[]))), |told| told.as_ref().is_ok_and(|told| told.status == 404)),
        (
            |_, _, place| place.is_multiple_of(2).then(|| Ok(told(&[1]))),
            |told| told.as_ref().is_err_and(Error::is_unreachable),
        ),
    ];
    for (place, (meddle, is_told)) in table.into_iter().enumerate() {
        let (answer, log) = sent(add(3), &holding(&[1, 2]), meddle).await;
        assert!(is_told(&answer), "{place}: {answer:?}");
        assert_eq!(writes(&log), Vec::<Vec<u32>>::new(), "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_on_its_way_is_unknown() {
    let lost = |_: &Keys, request: &Request, _| {
        (request.method() == Method::Patch).then(|| Err(Error::unknown("connection reset", None)))
    };
    let (answer, log) = sent(add(3), &holding(&[1]), lost).await;
    assert!(answer.unwrap_err().is_unknown());
    assert_eq!(writes(&log).len(), 1);
}
