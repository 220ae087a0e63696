//! `Set-Mailbox`: every parameter that is given is applied to a copy; what differs afterwards is written, all or nothing.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::super::Context;
use super::super::given::Changes;
use super::super::recipient::Recipient;
use super::super::refusal::{Refusal, invalid_data, synced, task};
use super::super::row::{Row, bytes};
use super::{addresses, quota};
use crate::state::belongings::Hold;
use crate::state::mailbox::Conversion;
use crate::state::{Link, Mailbox, MailboxKind, Moment, Object};

/// What is mastered on premises where the user is.
const ON_PREMISES: [&str; 3] = ["HiddenFromAddressListsEnabled", "EmailAddresses", "AccountDisabled"];

/// `Set-Mailbox`
pub(in crate::exchange) fn run(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let text = context.given.text("Identity").unwrap_or_default().to_owned();
    let (recipient, before) = context.mailbox(&text)?;
    refuse_synced(context, &recipient)?;
    let mut mailbox = before.clone();
    forwarding(context, &mut mailbox)?;
    hold(context, &recipient.object, &mut mailbox)?;
    quotas(context, &recipient.object, &mut mailbox)?;
    flags(context, &mut mailbox);
    convert(context, &recipient.object, &mut mailbox)?;
    let behalf = on_behalf(context, &mailbox)?;
    let user = account(context, &recipient)?;
    let nothing = mailbox == before && behalf.is_none() && user.is_none();
    if nothing {
        return Ok(context.unchanged(&recipient.name()));
    }
    if mailbox != before {
        context.directory.put_mailbox(mailbox);
    }
    behalf.into_iter().for_each(|wanted| set_on_behalf(context, recipient.id(), &wanted));
    user.into_iter().for_each(|user| context.directory.put(user));
    Ok(Vec::new())
}

fn refuse_synced(context: &Context<'_>, recipient: &Recipient) -> Result<(), Refusal> {
    match context.given.names().find(|name| ON_PREMISES.contains(name)) {
        Some(name) if recipient.object.is_synced() => {
            Err(synced("Set-Mailbox", name, recipient.display_name()))
        }
        _ => Ok(()),
    }
}

fn forwarding(context: &Context<'_>, mailbox: &mut Mailbox) -> Result<(), Refusal> {
    if context.given.has("ForwardingAddress") {
        let target = context.given.text("ForwardingAddress");
        let target = target.map(|text| context.recipient(text, |_| true)).transpose()?;
        mailbox.forwarding_address = target.map(|recipient| recipient.id());
    }
    if context.given.has("ForwardingSmtpAddress") {
        let address = context.given.text("ForwardingSmtpAddress");
        mailbox.forwarding_smtp_address = address.map(addresses::smtp).transpose()?;
    }
    mailbox.deliver_and_forward =
        context.given.switch("DeliverToMailboxAndForward").unwrap_or(mailbox.deliver_and_forward);
    Ok(())
}

/// Litigation hold takes Exchange Online Plan 2 or archiving.
fn hold(context: &Context<'_>, user: &Object, mailbox: &mut Mailbox) -> Result<(), Refusal> {
    let given = &context.given;
    match given.switch("LitigationHoldEnabled") {
        Some(true) if mailbox.hold.is_none() => {
            let plans = context.directory.enabled_plans(&user.licences);
            let allows =
                |name: &str| name == "EXCHANGE_S_ENTERPRISE" || name.starts_with("EXCHANGE_S_ARCHIVE");
            if !plans.iter().any(|plan| allows(&plan.service_plan_name)) {
                return Err(task("Mailbox plan doesn't have permission to enable Litigation Hold."));
            }
            let since_date_time = Moment(context.view.now_ms / 1_000 * 1_000);
            mailbox.hold = Some(Hold { since_date_time, owner: context.app.clone(), days: None });
        }
        Some(false) => mailbox.hold = None,
        _ => {}
    }
    if let Some(hold) = mailbox.hold.as_mut().filter(|_| given.has("LitigationHoldDuration")) {
        hold.days = given.value("LitigationHoldDuration").and_then(days);
    }
    let text = |name: &str, before: &str| match given.value(name) {
        Some(value) => value.as_str().unwrap_or_default().to_owned(),
        None => before.to_owned(),
    };
    mailbox.retention_comment = text("RetentionComment", &mailbox.retention_comment);
    mailbox.retention_url = text("RetentionUrl", &mailbox.retention_url);
    Ok(())
}

