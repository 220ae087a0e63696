//! The journal in a container of blobs, against Azurite. `examples/with-azurite.rs` starts it and says how to run this.
#![cfg(test)]

#[macro_use]
mod suite;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{AsyncRawResponse, HttpClient, Method, Request, Transport};
use azure_core::time::{Duration, OffsetDateTime};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use journal::{Azure, Begun, Journal, Mark, PageName, RunId, RunKey, Settings, TaskName, Version};
use serde_json::json;
use suite::Store;

passes_the_suite!(Container);

const TASK: TaskName = TaskName::of("onboard-user");

/// A container that is not there yet, of a name nobody else uses.
struct Container(String);

impl Store for Container {
    fn empty() -> Self {
        Self(format!("{}/journal-{}", given("AZURITE_BLOB_ENDPOINT"), RunId::fresh()))
    }

    fn handle(&self) -> Arc<dyn Journal> {
        self.open("https://storage.azure.com", Arc::new(client()))
    }
}

impl Container {
    /// A handle with a token for this audience, that talks through this client.
    fn open(&self, audience: &'static str, client: Arc<dyn HttpClient>) -> Arc<dyn Journal> {
        let lookup = |name: &str| (name == "M365_JOURNAL").then(|| self.0.clone());
        let settings = Settings::read(&lookup).unwrap();
        let azure = || Azure { credential: Arc::new(Token(audience)), transport: Transport::new(client) };
        journal::open(&settings, azure).unwrap()
    }
}

fn given(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run this with examples/with-azurite.rs"))
}

/// A client that trusts Azurite's certificate and nothing else.
fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().unwrap();
    });
    let pem = std::fs::read(given("AZURITE_CA_FILE")).unwrap();
    let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([certificate]);
    client.build().unwrap()
}

/// Tokens as Azurite's `--oauth basic` wants them: it looks at the claims and not at the signature.
#[derive(Debug)]
struct Token(&'static str);

#[async_trait]
impl TokenCredential for Token {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://storage.azure.com/.default"]);
        let now = OffsetDateTime::now_utc();
        let expires = now + Duration::hours(1);
        let claims = json!({
            "aud": self.0,
            "iss": "https://sts.windows.net/0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47/",
            "iat": now.unix_timestamp(),
            "nbf": now.unix_timestamp(),
            "exp": expires.unix_timestamp(),
        });
        let parts = [json!({"alg": "RS256", "typ": "JWT"}), claims];
        let [head, claims] = parts.map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
        Ok(AccessToken::new(format!("{head}.{claims}.unsigned"), expires))
    }
}

/// Carries every request out, and loses the reply to each write the first time it is sent.
#[derive(Debug)]
struct LosesReplies {
    client: reqwest::Client,
    writes: AtomicUsize,
}

#[async_trait]
impl HttpClient for LosesReplies {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let reply = self.client.execute_request(request).await;
        let write = matches!(request.method(), Method::Put | Method::Delete);
        if write && self.writes.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            return Err(Error::with_message(ErrorKind::Io, "the reply was lost"));
        }
        reply
    }
}

#[tokio::test]
async fn a_lost_reply_neither_repeats_a_line_nor_denies_the_winner() {
    let store = Container::empty();
    let client = Arc::new(LosesReplies { client: client(), writes: AtomicUsize::new(0) });
    let journal = store.open("https://storage.azure.com", client.clone());
    let run = RunKey { task: TASK, run: RunId::fresh() };
    assert_eq!(journal.begin(&run, &json!({"n": 0})).await.unwrap(), Begun::New);
    assert_eq!(journal.begin(&run, &json!({"n": 9})).await.unwrap(), Begun::Before);
    journal.append(&run, &[json!({"n": 1}), json!({"n": 1})]).await.unwrap();
    let expected = vec![json!({"n": 0}), json!({"n": 1}), json!({"n": 1})];
    assert_eq!(journal.read(&run).await.unwrap(), Some(expected));

    let mark = Mark { at: Timestamp::now(), run };
    journal.remind(&mark).await.unwrap();
    journal.forget(&mark).await.unwrap();
    assert_eq!(journal.due(TASK, mark.at).await.unwrap(), []);

    let mut seen = Version::default();
    for n in 0..3 {
        assert!(journal.turn(&seats(), &seen, &json!(n)).await.unwrap(), "it was ours, whoever heard of it");
        let page = journal.page(&seats()).await.unwrap();
        assert_eq!(page.value, n);
        seen = page.version;
    }
    assert!(client.writes.load(Ordering::Relaxed) >= 10);
}

fn seats() -> PageName {
    PageName::new("seats/05e9a617-0261-4cee-bb44-138d3ef5d965").unwrap()
}

/// Carries every request out, and loses the reply to each turn of a page, but not before somebody else has turned it too.
struct Overtaken {
    client: reqwest::Client,
    other: Arc<dyn Journal>,
}

impl std::fmt::Debug for Overtaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Overtaken")
    }
}

#[async_trait]
impl HttpClient for Overtaken {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let reply = self.client.execute_request(request).await;
        if request.method() != Method::Put {
            return reply;
        }
        let page = self.other.page(&seats()).await.unwrap();
        assert!(self.other.turn(&seats(), &page.version, &json!("another's")).await.unwrap());
        Err(Error::with_message(ErrorKind::Io, "the reply was lost"))
    }
}

#[tokio::test]
async fn where_a_reply_is_lost_and_others_have_turned_the_page_since_nobody_claims_to_know() {
    let store = Container::empty();
    let other = store.handle();
    assert!(other.turn(&seats(), &Version::default(), &json!(0)).await.unwrap());
    let client = Overtaken { client: client(), other: other.clone() };
    let journal = store.open("https://storage.azure.com", Arc::new(client));
    let seen = journal.page(&seats()).await.unwrap().version;
    let error = journal.turn(&seats(), &seen, &json!(1)).await.unwrap_err();
    assert!(error.to_string().contains("nobody can say"), "{error}");
    assert_eq!(other.page(&seats()).await.unwrap().value, "another's");
}

#[tokio::test]
async fn a_refused_identity_is_told_which_role_it_needs() {
    let store = Container::empty();
    let journal = store.open("https://graph.microsoft.com", Arc::new(client()));
    let run = RunKey { task: TASK, run: RunId::fresh() };
    let error = journal.begin(&run, &json!({"n": 0})).await.unwrap_err();
    assert!(error.is_denied(), "{error:?}");
    assert!(error.to_string().contains("Storage Blob Data Contributor"), "{error}");
}
