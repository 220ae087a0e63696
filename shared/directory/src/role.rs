//! Directory roles: who holds or may take one, and taking it away.
//!
//! Nothing here hands out a role of its own accord. A role is given in one way only, as the undo of taking the very same
//! assignment away, so the run's record has to hold what it gives back. That is a limit of this code and none of the
//! permission: who may take roles away may give them as well, to anybody. `RoleManagement.ReadWrite.Directory` and
//! `RoleEligibilitySchedule.ReadWrite.Directory` are therefore for tenants that want this, and a function does without.
//!
//! Roles that an account holds through a group are the group's ([`leave`](crate::group::leave)), and are not listed here.

use graph::{ObjectId, Path, Refusal, Request, odata};
use jiff::Timestamp;
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Who;
use crate::account::{Reference, touching};

/// The scope of a role that counts for the whole tenant.
const TENANT: &str = "/";

/// What a policy of Privileged Identity Management may want to be told.
const WHY_ENDED: &str = "The account is being offboarded";
const WHY_GIVEN: &str = "The offboarding of the account is taken back";

/// The directory roles of Microsoft's that an account holds itself, for the whole tenant: roles within an administrative unit
/// and roles of the tenant's own are no memberships, and only [`assignments_of`] tells of them, which takes another
/// permission. Roles it holds through a group are the group's
/// ([`is_assignable_to_role`](crate::group::Group::is_assignable_to_role)).
pub fn held_by(account: Path) -> Request {
    Request::get(account.then("memberOf").then("microsoft.graph.directoryRole"))
        .select(&["id"])
        .not_yet(&[Refusal::NotFound])
}

/// A role, to whom and where it counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// The principal that holds it.
    pub principal_id: ObjectId,
    /// The role.
    pub role_definition_id: ObjectId,
    /// The object it is limited to, such as `/administrativeUnits/…`; `/` for the whole tenant.
    #[serde(default)]
    pub directory_scope_id: Option<String>,
    /// The role with its name, where that was read.
    #[serde(default)]
    pub role_definition: Option<Reference>,
}

impl Role {
    /// The role's name for people, with what it is limited to.
    pub fn name(&self) -> String {
        let role = self.role_definition.as_ref().and_then(|role| role.display_name.clone());
        let role = role.unwrap_or_else(|| self.role_definition_id.to_string());
        match self.scope() {
            TENANT => role,
            scope => format!("{role} (limited to {scope})"),
        }
    }

    fn scope(&self) -> &str {
        self.directory_scope_id.as_deref().unwrap_or(TENANT)
    }

    fn body(&self) -> Value {
        json!({
            "principalId": self.principal_id,
            "roleDefinitionId": self.role_definition_id,
            "directoryScopeId": self.scope(),
        })
    }
}

/// A role that is held, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Assignment {
    /// Its id.
    pub id: String,
    /// What is assigned.
    #[serde(flatten)]
    pub role: Role,
}

/// A role that may be taken, for a while and with a reason, in Privileged Identity Management; as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Eligibility {
    /// What may be taken.
    #[serde(flatten)]
    pub role: Role,
    /// `Direct`, `Group`, `Inherited`.
    #[serde(default)]
    pub member_type: Option<String>,
    /// When it ends by itself.
    #[serde(default)]
    pub end_date_time: Option<Timestamp>,
}

impl Eligibility {
    /// Whether it is the principal's own. That of a group ends with the membership.
    pub fn is_direct(&self) -> bool {
        !matches!(self.member_type.as_deref(), Some("Group" | "Inherited"))
    }
}

/// The roles that a principal holds itself, with their names.
pub fn assignments_of(principal: &ObjectId) -> Request {
    with_names(of("roleAssignments", principal))
}

/// The roles that a principal may take, with their names. Needs Microsoft Entra ID P2: without it this is refused
/// ([`Refusal::PremiumNeeded`] or [`Refusal::Denied`]).
pub fn eligibilities_of(principal: &ObjectId) -> Request {
    with_names(of("roleEligibilityScheduleInstances", principal))
}

