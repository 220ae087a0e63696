//! Test aid: the requests that a handler gets without having asked for them.
//!
//! Health pings of `/` come at any time and several at once, `HEAD /` from whoever looks, and envelopes for functions
//! it does not know after a bad deployment. None of them may hurt.

use crate::client;
use crate::{Error, Host};
use axum::body::Body;
use futures_util::future::try_join_all;
use http::header::CONTENT_TYPE;
use http::{Method, Request};

/// What a handler answered to a probe, as HTTP statuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// To several `GET /` at once.
    pub pings: Vec<u16>,
    /// To `HEAD /`.
    pub head: u16,
    /// To an envelope for a function that does not exist.
    pub unknown_function: u16,
}

impl Host {
    /// Sends the handler of an app what it must bear: `pings` health pings at once, `HEAD /`, an unknown function.
    ///
    /// # Errors
    ///
    /// When there is no such app, or the handler does not answer.
    pub async fn probe(&self, app: &str, pings: usize) -> Result<Probe, Error> {
        let base = self.handler_url(app)?;
        self.ready(app).await?;
        let pings = (0..pings).map(|_| status(&base, Method::GET, "/", ""));
        let envelope = r#"{"Data":{},"Metadata":{}}"#;
        let probe = async {
            Ok(Probe {
                pings: try_join_all(pings).await?,
                head: status(&base, Method::HEAD, "/", "").await?,
                unknown_function: status(&base, Method::POST, "/no-such-function", envelope).await?,
            })
        };
        probe
            .await
            .map_err(|why: String| Error::unknown(format!("the handler of {app} does not answer: {why}")))
    }
}

async fn status(base: &str, method: Method, path: &str, body: &'static str) -> Result<u16, String> {
    let request = Request::builder().method(method).uri(format!("{base}{path}"));
    let request = if body.is_empty() { request } else { request.header(CONTENT_TYPE, "application/json") };
    let request = request.body(Body::from(body)).map_err(|error| error.to_string())?;
    Ok(client::send(&client::new(), request).await?.status().as_u16())
}
