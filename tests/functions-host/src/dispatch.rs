//! Invocations: from a trigger to the handler and back, under functionTimeout and the retry policy.
//!
//! ```text
//! wait until ready ─▶ POST /{function} ─▶ read ─▶ Logs ─▶ outputs ─▶ queues, caller
//! ```
//!
//! The handler is never told that time is up: it is killed, and everything else in flight dies with it.

use crate::Clock;
use crate::app::Staged;
use crate::client::{self, HOST_VERSION, INVOCATION_HEADER, VERSION_HEADER};
use crate::dice::Dice;
use crate::envelope::{self, Call, HttpReply, Reading, RetryContext, TimerInfo};
use crate::function_json::{Function, Trigger};
use crate::invoke::{InvocationResult, Invoke};
use crate::key::Key;
use crate::log::{Level, Log};
use crate::process::{Handler, Live};
use crate::queue::Queues;
use crate::queue_trigger::wire_text;
use crate::quirks::{Framing, Quirks};
use crate::retry::Retry;
use crate::throttle::Gate;
use crate::timer::Monitor;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

/// How long a timed-out invocation may still finish before the handler is killed.
const TIMEOUT_GRACE: Duration = Duration::from_secs(2);
/// .NET's limit on redirects.
const MAX_REDIRECTS: usize = 50;

/// What all apps of a host share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) key: Key,
    pub(crate) queues: Arc<Queues>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) quirks: Quirks,
    pub(crate) dice: Dice,
    pub(crate) chunk_next: AtomicBool,
}

impl World {
    fn is_chunked(&self) -> bool {
        match self.quirks.framing {
            Framing::Chunked => true,
            Framing::ContentLength => false,
            Framing::Alternate => self.chunk_next.fetch_xor(true, Ordering::Relaxed),
        }
    }
}

/// One app, running.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) app: Staged,
    pub(crate) handler: Handler,
    pub(crate) log: Arc<Log>,
    pub(crate) gate: Gate,
    pub(crate) world: Arc<World>,
}

impl Dispatcher {
    /// Sends an envelope, and again as the retry policy says; the reply is what an HTTP caller gets.
    pub(crate) async fn send(
        &self,
        function: &Function,
        call: Call,
    ) -> (InvocationResult, Option<HttpReply>) {
        let policy = self.retry_policy(function);
        let (mut attempts, mut error) = (0, None);
        loop {
            let id = Uuid::new_v4();
            let retry =
                policy.map(|policy| RetryContext { count: attempts, max: policy.max(), exception: error });
            attempts += 1;
            let exchange = self.exchange(function, id, &call, retry.as_ref());
            let why = match self.attempt(function, id, exchange).await {
                Ok(reply) => return (InvocationResult { id, attempts, error: None }, reply),
                Err(why) => why,
            };
            match policy.and_then(|policy| policy.pause(attempts)) {
                Some(pause) => sleep(pause).await,
                None => return (InvocationResult { id, attempts, error: Some(why) }, None),
            }
            error = Some(why);
        }
    }

    /// Queues count deliveries instead.
    fn retry_policy(&self, function: &Function) -> Option<Retry> {
        match function.trigger {
            Trigger::Queue { .. } => None,
            _ => function.retry.or(self.app.host.retry),
        }
    }

    /// One invocation: logged, and ended by functionTimeout.
    pub(crate) async fn attempt<T>(
        &self,
        function: &Function,
        id: Uuid,
        work: impl Future<Output = Result<T, String>>,
    ) -> Result<T, String> {
        let name = &function.name;
        let category = format!("Function.{name}");
        self.log.write(Level::Information, &category, format!("Executing 'Functions.{name}' (Id={id})"));
        let started = Instant::now();
        let result = self.within_timeout(function, id, work).await;
        let took = started.elapsed().as_millis();
        match &result {
            Ok(_) => {
                let what = format!("Executed 'Functions.{name}' (Succeeded, Id={id}, Duration={took}ms)");
                self.log.write(Level::Information, category, what);
            }
            Err(why) => {
                let what = format!("Executed 'Functions.{name}' (Failed, Id={id}, Duration={took}ms): {why}");
                self.log.write(Level::Error, category, what);
            }
        }
        result
    }

    async fn within_timeout<T>(
        &self,
        function: &Function,
        id: Uuid,
        work: impl Future<Output = Result<T, String>>,
    ) -> Result<T, String> {
        let Some(limit) = self.app.host.function_timeout else { return work.await };
        let mut work = pin!(work);
        if let Ok(result) = timeout(limit, &mut work).await {
            return result;
        }
        let why = format!(
            "Timeout value of {limit:?} was exceeded by function: Functions.{} (Id: '{id}')",
            function.name
        );
        self.log.host(Level::Error, format!("{why}. Initiating cancellation."));
        if timeout(TIMEOUT_GRACE, &mut work).await.is_err() {
            self.kill_after_timeout(id).await;
        }
        Err(why)
    }

