//! Made-up accounts in any number, the same every time: `user000001@contoso.com` and so on. Their employee ids begin at
//! 900001, apart from those of the people of the seed (100001 and on) and of whoever is hired in examples (200001 and on).
//!
//! Everything about an account follows from its number. What sets the accounts of a varied crowd apart is in [`varied`].

pub(crate) mod applications;
mod varied;

use serde_json::{Value, json};

use super::skus;
use crate::clock::{read, written};
use crate::ids::named;
use crate::options::Crowd;
use crate::state::{Directory, Holding, Kind, Object};

const GIVEN: [&str; 12] = [
    "Adele", "Alex", "Christie", "Diego", "Emily", "Grady", "Isaiah", "Joni", "Lee", "Lynne", "Nestor",
    "Pradeep",
];
const SURNAMES: [&str; 11] = [
    "Vance",
    "Wilber",
    "Cline",
    "Siciliani",
    "Braun",
    "Archie",
    "Langer",
    "Sherman",
    "Gu",
    "Robbins",
    "Wilke",
];
const DEPARTMENTS: [&str; 7] = ["Engineering", "Finance", "HR", "Legal", "Marketing", "Retail", "Sales"];
const COUNTRIES: [&str; 5] = ["US", "CH", "DE", "FR", "GB"];
const TYPES: [&str; 9] = [
    "Employee",
    "Employee",
    "Employee",
    "Employee",
    "Contractor",
    "Employee",
    "Employee",
    "Intern",
    "Employee",
];
/// The first employee id.
const FIRST_ID: usize = 900_001;
const CREATED: &str = "2025-06-01T07:00:00Z";
const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// So many days the accounts were made on, one after the other.
const DAYS: usize = 200;

/// Adds that many accounts, four of five with an Office 365 E3 licence, and the seats they take.
pub(crate) fn add(directory: &mut Directory, users: usize, crowd: Crowd) {
    buy(directory, skus::id("ENTERPRISEPACK"), users);
    let mut variety = (crowd == Crowd::Varied && users > 0).then(|| varied::Variety::of(directory));
    for number in 1..=users {
        let mut user = user(number);
        if number % 5 != 0 {
            user.licences = vec![Holding::new(skus::id("ENTERPRISEPACK"), Vec::new(), directory.now_ms)];
        }
        if let Some(variety) = &mut variety {
            variety.add(directory, number, &mut user);
        }
        if user.licences.iter().any(Holding::is_active) {
            address(&mut user, number);
        }
        user.properties.shrink();
        directory.put(user);
    }
}

/// Adds seats of a SKU.
fn buy(directory: &mut Directory, sku: uuid::Uuid, seats: usize) {
    if let Some(bought) = directory.skus.iter_mut().find(|bought| bought.sku_id == sku) {
        let enabled = &mut bought.prepaid_units.enabled;
        *enabled = enabled.saturating_add(u32::try_from(seats).unwrap_or(u32::MAX));
    }
}

fn address(user: &mut Object, number: usize) {
    let address = format!("user{number:06}@contoso.com");
    user.properties.set("proxyAddresses", json!([format!("SMTP:{address}")]));
    user.properties.set("mail", address);
}

fn user(number: usize) -> Object {
    let alias = format!("user{number:06}");
    let pick = |all: &[&'static str]| all.get(number % all.len()).copied().unwrap_or_default();
    let (given, surname, country) = (pick(&GIVEN), pick(&SURNAMES), pick(&COUNTRIES));
    let created = after(CREATED, number % DAYS);
    let mut user = Object::new(named(&format!("user/{alias}")), Kind::User);
    let texts = [
        ("country", country.to_owned()),
        ("department", pick(&DEPARTMENTS).to_owned()),
        ("displayName", format!("{given} {surname}")),
        ("employeeId", (FIRST_ID + number - 1).to_string()),
        ("employeeType", pick(&TYPES).to_owned()),
        ("givenName", given.to_owned()),
        ("mailNickname", alias.clone()),
        ("surname", surname.to_owned()),
        ("usageLocation", country.to_owned()),
        ("userPrincipalName", format!("{alias}@contoso.com")),
        ("userType", "Member".to_owned()),
    ];
    user.properties.set("accountEnabled", true);
    user.properties.set("createdDateTime", created.clone());
    user.properties.set("employeeHireDate", created);
    texts.into_iter().for_each(|(name, text)| user.properties.set(name, text));
    user
}

/// So many days after a date.
fn after(date: &str, days: usize) -> Value {
    let days = i64::try_from(days).unwrap_or(0);
    read(date).map(|date| written(date + days * DAY_MS)).into()
}
