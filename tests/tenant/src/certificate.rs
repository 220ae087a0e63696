//! X.509 certificates as applications register them: what one says, and whether a signature is its key's.
//!
//! A certificate is taken as it is: nobody asks who issued it, as Microsoft Entra ID does not either.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use x509_cert::der::Decode;
use x509_cert::time::Time;

/// What matters of a certificate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Certificate {
    /// `CN=contoso`
    pub(crate) subject: String,
    pub(crate) not_before_ms: i64,
    pub(crate) not_after_ms: i64,
    /// SHA-1 of the whole.
    pub(crate) thumbprint: Vec<u8>,
    /// SHA-256 of the whole.
    pub(crate) thumbprint_256: Vec<u8>,
    /// The key as PKCS #1 has it; of another kind than RSA it verifies nothing.
    public_key: Vec<u8>,
}

/// How an assertion is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Ps256,
}

impl Algorithm {
    pub(crate) fn named(name: &str) -> Option<Algorithm> {
        match name {
            "RS256" => Some(Algorithm::Rs256),
            "PS256" => Some(Algorithm::Ps256),
            _ => None,
        }
    }

    fn parameters(self) -> &'static RsaParameters {
        match self {
            Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
        }
    }
}

impl Certificate {
    /// Reads base64 of DER; none where it is no certificate.
    pub(crate) fn read(base64: &str) -> Option<Certificate> {
        let der = STANDARD.decode(base64).ok()?;
        let certificate = x509_cert::Certificate::from_der(&der).ok()?;
        let told = certificate.tbs_certificate;
        Some(Certificate {
            subject: told.subject.to_string(),
            not_before_ms: millis(told.validity.not_before),
            not_after_ms: millis(told.validity.not_after),
            thumbprint: digest(&SHA1_FOR_LEGACY_USE_ONLY, &der).as_ref().to_vec(),
            thumbprint_256: digest(&SHA256, &der).as_ref().to_vec(),
            public_key: told.subject_public_key_info.subject_public_key.raw_bytes().to_vec(),
        })
    }

    /// Whether its key made a signature.
    pub(crate) fn verifies(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(algorithm.parameters(), &self.public_key).verify(signed, signature).is_ok()
    }
}

fn millis(time: Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::written;
    use crate::seed::applications::CERTIFICATE;

    #[test]
    fn a_certificate_tells_whose_it_is_and_how_long() {
        let read = Certificate::read(CERTIFICATE).unwrap();
        assert_eq!(read.subject, "CN=Contoso");
        assert_eq!(
            [written(read.not_before_ms), written(read.not_after_ms)],
            ["2000-01-01T00:00:00Z", "2049-12-31T23:59:59Z"]
        );
        assert_eq!((read.thumbprint.len(), read.thumbprint_256.len()), (20, 32));
        assert!(!read.verifies(Algorithm::Rs256, b"signed", b"by nobody"));
        assert_eq!(Certificate::read("bm8gY2VydGlmaWNhdGU="), None);
    }
}
