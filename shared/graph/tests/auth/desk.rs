//! A stand-in for whoever issues tokens, on a real socket: it notes what it is asked and answers as it is told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use azure_core::http::{AsyncRawResponse, HttpClient};
use graph::auth::{Credentials, Http, Settings, Timing, Tokens};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

/// One request as the desk saw it. `fields` are those of the query and of a form in the body.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) fields: HashMap<String, String>,
}

impl Seen {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What the desk answers: a status with a body, or nothing ever.
pub(crate) enum Answer {
    Is(u16, Value),
    Never,
}

type Script = dyn Fn(usize, &Seen) -> Answer + Send + Sync;

pub(crate) struct Desk {
    pub(crate) url: String,
    script: Box<Script>,
    seen: Mutex<Vec<Seen>>,
    asked: watch::Sender<usize>,
    /// Answers wait until this is true.
    open: watch::Sender<bool>,
}

impl Desk {
    /// Opens a desk on a free port. The script is given the number of the request, from 0, and the request.
    pub(crate) async fn open(script: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            script: Box::new(script),
            seen: Mutex::default(),
            asked: watch::Sender::new(0),
            open: watch::Sender::new(true),
        });
        let router = Router::new().fallback(answer).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        desk
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub(crate) fn seen(&self, n: usize) -> Seen {
        self.seen.lock().unwrap()[n].clone()
    }

    /// Waits until this many requests have arrived; not for ever.
    pub(crate) async fn has_seen(&self, requests: usize) {
        let mut asked = self.asked.subscribe();
        let enough = asked.wait_for(|asked| *asked >= requests);
        timeout(Duration::from_secs(20), enough).await.expect("a request that does not come").unwrap();
    }

    /// Lets requests arrive, but answers none until [`resume`](Self::resume).
    pub(crate) fn pause(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn resume(&self) {
        self.open.send_replace(true);
    }

    /// Settings of an app whose managed identity this desk is.
    pub(crate) fn identity(&self) -> Settings {
        let endpoint = format!("{}/msi/token", self.url);
        Settings::from([("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "h3ader")])
    }

    /// A way to the desk for credentials that insist on Entra's own `https` hosts.
    pub(crate) fn detour(&self, http: &Http) -> Arc<dyn HttpClient> {
        Arc::new(Detour { to: self.url.clone(), client: http.client().unwrap().clone() })
    }
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let form = format!("{}&{}", parts.uri.query().unwrap_or_default(), String::from_utf8_lossy(&body));
    let url = reqwest::Url::parse(&format!("http://desk/?{form}")).unwrap();
    let seen = Seen {
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        fields: url.query_pairs().into_owned().collect(),
    };
    let number = {
        let mut all = desk.seen.lock().unwrap();
        all.push(seen.clone());
        all.len()
    };
    desk.asked.send_replace(number);
    desk.open.subscribe().wait_for(|open| *open).await.unwrap();
    match (desk.script)(number - 1, &seen) {
        Answer::Is(status, body) => (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response(),
        Answer::Never => std::future::pending().await,
    }
}

/// Sends every request to the desk, whatever host it names; the host it named is kept in a header.
#[derive(Debug)]
struct Detour {
    to: String,
    client: reqwest::Client,
}

#[async_trait::async_trait]
impl HttpClient for Detour {
    async fn execute_request(
        &self,
        request: &azure_core::http::Request,
    ) -> azure_core::Result<AsyncRawResponse> {
        let mut moved = request.clone();
        moved.insert_header("x-meant-for", request.url().origin().ascii_serialization());
        let url = request.url();
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        *moved.url_mut() = format!("{}{}{query}", self.to, url.path()).parse().unwrap();
        self.client.execute_request(&moved).await
    }
}

/// The managed-identity answer for a token that lives this many seconds.
pub(crate) fn issued(number: usize, lifetime: u64) -> Answer {
    Answer::Is(
        200,
        json!({
            "access_token": format!("token-{number}"),
            "expires_on": in_seconds(lifetime).to_string(),
            "resource": "https://graph.microsoft.com",
            "token_type": "Bearer",
        }),
    )
}

/// Entra's answer for a token that lives this many seconds.
pub(crate) fn granted(number: usize, lifetime: u64) -> Answer {
    let token = format!("token-{number}");
    Answer::Is(200, json!({"token_type": "Bearer", "expires_in": lifetime, "access_token": token}))
}

/// Entra's refusal with this code.
pub(crate) fn denied(status: u16, code: u32) -> Answer {
    let body = json!({
        "error": "invalid_client",
        "error_description": format!("AADSTS{code}: Something about it."),
        "error_codes": [code],
    });
    Answer::Is(status, body)
}

/// A moment in seconds since the epoch.
pub(crate) fn in_seconds(seconds: u64) -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + seconds
}

/// The defaults, with pauses that a test can afford.
pub(crate) fn quick() -> Timing {
    Timing { pause: Duration::from_millis(1), retries: 2, ..Timing::default() }
}

/// An HTTP client of its own for each test.
pub(crate) fn http() -> Arc<Http> {
    Arc::new(Http::new(Settings::new(|_| None)))
}

/// Tokens by the managed identity at this desk.
pub(crate) fn tokens(desk: &Desk, timing: Timing) -> Tokens {
    Tokens::new(Credentials::new(desk.identity(), http(), timing.clone()), timing)
}
