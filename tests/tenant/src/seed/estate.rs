//! Contoso's applications: who owns them, who was given them, and who let them act in their name.
//!
//! Lidia Holloway owns one alone and one together with her manager; Allan Deyoung has one for himself. Microsoft's own
//! carry Microsoft's ids.

use serde_json::{Value, json};
use uuid::Uuid;

use super::contoso::{CREATED, group, person};
use super::leaver::LEAVER;
use crate::ids::named;
use crate::state::{Directory, Kind, Link, Object};

const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
const GRAPH: &str = "Microsoft Graph";
const EXPENSES: &str = "Expense Portal";
const ROADMAP: &str = "Product Roadmap";
const EXPORT: &str = "Telemetry Export";
const SALESFORCE: &str = "Salesforce";
const EXPLORER: &str = "Graph Explorer";

/// Name, application id where it is Microsoft's, owners, roles that users are given, kinds of credentials.
type Row = (
    &'static str,
    Option<&'static str>,
    &'static [&'static str],
    &'static [&'static str],
    &'static [Credential],
);

#[derive(Clone, Copy)]
enum Credential {
    /// With its name and its end.
    Secret(&'static str, &'static str),
    Certificate(&'static str, &'static str),
}

const ROWS: [Row; 6] = [
    (GRAPH, Some("00000003-0000-0000-c000-000000000000"), &[], &[], &[]),
    (EXPLORER, Some("de8bc8b5-d9f9-48b1-a8ad-b748da725064"), &[], &[], &[]),
    (
        EXPENSES,
        None,
        &[LEAVER],
        &["Approver", "Submitter"],
        &[
            Credential::Secret("portal", "2026-04-01T00:00:00Z"),
            Credential::Certificate("CN=expenses.contoso.com", "2026-03-10T00:00:00Z"),
        ],
    ),
    (ROADMAP, None, &[LEAVER, "LeeG"], &[], &[Credential::Secret("roadmap", "2027-01-15T00:00:00Z")]),
    (EXPORT, None, &["AllanD"], &[], &[Credential::Secret("export", "2026-01-31T00:00:00Z")]),
    (SALESFORCE, None, &["AllanD"], &["Standard User"], &[]),
];

/// Who was given what: name of the application, of the role, and whom.
const ASSIGNED: [(&str, &str, Given); 4] = [
    (EXPENSES, "Approver", Given::User(LEAVER)),
    (ROADMAP, "", Given::User(LEAVER)),
    (SALESFORCE, "Standard User", Given::Group("AtlasReaders")),
    (EXPENSES, "Submitter", Given::User("AllanD")),
];

