//! The client: a handle on the stack, cheap to clone.
//!
//! ```
//! # use std::sync::Arc;
//! # use exchange::{Cmdlet, Config, Exchange, InvokeCommand};
//! # use graph::auth::{self, Cloud, Http, Settings, Tokens};
//! # async fn example(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
//! let http = Arc::new(Http::new(settings.clone()));
//! let tokens = Arc::new(Tokens::from_settings(settings.clone(), http.clone()));
//! let endpoint = Cloud::from_settings(&settings)?.exchange_endpoint(&settings)?;
//! let exchange = InvokeCommand::new(Config::new(endpoint, auth::tenant(&settings)?, tokens), http);
//! let mailbox = exchange.send(Cmdlet::new("Get-Mailbox").identity("AdeleV@contoso.com")).await?;
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use graph::auth::{Audience, Http, TokenSource};
use graph::stack::{Auth, Gate, Lane, Retry, Trace, Transport, Wire, internet};
use graph::{Call, Error, Priority, Response, TenantId};
use tower::{ServiceBuilder, ServiceExt};

use crate::Exchange;
use crate::answer::refused;
use crate::cmdlet::Cmdlet;
use crate::follow::Follow;
use crate::invoke::{Invoke, Site};
use crate::share::{InLine, Leave, Share};

/// How many cmdlets run at once. Exchange Online publishes no limit; clients in the field get along with one to three.
const AT_ONCE: usize = 3;

/// What a client must know.
#[derive(Clone)]
pub struct Config {
    /// Where Exchange Online is, without a trailing slash: `https://outlook.office365.com`.
    pub endpoint: String,
    /// Whose Exchange Online it is.
    pub tenant: TenantId,
    /// Who supplies the tokens.
    pub tokens: Arc<dyn TokenSource>,
    /// How long one attempt may take, from sending to the last byte of the answer. Default: 60 s, since a cmdlet may well
    /// take twenty.
    pub attempt: Duration,
}

impl Config {
    /// A configuration with the defaults.
    pub fn new(endpoint: impl Into<String>, tenant: TenantId, tokens: Arc<dyn TokenSource>) -> Self {
        Self { endpoint: endpoint.into(), tenant, tokens, attempt: Duration::from_secs(60) }
    }
}

type Stack = Trace<Share<Retry<Gate<Leave<Invoke<Auth<Follow<Transport>>>>>>>>;

/// Exchange Online by `InvokeCommand`, the address behind Microsoft's own PowerShell module. Microsoft does not document
/// it, and may change it: nothing outside this crate knows its shape.
///
/// Clones share everything: gate, budget, tokens, connections. Needs a tokio runtime.
#[derive(Clone)]
pub struct InvokeCommand {
    stack: Stack,
    priority: Priority,
    patience: Duration,
}

impl InvokeCommand {
    /// A client over the internet. Does no I/O yet.
    pub fn new(config: Config, http: Arc<Http>) -> Self {
        Self::over(config, internet(http))
    }

    /// A client over any wire, such as the offline tenant in this process ([`in_process`](graph::stack::in_process)).
    pub fn over(config: Config, wire: Wire) -> Self {
        let (site, in_line) = (Arc::new(Site::of(&config)), InLine::default());
        let stack = ServiceBuilder::new()
            .layer_fn(Trace::over)
            .layer_fn(|inner| Share::over(inner, in_line.clone()))
            .layer_fn(Retry::over)
            .layer_fn(|inner| Gate::with(inner, Lane::narrow("Exchange", AT_ONCE)))
            .layer_fn(|inner| Leave::over(inner, in_line.clone()))
            .layer_fn(|inner| Invoke::over(inner, site.clone()))
            .layer_fn(|inner| Auth::for_audience(Audience::Exchange, inner, config.tokens.clone()))
            .layer_fn(Follow::over)
            .service(Transport::new(wire, config.attempt));
        Self { stack, priority: Priority::Interactive, patience: Call::PATIENCE }
    }

    /// The same client with another limit on how long a call may take, waiting and repeating included; standing in line
    /// behind calls of our own is not.
    #[must_use]
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    async fn run(&self, cmdlet: Cmdlet) -> Result<Response, Error> {
        cmdlet.check().map_err(|unfit| Error::failed(unfit.0, None))?;
        let call = Call { priority: self.priority, patience: self.patience, ..Call::new(cmdlet) };
        let id = call.id;
        let response = self.stack.clone().oneshot(call).await?;
        if response.is_success() { Ok(response) } else { Err(refused(&response).of_call(id)) }
    }
}

impl Exchange for InvokeCommand {
    fn send(&self, cmdlet: Cmdlet) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(self.run(cmdlet))
    }

    fn bulk(&self) -> Arc<dyn Exchange> {
        Arc::new(Self { priority: Priority::Bulk, ..self.clone() })
    }
}
