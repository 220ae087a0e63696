//! Who may open a mailbox (`MailboxPermission`) and who may send as a recipient (`RecipientPermission`).
//!
//! Giving what is given already, and taking what is not there, succeed with a warning.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::Context;
use super::recipient::Recipient;
use super::refusal::{ON_PREMISES, Refusal, clash, dual_write};
use super::row::Row;
use crate::state::belongings::FullAccess;
use crate::state::{Link, Object};

/// What `-AccessRights` of a mailbox takes.
pub(super) const RIGHTS: &[&str] =
    &["FullAccess", "ReadPermission", "ChangePermission", "ChangeOwner", "DeleteItem", "ExternalAccount"];
const SELF: &str = "NT AUTHORITY\\SELF";

fn label(object: &Object) -> String {
    object.text("userPrincipalName").or(object.text("mailNickname")).unwrap_or_default().to_owned()
}

fn identity(context: &Context<'_>) -> String {
    context.given.text("Identity").unwrap_or_default().to_owned()
}

/// `Get-MailboxPermission`
pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let text = identity(context);
    let recipient = context.recipient(&text, |recipient| recipient.mailbox.is_some())?;
    let only = context.given.text("User").map(|text| context.principal(text)).transpose()?;
    let mailbox = recipient.mailbox.as_ref();
    let held = mailbox.map(|mailbox| mailbox.full_access.as_slice()).unwrap_or_default();
    let held = held.iter().filter(|access| only.as_ref().is_none_or(|only| only.id == access.user));
    let own = only.is_none().then(|| row(&recipient, SELF, &["FullAccess".into(), "ReadPermission".into()]));
    let others = held
        .filter_map(|access| context.label(access.user).map(|label| row(&recipient, &label, &access.rights)));
    Ok(own.into_iter().chain(others).collect())
}

fn row(recipient: &Recipient, user: &str, rights: &[String]) -> Row {
    Row::default()
        .with("Identity", recipient.name())
        .with("User", user)
        .texts("AccessRights", rights.iter().map(String::as_str))
        .with("Deny", Value::String("False".into()))
        .with("InheritanceType", "All")
        .with("IsInherited", false)
        .with("IsValid", true)
}

fn rights(context: &Context<'_>) -> Vec<String> {
    let given = context.given.words("AccessRights");
    let known = RIGHTS.iter().filter(|known| given.iter().any(|right| right.eq_ignore_ascii_case(known)));
    known.map(|right| (*right).to_owned()).collect()
}

/// `Add-MailboxPermission`
pub(super) fn add(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (recipient, mut mailbox) = context.mailbox(&identity(context))?;
    let user = context.principal(context.given.text("User").unwrap_or_default())?;
    let wanted = rights(context);
    let auto_mapping = context.given.switch("AutoMapping").unwrap_or(true);
    let before = mailbox.clone();
    match mailbox.full_access.iter_mut().find(|access| access.user == user.id) {
        Some(access) => access.rights.extend(missing(&wanted, &access.rights.clone())),
        None => mailbox.full_access.push(FullAccess { user: user.id, rights: wanted.clone(), auto_mapping }),
    }
    if mailbox == before {
        warn_present(context, &recipient, &user);
    } else {
        context.directory.put_mailbox(mailbox);
    }
    Ok(vec![row(&recipient, &label(&user), &wanted)])
}

fn missing(wanted: &[String], held: &[String]) -> Vec<String> {
    wanted.iter().filter(|right| !held.contains(right)).cloned().collect()
}

/// `Remove-MailboxPermission`
pub(super) fn remove(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (recipient, mut mailbox) = context.mailbox(&identity(context))?;
    let user = context.principal(context.given.text("User").unwrap_or_default())?;
    let gone = rights(context);
    let before = mailbox.clone();
    let theirs = mailbox.full_access.iter_mut().filter(|access| access.user == user.id);
    theirs.for_each(|access| access.rights.retain(|right| !gone.contains(right)));
    mailbox.full_access.retain(|access| !access.rights.is_empty());
    if mailbox == before {
        warn_absent(context, &recipient, &user);
    } else {
        context.directory.put_mailbox(mailbox);
    }
    Ok(Vec::new())
}

