//! A site of one page, on this machine, that keeps what it was asked for.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use http::{Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::Error;

/// A site of one page; everything else is not found there.
#[derive(Debug)]
pub struct Site {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Site {
    /// A site of this page, with these headers.
    ///
    /// # Errors
    ///
    /// No port can be opened.
    pub async fn of(page: Response<String>) -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Error::of("no port"))?;
        let address = listener.local_addr().map_err(Error::of("no port"))?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers = Answers { page: Arc::new(page), asked: asked.clone() };
        let router = Router::new().fallback(move |request: Request<Body>| {
            let answers = answers.clone();
            async move { answers.to(&request) }
        });
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url: format!("http://{address}/"), asked, server })
    }

    /// Where the page is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
struct Answers {
    page: Arc<Response<String>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Answers {
    fn to(&self, request: &Request<Body>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let is_page = path == "/";
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(path);
        let mut answer = (*self.page).clone().map(Body::from);
        if !is_page {
            answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NOT_FOUND;
        }
        answer
    }
}
