//! A question or a request to a vault, as a value.
//!
//! Names of certificates and secrets are taken as they are, and looked at when the ask is sent. The id of the run that
//! sends it is left open until then: [`RUN`](graph::RUN) in a tag or in a text that is not secret, filled in by
//! [`Ask::with`].

use std::collections::BTreeMap;

use graph::{Error, Refusal};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::name::VaultName;

/// A question or a request to a vault: shown in previews, kept in journals; holds no secret.
///
/// Answers are Key Vault's own JSON ("Azure Key Vault REST API reference"), which each variant names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ask {
    /// A certificate as it is now, or one version of it: `CertificateBundle`.
    Certificate {
        /// Where it is.
        vault: VaultName,
        /// Its name.
        name: String,
        /// Which version; none means the newest that is there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
    },
    /// All certificates of a vault, the newest version of each, every page of them: `{"value": [CertificateItem…]}`.
    Certificates {
        /// Which vault.
        vault: VaultName,
    },
    /// All versions of a certificate, every page of them: `{"value": [CertificateItem…]}`.
    CertificateVersions {
        /// Where it is.
        vault: VaultName,
        /// Its name.
        name: String,
    },
    /// The version that is being made, or was made last: `CertificateOperation`. 404 if none ever was.
    Pending {
        /// Where it is.
        vault: VaultName,
        /// The certificate's name.
        name: String,
    },
    /// Makes a new version of a certificate, or its first: `CertificateOperation`. Not repeated when its reply is lost.
    CreateCertificate {
        /// Where it is to be.
        vault: VaultName,
        /// Its name.
        name: String,
        /// What it is to be like.
        make: Make,
        /// What it is marked with.
        #[serde(default)]
        tags: BTreeMap<String, String>,
    },
    /// A secret whose value is not secret, such as the one that says which version to use: `SecretBundle`, value and all.
    Pointer {
        /// Where it is.
        vault: VaultName,
        /// The secret's name.
        name: String,
    },
    /// All versions of a secret, without their values, every page of them: `{"value": [SecretItem…]}`.
    SecretVersions {
        /// Where it is.
        vault: VaultName,
        /// The secret's name.
        name: String,
    },
    /// Makes a new version of a secret, or its first: `SecretBundle` without its value, unless that is plain. Not repeated
    /// when its reply is lost.
    SetSecret {
        /// Where it is to be.
        vault: VaultName,
        /// Its name.
        name: String,
        /// What it is to hold.
        value: Text,
        /// What sort of text that is: `application/json`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
        /// When it ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Timestamp>,
        /// What it is marked with.
        #[serde(default)]
        tags: BTreeMap<String, String>,
    },
    /// Signs in as an application, to see that it can, and throws the token away: `{"signedIn": true}`.
    SignIn {
        /// The application, by its `appId`.
        application: Uuid,
        /// What it proves itself by.
        by: By,
    },
}

/// What a new version of a certificate is to be like. It is self-signed (issuer `Self`), with an RSA key that is its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Make {
    /// Whose it is, as an X.500 name: `CN=contoso-payroll`.
    pub subject: String,
    /// For how many months it is valid.
    pub months: u16,
    /// How long its key is: 2048, 3072 or 4096.
    pub key_bits: u16,
    /// Whether the private key may leave the vault.
    #[serde(default)]
    pub exportable: bool,
}

/// What a secret is to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Text {
    /// This text, which is not secret.
    Plain(String),
    /// The secret that the run carries, filled in when it is sent.
    Carried,
    /// What this version of the same secret holds.
    Version(String),
}

/// What an application proves itself by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum By {
    /// A certificate, by whose key the vault signs.
    Certificate {
        /// Where it is.
        vault: VaultName,
        /// Its name.
        name: String,
        /// Which version.
        version: String,
        /// The SHA-256 of the certificate (DER) in base64url, as `x5t#S256` has it.
        thumbprint: String,
    },
    /// The secret that the run carries.
    Carried,
    /// The newest version of a secret, which is read and never told.
    Published {
        /// Where it is.
        vault: VaultName,
        /// Its name.
        name: String,
    },
}

