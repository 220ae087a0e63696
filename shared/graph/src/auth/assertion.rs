//! What an application signs to prove that it holds the key of one of its certificates.
//!
//! The form is Entra's newer one: PS256, and the SHA-256 thumbprint of the certificate. Source: "Microsoft identity platform
//! application authentication certificate credentials". Who signs it is another matter: a key at hand, or a key vault.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use uuid::Uuid;

/// How long an assertion is valid; it is used at once.
const LIFETIME: Duration = Duration::from_secs(300);

/// A client assertion that is still to be signed.
///
/// ```
/// use std::time::SystemTime;
/// use graph::auth::Assertion;
///
/// let endpoint = "https://login.microsoftonline.com/0fea4e48-0b54-47c3-9bb7-7a6c3c0a27a5/oauth2/v2.0/token";
/// let application = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
/// let assertion = Assertion::new(application, "hBXzP1cUnOWZ9N_0Y_zdYrfNsfAP2yYSAVO7zwM3Zm8", endpoint, SystemTime::now());
/// assert_eq!(assertion.digest().len(), 32);
/// assert_eq!(assertion.signed(b"signature").split('.').count(), 3);
/// ```
#[derive(Clone, Debug)]
pub struct Assertion(String);

impl Assertion {
    /// One for this application, by the certificate with this thumbprint (`x5t#S256`), at this token endpoint. No two are
    /// the same.
    pub fn new(application: &str, thumbprint: &str, endpoint: &str, now: SystemTime) -> Self {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint});
        let claims = json!({
            "aud": endpoint,
            "iss": application,
            "sub": application,
            "jti": Uuid::new_v4(),
            "nbf": now.as_secs(),
            "exp": (now + LIFETIME).as_secs(),
        });
        Self(format!("{}.{}", encode(&header), encode(&claims)))
    }

    /// What is to be signed.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Its SHA-256, for those who sign that.
    pub fn digest(&self) -> Vec<u8> {
        digest(&SHA256, self.0.as_bytes()).as_ref().to_vec()
    }

    /// The assertion with its signature, which is a secret for as long as it is valid.
    pub fn signed(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.0, URL_SAFE_NO_PAD.encode(signature))
    }
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}
