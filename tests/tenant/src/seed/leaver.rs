//! What one person has gathered over the years: Lidia Holloway, for whoever wants to see somebody leave.
//!
//! Forty groups of every kind, some of them hers alone; three licences, one of them through a group; five devices, joined
//! in every way there is; a method of every type. An administrator (Allan Deyoung) and somebody mastered on premises (Ben
//! Walters) have a little of the same.

use serde_json::{Value, json};

use super::contoso::{CREATED, add_group, direct, group, person};
use super::groups::{Row, Sort};
use crate::ids::named;
use crate::state::{Directory, Kind, Link, Object, definitions};

pub(super) const LEAVER: &str = "LidiaH";
/// Licences she holds beside the one everybody in her job has.
pub(super) const DIRECT: &str = "FLOW_FREE";
const HANDED: (&str, &str) = ("LicensingPowerBI", "POWER_BI_STANDARD");

const PRODUCTS: [&str; 8] =
    ["Atlas", "Borealis", "Cascade", "Delta", "Everest", "Fjord", "Glacier", "Horizon"];
const OF_A_PRODUCT: [(&str, Sort); 4] = [
    ("Team", Sort::Microsoft365),
    ("Readers", Sort::Security),
    ("Reviewers", Sort::Security),
    ("Builds", Sort::Security),
];
/// Groups that are hers alone, or hers among others; the rest are her manager's.
const OWNED: [(&str, &[&str]); 3] =
    [("AtlasTeam", &[LEAVER]), ("BorealisTeam", &[LEAVER, "LeeG"]), ("CascadeReaders", &[LEAVER])];
const OTHERS: [Row<'static>; 8] = [
    ("Product Announcements", "ProductAnnouncements", Sort::Distribution, &["LeeG"], &[LEAVER, "JohannaL"]),
    ("Product Leads", "ProductLeads", Sort::MailSecurity, &["LeeG"], &[LEAVER]),
    ("All Product Managers", "AllProductManagers", Sort::Dynamic, &["LeeG"], &[LEAVER]),
    ("Building 20 Badges", "Building20Badges", Sort::Synced, &[], &[LEAVER]),
    ("Licensing Power BI", HANDED.0, Sort::Security, &["AllanD"], &[LEAVER]),
    ("Product Confidential", "ProductConfidential", Sort::Microsoft365, &["LeeG"], &[LEAVER]),
    ("Design Council", "DesignCouncil", Sort::Microsoft365, &["LeeG"], &[LEAVER, "GradyA"]),
    ("Product Backlog", "ProductBacklog", Sort::Security, &["LeeG"], &[LEAVER]),
];

/// Groups, devices, methods, and a role she may make use of.
pub(super) fn add(directory: &mut Directory) {
    add_groups(directory);
    DEVICES.iter().for_each(|row| add_device(directory, row));
    add_methods(directory);
    add_eligibility(directory);
    add_roles_beside_memberships(directory);
}

fn add_eligibility(directory: &mut Directory) {
    let mut held = Object::new(named("eligibility/lidia"), Kind::RoleEligibility);
    let mut set = |name: &'static str, value: Value| held.properties.set(name, value);
    set("roleDefinitionId", json!(definitions::id_of("Power Platform Administrator")));
    set("principalId", json!(person(LEAVER)));
    set("directoryScopeId", json!("/"));
    set("memberType", json!("Direct"));
    set("startDateTime", json!(CREATED));
    set("roleEligibilityScheduleId", json!(named("eligibility/lidia/schedule")));
    directory.put(held);
}

/// A role within an administrative unit, and one of Contoso's own: neither is a membership.
fn add_roles_beside_memberships(directory: &mut Directory) {
    let mut own = Object::new(named("role/Application Support"), Kind::RoleDefinition);
    own.properties.set("displayName", "Application Support");
    own.properties.set("description", "Sees what applications are registered");
    own.properties.set("templateId", json!(own.id));
    own.properties.set("isBuiltIn", false);
    own.properties.set("isEnabled", true);
    own.properties.set("resourceScopes", json!(["/"]));
    own.properties.set("version", "1");
    let unit = format!("/administrativeUnits/{}", named("unit/Switzerland"));
    let within = definitions::id_of("User Administrator");
    add_assignment(directory, "HenriettaM", json!(own.id), "/");
    directory.put(own);
    add_assignment(directory, "JoniS", json!(within), &unit);
}

