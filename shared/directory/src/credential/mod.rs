//! Credentials of applications: secrets and certificates with an end date, what signs SAML tokens, and who has them.
//!
//! An application that the tenant registered and the enterprise application by which it uses one (`application`,
//! `servicePrincipal`) have credentials alike, each its own. What signs SAML tokens is kept as three entries with the same
//! `customKeyIdentifier`: the private part, the public part and the password of the private part (Microsoft Graph,
//! "servicePrincipal: addTokenSigningCertificate"). To people it is one certificate, and here it is one credential.
//!
//! A federated credential trusts another identity provider. It has no end, and is told by the application that has one.
//! A certificate in a key vault is told by the vault, which does not know who uses it.

mod in_vault;
mod read;

use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;

pub use in_vault::{Listed, renews_at};
pub(crate) use read::date;
pub use read::{
    Access, Entry, Holder, LastUse, Owner, Resource, federated, last_used, last_used_of, of_applications,
    of_service_principals,
};

/// Who registered Microsoft's own applications: their `appOwnerOrganizationId` ("Verify first-party Microsoft applications in
/// sign-in reports", Microsoft Entra).
pub const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

/// What kind of credential it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A client secret.
    Secret,
    /// A certificate that the application proves itself with.
    Certificate,
    /// A certificate that Microsoft Entra ID signs SAML tokens for the application with.
    Signing,
    /// Trust in another identity provider.
    Federated,
    /// A certificate in a key vault, whoever uses it.
    KeyVault,
}

/// A credential.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// Its kind.
    pub kind: Kind,
    /// Its id; of what signs tokens that of the part that is verified with.
    pub key_id: String,
    /// What it is called, if anything.
    pub name: Option<String>,
    /// The first three characters of a secret.
    pub hint: Option<String>,
    /// SHA-1 of a certificate as 40 hexadecimal digits, where it is told.
    pub thumbprint: Option<String>,
    /// `Sign`, `Verify`, or what else Microsoft Graph says; both of what signs tokens.
    pub usage: Option<String>,
    /// From when on it is good, where that is told.
    pub start: Option<Timestamp>,
    /// Until when; a federated one has no end.
    pub end: Option<Timestamp>,
}

impl Kind {
    /// Whether an application signs in with it, so that it is noted when it was last used.
    pub fn signs_in(self) -> bool {
        matches!(self, Self::Secret | Self::Certificate)
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Certificate => "certificate",
            Self::Signing => "SAML signing",
            Self::Federated => "federated",
            Self::KeyVault => "Key Vault certificate",
        }
    }
}

impl Holder {
    /// Its credentials but for federated ones, which are [read](federated) elsewhere.
    pub fn credentials(&self) -> Vec<Credential> {
        let secrets = self.password_credentials.iter().filter(|entry| !self.is_signing(entry));
        let (signing, plain): (Vec<_>, Vec<_>) =
            self.key_credentials.iter().partition(|entry| self.is_signing(entry));
        let verifying = signing.into_iter().filter(|entry| entry.is_usage("Verify"));
        secrets
            .map(|entry| entry.as_kind(Kind::Secret))
            .chain(plain.into_iter().map(|entry| entry.as_kind(Kind::Certificate)))
            .chain(verifying.map(Entry::signing))
            .collect()
    }

    /// Whether this is part of what signs tokens: the private part, the public part, or the password of the private part,
    /// which has its id.
    fn is_signing(&self, entry: &Entry) -> bool {
        let keys = || self.key_credentials.iter();
        let is_used = |usage: &str| keys().any(|key| key.is_usage(usage) && key.is_pair_of(entry));
        let unlocks = || keys().any(|key| key.is_usage("Sign") && key.key_id == entry.key_id);
        is_used("Sign") && is_used("Verify") || unlocks()
    }

    /// Whether Azure renews its credentials itself.
    pub fn is_managed_identity(&self) -> bool {
        self.service_principal_type.as_deref() == Some("ManagedIdentity")
    }

    /// Whether it is one of Microsoft's own.
    pub fn is_microsofts(&self) -> bool {
        let owner = self.app_owner_organization_id.as_deref();
        owner.is_some_and(|owner| owner.eq_ignore_ascii_case(MICROSOFT))
    }

    /// Whether tokens are signed with this credential now; `None` where nobody can say.
    pub fn signs_with(&self, credential: &Credential) -> Option<bool> {
        let preferred = self.preferred_token_signing_key_thumbprint.as_deref();
        let thumbprint = credential.thumbprint.as_deref().filter(|_| credential.kind == Kind::Signing);
        Some(preferred?.eq_ignore_ascii_case(thumbprint?))
    }
}

