//! Distribution lists and mail-enabled security groups, which Microsoft Graph shows and Exchange alone may change; and
//! `Get-Recipient`, by which a person's lists are found.
//!
//! Members are the directory's: what is changed here Microsoft Graph shows, after the lag, and the other way round.

use std::sync::Arc;

use uuid::Uuid;

use super::Context;
use super::filter::Filter;
use super::mailbox::identity;
use super::recipient::Recipient;
use super::refusal::{ON_PREMISES, Refusal, already_member, clash, dual_write, not_manager, not_member};
use super::row::Row;
use crate::licensing::follow;
use crate::state::{Link, Object};

/// `Get-DistributionGroup`
pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let found = chosen(context, Recipient::is_list)?;
    Ok(found.iter().map(|group| group_row(context, group)).collect())
}

/// `Get-Recipient`
pub(super) fn recipients(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let found = chosen(context, |_| true)?;
    let sorts = context.given.words("RecipientType");
    let fits = |found: &Recipient| {
        sorts.is_empty() || sorts.iter().any(|sort| sort.eq_ignore_ascii_case(found.sort()))
    };
    Ok(found.iter().filter(|found| fits(found)).map(|found| recipient_row(context, found)).collect())
}

/// The one of a name, those that fit a filter, or all.
fn chosen(context: &Context<'_>, of_kind: fn(&Recipient) -> bool) -> Result<Vec<Recipient>, Refusal> {
    let given = &context.given;
    let ways = ["Identity", "Filter", "Anr"].iter().filter(|name| given.text(name).is_some()).count();
    if ways > 1 {
        return Err(clash());
    }
    let filter = given.text("Filter").map(|text| Filter::parse(context.directory, text)).transpose()?;
    let found = match given.text("Identity") {
        Some(text) => vec![context.recipient(text, of_kind)?],
        None => context.recipients().into_iter().filter(of_kind).collect(),
    };
    let fits = |found: &Recipient| {
        context.is_of_a_kind(found)
            && context.resembles(found)
            && filter.as_ref().is_none_or(|filter| filter.fits(context, found))
    };
    Ok(found.into_iter().filter(fits).collect())
}

fn group_row(context: &Context<'_>, group: &Recipient) -> Row {
    let owners = context.directory.targets(Link::Owner, group.id(), context.view);
    let name = |owner: &Arc<Object>| owner.id.to_string();
    let security = group.object.is("securityEnabled");
    let sort = if security { "Universal, SecurityEnabled" } else { "Universal" };
    identity(context, group)
        .with("GroupType", sort)
        .with("SamAccountName", group.alias())
        .texts("ManagedBy", owners.iter().map(name))
        .with("MemberJoinRestriction", if security { "ApprovalRequired" } else { "Closed" })
        .with("MemberDepartRestriction", if security { "Closed" } else { "Open" })
        .with("HiddenFromAddressListsEnabled", false)
        .with("RequireSenderAuthenticationEnabled", true)
}

fn recipient_row(context: &Context<'_>, found: &Recipient) -> Row {
    let text = |name: &str| found.object.text(name).unwrap_or_default().to_owned();
    let hidden = found.mailbox.as_ref().is_some_and(|mailbox| mailbox.hidden);
    identity(context, found)
        .with("FirstName", text("givenName"))
        .with("LastName", text("surname"))
        .with("Title", text("jobTitle"))
        .with("Department", text("department"))
        .with("Company", text("companyName"))
        .with("Office", text("officeLocation"))
        .with("HiddenFromAddressListsEnabled", hidden)
}

fn the_list(context: &Context<'_>) -> Result<Recipient, Refusal> {
    context.recipient(context.given.text("Identity").unwrap_or_default(), Recipient::is_list)
}

/// `Get-DistributionGroupMember`
pub(super) fn members(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let group = the_list(context)?;
    let members = context.directory.targets(Link::Member, group.id(), context.view);
    Ok(members.iter().map(|member| member_row(context, member)).collect())
}

/// A member may be somebody without a mailbox, too.
fn member_row(context: &Context<'_>, member: &Arc<Object>) -> Row {
    match context.known(member.id) {
        Some(recipient) => recipient_row(context, &recipient),
        None => {
            let person = Recipient { object: Arc::clone(member), mailbox: None };
            recipient_row(context, &person).with("RecipientType", "User").with("RecipientTypeDetails", "User")
        }
    }
}

/// `Add-DistributionGroupMember`
pub(super) fn add(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (group, member, holds) = membership(context, true)?;
    if holds {
        return Err(already_member(&shown(context, member), group.display_name()));
    }
    context.directory.link(Link::Member, group.id(), member);
    follow(context.directory, member);
    Ok(Vec::new())
}

/// `Remove-DistributionGroupMember`
pub(super) fn remove(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (group, member, holds) = membership(context, false)?;
    if !holds {
        return Err(not_member(&shown(context, member), group.display_name()));
    }
    context.directory.unlink(Link::Member, group.id(), member);
    follow(context.directory, member);
    Ok(Vec::new())
}

/// The list and the member a change is about, and whether it is one. Nobody joins who has no mailbox yet.
fn membership(context: &mut Context<'_>, joins: bool) -> Result<(Recipient, Uuid, bool), Refusal> {
    let group = the_list(context)?;
    if group.object.is_synced() {
        return Err(dual_write(ON_PREMISES, context.directory.chance.uuid()));
    }
    // An application manages no list.
    if !context.given.is_on("BypassSecurityGroupManagerCheck") {
        return Err(not_manager());
    }
    let text = context.given.text("Member").unwrap_or_default();
    let member = if joins { context.recipient(text, |_| true)?.id() } else { context.principal(text)?.id };
    let holds = context.directory.links.holds(Link::Member, group.id(), member);
    Ok((group, member, holds))
}

fn shown(context: &Context<'_>, id: Uuid) -> String {
    let object = context.directory.store.live(id, context.view);
    object.and_then(|object| object.text("displayName")).unwrap_or_default().to_owned()
}