fn add_assignment(directory: &mut Directory, alias: &str, role: Value, scope: &str) {
    let mut held = Object::new(named(&format!("assignment/{alias}")), Kind::RoleAssignment);
    held.properties.set("roleDefinitionId", role);
    held.properties.set("principalId", json!(person(alias)));
    held.properties.set("principalOrganizationId", json!(directory.tenant_id));
    held.properties.set("directoryScopeId", scope);
    directory.put(held);
}

fn add_groups(directory: &mut Directory) {
    for product in PRODUCTS {
        for (part, sort) in OF_A_PRODUCT {
            let (name, nickname) = (format!("{product} {part}"), format!("{product}{part}"));
            let owners =
                OWNED.iter().find(|(owned, _)| *owned == nickname).map_or(&["LeeG"][..], |row| row.1);
            add_group(directory, &(&name, &nickname, sort, owners, &[LEAVER, "JohannaL"]));
            make_team(directory, &nickname);
        }
    }
    OTHERS.iter().for_each(|row| add_group(directory, row));
    if let Some(mut licensing) = directory.edit(group(HANDED.0)) {
        licensing.licences = vec![direct(HANDED.1)];
        directory.put(licensing);
    }
}

/// A Microsoft 365 group is a team, too; owners of teams are members.
fn make_team(directory: &mut Directory, nickname: &str) {
    let Some(mut team) = directory.edit(group(nickname)).filter(|group| group.has_group_type("Unified"))
    else {
        return;
    };
    let id = team.id;
    team.properties.set("resourceProvisioningOptions", json!(["Team"]));
    directory.put(team);
    for owner in directory.targets(Link::Owner, id, directory.truth()) {
        directory.link(Link::Member, id, owner.id);
    }
}

