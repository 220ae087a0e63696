//! `Get-` and `Set-MailboxRegionalConfiguration`: language, formats and time zone.

use super::Context;
use super::recipient::Recipient;
use super::refusal::{Refusal, invalid_data};
use super::row::Row;
use crate::state::belongings::Regional;

/// `Get-MailboxRegionalConfiguration`: one, or all.
pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let has_mailbox = |recipient: &Recipient| recipient.mailbox.is_some();
    let found = match context.given.text("Identity") {
        Some(text) => vec![context.recipient(text, has_mailbox)?],
        None => context.recipients().into_iter().filter(has_mailbox).collect(),
    };
    let rows = found.iter().filter_map(|recipient| {
        recipient.mailbox.as_ref().map(|mailbox| row(&mailbox.regional, &recipient.name()))
    });
    Ok(rows.collect())
}

fn row(regional: &Regional, name: &str) -> Row {
    Row::default()
        .with("Identity", name)
        .with("Language", regional.language.as_str())
        .with("DateFormat", regional.date_format.as_str())
        .with("TimeFormat", regional.time_format.as_str())
        .with("TimeZone", regional.time_zone.as_str())
        .with("DefaultFolderNameMatchingUserLanguage", regional.folders_match_language)
        .with("IsValid", true)
}

/// `Set-MailboxRegionalConfiguration`
pub(super) fn set(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let text = context.given.text("Identity").unwrap_or_default().to_owned();
    let (recipient, mut mailbox) = context.mailbox(&text)?;
    let before = mailbox.regional.clone();
    apply(context, &mut mailbox.regional)?;
    if mailbox.regional == before {
        return Ok(context.unchanged(&recipient.name()));
    }
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}

fn apply(context: &Context<'_>, regional: &mut Regional) -> Result<(), Refusal> {
    let given = &context.given;
    if let Some(language) = given.text("Language") {
        if !is_language(language) {
            return Err(invalid_data(format!("The language \"{language}\" isn't supported.")));
        }
        regional.language = language.to_owned();
    }
    if let Some(zone) = given.text("TimeZone") {
        let known = time_zone(zone);
        let known = known.ok_or_else(|| invalid_data(format!("The time zone \"{zone}\" isn't valid.")))?;
        regional.time_zone = known.to_owned();
    }
    let formats = [("DateFormat", &mut regional.date_format), ("TimeFormat", &mut regional.time_format)];
    for (name, field) in formats {
        if let Some(format) = given.text(name) {
            *field = format.to_owned();
        }
    }
    regional.folders_match_language |= given.is_on("LocalizeDefaultFolderName");
    Ok(())
}

/// `de-CH`, `en-US`, `zh-Hans-CN`
pub(crate) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let is_sound =
        |part: &str| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    (2..=3).contains(&first.len()) && first.chars().all(|c| c.is_ascii_lowercase()) && parts.all(is_sound)
}

/// The Windows name of a time zone, in the spelling of the service.
pub(crate) fn time_zone(text: &str) -> Option<&'static str> {
    ZONES.iter().copied().find(|known| known.eq_ignore_ascii_case(text))
}

/// Windows time zones ("Default time zones", Windows hardware documentation).
const ZONES: [&str; 70] = [
    "Dateline Standard Time",
    "UTC-11",
    "Hawaiian Standard Time",
    "Alaskan Standard Time",
    "Pacific Standard Time",
    "US Mountain Standard Time",
    "Mountain Standard Time",
    "Central America Standard Time",
    "Central Standard Time",
    "Canada Central Standard Time",
    "Central Standard Time (Mexico)",
    "SA Pacific Standard Time",
    "Eastern Standard Time",
    "US Eastern Standard Time",
    "Venezuela Standard Time",
    "Paraguay Standard Time",
    "Atlantic Standard Time",
    "SA Western Standard Time",
    "Pacific SA Standard Time",
    "Newfoundland Standard Time",
    "E. South America Standard Time",
    "Argentina Standard Time",
    "SA Eastern Standard Time",
    "Greenland Standard Time",
    "Montevideo Standard Time",
    "UTC-02",
    "Azores Standard Time",
    "Cape Verde Standard Time",
    "UTC",
    "GMT Standard Time",
    "Greenwich Standard Time",
    "Morocco Standard Time",
    "W. Europe Standard Time",
    "Central Europe Standard Time",
    "Romance Standard Time",
    "Central European Standard Time",
    "W. Central Africa Standard Time",
    "GTB Standard Time",
    "Middle East Standard Time",
    "Egypt Standard Time",
    "E. Europe Standard Time",
    "South Africa Standard Time",
    "FLE Standard Time",
    "Israel Standard Time",
    "Jordan Standard Time",
    "Arabic Standard Time",
    "Turkey Standard Time",
    "Arab Standard Time",
    "Belarus Standard Time",
    "Russian Standard Time",
    "E. Africa Standard Time",
    "Arabian Standard Time",
    "Georgian Standard Time",
    "Pakistan Standard Time",
    "West Asia Standard Time",
    "India Standard Time",
    "Sri Lanka Standard Time",
    "Nepal Standard Time",
    "Bangladesh Standard Time",
    "SE Asia Standard Time",
    "China Standard Time",
    "Singapore Standard Time",
    "W. Australia Standard Time",
    "Taipei Standard Time",
    "Tokyo Standard Time",
    "Korea Standard Time",
    "AUS Central Standard Time",
    "E. Australia Standard Time",
    "AUS Eastern Standard Time",
    "New Zealand Standard Time",
];
