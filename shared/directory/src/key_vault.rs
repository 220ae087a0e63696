//! What is kept in a key vault for an application: the versions of its certificate or secret, and which one is to be used.
//!
//! A version that is made is not used yet. Who signs in as the application reads the *pointer*, a secret of the vault that
//! holds no secret: it names the version to use. So a new one can be made, added to the application and tried before anybody
//! is told of it. Of a secret, the newest version is the one to use, and it is set only when it has been tried.
//!
//! What was made is not unmade: somebody may have begun to use it. Everything we make is marked with the run that made it and
//! the application that it is for ([`TAGS`]).

use std::collections::BTreeMap;

use graph::{MADE, ObjectId, RUN};
use jiff::Timestamp;
use plan::{Change, Proof};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vault::{Ask, By, Make, Text, VaultName};

/// By what our versions are marked: the run that made them, the application that they are for (its `appId`), and of secrets
/// the id of the credential, and of which version it is a copy.
pub const TAGS: Tags = Tags {
    run: "m365-run",
    application: "m365-application",
    credential: "m365-credential",
    copy: "m365-copy-of",
};

/// The names of marks.
#[derive(Clone, Copy, Debug)]
pub struct Tags {
    /// The run.
    pub run: &'static str,
    /// The application.
    pub application: &'static str,
    /// The credential.
    pub credential: &'static str,
    /// The version that this one is a copy of.
    pub copy: &'static str,
}

/// Something in a vault: a certificate with its versions, or a secret with its.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The vault.
    pub vault: VaultName,
    /// The name there.
    pub name: String,
}

impl Place {
    /// What people call it: `contoso-keys/payroll`.
    pub fn called(&self) -> String {
        format!("{}/{}", self.vault, self.name)
    }
}

/// One version of a certificate or of a secret, as a list of them tells it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Version {
    /// Its address, which ends in the version.
    pub id: String,
    /// When it was made, and when it is valid.
    pub attributes: Attributes,
    /// What it is marked with.
    #[serde(default)]
    pub tags: Option<BTreeMap<String, String>>,
}

/// When a version was made, and when it is valid.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Attributes {
    /// Whether it may be used.
    #[serde(default)]
    pub enabled: bool,
    /// When it was made, in seconds since 1970.
    #[serde(default)]
    pub created: i64,
    /// From when on it is valid.
    #[serde(default)]
    pub nbf: Option<i64>,
    /// Until when.
    #[serde(default)]
    pub exp: Option<i64>,
}

impl Version {
    /// Which version it is: the end of its address.
    pub fn version(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }

    /// What it is marked with under this name.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.as_ref()?.get(name).map(String::as_str)
    }

    /// When it was made.
    pub fn made(&self) -> Timestamp {
        instant(self.attributes.created)
    }

    /// Until when it is valid; for ever, if that is not said.
    pub fn ends(&self) -> Timestamp {
        self.attributes.exp.map_or(Timestamp::MAX, instant)
    }
}

/// Key Vault counts seconds since 1970 ("Azure Key Vault keys, secrets and certificates overview", IntDate).
pub fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}

/// Makes a new version of a certificate for an application.
pub fn make(place: &Place, make: Make, application: &ObjectId, name: &str) -> Change {
    let says = format!("have a new key and its certificate made in {}, for {name}", place.called());
    let tags = marks(application);
    let send = Ask::CreateCertificate {
        vault: place.vault.clone(),
        name: place.name.clone(),
        make,
        tags: tags.clone(),
    };
    let versions = Ask::CertificateVersions { vault: place.vault.clone(), name: place.name.clone() };
    Change::new(says, send, Proof::has(versions, "/value", json!({"tags": tags}))).awaited()
}

/// Signs in as the application, to see that it can.
pub fn sign_in(application: &ObjectId, name: &str, by: By) -> Change {
    let says = format!("sign in as {name} with it, which proves that it works");
    let ask = Ask::SignIn { application: application.to_string().parse().unwrap_or_default(), by };
    Change::new(says, ask.clone(), Proof::is(ask, "/signedIn", true))
}

