//! No way to key vaults, because a setting is missing, or because none is wanted.

use futures_util::future::BoxFuture;
use graph::auth::{Audience, AuthError};
use graph::{Error, Response};

use crate::{Ask, SecretText, Vaults};

/// Answers everything with why there is no way to a key vault. A function that never asks one needs no setting.
#[derive(Clone, Debug, Default)]
pub struct NoVaults(Option<AuthError>);

impl NoVaults {
    /// This setting is missing.
    pub fn missing(setting: AuthError) -> Self {
        Self(Some(setting))
    }

    /// This function uses none.
    pub fn unused() -> Self {
        Self(None)
    }
}

impl Vaults for NoVaults {
    fn send<'a>(&'a self, _: Ask, _: Option<&'a SecretText>) -> BoxFuture<'a, Result<Response, Error>> {
        let why = match &self.0 {
            Some(missing) => Error::no_token(&Audience::KeyVault, missing.clone()),
            None => Error::failed("this function uses no key vault", None),
        };
        Box::pin(async { Err(why) })
    }
}

#[cfg(test)]
mod tests {
    use graph::auth::{Settings, tenant};

    use super::*;

    async fn asked(vaults: NoVaults) -> Error {
        let ask = Ask::Pending { vault: "contoso-keys".parse().unwrap(), name: "payroll".to_owned() };
        vaults.send(ask, None).await.unwrap_err()
    }

    #[tokio::test]
    async fn who_asks_is_told_which_setting_is_missing() {
        let missing = tenant(&Settings::from([("AZURE_TENANT_ID", "")])).unwrap_err();
        let error = asked(NoVaults::missing(missing)).await;
        let why = std::error::Error::source(&error).unwrap().to_string();
        assert!(error.is_setting() && why.contains("AZURE_TENANT_ID"), "{error}: {why}");
    }

    #[tokio::test]
    async fn a_function_without_vaults_says_so() {
        assert_eq!(asked(NoVaults::unused()).await.to_string(), "this function uses no key vault");
    }
}
