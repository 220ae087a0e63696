//! What is read of an account, and how accounts are found.

use graph::{ObjectId, Path, Request, ServicePlanId, SkuId, UserKey, odata};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Who;

/// What is read of an account. Everything but the default set must be named (Microsoft Graph, "Get a user").
pub const SELECT: &[&str] = &[
    "id",
    "userPrincipalName",
    "displayName",
    "mailNickname",
    "proxyAddresses",
    "employeeId",
    "accountEnabled",
    "usageLocation",
    "onPremisesSyncEnabled",
    "createdDateTime",
    "lastPasswordChangeDateTime",
    "signInSessionsValidFromDateTime",
    "assignedLicenses",
    "licenseAssignmentStates",
];

/// An account, as read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Object id.
    pub id: ObjectId,
    /// The name it signs in with.
    pub user_principal_name: String,
    /// Its name for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The local part of its mail addresses.
    #[serde(default)]
    pub mail_nickname: Option<String>,
    /// Its mail addresses, `SMTP:` before the primary one.
    #[serde(default)]
    pub proxy_addresses: Vec<String>,
    /// The natural key.
    #[serde(default)]
    pub employee_id: Option<String>,
    /// Whether it may sign in; not read everywhere.
    #[serde(default)]
    pub account_enabled: Option<bool>,
    /// ISO 3166-1 alpha-2; what a licence needs.
    #[serde(default)]
    pub usage_location: Option<String>,
    /// Whether it is mastered on premises.
    #[serde(default)]
    pub on_premises_sync_enabled: Option<bool>,
    /// When it was created.
    #[serde(default)]
    pub created_date_time: Option<Timestamp>,
    /// When its password was last set; at creation, if never since.
    #[serde(default)]
    pub last_password_change_date_time: Option<Timestamp>,
    /// From when on its sessions count: later than its creation only if they were revoked.
    #[serde(default)]
    pub sign_in_sessions_valid_from_date_time: Option<Timestamp>,
    /// The licences it holds, direct or by a group.
    #[serde(default)]
    pub assigned_licenses: Vec<Licence>,
    /// Where each licence comes from.
    #[serde(default)]
    pub license_assignment_states: Vec<LicenceState>,
    /// Its manager, where that was read.
    #[serde(default)]
    pub manager: Option<Reference>,
    /// Everything else that was read, by Graph's names: the profile.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Another object of the directory, as far as its id and name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// Object id.
    pub id: ObjectId,
    /// Its name for people, where that was read.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether it may sign in, where that was read.
    #[serde(default)]
    pub account_enabled: Option<bool>,
}

impl Reference {
    /// This object, of which no more is known than its name.
    pub fn named(id: ObjectId, name: impl Into<String>) -> Self {
        Self { id, display_name: Some(name.into()), account_enabled: None }
    }

    /// Whether it is known that it may not sign in.
    pub fn is_blocked(&self) -> bool {
        self.account_enabled == Some(false)
    }

    /// Its name for people.
    pub fn name(&self) -> String {
        self.display_name.clone().unwrap_or_else(|| self.id.to_string())
    }
}

/// A licence that an account or a group holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Licence {
    /// The SKU.
    pub sku_id: SkuId,
    /// The service plans that are switched off.
    #[serde(default)]
    pub disabled_plans: Vec<ServicePlanId>,
}

/// Where a licence comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenceState {
    /// The SKU.
    pub sku_id: SkuId,
    /// The group it is inherited from; `None`: assigned directly.
    #[serde(default)]
    pub assigned_by_group: Option<ObjectId>,
    /// The service plans that are switched off.
    #[serde(default)]
    pub disabled_plans: Vec<ServicePlanId>,
    /// `Active`, `ActiveWithError`, `Disabled`, `Error`.
    #[serde(default)]
    pub state: Option<String>,
    /// What is wrong with it: `CountViolation` and its like, `None` if nothing is.
    #[serde(default)]
    pub error: Option<String>,
    /// Since when it is so.
    #[serde(default)]
    pub last_updated_date_time: Option<Timestamp>,
}

impl LicenceState {
    /// Whether the account has the use of it. A group may hand out what its members do not get.
    pub fn is_active(&self) -> bool {
        matches!(self.state.as_deref(), None | Some("Active" | "ActiveWithError"))
    }

