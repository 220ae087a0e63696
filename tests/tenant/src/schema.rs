//! What the service knows about its own types: name, type, length, who may write, what filters allow.
//!
//! The tables in `schema/` were cut once from Microsoft's published v1.0 metadata and property descriptions; where
//! those descriptions are known to be wrong about what is returned by default, the API reference page won. A property
//! that is not in a table does not exist, for reading as for writing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The property of users that another service keeps, with a permission and a quota of its own.
pub(crate) const SIGN_INS: &str = "signInActivity";

/// The property of applications that has a quota of its own where it is selected.
pub(crate) const KEYS: &str = "keyCredentials";

/// One structural property of a type.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Property {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) not_null: bool,
    #[serde(default)]
    pub(crate) max_length: Option<usize>,
    #[serde(default)]
    pub(crate) read_only: bool,
    /// Returned without `$select`.
    #[serde(default)]
    pub(crate) default: bool,
    /// Kept by another service than the directory: never in a list, never writable by an application.
    #[serde(default)]
    pub(crate) elsewhere: bool,
    #[serde(default)]
    pub(crate) filter: Vec<String>,
    #[serde(default)]
    pub(crate) search: bool,
    #[serde(default)]
    pub(crate) orderby: bool,
}

impl Property {
    pub(crate) fn allows(&self, operator: &str) -> bool {
        self.filter.iter().any(|known| known == operator)
    }

    /// `String` of `Collection(String)`.
    pub(crate) fn element(&self) -> Option<&str> {
        self.kind.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')'))
    }
}

/// The properties of one type.
#[derive(Debug)]
pub(crate) struct Schema {
    /// `user`: as in `microsoft.graph.user`.
    pub(crate) name: &'static str,
    /// `User`: as the directory's messages have it.
    pub(crate) title: &'static str,
    pub(crate) properties: Vec<Property>,
}

impl Schema {
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        let found = self.properties.binary_search_by(|property| property.name.as_str().cmp(name));
        found.ok().and_then(|at| self.properties.get(at))
    }
}

macro_rules! tables {
    ($($constant:ident $name:literal $title:literal;)*) => {
        $(pub(crate) static $constant: LazyLock<Schema> =
            LazyLock::new(|| load($name, $title, include_str!(concat!("../schema/", $name, ".json"))));)*
    };
}

tables! {
    USER "user" "User";
    GROUP "group" "Group";
    DIRECTORY_ROLE "directoryRole" "DirectoryRole";
    ADMINISTRATIVE_UNIT "administrativeUnit" "AdministrativeUnit";
    DEVICE "device" "Device";
    APPLICATION "application" "Application";
    SERVICE_PRINCIPAL "servicePrincipal" "ServicePrincipal";
    APP_ROLE_ASSIGNMENT "appRoleAssignment" "AppRoleAssignment";
    PERMISSION_GRANT "oAuth2PermissionGrant" "OAuth2PermissionGrant";
    ROLE_DEFINITION "unifiedRoleDefinition" "UnifiedRoleDefinition";
    ROLE_ASSIGNMENT "unifiedRoleAssignment" "UnifiedRoleAssignment";
    ROLE_ELIGIBILITY "unifiedRoleEligibilityScheduleInstance" "UnifiedRoleEligibilityScheduleInstance";
    MANAGED_DEVICE "managedDevice" "ManagedDevice";
    SUBSCRIBED_SKU "subscribedSku" "SubscribedSku";
    ORGANIZATION "organization" "Organization";
    DOMAIN "domain" "Domain";
}

/// The types that properties are made of.
pub(crate) static COMPLEX: LazyLock<BTreeMap<String, Vec<Property>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../schema/complex.json")).unwrap_or_default());

fn load(name: &'static str, title: &'static str, text: &str) -> Schema {
    let mut properties: Vec<Property> = serde_json::from_str(text).unwrap_or_default();
    properties.sort_by(|one, other| one.name.cmp(&other.name));
    Schema { name, title, properties }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_can_be_read() {
        let tables = [
            &*USER,
            &*GROUP,
            &*DIRECTORY_ROLE,
            &*ADMINISTRATIVE_UNIT,
            &*SUBSCRIBED_SKU,
            &*ORGANIZATION,
            &*DOMAIN,
            &*DEVICE,
            &*APPLICATION,
            &*SERVICE_PRINCIPAL,
            &*APP_ROLE_ASSIGNMENT,
            &*PERMISSION_GRANT,
            &*ROLE_DEFINITION,
            &*ROLE_ASSIGNMENT,
            &*ROLE_ELIGIBILITY,
            &*MANAGED_DEVICE,
        ];
        for table in tables {
            assert!(table.property("id").is_some(), "{} has no id", table.name);
        }
        assert!(COMPLEX.contains_key("passwordProfile"));
    }

    #[test]
    fn a_user_comes_with_eleven_properties_unless_more_are_selected() {
        assert_eq!(USER.properties.iter().filter(|property| property.default).count(), 11);
    }
}
