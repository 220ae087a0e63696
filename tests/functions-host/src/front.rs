//! What callers see: one listener for all apps, keys, limits, and the platform's patience.
//!
//! Order as in the real host: find the route (404), ask for the key (401), see whether the function is enabled
//! (404), then run it. After 230 seconds without an answer the platform's load balancer hangs up on the caller and
//! tells nobody: the handler works on.

use crate::app::Staged;
use crate::dispatch::{Dispatcher, World};
use crate::envelope::{Call, HttpCall, HttpReply};
use crate::forward::content_length;
use crate::function_json::{Function, Trigger};
use crate::log::{Level, Log};
use crate::routes::Params;
use crate::{Error, admin};
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse as _;
use http::header::{CONTENT_TYPE, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// The platform's limit for an answer to an HTTP caller.
const CALLER_PATIENCE: Duration = Duration::from_secs(230);
/// The limit of Microsoft's page "Azure Functions HTTP trigger"; `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT` sets another.
const BODY_LIMIT: usize = 210_000_000;

#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) apps: Vec<Arc<Dispatcher>>,
    pub(crate) world: Arc<World>,
    pub(crate) started: Instant,
    address: SocketAddr,
}

struct Found<'a> {
    app: &'a Arc<Dispatcher>,
    function: &'a Function,
    params: Params,
}

impl Front {
    pub(crate) fn new(apps: Vec<Arc<Dispatcher>>, world: Arc<World>, address: SocketAddr) -> Self {
        Self { apps, world, started: Instant::now(), address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn app(&self, name: &str) -> Result<&Arc<Dispatcher>, Error> {
        let found = self.apps.iter().find(|app| app.app.name == name);
        found.ok_or_else(|| {
            Error::unknown(format!("there is no app '{name}'; there are: {}", self.app_names()))
        })
    }

    fn app_names(&self) -> String {
        self.apps.iter().map(|app| app.app.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Within an app the first route in the order of names, between apps the one with more literal segments.
    fn find(&self, method: &Method, path: &str) -> Option<Found<'_>> {
        let candidates = self.apps.iter().filter_map(|app| {
            app.app.functions.iter().find_map(|function| {
                let Trigger::Http { methods, route, .. } = &function.trigger else { return None };
                let params = route.matches(path)?;
                let allowed = methods.as_ref().is_none_or(|methods| methods.contains(method));
                allowed.then(|| (route.literals(), Found { app, function, params }))
            })
        });
        candidates.max_by_key(|(literals, _)| *literals).map(|(_, found)| found)
    }
}

/// Functions that claim the same route and share a method.
pub(crate) fn check_routes(apps: &[Staged]) -> Result<(), Error> {
    type Claim<'a> = (&'a Staged, &'a Function, &'a Option<Vec<Method>>);
    let mut claims: BTreeMap<String, Vec<Claim<'_>>> = BTreeMap::new();
    let all = apps.iter().flat_map(|app| app.functions.iter().map(move |function| (app, function)));
    for (app, function) in all {
        let Trigger::Http { methods, route, .. } = &function.trigger else { continue };
        let claimed = claims.entry(route.shape()).or_default();
        if let Some((other, first, _)) = claimed.iter().find(|(_, _, theirs)| overlap(methods, theirs)) {
            return Err(Error::route_conflict(format!(
                "The route '{}' of function '{}/{}' conflicts with the route defined by function '{}/{}': give one \
                 of them another route or other methods",
                route.as_str(),
                app.name,
                function.name,
                other.name,
                first.name
            )));
        }
        claimed.push((app, function, methods));
    }
    Ok(())
}

fn overlap(one: &Option<Vec<Method>>, other: &Option<Vec<Method>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.iter().any(|method| other.contains(method)),
        _ => true,
    }
}

/// Answers every request to the host.
pub(crate) async fn answer(State(front): State<Arc<Front>>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path();
    if path == "/admin" || path.starts_with("/admin/") {
        return admin::answer(&front, request).await;
    }
    match front.find(request.method(), path) {
        Some(found) => found.answer(&front.world, request).await,
        None if path == "/" => home(),
        None => bare(StatusCode::NOT_FOUND),
    }
}

fn home() -> Response<Body> {
    (
        StatusCode::OK,
        [(CONTENT_TYPE, "text/plain; charset=utf-8")],
        "Your functions host is up and running.\n",
    )
        .into_response()
}

/// A status and nothing else.
pub(crate) fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

pub(crate) fn not_running() -> Response<Body> {
    (StatusCode::SERVICE_UNAVAILABLE, "Function host is not running.").into_response()
}

impl Found<'_> {
    async fn answer(self, world: &World, request: Request<Body>) -> Response<Body> {
        let Trigger::Http { level, .. } = self.function.trigger else { return bare(StatusCode::NOT_FOUND) };
        if self.app.handler.is_stopped() {
            return not_running();
        }
        let (head, body) = request.into_parts();
        if !world.key.admits(level, &head) {
            return bare(StatusCode::UNAUTHORIZED);
        }
        if self.function.disabled {
            return bare(StatusCode::NOT_FOUND);
        }
        let limit = self.body_limit();
        if content_length(&head.headers) > limit as u64 {
            return bare(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let shows_key = world.key.is_shown_by(&head);
        let request = Request::from_parts(head, Body::new(Limited::new(body, limit)));
        self.run(request, shows_key).await
    }

    fn body_limit(&self) -> usize {
        let setting = self.app.app.settings.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT");
        setting.and_then(|limit| limit.parse().ok()).unwrap_or(BODY_LIMIT)
    }

    /// Proxying wins over forwarding; both only apply to functions that are HTTP in and out and nothing else.
    async fn run(self, request: Request<Body>, shows_key: bool) -> Response<Body> {
        let host = &self.app.app.host;
        let (app, function) = (self.app.clone(), self.function.clone());
        let simple = function.is_http_in_and_out();
        let is_proxied = simple && host.proxying;
        let is_forwarded = simple && host.forwarding;
        let params = self.params;
        let task = tokio::spawn(async move {
            let Some(_ticket) = app.gate.enter().await else { return bare(StatusCode::TOO_MANY_REQUESTS) };
            if is_proxied {
                passed_on(app.proxy(&function, request).await)
            } else if is_forwarded {
                passed_on(app.forward(&function, request).await)
            } else {
                enveloped(&app, &function, request, params, shows_key).await
            }
        });
        // A caller who hangs up ends a proxied request and nothing else.
        Running { task, ends_with_caller: is_proxied }.wait(&self.app.log).await
    }
}

/// A failed invocation is a bare 500: not a word about why.
fn passed_on(result: Result<Response<Body>, String>) -> Response<Body> {
    result.unwrap_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR))
}

