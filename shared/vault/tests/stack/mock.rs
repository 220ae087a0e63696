//! A stand-in for key vaults and the authority, which keeps a log of what reached it, and when.
//!
//! As a vault does, it tells whoever has no token where to get one; that is kept apart, and not counted.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use graph::Error;
use graph::auth::{Audience, AuthError, Settings, Token, TokenSource};
use graph::stack::{TransportError, Wire};
use serde_json::{Value, json};
use tokio::time::Instant;
use tower::service_fn;
use vault::{Ask, By, Config, KeyVaults, Make, SecretText, Text, VaultName, Vaults};

pub(crate) const TENANT: &str = "0fea4e48-0b54-47c3-9bb7-7a6c3c0a27a5";
pub(crate) const APPLICATION: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
pub(crate) const VERSION: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const SECRET: &str = "s~cret-of-the-run";

pub(crate) type Http = http::Request<Bytes>;
pub(crate) type Answer = Result<http::Response<Bytes>, TransportError>;

#[derive(Clone, Default)]
pub(crate) struct Log {
    /// What came with a token, or for one: milliseconds since the mock was made, and the request.
    came: Arc<Mutex<Vec<(u64, Http)>>>,
    /// What came to a vault without a token.
    asked_for_a_token: Arc<Mutex<Vec<Http>>>,
}

impl Log {
    pub(crate) fn all(&self) -> Vec<Http> {
        self.came.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }

    pub(crate) fn challenged(&self) -> Vec<Http> {
        self.asked_for_a_token.lock().unwrap().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.came.lock().unwrap().len()
    }

    /// `GET https://contoso-keys.vault.azure.net/certificates/payroll/?api-version=…`, without the version of the API.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.all().iter().map(line).collect()
    }

    /// How long it was between one request to this host and the next.
    pub(crate) fn waits(&self, host: &str) -> Vec<u64> {
        let came = self.came.lock().unwrap();
        let times = came.iter().filter(|(_, request)| request.uri().host() == Some(host)).map(|(ms, _)| *ms);
        let times: Vec<u64> = times.collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

fn line(request: &Http) -> String {
    let address = request.uri().to_string();
    let address = address.split("?api-version=").next().unwrap();
    format!("{} {address}", request.method())
}

pub(crate) fn body(request: &Http) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

pub(crate) fn authorization(request: &Http) -> &str {
    request.headers().get("authorization").map_or("", |text| text.to_str().unwrap())
}

pub(crate) fn is_login(request: &Http) -> bool {
    request.uri().path().ends_with("/oauth2/v2.0/token")
}

/// A wire whose answers are told how many requests came before; those without a token do not count.
pub(crate) fn wire(answer: impl Fn(&Http, usize) -> Answer + Send + Sync + 'static) -> (Wire, Log) {
    let (log, answer, begun) = (Log::default(), Arc::new(answer), Instant::now());
    let copy = log.clone();
    let service = service_fn(move |request: Http| {
        let (log, answer) = (log.clone(), answer.clone());
        async move {
            if authorization(&request).is_empty() && !is_login(&request) {
                log.asked_for_a_token.lock().unwrap().push(request);
                return challenge();
            }
            let place = {
                let mut came = log.came.lock().unwrap();
                came.push((u64::try_from(begun.elapsed().as_millis()).unwrap(), request.clone()));
                came.len() - 1
            };
            answer(&request, place)
        }
    });
    (Wire::new(service), copy)
}

pub(crate) fn challenge() -> Answer {
    let bearer = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{TENANT}\", resource=\"https://vault.azure.net\""
    );
    let told = json!({"error": {"code": "Unauthorized", "message": "AKV10000: Request is missing a Bearer or PoP token."}});
    Ok(status(401).header("www-authenticate", bearer).body(Bytes::from(told.to_string())).unwrap())
}

pub(crate) fn config(settings: &[(&'static str, &'static str)]) -> Config {
    let settings = settings.iter().copied().chain([("AZURE_TENANT_ID", TENANT)]).collect::<Settings>();
    Config::from_settings(&settings, Arc::new(Source::default())).unwrap()
}

