//! HTTP as a caller of a function sends it: JSON out, JSON back, on the loopback interface; and a download from elsewhere.

use reqwest::header::HeaderMap;
use reqwest::{Client, ClientBuilder, Method, Response};
use serde_json::Value;

use crate::error::{Doing, Error};

/// A client; clones share its connections.
#[derive(Clone, Debug)]
pub struct Http(Client);

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null if it was none.
    pub body: Value,
}

impl Http {
    /// A client that asks the address it is told and no proxy.
    ///
    /// # Errors
    ///
    /// The client cannot be made.
    pub fn new() -> Result<Self, Error> {
        Self::made(Client::builder().no_proxy())
    }

    /// A client for the world outside, through the proxy that the environment names, if any.
    ///
    /// # Errors
    ///
    /// The client cannot be made.
    pub fn outward() -> Result<Self, Error> {
        Self::made(Client::builder())
    }

    fn made(client: ClientBuilder) -> Result<Self, Error> {
        // Even a client that speaks plain HTTP only wants to know with what it would encrypt. That somebody has said so
        // before is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        client.build().doing(|| "make an HTTP client".to_owned()).map(Self)
    }

    /// Downloads a text.
    ///
    /// # Errors
    ///
    /// No answer came, one that refuses, only a part of one, or one that is no UTF-8.
    pub async fn text(&self, url: &str) -> Result<String, Error> {
        let doing = || format!("download {url}");
        let answer = self.0.get(url).send().await.and_then(Response::error_for_status).doing(doing)?;
        let body = answer.bytes().await.doing(doing)?;
        String::from_utf8(body.into()).doing(|| format!("read {url} as UTF-8"))
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    ///
    /// No answer came. One that refuses is an answer.
    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Error> {
        let doing = || format!("{method} {url}");
        let method = Method::from_bytes(method.as_bytes()).doing(doing)?;
        let request = headers.iter().fold(self.0.request(method.clone(), url), |request, (name, value)| {
            request.header(*name, *value)
        });
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.doing(|| format!("{method} {url}"))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.doing(|| format!("read the answer to {method} {url}"))?;
        Ok(Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }
}
