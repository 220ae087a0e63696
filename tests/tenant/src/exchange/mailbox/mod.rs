//! `Get-Mailbox`; `Set-Mailbox` is in `set`, what it may do to addresses in `addresses`.

mod addresses;
pub(super) mod quota;
pub(super) mod set;

use serde_json::{Value, json};
use uuid::Uuid;

use super::Context;
use super::filter::Filter;
use super::recipient::{Recipient, exchange_guid, guid, organizational_unit};
use super::refusal::{Refusal, clash, not_found};
use super::row::{Row, size};
use crate::state::{Link, Mailbox, MailboxKind, Moment};

/// What `-Type` takes.
pub(super) const TYPES: &[&str] = &["Regular", "Shared", "Room", "Equipment", "Workspace", "Desk"];

/// `Get-Mailbox`: one, those that fit, or all of them.
pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let given = &context.given;
    let ways = ["Identity", "Filter", "Anr"].iter().filter(|name| given.text(name).is_some()).count();
    if ways > 1 {
        return Err(clash());
    }
    let filter = given.text("Filter").map(|text| Filter::parse(context.directory, text)).transpose()?;
    let found = match given.text("Identity") {
        _ if is_past(context) => past(context)?,
        Some(text) => vec![context.recipient(text, |recipient| recipient.mailbox.is_some())?],
        None => context.recipients().into_iter().filter(|recipient| recipient.mailbox.is_some()).collect(),
    };
    let fits = |recipient: &Recipient| {
        context.is_of_a_kind(recipient)
            && context.resembles(recipient)
            && filter.as_ref().is_none_or(|filter| filter.fits(context, recipient))
            && (!context.given.is_on("Archive") || has_archive(recipient))
    };
    Ok(found
        .iter()
        .filter(|recipient| fits(recipient))
        .filter_map(|recipient| row(context, recipient))
        .collect())
}

fn has_archive(recipient: &Recipient) -> bool {
    recipient.mailbox.as_ref().is_some_and(|mailbox| mailbox.archive.is_some())
}

fn is_past(context: &Context<'_>) -> bool {
    context.given.is_on("SoftDeletedMailbox") || context.given.is_on("InactiveMailboxOnly")
}

/// Mailboxes without a licence or without a user, which are still kept.
fn past(context: &Context<'_>) -> Result<Vec<Recipient>, Refusal> {
    let now_ms = context.view.now_ms;
    let inactive = context.given.is_on("InactiveMailboxOnly");
    let kept = context.directory.mailboxes.seen(context.view).filter(|mailbox| mailbox.is_kept(now_ms));
    let kept = kept.filter(|mailbox| !inactive || mailbox.is_held());
    let with_user = kept.filter_map(|mailbox| {
        let object = context.directory.store.seen(mailbox.id, context.view)?.clone();
        Some(Recipient { object, mailbox: Some(mailbox.clone()) })
    });
    let all: Vec<Recipient> = with_user.collect();
    let Some(wanted) = context.given.text("Identity") else { return Ok(all) };
    let is_meant = |recipient: &Recipient| {
        let id = Uuid::try_parse(wanted).ok();
        id.is_some_and(|id| {
            [recipient.id(), guid(recipient.id()), exchange_guid(recipient.id())].contains(&id)
        }) || [recipient.address(), recipient.alias(), recipient.display_name()]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(wanted))
    };
    let found: Vec<Recipient> = all.into_iter().filter(is_meant).collect();
    if found.is_empty() { Err(not_found(wanted)) } else { Ok(found) }
}

impl Context<'_> {
    /// Whether a recipient is of one of the kinds that are asked for.
    pub(super) fn is_of_a_kind(&self, recipient: &Recipient) -> bool {
        let kinds = self.given.words("RecipientTypeDetails");
        let details = recipient.details(self.view.now_ms);
        kinds.is_empty() || kinds.iter().any(|kind| kind.eq_ignore_ascii_case(details))
    }

    /// Whether a recipient's names begin with what `-Anr` asks for.
    pub(super) fn resembles(&self, recipient: &Recipient) -> bool {
        let Some(wanted) = self.given.text("Anr").map(str::to_lowercase) else { return true };
        let surname = recipient.object.text("surname").unwrap_or_default();
        let names = [recipient.display_name(), recipient.alias(), recipient.address(), surname];
        names.iter().any(|name| name.to_lowercase().starts_with(&wanted))
    }
}

/// A mailbox as `Get-Mailbox` tells it.
fn row(context: &Context<'_>, recipient: &Recipient) -> Option<Row> {
    let mailbox = recipient.mailbox.as_ref()?;
    let row = settings(context, mailbox, identity(context, recipient));
    Some(limits(context, recipient, mailbox, row))
}