impl Ask {
    /// Whether it changes nothing and may therefore be repeated whatever became of it.
    pub fn is_safe(&self) -> bool {
        !matches!(self, Self::CreateCertificate { .. } | Self::SetSecret { .. })
    }

    /// Whether this refusal means "it is so already". None does: what changes something makes a new version each time.
    pub fn is_already(&self, _: &Error) -> bool {
        false
    }

    /// Whether this refusal means "not yet": of a sign-in, that Microsoft Entra does not know the credential yet, which takes
    /// seconds after it was added; of a certificate, that another version of it is still being made.
    pub fn is_not_yet(&self, error: &Error) -> bool {
        match self {
            Self::SignIn { .. } => error.is(Refusal::CredentialNotKnown),
            Self::CreateCertificate { .. } => error.is(Refusal::CertificatePending),
            _ => false,
        }
    }

    /// Whether the secret that the run carries is wanted to send it.
    pub fn wants_carried(&self) -> bool {
        matches!(self, Self::SetSecret { value: Text::Carried, .. } | Self::SignIn { by: By::Carried, .. })
    }

    /// The vault that is asked; a sign-in with a secret at hand asks none.
    pub fn vault(&self) -> Option<&VaultName> {
        match self {
            Self::Certificate { vault, .. }
            | Self::Certificates { vault }
            | Self::CertificateVersions { vault, .. }
            | Self::Pending { vault, .. }
            | Self::CreateCertificate { vault, .. }
            | Self::Pointer { vault, .. }
            | Self::SecretVersions { vault, .. }
            | Self::SetSecret { vault, .. }
            | Self::SignIn { by: By::Certificate { vault, .. } | By::Published { vault, .. }, .. } => {
                Some(vault)
            }
            Self::SignIn { by: By::Carried, .. } => None,
        }
    }

    /// This ask with an id in its place, such as [`RUN`](graph::RUN), in tags and in a plain text.
    #[must_use]
    pub fn with(&self, place: &str, id: &str) -> Self {
        let mut filled = self.clone();
        filled.texts_mut().for_each(|text| *text = text.replace(place, id));
        filled
    }

    /// What may hold places of ids.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        let (tags, value) = match self {
            Self::CreateCertificate { tags, .. } => (Some(tags), None),
            Self::SetSecret { tags, value: Text::Plain(text), .. } => (Some(tags), Some(text)),
            Self::SetSecret { tags, .. } => (Some(tags), None),
            _ => (None, None),
        };
        tags.into_iter().flat_map(BTreeMap::values).chain(value)
    }

    fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let (tags, value) = match self {
            Self::CreateCertificate { tags, .. } => (Some(tags), None),
            Self::SetSecret { tags, value: Text::Plain(text), .. } => (Some(tags), Some(text)),
            Self::SetSecret { tags, .. } => (Some(tags), None),
            _ => (None, None),
        };
        tags.into_iter().flat_map(BTreeMap::values_mut).chain(value)
    }
}

#[cfg(test)]
mod tests {
    use graph::RUN;
    use serde_json::{Value, json};

    use super::*;

    fn vault() -> VaultName {
        "contoso-keys".parse().unwrap()
    }

    fn name() -> String {
        "payroll".to_owned()
    }

    fn tags() -> BTreeMap<String, String> {
        [("m365-run".to_owned(), RUN.to_owned())].into()
    }

    fn set(value: Text) -> Ask {
        let expires = Some("2027-05-20T10:00:00Z".parse().unwrap());
        Ask::SetSecret { vault: vault(), name: name(), value, content_type: None, expires, tags: tags() }
    }

    fn create() -> Ask {
        let make = Make { subject: "CN=payroll".to_owned(), months: 12, key_bits: 3072, exportable: false };
        Ask::CreateCertificate { vault: vault(), name: name(), make, tags: tags() }
    }

