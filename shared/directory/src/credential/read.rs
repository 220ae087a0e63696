//! How credentials are read, and in what shape they come.
//!
//! What must not happen is that one odd date keeps everything else from being told. So dates are read with tolerance: one
//! that is further away than dates go is the last there is, and one that is none is not there.

use graph::{ObjectId, Path, Request, odata};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What is read of both.
const BOTH: &[&str] = &[
    "id",
    "appId",
    "displayName",
    "createdByAppId",
    "notes",
    "tags",
    "signInAudience",
    "keyCredentials",
    "passwordCredentials",
];

/// What is read of an application beside.
const OF_APPLICATIONS: &[&str] = &["createdDateTime", "serviceManagementReference", "requiredResourceAccess"];

/// What is read of an enterprise application beside.
const OF_SERVICE_PRINCIPALS: &[&str] = &[
    "servicePrincipalType",
    "appOwnerOrganizationId",
    "accountEnabled",
    "preferredTokenSigningKeyThumbprint",
];

/// One relation can be expanded at a time, to twenty objects at the most ("Use query parameters to customize responses").
const OWNERS: &str = "owners($select=id,displayName,userPrincipalName,mail,accountEnabled)";

/// An application or an enterprise application, as read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// Object id.
    pub id: ObjectId,
    /// The id that it signs in with.
    #[serde(default)]
    pub app_id: Option<String>,
    /// Its name for people; not unique.
    #[serde(default)]
    pub display_name: Option<String>,
    /// When it was registered; of an enterprise application nobody tells.
    #[serde(default, deserialize_with = "date")]
    pub created_date_time: Option<Timestamp>,
    /// The id of the application that registered it.
    #[serde(default)]
    pub created_by_app_id: Option<String>,
    /// What somebody wrote down about it.
    #[serde(default)]
    pub notes: Option<String>,
    /// Where it stands in a list of services, such as a service tree.
    #[serde(default)]
    pub service_management_reference: Option<String>,
    /// Who may sign in to it: `AzureADMyOrg`, `AzureADMultipleOrgs` and so on.
    #[serde(default)]
    pub sign_in_audience: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What it asks to be allowed to do.
    #[serde(default)]
    pub required_resource_access: Vec<Resource>,
    /// `Application`, `ManagedIdentity` and so on; of enterprise applications.
    #[serde(default)]
    pub service_principal_type: Option<String>,
    /// The tenant that registered the application; of enterprise applications.
    #[serde(default)]
    pub app_owner_organization_id: Option<String>,
    /// Whether anybody may sign in to it; of enterprise applications.
    #[serde(default)]
    pub account_enabled: Option<bool>,
    /// The SHA-1 thumbprint of what signs SAML tokens now.
    #[serde(default)]
    pub preferred_token_signing_key_thumbprint: Option<String>,
    /// Its certificates.
    #[serde(default)]
    pub key_credentials: Vec<Entry>,
    /// Its secrets.
    #[serde(default)]
    pub password_credentials: Vec<Entry>,
    /// Who owns it, at most twenty of them.
    #[serde(default)]
    pub owners: Vec<Owner>,
}

/// A secret or one part of a certificate, as read. Neither shows what is secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its id.
    #[serde(default)]
    pub key_id: String,
    /// What it is called.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The first three characters of a secret.
    #[serde(default)]
    pub hint: Option<String>,
    /// The thumbprint of a certificate, unless something else was chosen.
    #[serde(default)]
    pub custom_key_identifier: Option<String>,
    /// `Sign` or `Verify`.
    #[serde(default)]
    pub usage: Option<String>,
    /// From when on it is good.
    #[serde(default, deserialize_with = "date")]
    pub start_date_time: Option<Timestamp>,
    /// Until when.
    #[serde(default, deserialize_with = "date")]
    pub end_date_time: Option<Timestamp>,
}

/// What an application asks to be allowed to do at one service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// The service, by application id.
    pub resource_app_id: String,
    /// What there.
    #[serde(default)]
    pub resource_access: Vec<Access>,
}

/// A permission that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Access {
    /// The permission.
    pub id: String,
    /// `Role`: by itself; `Scope`: on somebody's behalf.
    #[serde(rename = "type")]
    pub kind: String,
}

/// An owner. Of whom the caller may not read the rest is told that there is somebody with this id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Object id.
    pub id: ObjectId,
    /// The name for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The name to sign in with; an application has none.
    #[serde(default)]
    pub user_principal_name: Option<String>,
    /// Where mail reaches them.
    #[serde(default)]
    pub mail: Option<String>,
    /// Whether they may sign in.
    #[serde(default)]
    pub account_enabled: Option<bool>,
}

/// When a credential was last used, as Microsoft Graph's beta tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastUse {
    /// The credential.
    #[serde(default)]
    pub key_id: String,
    #[serde(default)]
    sign_in_activity: Option<Activity>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    #[serde(default, deserialize_with = "date")]
    last_sign_in_date_time: Option<Timestamp>,
}