/// What recipients of every kind have.
pub(super) fn identity(context: &Context<'_>, recipient: &Recipient) -> Row {
    let (object, now_ms) = (&recipient.object, context.view.now_ms);
    let created = object.text("createdDateTime").and_then(crate::clock::read);
    Row::default()
        .with("Identity", recipient.name())
        .with("Id", recipient.name())
        .with("Name", recipient.name())
        .with("Alias", recipient.alias())
        .with("DisplayName", recipient.display_name())
        .with("DistinguishedName", context.distinguished(object))
        .with("OrganizationalUnit", organizational_unit(context.directory))
        .with("ExternalDirectoryObjectId", recipient.id().to_string())
        .guid("Guid", guid(recipient.id()))
        .with("PrimarySmtpAddress", recipient.address())
        .with("WindowsEmailAddress", recipient.address())
        .texts("EmailAddresses", object.properties.texts("proxyAddresses"))
        .with("RecipientType", recipient.sort())
        .with("RecipientTypeDetails", recipient.details(now_ms))
        .with("IsDirSynced", object.is_synced())
        .with("IsValid", true)
        .date("WhenCreated", created)
        .date("WhenCreatedUTC", created)
}

fn settings(context: &Context<'_>, mailbox: &Mailbox, row: Row) -> Row {
    let label = |id: Uuid| context.label(id).map_or(Value::Null, Value::from);
    let behalf = context.directory.links.targets(Link::OnBehalf, mailbox.id, context.view);
    let hold = mailbox.hold.as_ref();
    let forwards_to = mailbox.forwarding_address.and_then(|id| context.known(id));
    row.with("ForwardingAddress", forwards_to.map_or(Value::Null, |recipient| json!(recipient.name())))
        .with("ForwardingSmtpAddress", json!(mailbox.forwarding_smtp_address))
        .with("DeliverToMailboxAndForward", mailbox.deliver_and_forward)
        .with("HiddenFromAddressListsEnabled", mailbox.hidden)
        .with("LitigationHoldEnabled", hold.is_some())
        .date("LitigationHoldDate", hold.map(|hold| hold.since_date_time.0))
        .with("LitigationHoldOwner", hold.map_or("", |hold| &hold.owner))
        .with(
            "LitigationHoldDuration",
            hold.and_then(|hold| hold.days)
                .map_or_else(|| "Unlimited".to_owned(), |days| format!("{days}.00:00:00")),
        )
        .with("RetentionComment", mailbox.retention_comment.as_str())
        .with("RetentionUrl", mailbox.retention_url.as_str())
        .texts("InPlaceHolds", mailbox.in_place_holds.iter().map(String::as_str))
        .with("ComplianceTagHoldApplied", mailbox.compliance_tag_hold_applied)
        .with("DelayHoldApplied", mailbox.delay_hold_applied)
        .with("DelayReleaseHoldApplied", mailbox.delay_release_hold_applied)
        .texts(
            "GrantSendOnBehalfTo",
            behalf.into_iter().filter_map(|id| label(id).as_str().map(str::to_owned)),
        )
}

fn limits(context: &Context<'_>, recipient: &Recipient, mailbox: &Mailbox, row: Row) -> Row {
    let (object, now_ms) = (&recipient.object, context.view.now_ms);
    let kind = mailbox.kind_at(now_ms);
    let quotas = quota::in_force(context.directory, object, mailbox);
    let name = object.text("userPrincipalName").unwrap_or_default();
    let archive = mailbox.archive.as_ref();
    let gone = mailbox.disconnected_date_time.map(|Moment(since)| since);
    row.with("UserPrincipalName", name)
        .with("MicrosoftOnlineServicesID", name)
        .guid("ExchangeGuid", exchange_guid(mailbox.id))
        .guid("ArchiveGuid", archive.map_or(Uuid::nil(), |archive| archive.id))
        .with("ArchiveStatus", if archive.is_some() { "Active" } else { "None" })
        .with("ArchiveState", if archive.is_some() { "Local" } else { "None" })
        .with("IssueWarningQuota", size(quotas[0]))
        .with("ProhibitSendQuota", size(quotas[1]))
        .with("ProhibitSendReceiveQuota", size(quotas[2]))
        .with("IsShared", kind == MailboxKind::Shared)
        .with("IsResource", matches!(kind, MailboxKind::Room | MailboxKind::Equipment))
        .with("ResourceType", resource(kind))
        .with("SKUAssigned", context.directory.has_mailbox_plan(&object.licences))
        .with("AccountDisabled", !object.is("accountEnabled"))
        .with("IsMailboxEnabled", gone.is_none())
        .with("IsInactiveMailbox", gone.is_some() && mailbox.is_held())
        .date("WhenSoftDeleted", gone)
        .date("WhenMailboxCreated", Some(mailbox.created_date_time.0))
}

fn resource(kind: MailboxKind) -> Value {
    match kind {
        MailboxKind::Room => json!("Room"),
        MailboxKind::Equipment => json!("Equipment"),
        _ => Value::Null,
    }
}
