//! What an application proves itself with: secrets, certificates, and trust in somebody else's tokens.
//!
//! A secret's text is told once and kept as a hash, so that a state holds no secret; a certificate has only a public key.
//! They are kept compactly, because a crowd of applications has a great many: their JSON is made when it is read.

use std::borrow::Cow;

use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Moment;

/// All credentials of an application or a service principal.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Credentials {
    pub(crate) secrets: Vec<Secret>,
    pub(crate) keys: Vec<Key>,
    pub(crate) federated: Vec<Federated>,
}

impl Credentials {
    /// Every secret and key, in short.
    pub(crate) fn held(&self) -> impl Iterator<Item = Held> {
        let secret = |secret: &Secret| Held {
            key_id: secret.key_id,
            kind: "clientSecret",
            usage: Usage::Verify,
            start_ms: secret.start_date_time.0,
            end_ms: secret.end_date_time.0,
        };
        let key = |key: &Key| Held {
            key_id: key.key_id,
            kind: "certificate",
            usage: key.usage,
            start_ms: key.start_date_time.0,
            end_ms: key.end_date_time.0,
        };
        self.secrets.iter().map(secret).chain(self.keys.iter().map(key))
    }

    pub(crate) fn shrink(&mut self) {
        self.secrets.shrink_to_fit();
        self.keys.shrink_to_fit();
    }
}

/// A secret or a key, in what both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) key_id: Uuid,
    /// `clientSecret` or `certificate`, as reports have it.
    pub(crate) kind: &'static str,
    pub(crate) usage: Usage,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

/// `passwordCredential`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Secret {
    pub(crate) key_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<Box<str>>,
    pub(crate) start_date_time: Moment,
    pub(crate) end_date_time: Moment,
    /// The first three characters of its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<Cow<'static, str>>,
    /// SHA-256 of its text, in hexadecimal; none for one whose text nobody knows any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<Box<str>>,
}

impl Secret {
    /// How Microsoft Graph tells it: its text never.
    pub(crate) fn told(&self) -> Value {
        json!({
            "customKeyIdentifier": null, "displayName": self.display_name, "endDateTime": self.end_date_time,
            "hint": self.hint, "keyId": self.key_id, "secretText": null, "startDateTime": self.start_date_time,
        })
    }

    pub(crate) fn is_text(&self, text: &str) -> bool {
        self.digest.as_deref() == Some(hashed(text).as_str())
    }
}

/// What a secret's text is kept as.
pub(crate) fn hashed(text: &str) -> String {
    hexadecimal(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// Upper-case, as thumbprints are written.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyType {
    AsymmetricX509Cert,
    X509CertAndPassword,
    Symmetric,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Usage {
    Sign,
    Verify,
}

/// `keyCredential`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) key_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<Cow<'static, str>>,
    #[serde(rename = "type")]
    pub(crate) kind: KeyType,
    pub(crate) usage: Usage,
    pub(crate) start_date_time: Moment,
    pub(crate) end_date_time: Moment,
    /// In base64: the certificate's SHA-1 thumbprint unless something else was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) custom_key_identifier: Option<Cow<'static, str>>,
    /// The certificate, DER in base64. The private half of a pair that signs is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Cow<'static, str>>,
}

impl Key {
    /// How Microsoft Graph tells it: the certificate only where the keys of one object were selected.
    pub(crate) fn told(&self, with_key: bool) -> Value {
        json!({
            "customKeyIdentifier": self.custom_key_identifier, "displayName": self.display_name,
            "endDateTime": self.end_date_time, "key": self.key.as_ref().filter(|_| with_key), "keyId": self.key_id,
            "startDateTime": self.start_date_time, "type": self.kind, "usage": self.usage,
        })
    }
}

/// `federatedIdentityCredential`: whose tokens stand for the application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Federated {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    pub(crate) audiences: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_hash_and_never_told() {
        let secret = Secret {
            key_id: Uuid::nil(),
            display_name: None,
            start_date_time: Moment(0),
            end_date_time: Moment(1_000),
            hint: Some("abc".into()),
            digest: Some(hashed("abc~text").into()),
        };
        assert!(secret.is_text("abc~text") && !secret.is_text("abc~Text") && !secret.is_text(""));
        assert!(!secret.told().to_string().contains("digest") && secret.told()["secretText"].is_null());
    }
}