impl LastUse {
    /// When.
    pub fn at(&self) -> Option<Timestamp> {
        self.sign_in_activity.as_ref()?.last_sign_in_date_time
    }
}

/// All applications that the tenant registered, with their credentials and owners, page by page. Reading `keyCredentials` of
/// lists goes 150 times a minute at the most ("Service-specific throttling limits").
pub fn of_applications() -> Request {
    of("/applications", OF_APPLICATIONS)
}

/// All enterprise applications, likewise.
pub fn of_service_principals() -> Request {
    of("/servicePrincipals", OF_SERVICE_PRINCIPALS)
}

fn of(collection: &'static str, more: &[&str]) -> Request {
    let read = Request::get(Path::new(collection)).select(&[BOTH, more].concat());
    read.query("$expand", OWNERS).query("$top", "999")
}

/// The applications that have federated credentials, by object id: a second relation cannot be expanded, and this takes a
/// page where nearly nobody has one.
pub fn federated() -> Request {
    let read = Request::get(Path::new("/applications")).filter("federatedIdentityCredentials/$count ne 0");
    read.advanced().select(&["id"]).query("$top", "999")
}

/// When credentials were last used: those of which a use was noted. How long its pages may be is not said; five in ten seconds
/// are few, so they are asked to be long ("Microsoft Graph service-specific throttling limits", identity and access reports).
pub fn last_used() -> Request {
    uses().query("$top", "999")
}

/// The same of one application, by its `appId`.
pub fn last_used_of(app_id: &ObjectId) -> Request {
    uses().filter(&odata::eq("appId", &app_id.to_string()))
}

/// It is in beta alone, and in the worldwide cloud alone; it takes `AuditLog.Read.All` ("List appCredentialSignInActivities").
fn uses() -> Request {
    Request::get(Path::new("/reports/appCredentialSignInActivities")).beta()
}

/// A date, the last date there is for one that is later still (9999-12-31 is), or nothing.
pub(crate) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<Value>::deserialize(from)?.as_ref().and_then(Value::as_str).and_then(read_date))
}

fn read_date(text: &str) -> Option<Timestamp> {
    let read = || text.parse().ok().or_else(|| with_whole_offset(text)?.parse().ok());
    read().or_else(|| text.starts_with("9999-12-3").then_some(Timestamp::MAX))
}

/// The documentation of sign-ins writes offsets such as `-8:00`.
fn with_whole_offset(text: &str) -> Option<String> {
    let (before, offset) = text.split_at_checked(text.len().checked_sub(5)?)?;
    let sign = offset.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
    Some(format!("{before}{sign}0{}", &offset[1..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_odd_date_keeps_nothing_else_from_being_told() {
        let table = [
            (json!("2026-03-02T08:00:00Z"), Some("2026-03-02T08:00:00Z")),
            (json!("2026-03-02T08:00:00.1234567Z"), Some("2026-03-02T08:00:00.1234567Z")),
            (json!("2021-04-01T21:36:48-8:00"), Some("2021-04-02T05:36:48Z")),
            (json!("2299-12-31T00:00:00Z"), Some("2299-12-31T00:00:00Z")),
            (json!("9999-12-31T23:59:59Z"), Some("9999-12-30T22:00:00.999999999Z")),
            (json!("0001-01-01T00:00:00Z"), Some("0001-01-01T00:00:00Z")),
            (json!("never"), None),
            (json!("x"), None),
            (json!("ü-8:00"), None),
            (json!(7), None),
            (json!(null), None),
        ];
        for (told, read) in table {
            let entry: Entry = serde_json::from_value(json!({"keyId": "k", "endDateTime": told})).unwrap();
            assert_eq!(entry.end_date_time, read.map(|text| text.parse().unwrap()), "{told}");
        }
    }

    #[test]
    fn owners_come_with_their_applications_and_no_second_relation_is_asked_for() {
        let (applications, principals) = (of_applications().target(), of_service_principals().target());
        for (read, collection) in [(applications, "/applications?"), (principals, "/servicePrincipals?")] {
            assert!(read.starts_with(collection) && read.ends_with("&$top=999"), "{read}");
            assert_eq!((read.matches("$expand=").count(), read.matches("owners(").count()), (1, 1), "{read}");
        }
        assert!(federated().is_eventual() && !federated().target().contains("expand"));
        assert!(last_used().is_beta());
    }

    #[test]
    fn when_it_was_used_is_read_where_it_is_told() {
        let used = |activity: Value| {
            let read = json!({"keyId": "k", "signInActivity": activity});
            serde_json::from_value::<LastUse>(read).unwrap().at()
        };
        let at = "2026-02-27T00:00:00Z";
        assert_eq!(used(json!({"lastSignInDateTime": at})), Some(at.parse().unwrap()));
        assert_eq!(used(json!({})), None);
        assert_eq!(used(Value::Null), None);
    }
}
