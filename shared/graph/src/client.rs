//! The client: a handle on the stack, cheap to clone.
//!
//! ```
//! # use std::sync::Arc;
//! # use graph::auth::{Http, Settings, Tokens, Cloud};
//! # use graph::{Config, Graph, Path, Request};
//! # async fn example(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
//! let http = Arc::new(Http::new(settings.clone()));
//! let tokens = Arc::new(Tokens::from_settings(settings.clone(), http.clone()));
//! let endpoint = Cloud::from_settings(&settings)?.graph_endpoint(&settings)?;
//! let graph = Graph::new(Config::new(endpoint, tokens), http);
//! let skus = graph.send(Request::get(Path::new("/subscribedSkus"))).await?;
//! # Ok(())
//! # }
//! ```

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use tower::{ServiceBuilder, ServiceExt};

use crate::auth::{Http, TokenSource};
use crate::call::{Call, Priority};
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::stack::{
    Amend, Auth, Batch, Gate, InOrder, Retry, TenantSize, Trace, Transport, Wire, envelope, internet,
};

/// What a client must know.
#[derive(Clone)]
pub struct Config {
    /// Where Graph is, without a version or a trailing slash: `https://graph.microsoft.com`.
    pub endpoint: String,
    /// Who supplies the tokens.
    pub tokens: Arc<dyn TokenSource>,
    /// How large the tenant is. Default: the smallest, whose quotas hold for all.
    pub size: TenantSize,
    /// How long one attempt may take, from sending to the last byte of the answer. Default: 30 s.
    pub attempt: Duration,
}

impl Config {
    /// A configuration with the defaults.
    pub fn new(endpoint: impl Into<String>, tokens: Arc<dyn TokenSource>) -> Self {
        Self {
            endpoint: endpoint.into(),
            tokens,
            size: TenantSize::default(),
            attempt: Duration::from_secs(30),
        }
    }
}

type Stack = Trace<Retry<Amend<Gate<Batch<Auth<Transport>>>>>>;

/// A client of Microsoft Graph v1.0. Clones share everything: queue, gate, budget, tokens, connections. Needs a tokio
/// runtime.
#[derive(Clone)]
pub struct Graph {
    stack: Stack,
    root: Arc<str>,
    priority: Priority,
    patience: Duration,
}

impl Graph {
    /// A client over the internet. Does no I/O yet.
    pub fn new(config: Config, http: Arc<Http>) -> Self {
        Self::over(config, internet(http))
    }

    /// A client over any wire, such as the offline tenant in this process ([`in_process`](crate::stack::in_process)).
    pub fn over(config: Config, wire: Wire) -> Self {
        let root = format!("{}/v1.0", config.endpoint.trim_end_matches('/'));
        let stack = ServiceBuilder::new()
            .layer_fn(Trace::over)
            .layer_fn(Retry::over)
            .layer_fn(Amend::over)
            .layer_fn(|inner| Gate::over(inner, config.size))
            .layer_fn(|inner| Batch::over(inner, root.clone()))
            .layer_fn(|inner| Auth::over(inner, config.tokens.clone()))
            .service(Transport::new(wire, config.attempt));
        Self { stack, root: root.into(), priority: Priority::Interactive, patience: Call::PATIENCE }
    }

    /// The same client for work that nobody waits for: it lets interactive calls go first.
    #[must_use]
    pub fn bulk(&self) -> Self {
        Self { priority: Priority::Bulk, ..self.clone() }
    }

    /// The same client with another limit on how long a call may take in all, waiting and repeating included.
    #[must_use]
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// - [`is_refused`](Error::is_refused): Graph answered with anything but 2xx, also after all repetitions.
    /// - [`is_unknown`](Error::is_unknown): this was a write, and nobody can say whether it was done.
    /// - [`is_unreachable`](Error::is_unreachable), or no token could be had: nothing has changed.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let call = self.call(request);
        let id = call.id;
        let response = self.stack.clone().oneshot(call).await?;
        if response.is_success() { Ok(response) } else { Err(Error::refused(&response).of_call(id)) }
    }

    /// Asks several things in one round trip and yet in order: each of `last` is begun only when the last one of `first`
    /// has succeeded, such as to block an account before its sessions are ended. What is within `first`, and within
    /// `last`, has no order.
    ///
    /// The answers come in the order given. Each is its own, as of [`send`](Self::send), but no single one is repeated:
    /// what was throttled, or stood behind one that failed, says so ([`is_repeatable`](Error::is_repeatable)). If the
    /// reply is lost, every write is [unknown](Error::is_unknown).
    ///
    /// # Errors
    /// Those of [`send`](Self::send), for each; and for all, with nothing sent, when there are more than
    /// [`PER_ENVELOPE`](crate::stack::PER_ENVELOPE).
    pub async fn send_in_order(&self, first: &[Request], last: &[Request]) -> Vec<Result<Response, Error>> {
        let calls: Vec<Call> = first.iter().chain(last).map(|request| self.call(request.clone())).collect();
        if calls.is_empty() {
            return Vec::new();
        }
        let order = InOrder::of(calls, first.len());
        let answer = match order.check() {
            Ok(()) => self.stack.clone().oneshot(self.call(order.clone())).await,
            Err(error) => Err(error),
        };
        order.hand_out(answer)
    }

    fn call<R>(&self, request: R) -> Call<R> {
        Call { priority: self.priority, patience: self.patience, ..Call::new(request) }
    }

    /// Where Graph is, with its version.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// Where Graph answers a request, with the version that the request is for.
    pub(crate) fn root_of(&self, request: &Request) -> Cow<'_, str> {
        envelope::root_of(request, &self.root)
    }
}
