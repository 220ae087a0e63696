//! How Exchange Online is asked: slowly and few questions at once, so only what the request needs.

use directory::account::{self, Account};
use directory::calendar::{self, Sharing};
use directory::look::{list, optional};
use directory::mailbox::{self, Mailbox};
use directory::permission::{self, FullAccess, SendAs};
use directory::recipient::{self, Holder, Recipient};
use directory::region::{self, Region};
use directory::rows;
use exchange::Exchange;
use futures_util::future::try_join_all;
use futures_util::try_join;
use graph::{Error, Graph, ObjectId, Refusal};
use plan::Tenant;

use crate::mail::{Calendar, Mail, Shared};
use crate::request::{NewHire, SharedCalendar, SharedMailbox};

/// Everything that is asked for, and the mailbox of the account if it has one.
pub(super) async fn everything(
    want: &NewHire,
    account: Option<ObjectId>,
    tenant: &Tenant,
) -> Result<Mail, Error> {
    let exchange = &*tenant.exchange;
    let own = optional(account.map(|id| rows::one::<Mailbox>(mailbox::read(&id), exchange)));
    let (own, aliases) =
        try_join!(own, try_join_all(want.aliases.iter().map(|alias| holder(alias, tenant))))?;
    let mailbox = own.and_then(|found| found.one().cloned());
    let own = mailbox.as_ref().map(|mailbox| &mailbox.recipient);
    let wants_region = own.filter(|_| want.mailbox_settings.is_some());
    let (region, shared, calendars) = try_join!(
        optional(wants_region.map(|own| rows::one::<Region>(region::of(&own.id), exchange))),
        try_join_all(want.shared_mailboxes.iter().map(|wanted| shared(wanted, own, exchange))),
        try_join_all(want.calendars.iter().map(|wanted| calendar(wanted, own, exchange))),
    )?;
    Ok(Mail { region: region.and_then(|found| found.one().cloned()), mailbox, aliases, shared, calendars })
}

/// Who has an address: whatever Exchange Online knows, or an account without a mailbox.
async fn holder(alias: &str, tenant: &Tenant) -> Result<Option<Holder>, Error> {
    let (recipients, accounts) = try_join!(
        rows::list::<Holder>(recipient::holding(alias), &*tenant.exchange),
        accounts(alias, &tenant.graph)
    )?;
    let account = accounts.into_iter().next();
    let account = account.map(|account| Holder {
        id: Some(account.id.to_string()),
        display_name: Some(account.name().to_owned()),
    });
    Ok(recipients.into_iter().next().or(account))
}

async fn accounts(alias: &str, graph: &Graph) -> Result<Vec<Account>, Error> {
    let mut accounts: Vec<Account> = list(account::named_like(&[alias.to_owned()]), graph).await?;
    accounts.retain(|account| account.holds(alias));
    Ok(accounts)
}

/// The one mailbox of this address or object id.
async fn mailbox_called(name: &str, exchange: &dyn Exchange) -> Result<Option<Recipient>, Error> {
    let found = rows::one::<Recipient>(recipient::mailbox_called(name), exchange).await?;
    Ok(found.one().cloned())
}

async fn shared(
    wanted: &SharedMailbox,
    own: Option<&Recipient>,
    exchange: &dyn Exchange,
) -> Result<Option<Shared>, Error> {
    let Some(mailbox) = mailbox_called(&wanted.mailbox, exchange).await? else { return Ok(None) };
    let (opens, sends_as, sends_on_behalf) = try_join!(
        holds(own.filter(|_| wanted.opens()).map(|own| opens(&mailbox, own, exchange))),
        holds(own.filter(|_| wanted.send_as).map(|own| sends_as(&mailbox, own, exchange))),
        holds(own.filter(|_| wanted.send_on_behalf).map(|own| sends_on_behalf(&mailbox, own, exchange))),
    )?;
    Ok(Some(Shared { mailbox, opens, sends_as, sends_on_behalf }))
}

/// A right is held only by somebody who is asked about.
async fn holds(right: Option<impl Future<Output = Result<bool, Error>>>) -> Result<bool, Error> {
    Ok(optional(right).await?.unwrap_or_default())
}

async fn opens(mailbox: &Recipient, own: &Recipient, exchange: &dyn Exchange) -> Result<bool, Error> {
    let held = rows::list::<FullAccess>(permission::held_on(&mailbox.id, &own.id), exchange).await?;
    Ok(held.iter().any(FullAccess::lets_in))
}

async fn sends_as(mailbox: &Recipient, own: &Recipient, exchange: &dyn Exchange) -> Result<bool, Error> {
    let held = rows::list::<SendAs>(permission::sends_as_one(&mailbox.id, &own.id), exchange).await?;
    Ok(held.iter().any(SendAs::lets_send))
}

async fn sends_on_behalf(
    mailbox: &Recipient,
    own: &Recipient,
    exchange: &dyn Exchange,
) -> Result<bool, Error> {
    let held = rows::list::<Recipient>(permission::sends_on_behalf(own), exchange).await?;
    Ok(held.iter().any(|other| other.id == mailbox.id))
}

async fn calendar(
    wanted: &SharedCalendar,
    own: Option<&Recipient>,
    exchange: &dyn Exchange,
) -> Result<Option<Calendar>, Error> {
    let Some(mailbox) = mailbox_called(&wanted.mailbox, exchange).await? else { return Ok(None) };
    let read = match own {
        Some(own) => calendar::held_on(&mailbox.id, &own.id),
        None => calendar::of(&mailbox.id),
    };
    let held = match rows::list::<Sharing>(read, exchange).await {
        Ok(held) => Some(held),
        Err(error) if error.is(Refusal::NotMember) => Some(Vec::new()),
        Err(error) if error.is(Refusal::NotFound) => None,
        Err(error) => return Err(error),
    };
    let is_there = held.is_some();
    let held = own.and_then(|_| held?.into_iter().next());
    Ok(Some(Calendar { mailbox, is_there, held }))
}