    fn sign_in(by: By) -> Ask {
        Ask::SignIn { application: "87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap(), by }
    }

    /// Each ask with how it is kept, whether it is safe, and whether it wants what the run carries.
    fn table() -> Vec<(Ask, Value, bool, bool)> {
        let by = By::Certificate {
            vault: vault(),
            name: name(),
            version: "8f00".to_owned(),
            thumbprint: "kX9".to_owned(),
        };
        let place = json!({"vault": "contoso-keys", "name": "payroll"});
        let secret = |value: Value| {
            json!({"setSecret": {"vault": "contoso-keys", "name": "payroll", "value": value,
                                 "expires": "2027-05-20T10:00:00Z", "tags": {"m365-run": "{run}"}}})
        };
        let signed =
            |by: Value| json!({"signIn": {"application": "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "by": by}});
        vec![
            (
                Ask::Certificate { vault: vault(), name: name(), version: None },
                json!({"certificate": place}),
                true,
                false,
            ),
            (
                Ask::Certificates { vault: vault() },
                json!({"certificates": {"vault": "contoso-keys"}}),
                true,
                false,
            ),
            (
                Ask::CertificateVersions { vault: vault(), name: name() },
                json!({"certificateVersions": place}),
                true,
                false,
            ),
            (Ask::Pending { vault: vault(), name: name() }, json!({"pending": place}), true, false),
            (Ask::Pointer { vault: vault(), name: name() }, json!({"pointer": place}), true, false),
            (
                Ask::SecretVersions { vault: vault(), name: name() },
                json!({"secretVersions": place}),
                true,
                false,
            ),
            (
                create(),
                json!({"createCertificate": {"vault": "contoso-keys", "name": "payroll", "tags": {"m365-run": "{run}"},
                    "make": {"subject": "CN=payroll", "months": 12, "keyBits": 3072, "exportable": false}}}),
                false,
                false,
            ),
            (set(Text::Plain("{}".to_owned())), secret(json!({"plain": "{}"})), false, false),
            (set(Text::Carried), secret(json!("carried")), false, true),
            (set(Text::Version("8f00".to_owned())), secret(json!({"version": "8f00"})), false, false),
            (
                sign_in(by),
                signed(json!({"certificate": {"vault": "contoso-keys", "name": "payroll", "version": "8f00",
                                              "thumbprint": "kX9"}})),
                true,
                false,
            ),
            (sign_in(By::Carried), signed(json!("carried")), true, true),
            (
                sign_in(By::Published { vault: vault(), name: name() }),
                signed(json!({"published": place})),
                true,
                false,
            ),
        ]
    }

    #[test]
    fn an_ask_survives_the_journal() {
        for (ask, kept, ..) in table() {
            assert_eq!(serde_json::to_value(&ask).unwrap(), kept, "{ask:?}");
            assert_eq!(serde_json::from_value::<Ask>(kept).unwrap(), ask);
        }
    }

    #[test]
    fn only_what_makes_a_version_is_not_safe() {
        for (ask, _, is_safe, wants_carried) in table() {
            assert_eq!((ask.is_safe(), ask.wants_carried()), (is_safe, wants_carried), "{ask:?}");
        }
    }

    #[test]
    fn the_run_is_filled_in_where_it_belongs_and_nowhere_else() {
        let text = |ask: &Ask| serde_json::to_string(ask).unwrap();
        for ask in [create(), set(Text::Plain("made by {run}, {run}".to_owned()))] {
            let filled = text(&ask.with(RUN, "r-1"));
            assert!(filled.contains("\"m365-run\":\"r-1\"") && !filled.contains(RUN), "{filled}");
        }
        let named = Ask::Pending { vault: vault(), name: RUN.to_owned() };
        assert_eq!(named.with(RUN, "r-1"), named);
    }
}
