//! What is wrong with a request, as far as can be told without looking at the tenant.
//!
//! The limits are those of the user resource in the Microsoft Graph reference. Whether a name is taken, a domain verified or
//! a group known is not decided here.

use directory::naming::{self, Pattern};
use directory::{country, pass};
use plan::Flaw;
use serde_json::Value;

use crate::request::{NewHire, Profile};
use crate::{identity, mail};

/// Everything that is wrong, so that it is put right in one go.
pub(crate) fn of(want: &NewHire) -> Vec<Flaw> {
    let flaws = controls(want)
        .into_iter()
        .chain(lengths(want))
        .chain(names(want))
        .chain(formats(want))
        .chain(blanks(want))
        .chain(mails(want))
        .chain(mail::flaws(want));
    let mut told: Vec<Flaw> = Vec::new();
    for flaw in flaws {
        if told.iter().all(|before| before.field != flaw.field) {
            told.push(flaw);
        }
    }
    told
}

fn lengths(want: &NewHire) -> impl Iterator<Item = Flaw> {
    let profile = &want.profile;
    let texts = [
        ("/employeeId", Some(&want.employee_id), 16),
        ("/givenName", Some(&want.given_name), 64),
        ("/middleName", want.middle_name.as_ref(), 64),
        ("/surname", Some(&want.surname), 64),
        ("/displayName", want.display_name.as_ref(), 256),
        ("/profile/jobTitle", profile.job_title.as_ref(), 128),
        ("/profile/department", profile.department.as_ref(), 64),
        ("/profile/companyName", profile.company_name.as_ref(), 64),
        ("/profile/streetAddress", profile.street_address.as_ref(), 1024),
        ("/profile/city", profile.city.as_ref(), 128),
        ("/profile/state", profile.state.as_ref(), 128),
        ("/profile/postalCode", profile.postal_code.as_ref(), 40),
        ("/profile/country", profile.country.as_ref(), 128),
        ("/profile/mobilePhone", profile.mobile_phone.as_ref(), 64),
    ];
    texts.into_iter().filter_map(|(field, text, most)| length(field, text?, most))
}

fn length(field: &str, text: &str, most: usize) -> Option<Flaw> {
    let count = text.chars().count();
    match () {
        () if text.trim().is_empty() => {
            Some(Flaw::at(field, format!("1 to {most} characters, and not only spaces")))
        }
        () if count > most => Some(Flaw::at(field, format!("1 to {most} characters, these are {count}"))),
        () => None,
    }
}

/// Texts are of one line and seen: a tab or a line break is a slip of the personnel system.
fn controls(want: &NewHire) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let request = serde_json::to_value(want).unwrap_or_default();
    find_controls(&request, String::new(), &mut flaws);
    flaws
}

fn find_controls(value: &Value, field: String, flaws: &mut Vec<Flaw>) {
    match value {
        Value::String(text) if text.chars().any(char::is_control) => {
            flaws.push(Flaw::at(field, "no tabs, line breaks or other control characters"));
        }
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(at, value)| find_controls(value, format!("{field}/{at}"), flaws));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| find_controls(value, format!("{field}/{name}"), flaws))
        }
        _ => {}
    }
}

/// What no account could be called.
fn names(want: &NewHire) -> impl Iterator<Item = Flaw> {
    let spaces = want.employee_id.trim() != want.employee_id;
    let spaces = spaces.then(|| Flaw::at("/employeeId", "no space before or after it"));
    let upn = identity::name_of(want);
    let nickname =
        upn.as_ref().ok().and_then(|upn| naming::mail_nickname(want.mail_nickname.as_deref(), upn).err());
    let nickname = nickname.map(|error| Flaw::at(error.pointer(), error.to_string()));
    let display = want.display_name.as_deref().and_then(|pattern| pattern.parse::<Pattern>().err());
    let display = display.map(|error| Flaw::at("/displayName", error.to_string()));
    let nameless = want.full_name().trim().is_empty();
    let nameless = nameless.then(|| {
        Flaw::at("/displayName", "it comes to nothing; it may hold {given}, {middle} and {surname}")
    });
    spaces.into_iter().chain(upn.err()).chain(nickname).chain(display).chain(nameless)
}

