//! What must be known to decide.

use std::collections::BTreeMap;

use directory::application::Application;
use directory::key_vault::{Pointer, Version};
use directory::look::Found;
use graph::ObjectId;
use jiff::Timestamp;
use serde::Deserialize;

use super::request::{CertificateWanted, SecretWanted};

/// What must be known to decide.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: Timestamp,
    /// The application.
    pub application: Found<Application>,
    /// What the vault has for it.
    pub kept: Kept,
    /// When its credentials were last used.
    pub uses: Uses,
}

/// What a vault has for an application, beside what was wanted.
#[derive(Clone, Debug)]
pub enum Kept {
    /// A certificate.
    Certificate {
        /// What is wanted.
        wanted: CertificateWanted,
        /// What is there.
        kept: Box<Certificate>,
    },
    /// A secret.
    Secret {
        /// What is wanted.
        wanted: SecretWanted,
        /// Its versions.
        versions: Vec<Version>,
    },
}

/// What a vault has of a certificate.
#[derive(Clone, Debug, Default)]
pub struct Certificate {
    /// Its versions.
    pub versions: Vec<Version>,
    /// Whether another is being made.
    pub is_pending: bool,
    /// What the pointer says.
    pub pointer: Option<Pointed>,
    /// The newest version that is good, whole.
    pub newest: Option<Bundle>,
}

/// What a pointer says, and since when.
#[derive(Clone, Debug)]
pub struct Pointed {
    /// What it says; nothing, if that cannot be read as ours.
    pub says: Option<Pointer>,
    /// Since when.
    pub at: Timestamp,
}

/// One version of a certificate, whole: what is read of Key Vault's `CertificateBundle`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Bundle {
    /// When it was made, when it is valid, and what it is marked with.
    #[serde(flatten)]
    pub version: Version,
    /// The address of its key.
    pub kid: String,
    /// The certificate (DER, base64).
    pub cer: String,
    /// Its SHA-1 in base64url.
    pub x5t: String,
}

/// When credentials were last used.
#[derive(Clone, Debug, PartialEq)]
pub enum Uses {
    /// Those that were used in the last weeks, by id.
    Known(BTreeMap<ObjectId, Timestamp>),
    /// It cannot be told, and why.
    Unknown(String),
    /// There was no need to ask.
    Unasked,
}
