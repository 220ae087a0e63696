//! What a vault keeps: certificates, secrets and their versions, as a state has them and as they are told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::material::KeyName;
use super::policy::Policy;
use super::state::Named;
use crate::state::Moment;

/// How long what was deleted can be recovered, in days.
const KEPT_DAYS: i64 = 90;
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// When an object was deleted, and when that is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Deletion {
    pub(super) deleted_date_time: Moment,
    /// Until then it is being deleted: it can be neither recovered nor purged.
    pub(super) done_date_time: Moment,
}

impl Deletion {
    pub(super) fn purge_ms(&self) -> i64 {
        self.deleted_date_time.0 + KEPT_DAYS * DAY_MS
    }

    pub(super) fn is_done(&self, now_ms: i64) -> bool {
        self.done_date_time.0 <= now_ms
    }
}

/// What Key Vault keeps about every version of everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Attributes {
    pub(super) enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) not_before: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<Moment>,
    pub(super) created: Moment,
    pub(super) updated: Moment,
}

impl Attributes {
    pub(super) fn new(now_ms: i64) -> Self {
        let now = Moment(now_ms);
        Self { enabled: true, not_before: None, expires: None, created: now, updated: now }
    }

    /// As the wire has them, in seconds since 1970.
    pub(super) fn brief(&self) -> Value {
        let mut told = json!({ "enabled": self.enabled });
        let moments = [
            ("nbf", self.not_before),
            ("exp", self.expires),
            ("created", Some(self.created)),
            ("updated", Some(self.updated)),
        ];
        for (name, moment) in moments {
            if let Some(moment) = moment {
                told[name] = json!(moment.0 / 1_000);
            }
        }
        told
    }

    /// The same with what can be recovered for how long.
    pub(super) fn told(&self) -> Value {
        let mut told = self.brief();
        told["recoveryLevel"] = json!("Recoverable+Purgeable");
        told["recoverableDays"] = json!(KEPT_DAYS);
        told
    }
}

pub(super) type Tags = BTreeMap<String, String>;

/// A certificate with all its versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Certificate {
    pub(super) name: String,
    pub(super) policy: Policy,
    pub(super) policy_created: Moment,
    pub(super) policy_updated: Moment,
    /// In the order they were made.
    #[serde(default)]
    pub(super) versions: Vec<Version>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pending: Option<Pending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deletion: Option<Deletion>,
}

impl Named for Certificate {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Certificate {
    pub(super) fn key_names(&self) -> impl Iterator<Item = KeyName> {
        let pending = self.pending.iter().filter_map(|pending| pending.version.as_ref());
        self.versions.iter().chain(pending).map(|version| version.key)
    }

    /// What is due is there.
    pub(super) fn complete(&mut self, now_ms: i64) {
        let due = self.pending.as_mut().filter(|pending| pending.due_date_time.0 <= now_ms);
        self.versions.extend(due.and_then(|pending| pending.version.take()));
    }

    /// The version of that name, or the newest.
    pub(super) fn version(&self, version: Option<&str>) -> Option<&Version> {
        match version {
            Some(version) => self.versions.iter().find(|each| each.version == version),
            None => self.versions.last(),
        }
    }

    pub(super) fn version_mut(&mut self, version: Option<&str>) -> Option<&mut Version> {
        match version {
            Some(version) => self.versions.iter_mut().find(|each| each.version == version),
            None => self.versions.last_mut(),
        }
    }

    /// The version that is being made.
    pub(super) fn unfinished(&self) -> Option<&Version> {
        self.pending.as_ref().and_then(|pending| pending.version.as_ref())
    }
}

/// One version of a certificate: with it go a key and a secret of the same name and version.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Version {
    pub(super) version: String,
    pub(super) key: KeyName,
    /// The certificate, in base64.
    pub(super) cer: String,
    pub(super) attributes: Attributes,
    #[serde(default)]
    pub(super) tags: Tags,
    /// What its key may be used for.
    pub(super) operations: Vec<String>,
    pub(super) exportable: bool,
    pub(super) content_type: String,
}

/// The making of a version.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Pending {
    pub(super) request_id: String,
    pub(super) csr: String,
    pub(super) due_date_time: Moment,
    /// What will be there then; nothing once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<Version>,
}

/// A secret with all its versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Secret {
    pub(super) name: String,
    /// In the order they were set.
    pub(super) versions: Vec<SecretVersion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deletion: Option<Deletion>,
}

impl Named for Secret {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Secret {
    /// The version of that name, or the newest.
    pub(super) fn version(&self, version: Option<&str>) -> Option<&SecretVersion> {
        match version {
            Some(version) => self.versions.iter().find(|each| each.version == version),
            None => self.versions.last(),
        }
    }

    pub(super) fn version_mut(&mut self, version: Option<&str>) -> Option<&mut SecretVersion> {
        match version {
            Some(version) => self.versions.iter_mut().find(|each| each.version == version),
            None => self.versions.last_mut(),
        }
    }
}

/// One version of a secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SecretVersion {
    pub(super) version: String,
    /// Hash of its text.
    #[serde(default)]
    pub(super) sha256: String,
    /// Its text, where a state gives one. It is never told.
    #[serde(default, skip_serializing)]
    pub(super) value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    pub(super) attributes: Attributes,
    #[serde(default)]
    pub(super) tags: Tags,
}
