//! `Get-` and `Set-CASMailbox`: which clients may open a mailbox.

use super::Context;
use super::given::Changes;
use super::recipient::Recipient;
use super::refusal::Refusal;
use super::row::Row;
use crate::state::belongings::Protocols;

/// `Get-CASMailbox`: one, or all.
pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let has_mailbox = |recipient: &Recipient| recipient.mailbox.is_some();
    let found = match context.given.text("Identity") {
        Some(text) => vec![context.recipient(text, has_mailbox)?],
        None => context.recipients().into_iter().filter(has_mailbox).collect(),
    };
    let found = found.iter().filter(|recipient| context.resembles(recipient));
    Ok(found.filter_map(row).collect())
}

fn row(recipient: &Recipient) -> Option<Row> {
    let mailbox = recipient.mailbox.as_ref()?;
    let protocols = &mailbox.protocols;
    let row = Row::default()
        .with("Identity", recipient.name())
        .with("Name", recipient.name())
        .with("DisplayName", recipient.display_name())
        .with("PrimarySmtpAddress", recipient.address())
        .with("ExternalDirectoryObjectId", recipient.id().to_string())
        .with("ActiveSyncEnabled", protocols.active_sync)
        .with("OWAEnabled", protocols.owa)
        .with("OWAforDevicesEnabled", protocols.owa_for_devices)
        .with("MAPIEnabled", protocols.mapi)
        .with("ImapEnabled", protocols.imap)
        .with("PopEnabled", protocols.pop)
        .with("EwsEnabled", protocols.ews)
        .with("SmtpClientAuthenticationDisabled", protocols.smtp_off);
    Some(
        row.with("HasActiveSyncDevicePartnership", !mailbox.devices.is_empty())
            .texts("ActiveSyncBlockedDeviceIDs", protocols.blocked_devices.iter().map(String::as_str))
            .texts("ActiveSyncAllowedDeviceIDs", protocols.allowed_devices.iter().map(String::as_str)),
    )
}

/// `Set-CASMailbox`
pub(super) fn set(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let text = context.given.text("Identity").unwrap_or_default().to_owned();
    let (recipient, mut mailbox) = context.mailbox(&text)?;
    let before = mailbox.protocols.clone();
    apply(context, &mut mailbox.protocols);
    if mailbox.protocols == before {
        return Ok(context.unchanged(&recipient.name()));
    }
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}

fn apply(context: &Context<'_>, protocols: &mut Protocols) {
    let given = &context.given;
    let switches = [
        ("ActiveSyncEnabled", &mut protocols.active_sync),
        ("OWAEnabled", &mut protocols.owa),
        ("OWAforDevicesEnabled", &mut protocols.owa_for_devices),
        ("MAPIEnabled", &mut protocols.mapi),
        ("ImapEnabled", &mut protocols.imap),
        ("PopEnabled", &mut protocols.pop),
        ("EwsEnabled", &mut protocols.ews),
    ];
    switches.into_iter().for_each(|(name, field)| *field = given.switch(name).unwrap_or(*field));
    protocols.smtp_off = given.switch("SmtpClientAuthenticationDisabled").or(protocols.smtp_off);
    let lists = [
        ("ActiveSyncBlockedDeviceIDs", &mut protocols.blocked_devices),
        ("ActiveSyncAllowedDeviceIDs", &mut protocols.allowed_devices),
    ];
    for (name, field) in lists {
        if let Some(changes) = given.changes(name) {
            *field = changed(field, changes);
        }
    }
}

fn changed(before: &[String], changes: Changes) -> Vec<String> {
    match changes {
        Changes::Replace(all) => all,
        Changes::Edit { add, remove } => {
            let mut after = before.to_vec();
            after.extend(add.into_iter().filter(|id| !before.contains(id)));
            after.retain(|id| !remove.contains(id));
            after
        }
    }
}
