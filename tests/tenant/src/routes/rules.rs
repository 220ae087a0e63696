//! What the directory accepts as a name, a password, a country: the rules behind "Invalid value specified".
//!
//! Sources: "Create user" (Microsoft Graph reference) for names; "Password policies in Microsoft Entra ID" for passwords.

use serde_json::Value;

use super::body::Wanted;
use super::countries;
use crate::refusal::{Refusal, bad_request, invalid_value, value_required};
use crate::state::{Directory, Domain};

const REQUIRED_OF_USERS: [&str; 5] =
    ["accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"];
const REQUIRED_OF_GROUPS: [&str; 4] = ["displayName", "mailEnabled", "mailNickname", "securityEnabled"];
const NICKNAME_NOT: &str = "@()\\[]\";:<>, ";

pub(crate) fn required_of_users(wanted: &Wanted) -> Result<(), Refusal> {
    required(wanted, &REQUIRED_OF_USERS, "User")
}

pub(crate) fn required_of_groups(wanted: &Wanted) -> Result<(), Refusal> {
    required(wanted, &REQUIRED_OF_GROUPS, "Group")
}

fn required(wanted: &Wanted, names: &[&str], title: &str) -> Result<(), Refusal> {
    let is_given = |name: &&&str| wanted.iter().any(|(given, value)| given == *name && !value.is_null());
    match names.iter().find(|name| !is_given(name)) {
        None => Ok(()),
        Some(missing) => Err(value_required(missing, title)),
    }
}

/// Every value a user is to have.
pub(crate) fn user(directory: &Directory, wanted: &Wanted) -> Result<(), Refusal> {
    wanted.iter().try_for_each(|(name, value)| user_value(directory, wanted, name, value))
}

fn user_value(directory: &Directory, wanted: &Wanted, name: &str, value: &Value) -> Result<(), Refusal> {
    let text = value.as_str().unwrap_or_default();
    match name {
        "userPrincipalName" => principal_name(directory, text),
        "mailNickname" => nickname(text, "User"),
        "usageLocation" if !countries::exists(text) => Err(invalid_value(name, "User")),
        "displayName" | "accountEnabled" | "mail" if value.is_null() => Err(invalid_value(name, "User")),
        "userType" if !matches!(text, "Member" | "Guest") => Err(invalid_value(name, "User")),
        "businessPhones" if value.as_array().is_some_and(|phones| phones.len() > 1) => {
            Err(invalid_value(name, "User"))
        }
        "passwordPolicies" if !value.is_null() && !are_policies(text) => Err(invalid_value(name, "User")),
        "mail" if !is_mail(text) => Err(invalid_value(name, "User")),
        "otherMails"
            if !value
                .as_array()
                .is_some_and(|mails| mails.iter().all(|mail| mail.as_str().is_some_and(is_mail))) =>
        {
            Err(invalid_value(name, "User"))
        }
        "passwordProfile" => password(wanted, value),
        _ => Ok(()),
    }
}

/// Every value a group is to have.
pub(crate) fn group(wanted: &Wanted) -> Result<(), Refusal> {
    for (name, value) in wanted {
        match *name {
            "mailNickname" => nickname(value.as_str().unwrap_or_default(), "Group")?,
            "displayName" | "mailEnabled" | "securityEnabled" if value.is_null() => {
                return Err(invalid_value(name, "Group"));
            }
            "visibility"
                if !value.is_null()
                    && !matches!(value.as_str(), Some("Public" | "Private" | "HiddenMembership")) =>
            {
                return Err(invalid_value(name, "Group"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn principal_name(directory: &Directory, name: &str) -> Result<(), Refusal> {
    let invalid = || bad_request("Property userPrincipalName is invalid.");
    let (local, domain) = name.split_once('@').ok_or_else(invalid)?;
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || "'.-_!#^~".contains(character);
    let is_sound = (1..=64).contains(&local.len())
        && local.chars().all(is_allowed)
        && !local.starts_with('.')
        && !local.ends_with('.');
    if !is_sound || domain.contains('@') {
        return Err(invalid());
    }
    match domain_of(directory, domain) {
        Some(_) => Ok(()),
        None => Err(bad_request(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.",
        )),
    }
}

/// The verified domain of this name.
pub(crate) fn domain_of<'a>(directory: &'a Directory, name: &str) -> Option<&'a Domain> {
    directory.domains.iter().find(|domain| domain.is_verified && domain.id.eq_ignore_ascii_case(name))
}

fn nickname(text: &str, title: &str) -> Result<(), Refusal> {
    let is_sound = !text.is_empty()
        && text.chars().all(|character| character.is_ascii_graphic() && !NICKNAME_NOT.contains(character));
    if is_sound { Ok(()) } else { Err(invalid_value("mailNickname", title)) }
}

/// An address without accents, as far as the directory looks.
fn is_mail(text: &str) -> bool {
    let halves = text.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
    text.chars().all(|character| character.is_ascii_graphic())
        && halves.is_some_and(|(_, domain)| !domain.contains('@'))
}

/// `DisablePasswordExpiration, DisableStrongPassword`, either of them, or `None`.
fn are_policies(text: &str) -> bool {
    let is_known = |name: &str| matches!(name, "DisablePasswordExpiration" | "DisableStrongPassword");
    text == "None" || text.split(',').map(str::trim).all(is_known)
}

/// Eight to 256 characters, three of four kinds; the second rule is off where the policy of the user says so.
fn password(wanted: &Wanted, profile: &Value) -> Result<(), Refusal> {
    let password = profile.get("password").and_then(Value::as_str).unwrap_or_default();
    if password.is_empty() {
        return Err(value_required("password", "User"));
    }
    let policies =
        wanted.iter().find(|(name, _)| *name == "passwordPolicies").and_then(|(_, value)| value.as_str());
    let may_be_simple = policies.is_some_and(|policies| policies.contains("DisableStrongPassword"));
    let length = password.chars().count();
    if (8..=256).contains(&length) && (may_be_simple || kinds(password) >= 3) {
        return Ok(());
    }
    Err(bad_request(
        "The specified password does not comply with password complexity requirements. Please provide a different password.",
    ))
}

fn kinds(password: &str) -> usize {
    let has = |test: fn(char) -> bool| usize::from(password.chars().any(test));
    let is_symbol = |character: char| !character.is_alphanumeric();
    has(char::is_uppercase) + has(char::is_lowercase) + has(char::is_numeric) + has(is_symbol)
}
