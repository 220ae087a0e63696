//! Accounts: reading them, creating them blocked, changing their profile, letting them sign in.
//!
//! An account is always created blocked (`accountEnabled: false`) with a password that nobody knows, so that no half-built
//! account can sign in. Its natural key is the `employeeId`: a create whose reply was lost, or that is refused because the
//! name is taken, is settled by reading whose account it is.

use graph::{ObjectId, Path, Refusal, Request, ServicePlanId, SkuId, UserKey, odata};
use jiff::Timestamp;
use plan::{Change, Proof, Touch};
use serde::Deserialize;
use serde_json::{Map, Value, json};

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
}

impl Reference {
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

    /// The account as somebody else's manager.
    pub fn reference(&self) -> Reference {
        Reference { id: self.id, display_name: Some(self.name().to_owned()) }
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

/// Finds the accounts with this `employeeId`, with `more` of their properties. There should be one at the most.
pub fn with_employee_id(employee_id: &str, more: &[&str]) -> Request {
    let properties: Vec<&str> = SELECT.iter().chain(more).copied().collect();
    Request::get(Path::new("/users")).filter(&odata::eq("employeeId", employee_id)).select(&properties)
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

/// What a new account is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAccount {
    /// The name it signs in with; its domain must be a verified one.
    pub user_principal_name: String,
    /// The local part of its mail addresses.
    pub mail_nickname: String,
    /// Its name for people.
    pub display_name: String,
    /// The natural key.
    pub employee_id: String,
    /// Everything else that can be set at creation, by Graph's names.
    pub profile: Map<String, Value>,
    /// Its manager.
    pub manager: Option<ObjectId>,
}

/// Creates an account, blocked, with a password that nobody knows.
pub fn create(new: &NewAccount) -> Change {
    let upn = UserKey::Upn(new.user_principal_name.clone());
    // A nickname or an address that is taken is another object's: the account itself is found by its name.
    let mut send = Request::post(Path::new("/users"))
        .body(creation(new))
        .with_fresh_password()
        .already(&[Refusal::UpnTaken]);
    if let Some(manager) = new.manager {
        send = send.bind("manager", format!("/users/{manager}"));
    }
    let proof = Proof::is(
        Request::get(Path::user(&upn)).select(&["id", "employeeId"]),
        "/employeeId",
        new.employee_id.as_str(),
    );
    let says = format!("create {} ({}), blocked", new.display_name, new.user_principal_name);
    Change::new(says, send, proof)
        .creating_the_account()
        .touching(Touch::Domain(domain(&new.user_principal_name).to_owned()))
        .undone_by(delete(&Who::new(&new.display_name)))
}

fn creation(new: &NewAccount) -> Value {
    let mut body = new.profile.clone();
    body.insert("accountEnabled".into(), false.into());
    body.insert("userPrincipalName".into(), new.user_principal_name.clone().into());
    body.insert("mailNickname".into(), new.mail_nickname.clone().into());
    body.insert("displayName".into(), new.display_name.clone().into());
    body.insert("employeeId".into(), new.employee_id.clone().into());
    body.insert("passwordProfile".into(), json!({"forceChangePasswordNextSignIn": true}));
    Value::Object(body)
}

/// The domain of a user principal name.
pub fn domain(upn: &str) -> &str {
    upn.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Deletes the account: it can be restored for 30 days.
///
/// A 404 does not say that it is gone, since an account just created may not be visible yet; that it is among the deleted
/// ones does.
pub fn delete(who: &Who) -> Change {
    let deleted = Path::new("/directory/deletedItems").then(&who.id_or_place());
    Change::new(
        format!("delete {} with everything it holds (it can be restored for 30 days)", who.name()),
        Request::delete(who.path()).not_yet(&[Refusal::NotFound]),
        Proof::there(Request::get(deleted)),
    )
}

/// Sets properties; `was` holds what they were. Who is renamed is told from what to what.
pub fn update(who: &Who, set: &Map<String, Value>, was: &Map<String, Value>) -> Change {
    rename(who, was, set).undone_by(rename(who, set, was))
}

fn rename(who: &Who, from: &Map<String, Value>, to: &Map<String, Value>) -> Change {
    let names = ["givenName", "surname"].into_iter().filter_map(|name| {
        let (was, is) = (from.get(name)?.as_str()?, to.get(name)?.as_str()?);
        (!was.is_empty() && !is.is_empty()).then(|| format!("{name} from {was} to {is}"))
    });
    let renames = names.collect::<Vec<_>>().join(", ");
    let change = set_properties(who, to);
    let says = if renames.is_empty() { change.says } else { format!("{}: {renames}", change.says) };
    Change { says, ..change }
}

/// Gives the account its first usage location. That cannot be taken back: it may be changed but not removed (Microsoft Graph,
/// "user resource type": not nullable).
pub fn locate(who: &Who, usage_location: &str) -> Change {
    set_properties(who, &Map::from_iter([("usageLocation".to_owned(), usage_location.into())]))
}

fn set_properties(who: &Who, properties: &Map<String, Value>) -> Change {
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    let send =
        Request::patch(who.path()).body(Value::Object(properties.clone())).not_yet(&[Refusal::NotFound]);
    let read = Request::get(who.path()).select(&names);
    let proof = Proof::is(read, "", Value::Object(properties.clone()));
    touching(who, Change::new(format!("set {} of {}", names.join(", "), who.name()), send, proof))
}

/// Lets the account sign in.
pub fn enable(who: &Who) -> Change {
    switch(who, true).undone_by(switch(who, false))
}

fn switch(who: &Who, enabled: bool) -> Change {
    let verb = if enabled { "let" } else { "do not let" };
    let send =
        Request::patch(who.path()).body(json!({"accountEnabled": enabled})).not_yet(&[Refusal::NotFound]);
    let proof = Proof::is(Request::get(who.path()).select(&["accountEnabled"]), "/accountEnabled", enabled);
    touching(who, Change::new(format!("{verb} {} sign in", who.name()), send, proof))
}

/// Names what a change of this account touches.
pub(crate) fn touching(who: &Who, change: Change) -> Change {
    match who.touch() {
        Some(touch) => change.touching(touch),
        None => change,
    }
}

/// Whether a path is about the account that the plan creates.
#[cfg(test)]
pub(crate) fn is_about_new(change: &Change) -> bool {
    change.send.awaits_account()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adele() -> NewAccount {
        NewAccount {
            user_principal_name: "AdeleV@contoso.com".into(),
            mail_nickname: "AdeleV".into(),
            display_name: "Adele Vance".into(),
            employee_id: "1042".into(),
            profile: json!({"usageLocation": "CH"}).as_object().cloned().unwrap_or_default(),
            manager: None,
        }
    }

    #[test]
    fn an_account_is_created_blocked() {
        let change = create(&adele());
        let body = change.send.graph().unwrap().wire_body("https://graph.microsoft.com/v1.0").unwrap();
        assert_eq!(body["accountEnabled"], json!(false));
        assert_eq!(body["usageLocation"], json!("CH"));
        assert!(change.creates_account);
    }

    #[test]
    fn no_password_is_part_of_the_change() {
        let text = serde_json::to_string(&create(&adele())).unwrap();
        assert!(!text.contains("\"password\""), "{text}");
    }

    #[test]
    fn a_created_account_is_taken_back_by_deleting_it() {
        let undo = create(&adele()).undo.unwrap();
        assert!(is_about_new(&undo));
        assert_eq!(undo.send.graph().unwrap().method(), graph::Method::Delete);
    }

    #[test]
    fn setting_properties_is_taken_back_by_what_they_were() {
        let who = Who::known("87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap(), "Adele Vance");
        let set = json!({"jobTitle": "Buyer"});
        let was = json!({"jobTitle": null});
        let change = update(&who, set.as_object().unwrap(), was.as_object().unwrap());
        assert_eq!(change.undo.unwrap().send.graph().unwrap().wire_body(""), Some(was));
    }

    #[test]
    fn who_is_renamed_is_told_from_what_to_what() {
        let who = Who::known("87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap(), "Alex Wilber");
        let set = json!({"givenName": "Alexander", "jobTitle": "Buyer", "surname": "Wilber"});
        let was = json!({"givenName": "Alex", "jobTitle": "Planner", "surname": null});
        let change = update(&who, set.as_object().unwrap(), was.as_object().unwrap());
        let says = "set givenName, jobTitle, surname of Alex Wilber: givenName from ";
        assert_eq!(change.says, format!("{says}Alex to Alexander"));
        assert_eq!(change.undo.unwrap().says, format!("{says}Alexander to Alex"));
    }

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
