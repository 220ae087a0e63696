//! Serving on a socket: HTTP/1.1 and cleartext HTTP/2, and connections that break when they are meant to.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;

use axum::body::{Body, Bytes, HttpBody};
use axum::{BoxError, Router};
use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tower::{Service, ServiceExt};

use crate::tenant::Dropped;

/// Accepts connections for as long as the runtime lives.
pub(crate) fn spawn(listener: TcpListener, router: Router) -> io::Result<SocketAddr> {
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            // A connection that could not be accepted is the caller's loss; the next one may be better.
            if let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, router.clone()));
            }
        }
    });
    Ok(address)
}

async fn connection(stream: TcpStream, router: Router) {
    // Without this, small answers wait for the caller's acknowledgement.
    let _ = stream.set_nodelay(true);
    let builder = Builder::new(TokioExecutor::new());
    // An error here is a connection that broke, by the caller's doing or by a rule.
    let _ = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(Breakable(router))).await;
}

/// The router, but for responses that must not arrive: an error instead makes hyper close the connection.
#[derive(Clone)]
struct Breakable(Router);

impl<B> Service<Request<B>> for Breakable
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<Body>>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = self.0.clone().oneshot(request.map(Body::new));
        Box::pin(async move {
            let response = answer.await.unwrap_or_else(|never| match never {});
            match response.extensions().get::<Dropped>() {
                Some(Dropped) => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
                None => Ok(response),
            }
        })
    }
}
