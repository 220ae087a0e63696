//! What vaults hold: certificates with their keys, secrets, and who has which role.
//!
//! ```json
//! { "name": "contoso-keys", "roles": [{ "principalId": "…", "role": "Key Vault Reader" }],
//!   "certificates": [{ "name": "payroll", "policy": {…}, "versions": [{ "version": "…", "key": { "bits": 2048, "number": 1 }, … }] }],
//!   "secrets": [{ "name": "pointer", "versions": [{ "version": "…", "sha256": "…", … }] }] }
//! ```
//!
//! A state names keys instead of telling them, and has the hash of a secret's text instead of the text. A state that is put
//! back finds the texts again that this tenant was ever given; `"value"` in place of `sha256` gives another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::auth::Assignment;
use super::material::KeyName;
use super::policy::Policy;
use crate::ids::Chance;
use crate::state::Moment;

/// How long what was deleted can be recovered, in days.
pub(super) const KEPT_DAYS: i64 = 90;
pub(super) const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// All vaults of the tenant.
#[derive(Debug, Default)]
pub(crate) struct Vaults {
    pub(super) all: Objects<Vault>,
    /// Texts of secrets by their hash.
    texts: BTreeMap<String, String>,
    /// How many keys were made.
    keys: u64,
    /// How long it takes at most until a certificate is made, or an object deleted.
    pub(crate) delay_ms: i64,
}

impl Vaults {
    /// Names of the vaults there are from the start.
    pub(crate) const FIRST: [&str; 2] = ["contoso-keys", "contoso-hr"];

    /// Those there are from the start, without anything in them and without anybody who may look.
    pub(crate) fn first() -> Self {
        let mut vaults = Self::default();
        for name in Self::FIRST {
            vaults.named(name);
        }
        vaults
    }

    /// Vaults out of a state.
    pub(crate) fn restored(all: Vec<Vault>) -> Self {
        let mut vaults = Self { all: all.into(), ..Self::default() };
        let mut keys = 0;
        for vault in vaults.all.0.values_mut() {
            let versions = vault.secrets.0.values_mut().flat_map(|secret| &mut secret.versions);
            for version in versions {
                if let Some(text) = version.value.take() {
                    version.sha256 = remembered(&mut vaults.texts, text);
                }
            }
            keys = vault.key_names().map(|key| key.number).chain([keys]).max().unwrap_or(0);
        }
        vaults.keys = keys;
        vaults
    }

    /// Takes over what outlives a directory: the texts of secrets, and that no key is made twice.
    pub(crate) fn succeed(&mut self, before: &Vaults) {
        self.texts.extend(before.texts.iter().map(|(hash, text)| (hash.clone(), text.clone())));
        self.keys = self.keys.max(before.keys);
    }

    /// Takes over who has which role, as applications stay registered when everything begins again.
    pub(crate) fn keep_roles(&mut self, before: &Vaults) {
        for vault in before.all.0.values() {
            self.named(&vault.name).roles.clone_from(&vault.roles);
        }
    }

    /// Everything but what is not told.
    pub(crate) fn state(&self) -> Value {
        json!(self.all)
    }

    /// Gives a principal exactly these roles on a vault, which is made if it is not there.
    pub(crate) fn grant(&mut self, vault: &str, principal: Uuid, roles: &[String]) {
        let assignments = &mut self.named(vault).roles;
        assignments.retain(|assignment| assignment.principal_id != principal);
        let new = roles.iter().map(|role| Assignment { principal_id: principal, role: role.clone() });
        assignments.extend(new);
        assignments.sort();
    }

    /// The roles a principal has, by vault.
    pub(crate) fn granted(&self, principal: Uuid) -> BTreeMap<&str, Vec<&str>> {
        let each =
            self.all.0.values().map(|vault| (vault.name.as_str(), vault.roles_of(principal).collect()));
        each.filter(|(_, roles): &(&str, Vec<&str>)| !roles.is_empty()).collect()
    }

