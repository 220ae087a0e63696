//! No way to Exchange Online, because a setting is missing.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use graph::auth::{Audience, AuthError};
use graph::{Error, Response};

use crate::{Cmdlet, Exchange};

/// Answers everything with the setting that is missing. A function that never asks Exchange Online needs none.
#[derive(Clone, Debug)]
pub struct Unset(pub AuthError);

impl Exchange for Unset {
    fn send(&self, _: Cmdlet) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async { Err(Error::no_token(&Audience::Exchange, self.0.clone())) })
    }

    fn bulk(&self) -> Arc<dyn Exchange> {
        Arc::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use graph::auth::{Settings, tenant};

    use super::*;

    #[tokio::test]
    async fn who_asks_is_told_which_setting_is_missing() {
        let unset = Unset(tenant(&Settings::from([("AZURE_TENANT_ID", "")])).unwrap_err());
        let error = unset.bulk().send(Cmdlet::new("Get-Mailbox")).await.unwrap_err();
        assert!(error.is_setting() && plain(&error).contains("AZURE_TENANT_ID"), "{error:?}");
    }

    fn plain(error: &dyn std::error::Error) -> String {
        std::iter::successors(Some(error), |error| error.source()).map(|error| error.to_string()).collect()
    }
}