struct Running {
    task: JoinHandle<Response<Body>>,
    ends_with_caller: bool,
}

impl Running {
    async fn wait(mut self, log: &Log) -> Response<Body> {
        match timeout(CALLER_PATIENCE, &mut self.task).await {
            Ok(response) => response.unwrap_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR)),
            Err(_) => {
                self.ends_with_caller = false;
                let what = "A caller was cut off after 230 seconds; the handler was not told and works on";
                log.host(Level::Warning, what);
                bare(StatusCode::GATEWAY_TIMEOUT)
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ends_with_caller {
            self.task.abort();
        }
    }
}

async fn enveloped(
    app: &Dispatcher,
    function: &Function,
    request: Request<Body>,
    params: Params,
    shows_key: bool,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = match read_body(&head, body).await {
        Ok(body) => body,
        Err(status) => return bare(status),
    };
    let call = Call::Http(HttpCall { request: head, body, params, shows_key });
    let (result, reply) = app.send(function, call).await;
    match reply {
        _ if !result.is_success() => bare(StatusCode::INTERNAL_SERVER_ERROR),
        None => bare(StatusCode::OK),
        Some(reply) => response(app, reply),
    }
}

/// Only a body with a length is read; a chunked one is lost.
async fn read_body(head: &Parts, body: Body) -> Result<Option<bytes::Bytes>, StatusCode> {
    if content_length(&head.headers) == 0 || head.headers.contains_key(TRANSFER_ENCODING) {
        return Ok(None);
    }
    match body.collect().await {
        Ok(body) => Ok(Some(body.to_bytes())),
        Err(error) if is_too_long(&error) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}

fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<LengthLimitError>())
}

/// A status or header that HTTP does not know is an exception in the real host, and so a bare 500.
fn response(app: &Dispatcher, reply: HttpReply) -> Response<Body> {
    try_response(reply).unwrap_or_else(|why| {
        app.log.host(Level::Error, format!("The HTTP output cannot be sent: {why}"));
        bare(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

fn try_response(reply: HttpReply) -> Result<Response<Body>, String> {
    let status = u16::try_from(reply.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = bare(status.ok_or_else(|| format!("{} is not an HTTP status", reply.status))?);
    if let Some(content_type) = &reply.content_type {
        response.headers_mut().insert(CONTENT_TYPE, header_value("content-type", content_type)?);
    }
    for (name, value) in &reply.headers {
        let parsed: HeaderName = name.parse().map_err(|_| format!("'{name}' is not a header name"))?;
        response.headers_mut().insert(parsed, header_value(name, value)?);
    }
    *response.body_mut() = Body::from(reply.body);
    Ok(response)
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, String> {
    value.parse().map_err(|_| format!("the value of header '{name}' cannot stand in a header"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;
    use tokio::sync::oneshot;

    /// A request that never ends, and the news of its being dropped.
    fn endless(ends_with_caller: bool) -> (Running, oneshot::Receiver<()>) {
        let (alive, dropped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let _alive = alive;
            std::future::pending().await
        });
        (Running { task, ends_with_caller }, dropped)
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_is_cut_off_after_230_seconds_and_the_handler_works_on() {
        for ends_with_caller in [true, false] {
            let (running, mut dropped) = endless(ends_with_caller);
            let (log, start) = (Log::new("app", Arc::new(SystemClock), None), Instant::now());
            assert_eq!(running.wait(&log).await.status(), 504);
            assert_eq!(start.elapsed(), CALLER_PATIENCE);
            tokio::task::yield_now().await;
            assert_eq!(dropped.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        }
    }

    #[tokio::test]
    async fn a_caller_who_hangs_up_ends_only_a_proxied_request() {
        let (running, dropped) = endless(true);
        drop(running);
        assert!(timeout(Duration::from_secs(60), dropped).await.expect("the request ends").is_err());
        let (running, mut dropped) = endless(false);
        drop(running);
        tokio::task::yield_now().await;
        assert_eq!(dropped.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    }
}
