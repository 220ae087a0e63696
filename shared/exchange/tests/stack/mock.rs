//! A stand-in for Exchange Online, which keeps a log of what reached it, and when.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use exchange::{Cmdlet, Config, InvokeCommand};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use graph::auth::{Audience, AuthError, FixedToken, Token, TokenSource};
use graph::stack::{TransportError, Wire};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tower::service_fn;

pub(crate) const ENDPOINT: &str = "https://outlook.office365.com";
pub(crate) const TENANT: &str = "0fea4e48-0b54-47c3-9bb7-7a6c3c0a27a5";
pub(crate) const ADELE: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";

pub(crate) type Http = http::Request<Bytes>;
pub(crate) type Answer = Result<http::Response<Bytes>, TransportError>;

/// What reached the mock: milliseconds since it was made, and the request; and how many of these were answered.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(u64, Http)>>>, Arc<AtomicUsize>);

impl Log {
    pub(crate) fn all(&self) -> Vec<Http> {
        self.0.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }

    pub(crate) fn times(&self) -> Vec<u64> {
        self.0.lock().unwrap().iter().map(|(ms, _)| *ms).collect()
    }

    /// How long it was between one request and the next.
    pub(crate) fn waits(&self) -> Vec<u64> {
        self.times().windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn answered(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.all().iter().map(|request| request.uri().to_string()).collect()
    }

    pub(crate) fn identities(&self) -> Vec<Value> {
        self.all()
            .iter()
            .map(|request| body(request)["CmdletInput"]["Parameters"]["Identity"].clone())
            .collect()
    }
}

pub(crate) fn body(request: &Http) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

/// A wire that answers each request after `latency` by `answer`, which is told how many came before.
pub(crate) fn wire(
    latency: Duration,
    answer: impl Fn(&Http, usize) -> Answer + Send + Sync + 'static,
) -> (Wire, Log) {
    let (log, answer, begun) = (Log::default(), Arc::new(answer), Instant::now());
    let copy = log.clone();
    let service = service_fn(move |request: Http| {
        let (log, answer) = (log.clone(), answer.clone());
        async move {
            let place = {
                let mut log = log.0.lock().unwrap();
                log.push((u64::try_from(begun.elapsed().as_millis()).unwrap(), request.clone()));
                log.len() - 1
            };
            if !latency.is_zero() {
                sleep(latency).await;
            }
            log.1.fetch_add(1, Ordering::Relaxed);
            answer(&request, place)
        }
    });
    (Wire::new(service), copy)
}

pub(crate) fn over(wire: Wire, endpoint: &str) -> InvokeCommand {
    let tokens = Arc::new(FixedToken::new("not-a-secret"));
    InvokeCommand::over(Config::new(endpoint, TENANT.parse().unwrap(), tokens), wire)
}

/// A client of an Exchange Online that answers at once.
pub(crate) fn client(
    answer: impl Fn(&Http, usize) -> Answer + Send + Sync + 'static,
) -> (InvokeCommand, Log) {
    let (wire, log) = wire(Duration::ZERO, answer);
    (over(wire, ENDPOINT), log)
}

/// Says whom a token is wanted for, and has a new one each time.
#[derive(Default)]
pub(crate) struct Source(pub(crate) Mutex<Vec<Audience>>);

impl TokenSource for Source {
    fn bearer<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        self.0.lock().unwrap().push(audience.clone());
        let text = format!("token-{}", self.0.lock().unwrap().len());
        let token = Token::new(text, std::time::SystemTime::now() + Duration::from_secs(3600));
        std::future::ready(Ok(token)).boxed()
    }

    fn refused(&self, _: &Audience, _: &Token) {}
}

pub(crate) fn status(status: u16) -> http::response::Builder {
    http::Response::builder().status(status)
}

pub(crate) fn empty(answer: http::response::Builder) -> Answer {
    Ok(answer.body(Bytes::new()).unwrap())
}

pub(crate) fn with(code: u16, body: &Value) -> Answer {
    Ok(status(code).body(Bytes::from(body.to_string())).unwrap())
}

pub(crate) fn done() -> Answer {
    with(200, &json!({"@adminapi.warnings": [], "value": []}))
}

/// What a cmdlet threw.
pub(crate) fn thrown(code: u16, exception: &str, message: &str) -> Answer {
    let text = format!("Ex6F9304|Microsoft.Exchange.{exception}|{message}");
    let inner = json!({"message": "Error executing cmdlet", "internalexception": {"message": text}});
    with(
        code,
        &json!({"error": {"code": "BadRequest", "message": "Error executing cmdlet", "innererror": inner}}),
    )
}

pub(crate) fn get() -> Cmdlet {
    Cmdlet::new("Get-Mailbox").identity(ADELE)
}

pub(crate) fn set() -> Cmdlet {
    Cmdlet::new("Set-Mailbox").identity(ADELE).parameter("Type", "Shared")
}
