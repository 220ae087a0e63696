//! Telephones and tablets that synchronise a mailbox: told, forgotten, or told to wipe themselves.

use uuid::Uuid;

use super::Context;
use super::recipient::Recipient;
use super::refusal::{Refusal, not_found};
use super::row::Row;
use crate::state::Mailbox;
use crate::state::belongings::Device;

/// `Get-MobileDevice`: of a mailbox, the one of an identity, or all.
pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    if let Some(identity) = context.given.text("Identity") {
        let (mailbox, at) = the_device(context, identity)?;
        return Ok(rows(context, &mailbox).into_iter().nth(at).into_iter().collect());
    }
    let has_mailbox = |recipient: &Recipient| recipient.mailbox.is_some();
    let found = match context.given.text("Mailbox") {
        Some(text) => vec![context.recipient(text, has_mailbox)?],
        None => context.recipients().into_iter().filter(has_mailbox).collect(),
    };
    let mailboxes = found.iter().filter_map(|recipient| recipient.mailbox.as_ref());
    Ok(mailboxes.flat_map(|mailbox| rows(context, mailbox)).collect())
}

fn rows(context: &Context<'_>, mailbox: &Mailbox) -> Vec<Row> {
    let owner = context.directory.store.live(mailbox.id, context.view);
    let name = owner.and_then(|owner| owner.text("displayName")).unwrap_or_default();
    mailbox.devices.iter().map(|device| row(mailbox, name, device)).collect()
}

fn row(mailbox: &Mailbox, owner: &str, device: &Device) -> Row {
    let blocked =
        mailbox.protocols.blocked_devices.contains(&device.device_id) || !mailbox.protocols.active_sync;
    let identity = identity(mailbox.id, device);
    Row::default()
        .with("Identity", identity.as_str())
        .with("Id", identity.as_str())
        .with("Name", format!("{}§{}", device.device_type, device.device_id))
        .guid("Guid", device.guid)
        .with("DeviceId", device.device_id.as_str())
        .with("FriendlyName", device.model.as_str())
        .with("DeviceModel", device.model.as_str())
        .with("DeviceOS", device.operating_system.as_str())
        .with("DeviceType", device.device_type.as_str())
        .with("ClientType", device.client.as_str())
        .with("DeviceAccessState", if blocked { "Blocked" } else { "Allowed" })
        .with("RemoteWipePending", device.wipe.is_some())
        .with("RemoteWipeType", device.wipe.as_deref().unwrap_or("None"))
        .with("UserDisplayName", owner)
        .date("FirstSyncTime", Some(device.first_sync_date_time.0))
        .with("IsValid", true)
}

/// `87d349ed-…\ExchangeActiveSyncDevices\iPhone§APPL123`
fn identity(mailbox: Uuid, device: &Device) -> String {
    format!("{mailbox}\\ExchangeActiveSyncDevices\\{}§{}", device.device_type, device.device_id)
}

/// The truth about the mailbox that has the device, and where in it the device is.
fn the_device(context: &Context<'_>, text: &str) -> Result<(Mailbox, usize), Refusal> {
    let is_meant = |mailbox: &Mailbox, device: &Device| {
        device.guid.to_string().eq_ignore_ascii_case(text)
            || device.device_id == text
            || identity(mailbox.id, device).eq_ignore_ascii_case(text)
    };
    let available =
        context.directory.mailboxes.all().filter(|mailbox| mailbox.is_available(context.view.now_ms));
    let mut found = available.filter_map(|mailbox| {
        let at = mailbox.devices.iter().position(|device| is_meant(mailbox, device))?;
        Some((Mailbox::clone(mailbox), at))
    });
    found.next().ok_or_else(|| not_found(text))
}

/// `Remove-MobileDevice`
pub(super) fn remove(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (mut mailbox, at) = the_device(context, context.given.text("Identity").unwrap_or_default())?;
    mailbox.devices.remove(at);
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}

/// `Clear-MobileDevice`: the wipe waits until the device connects again.
pub(super) fn clear(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (mut mailbox, at) = the_device(context, context.given.text("Identity").unwrap_or_default())?;
    let given = &context.given;
    let wipe = match (given.is_on("Cancel"), given.is_on("AccountOnly")) {
        (true, _) => None,
        (false, true) => Some("AccountOnly".to_owned()),
        (false, false) => Some("All".to_owned()),
    };
    if let Some(device) = mailbox.devices.get_mut(at) {
        device.wipe = wipe;
    }
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}
