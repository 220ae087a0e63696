//! Contoso's applications that a report on credentials has to cope with, each in its own way.
//!
//! Every date is counted from the seed's own clock: what ends in five hours does so whenever the tenant is set up. All
//! certificates are one that nobody has the key of; nobody can sign in with them.

use std::borrow::Cow;

use serde_json::{Value, json};
use uuid::Uuid;

use super::contoso::person;
use super::estate::{MICROSOFT, SALESFORCE, principal};
use crate::ids::named;
use crate::state::credential::{Federated, Key, KeyType, Secret, Usage};
use crate::state::propagation::Use;
use crate::state::{Directory, Kind, Link, Moment, Object};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A self-signed certificate of "CN=Contoso", good from 2000 to 2049; its key was thrown away.
pub(crate) const CERTIFICATE: &str = concat!(
    "MIICmDCCAYACAQEwDQYJKoZIhvcNAQELBQAwEjEQMA4GA1UEAwwHQ29udG9zbzAeFw0wMDAxMDEwMDAwMDBaFw00OTEyMzEyMzU5",
    "NTlaMBIxEDAOBgNVBAMMB0NvbnRvc28wggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDO8cuZUs3Yv9qUz7E3MNSmanB/",
    "tIXahP1zQVLQEFanhnuHzHXqS4Js8sFHZblb5GTifx+wi8WSornPfojijJjZzl+p3hXA2X8hTxOZq6UDeOx6uBI+y7CKhiMYI5qL",
    "YkAKehPPQ117J+TuGyU3lANhuXaN6drRXvZ77m+pQDMWcPUfh703ImkX0IXarPB61vvjlu8kvt6tTx7ZpOLd0Ea1aXDSgPhHaK+m",
    "DAevzwMiq+DzDxrjOiz1O1iZ6IMBP1euNWP+HQdibT5gxEAf2ZgjqqkMLa9xGXSapBKUQuSgaR9jTJddDzL6/PBC2efBvRy7ys8h",
    "2Zzv5PfHNz9hXHibAgMBAAEwDQYJKoZIhvcNAQELBQADggEBAC2kJiJ2CYRTtp9RFFsV0wg/fxMxKwGqVucP7JqjRsGslBz6+rgu",
    "zEBgiclvJJIxUfuakqWDu0iTqp0qxO2aF6HroOwDx2G1oTILv3QYJ5i1B7HUtL+pcYPsyGQGcKL+qj13tF9dZ5BV9evlOeNNfckn",
    "VXlEF58pWrj+FCXmFe7InGXheqzm56KGC5jW3YDBuGuCFvj2lNxKJfpuLvZ1zhU2VZ+lbU8MrGECfFU4Xm/u9HSUcE6xtAVjRDFH",
    "grYVZzOI7V67tEko0Y3x+atYCBTDxEPECaEKG9GvVkOs2h4OcG8wbd9QDcDsWLUoKFU5w6+OnNMCYd5ANZRFz/TUSEs=",
);
/// Its SHA-1 thumbprint in base64, and as Microsoft Entra ID names a signing key.
pub(crate) const THUMBPRINT: &str = "lMFy8LUbEs1CBF2aEVZsTyc+Vl8=";
const THUMBPRINT_HEX: &str = "94C172F0B51B12CD42045D9A11566C4F273E565F";
/// Who issues the tokens of GitHub's runners.
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Name, aliases of the owners.
type Row = (&'static str, &'static [&'static str]);

const TILL: &str = "Store Till Sync";
const INTRANET: &str = "Legacy Intranet";
const PAYROLL: &str = "Payroll Bridge";
const BADGES: &str = "Badge Printer";
const TRAVEL: &str = "Travel Desk";
const PARTNERS: &str = "Partner Catalogue";
const JANITOR: &str = "Directory Janitor";
const BUILD: &str = "Nightly Build";
const CLOSE: &str = "Quarterly Close";
const PROTOTYPE: &str = "Forgotten Prototype";
const INVENTORY: &str = "inventory-sync";
const POWER_BI: &str = "Power BI Service";
const POWER_BI_ID: &str = "00000009-0000-0000-c000-000000000000";

/// None of them belongs to somebody whose leaving is tried elsewhere.
const ROWS: [Row; 10] = [
    (TILL, &["AlexW"]),
    (INTRANET, &["IsaiahL"]),
    (PAYROLL, &["MiriamG"]),
    (BADGES, &[]),
    (TRAVEL, &["DebraB"]),
    (PARTNERS, &["MiriamG", "IsaiahL"]),
    (JANITOR, &["AlexW"]),
    (BUILD, &["MiriamG"]),
    (CLOSE, &["IsaiahL"]),
    (PROTOTYPE, &["AlexW"]),
];

pub(super) fn add(directory: &mut Directory, now_ms: i64) {
    ROWS.iter().for_each(|row| add_application(directory, row, now_ms));
    directory.put(managed(directory.tenant_id, now_ms));
    directory.put(first_party(now_ms));
    sign_with_saml(directory, now_ms);
    USED.iter().for_each(|row| note_use(directory, row, now_ms));
}

fn application_id(name: &str) -> Uuid {
    named(&format!("application/{name}"))
}

/// The application, and a service principal unless it was forgotten.
fn add_application(directory: &mut Directory, (name, owners): &Row, now_ms: i64) {
    let mut application = plain(name);
    particulars(&mut application, name, now_ms);
    let mut ids = vec![application.id];
    directory.put(application);
    if *name != PROTOTYPE {
        let of_it = service_principal(name, &app_id(name), json!(directory.tenant_id));
        ids.push(of_it.id);
        directory.put(of_it);
    }
    for id in ids {
        owners.iter().for_each(|alias| directory.link(Link::Owner, id, person(alias)));
    }
}

fn app_id(name: &str) -> String {
    named(&format!("appId/{name}")).to_string()
}

fn plain(name: &str) -> Object {
    let mut application = Object::new(application_id(name), Kind::Application);
    let mut set = |name: &'static str, value: Value| application.properties.set(name, value);
    set("appId", json!(app_id(name)));
    set("displayName", json!(name));
    set("createdDateTime", json!(super::contoso::CREATED));
    set("publisherDomain", json!("contoso.com"));
    set("signInAudience", json!("AzureADMyOrg"));
    application
}

/// What makes each of them telling.
fn particulars(application: &mut Object, name: &str, now_ms: i64) {
    let mut set = |name: &'static str, value: Value| application.properties.set(name, value);
    match name {
        BADGES => {
            set("notes", json!("Facilities run it; ask for the key at the reception desk, building 18."));
            set("serviceManagementReference", json!("CMDB-0031245"));
        }
        PARTNERS => set("signInAudience", json!("AzureADMultipleOrgs")),
        JANITOR => set("requiredResourceAccess", far_reaching()),
        CLOSE => set("tags", json!(["tier:gold", "HideApp"])),
        _ => {}
    }
    let credentials = &mut application.credentials;
    match name {
        TILL => credentials
            .secrets
            .push(Secret { end_date_time: Moment(now_ms + 5 * HOUR_MS), ..secret("till", 0, now_ms) }),
        INTRANET => {
            credentials.secrets.push(secret("intranet", -45, now_ms));
            credentials.keys.push(certificate("CN=intranet.contoso.com", -200, now_ms));
        }
        PAYROLL => {
            credentials.keys.push(certificate("CN=payroll.contoso.com", 6, now_ms));
            credentials.keys.push(certificate("CN=payroll.contoso.com (2)", 360, now_ms));
        }
        BADGES => credentials.secrets.push(secret("badges", 13, now_ms)),
        TRAVEL => credentials.secrets.push(secret("travel", 2, now_ms)),
        PARTNERS => credentials.secrets.push(secret("partners", 75, now_ms)),
        JANITOR => credentials.secrets.push(secret("janitor", 500, now_ms)),
        BUILD => credentials.federated.push(trusted()),
        CLOSE => {
            credentials.secrets.push(secret("close", 120, now_ms));
            credentials.keys.push(certificate("CN=close.contoso.com", 700, now_ms));
        }
        _ => credentials.secrets.push(secret("prototype", -400, now_ms)),
    }
}

/// `RoleManagement.ReadWrite.Directory` and `Application.ReadWrite.All` of Microsoft Graph.
fn far_reaching() -> Value {
    json!([{ "resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [
        { "id": "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", "type": "Role" },
        { "id": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "type": "Role" },
    ] }])
}

fn trusted() -> Federated {
    Federated {
        id: named("federated/main"),
        name: "main-branch".into(),
        issuer: ISSUER.into(),
        subject: "repo:contoso/nightly:ref:refs/heads/main".into(),
        description: Some("Builds of the main branch".into()),
        audiences: vec!["api://AzureADTokenExchange".into()],
    }
}

fn service_principal(name: &str, app_id: &str, owner: Value) -> Object {
    let mut of_it = Object::new(principal(name), Kind::ServicePrincipal);
    let mut set = |name: &'static str, value: Value| of_it.properties.set(name, value);
    set("accountEnabled", json!(true));
    set("appDisplayName", json!(name));
    set("appId", json!(app_id));
    set("appOwnerOrganizationId", owner);
    set("displayName", json!(name));
    set("servicePrincipalNames", json!([app_id]));
    set("servicePrincipalType", json!("Application"));
    of_it
}

/// A managed identity, whose certificate Azure renews by itself.
fn managed(tenant_id: Uuid, now_ms: i64) -> Object {
    let mut identity = service_principal(INVENTORY, &app_id(INVENTORY), json!(tenant_id));
    identity.properties.set("servicePrincipalType", "ManagedIdentity");
    let resource = "/subscriptions/1f1a2b3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c/resourcegroups/stores/providers/Microsoft.Web/sites/inventory-sync";
    identity.properties.set("alternativeNames", json!(["isExplicit=False", resource]));
    identity.credentials.keys.push(certificate("CN=inventory-sync", 40, now_ms));
    identity
}

/// One of Microsoft's own, whose credentials are Microsoft's to renew.
fn first_party(now_ms: i64) -> Object {
    let mut of_it = service_principal(POWER_BI, POWER_BI_ID, json!(MICROSOFT));
    of_it.credentials.keys.push(certificate("CN=analysis.windows.net", 10, now_ms));
    of_it
}

/// Salesforce trusts what Microsoft Entra ID signs: a pair of keys, and the secret that the private one is kept with.
fn sign_with_saml(directory: &mut Directory, now_ms: i64) {
    let Some(mut salesforce) = directory.edit(principal(SALESFORCE)) else { return };
    salesforce.properties.set("preferredSingleSignOnMode", "saml");
    salesforce.properties.set("preferredTokenSigningKeyThumbprint", THUMBPRINT_HEX);
    salesforce.properties.set("notificationEmailAddresses", json!(["AllanD@contoso.com"]));
    let name = "CN=Microsoft Azure Federated SSO Certificate";
    let verify = certificate(name, 21, now_ms);
    let key_id = named(&format!("certificate/{name}/Sign"));
    let sign =
        Key { key_id, kind: KeyType::X509CertAndPassword, usage: Usage::Sign, key: None, ..verify.clone() };
    let secret = Secret { key_id, hint: None, ..secret(name, 21, now_ms) };
    salesforce.credentials.keys = vec![sign, verify];
    salesforce.credentials.secrets = vec![secret];
    directory.put(salesforce);
}

/// A credential of an application, and how many days ago it was used last.
const USED: [(&str, &str, i64); 6] = [
    (TILL, "secret/till", 0),
    (PAYROLL, "certificate/CN=payroll.contoso.com", 1),
    (BADGES, "secret/badges", 3),
    (INTRANET, "secret/intranet", 46),
    (CLOSE, "certificate/CN=close.contoso.com", 2),
    (JANITOR, "secret/janitor", 140),
];

fn note_use(directory: &mut Directory, (name, credential, days): &(&str, &str, i64), now_ms: i64) {
    directory.propagation.note_use(Use {
        key_id: named(credential),
        object_id: application_id(name),
        last_sign_in_date_time: Moment(now_ms - days * DAY_MS - HOUR_MS),
        last_sign_in_request_id: named(&format!("use/{credential}")),
        resource_id: principal("Microsoft Graph"),
    });
}

/// So many days after the midnight before.
fn in_days(days: i64, now_ms: i64) -> Moment {
    Moment(now_ms - now_ms.rem_euclid(DAY_MS) + days * DAY_MS)
}

/// A secret that nobody knows the text of.
pub(super) fn secret(name: &str, days: i64, now_ms: i64) -> Secret {
    Secret {
        key_id: named(&format!("secret/{name}")),
        display_name: Some(name.into()),
        start_date_time: in_days(days - 730, now_ms),
        end_date_time: in_days(days, now_ms),
        hint: Some(Cow::Borrowed("q7~")),
        digest: None,
    }
}

pub(super) fn certificate(name: &str, days: i64, now_ms: i64) -> Key {
    Key {
        key_id: named(&format!("certificate/{name}")),
        display_name: Some(name.to_owned().into()),
        kind: KeyType::AsymmetricX509Cert,
        usage: Usage::Verify,
        start_date_time: in_days(days - 730, now_ms),
        end_date_time: in_days(days, now_ms),
        custom_key_identifier: Some(Cow::Borrowed(THUMBPRINT)),
        key: Some(Cow::Borrowed(CERTIFICATE)),
    }
}