#[derive(Clone, Copy)]
enum Given {
    User(&'static str),
    Group(&'static str),
}

/// Which application may do what in whose name; nobody stands for everybody.
const GRANTED: [(&str, &str, &str); 3] = [
    (EXPLORER, "openid profile User.Read Mail.Read", LEAVER),
    (ROADMAP, "User.Read Files.Read", LEAVER),
    (EXPENSES, "User.Read", ""),
];

fn principal(name: &str) -> Uuid {
    named(&format!("servicePrincipal/{name}"))
}

pub(super) fn add(directory: &mut Directory) {
    ROWS.iter().for_each(|row| add_application(directory, row));
    ASSIGNED.iter().for_each(|row| add_assignment(directory, row));
    GRANTED.iter().for_each(|row| directory.put(grant(row)));
}

/// A service principal, and the application behind it unless that is somebody else's.
fn add_application(directory: &mut Directory, row: &Row) {
    let (name, microsoft, owners, ..) = *row;
    let mut ids = vec![principal(name)];
    if microsoft.is_none() && name != SALESFORCE {
        let application = application(row);
        ids.push(application.id);
        directory.put(application);
    }
    let tenant = directory.tenant_id;
    directory.put(service_principal(row, tenant));
    for id in ids {
        owners.iter().for_each(|alias| directory.link(Link::Owner, id, person(alias)));
    }
}

fn app_id(row: &Row) -> String {
    row.1.map_or_else(|| named(&format!("appId/{}", row.0)).to_string(), str::to_owned)
}

fn application(row: &Row) -> Object {
    let (name, _, _, roles, credentials) = *row;
    let mut application = Object::new(named(&format!("application/{name}")), Kind::Application);
    let mut set = |name: &'static str, value: Value| application.properties.set(name, value);
    set("appId", json!(app_id(row)));
    set("displayName", json!(name));
    set("createdDateTime", json!(CREATED));
    set("publisherDomain", json!("contoso.com"));
    set("signInAudience", json!("AzureADMyOrg"));
    set("appRoles", roles.iter().map(|role| role_json(name, role)).collect());
    set("passwordCredentials", credentials.iter().filter_map(|credential| secret(*credential)).collect());
    set("keyCredentials", credentials.iter().filter_map(|credential| certificate(*credential)).collect());
    application
}

fn service_principal(row: &Row, tenant: Uuid) -> Object {
    let (name, microsoft, _, roles, _) = *row;
    let mut principal = Object::new(principal(name), Kind::ServicePrincipal);
    let mut set = |name: &'static str, value: Value| principal.properties.set(name, value);
    set("appId", json!(app_id(row)));
    set("appDisplayName", json!(name));
    set("displayName", json!(name));
    set("accountEnabled", json!(true));
    set("servicePrincipalType", json!("Application"));
    set("servicePrincipalNames", json!([app_id(row)]));
    set("appOwnerOrganizationId", microsoft.map_or_else(|| json!(tenant), |_| json!(MICROSOFT)));
    set("appRoleAssignmentRequired", json!(!roles.is_empty()));
    set("appRoles", roles.iter().map(|role| role_json(name, role)).collect());
    principal
}

fn role(application: &str, name: &str) -> Uuid {
    if name.is_empty() { Uuid::nil() } else { named(&format!("appRole/{application}/{name}")) }
}

fn role_json(application: &str, name: &str) -> Value {
    json!({
        "id": role(application, name), "displayName": name, "description": name, "value": name.replace(' ', "."),
        "allowedMemberTypes": ["User"], "isEnabled": true, "origin": "Application",
    })
}

fn secret(credential: Credential) -> Option<Value> {
    let Credential::Secret(name, end) = credential else { return None };
    Some(json!({
        "keyId": named(&format!("secret/{name}")), "displayName": name, "hint": "q7~", "secretText": null,
        "customKeyIdentifier": null, "startDateTime": CREATED, "endDateTime": end,
    }))
}

fn certificate(credential: Credential) -> Option<Value> {
    let Credential::Certificate(name, end) = credential else { return None };
    Some(json!({
        "keyId": named(&format!("certificate/{name}")), "displayName": name, "type": "AsymmetricX509Cert", "usage": "Verify",
        "customKeyIdentifier": "lzPpMGW1w3Ha5BvxVRcoBj3nI48=", "key": null, "startDateTime": CREATED, "endDateTime": end,
    }))
}

fn add_assignment(directory: &mut Directory, (application, role_name, given): &(&str, &str, Given)) {
    let (to, kind) = match given {
        Given::User(alias) => (person(alias), "User"),
        Given::Group(nickname) => (group(nickname), "Group"),
    };
    let display_name = directory.live(to).and_then(|object| object.text("displayName").map(str::to_owned));
    let mut assignment =
        Object::new(named(&format!("assignment/{application}/{to}")), Kind::AppRoleAssignment);
    let mut set = |name: &'static str, value: Value| assignment.properties.set(name, value);
    set("appRoleId", json!(role(application, role_name)));
    set("principalId", json!(to));
    set("principalType", json!(kind));
    set("principalDisplayName", json!(display_name));
    set("resourceId", json!(principal(application)));
    set("resourceDisplayName", json!(application));
    set("createdDateTime", json!(CREATED));
    directory.put(assignment);
}

fn grant((client, scope, alias): &(&str, &str, &str)) -> Object {
    let mut grant = Object::new(named(&format!("grant/{client}/{alias}")), Kind::PermissionGrant);
    let mut set = |name: &'static str, value: Value| grant.properties.set(name, value);
    set("clientId", json!(principal(client)));
    set("resourceId", json!(principal(GRAPH)));
    set("scope", json!(scope));
    set("consentType", json!(if alias.is_empty() { "AllPrincipals" } else { "Principal" }));
    if !alias.is_empty() {
        set("principalId", json!(person(alias)));
    }
    grant
}
