//! A request to one of the services of a tenant.
//!
//! Microsoft Graph does most of what a change needs, Exchange Online and Azure Key Vault the rest; a change does not say how
//! any of them is asked, only what. All are values, so a plan holds them side by side.

use exchange::Cmdlet;
use graph::{Error, Request, Response};
use serde::{Deserialize, Serialize};
use vault::{Ask, SecretText};

use crate::task::Tenant;

/// A request to one of the services of a tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Call {
    /// To Microsoft Graph.
    Graph(Request),
    /// To Exchange Online.
    Exchange(Cmdlet),
    /// To a key vault, or a sign-in with what is in it.
    Vault(Ask),
}

impl From<Request> for Call {
    fn from(request: Request) -> Self {
        Self::Graph(request)
    }
}

impl From<Cmdlet> for Call {
    fn from(cmdlet: Cmdlet) -> Self {
        Self::Exchange(cmdlet)
    }
}

impl From<Ask> for Call {
    fn from(ask: Ask) -> Self {
        Self::Vault(ask)
    }
}

impl Call {
    /// The request, if it is one to Microsoft Graph.
    pub fn graph(&self) -> Option<&Request> {
        match self {
            Self::Graph(request) => Some(request),
            Self::Exchange(_) | Self::Vault(_) => None,
        }
    }

    /// The cmdlet, if it is one of Exchange Online.
    pub fn exchange(&self) -> Option<&Cmdlet> {
        match self {
            Self::Graph(_) | Self::Vault(_) => None,
            Self::Exchange(cmdlet) => Some(cmdlet),
        }
    }

    /// Whether the object id of a new account is still to be filled in.
    pub fn awaits_account(&self) -> bool {
        match self {
            Self::Graph(request) => request.awaits_account(),
            Self::Exchange(cmdlet) => cmdlet.awaits_account(),
            Self::Vault(_) => false,
        }
    }

    /// Whether this refusal means "it is so already".
    pub(crate) fn is_already(&self, error: &Error) -> bool {
        match self {
            Self::Graph(request) => request.is_already(error),
            Self::Exchange(cmdlet) => cmdlet.is_already(error),
            Self::Vault(ask) => ask.is_already(error),
        }
    }

    /// Whether this refusal means "not yet".
    pub(crate) fn is_not_yet(&self, error: &Error) -> bool {
        match self {
            Self::Graph(request) => request.is_not_yet(error),
            Self::Exchange(cmdlet) => cmdlet.is_not_yet(error),
            Self::Vault(ask) => ask.is_not_yet(error),
        }
    }

    /// The same with an id in the place of [`graph::ACCOUNT`], [`graph::MADE`] or [`graph::RUN`].
    #[must_use]
    pub(crate) fn with(&self, place: &str, id: &str) -> Self {
        match self {
            Self::Graph(request) => Self::Graph(request.with(place, id)),
            Self::Exchange(cmdlet) => Self::Exchange(cmdlet.with(place, id)),
            Self::Vault(ask) => Self::Vault(ask.with(place, id)),
        }
    }
}

impl Tenant {
    /// Asks the service that the call is for, and waits for the answer.
    pub(crate) async fn send(&self, call: &Call) -> Result<Response, Error> {
        self.send_with(call, None).await
    }

    /// The same, with the secret that the run carries.
    pub(crate) async fn send_with(
        &self,
        call: &Call,
        secret: Option<&SecretText>,
    ) -> Result<Response, Error> {
        match call {
            Call::Graph(request) => self.graph.send(request.clone()).await,
            Call::Exchange(cmdlet) => self.exchange.send(cmdlet.clone()).await,
            Call::Vault(ask) => self.vaults.send(ask.clone(), secret).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use graph::Path;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_survives_the_journal_and_stays_with_its_service() {
        let request = Call::from(Request::get(Path::new("/users")));
        let cmdlet = Call::from(Cmdlet::new("Get-Mailbox").identity("AdeleV@contoso.com"));
        let ask = Call::from(Ask::Pending { vault: "contoso-keys".parse().unwrap(), name: "payroll".into() });
        for call in [&request, &cmdlet, &ask] {
            let kept = serde_json::to_value(call).unwrap();
            assert_eq!(serde_json::from_value::<Call>(kept).unwrap(), *call);
        }
        assert!(request.graph().is_some() && cmdlet.exchange().is_some());
        assert!(ask.graph().is_none() && ask.exchange().is_none());
        assert!(serde_json::from_value::<Call>(json!({"neither": 1})).is_err());
    }
}
