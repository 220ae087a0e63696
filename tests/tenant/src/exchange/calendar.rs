//! `Remove-CalendarEvents`: cancels the meetings that the owner of a mailbox has called.

use super::Context;
use super::refusal::{Refusal, invalid_data};
use super::row::Row;
use crate::state::belongings::Meeting;

const DAY_MS: i64 = 24 * 3_600_000;
/// The most days that can be looked at.
const MOST_DAYS: i64 = 1_825;

/// Cancels, or with `PreviewOnly` tells what would be cancelled.
pub(super) fn remove(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let text = context.given.text("Identity").unwrap_or_default().to_owned();
    let (_, mut mailbox) = context.mailbox(&text)?;
    let window = window(context)?;
    let cancels = context.given.is_on("CancelOrganizedMeetings");
    let is_meant =
        |meeting: &Meeting| cancels && meeting.organized && window.contains(&meeting.start_date_time.0);
    let found: Vec<Row> = mailbox.meetings.iter().filter(|meeting| is_meant(meeting)).map(row).collect();
    if found.is_empty() {
        context.warn("There are no meetings to cancel in the period that was asked for.");
        return Ok(Vec::new());
    }
    if context.given.is_on("PreviewOnly") {
        return Ok(found);
    }
    mailbox.meetings.retain(|meeting| !is_meant(meeting));
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}

fn window(context: &Context<'_>) -> Result<std::ops::Range<i64>, Refusal> {
    let given = &context.given;
    let written = |value: &serde_json::Value| {
        value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
    };
    let days = given.value("QueryWindowInDays").and_then(written).unwrap_or_default();
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(invalid_data(format!(
            "The value of 'QueryWindowInDays' must be between 1 and {MOST_DAYS}."
        )));
    }
    let start = given.moment("QueryStartDate").unwrap_or(context.view.now_ms);
    Ok(start..start + days * DAY_MS)
}

fn row(meeting: &Meeting) -> Row {
    Row::default()
        .with("Subject", meeting.subject.as_str())
        .date("StartTime", Some(meeting.start_date_time.0))
        .with("AttendeeCount", meeting.attendees)
}