fn warn_present(context: &mut Context<'_>, recipient: &Recipient, user: &Object) {
    let (object, account) = (context.distinguished(&recipient.object), label(user));
    context.warn(format!(
        "The appropriate access control entry is already present on the object \"{object}\" for account \"{account}\"."
    ));
}

fn warn_absent(context: &mut Context<'_>, recipient: &Recipient, user: &Object) {
    let (object, account) = (context.distinguished(&recipient.object), label(user));
    context.warn(format!(
        "Can't remove the access control entry on the object \"{object}\" for account \"{account}\" because the ACE isn't present."
    ));
}

/// `Get-RecipientPermission`: of a recipient, of a trustee, of both, or all there are.
pub(super) fn get_send_as(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let trustee = context.given.text("Trustee").map(|text| context.principal(text)).transpose()?;
    let recipients = match (context.given.text("Identity"), &trustee) {
        (Some(text), _) => vec![context.recipient(text, |_| true)?],
        (None, Some(trustee)) => {
            let held = context.directory.links.sources(Link::SendAs, trustee.id, context.view);
            held.into_iter().filter_map(|id| context.known(id)).collect()
        }
        (None, None) => context.recipients(),
    };
    Ok(recipients.iter().flat_map(|recipient| send_as_rows(context, recipient, trustee.as_ref())).collect())
}

fn send_as_rows(context: &Context<'_>, recipient: &Recipient, only: Option<&Arc<Object>>) -> Vec<Row> {
    let held: BTreeSet<Uuid> = context.directory.links.targets(Link::SendAs, recipient.id(), context.view);
    let own = only.is_none().then(|| send_as_row(recipient, SELF));
    let others = held.into_iter().filter(|id| only.is_none_or(|only| only.id == *id));
    own.into_iter()
        .chain(others.filter_map(|id| context.label(id)).map(|label| send_as_row(recipient, &label)))
        .collect()
}

fn send_as_row(recipient: &Recipient, trustee: &str) -> Row {
    Row::default()
        .with("Identity", recipient.name())
        .with("Trustee", trustee)
        .with("AccessControlType", "Allow")
        .texts("AccessRights", ["SendAs"])
        .with("IsInherited", false)
        .with("InheritanceType", "None")
        .with("IsValid", true)
}

/// The recipient and the trustee a change is about, and whether the right is there.
fn send_as(context: &mut Context<'_>) -> Result<(Recipient, Arc<Object>, bool), Refusal> {
    let text = identity(context);
    let recipient = context.recipient(&text, |_| true)?;
    if recipient.is_group() && !recipient.is_list() {
        return Err(clash());
    }
    if recipient.is_group() && recipient.object.is_synced() {
        return Err(dual_write(ON_PREMISES, context.directory.chance.uuid()));
    }
    let trustee = context.principal(context.given.text("Trustee").unwrap_or_default())?;
    let holds = context.directory.links.holds(Link::SendAs, recipient.id(), trustee.id);
    Ok((recipient, trustee, holds))
}

/// `Add-RecipientPermission`
pub(super) fn add_send_as(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (recipient, trustee, holds) = send_as(context)?;
    if holds {
        warn_present(context, &recipient, &trustee);
    } else {
        context.directory.link(Link::SendAs, recipient.id(), trustee.id);
    }
    Ok(vec![send_as_row(&recipient, &label(&trustee))])
}

/// `Remove-RecipientPermission`
pub(super) fn remove_send_as(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (recipient, trustee, holds) = send_as(context)?;
    if holds {
        context.directory.unlink(Link::SendAs, recipient.id(), trustee.id);
    } else {
        warn_absent(context, &recipient, &trustee);
    }
    Ok(Vec::new())
}