    /// Everything else in flight dies too: there is only this one process.
    pub(crate) async fn kill_after_timeout(&self, id: Uuid) {
        let what = format!(
            "A function timeout has occurred. Restarting worker process executing invocationId '{id}'."
        );
        self.log.host(Level::Warning, what);
        self.handler.restart().await;
        self.log.host(Level::Warning, "Restart of language worker process(es) completed.");
    }

    /// The name under which the monitor keeps a timer's status.
    pub(crate) fn timer_name(&self, function: &Function) -> String {
        format!("{}.{}", self.app.name, function.name)
    }

    /// What a timer is told when it is run by hand: the recorded status, and that it is not past due.
    pub(crate) fn manual_timer(&self, function: &Function) -> Option<TimerInfo> {
        let Trigger::Timer { use_monitor, .. } = function.trigger else { return None };
        let status = use_monitor.then(|| self.world.monitor.get(&self.timer_name(function))).flatten();
        Some(TimerInfo { status, is_past_due: false })
    }

    async fn exchange(
        &self,
        function: &Function,
        id: Uuid,
        call: &Call,
        retry: Option<&RetryContext>,
    ) -> Result<Option<HttpReply>, String> {
        let live = self.handler.ready().await?;
        let World { clock, quirks, dice, .. } = &*self.world;
        let body = envelope::encode(function, call, retry, clock.now(), quirks.payload, dice);
        let response = self.post(&live, &function.name, id, body.into()).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| client::in_full(&error))?.to_bytes();
        let answer = match envelope::read(head.status, &head.headers, &body) {
            Reading::Done(answer) => answer,
            Reading::Failed(why) => return Err(why),
            Reading::Never => std::future::pending().await,
        };
        for line in &answer.logs {
            self.log.write(Level::Information, format!("Function.{}.User", function.name), line);
        }
        let bound = envelope::bind(function, &answer)?;
        for (queue, text) in bound.messages {
            self.world.queues.send(&queue, wire_text(&self.app.host.queues, text))?;
        }
        Ok(bound.http)
    }

    /// Posts an envelope; redirects are followed unless forwarding is on, as the host's client is set up once.
    async fn post(
        &self,
        live: &Live,
        function: &str,
        id: Uuid,
        body: Bytes,
    ) -> Result<Response<Body>, String> {
        let mut uri = client::uri(self.handler.port, &format!("/{function}"));
        let mut with_body = true;
        for _ in 0..=MAX_REDIRECTS {
            let request = self.envelope_request(&uri, id, with_body.then(|| body.clone()));
            let response = client::send(&live.client, request).await?;
            match redirect(&uri, &response).filter(|_| !self.app.host.forwarding) {
                None => return Ok(response),
                Some((target, keeps_body)) => {
                    uri = target;
                    with_body &= keeps_body;
                }
            }
        }
        Err(format!("more than {MAX_REDIRECTS} redirects"))
    }

    /// Without a body it is a GET: that is what becomes of a POST on most redirects.
    fn envelope_request(&self, uri: &Uri, id: Uuid, body: Option<Bytes>) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri.clone();
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, header(format!("Azure-Functions-Host/{HOST_VERSION}")));
        headers.insert(VERSION_HEADER, header(HOST_VERSION.into()));
        headers.insert(INVOCATION_HEADER, header(id.to_string()));
        if let Some(body) = body {
            headers.insert(CONTENT_TYPE, header("application/json; charset=utf-8".into()));
            *request.method_mut() = Method::POST;
            *request.body_mut() = if self.world.is_chunked() { chunked(body) } else { body.into() };
        }
        request
    }
}

/// Only ever called with plain ASCII.
pub(crate) fn header(text: String) -> http::HeaderValue {
    text.parse().unwrap_or_else(|_| http::HeaderValue::from_static(""))
}

fn chunked(body: Bytes) -> Body {
    Body::from_stream(stream::iter([Ok::<_, Infallible>(body)]))
}

/// Where a redirect leads, and whether method and body are kept on the way.
fn redirect<B>(from: &Uri, response: &Response<B>) -> Option<(Uri, bool)> {
    let keeps_body = match response.status() {
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::MULTIPLE_CHOICES => false,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => return None,
    };
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let absolute = match location.contains("://") {
        true => location.to_owned(),
        false => format!("http://{}/{}", from.authority()?, location.trim_start_matches('/')),
    };
    Some((absolute.parse().ok()?, keeps_body))
}

/// A function of an app, as its timer or queue sees it.
pub(crate) struct Bound {
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) function: Function,
}

#[async_trait::async_trait]
impl Invoke for Bound {
    async fn invoke(&self, call: Call) -> InvocationResult {
        self.dispatcher.send(&self.function, call).await.0
    }
}
