//! How the mailbox is read, and the leaver's rights on those of others.
//!
//! Exchange Online answers slowly and few questions at once, so only what the request needs is asked. Whose mailbox
//! somebody may open is told by each mailbox for itself: the shared ones are looked into, up to a number, and how many were
//! not is told. Each is asked whom it lets in, and not about the leaver: so a hundred leavers ask the same, and share the
//! answers. Who looks like the leaver there is then asked about by object id.

mod names;

use directory::account::Reference;
use directory::look::{Found, list, path};
use directory::mailbox::{self, Statistics};
use directory::permission::{self, FullAccess, SendAs};
use directory::recipient::{self, Recipient};
use directory::{meeting, mobile, reply, rows, rule};
use exchange::{Cmdlet, Exchange};
use futures_util::future::try_join_all;
use futures_util::try_join;
use graph::{Error, ObjectId};
use plan::Tenant;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::names::{Names, Own};
use crate::mail::Mail;
use crate::request::{Leaver, Mode};

/// How many shared mailboxes are looked into: at three at once, as many as take about a minute. A preview has to be there
/// by its deadline, whoever it is for.
const LOOKED_INTO: usize = 200;

/// The leaver's mailbox; `None` where there is none.
pub(super) async fn mail(
    want: &Leaver,
    successor: Option<&Reference>,
    id: ObjectId,
    tenant: &Tenant,
) -> Result<Option<Mail>, Error> {
    let exchange = &*tenant.exchange;
    let Found::One(own) = rows::one::<Own>(names::own(id), exchange).await? else { return Ok(None) };
    let (names, mailbox) = (Names::of(&own), own.mailbox);
    let (rules, reply) = try_join!(list(rule::of(path(id)), &tenant.graph), setting(id, tenant))?;
    let mail = Mail::of(mailbox, rules, reply);
    if want.mode == Mode::Absence {
        return Ok(Some(mail));
    }
    let forwarded_here = mailbox::forwarding_to(&mail.mailbox.recipient);
    let (forwarded_here, mail) = try_join!(
        rows::list::<Recipient>(forwarded_here, exchange),
        around(want, successor, mail, &names, exchange),
    )?;
    Ok(Some(Mail { forwarded_here, ..mail }))
}

async fn setting(id: ObjectId, tenant: &Tenant) -> Result<reply::Setting, Error> {
    tenant.graph.send(reply::of(path(id))).await?.json()
}

/// What hangs on the mailbox.
async fn around(
    want: &Leaver,
    successor: Option<&Reference>,
    mail: Mail,
    names: &Names,
    exchange: &dyn Exchange,
) -> Result<Mail, Error> {
    let id = mail.mailbox.recipient.id;
    let on_behalf = permission::sends_on_behalf(&mail.mailbox.recipient);
    let (statistics, taken_over, sends_as, sends_on_behalf, (opens, unseen)) = try_join!(
        rows::one::<Statistics>(mailbox::statistics(&id, false), exchange),
        taken_over(want, successor, id, exchange),
        sends_as(id, exchange),
        rows::list::<Recipient>(on_behalf, exchange),
        opens(id, names, exchange),
    )?;
    let (devices, protocols, meetings) = try_join!(
        list_if::<mobile::Device>(!want.keep_devices, mobile::of(&id), exchange),
        list_if::<mobile::Protocols>(!want.keep_devices, mobile::protocols(&id), exchange),
        list_if::<Value>(want.mailbox.cancel_meetings, meeting::preview(&id), exchange),
    )?;
    let (successor, successor_opens, successor_sends_as) = taken_over;
    Ok(Mail {
        statistics: statistics.one().cloned().unwrap_or_default(),
        devices,
        synchronises: protocols.iter().any(|protocols| protocols.active_sync_enabled),
        meetings: meetings.len(),
        successor,
        successor_opens,
        successor_sends_as,
        opens,
        sends_as,
        sends_on_behalf,
        unseen,
        ..mail
    })
}

/// The successor as Exchange knows them, whether they may open the mailbox, and whether they may send as its owner.
async fn taken_over(
    want: &Leaver,
    successor: Option<&Reference>,
    id: ObjectId,
    exchange: &dyn Exchange,
) -> Result<(Option<Recipient>, bool, bool), Error> {
    let Some(successor) = successor else { return Ok((None, false, false)) };
    let Found::One(known) = rows::one::<Recipient>(recipient::read(&successor.id), exchange).await? else {
        return Ok((None, false, false));
    };
    let (access, senders) = try_join!(
        rows::list::<FullAccess>(permission::held_on(&id, &successor.id), exchange),
        list_if::<SendAs>(want.mailbox.send_as, permission::senders_as(&id), exchange),
    )?;
    let is_known = |name: &str| {
        let names = [Some(known.name()), known.primary_smtp_address.clone(), Some(known.id.to_string())];
        names.into_iter().flatten().any(|known| known.eq_ignore_ascii_case(name))
    };
    let sends = senders.iter().any(|sender| sender.lets_send() && is_known(&sender.trustee));
    Ok((Some(known), access.iter().any(FullAccess::lets_in), sends))
}

/// Whom the leaver may send as. The answer names them as Exchange does, so each is looked up.
async fn sends_as(id: ObjectId, exchange: &dyn Exchange) -> Result<Vec<Reference>, Error> {
    let rights = rows::list::<SendAs>(permission::sends_as(&id), exchange).await?;
    let named = rights.into_iter().filter(SendAs::lets_send).map(|right| right.identity);
    let named = named.map(|name| async move { rows::one(recipient::named(&name), exchange).await });
    let recipients: Vec<Found<Recipient>> = try_join_all(named).await?;
    let others = recipients.iter().filter_map(Found::one).filter(|recipient| recipient.id != id);
    Ok(others.map(Recipient::reference).collect())
}

/// The shared mailboxes that the leaver may open, and how many were not looked into.
async fn opens(
    id: ObjectId,
    names: &Names,
    exchange: &dyn Exchange,
) -> Result<(Vec<Reference>, usize), Error> {
    let shared = Cmdlet::new("Get-Mailbox")
        .parameter("RecipientTypeDetails", vec!["SharedMailbox"])
        .parameter("ResultSize", "Unlimited")
        .select(recipient::SELECT);
    let mut shared = rows::list::<Recipient>(shared, exchange).await?;
    shared.retain(|mailbox| mailbox.id != id);
    let unseen = shared.len().saturating_sub(LOOKED_INTO);
    shared.truncate(LOOKED_INTO);
    let opened = try_join_all(shared.into_iter().map(|mailbox| async move {
        let is_open = lets_in(mailbox.id, id, names, exchange).await?;
        Ok::<_, Error>(is_open.then(|| mailbox.reference()))
    }));
    Ok((opened.await?.into_iter().flatten().collect(), unseen))
}

async fn lets_in(
    mailbox: ObjectId,
    id: ObjectId,
    names: &Names,
    exchange: &dyn Exchange,
) -> Result<bool, Error> {
    let everybody = rows::list::<FullAccess>(permission::let_into(&mailbox), exchange).await?;
    if !everybody.iter().any(|access| access.lets_in() && names.may_be(&access.user)) {
        return Ok(false);
    }
    let own = rows::list::<FullAccess>(permission::held_on(&mailbox, &id), exchange).await?;
    Ok(own.iter().any(FullAccess::lets_in))
}

async fn list_if<T: DeserializeOwned>(
    wanted: bool,
    read: Cmdlet,
    exchange: &dyn Exchange,
) -> Result<Vec<T>, Error> {
    if wanted { rows::list(read, exchange).await } else { Ok(Vec::new()) }
}
