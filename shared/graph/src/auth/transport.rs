//! The shared HTTP client as the SDK wants it, with an end to each try.

use std::sync::Arc;
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use tokio::time::timeout;

/// Gives a try up that has no answer in time; the SDK counts that as a failed connection and repeats it.
#[derive(Debug)]
pub(super) struct Patient {
    pub(super) client: Arc<dyn HttpClient>,
    pub(super) attempt: Duration,
}

#[async_trait::async_trait]
impl HttpClient for Patient {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = timeout(self.attempt, self.client.execute_request(request)).await;
        answer.unwrap_or_else(|_| {
            let why = format!("nothing came back within {:?}", self.attempt);
            Err(Error::with_message(ErrorKind::Io, why))
        })
    }
}
