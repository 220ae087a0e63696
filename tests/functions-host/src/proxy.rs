//! `enableProxyingHttpRequest`: the request goes through as it is, both bodies streaming.
//!
//! Three headers tell the host's version and the invocation. A refused connection is tried again. When no byte moves for 240 seconds the invocation fails. A caller who hangs up is
//! no failure, but the handler's connection is closed: a server that drops work on disconnect drops it then.

use crate::client::{self, HOST_VERSION, INVOCATION_HEADER, VERSION_HEADER};
use crate::dispatch::{Dispatcher, header};
use crate::function_json::Function;
use crate::log::locked;
use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::header::{CONNECTION, EXPECT, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

const QUIET_LIMIT: Duration = Duration::from_secs(240);
const SECOND_ID_HEADER: &str = "x-ms-invocation-id";

/// Headers that concern one connection only.
const HOP_BY_HOP: [HeaderName; 6] = [
    CONNECTION,
    TRANSFER_ENCODING,
    TE,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

impl Dispatcher {
    pub(crate) async fn proxy(
        self: &Arc<Self>,
        function: &Function,
        request: Request<Body>,
    ) -> Result<Response<Body>, String> {
        let id = Uuid::new_v4();
        let activity = Activity::new();
        let started = Instant::now();
        let proxying = async {
            let live = self.handler.ready().await?;
            let request = outgoing(self.handler.port, id, request, &activity);
            tokio::select! {
                response = client::send_patiently(&live.patient, request) => response,
                () = activity.quiet() => Err(format!("no byte moved for {QUIET_LIMIT:?}")),
            }
        };
        let response = self.attempt(function, id, proxying).await?;
        let deadline = self.app.host.function_timeout.and_then(|limit| started.checked_add(limit));
        Ok(self.incoming(response, id, activity, deadline))
    }

    fn incoming(
        self: &Arc<Self>,
        response: Response<Body>,
        id: Uuid,
        activity: Activity,
        deadline: Option<Instant>,
    ) -> Response<Body> {
        let (mut head, body) = response.into_parts();
        remove_hop_by_hop(&mut head.headers);
        let data = body.into_data_stream().map(|chunk| chunk.map_err(io::Error::other));
        let watched = watched(data, activity, Timeout { dispatcher: self.clone(), id, deadline });
        Response::from_parts(head, Body::from_stream(watched))
    }
}

fn outgoing(port: u16, id: Uuid, request: Request<Body>, activity: &Activity) -> Request<Body> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = client::uri(port, path);
    remove_hop_by_hop(&mut head.headers);
    head.headers.remove(EXPECT);
    head.headers.insert(VERSION_HEADER, HeaderValue::from_static(HOST_VERSION));
    head.headers.insert(INVOCATION_HEADER, header(id.to_string()));
    head.headers.insert(SECOND_ID_HEADER, header(id.to_string()));
    let activity = activity.clone();
    let body = body.map_frame(move |frame| {
        activity.touch();
        frame
    });
    Request::from_parts(head, Body::new(body))
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// When a byte last moved, in either direction.
#[derive(Debug, Clone)]
struct Activity(Arc<Mutex<Instant>>);

impl Activity {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn touch(&self) {
        *locked(&self.0) = Instant::now();
    }

    /// Ends when nothing has moved for 240 seconds.
    async fn quiet(&self) {
        loop {
            let until = *locked(&self.0) + QUIET_LIMIT;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }
}

/// functionTimeout, for a response that is still streaming.
struct Timeout {
    dispatcher: Arc<Dispatcher>,
    id: Uuid,
    deadline: Option<Instant>,
}

impl Timeout {
    async fn passed(&self) {
        match self.deadline {
            Some(deadline) => sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }
}

/// The response's data, ended with an error by silence or by functionTimeout.
fn watched(
    data: impl Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
    activity: Activity,
    limit: Timeout,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold(Some((data, activity, limit)), |state| async {
        let (mut data, activity, limit) = state?;
        activity.touch();
        tokio::select! {
            chunk = data.next() => Some((chunk?, Some((data, activity, limit)))),
            () = activity.quiet() => Some((Err(io::ErrorKind::TimedOut.into()), None)),
            () = limit.passed() => {
                limit.dispatcher.kill_after_timeout(limit.id).await;
                Some((Err(io::ErrorKind::TimedOut.into()), None))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_of_240_seconds_ends_the_wait_and_every_byte_starts_it_anew() {
        let activity = Activity::new();
        let start = Instant::now();
        tokio::time::sleep(Duration::from_secs(100)).await;
        activity.touch();
        activity.quiet().await;
        assert_eq!(start.elapsed(), Duration::from_secs(340));
    }

    #[test]
    fn the_request_keeps_everything_but_what_concerns_one_connection() {
        let request = Request::post("/api/jobs?tag=1&tag=2")
            .header("host", "contoso.com")
            .header("connection", "keep-alive")
            .header("transfer-encoding", "chunked")
            .header("x-functions-key", "secret")
            .header(SECOND_ID_HEADER, "forged")
            .body(Body::empty())
            .unwrap();
        let sent = outgoing(4711, Uuid::nil(), request, &Activity::new());
        assert_eq!(sent.uri(), "http://127.0.0.1:4711/api/jobs?tag=1&tag=2");
        let mut names: Vec<_> = sent.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["host", VERSION_HEADER, INVOCATION_HEADER, "x-functions-key", SECOND_ID_HEADER]);
        assert_eq!(sent.headers()[SECOND_ID_HEADER], Uuid::nil().to_string());
    }
}