fn formats(want: &NewHire) -> impl Iterator<Item = Flaw> {
    let profile = &want.profile;
    let country = want.usage_location.as_deref().and_then(|code| country::check(code).err());
    let checks = [
        (country.is_none(), "/usageLocation", country.unwrap_or_default()),
        (
            profile.preferred_language.as_deref().is_none_or(is_language),
            "/profile/preferredLanguage",
            "a language, or a language and a country, such as de-CH",
        ),
        (profile.business_phones.len() <= 1, "/profile/businessPhones", "one number at most"),
        (
            lifetime(want).is_none_or(|minutes| (10..=pass::LONGEST_MINUTES).contains(&minutes)),
            "/temporaryAccessPass/lifetimeInMinutes",
            "10 to 43,200 minutes, 30 days",
        ),
        (
            attributes_are_known(profile),
            "/profile/onPremisesExtensionAttributes",
            "extensionAttribute1 to extensionAttribute15, each a text of 1 to 1024 characters",
        ),
        (
            want.copy_from.as_ref().is_none_or(|from| !from.kinds.is_empty()),
            "/copyFrom/kinds",
            "groups, licences, or both; leave it out for both",
        ),
    ];
    let failed = checks.into_iter().filter(|(is_good, ..)| !is_good);
    failed.map(|(_, field, says)| Flaw::at(field, says))
}

fn lifetime(want: &NewHire) -> Option<u32> {
    want.temporary_access_pass.and_then(|pass| pass.lifetime_in_minutes)
}

pub(crate) fn is_language(text: &str) -> bool {
    let (language, country) = text.split_once('-').map_or((text, None), |(one, other)| (one, Some(other)));
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && country.is_none_or(|country| {
            (2..=8).contains(&country.len())
                && country.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

fn attributes_are_known(profile: &Profile) -> bool {
    let number = |name: &str| name.strip_prefix("extensionAttribute")?.parse::<u8>().ok();
    let is_known = |name: &str| number(name).is_some_and(|n| (1..=15).contains(&n));
    let is_text = |value: &serde_json::Value| {
        value.as_str().is_some_and(|text| (1..=1024).contains(&text.chars().count()))
    };
    profile.on_premises_extension_attributes.iter().all(|(name, value)| is_known(name) && is_text(value))
}

/// A blank name would be looked for, and might be found.
fn blanks(want: &NewHire) -> Vec<Flaw> {
    let (profile, data) = (&want.profile, want.profile.employee_org_data.as_ref());
    let one = |field: &str, text: Option<&String>| text.map(|text| (field.to_owned(), text.clone()));
    let all = |field: &'static str, list: &[String]| {
        let list = list.iter().enumerate();
        list.map(move |(at, text)| (format!("{field}/{at}"), text.clone())).collect::<Vec<_>>()
    };
    let licences = want.licences.iter().enumerate();
    let skus = licences.map(|(at, licence)| (format!("/licences/{at}/sku"), licence.sku.clone()));
    let named = one("/manager", want.manager.as_ref())
        .into_iter()
        .chain(one("/copyFrom/user", want.copy_from.as_ref().map(|from| &from.user)))
        .chain(one("/administrativeUnit", want.administrative_unit.as_ref()))
        .chain(skus)
        .chain(one("/profile/officeLocation", profile.office_location.as_ref()))
        .chain(one("/profile/faxNumber", profile.fax_number.as_ref()))
        .chain(one("/profile/employeeType", profile.employee_type.as_ref()))
        .chain(one("/profile/employeeOrgData/costCenter", data.and_then(|data| data.cost_center.as_ref())))
        .chain(one("/profile/employeeOrgData/division", data.and_then(|data| data.division.as_ref())))
        .chain(all("/sponsors", &want.sponsors))
        .chain(all("/groups", &want.groups))
        .chain(all("/aliases", &want.aliases))
        .chain(all("/profile/otherMails", &profile.other_mails))
        .chain(all("/profile/businessPhones", &profile.business_phones));
    let blank = named.filter(|(_, text)| text.trim().is_empty());
    blank.map(|(field, _)| Flaw::at(field, "leave it out, or say something")).collect()
}

/// Other mails are addresses of at most 250 characters, without accents (Microsoft Graph, "user resource type").
fn mails(want: &NewHire) -> impl Iterator<Item = Flaw> {
    let mails = want.profile.other_mails.iter().enumerate().filter(|(_, mail)| !is_address(mail));
    mails.map(|(at, _)| {
        let says =
            "a mail address such as mallory@example.com, of at most 250 characters and without accents";
        Flaw::at(format!("/profile/otherMails/{at}"), says)
    })
}

pub(crate) fn is_address(text: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_plain = |c: char| c.is_ascii_graphic() && !"()<>[],;:\\\"@".contains(c);
    text.len() <= 250
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.chars().all(is_plain)
                && domain.contains('.')
                && domain.split('.').all(is_part)
        })
}
