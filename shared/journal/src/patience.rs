//! An end to each try of a request to the storage service.
//!
//! The SDK repeats a try that failed, and waits for ever for one that neither fails nor succeeds: a service that accepts the
//! connection and says nothing would keep a run, and its caller, until the machine goes. It does not repeat anything
//! itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, Context, Request};
use tokio::time::timeout;

/// How long a try may take, its answer included: the service takes milliseconds, and a run has kilobytes.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Gives a try up that has no whole answer in time; the SDK counts that as a failed connection and repeats it.
#[derive(Debug)]
pub(crate) struct Patience;

#[async_trait]
impl Policy for Patience {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        timeout(ATTEMPT, whole_answer(context, request, next)).await.unwrap_or_else(|_| {
            let why = format!("nothing came back within {ATTEMPT:?}");
            Err(Error::with_message(ErrorKind::Io, why))
        })
    }
}

/// The answer with its body, which may be as silent as the service.
async fn whole_answer(
    context: &Context<'_>,
    request: &mut Request,
    next: &[Arc<dyn Policy>],
) -> PolicyResult {
    let Some((first, rest)) = next.split_first() else {
        return Err(Error::with_message(ErrorKind::Other, "there is nobody to send it"));
    };
    let (status, headers, body) = first.send(context, request, rest).await?.deconstruct();
    Ok(AsyncRawResponse::from_bytes(status, headers, body.collect().await?))
}

#[cfg(test)]
mod tests {
    use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
    use azure_core::http::headers::Headers;
    use azure_core::http::{HttpClient, StatusCode, Transport};
    use azure_core::time::OffsetDateTime;
    use futures_util::{StreamExt, stream};
    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::{Azure, Journal, PageName, RunId, RunKey, Settings, TaskName, Version};

    #[derive(Debug)]
    struct Anybody;

    #[async_trait]
    impl TokenCredential for Anybody {
        async fn get_token(
            &self,
            _: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            Ok(AccessToken::new("token", OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1)))
        }
    }

    /// Takes every request and never answers, or answers with a head and never with a body.
    #[derive(Debug)]
    struct Silent {
        has_head: bool,
    }

    #[async_trait]
    impl HttpClient for Silent {
        async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
            if !self.has_head {
                std::future::pending::<()>().await;
            }
            Ok(AsyncRawResponse::new(StatusCode::Ok, Headers::new(), stream::pending().boxed()))
        }
    }

    fn journal(client: Silent) -> Arc<dyn Journal> {
        let address = "https://contoso.blob.core.windows.net/m365-journal".to_owned();
        let settings = Settings::read(&|name| (name == "M365_JOURNAL").then(|| address.clone())).unwrap();
        let azure = || Azure { credential: Arc::new(Anybody), transport: Transport::new(Arc::new(client)) };
        crate::open(&settings, azure).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_says_nothing_is_an_error_within_a_minute() {
        let run = RunKey { task: TaskName::of("onboard-user"), run: RunId::fresh() };
        for has_head in [false, true] {
            let journal = journal(Silent { has_head });
            let began = Instant::now();
            assert!(journal.begin(&run, &json!({"n": 0})).await.is_err());
            let begun = Instant::now();
            assert!(journal.append(&run, &[json!({"n": 1})]).await.is_err());
            let appended = Instant::now();
            assert!(journal.read(&run).await.is_err());
            let read = Instant::now();
            let page = PageName::new("seats").unwrap();
            assert!(journal.turn(&page, &Version::default(), &json!(1)).await.is_err());
            for took in [begun - began, appended - begun, read - appended, read.elapsed()] {
                assert!(took >= ATTEMPT && took < Duration::from_secs(60), "{took:?}");
            }
        }
    }
}