/// Which version of a certificate an application is to sign in with: what the pointer holds. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pointer {
    /// The application, by its `appId`.
    pub application: ObjectId,
    /// The version of the certificate and of its key.
    pub version: String,
    /// The certificate's address in the vault.
    pub certificate: String,
    /// The key's address in the vault, to sign with.
    pub key: String,
    /// The SHA-1 of the certificate in base64url: `x5t` of an assertion.
    pub x5t: String,
    /// The SHA-256 of the certificate in base64url: `x5t#S256` of an assertion.
    #[serde(rename = "x5t#S256")]
    pub x5t_s256: String,
    /// Until when it is valid.
    pub expires: Timestamp,
}

/// Tells whoever signs in as the application which version to use from now on. It is taken back by what was told before.
pub fn publish(place: &Place, pointer: &Pointer, before: Option<&Pointer>, name: &str) -> Change {
    let change = tell(place, pointer, name);
    match before {
        Some(before) => change.undone_by(tell(place, before, name)),
        None => change,
    }
}

fn tell(place: &Place, pointer: &Pointer, name: &str) -> Change {
    let says = format!(
        "publish version {} in {}, as the one to sign in with as {name}",
        pointer.version,
        place.called()
    );
    let value = serde_json::to_string(pointer).unwrap_or_default();
    let send = Ask::SetSecret {
        vault: place.vault.clone(),
        name: place.name.clone(),
        value: Text::Plain(value.clone()),
        content_type: Some("application/json".to_owned()),
        expires: None,
        tags: marks(&pointer.application),
    };
    let read = Ask::Pointer { vault: place.vault.clone(), name: place.name.clone() };
    Change::new(says, send, Proof::is(read, "/value", value))
}

/// Puts the secret that the run carries where it is read from, as its newest version. It is taken back by what was there
/// before.
pub fn keep(
    place: &Place,
    application: &ObjectId,
    name: &str,
    until: Timestamp,
    before: Option<&Version>,
) -> Change {
    let says = format!("publish it in {}, as the one to sign in with as {name}", place.called());
    let mut tags = marks(application);
    tags.insert(TAGS.credential.to_owned(), MADE.to_owned());
    // By the run, which is known even when the process that carried the secret is not there any more.
    let mark = json!({"tags": {TAGS.run: RUN}});
    let change = Change::new(
        says,
        set(place, Text::Carried, until, tags),
        Proof::has(versions_of_secret(place), "/value", mark),
    );
    match before {
        Some(before) => change.undone_by(restore(place, application, before)),
        None => change,
    }
}

/// Has an earlier version be the newest again, marked as it was.
fn restore(place: &Place, application: &ObjectId, before: &Version) -> Change {
    let says = format!("have version {} of {} be the newest again", before.version(), place.called());
    let mut tags = marks(application);
    let credential = before.tag(TAGS.credential).map(|id| (TAGS.credential.to_owned(), id.to_owned()));
    tags.extend(credential);
    tags.insert(TAGS.copy.to_owned(), before.version().to_owned());
    let mark = json!({"tags": {TAGS.copy: before.version()}});
    let send = set(place, Text::Version(before.version().to_owned()), before.ends(), tags);
    Change::new(says, send, Proof::has(versions_of_secret(place), "/value", mark))
}

/// All versions of a secret.
pub fn versions_of_secret(place: &Place) -> Ask {
    Ask::SecretVersions { vault: place.vault.clone(), name: place.name.clone() }
}

/// One that is valid for ever has no end.
fn set(place: &Place, value: Text, until: Timestamp, tags: BTreeMap<String, String>) -> Ask {
    Ask::SetSecret {
        vault: place.vault.clone(),
        name: place.name.clone(),
        value,
        content_type: None,
        expires: (until < Timestamp::MAX).then_some(until),
        tags,
    }
}

fn marks(application: &ObjectId) -> BTreeMap<String, String> {
    [(TAGS.run, RUN.to_owned()), (TAGS.application, application.to_string())]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}
