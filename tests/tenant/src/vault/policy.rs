//! How versions of a certificate are made: the certificate's policy, in the shape it has on the wire.
//!
//! Members that are not given have Key Vault's defaults; members Key Vault does not know are passed over, as it does.
//! Only what the issuer `Self` makes with RSA keys is made here. Lifetime actions are kept and told; nothing renews by
//! itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::{Refusal, invalid, unknown};
use super::x509;

const USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];
const SIZES: [usize; 3] = [2_048, 3_072, 4_096];
const LONGEST_MONTHS: i64 = 1_200;
pub(super) const PKCS12: &str = "application/x-pkcs12";
pub(super) const PEM: &str = "application/x-pem-file";

/// A policy, complete.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Policy {
    pub(super) key_props: KeyProperties,
    pub(super) secret_props: SecretProperties,
    pub(super) x509_props: X509Properties,
    pub(super) lifetime_actions: LifetimeActions,
    issuer: Issuer,
}

/// The key of each version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct KeyProperties {
    pub(super) exportable: bool,
    kty: String,
    pub(super) key_size: usize,
    pub(super) reuse_key: bool,
}

impl Default for KeyProperties {
    fn default() -> Self {
        Self { exportable: true, kty: "RSA".to_owned(), key_size: 2_048, reuse_key: false }
    }
}

/// What the secret of each version is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SecretProperties {
    pub(super) content_type: String,
}

impl Default for SecretProperties {
    fn default() -> Self {
        Self { content_type: PKCS12.to_owned() }
    }
}

/// What is in each certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct X509Properties {
    pub(super) subject: String,
    pub(super) sans: Names,
    pub(super) ekus: Vec<String>,
    pub(super) key_usage: Vec<String>,
    pub(super) validity_months: i64,
    basic_constraints: BasicConstraints,
}

impl Default for X509Properties {
    fn default() -> Self {
        let owned = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
        Self {
            subject: String::new(),
            sans: Names::default(),
            ekus: owned(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
            key_usage: owned(["digitalSignature", "keyEncipherment"]),
            validity_months: 12,
            basic_constraints: BasicConstraints::default(),
        }
    }
}

/// Other names of the subject.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Names {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) dns_names: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) emails: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) upns: Vec<String>,
    #[serde(rename = "ipAddresses", skip_serializing_if = "Vec::is_empty")]
    pub(super) ip_addresses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) uris: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
struct BasicConstraints {
    ca: bool,
}

/// What Key Vault would do before the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct LifetimeActions(Vec<LifetimeAction>);

