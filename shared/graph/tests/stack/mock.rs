//! Stand-ins for what is below a layer. Each keeps a log of what reached it, and when.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use graph::auth::FixedToken;
use graph::stack::{TransportError, Wire};
use graph::{Call, Config, Graph, Path, Request, Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tower::{Service, service_fn};

pub(crate) const ENDPOINT: &str = "https://graph.microsoft.com";
pub(crate) const ROOT: &str = "https://graph.microsoft.com/v1.0";

/// What reached a mock: milliseconds since it was made, and the thing itself.
pub(crate) struct Log<Q>(Arc<Mutex<Vec<(u64, Q)>>>);

impl<Q> Clone for Log<Q> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Q: Clone> Log<Q> {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn push(&self, since: Instant, item: Q) -> usize {
        let ms = u64::try_from(since.elapsed().as_millis()).unwrap();
        let mut log = self.0.lock().unwrap();
        log.push((ms, item));
        log.len() - 1
    }

    pub(crate) fn all(&self) -> Vec<Q> {
        self.0.lock().unwrap().iter().map(|(_, item)| item.clone()).collect()
    }

    pub(crate) fn times(&self) -> Vec<u64> {
        self.0.lock().unwrap().iter().map(|(ms, _)| *ms).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// Anything that stands below a layer.
pub(crate) trait Below<Q, A, E>:
    Service<Q, Response = A, Error = E, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<Q, A, E, S> Below<Q, A, E> for S where
    S: Service<Q, Response = A, Error = E, Future: Send> + Clone + Send + Sync + 'static
{
}

/// A service that answers each request by `answer`, which is told how many came before, after `latency`.
pub(crate) fn service<Q, A, E>(
    latency: Duration,
    answer: impl Fn(&Q, usize) -> Result<A, E> + Send + Sync + 'static,
) -> (impl Below<Q, A, E>, Log<Q>)
where
    Q: Clone + Send + 'static,
    A: Send + 'static,
    E: Send + 'static,
{
    let (log, answer, begun) = (Log::new(), Arc::new(answer), Instant::now());
    let copy = log.clone();
    let service = service_fn(move |request: Q| {
        let (log, answer) = (log.clone(), answer.clone());
        async move {
            let place = log.push(begun, request.clone());
            if !latency.is_zero() {
                sleep(latency).await;
            }
            answer(&request, place)
        }
    });
    (service, copy)
}

/// The same for calls, answered at once.
pub(crate) fn calls(
    answer: impl Fn(&Call, usize) -> Result<Response, graph::Error> + Send + Sync + 'static,
) -> (impl Below<Call, Response, graph::Error>, Log<Call>) {
    service(Duration::ZERO, answer)
}

/// An answer with a status, headers, and a body that fits.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
    let headers = headers
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()));
    let body = match status {
        204 => Value::Null,
        200..300 => json!({"ok": true}),
        409 => json!({"error": {"code": "Directory_ConcurrencyViolation", "message": "Concurrent."}}),
        _ => json!({"error": {"code": "SomeCode", "message": "Some message."}}),
    };
    Response { status, headers: headers.collect::<HeaderMap>(), body }
}

/// One thing asked of a mocked Graph, alone or in an envelope.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Below the version root.
    pub(crate) url: String,
    pub(crate) headers: Value,
    pub(crate) body: Value,
}

/// What went over the wire at once: one thing as plain HTTP, or several in an envelope.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sent {
    Alone(Asked),
    Together(Vec<Asked>),
}

impl Sent {
    pub(crate) fn urls(&self) -> Vec<String> {
        match self {
            Self::Alone(asked) => vec![asked.url.clone()],
            Self::Together(items) => items.iter().map(|asked| asked.url.clone()).collect(),
        }
    }
}

pub(crate) type Http = http::Request<Bytes>;

/// A Graph over plain HTTP which knows `$batch` and answers its items in reverse, one by one, by `answer`.
pub(crate) fn graph(
    latency: Duration,
    answer: impl Fn(&Asked) -> Response + Send + Sync + 'static,
) -> (impl Below<Http, http::Response<Bytes>, TransportError>, Log<Http>) {
    service(latency, move |request: &Http, _| {
        Ok(match read(request) {
            Sent::Alone(asked) => alone(&answer(&asked)),
            Sent::Together(items) => envelope(items.iter().map(&answer)),
        })
    })
}

pub(crate) fn envelope(answers: impl Iterator<Item = Response>) -> http::Response<Bytes> {
    let item = |(id, answer): (usize, Response)| json!({"id": id.to_string(), "status": answer.status, "headers": map(&answer.headers), "body": answer.body});
    let mut items: Vec<Value> = answers.enumerate().map(item).collect();
    items.reverse();
    http::Response::new(Bytes::from(json!({"responses": items}).to_string()))
}

pub(crate) fn alone(answer: &Response) -> http::Response<Bytes> {
    let text = if answer.body.is_null() { String::new() } else { answer.body.to_string() };
    let mut http = http::Response::new(Bytes::from(text));
    *http.status_mut() = answer.status.try_into().unwrap();
    *http.headers_mut() = answer.headers.clone();
    http
}

/// What a request on the wire asks.
pub(crate) fn read(request: &Http) -> Sent {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let url = request.uri().to_string().replace(ENDPOINT, "").replace("/v1.0", "");
    if url != "/$batch" {
        let method = request.method().to_string();
        return Sent::Alone(Asked { method, url, headers: map(request.headers()), body });
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let item = |item: &Value| Asked {
        method: text(&item["method"]),
        url: text(&item["url"]),
        headers: item["headers"].clone(),
        body: item["body"].clone(),
    };
    Sent::Together(body["requests"].as_array().unwrap().iter().map(item).collect())
}

fn map(headers: &HeaderMap) -> Value {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

pub(crate) fn sent(log: &Log<Http>) -> Vec<Sent> {
    log.all().iter().map(read).collect()
}

pub(crate) fn client(wire: impl Below<Http, http::Response<Bytes>, TransportError>) -> Graph {
    Graph::over(Config::new(ENDPOINT, Arc::new(FixedToken::new("not-a-secret"))), Wire::new(wire))
}

pub(crate) fn read_of(name: &str) -> Request {
    Request::get(Path::new("/groups").key(name))
}

pub(crate) fn write_of(name: &str) -> Request {
    Request::patch(Path::new("/groups").key(name)).body(json!({"description": "x"}))
}

pub(crate) fn reading(name: &str) -> Call {
    Call::new(read_of(name))
}

pub(crate) fn writing(name: &str) -> Call {
    Call::new(write_of(name))
}
