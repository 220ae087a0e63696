//! The contoso directory: small enough to know by heart, with one of everything that is handled differently.

use serde_json::{Value, json};
use uuid::Uuid;

use super::groups::{self, Sort};
use super::people::{self, Person};
use super::skus;
use super::{applications, estate, files, leaver, mailboxes, sign_ins};
use crate::clock::read;
use crate::ids::named;
use crate::licensing::{provision_mailbox, reconcile};
use crate::state::{Directory, Domain, Holding, Kind, Link, Object};

pub(crate) const CREATED: &str = "2025-01-15T09:00:00Z";
const ROLES: [(&str, &str, &[&str]); 4] = [
    ("Global Administrator", "62e90394-69f5-4237-9190-012177145e10", &["AllanD", "emergency"]),
    ("User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1", &[]),
    ("Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8", &["CameronW"]),
    ("Directory Readers", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", &["PradeepG"]),
];
const UNITS: [(&str, &[&str]); 2] =
    [("Switzerland", &["EnricoC", "HenriettaM"]), ("Retail Stores", &["AdeleV", "ChristieC", "LynneR"])];

/// The id of somebody, by alias.
pub(crate) fn person(alias: &str) -> Uuid {
    named(&format!("user/{alias}"))
}

pub(super) fn group(nickname: &str) -> Uuid {
    named(&format!("group/{nickname}"))
}

/// The whole directory.
pub(crate) fn directory(now_ms: i64) -> Directory {
    let mut directory = Directory::empty(named("tenant/contoso"));
    directory.now_ms = read(CREATED).unwrap_or(now_ms);
    directory.organization = organization();
    directory.domains = domains();
    directory.skus = skus::all();
    people::all().for_each(|row| directory.put(user(&row)));
    specials().into_iter().for_each(|user| directory.put(user));
    people::all()
        .filter(|row| !row.manager.is_empty())
        .for_each(|row| directory.link(Link::Manager, person(row.alias), person(row.manager)));
    groups::ROWS.iter().for_each(|row| add_group(&mut directory, row));
    groups::NESTED
        .1
        .iter()
        .for_each(|inner| directory.link(Link::Member, group(groups::NESTED.0), group(inner)));
    ROLES.iter().for_each(|row| add_role(&mut directory, row));
    UNITS.iter().for_each(|row| add_unit(&mut directory, row));
    leaver::add(&mut directory);
    estate::add(&mut directory, now_ms);
    applications::add(&mut directory, now_ms);
    files::add(&mut directory);
    license(&mut directory);
    directory.methods.insert(person("AdeleV"), vec![leaver::phone("+1 2065555555")]);
    mailboxes::add(&mut directory, now_ms);
    sign_ins::add(&mut directory, now_ms);
    directory
}

fn organization() -> std::collections::BTreeMap<String, Value> {
    let facts = json!({
        "displayName": "Contoso", "countryLetterCode": "US", "city": "Redmond", "state": "WA", "country": "United States",
        "preferredLanguage": "en", "tenantType": "AAD", "createdDateTime": CREATED, "onPremisesSyncEnabled": true,
        "onPremisesLastSyncDateTime": CREATED, "technicalNotificationMails": ["AllanD@contoso.com"], "defaultUsageLocation": "US",
    });
    facts.as_object().cloned().unwrap_or_default().into_iter().collect()
}

fn domains() -> Vec<Domain> {
    let domain = |id: &str, kind: &str, is_default, is_initial, is_verified| Domain {
        id: id.to_owned(),
        authentication_type: kind.to_owned(),
        is_default,
        is_initial,
        is_verified,
    };
    vec![
        domain("contoso.com", "Managed", true, false, true),
        domain("contoso.onmicrosoft.com", "Managed", false, true, true),
        domain("fabrikam.com", "Federated", false, false, true),
        domain("wingtiptoys.com", "Managed", false, false, false),
    ]
}

pub(super) fn account(alias: &str, name: &str, principal_name: &str) -> Object {
    let mut user = Object::new(person(alias), Kind::User);
    let mut set = |name: &'static str, value: Value| user.properties.set(name, value);
    set("accountEnabled", json!(true));
    set("createdDateTime", json!(CREATED));
    set("displayName", json!(name));
    set("mailNickname", json!(alias));
    set("userPrincipalName", json!(principal_name));
    set("userType", json!("Member"));
    set("lastPasswordChangeDateTime", json!(CREATED));
    user
}

fn user(row: &Person) -> Object {
    let mut user =
        account(row.alias, &format!("{} {}", row.given, row.surname), &format!("{}@contoso.com", row.alias));
    let texts = [
        ("givenName", row.given),
        ("surname", row.surname),
        ("jobTitle", row.title),
        ("department", row.department),
        ("officeLocation", row.office),
        ("usageLocation", row.country),
        ("employeeId", row.employee_id),
        ("companyName", "Contoso"),
        ("preferredLanguage", "en-US"),
    ];
    texts
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .for_each(|(name, text)| user.properties.set(name, text));
    match row.alias {
        "DebraB" => user.properties.set("accountEnabled", false),
        "BenW" | "CameronW" => make_synced(&mut user),
        _ => {}
    }
    user.licences = row.licences.iter().map(|sku| direct(sku)).collect();
    if row.alias == leaver::LEAVER {
        user.licences.push(direct(leaver::DIRECT));
    }
    user
}

pub(super) fn direct(sku: &str) -> Holding {
    Holding::new(skus::id(sku), Vec::new(), read(CREATED).unwrap_or(0))
}

fn make_synced(object: &mut Object) {
    let alias = object.text("mailNickname").unwrap_or_default().to_owned();
    object.properties.set("onPremisesSyncEnabled", true);
    object.properties.set("onPremisesLastSyncDateTime", CREATED);
    object.properties.set("onPremisesDomainName", "corp.contoso.com");
    object.properties.set("onPremisesSamAccountName", alias.clone());
    if object.kind == Kind::User {
        object.properties.set("onPremisesImmutableId", format!("{}==", named(&alias).simple()));
    }
}

/// A guest, an account for emergencies, and a room with a name that is not ASCII.
fn specials() -> Vec<Object> {
    let mut guest = account(
        "brian.johnson",
        "Brian Johnson",
        "brian.johnson_northwindtraders.com#EXT#@contoso.onmicrosoft.com",
    );
    guest.properties.set("mailNickname", "brian.johnson_northwindtraders.com#EXT#");
    guest.properties.set("mail", "brian.johnson@northwindtraders.com");
    guest.properties.set("userType", "Guest");
    guest.properties.set("creationType", "Invitation");
    guest.properties.set("externalUserState", "Accepted");
    let emergency = account("emergency", "Emergency Access", "emergency@contoso.onmicrosoft.com");
    let mut room = account("room_zurich", "Besprechungsraum Zürich", "room_zurich@contoso.com");
    room.properties.set("usageLocation", "CH");
    vec![guest, emergency, room]
}

pub(super) fn add_group(
    directory: &mut Directory,
    (name, nickname, sort, owners, members): &groups::Row<'_>,
) {
    let mut new = Object::new(group(nickname), Kind::Group);
    let is_list = matches!(sort, Sort::Distribution | Sort::SyncedDistribution);
    let has_mail = is_list || matches!(sort, Sort::Microsoft365 | Sort::MailSecurity);
    let mut set = |name: &'static str, value: Value| new.properties.set(name, value);
    set("displayName", json!(name));
    set("mailNickname", json!(nickname));
    set("createdDateTime", json!(CREATED));
    set("renewedDateTime", json!(CREATED));
    set("mailEnabled", json!(has_mail));
    set("securityEnabled", json!(!is_list && *sort != Sort::Microsoft365));
    if has_mail {
        set("mail", json!(format!("{nickname}@contoso.com")));
        set("proxyAddresses", json!([format!("SMTP:{nickname}@contoso.com")]));
    }
    particulars(&mut new, *sort, nickname);
    directory.put(new);
    owners.iter().for_each(|alias| directory.link(Link::Owner, group(nickname), person(alias)));
    members.iter().for_each(|alias| directory.link(Link::Member, group(nickname), person(alias)));
}

fn particulars(new: &mut Object, sort: Sort, nickname: &str) {
    match sort {
        Sort::Microsoft365 => {
            new.properties.set("groupTypes", json!(["Unified"]));
            new.properties.set("visibility", "Public");
        }
        Sort::Dynamic => {
            new.properties.set("groupTypes", json!(["DynamicMembership"]));
            new.properties.set("membershipRule", "(user.userType -eq \"Member\")");
            new.properties.set("membershipRuleProcessingState", "On");
        }
        Sort::Synced | Sort::SyncedDistribution => make_synced(new),
        Sort::RoleAssignable => {
            new.properties.set("isAssignableToRole", true);
            new.properties.set("visibility", "Private");
        }
        _ => {}
    }
    if nickname == groups::UNIQUELY_NAMED.0 {
        new.properties.set("uniqueName", groups::UNIQUELY_NAMED.1);
    }
    if nickname == groups::LICENSING {
        new.licences = vec![direct("SPE_E3")];
    }
}

fn add_role(directory: &mut Directory, (name, template, members): &(&str, &str, &[&str])) {
    let id = named(&format!("role/{name}"));
    let mut role = Object::new(id, Kind::DirectoryRole);
    role.properties.set("displayName", *name);
    role.properties.set("roleTemplateId", *template);
    directory.put(role);
    members.iter().for_each(|alias| directory.link(Link::Member, id, person(alias)));
}

fn add_unit(directory: &mut Directory, (name, members): &(&str, &[&str])) {
    let id = named(&format!("unit/{name}"));
    let mut unit = Object::new(id, Kind::AdministrativeUnit);
    unit.properties.set("displayName", *name);
    directory.put(unit);
    members.iter().for_each(|alias| directory.link(Link::Member, id, person(alias)));
}

/// Hands on what groups hand on, and gives mailboxes to those who have one.
fn license(directory: &mut Directory) {
    for row in people::all() {
        let id = person(row.alias);
        reconcile(directory, id);
        if let Some(mut user) = directory.edit(id) {
            provision_mailbox(directory, &mut user);
            directory.put(user);
        }
    }
}
