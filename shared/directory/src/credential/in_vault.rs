//! Certificates in key vaults: how a list of them tells each, and when a vault renews one by itself.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Credential, Kind};
use crate::key_vault::{Attributes, instant};

/// The newest version of a certificate, as a list of all of a vault tells it (`CertificateItem`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Listed {
    /// Its address, which ends in its name.
    pub id: String,
    /// Whether it may be used, and when it is valid.
    pub attributes: Attributes,
    /// The SHA-1 of the certificate, in base64url.
    #[serde(default)]
    pub x5t: Option<String>,
    /// What it is marked with.
    #[serde(default)]
    pub tags: Option<BTreeMap<String, String>>,
}

impl Listed {
    /// Its name in the vault.
    pub fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }

    /// The credential that it is. Its id is its thumbprint, which is another when it has been renewed.
    pub fn credential(&self) -> Credential {
        let thumbprint = self.thumbprint();
        Credential {
            kind: Kind::KeyVault,
            key_id: thumbprint.clone().unwrap_or_else(|| self.id.clone()),
            name: Some(self.name().to_owned()),
            hint: None,
            thumbprint,
            usage: None,
            start: self.attributes.nbf.map(instant),
            end: self.attributes.exp.map(instant),
        }
    }

    fn thumbprint(&self) -> Option<String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(self.x5t.as_deref()?).ok()?;
        Some(bytes.iter().map(|byte| format!("{byte:02X}")).collect())
    }

    /// What it is marked with, as `name=value`.
    pub fn marks(&self) -> Vec<String> {
        self.tags.iter().flatten().map(|(name, value)| format!("{name}={value}")).collect()
    }
}

/// What a certificate says of itself (`CertificateBundle`), as far as renewing goes.
#[derive(Deserialize)]
struct Bundle {
    attributes: Attributes,
    policy: Option<Policy>,
}

#[derive(Deserialize)]
struct Policy {
    #[serde(default)]
    issuer: Option<Issuer>,
    #[serde(default)]
    lifetime_actions: Vec<LifetimeAction>,
}

#[derive(Deserialize)]
struct Issuer {
    name: Option<String>,
}

#[derive(Deserialize)]
struct LifetimeAction {
    trigger: Trigger,
    action: Action,
}

#[derive(Deserialize)]
struct Trigger {
    lifetime_percentage: Option<i32>,
    days_before_expiry: Option<i32>,
}

#[derive(Deserialize)]
struct Action {
    action_type: String,
}

/// When a vault is to renew a certificate by itself, from its `CertificateBundle`; never, where its policy says nothing of it.
/// What an issuer made that the vault does not know (`Unknown`) it cannot renew, whatever the policy says ("About Azure Key
/// Vault certificate renewal").
pub fn renews_at(bundle: &serde_json::Value) -> Option<Timestamp> {
    let Bundle { attributes, policy } = Bundle::deserialize(bundle).ok()?;
    let (policy, end) = (policy?, instant(attributes.exp?));
    let issuer = policy.issuer.and_then(|issuer| issuer.name).unwrap_or_default();
    if issuer.is_empty() || issuer.eq_ignore_ascii_case("Unknown") {
        return None;
    }
    let life = attributes.nbf.map_or(SignedDuration::ZERO, |start| end.duration_since(instant(start)));
    let renews = policy.lifetime_actions.iter().filter(|next| next.action.action_type == "AutoRenew");
    renews.filter_map(|next| end.checked_sub(next.trigger.before(life)?).ok()).min()
}

impl Trigger {
    /// How long before the end.
    fn before(&self, life: SignedDuration) -> Option<SignedDuration> {
        match (self.days_before_expiry, self.lifetime_percentage) {
            (Some(days), _) => Some(SignedDuration::from_hours(24 * i64::from(days))),
            (None, Some(percent)) => Some(life / 100 * (100 - percent)),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const DAY: i64 = 24 * 3_600;

    fn bundle(issuer: Value, action: &str, trigger: Value) -> Value {
        json!({
            "attributes": {"enabled": true, "nbf": 0, "exp": 100 * DAY},
            "policy": {"issuer": {"name": issuer}, "lifetime_actions": [{"trigger": trigger, "action": {"action_type": action}}]},
        })
    }

    #[test]
    fn a_vault_renews_by_itself_what_its_policy_says_and_its_issuer_allows() {
        let (share, days) = (json!({"lifetime_percentage": 80}), json!({"days_before_expiry": 30}));
        let table = [
            (bundle(json!("Self"), "AutoRenew", share.clone()), Some(80)),
            (bundle(json!("DigiCert"), "AutoRenew", days.clone()), Some(70)),
            (bundle(json!("Unknown"), "AutoRenew", share.clone()), None),
            (bundle(Value::Null, "AutoRenew", share.clone()), None),
            (bundle(json!("Self"), "EmailContacts", share), None),
            (bundle(json!("Self"), "AutoRenew", json!({})), None),
            (bundle(json!("Self"), "AutoRenew", json!({"days_before_expiry": i32::MAX})), None),
            (json!({"attributes": {"enabled": true, "exp": DAY}}), None),
            (json!({}), None),
        ];
        for (bundle, day) in table {
            assert_eq!(renews_at(&bundle), day.map(|day| instant(day * DAY)), "{bundle}");
        }
    }

    #[test]
    fn a_certificate_of_a_list_is_a_credential_whose_id_changes_when_it_is_renewed() {
        let listed: Listed = serde_json::from_value(json!({
            "id": "https://contoso-hr.vault.azure.net/certificates/hr-portal", "x5t": "Uu2bUDike54uIZBxXMI4NZ1Pj3M",
            "attributes": {"enabled": true, "nbf": 0, "exp": DAY, "created": 5}, "tags": {"owner": "Lee Gu"},
        }))
        .unwrap();
        let credential = listed.credential();
        assert_eq!(credential.thumbprint.as_deref(), Some("52ED9B5038A47B9E2E2190715CC238359D4F8F73"));
        assert_eq!(credential.key_id, "52ED9B5038A47B9E2E2190715CC238359D4F8F73");
        assert_eq!((listed.name(), credential.name.as_deref()), ("hr-portal", Some("hr-portal")));
        assert_eq!((credential.start, credential.end), (Some(instant(0)), Some(instant(DAY))));
        assert_eq!(listed.marks(), ["owner=Lee Gu"]);
    }
}
