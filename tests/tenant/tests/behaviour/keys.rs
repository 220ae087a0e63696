//! A key that tests sign with, and certificates over it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use serde_json::{Value, json};

const PEM: &str = include_str!("../../../../shared/graph/tests/auth/throwaway-app.pem");

/// A self-signed certificate, DER in base64.
pub(crate) fn certificate(name: &str, from: (i32, u8, u8), to: (i32, u8, u8)) -> String {
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(private_key(), &PKCS_RSA_SHA256).unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) =
        (date_time_ymd(from.0, from.1, from.2), date_time_ymd(to.0, to.1, to.2));
    STANDARD.encode(params.self_signed(&key).unwrap().der())
}

/// One that is good for the year.
pub(crate) fn of_2026(name: &str) -> String {
    certificate(name, (2026, 1, 1), (2027, 1, 1))
}

/// `{"type": "AsymmetricX509Cert", "usage": "Verify", "key": "..."}`
pub(crate) fn new_key(certificate: &str) -> Value {
    json!({ "type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate })
}

fn private_key() -> &'static str {
    &PEM[PEM.find("-----BEGIN PRIVATE KEY").unwrap()..]
}

/// Either thumbprint of a certificate, base64url.
pub(crate) fn thumbprints(certificate: &str) -> (String, String) {
    let der = STANDARD.decode(certificate).unwrap();
    let print = |algorithm| URL_SAFE_NO_PAD.encode(digest(algorithm, &der));
    (print(&SHA1_FOR_LEGACY_USE_ONLY), print(&SHA256))
}

/// A signed token.
pub(crate) fn signed(header: &Value, claims: &Value) -> String {
    let encoding: &dyn RsaEncoding =
        if header["alg"] == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
    let base64: String = private_key().lines().filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap();
    let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let text = format!("{}.{}", encode(header), encode(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(encoding, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}
