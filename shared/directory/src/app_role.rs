//! App roles: which applications somebody was let into, and as what.
//!
//! Those that come with a group are listed here as well and end with the membership ([`leave`](crate::group::leave)); only
//! one's own can be taken away.

use graph::{ObjectId, Path, Refusal, Request};
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Who;
use crate::account::touching;

/// The role of who is let in without any.
const NO_ROLE: &str = "00000000-0000-0000-0000-000000000000";

/// An app role that a principal holds, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// Its id.
    pub id: String,
    /// The role, one of those that the application names; all zeros where it names none.
    pub app_role_id: String,
    /// Who holds it: the account, or one of its groups.
    pub principal_id: ObjectId,
    /// `User`, `Group`, `ServicePrincipal`.
    #[serde(default)]
    pub principal_type: Option<String>,
    /// The service principal of the application.
    pub resource_id: ObjectId,
    /// The application's name for people.
    #[serde(default)]
    pub resource_display_name: Option<String>,
    /// The role's name for people: the application tells it, not the assignment.
    #[serde(skip)]
    pub role_name: Option<String>,
}

/// The app roles that an application names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// Each with its id and its name for people.
    #[serde(default)]
    pub app_roles: Vec<Role>,
}

/// An app role, as its application names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Its id.
    pub id: String,
    /// Its name for people.
    #[serde(default)]
    pub display_name: Option<String>,
}

impl Assignment {
    /// The application's name for people, with the role if it is not just being let in.
    pub fn name(&self) -> String {
        let application = self.resource_display_name.clone().unwrap_or_else(|| self.resource_id.to_string());
        match self.app_role_id.as_str() {
            NO_ROLE => application,
            role => format!("{application} (role {})", self.role_name.as_deref().unwrap_or(role)),
        }
    }

    /// Whether it is more than just being let in, so that its name has to be [looked up](offered).
    pub fn is_role(&self) -> bool {
        self.app_role_id != NO_ROLE
    }

    /// The same, with the name that its application gives to the role.
    #[must_use]
    pub fn called_as_in(self, offer: &Offer) -> Self {
        let role = offer.app_roles.iter().find(|role| role.id == self.app_role_id);
        Self { role_name: role.and_then(|role| role.display_name.clone()), ..self }
    }

    /// Whether it is the account's own, and not that of a group.
    pub fn is_direct(&self) -> bool {
        self.principal_type.as_deref() != Some("Group")
    }

    fn body(&self) -> Value {
        json!({
            "principalId": self.principal_id, "resourceId": self.resource_id, "appRoleId": self.app_role_id,
        })
    }
}

/// The app roles of an account, its own and those of the groups it is a direct member of, page by page.
pub fn of(account: Path) -> Request {
    Request::get(account.then("appRoleAssignments")).not_yet(&[Refusal::NotFound])
}

/// Reads what the roles of the application are called that this one is of.
pub fn offered(assignment: &Assignment) -> Request {
    Request::get(Path::new("/servicePrincipals").key(&assignment.resource_id.to_string()))
        .select(&["appRoles"])
}

/// Takes the account's own app role away. A 404 means that somebody was quicker: the assignment was listed.
pub fn take_away(who: &Who, assignment: &Assignment) -> Change {
    let path = who.path().then("appRoleAssignments").key(&assignment.id);
    let send = Request::delete(path).already(&[Refusal::NotFound]);
    let proof = Proof::lacks(of(who.path()), "/value", assignment.body());
    let says = format!("take the application {} from {}", assignment.name(), who.name());
    touching(who, Change::new(says, send, proof)).undone_by(give_back(who, assignment))
}

fn give_back(who: &Who, assignment: &Assignment) -> Change {
    let send = Request::post(who.path().then("appRoleAssignments"))
        .body(assignment.body())
        .already(&[Refusal::AppRoleHeld])
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let proof = Proof::has(of(who.path()), "/value", assignment.body());
    let says = format!("give the application {} back to {}", assignment.name(), who.name());
    touching(who, Change::new(says, send, proof))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, is_undone_by, line, reading, when_not_found};

    fn assignment(role: &str, principal_type: &str) -> Assignment {
        serde_json::from_value(json!({
            "id": "SUVJhMtE40OhqYQ6MTZkTwjQ", "appRoleId": role, "principalType": principal_type,
            "principalId": "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
            "resourceId": "7ea9e944-71ce-443d-811c-71e8047b557a", "resourceDisplayName": "Payroll",
        }))
        .unwrap()
    }

    #[test]
    fn an_app_role_is_taken_away_and_given_back_as_it_was() {
        let clerk = "8b292bda-39b8-4f39-8b04-7e5f0b9d3c11";
        for (role, name) in [(NO_ROLE, "Payroll"), (clerk, &*format!("Payroll (role {clerk})"))] {
            let change = take_away(&adele(), &assignment(role, "User"));
            assert_eq!(change.says, format!("take the application {name} from Adele Vance"));
            let path = "/users/87d349ed-44d7-43e1-9a83-5f2406dee5bd/appRoleAssignments";
            assert_eq!(line(&change), format!("DELETE {path}/SUVJhMtE40OhqYQ6MTZkTwjQ"));
            assert!(is_undone_by(&change, &format!("give the application {name} back to Adele Vance")));
            let undo = change.undo.as_ref().unwrap();
            assert_eq!(line(undo), format!("POST {path}"));
            assert_eq!(body(undo), assignment(role, "User").body());
        }
    }

    #[test]
    fn a_role_is_called_as_its_application_calls_it() {
        let clerk = "8b292bda-39b8-4f39-8b04-7e5f0b9d3c11";
        let offer =
            |name: Value| serde_json::from_value(json!({"appRoles": [{"id": clerk, "displayName": name}]}));
        let table = [
            (offer(json!("Clerk")).unwrap(), "Payroll (role Clerk)".to_owned()),
            (offer(json!(null)).unwrap(), format!("Payroll (role {clerk})")),
            (Offer::default(), format!("Payroll (role {clerk})")),
        ];
        for (offer, name) in table {
            assert_eq!(assignment(clerk, "User").called_as_in(&offer).name(), name);
        }
        assert!(assignment(clerk, "User").is_role() && !assignment(NO_ROLE, "User").is_role());
        let line = "/servicePrincipals/7ea9e944-71ce-443d-811c-71e8047b557a";
        assert!(offered(&assignment(clerk, "User")).target().starts_with(line));
    }

    #[test]
    fn refusals_are_read_by_what_was_asked() {
        let change = take_away(&adele(), &assignment(NO_ROLE, "User"));
        let undo = change.undo.as_ref().unwrap();
        assert_eq!((when_not_found(&change), when_not_found(undo)), ("already", "not yet"));
        let held = "Permission being assigned already exists on the object";
        assert_eq!(reading(undo, 400, "Request_BadRequest", held), "already");
        assert_eq!(reading(undo, 400, "Request_BadRequest", "Not a valid reference update"), "not yet");
    }

    #[test]
    fn what_comes_with_a_group_is_not_the_accounts_own() {
        assert!(assignment(NO_ROLE, "User").is_direct());
        assert!(!assignment(NO_ROLE, "Group").is_direct());
    }
}