impl Entry {
    fn as_kind(&self, kind: Kind) -> Credential {
        Credential {
            kind,
            key_id: self.key_id.clone(),
            name: self.display_name.clone().filter(|name| !name.trim().is_empty()),
            hint: self.hint.clone().filter(|_| kind == Kind::Secret),
            thumbprint: self.thumbprint().filter(|_| kind != Kind::Secret),
            usage: self.usage.clone(),
            start: self.start_date_time,
            end: self.end_date_time,
        }
    }

    fn signing(&self) -> Credential {
        Credential { usage: Some("Sign, Verify".to_owned()), ..self.as_kind(Kind::Signing) }
    }

    fn is_usage(&self, usage: &str) -> bool {
        self.usage.as_deref() == Some(usage)
    }

    fn is_pair_of(&self, other: &Self) -> bool {
        self.custom_key_identifier.is_some() && self.custom_key_identifier == other.custom_key_identifier
    }

    /// It is given in hexadecimal or in base64; what is no SHA-1 was chosen by whoever added the certificate.
    fn thumbprint(&self) -> Option<String> {
        let text = self.custom_key_identifier.as_deref()?;
        if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(text.to_ascii_uppercase());
        }
        let bytes = BASE64_STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 20)?;
        Some(bytes.iter().map(|byte| format!("{byte:02X}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SHA1: &str = "52ED9B5038A47B9E2E2190715CC238359D4F8F73";

    fn holder(more: Value) -> Holder {
        let mut object =
            json!({"id": "02bd9fd6-8f93-4758-87c3-1fb73740a315", "appId": "a", "displayName": "Payroll"});
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(object).unwrap()
    }

    fn key(id: &str, usage: &str, of: &str) -> Value {
        json!({"keyId": id, "usage": usage, "customKeyIdentifier": of, "endDateTime": "2026-04-01T00:00:00Z"})
    }

    #[test]
    fn what_signs_tokens_is_one_credential_and_not_three() {
        let holder = holder(json!({
            "keyCredentials": [key("k1", "Sign", "AA=="), key("k2", "Verify", "AA=="), key("k3", "Verify", "BB==")],
            "passwordCredentials": [{"keyId": "k4", "customKeyIdentifier": "AA=="}, {"keyId": "k1"}, {"keyId": "k5", "hint": "abc"}],
        }));
        let told: Vec<(Kind, String)> =
            holder.credentials().into_iter().map(|one| (one.kind, one.key_id)).collect();
        let expected = [(Kind::Secret, "k5"), (Kind::Certificate, "k3"), (Kind::Signing, "k2")];
        assert_eq!(told, expected.map(|(kind, id)| (kind, id.to_owned())));
    }

    #[test]
    fn a_thumbprint_is_told_in_hexadecimal_and_other_identifiers_are_none() {
        let bytes: Vec<u8> =
            (0..40).step_by(2).map(|at| u8::from_str_radix(&SHA1[at..at + 2], 16).unwrap()).collect();
        let table = [
            (BASE64_STANDARD.encode(&bytes), Some(SHA1)),
            (SHA1.to_lowercase(), Some(SHA1)),
            (BASE64_STANDARD.encode([7; 32]), None),
            ("Payroll".to_owned(), None),
        ];
        for (told, thumbprint) in table {
            let holder = holder(json!({"keyCredentials": [key("k", "Verify", &told)]}));
            assert_eq!(holder.credentials()[0].thumbprint.as_deref(), thumbprint, "{told}");
        }
    }

    #[test]
    fn which_certificate_signs_now_is_told_by_its_thumbprint() {
        let signing = |preferred: Value| {
            holder(json!({
                "preferredTokenSigningKeyThumbprint": preferred,
                "keyCredentials": [key("k1", "Sign", SHA1), key("k2", "Verify", SHA1)],
            }))
        };
        let table =
            [(json!(SHA1.to_lowercase()), Some(true)), (json!("00"), Some(false)), (Value::Null, None)];
        for (preferred, signs) in table {
            let holder = signing(preferred);
            assert_eq!(holder.signs_with(&holder.credentials()[0]), signs);
        }
    }

    #[test]
    fn whose_credentials_are_not_ours_to_renew_is_told_apart() {
        let table = [
            (json!({"servicePrincipalType": "ManagedIdentity"}), true, false),
            (json!({"appOwnerOrganizationId": MICROSOFT.to_uppercase()}), false, true),
            (json!({"servicePrincipalType": "Application", "appOwnerOrganizationId": null}), false, false),
        ];
        for (more, managed, microsofts) in table {
            let holder = holder(more);
            assert_eq!((holder.is_managed_identity(), holder.is_microsofts()), (managed, microsofts));
        }
    }
}
