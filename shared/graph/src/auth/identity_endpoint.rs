//! The managed identity of an App Service or Functions app.
//!
//! The SDK knows this endpoint as well, but takes its address from the environment of the process and from nowhere else
//! (two apps in one process, as in our tests, cannot have two identities), and does not read an `expires_on` that is a
//! number. So this one request is ours; retries, transport and errors are the SDK's. Source: Microsoft's "Use managed
//! identities for App Service and Azure Functions", REST endpoint reference.

use std::fmt;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{ClientOptions, Method, Pipeline, PipelineSendOptions, RawResponse, Request, Url};
use azure_core::time::OffsetDateTime;
use serde_json::Value;

use super::Settings;

pub(super) struct IdentityEndpoint {
    endpoint: Url,
    /// `client_id` or `object_id` of a user-assigned identity.
    user_assigned: Option<(&'static str, String)>,
    /// The platform rotates `IDENTITY_HEADER`, so it is looked up for each request.
    settings: Settings,
    pipeline: Pipeline,
}

impl IdentityEndpoint {
    pub(super) fn new(
        endpoint: Url,
        user_assigned: Option<(&'static str, String)>,
        settings: Settings,
        options: ClientOptions,
    ) -> Self {
        let (name, version) = (Some(env!("CARGO_PKG_NAME")), Some(env!("CARGO_PKG_VERSION")));
        let pipeline = Pipeline::new(name, version, options, Vec::new(), Vec::new(), None);
        Self { endpoint, user_assigned, settings, pipeline }
    }

    fn request(&self, scope: &str) -> Request {
        let resource = scope.strip_suffix("/.default").unwrap_or(scope);
        let mut url = self.endpoint.clone();
        url.query_pairs_mut()
            .append_pair("api-version", "2019-08-01")
            .append_pair("resource", resource)
            .extend_pairs(&self.user_assigned);
        let mut request = Request::new(url, Method::Get);
        let header = self.settings.get("IDENTITY_HEADER").unwrap_or_default();
        request.insert_header("x-identity-header", header);
        request
    }
}

#[async_trait::async_trait]
impl TokenCredential for IdentityEndpoint {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let context = options.unwrap_or_default().method_options.context;
        let ours = PipelineSendOptions { skip_checks: true, ..Default::default() };
        let mut request = self.request(&scopes.join(" "));
        let response = self.pipeline.send(&context, &mut request, Some(ours)).await?;
        read(response)
    }
}

fn read(response: RawResponse) -> azure_core::Result<AccessToken> {
    let status = response.status();
    if !status.is_success() {
        return Err(ErrorKind::HttpResponse { status, error_code: None, raw_response: None }.into_error());
    }
    let body: Value = serde_json::from_slice(response.body())?;
    token(&body).ok_or_else(|| {
        Error::with_message(ErrorKind::DataConversion, "access_token or expires_on is missing")
    })
}

/// `expires_on` is documented as text; numbers have been seen in the field.
fn token(body: &Value) -> Option<AccessToken> {
    let text = body["access_token"].as_str()?.to_owned();
    let expires_on = &body["expires_on"];
    let seconds = expires_on.as_i64().or_else(|| expires_on.as_str()?.parse().ok())?;
    Some(AccessToken::new(text, OffsetDateTime::from_unix_timestamp(seconds).ok()?))
}

impl fmt::Debug for IdentityEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityEndpoint").field("endpoint", &self.endpoint.as_str()).finish_non_exhaustive()
    }
}
