//! `/users/{id}/mailboxSettings`: automatic replies, language, formats, time zone and working hours, the same that Exchange
//! Online's cmdlets show.
//!
//! Source: "user: mailboxSettings" and the resource type mailboxSettings (Microsoft Graph reference). Times of automatic
//! replies are told in UTC, whatever zone they were set in.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::{Context, NO_OPTIONS, Reply, Route, get, write};
use crate::exchange::{autoreply, regional};
use crate::refusal::{Refusal, unknown_here};
use crate::roles::*;
use crate::state::belongings::{AutoReply, Regional};
use crate::state::{Mailbox, MailboxKind, Moment};

pub(super) const ROUTES: &[Route] = &[
    get("/users/{}/mailboxSettings", 1, READ_MAILBOX_SETTINGS, NO_OPTIONS, read),
    get("/users/{}/mailboxSettings/automaticRepliesSetting", 1, READ_MAILBOX_SETTINGS, NO_OPTIONS, read_one),
    get("/users/{}/mailboxSettings/language", 1, READ_MAILBOX_SETTINGS, NO_OPTIONS, read_one),
    get("/users/{}/mailboxSettings/timeZone", 1, READ_MAILBOX_SETTINGS, NO_OPTIONS, read_one),
    get("/users/{}/mailboxSettings/userPurpose", 1, READ_MAILBOX_SETTINGS, NO_OPTIONS, read_one),
    get("/users/{}/mailboxSettings/workingHours", 1, READ_MAILBOX_SETTINGS, NO_OPTIONS, read_one),
    write("PATCH", "/users/{}/mailboxSettings", WRITE_MAILBOX_SETTINGS, change),
];

/// Microsoft Graph's words, and Exchange's for the same.
const STATUSES: [(&str, &str); 3] =
    [("disabled", "Disabled"), ("alwaysEnabled", "Enabled"), ("scheduled", "Scheduled")];
const AUDIENCES: [(&str, &str); 3] = [("none", "None"), ("contactsOnly", "Known"), ("all", "All")];
const DELIVERIES: [&str; 3] =
    ["sendToDelegateAndInformationToPrincipal", "sendToDelegateAndPrincipal", "sendToDelegateOnly"];
const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// The body does not fit the type.
pub(super) fn body_refused(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "RequestBodyRead", message)
}

pub(super) fn unknown_member(name: &str, kind: &str) -> Refusal {
    body_refused(format!(
        "The property '{name}' does not exist on type 'microsoft.graph.{kind}'. Make sure to only use property names that are defined by the type or mark the type as open type."
    ))
}

pub(super) fn wrong_type(name: &str, kind: &str) -> Refusal {
    body_refused(format!("Cannot convert the value of '{name}' to the expected type '{kind}'."))
}

/// The mailbox of the user that an address names, as the caller's replica shows it.
pub(super) fn seen(context: &Context<'_>) -> Result<Mailbox, Refusal> {
    let name = context.param(0).plain()?;
    let user = context.user(0).map_err(|refusal| match refusal.status {
        404 => Refusal::new(404, "ErrorInvalidUser", format!("The requested user '{name}' is invalid.")),
        _ => refusal,
    })?;
    let mailbox = context.directory.mailbox(user.id, context.view);
    mailbox.map(|mailbox| Mailbox::clone(mailbox)).ok_or_else(no_mailbox)
}

/// The truth about it, to change and put back.
pub(super) fn edited(context: &Context<'_>) -> Result<Mailbox, Refusal> {
    let seen = seen(context)?;
    let truth = context.directory.mailbox(seen.id, context.directory.truth());
    truth.map(|mailbox| Mailbox::clone(mailbox)).ok_or_else(no_mailbox)
}

fn no_mailbox() -> Refusal {
    let message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";
    Refusal::new(404, "MailboxNotEnabledForRESTAPI", message)
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mailbox = seen(context)?;
    let mut body = settings(&mailbox, context.view.now_ms);
    let fragment = format!("users('{}')/mailboxSettings", mailbox.id);
    body.insert("@odata.context".into(), context.context(&fragment));
    Ok(Reply::ok(Value::Object(body)))
}

fn read_one(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mailbox = seen(context)?;
    let wanted = context.asked.path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut all = settings(&mailbox, context.view.now_ms);
    let name = all.keys().find(|name| name.eq_ignore_ascii_case(&wanted)).cloned().unwrap_or(wanted);
    let fragment = context.context(&format!("users('{}')/mailboxSettings/{name}", mailbox.id));
    Ok(Reply::ok(match all.remove(&name) {
        Some(Value::Object(mut members)) => {
            members.insert("@odata.context".into(), fragment);
            Value::Object(members)
        }
        other => json!({ "@odata.context": fragment, "value": other }),
    }))
}

