//! User principal names and mail nicknames: made from a pattern, or typed and checked.
//!
//! The limits are those of "Prepare for directory synchronization to Microsoft 365" (section `userPrincipalName`) and
//! "Password policies and account restrictions in Microsoft Entra ID" (section "Username policies"): 64 characters
//! before the @, 48 after it, and so 113 in all; A-Z a-z 0-9 ' . - _ ! # ^ ~ before it; no dot straight before it. That
//! dots may neither come first nor meet is SMTP's rule, and the name is going to be an address.
//!
//! A name made from a pattern is cut to fit; a typed one never is. Whether the domain is verified is not known here.

use super::error::Problem;
use super::pattern::Placeholder;
use super::{NameError, Part, Pattern, PersonName, transliterate};

/// The most characters before the @; a mail nickname has the same limit ("user resource type", Microsoft Graph).
pub(super) const LOCAL_PART: usize = 64;
const DOMAIN: usize = 48;

/// The user principal name of a person.
///
/// A pattern is filled in with lower-case ASCII: apostrophes and full stops go (`O'Neil` is `oneil`), hyphens stay,
/// spaces become what the pattern says. Its domain is kept as written. Plain text is kept as typed.
///
/// # Errors
/// When a part that the pattern needs is empty or cannot be written in ASCII, and when the result, or the plain text,
/// breaks a rule of the directory.
pub fn user_principal_name(pattern: &Pattern, name: &PersonName<'_>) -> Result<String, NameError> {
    let upn = match pattern.plain_text() {
        Some(typed) => typed.to_owned(),
        None => fill(pattern, name)?,
    };
    check(&upn).map_err(NameError::upn)?;
    Ok(upn)
}

/// The mail nickname (Exchange calls it the alias): the one that was typed, else what stands before the @ of `upn`.
///
/// At most 64 characters ("user resource type", Microsoft Graph) of ASCII without `@ ( ) \ [ ] " ; : < > ,` and space
/// ("group resource type", which spells out the same property), with a dot only between two others ("Set-Mailbox",
/// Exchange PowerShell).
///
/// # Errors
/// When the typed one breaks a rule.
pub fn mail_nickname(typed: Option<&str>, upn: &str) -> Result<String, NameError> {
    let nickname = typed.unwrap_or_else(|| split(upn).map_or(upn, |(local, _)| local));
    check_nickname(nickname).map_err(|problem| NameError::new("/mailNickname", problem))?;
    Ok(nickname.to_owned())
}

/// The last @ divides, so that a second one is found to be a bad character before it.
pub(super) fn split(upn: &str) -> Option<(&str, &str)> {
    upn.rsplit_once('@')
}

/// At most `length` characters of a name in ASCII, not ending in a separator.
pub(super) fn cut(local: &str, length: usize) -> &str {
    match local.get(..length) {
        Some(short) => short.trim_end_matches(['.', '-', '_']),
        None => local,
    }
}

fn fill(pattern: &Pattern, name: &PersonName<'_>) -> Result<String, NameError> {
    let domain = pattern.domain().ok_or_else(|| NameError::upn(Problem::NoDomain))?;
    let filled = pattern.fill(|placeholder| ascii(*placeholder, name))?;
    let local = filled.strip_suffix(domain).and_then(|rest| rest.strip_suffix('@')).unwrap_or(&filled);
    let local = local.to_lowercase();
    Ok(format!("{}@{domain}", cut(&local, LOCAL_PART)))
}

/// A part of a name in ASCII; empty only for a middle name that is not there.
fn ascii(placeholder: Placeholder, name: &PersonName<'_>) -> Result<String, NameError> {
    let part = placeholder.part;
    let says =
        |problem: fn(&'static str) -> Problem| NameError::new(part.pointer(), problem(part.in_words()));
    let written = part.of(name);
    if written.trim().is_empty() {
        return if part == Part::Middle { Ok(String::new()) } else { Err(says(Problem::Empty)) };
    }
    if transliterate::has_unknown_reading(written, name) {
        return Err(says(Problem::Reading));
    }
    let ascii = placeholder.shorten(transliterate::words(written, name.language).into_iter(), "");
    if ascii.is_empty() { Err(says(Problem::Unusable)) } else { Ok(ascii) }
}

fn check(upn: &str) -> Result<(), Problem> {
    let (local, domain) = split(upn).ok_or(Problem::NoDomain)?;
    check_local_part(local)?;
    check_domain(domain)
}

fn check_local_part(local: &str) -> Result<(), Problem> {
    if local.is_empty() {
        return Err(Problem::NoLocalPart);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "'.-_!#^~".contains(c);
    if let Some(bad) = local.chars().find(|c| !allowed(*c)) {
        return Err(Problem::Character(bad));
    }
    check_dots(local)?;
    if local.len() > LOCAL_PART { Err(Problem::LongLocalPart) } else { Ok(()) }
}

fn check_dots(text: &str) -> Result<(), Problem> {
    if text.split('.').any(str::is_empty) { Err(Problem::Dot) } else { Ok(()) }
}

fn check_domain(domain: &str) -> Result<(), Problem> {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let label = |label: &str| {
        let bytes = label.as_bytes();
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    if !domain.contains('.') || !domain.split('.').all(label) {
        return Err(Problem::Domain);
    }
    if domain.len() > DOMAIN { Err(Problem::LongDomain) } else { Ok(()) }
}

fn check_nickname(nickname: &str) -> Result<(), Problem> {
    if nickname.is_empty() {
        return Err(Problem::NoNickname);
    }
    let allowed = |c: char| c.is_ascii_graphic() && !"@()\\[]\";:<>,".contains(c);
    if let Some(bad) = nickname.chars().find(|c| !allowed(*c)) {
        return Err(Problem::NicknameCharacter(bad));
    }
    check_dots(nickname)?;
    if nickname.len() > LOCAL_PART { Err(Problem::LongNickname) } else { Ok(()) }
}
