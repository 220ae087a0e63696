//! What the leaver could still come in by.

use crate::*;

#[test]
fn which_methods_are_removed() {
    let has = |kind: &str, more: Value| {
        let method = with(json!({"id": "m", "@odata.type": format!("#microsoft.graph.{kind}")}), more);
        known(Rest { methods: vec![read(method)], ..nothing() })
    };
    decides(vec![
        ("the password stays", want(json!({})), has("passwordAuthenticationMethod", json!({})), &[]),
        (
            "a phone",
            want(json!({})),
            has("phoneAuthenticationMethod", json!({"phoneType": "mobile"})),
            &["1| remove the phone (mobile) of Lidia Holloway (cannot be undone)"],
        ),
        (
            "a pass",
            want(json!({})),
            has("temporaryAccessPassAuthenticationMethod", json!({})),
            &["1| remove the Temporary Access Pass of Lidia Holloway (cannot be undone)"],
        ),
        (
            "one of a kind that was not known",
            want(json!({})),
            has("palmVeinAuthenticationMethod", json!({})),
            &["left method"],
        ),
    ]);
}

#[test]
fn which_roles_applications_and_grants_are_taken() {
    let role = |more: Value| {
        with(
            json!({"id": "r", "principalId": id(1), "roleDefinitionId": id(70), "directoryScopeId": "/",
                   "roleDefinition": {"id": id(70), "displayName": "User Administrator"}}),
            more,
        )
    };
    let eligible =
        |kind: &str| Rest { eligibilities: Some(vec![read(role(json!({"memberType": kind})))]), ..nothing() };
    let app = |kind: &str| Rest {
        app_roles: vec![read(json!({
            "id": "a", "appRoleId": "00000000-0000-0000-0000-000000000000", "principalId": id(1),
            "principalType": kind, "resourceId": id(60), "resourceDisplayName": "Payroll",
        }))],
        ..nothing()
    };
    let grant = json!({
        "id": "g", "clientId": id(60), "consentType": "Principal", "principalId": id(1), "resourceId": id(61),
        "scope": "Mail.Read offline_access",
    });
    decides(vec![
        (
            "a role",
            want(json!({})),
            known(Rest { roles: vec![read(role(json!({})))], ..nothing() }),
            &["1| take the role User Administrator from Lidia Holloway"],
        ),
        (
            "a role that may be taken",
            want(json!({})),
            known(eligible("Direct")),
            &["1| do not let Lidia Holloway take the role User Administrator"],
        ),
        ("one that a group may take", want(json!({})), known(eligible("Group")), &[]),
        (
            "nobody can say",
            want(json!({})),
            known(Rest { eligibilities: None, ..nothing() }),
            &["note eligibilities-unseen"],
        ),
        (
            "an application",
            want(json!({})),
            known(app("User")),
            &["1| take the application Payroll from Lidia Holloway"],
        ),
        ("one that comes with a group", want(json!({})), known(app("Group")), &[]),
        (
            "what an application may do",
            want(json!({})),
            known(Rest { grants: vec![(read(grant), "Calendly".into())], ..nothing() }),
            &["1| do not let Calendly act for Lidia Holloway any more (Mail.Read, offline_access)"],
        ),
    ]);
}