/// Takes away a role that is held. A 404 means that somebody was quicker: the assignment was listed.
pub fn take_away(who: &Who, assignment: &Assignment) -> Change {
    let send = Request::delete(roles("roleAssignments").key(&assignment.id)).already(&[Refusal::NotFound]);
    let read = of("roleAssignments", &assignment.role.principal_id);
    let proof = Proof::lacks(read, "/value", assignment.role.body());
    let says = format!("take the role {} from {}", assignment.role.name(), who.name());
    touching(who, Change::new(says, send, proof)).undone_by(give_back(who, &assignment.role))
}

fn give_back(who: &Who, role: &Role) -> Change {
    let send = Request::post(roles("roleAssignments"))
        .body(role.body())
        .already(&[Refusal::RoleHeld])
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let proof = Proof::has(of("roleAssignments", &role.principal_id), "/value", role.body());
    let says = format!("give the role {} back to {}", role.name(), who.name());
    touching(who, Change::new(says, send, proof))
}

/// Ends that the account may take a role.
pub fn end_eligibility(who: &Who, eligibility: &Eligibility) -> Change {
    let role = &eligibility.role;
    let send = ask("adminRemove", role, json!({"justification": WHY_ENDED}))
        .already(&[Refusal::RoleNotHeld, Refusal::NotFound]);
    let proof = Proof::lacks(may_take(role), "/value", role.body());
    let says = format!("do not let {} take the role {}", who.name(), role.name());
    touching(who, Change::new(says, send, proof)).undone_by(make_eligible(who, eligibility))
}

/// From then on, and until it would have ended. Policies that want an end for everybody refuse what had none.
fn make_eligible(who: &Who, eligibility: &Eligibility) -> Change {
    let role = &eligibility.role;
    let expiration = match eligibility.end_date_time {
        Some(end) => json!({"type": "afterDateTime", "endDateTime": end}),
        None => json!({"type": "noExpiration"}),
    };
    let more = json!({"justification": WHY_GIVEN, "scheduleInfo": {"expiration": expiration}});
    let send = ask("adminAssign", role, more)
        .already(&[Refusal::RoleHeld])
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let proof = Proof::has(may_take(role), "/value", role.body());
    let says = format!("let {} take the role {} again", who.name(), role.name());
    touching(who, Change::new(says, send, proof))
}

fn ask(action: &str, role: &Role, more: Value) -> Request {
    let mut body = role.body();
    body["action"] = action.into();
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    Request::post(roles("roleEligibilityScheduleRequests")).body(body)
}

fn may_take(role: &Role) -> Request {
    of("roleEligibilityScheduleInstances", &role.principal_id)
}

fn of(collection: &str, principal: &ObjectId) -> Request {
    Request::get(roles(collection)).filter(&odata::eq("principalId", &principal.to_string()))
}

fn with_names(read: Request) -> Request {
    read.query("$expand", "roleDefinition")
}

