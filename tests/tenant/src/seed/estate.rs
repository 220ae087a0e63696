//! Contoso's applications: who owns them, who was given them, and who let them act in their name.
//!
//! Lidia Holloway owns one alone and one together with her manager; Allan Deyoung has one for himself. Microsoft's own
//! carry Microsoft's ids.

use serde_json::{Value, json};
use uuid::Uuid;

use super::applications::{certificate, secret};
use super::contoso::{CREATED, group, person};
use super::leaver::LEAVER;
use crate::ids::named;
use crate::state::{Directory, Kind, Link, Object};

pub(super) const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
const GRAPH: &str = "Microsoft Graph";
const EXPENSES: &str = "Expense Portal";
const ROADMAP: &str = "Product Roadmap";
const EXPORT: &str = "Telemetry Export";
pub(super) const SALESFORCE: &str = "Salesforce";
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
    /// With its name and in how many days, counted from midnight, it ends.
    Secret(&'static str, i64),
    Certificate(&'static str, i64),
}

const ROWS: [Row; 6] = [
    (GRAPH, Some("00000003-0000-0000-c000-000000000000"), &[], &[], &[]),
    (EXPLORER, Some("de8bc8b5-d9f9-48b1-a8ad-b748da725064"), &[], &[], &[]),
    (
        EXPENSES,
        None,
        &[LEAVER],
        &["Approver", "Submitter"],
        &[Credential::Secret("portal", 30), Credential::Certificate("CN=expenses.contoso.com", 8)],
    ),
    (ROADMAP, None, &[LEAVER, "LeeG"], &[], &[Credential::Secret("roadmap", 319)]),
    (EXPORT, None, &["AllanD"], &[], &[Credential::Secret("export", -30)]),
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

pub(super) fn principal(name: &str) -> Uuid {
    named(&format!("servicePrincipal/{name}"))
}

pub(super) fn add(directory: &mut Directory, now_ms: i64) {
    ROWS.iter().for_each(|row| add_application(directory, row, now_ms));
    ASSIGNED.iter().for_each(|row| add_assignment(directory, row));
    GRANTED.iter().for_each(|row| directory.put(grant(row)));
}

/// A service principal, and the application behind it unless that is somebody else's.
fn add_application(directory: &mut Directory, row: &Row, now_ms: i64) {
    let (name, microsoft, owners, ..) = *row;
    let mut ids = vec![principal(name)];
    if microsoft.is_none() && name != SALESFORCE {
        let application = application(row, now_ms);
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

fn application(row: &Row, now_ms: i64) -> Object {
    let (name, _, _, roles, credentials) = *row;
    let mut application = Object::new(named(&format!("application/{name}")), Kind::Application);
    let mut set = |name: &'static str, value: Value| application.properties.set(name, value);
    set("appId", json!(app_id(row)));
    set("displayName", json!(name));
    set("createdDateTime", json!(CREATED));
    set("publisherDomain", json!("contoso.com"));
    set("signInAudience", json!("AzureADMyOrg"));
    set("appRoles", roles.iter().map(|role| role_json(name, role)).collect());
    for credential in credentials {
        match *credential {
            Credential::Secret(name, days) => {
                application.credentials.secrets.push(secret(name, days, now_ms))
            }
            Credential::Certificate(name, days) => {
                application.credentials.keys.push(certificate(name, days, now_ms))
            }
        }
    }
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