    /// Microsoft's word for what is wrong with it.
    pub fn trouble(&self) -> Option<&str> {
        let error = self.error.as_deref().filter(|error| *error != "None");
        match self.state.as_deref() {
            Some("Error" | "ActiveWithError") => Some(error.unwrap_or("Other")),
            _ => None,
        }
    }
}

impl Account {
    /// Its name for people.
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.user_principal_name)
    }

    /// Whether it is mastered on premises, so that most of it cannot be changed here.
    pub fn is_synced(&self) -> bool {
        self.on_premises_sync_enabled == Some(true)
    }

    /// Whether it holds this name, to sign in with or as an address.
    pub fn holds(&self, name: &str) -> bool {
        let address = format!("smtp:{name}");
        self.user_principal_name.eq_ignore_ascii_case(name)
            || self.proxy_addresses.iter().any(|held| held.eq_ignore_ascii_case(&address))
    }

    /// The account as somebody else's manager.
    pub fn reference(&self) -> Reference {
        Reference { account_enabled: self.account_enabled, ..Reference::named(self.id, self.name()) }
    }

    /// The account as the subject of verbs.
    pub fn who(&self) -> Who {
        Who::known(self.id, self.name())
    }

    /// The licence it was given directly.
    pub fn direct_licence(&self, sku: &SkuId) -> Option<&LicenceState> {
        self.license_assignment_states
            .iter()
            .find(|state| state.sku_id == *sku && state.assigned_by_group.is_none())
    }

    /// Whether it has the use of a licence through a group.
    pub fn inherits_licence(&self, sku: &SkuId) -> bool {
        self.license_assignment_states
            .iter()
            .any(|state| state.sku_id == *sku && state.assigned_by_group.is_some() && state.is_active())
    }

    /// Whether it has a seat already, so that the same licence by another way takes none.
    pub fn has_seat(&self, sku: &SkuId) -> bool {
        self.direct_licence(sku).is_some() || self.inherits_licence(sku)
    }
}

/// Reads one account by id or user principal name. 404 when there is none.
pub fn read(key: &UserKey) -> Request {
    Request::get(Path::user(key)).select(SELECT)
}

/// Reads one account with `more` of its properties. 404 when there is none.
pub fn read_with(key: &UserKey, more: &[&str]) -> Request {
    Request::get(Path::user(key)).select(&selected(more))
}

/// Finds the accounts with this `employeeId`, with `more` of their properties. There should be one at the most.
pub fn with_employee_id(employee_id: &str, more: &[&str]) -> Request {
    Request::get(Path::new("/users")).filter(&odata::eq("employeeId", employee_id)).select(&selected(more))
}

fn selected<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SELECT.iter().chain(more).copied().collect()
}

/// Finds the accounts that hold a name beginning like one of these local parts: as user principal name or as address.
pub fn named_like(local_parts: &[String]) -> Request {
    let names = local_parts.iter().flat_map(|local_part| {
        let address = odata::text(&format!("smtp:{local_part}"));
        [
            odata::starts_with("userPrincipalName", local_part),
            format!("proxyAddresses/any(x:startswith(x,{address}))"),
        ]
    });
    Request::get(Path::new("/users"))
        .filter(&odata::or(names))
        .select(&["id", "userPrincipalName", "displayName", "mailNickname", "proxyAddresses", "employeeId"])
        .query("$top", "999")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_licence_counts_where_the_account_has_the_use_of_it() {
        let sku: SkuId = "05e9a617-0261-4cee-bb44-138d3ef5d965".parse().unwrap();
        let table = [
            (json!({}), true, None),
            (json!({"state": "Active", "error": "None"}), true, None),
            (json!({"state": "ActiveWithError", "error": "Other"}), true, Some("Other")),
            (json!({"state": "Error", "error": "CountViolation"}), false, Some("CountViolation")),
            (json!({"state": "Error"}), false, Some("Other")),
            (json!({"state": "Disabled", "error": "None"}), false, None),
        ];
        for (more, holds, trouble) in table {
            let mut state = json!({"skuId": sku, "assignedByGroup": "02bd9fd6-8f93-4758-87c3-1fb73740a315"});
            state.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let account: Account = serde_json::from_value(json!({
                "id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "userPrincipalName": "AdeleV@contoso.com",
                "licenseAssignmentStates": [state],
            }))
            .unwrap();
            assert_eq!(account.has_seat(&sku), holds, "{more}");
            assert_eq!(account.license_assignment_states[0].trouble(), trouble, "{more}");
        }
    }
}
