//! Made-up accounts in any number, the same every time: `user000001@contoso.com` and so on. Their employee ids begin at
//! 900001, apart from those of the people of the seed (100001 and on) and of whoever is hired in examples (200001 and on).

use serde_json::json;

use super::skus;
use crate::ids::named;
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
/// The first employee id.
const FIRST_ID: usize = 900_001;
const CREATED: &str = "2025-06-01T07:00:00Z";

/// Adds that many accounts, four of five with an Office 365 E3 licence, and the seats they take.
pub(crate) fn add(directory: &mut Directory, users: usize) {
    let sku = skus::id("ENTERPRISEPACK");
    if let Some(bought) = directory.skus.iter_mut().find(|bought| bought.sku_id == sku) {
        bought.prepaid_units.enabled =
            bought.prepaid_units.enabled.saturating_add(u32::try_from(users).unwrap_or(u32::MAX));
    }
    for number in 1..=users {
        let mut user = user(number);
        if number % 5 != 0 {
            user.licences = vec![Holding::new(sku, Vec::new(), directory.now_ms)];
            let address = format!("user{number:06}@contoso.com");
            user.properties.set("proxyAddresses", json!([format!("SMTP:{address}")]));
            user.properties.set("mail", address);
        }
        user.properties.shrink();
        directory.put(user);
    }
}

fn user(number: usize) -> Object {
    let alias = format!("user{number:06}");
    let pick = |all: &[&'static str]| all.get(number % all.len()).copied().unwrap_or_default();
    let (given, surname) = (pick(&GIVEN), pick(&SURNAMES));
    let mut user = Object::new(named(&format!("user/{alias}")), Kind::User);
    let texts = [
        ("createdDateTime", CREATED.to_owned()),
        ("department", pick(&DEPARTMENTS).to_owned()),
        ("displayName", format!("{given} {surname}")),
        ("employeeId", (FIRST_ID + number - 1).to_string()),
        ("givenName", given.to_owned()),
        ("mailNickname", alias.clone()),
        ("surname", surname.to_owned()),
        ("usageLocation", pick(&COUNTRIES).to_owned()),
        ("userPrincipalName", format!("{alias}@contoso.com")),
        ("userType", "Member".to_owned()),
    ];
    user.properties.set("accountEnabled", true);
    texts.into_iter().for_each(|(name, text)| user.properties.set(name, text));
    user
}