/// `365`, `"365"` or `"365.00:00:00"`; nothing stands for ever.
fn days(value: &Value) -> Option<u64> {
    let written = |text: &str| text.split('.').next().and_then(|days| days.parse().ok());
    value.as_u64().or_else(|| value.as_str().and_then(written))
}

fn quotas(context: &Context<'_>, user: &Object, mailbox: &mut Mailbox) -> Result<(), Refusal> {
    let before = mailbox.quotas.clone();
    let fields = [
        ("IssueWarningQuota", &mut mailbox.quotas.warning),
        ("ProhibitSendQuota", &mut mailbox.quotas.send),
        ("ProhibitSendReceiveQuota", &mut mailbox.quotas.send_receive),
    ];
    for (name, field) in fields {
        if let Some(value) = context.given.value(name) {
            *field = value.as_u64().or_else(|| value.as_str().and_then(bytes));
        }
    }
    if mailbox.quotas == before {
        return Ok(());
    }
    quota::check(context.directory, user, mailbox).map_err(invalid_data)
}

fn flags(context: &Context<'_>, mailbox: &mut Mailbox) {
    mailbox.hidden = context.given.switch("HiddenFromAddressListsEnabled").unwrap_or(mailbox.hidden);
}

fn convert(context: &Context<'_>, user: &Object, mailbox: &mut Mailbox) -> Result<(), Refusal> {
    let kind = match context.given.choice("Type", super::TYPES) {
        None => return Ok(()),
        Some("Regular") => MailboxKind::User,
        Some("Shared") => MailboxKind::Shared,
        Some("Equipment") => MailboxKind::Equipment,
        Some(_) => MailboxKind::Room,
    };
    if kind == mailbox.kind {
        return Ok(());
    }
    if kind == MailboxKind::User && !context.directory.has_mailbox_plan(&user.licences) {
        return Err(task(
            "The mailbox can't be converted to a regular mailbox because its user has no license for Exchange Online.",
        ));
    }
    let (now_ms, delay_ms) = (context.view.now_ms, context.directory.mailboxes.conversion_ms);
    let from = mailbox.kind_at(now_ms);
    mailbox.conversion =
        (delay_ms > 0).then(|| Conversion { from, visible_date_time: Moment(now_ms + delay_ms) });
    mailbox.kind = kind;
    Ok(())
}

/// Who may send on the mailbox's behalf from now on, if that changes.
fn on_behalf(context: &Context<'_>, mailbox: &Mailbox) -> Result<Option<BTreeSet<Uuid>>, Refusal> {
    let Some(changes) = context.given.changes("GrantSendOnBehalfTo") else { return Ok(None) };
    let before = context.directory.links.targets(Link::OnBehalf, mailbox.id, context.directory.truth());
    let ids = |names: &[String]| -> Result<BTreeSet<Uuid>, Refusal> {
        names.iter().map(|name| context.recipient(name, |_| true).map(|found| found.id())).collect()
    };
    let after = match changes {
        Changes::Replace(names) => ids(&names)?,
        Changes::Edit { add, remove } => {
            let (add, remove) = (ids(&add)?, ids(&remove)?);
            before.union(&add).copied().filter(|id| !remove.contains(id)).collect()
        }
    };
    Ok((after != before).then_some(after))
}

fn set_on_behalf(context: &mut Context<'_>, mailbox: Uuid, wanted: &BTreeSet<Uuid>) {
    let before = context.directory.links.targets(Link::OnBehalf, mailbox, context.directory.truth());
    before.difference(wanted).for_each(|id| context.directory.unlink(Link::OnBehalf, mailbox, *id));
    wanted.difference(&before).for_each(|id| context.directory.link(Link::OnBehalf, mailbox, *id));
}

/// The account with other addresses, or blocked, if that changes: the directory has those.
fn account(context: &mut Context<'_>, recipient: &Recipient) -> Result<Option<Object>, Refusal> {
    let Some(before) = context.directory.edit(recipient.id()) else { return Ok(None) };
    let mut user = before.clone();
    if let Some(changes) = context.given.changes("EmailAddresses") {
        addresses::apply(context.directory, &mut user, &changes)?;
    }
    if let Some(disabled) = context.given.switch("AccountDisabled") {
        user.properties.set("accountEnabled", !disabled);
    }
    Ok((user != before).then_some(user))
}
