//! JSON Web Tokens that somebody signed with the key of a certificate: assertions at the token endpoint, and proofs that
//! whoever changes an application's keys has one of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::auth;
use crate::certificate::{Algorithm, Certificate};
use crate::state::credential::{Credentials, Key, Usage, hexadecimal};

/// A signed token, taken apart.
pub(crate) struct Signed<'a> {
    pub(crate) claims: Value,
    header: Value,
    text: &'a str,
    signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    pub(crate) fn read(token: &'a str) -> Option<Signed<'a>> {
        let (text, signature) = token.rsplit_once('.')?;
        let (header, _) = text.split_once('.')?;
        Some(Signed {
            claims: auth::claims(token)?,
            header: serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?,
            text,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// A claim that is a text, or nothing.
    pub(crate) fn claim(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_default()
    }

    /// How it says it is signed, if that is known.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::named(self.header["alg"].as_str().unwrap_or_default())
    }

    /// The thumbprint in the header, as messages have it.
    pub(crate) fn thumbprint(&self) -> Option<String> {
        let given = self.header["x5t"].as_str().or_else(|| self.header["x5t#S256"].as_str())?;
        Some(URL_SAFE_NO_PAD.decode(given).map_or_else(|_| given.to_owned(), |bytes| hexadecimal(&bytes)))
    }

    /// The key that the header names by either thumbprint, among those that verify.
    pub(crate) fn key_of<'k>(&self, held: &'k Credentials) -> Option<(&'k Key, Certificate)> {
        let mut verifying = held.keys.iter().filter(|key| key.usage == Usage::Verify);
        verifying.find_map(|key| {
            let certificate = Certificate::read(key.key.as_deref()?)?;
            self.names(&certificate).then_some((key, certificate))
        })
    }

    fn names(&self, certificate: &Certificate) -> bool {
        let is = |name: &str, thumbprint: &[u8]| {
            self.header[name].as_str().is_some_and(|given| given == URL_SAFE_NO_PAD.encode(thumbprint))
        };
        is("x5t", &certificate.thumbprint) || is("x5t#S256", &certificate.thumbprint_256)
    }

    /// Whether the key of a certificate signed it.
    pub(crate) fn is_by(&self, certificate: &Certificate) -> bool {
        let verifies = |algorithm| certificate.verifies(algorithm, self.text.as_bytes(), &self.signature);
        self.algorithm().is_some_and(verifies)
    }
}
