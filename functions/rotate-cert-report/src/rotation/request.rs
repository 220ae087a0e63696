//! What is asked: that an application has a certificate or a secret which is good for a while yet.

use std::str::FromStr;

use directory::key_vault::Place;
use graph::ObjectId;
use jiff::{SignedDuration, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use vault::VaultName;

/// One application, and how its credential is renewed. Either `certificate` or `secret` says of which kind.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rotation {
    /// Which application: its `appId`, its object id or its display name.
    pub application: String,
    /// Renews a certificate, whose key is made in a vault and stays there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateWanted>,
    /// Renews a secret, which is kept in a vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretWanted>,
    /// How many days before its end a credential is renewed.
    #[serde(default = "thirty")]
    pub renew_before: u16,
    /// Renews what was made before this, however long it is valid: for what may have leaked.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "moment")]
    pub made_after: Option<Timestamp>,
    /// For how many days the old one stays once the new one is published. Who signs in reads what is published only now and
    /// then.
    #[serde(default = "seven")]
    pub grace: u16,
    /// For how many days nobody may have used the old one before it goes.
    #[serde(default = "seven")]
    pub quiet: u16,
    /// What becomes of the old one where nobody can say when it was last used.
    #[serde(default)]
    pub unseen: Unseen,
    /// Credentials that somebody else made and that this one takes the place of, by `keyId`. No other is ever removed that was
    /// not made here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<ObjectId>,
}

/// What becomes of an old credential where nobody can say when it was last used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Unseen {
    /// It stays, for a person to remove.
    #[default]
    Keep,
    /// It goes once the grace period is over.
    Remove,
}

/// A certificate that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateWanted {
    /// In which vault it is made.
    pub vault: VaultName,
    /// What it is called there.
    pub name: String,
    /// The secret of that vault which says which version to use; if absent, the certificate's name and `-current`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// For how many months it is valid.
    #[serde(default = "six")]
    pub months: u16,
    /// How long its RSA key is: 2048, 3072 or 4096 bits.
    #[serde(default = "bits")]
    pub key_bits: u16,
    /// Whether those who may read it may take the private key out of the vault.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exportable: bool,
    /// Whom it names; if absent, `CN=` and its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// A secret that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretWanted {
    /// In which vault it is kept.
    pub vault: VaultName,
    /// What it is called there.
    pub name: String,
    /// For how many days it is valid.
    #[serde(default = "ninety")]
    pub days: u16,
    /// Whether one that somebody else put there is a secret of this application, so that a new version may follow it.
    #[serde(default)]
    pub take_over: bool,
}

impl Rotation {
    /// Whether what was made then and ends then need not be renewed yet.
    pub(crate) fn is_good(&self, made: Timestamp, ends: Timestamp, now: Timestamp) -> bool {
        let lasts = ends > days_after(now, self.renew_before);
        lasts && self.made_after.is_none_or(|after| made >= after)
    }
}

impl CertificateWanted {
    /// Where it is.
    pub(crate) fn place(&self) -> Place {
        Place { vault: self.vault.clone(), name: self.name.clone() }
    }

    /// Where it is said which version to use.
    pub(crate) fn pointer(&self) -> Place {
        let name = self.pointer.clone().unwrap_or_else(|| format!("{}-current", self.name));
        Place { vault: self.vault.clone(), name }
    }
}

impl SecretWanted {
    /// Where it is.
    pub(crate) fn place(&self) -> Place {
        Place { vault: self.vault.clone(), name: self.name.clone() }
    }
}

/// So many days later.
pub(crate) fn days_after(at: Timestamp, days: u16) -> Timestamp {
    at.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

fn six() -> u16 {
    6
}

fn seven() -> u16 {
    7
}

fn thirty() -> u16 {
    30
}

fn ninety() -> u16 {
    90
}

fn bits() -> u16 {
    2048
}

/// A moment, said so that there is no doubt about the time zone.
fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    const RIGHT: &str = "a date and time with its UTC offset, such as 2026-03-09T08:00:00+01:00";
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| Timestamp::from_str(&text).map_err(|_| D::Error::custom(RIGHT))).transpose()
}
