//! `Get-MailboxStatistics`: how much is in a mailbox or its archive.
//!
//! Whoever gives no identity, or an empty one, is told about every mailbox, as the reference of the cmdlet warns.

use super::Context;
use super::mailbox::quota;
use super::recipient::{Recipient, exchange_guid};
use super::refusal::{Refusal, not_found};
use super::row::{Row, size};
use crate::state::belongings::Size;

pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let has_mailbox = |recipient: &Recipient| recipient.mailbox.is_some();
    let found = match context.given.text("Identity") {
        Some(text) => vec![context.recipient(text, has_mailbox)?],
        None => context.recipients().into_iter().filter(has_mailbox).collect(),
    };
    let rows: Vec<Row> = found.iter().filter_map(|recipient| row(context, recipient)).collect();
    match context.given.text("Identity") {
        Some(text) if rows.is_empty() => Err(not_found(text)),
        _ => Ok(rows),
    }
}

fn row(context: &Context<'_>, recipient: &Recipient) -> Option<Row> {
    let mailbox = recipient.mailbox.as_ref()?;
    let (contents, guid): (&Size, _) = if context.given.is_on("Archive") {
        mailbox.archive.as_ref().map(|archive| (&archive.size, archive.id))?
    } else {
        (&mailbox.size, exchange_guid(mailbox.id))
    };
    let quotas = quota::in_force(context.directory, &recipient.object, mailbox);
    let row = Row::default()
        .with("Identity", guid.to_string())
        .guid("MailboxGuid", guid)
        .with("DisplayName", recipient.display_name())
        .with("MailboxTypeDetail", recipient.details(context.view.now_ms))
        .with("IsArchiveMailbox", context.given.is_on("Archive"))
        .with("ItemCount", contents.items)
        .with("DeletedItemCount", contents.deleted_items)
        .with("TotalItemSize", size(contents.bytes))
        .with("TotalDeletedItemSize", size(contents.deleted_bytes))
        .with("StorageLimitStatus", quota::standing(contents.bytes, quotas));
    let last = mailbox.last_logon_date_time.map(|moment| moment.0);
    Some(row.date("LastLogonTime", last).with("OwnerADGuid", mailbox.id.to_string()))
}