/// A client of vaults that answer at once.
pub(crate) fn client(answer: impl Fn(&Http, usize) -> Answer + Send + Sync + 'static) -> (KeyVaults, Log) {
    let (wire, log) = wire(answer);
    (KeyVaults::over(config(&[]), wire), log)
}

/// Has a new token each time one was refused.
#[derive(Default)]
pub(crate) struct Source(pub(crate) Mutex<Vec<(Audience, String)>>);

impl TokenSource for Source {
    fn bearer<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        let text = format!("token-{}", self.0.lock().unwrap().len());
        let token = Token::new(text, SystemTime::now() + Duration::from_secs(3600));
        std::future::ready(Ok(token)).boxed()
    }

    fn refused(&self, audience: &Audience, token: &Token) {
        self.0.lock().unwrap().push((audience.clone(), token.text().to_owned()));
    }
}

pub(crate) fn status(status: u16) -> http::response::Builder {
    http::Response::builder().status(status)
}

pub(crate) fn empty(answer: http::response::Builder) -> Answer {
    Ok(answer.body(Bytes::new()).unwrap())
}

pub(crate) fn with(code: u16, body: &Value) -> Answer {
    Ok(status(code).header("x-ms-request-id", "r-1").body(Bytes::from(body.to_string())).unwrap())
}

/// Key Vault's errors have a code, and often one within it that says more.
pub(crate) fn refusal(status: u16, code: &str, inner: &str, message: &str) -> Answer {
    let inner = if inner.is_empty() { Value::Null } else { json!({"code": inner}) };
    with(status, &json!({"error": {"code": code, "message": message, "innererror": inner}}))
}

/// What Entra says when it gives no token.
pub(crate) fn no_token(aadsts: u32) -> Answer {
    let body = json!({
        "error": "invalid_client", "error_description": format!("AADSTS{aadsts}: {SECRET} is wrong."),
        "error_codes": [aadsts], "timestamp": "2026-11-21 10:00:00Z", "trace_id": "t-1", "correlation_id": "c-1",
    });
    with(401, &body)
}

pub(crate) fn token() -> Answer {
    with(
        200,
        &json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "t0ken-of-the-application"}),
    )
}

pub(crate) fn lost() -> Answer {
    Err(TransportError::lost("connection reset"))
}

pub(crate) fn keys() -> VaultName {
    "contoso-keys".parse().unwrap()
}

pub(crate) fn name() -> String {
    "payroll".to_owned()
}

pub(crate) fn pending() -> Ask {
    Ask::Pending { vault: keys(), name: name() }
}

pub(crate) fn create() -> Ask {
    let make = Make { subject: "CN=payroll".to_owned(), months: 12, key_bits: 2048, exportable: false };
    let tags = [("m365-run".to_owned(), "r-1".to_owned())].into();
    Ask::CreateCertificate { vault: keys(), name: name(), make, tags }
}

pub(crate) fn set(value: Text) -> Ask {
    let tags = [("m365-run".to_owned(), "r-1".to_owned())].into();
    let expires = Some("2027-05-20T10:00:00Z".parse().unwrap());
    let content_type = Some("application/json".to_owned());
    Ask::SetSecret { vault: keys(), name: name(), value, content_type, expires, tags }
}

pub(crate) fn sign_in(by: By) -> Ask {
    Ask::SignIn { application: APPLICATION.parse().unwrap(), by }
}

pub(crate) fn by_certificate() -> By {
    By::Certificate { vault: keys(), name: name(), version: VERSION.to_owned(), thumbprint: "kX9".to_owned() }
}

pub(crate) fn secret() -> SecretText {
    SecretText::new(SECRET)
}

pub(crate) async fn failure(vaults: &KeyVaults, ask: Ask) -> Error {
    vaults.send(ask, Some(&secret())).await.unwrap_err()
}
