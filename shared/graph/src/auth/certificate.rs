//! Signing in with a certificate, from a PEM file and without OpenSSL.
//!
//! The SDK's own certificate credential reads only PKCS#12 and links OpenSSL. Here ring signs the assertion, and the SDK
//! does the rest.

use std::fmt;
use std::time::SystemTime;

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

use super::{Assertion, AuthError};

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
        let assertion = Assertion::new(&self.client_id, &self.thumbprint, &self.endpoint, now);
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), assertion.text().as_bytes(), &mut signature)?;
        Ok(assertion.signed(&signature))
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