impl Default for LifetimeActions {
    fn default() -> Self {
        let trigger = Trigger { lifetime_percentage: Some(80), days_before_expiry: None };
        let action = Action { action_type: "AutoRenew".to_owned() };
        Self(vec![LifetimeAction { trigger, action }])
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LifetimeAction {
    trigger: Trigger,
    action: Action,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Trigger {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lifetime_percentage: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days_before_expiry: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Action {
    action_type: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Issuer {
    name: String,
}

impl Default for Issuer {
    fn default() -> Self {
        Self { name: "Self".to_owned() }
    }
}

impl Policy {
    /// Reads a policy and refuses what Key Vault refuses, and what only Key Vault can do.
    pub(super) fn read(given: &Value) -> Result<Policy, Refusal> {
        let policy: Policy =
            serde_json::from_value(given.clone()).map_err(|error| invalid("policy", &format!("{error}.")))?;
        policy.key()?;
        policy.contents()?;
        policy.actions()?;
        Ok(policy)
    }

    fn key(&self) -> Result<(), Refusal> {
        if !self.issuer.name.eq_ignore_ascii_case("Self") {
            return Err(unknown(format_args!("the certificate issuer '{}', only Self", self.issuer.name)));
        }
        if self.key_props.kty != "RSA" {
            return Err(unknown(format_args!("keys of type '{}', only RSA", self.key_props.kty)));
        }
        if !SIZES.contains(&self.key_props.key_size) {
            return Err(invalid("policy.key_props.key_size", "It has to be 2048, 3072 or 4096."));
        }
        if ![PKCS12, PEM].contains(&self.secret_props.content_type.as_str()) {
            return Err(invalid(
                "policy.secret_props.contentType",
                &format!("It has to be {PKCS12} or {PEM}."),
            ));
        }
        Ok(())
    }

    fn contents(&self) -> Result<(), Refusal> {
        let x509 = &self.x509_props;
        if !(1..=LONGEST_MONTHS).contains(&x509.validity_months) {
            let hint = format!("It has to be from 1 to {LONGEST_MONTHS}.");
            return Err(invalid("policy.x509_props.validity_months", &hint));
        }
        if let Some(usage) = x509.key_usage.iter().find(|usage| !USAGES.contains(&usage.as_str())) {
            return Err(invalid("policy.x509_props.key_usage", &format!("There is no '{usage}'.")));
        }
        if !x509.sans.upns.is_empty() || x509.basic_constraints.ca {
            return Err(unknown("user principal names in certificates, nor authorities"));
        }
        x509::parameters(self).map(|_| ())
    }

    fn actions(&self) -> Result<(), Refusal> {
        let longest = self.x509_props.validity_months * 27;
        let is_sound = |next: &&LifetimeAction| {
            let trigger = match (next.trigger.lifetime_percentage, next.trigger.days_before_expiry) {
                (Some(share), None) => (1..=99).contains(&share),
                (None, Some(days)) => (1..=longest).contains(&days),
                _ => false,
            };
            trigger && ["AutoRenew", "EmailContacts"].contains(&next.action.action_type.as_str())
        };
        match self.lifetime_actions.0.iter().all(|next| is_sound(&next)) {
            true => Ok(()),
            false => Err(invalid(
                "policy.lifetime_actions",
                &format!(
                    "Each needs lifetime_percentage from 1 to 99 or days_before_expiry from 1 to {longest}, and AutoRenew or EmailContacts."
                ),
            )),
        }
    }

    /// What the key of a version made by this policy may be used for ("About Azure Key Vault certificates").
    pub(super) fn operations(&self) -> Vec<&'static str> {
        let has =
            |usages: &[&str]| self.x509_props.key_usage.iter().any(|usage| usages.contains(&usage.as_str()));
        let table: [(&[&str], &[&str]); 4] = [
            (&["digitalSignature", "nonRepudiation", "keyCertSign"], &["sign", "verify"]),
            (&["keyEncipherment"], &["wrapKey", "unwrapKey"]),
            (&["dataEncipherment"], &["encrypt", "decrypt"]),
            (&["keyAgreement"], &["deriveKey"]),
        ];
        table
            .iter()
            .filter(|(usages, _)| has(usages))
            .flat_map(|(_, operations)| operations.iter().copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_out_has_the_defaults_of_key_vault() {
        let policy = Policy::read(&json!({ "x509_props": { "subject": "CN=DefaultPolicy" } })).unwrap();
        assert_eq!(
            json!(policy),
            json!({
                "key_props": { "exportable": true, "kty": "RSA", "key_size": 2048, "reuse_key": false },
                "secret_props": { "contentType": "application/x-pkcs12" },
                "x509_props": {
                    "subject": "CN=DefaultPolicy", "sans": {},
                    "ekus": ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
                    "key_usage": ["digitalSignature", "keyEncipherment"], "validity_months": 12,
                    "basic_constraints": { "ca": false },
                },
                "lifetime_actions": [{ "trigger": { "lifetime_percentage": 80 }, "action": { "action_type": "AutoRenew" } }],
                "issuer": { "name": "Self" },
            })
        );
        assert_eq!(policy.operations(), ["sign", "verify", "wrapKey", "unwrapKey"]);
    }

    #[test]
    fn what_cannot_be_made_is_refused_and_named() {
        let table = [
            (json!({ "key_props": { "key_size": 1024 } }), 400, "key_size"),
            (json!({ "key_props": { "kty": "EC" } }), 501, "EC"),
            (json!({ "issuer": { "name": "DigiCert" } }), 501, "DigiCert"),
            (json!({ "secret_props": { "contentType": "text/plain" } }), 400, "contentType"),
            (json!({ "x509_props": { "subject": "CN=a", "validity_months": 0 } }), 400, "validity_months"),
            (json!({ "x509_props": { "subject": "CN=a", "key_usage": ["sign"] } }), 400, "key_usage"),
            (json!({ "x509_props": { "subject": "a" } }), 400, "subject"),
            (json!({ "x509_props": { "subject": "CN=a", "validity_months": "12" } }), 400, "policy"),
            (
                json!({ "x509_props": { "subject": "CN=a" }, "lifetime_actions": [{ "trigger": {}, "action": { "action_type": "AutoRenew" } }] }),
                400,
                "lifetime_actions",
            ),
        ];
        for (given, status, part) in table {
            let refusal = Policy::read(&given).unwrap_err();
            assert_eq!(refusal.status, status, "{given}");
            assert!(refusal.message.contains(part), "{}", refusal.message);
        }
    }
}