/// Name, alias of its owner, operating system and version, how it is joined, whether Intune manages it.
type Device = (&'static str, &'static str, &'static str, &'static str, &'static str, bool);

const DEVICES: [Device; 7] = [
    ("LIDIAH-LAPTOP", LEAVER, "Windows", "10.0.26100.4652", "AzureAd", true),
    ("LIDIAH-DESKTOP", LEAVER, "Windows", "10.0.22631.5624", "ServerAd", false),
    ("Lidia's iPhone", LEAVER, "IOS", "18.5", "Workplace", true),
    ("Lidia's MacBook", LEAVER, "MacMDM", "15.5", "AzureAd", false),
    ("lidiah-build01", LEAVER, "Linux", "24.04", "AzureAd", false),
    ("ALLAND-LAPTOP", "AllanD", "Windows", "10.0.26100.4652", "AzureAd", true),
    ("BENW-LAPTOP", "BenW", "Windows", "10.0.22631.5624", "ServerAd", false),
];

fn add_device(directory: &mut Directory, row: &Device) {
    let (name, owner, system, version, trust, is_managed) = *row;
    let mut device = Object::new(named(&format!("device/{name}")), Kind::Device);
    let mut set = |name: &'static str, value: Value| device.properties.set(name, value);
    set("deviceId", json!(named(&format!("deviceId/{name}"))));
    set("displayName", json!(name));
    set("accountEnabled", json!(true));
    set("operatingSystem", json!(system));
    set("operatingSystemVersion", json!(version));
    set("trustType", json!(trust));
    set("profileType", json!("RegisteredDevice"));
    set("isManaged", json!(is_managed));
    set("isCompliant", json!(is_managed));
    set("registrationDateTime", json!(CREATED));
    set("approximateLastSignInDateTime", json!("2026-02-27T16:40:00Z"));
    if trust == "ServerAd" {
        set("onPremisesSyncEnabled", json!(true));
        set("onPremisesLastSyncDateTime", json!(CREATED));
    }
    let id = device.id;
    directory.put(device);
    directory.link(Link::RegisteredOwner, id, person(owner));
    directory.link(Link::RegisteredUser, id, person(owner));
    if is_managed {
        directory.put(managed(row));
    }
}

/// What Intune knows of a device.
fn managed((name, owner, system, version, trust, _): &Device) -> Object {
    let mut managed = Object::new(named(&format!("managedDevice/{name}")), Kind::ManagedDevice);
    let mut set = |name: &'static str, value: Value| managed.properties.set(name, value);
    set("deviceName", json!(name));
    set("azureADDeviceId", json!(named(&format!("deviceId/{name}"))));
    set("azureADRegistered", json!(true));
    set("userId", json!(person(owner)));
    set("userPrincipalName", json!(format!("{owner}@contoso.com")));
    set("operatingSystem", json!(system));
    set("osVersion", json!(version));
    set("managementState", json!("managed"));
    set("complianceState", json!("compliant"));
    set("managedDeviceOwnerType", json!(if *trust == "Workplace" { "personal" } else { "company" }));
    set("enrolledDateTime", json!(CREATED));
    set("lastSyncDateTime", json!("2026-02-27T16:40:00Z"));
    managed
}

fn add_methods(directory: &mut Directory) {
    let authenticator = authenticator(LEAVER);
    let default = authenticator["id"].as_str().unwrap_or_default().to_owned();
    directory.default_methods.insert(person(LEAVER), default);
    directory.methods.insert(person(LEAVER), everything(authenticator));
    for alias in ["AllanD", "BenW"] {
        let authenticator = self::authenticator(alias);
        let default = authenticator["id"].as_str().unwrap_or_default().to_owned();
        directory.default_methods.insert(person(alias), default);
        directory.methods.insert(person(alias), vec![phone("+1 2065550101"), authenticator]);
    }
}

/// One method of every type; the one she is asked for first stands first, so that clearing in order meets a refusal.
fn everything(authenticator: Value) -> Vec<Value> {
    vec![
        authenticator,
        phone("+41 791234567"),
        method(
            "email",
            "3ddfcfc8-9383-446f-83cc-3ab9be4be18f",
            json!({ "emailAddress": "lidia.holloway@northwindtraders.com" }),
        ),
        method(
            "fido2",
            "-2_GRUg2-HYz6_1YG4YRAQ2",
            json!({
                "displayName": "Red key", "aaGuid": "2fc0579f-8113-47ea-b116-bb5a8db9202a", "model": "YubiKey 5 Series with NFC",
                "attestationCertificates": [], "attestationLevel": "attested", "passkeyType": "deviceBound",
            }),
        ),
        method("softwareOath", &made("softwareOath"), json!({ "secretKey": null })),
        method(
            "windowsHelloForBusiness",
            &made("windowsHello"),
            json!({ "displayName": "LIDIAH-LAPTOP", "keyStrength": "normal" }),
        ),
        method(
            "platformCredential",
            &made("platform"),
            json!({ "displayName": "Lidia's MacBook", "keyStrength": "normal", "platform": "macOS" }),
        ),
        method(
            "external",
            &made("external"),
            json!({ "displayName": "Fabrikam MFA", "configurationId": made("external/configuration") }),
        ),
    ]
}

fn authenticator(alias: &str) -> Value {
    let members = json!({ "displayName": format!("{alias}'s phone"), "deviceTag": "SoftwareTokenActivated", "phoneAppVersion": "6.8.23" });
    method("microsoftAuthenticator", &made(&format!("authenticator/{alias}")), members)
}

pub(super) fn phone(number: &str) -> Value {
    let members = json!({ "phoneType": "mobile", "phoneNumber": number, "smsSignInState": "notSupported" });
    method("phone", "3179e48a-750b-4051-897c-87b9720928f7", members)
}

fn made(name: &str) -> String {
    named(&format!("method/{name}")).to_string()
}

fn method(kind: &str, id: &str, mut members: Value) -> Value {
    members["@odata.type"] = json!(format!("#microsoft.graph.{kind}AuthenticationMethod"));
    members["id"] = json!(id);
    members["createdDateTime"] = json!(CREATED);
    members
}
