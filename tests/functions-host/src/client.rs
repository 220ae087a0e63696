//! The host's own HTTP clients: plain HTTP/1.1 to `127.0.0.1`, nothing else.
//!
//! One gives up on a refused connection, as envelopes and forwarding do; the patient one, for proxying, tries ten
//! times in all, after 50 ms and up to 250 ms.

use axum::body::Body;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response, Uri};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tower::Service;

pub(crate) type Client = legacy::Client<HttpConnector, Body>;
pub(crate) type PatientClient = legacy::Client<PatientConnector, Body>;
pub(crate) type ClientError = legacy::Error;

const ATTEMPTS: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_millis(250);

/// What the host calls itself.
pub(crate) const HOST_VERSION: &str = "4.1052.200";
pub(crate) const VERSION_HEADER: &str = "x-azure-functions-hostversion";
pub(crate) const INVOCATION_HEADER: &str = "x-azure-functions-invocationid";

pub(crate) fn new() -> Client {
    legacy::Client::builder(TokioExecutor::new()).build(connector())
}

pub(crate) fn patient() -> PatientClient {
    legacy::Client::builder(TokioExecutor::new()).build(PatientConnector(connector()))
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

/// Sends a request; the answer's body streams.
pub(crate) async fn send(client: &Client, request: Request<Body>) -> Result<Response<Body>, String> {
    let response = client.request(request).await.map_err(|error| in_full(&error))?;
    Ok(response.map(Body::new))
}

pub(crate) async fn send_patiently(
    client: &PatientClient,
    request: Request<Body>,
) -> Result<Response<Body>, String> {
    let response = client.request(request).await.map_err(|error| in_full(&error))?;
    Ok(response.map(Body::new))
}

/// Tries a refused connection again before it fails.
#[derive(Debug, Clone)]
pub(crate) struct PatientConnector(HttpConnector);

impl Service<Uri> for PatientConnector {
    type Response = TokioIo<TcpStream>;
    type Error = <HttpConnector as Service<Uri>>::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let mut connector = self.0.clone();
        async move {
            let mut pause = FIRST_PAUSE;
            for _ in 1..ATTEMPTS {
                if let Ok(connection) = connector.call(uri.clone()).await {
                    return Ok(connection);
                }
                sleep(pause).await;
                pause = (pause * 2).min(LAST_PAUSE);
            }
            connector.call(uri).await
        }
        .boxed()
    }
}

/// `GET /` without special headers; any answer will do.
pub(crate) async fn ping(client: &Client, port: u16) -> Result<(), ClientError> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri(port, "/");
    client.request(request).await.map(drop)
}

/// The handler's address for a path that begins with `/`; the root where the path cannot be one.
pub(crate) fn uri(port: u16, path: &str) -> Uri {
    let text = format!("http://127.0.0.1:{port}{path}");
    text.parse().unwrap_or_else(|_| Uri::from_static("/"))
}

/// An error and all its causes in one line: hyper's own message leaves the cause out.
pub(crate) fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
