//! Applications: what they are called, and the credentials by which they sign in.
//!
//! A credential of an application is a secret or a certificate; several are valid at once, which is what lets one be renewed
//! without an outage. What a service principal holds beside that is not looked at here.

use graph::{ObjectId, Path, Request, odata};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::credential::date;

/// What is read of an application.
const SELECT: &[&str] = &["id", "appId", "displayName", "keyCredentials", "passwordCredentials"];

/// An application, as read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Object id.
    pub id: ObjectId,
    /// The id it signs in with: the client id.
    pub app_id: ObjectId,
    /// Its name for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Its certificates.
    #[serde(default)]
    pub key_credentials: Vec<Key>,
    /// Its secrets.
    #[serde(default)]
    pub password_credentials: Vec<Password>,
}

/// A certificate of an application.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// Its id.
    pub key_id: ObjectId,
    /// What it is called.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What it is for: `Verify`, or `Sign`.
    #[serde(default)]
    pub usage: Option<String>,
    /// What it is: `AsymmetricX509Cert` for the most part.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The SHA-1 of the certificate in base64, unless somebody chose otherwise.
    #[serde(default)]
    pub custom_key_identifier: Option<String>,
    /// The certificate itself (DER, base64). Told only of a single application, where it is asked for by name.
    #[serde(default)]
    pub key: Option<String>,
    /// From when on it is valid.
    #[serde(default, deserialize_with = "date")]
    pub start_date_time: Option<Timestamp>,
    /// Until when.
    #[serde(default, deserialize_with = "date")]
    pub end_date_time: Option<Timestamp>,
}

/// A secret of an application, without its text, which is told only once.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Password {
    /// Its id.
    pub key_id: ObjectId,
    /// What it is called.
    #[serde(default)]
    pub display_name: Option<String>,
    /// From when on it is valid.
    #[serde(default, deserialize_with = "date")]
    pub start_date_time: Option<Timestamp>,
    /// Until when.
    #[serde(default, deserialize_with = "date")]
    pub end_date_time: Option<Timestamp>,
}

impl Application {
    /// Its name for people.
    pub fn name(&self) -> String {
        self.display_name.clone().unwrap_or_else(|| self.app_id.to_string())
    }

    pub(crate) fn path(&self) -> Path {
        path(&self.id)
    }
}

/// `/applications/{id}`.
fn path(id: &ObjectId) -> Path {
    Path::new("/applications").key(&id.to_string())
}

/// One application by its object id, certificates included.
pub fn read(id: &ObjectId) -> Request {
    Request::get(path(id)).select(SELECT)
}

/// The applications that have this id as their `appId`, or as their object id.
pub fn identified(id: &ObjectId) -> Request {
    let filter = format!("appId eq '{id}' or id eq '{id}'");
    Request::get(Path::new("/applications")).select(&["id"]).filter(&filter)
}

/// The applications of this name.
pub fn named(name: &str) -> Request {
    Request::get(Path::new("/applications")).select(&["id"]).filter(&odata::eq("displayName", name))
}

/// The same, with all that is read of each.
pub fn all_named(name: &str) -> Request {
    Request::get(Path::new("/applications")).select(SELECT).filter(&odata::eq("displayName", name))
}

/// A certificate as it is put into the list of an application.
pub(crate) fn entry(key: &Key) -> Value {
    let mut entry = serde_json::to_value(key).unwrap_or_default();
    if let Some(members) = entry.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    entry
}

/// What people call a credential: its name, by which they know it, its id, by which they find it, and until when it is valid.
pub(crate) fn called(kind: &str, name: Option<&str>, id: &ObjectId, end: Option<Timestamp>) -> String {
    let name = name.filter(|name| !name.is_empty()).map(|name| format!(" “{name}”")).unwrap_or_default();
    let until = end.map(|end| end.strftime(", until %Y-%m-%d").to_string()).unwrap_or_default();
    format!("{kind}{name} ({id}{until})")
}
