//! Who may see a calendar: `Get-`, `Add-`, `Set-` and `Remove-MailboxFolderPermission`.
//!
//! Only the calendar is known, and what everybody has by default cannot be changed: 501.

use std::sync::Arc;

use super::Context;
use super::recipient::Recipient;
use super::refusal::{Exception, Refusal, not_found, transformation};
use super::row::Row;
use crate::state::belongings::FolderAccess;
use crate::state::{Mailbox, Object};

pub(super) const FLAGS: &[&str] = &["None", "Delegate", "CanViewPrivateItems"];
/// Roles, and the single rights they are made of.
const RIGHTS: [&str; 20] = [
    "None",
    "Owner",
    "PublishingEditor",
    "Editor",
    "PublishingAuthor",
    "Author",
    "NonEditingAuthor",
    "Reviewer",
    "Contributor",
    "AvailabilityOnly",
    "LimitedDetails",
    "CreateItems",
    "CreateSubfolders",
    "DeleteAllItems",
    "DeleteOwnedItems",
    "EditAllItems",
    "EditOwnedItems",
    "FolderContact",
    "FolderOwner",
    "FolderVisible",
];

/// The calendar that an identity such as `AdeleV@contoso.com:\Calendar` names.
fn calendar(context: &Context<'_>) -> Result<(Recipient, Mailbox), Refusal> {
    let text = context.given.text("Identity").unwrap_or_default();
    let (whose, folder) = text.split_once(":\\").unwrap_or((text, ""));
    let found = context.mailbox(whose)?;
    if folder.eq_ignore_ascii_case("calendar") { Ok(found) } else { Err(not_found(text)) }
}

/// Whose permission a change is about.
fn user(context: &Context<'_>) -> Result<Arc<Object>, Refusal> {
    let text = context.given.text("User").unwrap_or_default();
    if matches!(text.to_ascii_lowercase().as_str(), "default" | "anonymous") {
        return Err(Refusal::Unknown(format!("how to change what {text} may see of a calendar")));
    }
    context.principal(text)
}

/// `Get-MailboxFolderPermission`
pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (recipient, _) = calendar(context)?;
    let mailbox = recipient.mailbox.as_ref();
    let held = mailbox.map(|mailbox| mailbox.calendar.as_slice()).unwrap_or_default();
    if context.given.text("User").is_some() {
        let user = user(context)?;
        let found = held.iter().find(|access| access.user == user.id).ok_or_else(|| absent(&user))?;
        return Ok(row_of(context, found).into_iter().collect());
    }
    let everybody =
        [row("Default", &["AvailabilityOnly".into()], &[]), row("Anonymous", &["None".into()], &[])];
    Ok(everybody.into_iter().chain(held.iter().filter_map(|access| row_of(context, access))).collect())
}

fn row_of(context: &Context<'_>, access: &FolderAccess) -> Option<Row> {
    let user = context.directory.store.live(access.user, context.view)?;
    Some(row(user.text("displayName").unwrap_or_default(), &access.rights, &access.flags))
}

fn row(user: &str, rights: &[String], flags: &[String]) -> Row {
    let row = Row::default().with("Identity", user).with("FolderName", "Calendar").with("User", user);
    let row = row.texts("AccessRights", rights.iter().map(String::as_str));
    let flags = if flags.is_empty() { serde_json::Value::Null } else { flags.join(", ").into() };
    row.with("SharingPermissionFlags", flags).with("IsValid", true)
}

fn wanted(context: &Context<'_>, user: &Object) -> Result<FolderAccess, Refusal> {
    let mut rights = Vec::new();
    for word in context.given.words("AccessRights") {
        let known = RIGHTS.iter().find(|known| known.eq_ignore_ascii_case(&word));
        let kind = "Microsoft.Exchange.Management.StoreTasks.MailboxFolderAccessRight[]";
        rights.push(
            (*known.ok_or_else(|| transformation("AccessRights", &word.clone().into(), kind))?).to_owned(),
        );
    }
    let flags = context.given.words("SharingPermissionFlags");
    let flags = FLAGS[1..].iter().filter(|known| flags.iter().any(|flag| flag.eq_ignore_ascii_case(known)));
    Ok(FolderAccess { user: user.id, rights, flags: flags.map(|flag| (*flag).to_owned()).collect() })
}

/// `Add-MailboxFolderPermission`
pub(super) fn add(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (_, mut mailbox) = calendar(context)?;
    let user = user(context)?;
    let access = wanted(context, &user)?;
    if mailbox.calendar.iter().any(|held| held.user == user.id) {
        return Err(present(&user));
    }
    mailbox.calendar.push(access.clone());
    context.directory.put_mailbox(mailbox);
    Ok(row_of(context, &access).into_iter().collect())
}

/// `Set-MailboxFolderPermission`
pub(super) fn set(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (recipient, mut mailbox) = calendar(context)?;
    let user = user(context)?;
    let access = wanted(context, &user)?;
    let held = mailbox.calendar.iter_mut().find(|held| held.user == user.id).ok_or_else(|| absent(&user))?;
    if *held == access {
        return Ok(context.unchanged(&recipient.name()));
    }
    *held = access;
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}

/// `Remove-MailboxFolderPermission`
pub(super) fn remove(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (_, mut mailbox) = calendar(context)?;
    let user = user(context)?;
    let count = mailbox.calendar.len();
    mailbox.calendar.retain(|held| held.user != user.id);
    if mailbox.calendar.len() == count {
        return Err(absent(&user));
    }
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}

fn thrown(name: &str, message: String) -> Refusal {
    let name = format!("Microsoft.Exchange.Management.StoreTasks.{name}");
    Refusal::Thrown(Exception { status: 400, name, message })
}

fn shown(user: &Object) -> &str {
    user.text("displayName").unwrap_or_default()
}

fn present(user: &Object) -> Refusal {
    let message = format!("An existing permission entry was found for user: {}.", shown(user));
    thrown("UserAlreadyExistsInPermissionEntryException", message)
}

fn absent(user: &Object) -> Refusal {
    let message = format!("There is no existing permission entry found for user: {}.", shown(user));
    thrown("UserNotFoundInPermissionEntryException", message)
}
