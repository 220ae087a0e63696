//! `Get-` and `Set-MailboxAutoReplyConfiguration`: the same reply that Microsoft Graph calls `automaticRepliesSetting`.

use super::Context;
use super::refusal::{Refusal, invalid_data};
use super::row::Row;
use crate::state::Moment;
use crate::state::belongings::AutoReply;

pub(super) const STATES: &[&str] = &["Disabled", "Enabled", "Scheduled"];
pub(super) const AUDIENCES: &[&str] = &["None", "Known", "All"];
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let text = context.given.text("Identity").unwrap_or_default();
    let recipient = context.recipient(text, |recipient| recipient.mailbox.is_some())?;
    let name = recipient.name();
    let reply =
        recipient.mailbox.as_ref().map(|mailbox| row(&mailbox.auto_reply, &name, context.view.now_ms));
    Ok(reply.into_iter().collect())
}

fn row(reply: &AutoReply, name: &str, now_ms: i64) -> Row {
    let (start, end) = times(reply, now_ms);
    Row::default()
        .with("Identity", name)
        .with("MailboxOwnerId", name)
        .with("AutoReplyState", reply.state.as_str())
        .with("ExternalAudience", reply.audience.as_str())
        .with("InternalMessage", reply.internal_message.as_str())
        .with("ExternalMessage", reply.external_message.as_str())
        .date("StartTime", Some(start))
        .date("EndTime", Some(end))
        .with("CreateOOFEvent", reply.create_event)
        .with("OOFEventSubject", reply.event_subject.as_str())
        .with("DeclineMeetingMessage", reply.decline_message.as_str())
        .with("AutoDeclineFutureRequestsWhenOOF", reply.decline_new)
        .with("DeclineEventsForScheduledOOF", reply.decline_existing)
        .with("IsValid", true)
}

/// When it begins and ends; from this hour on for a day where nothing was set.
pub(crate) fn times(reply: &AutoReply, now_ms: i64) -> (i64, i64) {
    let hour = now_ms / HOUR_MS * HOUR_MS;
    let start = reply.start_date_time.map_or(hour, |start| start.0);
    (start, reply.end_date_time.map_or(start + DAY_MS, |end| end.0))
}

pub(super) fn set(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let text = context.given.text("Identity").unwrap_or_default().to_owned();
    let (recipient, mut mailbox) = context.mailbox(&text)?;
    let before = mailbox.auto_reply.clone();
    apply(context, &mut mailbox.auto_reply);
    let (start, end) = times(&mailbox.auto_reply, context.view.now_ms);
    if mailbox.auto_reply.state == "Scheduled" && start >= end {
        return Err(invalid_data("The start time must be earlier than the end time."));
    }
    if mailbox.auto_reply == before {
        return Ok(context.unchanged(&recipient.name()));
    }
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}

fn apply(context: &Context<'_>, reply: &mut AutoReply) {
    let given = &context.given;
    let texts = [
        ("InternalMessage", &mut reply.internal_message),
        ("ExternalMessage", &mut reply.external_message),
        ("OOFEventSubject", &mut reply.event_subject),
        ("DeclineMeetingMessage", &mut reply.decline_message),
    ];
    for (name, field) in texts {
        if let Some(value) = given.value(name) {
            *field = value.as_str().unwrap_or_default().to_owned();
        }
    }
    let switches = [
        ("CreateOOFEvent", &mut reply.create_event),
        ("AutoDeclineFutureRequestsWhenOOF", &mut reply.decline_new),
        ("DeclineEventsForScheduledOOF", &mut reply.decline_existing),
    ];
    switches.into_iter().for_each(|(name, field)| *field = given.switch(name).unwrap_or(*field));
    let choice = |name, all, before: &str| given.choice(name, all).unwrap_or(before).to_owned();
    reply.state = choice("AutoReplyState", STATES, &reply.state);
    reply.audience = choice("ExternalAudience", AUDIENCES, &reply.audience);
    reply.start_date_time = given.moment("StartTime").map(Moment).or(reply.start_date_time);
    reply.end_date_time = given.moment("EndTime").map(Moment).or(reply.end_date_time);
}