fn settings(mailbox: &Mailbox, now_ms: i64) -> Map<String, Value> {
    let regional = &mailbox.regional;
    let value = json!({
        "archiveFolder": format!("archive-{}", mailbox.id.simple()),
        "automaticRepliesSetting": reply(&mailbox.auto_reply, now_ms),
        "dateFormat": regional.date_format, "timeFormat": regional.time_format, "timeZone": regional.time_zone,
        "language": { "locale": regional.language, "displayName": language_name(&regional.language) },
        "delegateMeetingMessageDeliveryOptions": regional.meeting_delivery.as_deref().unwrap_or(DELIVERIES[2]),
        "userPurpose": purpose(mailbox.kind_at(now_ms)), "workingHours": hours(regional),
    });
    value.as_object().cloned().unwrap_or_default()
}

/// Names of a few languages; of others the code.
fn language_name(code: &str) -> &str {
    const NAMES: [(&str, &str); 6] = [
        ("en-US", "English (United States)"),
        ("en-GB", "English (United Kingdom)"),
        ("de-DE", "German (Germany)"),
        ("de-CH", "German (Switzerland)"),
        ("fr-FR", "French (France)"),
        ("fr-CH", "French (Switzerland)"),
    ];
    NAMES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

fn purpose(kind: MailboxKind) -> &'static str {
    match kind {
        MailboxKind::User => "user",
        MailboxKind::Shared => "shared",
        MailboxKind::Room => "room",
        MailboxKind::Equipment => "equipment",
    }
}

fn hours(regional: &Regional) -> Value {
    if regional.working_hours.is_empty() {
        json!({
            "daysOfWeek": DAYS[1..6], "startTime": "08:00:00.0000000", "endTime": "17:00:00.0000000",
            "timeZone": { "name": regional.time_zone },
        })
    } else {
        Value::Object(regional.working_hours.clone())
    }
}

fn reply(reply: &AutoReply, now_ms: i64) -> Value {
    let word = |words: &[(&'static str, &str)], ours: &str| {
        words.iter().find(|(_, theirs)| *theirs == ours).map_or("", |(word, _)| *word)
    };
    let (start, end) = autoreply::times(reply, now_ms);
    json!({
        "status": word(&STATUSES, &reply.state), "externalAudience": word(&AUDIENCES, &reply.audience),
        "internalReplyMessage": reply.internal_message, "externalReplyMessage": reply.external_message,
        "scheduledStartDateTime": zoned(start), "scheduledEndDateTime": zoned(end),
    })
}

/// `{"dateTime": "2026-03-02T08:00:00.0000000", "timeZone": "UTC"}`
fn zoned(at_ms: i64) -> Value {
    let text = crate::clock::written_without_zone(at_ms);
    json!({ "dateTime": format!("{text}.0000000"), "timeZone": "UTC" })
}

/// Changes what is given, and tells it again.
fn change(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.body()?.clone();
    let mut mailbox = edited(context)?;
    let before = mailbox.clone();
    for (name, value) in body.iter().filter(|(name, _)| !name.starts_with('@')) {
        change_one(&mut mailbox, name, value, context.view.now_ms)?;
    }
    let mut told = settings(&mailbox, context.view.now_ms);
    told.retain(|name, _| body.contains_key(name));
    let fragment = format!("users('{}')/mailboxSettings", mailbox.id);
    told.insert("@odata.context".into(), context.context(&fragment));
    if mailbox != before {
        context.directory.put_mailbox(mailbox);
    }
    Ok(Reply::ok(Value::Object(told)))
}

fn change_one(mailbox: &mut Mailbox, name: &str, value: &Value, now_ms: i64) -> Result<(), Refusal> {
    let text = || value.as_str().map(str::to_owned).ok_or_else(|| wrong_type(name, "Edm.String"));
    let regional = &mut mailbox.regional;
    match name {
        "automaticRepliesSetting" => change_reply(&mut mailbox.auto_reply, members(name, value)?, now_ms)?,
        "dateFormat" => regional.date_format = text()?,
        "timeFormat" => regional.time_format = text()?,
        "timeZone" => regional.time_zone = time_zone(&text()?)?,
        "language" => regional.language = language(members(name, value)?)?,
        "delegateMeetingMessageDeliveryOptions" => {
            let known = DELIVERIES
                .iter()
                .find(|known| known.eq_ignore_ascii_case(value.as_str().unwrap_or_default()));
            let known = known
                .ok_or_else(|| wrong_type(name, "microsoft.graph.delegateMeetingMessageDeliveryOptions"))?;
            regional.meeting_delivery = Some((*known).to_owned());
        }
        "workingHours" => change_hours(regional, members(name, value)?)?,
        "userPurpose" => {
            return Err(body_refused("The property 'userPurpose' is read-only and cannot be set."));
        }
        "archiveFolder" => return Err(unknown_here("how to change the property 'archiveFolder'")),
        unknown => return Err(unknown_member(unknown, "mailboxSettings")),
    }
    Ok(())
}

fn members<'a>(name: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Refusal> {
    value.as_object().ok_or_else(|| wrong_type(name, &format!("microsoft.graph.{name}")))
}

