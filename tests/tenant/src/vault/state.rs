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
use super::objects::{Certificate, Deletion, Secret};
use crate::ids::Chance;
use crate::state::Moment;

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