fn roles(collection: &str) -> Path {
    Path::new("/roleManagement/directory").then(collection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, is_undone_by, line, reading, when_not_found};

    const READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

    fn read(scope: Option<&str>) -> Value {
        json!({
            "id": "lAPpYvVpN0KRkAEhdxReEJC2sEqbR_9Hr48lds9SGHI-1",
            "principalId": "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "roleDefinitionId": READER,
            "directoryScopeId": scope, "roleDefinition": {"id": READER, "displayName": "Global Reader"},
        })
    }

    #[test]
    fn the_assignments_of_one_principal_are_read_with_their_names() {
        let id = "87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap();
        let principal = "principalId%20eq%20'87d349ed-44d7-43e1-9a83-5f2406dee5bd'";
        assert_eq!(
            assignments_of(&id).target(),
            format!("/roleManagement/directory/roleAssignments?$filter={principal}&$expand=roleDefinition")
        );
    }

    #[test]
    fn a_role_is_taken_away_and_just_that_one_given_back() {
        let unit = "/administrativeUnits/3a2b0a1e-5b1c-4c0e-9a57-0a4ce2b1f0aa";
        let table = [
            (None, "/", "Global Reader"),
            (Some("/"), "/", "Global Reader"),
            (Some(unit), unit, &*format!("Global Reader (limited to {unit})")),
        ];
        for (scope, wire, name) in table {
            let assignment: Assignment = serde_json::from_value(read(scope)).unwrap();
            let change = take_away(&adele(), &assignment);
            assert_eq!(change.says, format!("take the role {name} from Adele Vance"));
            assert_eq!(
                line(&change),
                "DELETE /roleManagement/directory/roleAssignments/lAPpYvVpN0KRkAEhdxReEJC2sEqbR_9Hr48lds9SGHI-1"
            );
            assert!(is_undone_by(&change, &format!("give the role {name} back to Adele Vance")));
            let undo = change.undo.unwrap();
            let principal = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
            assert_eq!(
                body(&undo),
                json!({"principalId": principal, "roleDefinitionId": READER, "directoryScopeId": wire})
            );
        }
    }

    #[test]
    fn an_eligibility_ends_and_comes_back_for_as_long_as_it_had() {
        let table = [
            (json!(null), json!({"type": "noExpiration"})),
            (
                json!("2027-01-01T00:00:00Z"),
                json!({"type": "afterDateTime", "endDateTime": "2027-01-01T00:00:00Z"}),
            ),
        ];
        for (end, expiration) in table {
            let mut role = read(Some("/"));
            role["endDateTime"] = end;
            let change = end_eligibility(&adele(), &serde_json::from_value(role).unwrap());
            assert_eq!(change.says, "do not let Adele Vance take the role Global Reader");
            assert_eq!(line(&change), "POST /roleManagement/directory/roleEligibilityScheduleRequests");
            assert_eq!(body(&change)["action"], "adminRemove");
            assert!(is_undone_by(&change, "let Adele Vance take the role Global Reader again"));
            let undo = body(change.undo.as_ref().unwrap());
            assert_eq!(
                (&undo["action"], &undo["scheduleInfo"]["expiration"]),
                (&json!("adminAssign"), &expiration)
            );
            assert_eq!(undo["roleDefinitionId"], READER);
        }
    }

    #[test]
    fn only_what_is_the_principals_own_can_be_ended() {
        let table =
            [(None, true), (Some("Direct"), true), (Some("Group"), false), (Some("Inherited"), false)];
        for (member_type, direct) in table {
            let mut role = read(None);
            role["memberType"] = json!(member_type);
            let eligibility: Eligibility = serde_json::from_value(role).unwrap();
            assert_eq!(eligibility.is_direct(), direct, "{member_type:?}");
        }
    }

    #[test]
    fn refusals_are_read_by_what_was_asked() {
        let assignment: Assignment = serde_json::from_value(read(None)).unwrap();
        let eligibility: Eligibility = serde_json::from_value(read(None)).unwrap();
        let taken = take_away(&adele(), &assignment);
        let ended = end_eligibility(&adele(), &eligibility);
        let table = [
            (&taken, "already", "refused"),
            (taken.undo.as_deref().unwrap(), "not yet", "already"),
            (&ended, "already", "refused"),
            (ended.undo.as_deref().unwrap(), "not yet", "already"),
        ];
        for (change, not_found, held) in table {
            assert_eq!(when_not_found(change), not_found, "{}", change.says);
            assert_eq!(reading(change, 400, "RoleAssignmentExists", ""), held, "{}", change.says);
        }
        assert_eq!(reading(&ended, 400, "RoleAssignmentDoesNotExist", ""), "already");
    }
}
