//! Signing in with a certificate, from a PEM file and without OpenSSL.
//!
//! The SDK's own certificate credential reads only PKCS#12 and links OpenSSL. Here ring signs the assertion, and the SDK
//! does the rest. The form is Entra's newer one: PS256, and the SHA-256 thumbprint of the certificate. Source:
//! "Microsoft identity platform application authentication certificate credentials".

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PSS_SHA256;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

use super::AuthError;

/// How long an assertion is valid; it is used at once.
const LIFETIME: Duration = Duration::from_secs(300);

const CONVERT: &str =
    "convert it with `openssl pkcs12 -in app.pfx -out app.pem -nodes` (older files need `-legacy`)";

/// A certificate with its RSA key, ready to sign assertions for one application at one token endpoint.
pub(super) struct Certificate {
    key: KeyPair,
    thumbprint: String,
    client_id: String,
    endpoint: String,
}

impl Certificate {
    /// Reads PEM text that came from the setting `name`.
    pub(super) fn new(
        name: &str,
        pem: &[u8],
        client_id: String,
        endpoint: String,
    ) -> Result<Self, AuthError> {
        let key = private_key(name, pem)?;
        let thumbprint = thumbprint(name, pem, &key)?;
        Ok(Self { key, thumbprint, client_id, endpoint })
    }

    fn assertion(&self, now: SystemTime) -> Result<String, ring::error::Unspecified> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = json!({
            "aud": self.endpoint,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": uuid::Uuid::new_v4(),
            "nbf": now.as_secs(),
            "exp": (now + LIFETIME).as_secs(),
        });
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Certificate {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let failed =
            |_| azure_core::Error::with_message(azure_core::error::ErrorKind::Other, "ring could not sign");
        self.assertion(SystemTime::now()).map_err(failed)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("x5t#S256", &self.thumbprint).finish_non_exhaustive()
    }
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn private_key(name: &str, pem: &[u8]) -> Result<KeyPair, AuthError> {
    if !contains(pem, b"-----BEGIN") {
        return Err(AuthError::setting(name, "is not PEM (a PFX file is not supported)").with_help(CONVERT));
    }
    if contains(pem, b"ENCRYPTED") {
        return Err(AuthError::setting(name, "has a private key that is locked with a pass phrase")
            .with_help(
                "unlock it with `openssl pkey -in locked.pem -out key.pem` and put the certificate beside it",
            ));
    }
    let missing = |_| AuthError::setting(name, "has no private key: PEM with `BEGIN PRIVATE KEY` is wanted");
    let key = match PrivateKeyDer::from_pem_slice(pem).map_err(missing)? {
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(AuthError::setting(name, "has a key that is not RSA, which Entra does not accept")),
    };
    key.map_err(|why| {
        AuthError::setting(name, &format!("has a private key that cannot be used: {why}; RSA is wanted"))
    })
}

/// The thumbprint of the certificate that belongs to the key, wherever it stands in the chain: a certificate holds its
/// public key word for word.
fn thumbprint(name: &str, pem: &[u8], key: &KeyPair) -> Result<String, AuthError> {
    CertificateDer::pem_slice_iter(pem)
        .filter_map(Result::ok)
        .find(|certificate| contains(certificate, key.public().as_ref()))
        .map(|certificate| URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate)))
        .ok_or_else(|| AuthError::setting(name, "has no certificate that belongs to its private key"))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