fn change_reply(reply: &mut AutoReply, given: &Map<String, Value>, now_ms: i64) -> Result<(), Refusal> {
    for (name, value) in given.iter().filter(|(name, _)| !name.starts_with('@')) {
        let text = || value.as_str().map(str::to_owned).ok_or_else(|| wrong_type(name, "Edm.String"));
        match name.as_str() {
            "status" => reply.state = word(&STATUSES, name, value)?,
            "externalAudience" => reply.audience = word(&AUDIENCES, name, value)?,
            "internalReplyMessage" => reply.internal_message = text()?,
            "externalReplyMessage" => reply.external_message = text()?,
            "scheduledStartDateTime" => reply.start_date_time = Some(moment(name, value)?),
            "scheduledEndDateTime" => reply.end_date_time = Some(moment(name, value)?),
            unknown => return Err(unknown_member(unknown, "automaticRepliesSetting")),
        }
    }
    let (start, end) = autoreply::times(reply, now_ms);
    if reply.state == "Scheduled" && start >= end {
        let message = "The start time of the scheduled automatic reply has to be before its end time.";
        return Err(Refusal::new(400, "ErrorInvalidTimeSettings", message));
    }
    Ok(())
}

/// Exchange's word for one of Microsoft Graph's, in whatever case.
fn word(words: &[(&str, &str)], name: &str, value: &Value) -> Result<String, Refusal> {
    let given = value.as_str().unwrap_or_default();
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(given));
    found
        .map(|(_, ours)| (*ours).to_owned())
        .ok_or_else(|| wrong_type(name, &format!("microsoft.graph.{name}")))
}

fn moment(name: &str, value: &Value) -> Result<Moment, Refusal> {
    let wrong = || wrong_type(name, "microsoft.graph.dateTimeTimeZone");
    let date: DateTime = value["dateTime"].as_str().and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
    let zone = value["timeZone"].as_str().ok_or_else(wrong)?;
    let zoned = date.to_zoned(zone_of(zone)?).map_err(|_| wrong())?;
    Ok(Moment(zoned.timestamp().as_millisecond()))
}

fn no_zone(name: &str) -> Refusal {
    Refusal::new(400, "InvalidTimeZone", format!("The time zone '{name}' is not supported."))
}

/// The rules of a time zone, by its Windows name or by that of IANA.
fn zone_of(name: &str) -> Result<TimeZone, Refusal> {
    const WINDOWS: [(&str, &str); 12] = [
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("Mountain Standard Time", "America/Denver"),
        ("Central Standard Time", "America/Chicago"),
        ("Eastern Standard Time", "America/New_York"),
        ("GMT Standard Time", "Europe/London"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Central Europe Standard Time", "Europe/Budapest"),
        ("Romance Standard Time", "Europe/Paris"),
        ("India Standard Time", "Asia/Kolkata"),
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("UTC", "UTC"),
    ];
    let known = WINDOWS.iter().find(|(windows, _)| windows.eq_ignore_ascii_case(name));
    if known.is_none() && regional::time_zone(name).is_some() {
        return Err(unknown_here(format!("the rules of the time zone '{name}'")));
    }
    let name = known.map_or(name, |(_, iana)| iana);
    if name == "UTC" { Ok(TimeZone::UTC) } else { TimeZone::get(name).map_err(|_| no_zone(name)) }
}

/// The name of a time zone, as it is kept.
fn time_zone(name: &str) -> Result<String, Refusal> {
    match regional::time_zone(name) {
        Some(known) => Ok(known.to_owned()),
        None => zone_of(name).map(|_| name.to_owned()),
    }
}

fn language(given: &Map<String, Value>) -> Result<String, Refusal> {
    if let Some(unknown) =
        given.keys().find(|name| !matches!(name.as_str(), "locale" | "displayName" | "@odata.type"))
    {
        return Err(unknown_member(unknown, "localeInfo"));
    }
    let locale = given.get("locale").and_then(Value::as_str).filter(|locale| regional::is_language(locale));
    locale.map(str::to_owned).ok_or_else(|| {
        Refusal::new(400, "ErrorInvalidLocale", "The locale of the language is missing or not supported.")
    })
}

fn change_hours(regional: &mut Regional, given: &Map<String, Value>) -> Result<(), Refusal> {
    let mut after = hours(regional);
    for (name, value) in given.iter().filter(|(name, _)| !name.starts_with('@')) {
        let is_sound = match name.as_str() {
            "daysOfWeek" => value.as_array().is_some_and(|days| days.iter().all(is_day)),
            "startTime" | "endTime" => {
                value.as_str().is_some_and(|text| text.parse::<jiff::civil::Time>().is_ok())
            }
            "timeZone" => value["name"].as_str().is_some_and(|zone| time_zone(zone).is_ok()),
            unknown => return Err(unknown_member(unknown, "workingHours")),
        };
        if !is_sound {
            return Err(wrong_type(name, "microsoft.graph.workingHours"));
        }
        after[name] = value.clone();
    }
    regional.working_hours = after.as_object().cloned().unwrap_or_default();
    Ok(())
}

fn is_day(value: &Value) -> bool {
    value.as_str().is_some_and(|day| DAYS.iter().any(|known| known.eq_ignore_ascii_case(day)))
}