    fn named(&mut self, name: &str) -> &mut Vault {
        let new = || Vault { name: name.to_owned(), ..Vault::default() };
        self.all.0.entry(name.to_ascii_lowercase()).or_insert_with(new)
    }

    /// Time passes: certificates are made, and what was deleted long ago is gone for good.
    pub(crate) fn pass_time(&mut self, now_ms: i64) {
        self.all.0.values_mut().for_each(|vault| vault.pass_time(now_ms));
    }

    /// When something that takes a while will be done: a third of the longest delay at least.
    pub(super) fn due(&self, chance: &mut Chance, now_ms: i64) -> Moment {
        let third = self.delay_ms / 3;
        let rest = chance.below(u64::try_from(self.delay_ms - third).unwrap_or(0));
        Moment(now_ms + third + i64::try_from(rest).unwrap_or(0))
    }

    /// A key nobody has.
    pub(super) fn new_key(&mut self, bits: usize) -> KeyName {
        self.keys += 1;
        KeyName { bits, number: self.keys }
    }

    /// The text of a secret, kept; its hash is what the secret has of it.
    pub(super) fn keep_text(&mut self, text: &str) -> String {
        remembered(&mut self.texts, text.to_owned())
    }

    pub(super) fn text(&self, hash: &str) -> Option<&str> {
        self.texts.get(hash).map(String::as_str)
    }
}

fn remembered(texts: &mut BTreeMap<String, String>, text: String) -> String {
    let hash: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    texts.insert(hash.clone(), text);
    hash
}

/// Something with a name, which is the same in capitals.
pub(crate) trait Named {
    fn name(&self) -> &str;
}

/// Things by name; in a state, a list of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Vec<T>", into = "Vec<T>", bound = "T: Named + Clone + Serialize + for<'a> Deserialize<'a>")]
pub(super) struct Objects<T>(pub(super) BTreeMap<String, T>);

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Named> From<Vec<T>> for Objects<T> {
    fn from(all: Vec<T>) -> Self {
        Self(all.into_iter().map(|one| (one.name().to_ascii_lowercase(), one)).collect())
    }
}

impl<T> From<Objects<T>> for Vec<T> {
    fn from(all: Objects<T>) -> Self {
        all.0.into_values().collect()
    }
}

impl<T> Objects<T> {
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.0.get(&name.to_ascii_lowercase())
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.0.get_mut(&name.to_ascii_lowercase())
    }
}

/// One vault.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Vault {
    pub(super) name: String,
    #[serde(default)]
    pub(super) roles: Vec<Assignment>,
    #[serde(default)]
    pub(super) certificates: Objects<Certificate>,
    #[serde(default)]
    pub(super) secrets: Objects<Secret>,
}

impl Named for Vault {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Vault {
    fn roles_of(&self, principal: Uuid) -> impl Iterator<Item = &str> {
        let own = self.roles.iter().filter(move |assignment| assignment.principal_id == principal);
        own.map(|assignment| assignment.role.as_str())
    }

    fn key_names(&self) -> impl Iterator<Item = KeyName> {
        self.certificates.0.values().flat_map(Certificate::key_names)
    }

    fn pass_time(&mut self, now_ms: i64) {
        self.certificates.0.values_mut().for_each(|certificate| certificate.complete(now_ms));
        let is_kept = |deletion: &Option<Deletion>| {
            deletion.as_ref().is_none_or(|deletion| deletion.purge_ms() > now_ms)
        };
        self.certificates.0.retain(|_, certificate| is_kept(&certificate.deletion));
        self.secrets.0.retain(|_, secret| is_kept(&secret.deletion));
    }
}

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
    fn key_names(&self) -> impl Iterator<Item = KeyName> {
        let pending = self.pending.iter().filter_map(|pending| pending.version.as_ref());
        self.versions.iter().chain(pending).map(|version| version.key)
    }

    fn complete(&mut self, now_ms: i64) {
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
