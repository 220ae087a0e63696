//! Delegated grants: what somebody allowed an application to do in their name.
//!
//! There is one grant for each application, resource and person, with all its scopes. Withdrawing it leaves tokens that were
//! issued good for about an hour. A grant for everybody is the tenant's and is not listed here.

use graph::{ObjectId, Path, Refusal, Request};
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Who;
use crate::account::touching;

/// A delegated grant, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// The service principal of the application that may act.
    pub client_id: ObjectId,
    /// `Principal`: for one person; `AllPrincipals`: for everybody.
    pub consent_type: String,
    /// The person.
    #[serde(default)]
    pub principal_id: Option<ObjectId>,
    /// The service principal of what it may act on, such as Microsoft Graph.
    pub resource_id: ObjectId,
    /// What it may do, separated by spaces.
    #[serde(default)]
    pub scope: Option<String>,
}

impl Grant {
    /// Whether it is one person's own.
    pub fn is_own(&self) -> bool {
        self.consent_type == "Principal" && self.principal_id.is_some()
    }

    /// What the application may do, as a list for people.
    pub fn scopes(&self) -> String {
        let scopes = self.scope.as_deref().unwrap_or_default();
        scopes.split_whitespace().collect::<Vec<_>>().join(", ")
    }

    fn body(&self) -> Value {
        json!({
            "clientId": self.client_id, "consentType": self.consent_type, "principalId": self.principal_id,
            "resourceId": self.resource_id, "scope": self.scope,
        })
    }

    fn key(&self) -> Value {
        json!({"clientId": self.client_id, "resourceId": self.resource_id})
    }
}

/// The delegated grants of an account, page by page.
pub fn of(account: Path) -> Request {
    Request::get(account.then("oauth2PermissionGrants")).not_yet(&[Refusal::NotFound])
}

/// The name of an application that may act, as a [`Reference`](crate::account::Reference).
pub fn application(grant: &Grant) -> Request {
    Request::get(Path::new("/servicePrincipals").key(&grant.client_id.to_string()))
        .select(&["id", "displayName"])
}

/// Withdraws what the account allowed the application of this name. A 404 means that somebody was quicker: the grant was
/// listed.
pub fn withdraw(who: &Who, grant: &Grant, application: &str) -> Change {
    let send = Request::delete(grants().key(&grant.id)).already(&[Refusal::NotFound]);
    let proof = Proof::lacks(of(who.path()), "/value", grant.key());
    let says = format!("do not let {application} act for {} any more ({})", who.name(), grant.scopes());
    touching(who, Change::new(says, send, proof)).undone_by(allow(who, grant, application))
}

fn allow(who: &Who, grant: &Grant, application: &str) -> Change {
    let send = Request::post(grants())
        .body(grant.body())
        .already(&[Refusal::GrantHeld])
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let proof = Proof::has(of(who.path()), "/value", grant.key());
    let says = format!("let {application} act for {} again ({})", who.name(), grant.scopes());
    touching(who, Change::new(says, send, proof))
}

fn grants() -> Path {
    Path::new("/oauth2PermissionGrants")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, is_undone_by, line, reading, when_not_found};

    fn read() -> Value {
        json!({
            "id": "l5eW7x0ga0-WDOntXzHateb6qQ", "clientId": "b25985a8-9d2b-4fde-9fa7-6c4e43a8ddec",
            "consentType": "Principal", "principalId": "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
            "resourceId": "a3efc889-f1b7-4532-9e01-91e32d1039f4", "scope": " User.Read Mail.Read",
        })
    }

    fn grant() -> Grant {
        serde_json::from_value(read()).unwrap()
    }

    #[test]
    fn a_grant_is_withdrawn_and_given_back_with_its_scopes() {
        let change = withdraw(&adele(), &grant(), "Contoso Planner");
        assert_eq!(
            change.says,
            "do not let Contoso Planner act for Adele Vance any more (User.Read, Mail.Read)"
        );
        assert_eq!(line(&change), "DELETE /oauth2PermissionGrants/l5eW7x0ga0-WDOntXzHateb6qQ");
        assert!(is_undone_by(
            &change,
            "let Contoso Planner act for Adele Vance again (User.Read, Mail.Read)"
        ));
        let mut created = read();
        created.as_object_mut().unwrap().remove("id");
        assert_eq!(body(change.undo.as_ref().unwrap()), created);
    }

    #[test]
    fn refusals_are_read_by_what_was_asked() {
        let change = withdraw(&adele(), &grant(), "Contoso Planner");
        let undo = change.undo.as_ref().unwrap();
        assert_eq!((when_not_found(&change), when_not_found(undo)), ("already", "not yet"));
        let held = "Permission entry already exists.";
        assert_eq!(reading(undo, 409, "Request_MultipleObjectsWithSameKeyValue", held), "already");
    }

    #[test]
    fn a_grant_for_everybody_is_nobodys_own() {
        let table = [("Principal", true), ("AllPrincipals", false)];
        for (consent_type, own) in table {
            assert_eq!(Grant { consent_type: consent_type.into(), ..grant() }.is_own(), own);
        }
    }

    #[test]
    fn an_application_is_called_as_the_tenant_calls_it() {
        let read = application(&grant());
        assert_eq!(read.path().as_str(), "/servicePrincipals/b25985a8-9d2b-4fde-9fa7-6c4e43a8ddec");
    }
}
