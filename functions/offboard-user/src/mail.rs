//! Mail: what leaves the house is stopped, what must be kept is held, the successor is let in, and the mailbox becomes a
//! shared one.
//!
//! What is kept comes before what is lost: where a hold is refused, no meeting is cancelled and the mailbox stays as it is.
//! The leaver's rights on the mailboxes of others go before either. The conversion is seen seconds to minutes after it was
//! asked for, so the run goes on by itself until it is; licences wait for that ([`licence_need`]). A mailbox that is mastered
//! on premises is converted there.

mod forwarding;

use directory::account::{Account, Reference};
use directory::mailbox::{self, LicenceNeed, Mailbox, Statistics, why_licence_needed};
use directory::permission::{self, Right};
use directory::recipient::Recipient;
use directory::reply::{self, Audience, Period, Reply, Setting};
use directory::rule::{self, Rule};
use directory::{Who, meeting, mobile};
use jiff::{SignedDuration, Timestamp};
use plan::{Change, Finding, Plan};

use crate::facts::Quick;
use crate::request::{Leaver, Mode, WantedReply};
use crate::start::gone_since;

/// How soon to look again whether the mailbox is a shared one.
const SOON: SignedDuration = SignedDuration::from_secs(30);

/// The leaver's mailbox, and what hangs on it.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// How much is in it.
    pub statistics: Statistics,
    /// The rules of its inbox.
    pub rules: Vec<Rule>,
    /// What it answers by itself.
    pub reply: Setting,
    /// The successor, as Exchange knows them; `None` where there is none, or nobody with an address.
    pub successor: Option<Recipient>,
    /// Whether the successor may open it.
    pub successor_opens: bool,
    /// Whether the successor may send as the leaver.
    pub successor_sends_as: bool,
    /// The mailboxes that the leaver may open.
    pub opens: Vec<Reference>,
    /// Whom the leaver may send as.
    pub sends_as: Vec<Reference>,
    /// On whose behalf the leaver may send.
    pub sends_on_behalf: Vec<Recipient>,
    /// Whose mail is forwarded to the leaver.
    pub forwarded_here: Vec<Recipient>,
    /// The phones and tablets that synchronise it.
    pub devices: Vec<mobile::Device>,
    /// Whether phones and tablets may synchronise it.
    pub synchronises: bool,
    /// How many meetings would be cancelled, where that is wanted.
    pub meetings: usize,
    /// How many mailboxes were not looked into, because there are too many.
    pub unseen: usize,
}

impl Mail {
    /// A mailbox of which no more is known.
    pub fn of(mailbox: Mailbox, rules: Vec<Rule>, reply: Setting) -> Self {
        Self {
            mailbox,
            statistics: Statistics::default(),
            rules,
            reply,
            successor: None,
            successor_opens: false,
            successor_sends_as: false,
            opens: Vec::new(),
            sends_as: Vec::new(),
            sends_on_behalf: Vec::new(),
            forwarded_here: Vec::new(),
            devices: Vec::new(),
            synchronises: false,
            meetings: 0,
            unseen: 0,
        }
    }
}

/// Everything that becomes of the mailbox, and of the leaver's rights on others.
pub(crate) fn see_to(plan: Plan, want: &Leaver, have: &Quick, mail: &Mail, account: &Account) -> Plan {
    let who = account.who();
    if want.mode == Mode::Absence {
        return plan.apart(answer(want, have, mail, &who));
    }
    plan.apart(nothing_leaves(want, have, mail, &who))
        .apart(no_phones(want, mail, &who))
        .apart(handed_on(want, have, mail, &who).into_iter().chain(given_up(mail, &who)))
        .chapter([hold(want, mail, &who).into_iter().collect(), stands_on_hold(want, mail, &who)])
        .findings(told(want, have, mail, account))
        .goes_on_at(is_pending(want, mail).then(|| have.now + SOON))
}

/// Rules that send mail away, and a forwarding that nobody asked for.
fn nothing_leaves(want: &Leaver, have: &Quick, mail: &Mail, who: &Who) -> Vec<Change> {
    let away = mail.rules.iter().filter(|rule| rule.sends_away() && rule.is_enabled != Some(false));
    let rules = away.filter(|rule| !rule.is_read_only()).map(|rule| rule::switch_off(who, rule));
    rules.chain(forwarding::stop(want, have, mail, who)).collect()
}

/// Phones and tablets keep what they hold, and get nothing new.
fn no_phones(want: &Leaver, mail: &Mail, who: &Who) -> Vec<Change> {
    if want.keep_devices {
        return Vec::new();
    }
    let block = mail.synchronises.then(|| mobile::block(who));
    block.into_iter().chain(mail.devices.iter().map(|device| mobile::remove(who, device))).collect()
}

fn hold(want: &Leaver, mail: &Mail, who: &Who) -> Option<Change> {
    let hold = want.mailbox.hold.as_ref().filter(|_| !mail.mailbox.litigation_hold_enabled)?;
    Some(mailbox::hold(who, hold.days, hold.comment.as_deref(), &mail.mailbox))
}

/// The reply, and whatever the successor gets.
fn handed_on(want: &Leaver, have: &Quick, mail: &Mail, who: &Who) -> Vec<Change> {
    let hides = want.mailbox.hide.unwrap_or(true) && !mail.mailbox.is_dir_synced;
    let hide = (hides && !mail.mailbox.hidden_from_address_lists_enabled).then(|| mailbox::hide(who));
    answer(want, have, mail, who).into_iter().chain(hide).chain(to_successor(want, have, mail, who)).collect()
}

fn to_successor(want: &Leaver, have: &Quick, mail: &Mail, who: &Who) -> Vec<Change> {
    let Some(successor) = have.successor() else { return Vec::new() };
    let wanted = &want.mailbox;
    let is_known = mail.successor.is_some();
    let opens = is_known && wanted.full_access.unwrap_or(true) && !mail.successor_opens;
    let open = opens.then(|| permission::let_in(who, &successor, wanted.auto_mapping.unwrap_or(true)));
    let sends = is_known && wanted.send_as && !mail.successor_sends_as;
    let send = sends.then(|| permission::let_send_as(who, &successor));
    open.into_iter().chain(send).chain(forwarding::forward(want, mail, who)).collect()
}

fn answer(want: &Leaver, have: &Quick, mail: &Mail, who: &Who) -> Option<Change> {
    let wanted = want.mailbox.reply.as_ref()?;
    let reply = Reply {
        internal: wanted.internal.clone(),
        external: external(wanted).to_owned(),
        audience: wanted.audience.unwrap_or(Audience::All),
        period: wanted.until.map(|until| Period { from: gone_since(want, have), until }),
    };
    let is_so = is_answered(wanted, &Setting::from(&reply), &mail.reply);
    (!is_so).then(|| reply::set(who, &reply, &mail.reply))
}

fn external(wanted: &WantedReply) -> &str {
    wanted.external.as_deref().unwrap_or(&wanted.internal)
}

/// Exchange writes texts as HTML: they are compared by their words.
fn is_answered(wanted: &WantedReply, wished: &Setting, is: &Setting) -> bool {
    let same = |is: &Option<String>, wanted: &str| is.as_deref().map(words) == Some(words(wanted));
    is.status == wished.status
        && is.external_audience == wished.external_audience
        && (wished.scheduled_end_date_time.is_none()
            || is.scheduled_end_date_time == wished.scheduled_end_date_time)
        && same(&is.internal_reply_message, &wanted.internal)
        && same(&is.external_reply_message, external(wanted))
}

fn words(html: &str) -> String {
    let mut inside = false;
    let plain = html.chars().filter(|c| {
        inside = (inside || *c == '<') && *c != '>';
        !inside && *c != '>'
    });
    let plain: String = plain.collect();
    let plain = ENTITIES.iter().fold(plain, |text, (entity, character)| text.replace(entity, character));
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The ampersand last, or it would make entities of what is none.
const ENTITIES: [(&str, &str); 6] =
    [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];

/// What a mailbox loses, or is no more, only once it is held as asked. Meetings before the conversion, if the service takes one
/// after the other; neither stands on the other.
fn stands_on_hold(want: &Leaver, mail: &Mail, who: &Who) -> Vec<Change> {
    let cancel = (mail.meetings > 0).then(|| meeting::cancel(who));
    let share = is_pending(want, mail).then(|| mailbox::share(who));
    cancel.into_iter().chain(share).collect()
}

/// Whether the mailbox is to become a shared one and is not seen to be one.
fn is_pending(want: &Leaver, mail: &Mail) -> bool {
    want.shares_mailbox() && mail.mailbox.is_user() && !mail.mailbox.is_dir_synced
}

/// The leaver's rights on the mailboxes of others.
fn given_up(mail: &Mail, who: &Who) -> Vec<Change> {
    let right = |mailbox: &Reference, right: Right<'_>| permission::give_up(who, mailbox, right);
    let opens = mail.opens.iter().map(|mailbox| right(mailbox, Right::FullAccess { automapping: true }));
    let sends_as = mail.sends_as.iter().map(|mailbox| right(mailbox, Right::SendAs));
    let holder = &mail.mailbox.recipient;
    let on_behalf = mail
        .sends_on_behalf
        .iter()
        .map(|of| right(&of.reference(), Right::OnBehalf { holder: Some(holder) }));
    opens.chain(sends_as).chain(on_behalf).collect()
}

fn told(want: &Leaver, have: &Quick, mail: &Mail, account: &Account) -> Vec<Finding> {
    let name = account.name();
    let synced = (mail.mailbox.is_dir_synced && want.mode == Mode::Leave).then(|| {
        let says =
            format!("the mailbox of {name} is mastered on premises: convert, hide and forward it there");
        Finding::left("mailbox-synced", says)
    });
    let held = mail.rules.iter().filter(|rule| rule.sends_away() && rule.is_read_only());
    let held = held.map(|rule| {
        Finding::left(
            "rule",
            format!("the inbox rule {} cannot be switched off here: do it in Exchange", rule.name()),
        )
    });
    let successor = have.successor().filter(|_| want.hands_mail_on() && mail.successor.is_none());
    let unknown = successor.map(|successor| {
        let says = format!(
            "Exchange Online does not know {}: nobody is let into the mailbox, and its mail goes on to {}",
            successor.name(),
            forwarding::goes_on_to(mail).unwrap_or("nobody")
        );
        Finding::left("successor-without-mailbox", says).at("/successor")
    });
    let leaves = synced.is_some().then(|| forwarding::stays(want, mail, account)).flatten();
    let unseen = (mail.unseen > 0).then(|| {
        let says = format!(
            "{} shared mailboxes were not looked into: see in Exchange whether {name} may open them",
            mail.unseen
        );
        Finding::left("rights-unseen", says)
    });
    let findings = synced.into_iter().chain(leaves).chain(held).chain(unknown).chain(unseen);
    findings.chain(forwarded_here(mail, name)).chain(rights_elsewhere(mail, name)).collect()
}

/// What others send on comes to a mailbox that nobody reads any more, or to the successor.
fn forwarded_here(mail: &Mail, name: &str) -> Option<Finding> {
    let others = mail.forwarded_here.iter().filter(|other| other.id != mail.mailbox.recipient.id);
    let names: Vec<String> = others.map(Recipient::name).collect();
    (!names.is_empty()).then(|| {
        let says = format!("forwarded to {name}, send it to somebody else: the mail of {}", names.join(", "));
        Finding::left("forwarded-here", says)
    })
}

/// Who was let into mailboxes that many share may have been let into those of single people as well.
fn rights_elsewhere(mail: &Mail, name: &str) -> Option<Finding> {
    let has_rights = [mail.opens.len(), mail.sends_as.len(), mail.sends_on_behalf.len(), mail.unseen];
    has_rights.iter().any(|rights| *rights > 0).then(|| {
        let says = format!(
            "whether {name} may open the mailbox or the calendar of a single person was not looked for: ask those they worked for"
        );
        Finding::note("rights-elsewhere", says)
    })
}

fn unseen() -> Finding {
    let says = "there is no mailbox to be seen, and a licence that comes with one, which may be on its way: that licence is kept. Ask again tomorrow; if there is still none, take it by hand";
    Finding::left("mailbox-unseen", says)
}

/// What the mailbox still needs a licence for, and so what becomes of those that it hangs on.
pub(crate) enum Need {
    /// For as long as it is not seen to be a shared one: they are taken later, and no sooner than at this time.
    UntilShared(Timestamp, Finding),
    /// For good, or for as long as this says: they are kept.
    Lasting(Finding),
}

/// Somebody who moves keeps the mailbox, and so what it hangs on.
pub(crate) fn is_kept() -> Need {
    let says = "the mailbox keeps its licence: without one it would be disconnected";
    Need::Lasting(Finding::note("mailbox-licence", says))
}

/// Of who moves, no right on the mailbox of anybody else is looked at.
pub(crate) fn rights_stay(account: &Account) -> Finding {
    let says = format!(
        "which mailboxes and calendars of others {} may open, or send as, was not looked for: take back what the new post does not need",
        account.name()
    );
    Finding::note("rights-elsewhere", says)
}

/// What was asked for a mailbox that is not there.
pub(crate) fn none_there(want: &Leaver) -> Option<Finding> {
    let mailbox = &want.mailbox;
    let asked = [
        ("the automatic reply", mailbox.reply.is_some()),
        ("the forwarding", mailbox.forward),
        ("the hold", mailbox.hold.is_some()),
        ("the cancellation of meetings", mailbox.cancel_meetings),
    ];
    let asked: Vec<&str> =
        asked.into_iter().filter(|(_, is_asked)| *is_asked).map(|(what, _)| what).collect();
    (!asked.is_empty()).then(|| {
        Finding::left("no-mailbox", format!("there is no mailbox, so nothing comes of {}", asked.join(", ")))
            .at("/mailbox")
    })
}

/// What the mailbox still needs a licence for; `None`: for nothing. One that is to become a shared one is measured before
/// it is, so that whoever approves knows at once what it keeps. One that is not seen may be on its way, so a licence that carries
/// one stays: Exchange Online makes it minutes to hours after the licence was given.
pub(crate) fn licence_need(want: &Leaver, have: &Quick, mail: Option<&Mail>) -> Option<Need> {
    let Some(mail) = mail else { return Some(Need::Lasting(unseen())) };
    let is_pending = is_pending(want, mail);
    if is_pending || mail.mailbox.is_shared() {
        let lasting = lasting_need(want, mail).map(Need::Lasting);
        return lasting.or_else(|| is_pending.then(|| Need::UntilShared(have.now + SOON, waits())));
    }
    let says = match want.delete_after_days {
        Some(_) => {
            "the mailbox keeps its licence until the account is deleted: without one it would be disconnected"
        }
        None => {
            "the mailbox keeps its licence: without one, and not shared, it would be disconnected and lost after 30 days"
        }
    };
    Some(Need::Lasting(Finding::note("mailbox-licence", says)))
}

/// Why it needs a licence as a shared one, too; a hold that is about to be set counts.
fn lasting_need(want: &Leaver, mail: &Mail) -> Option<Finding> {
    let (need, why) = match why_licence_needed(&mail.mailbox, &mail.statistics) {
        Some(need) => (need, need.says()),
        None if want.mailbox.hold.is_some() => {
            (LicenceNeed::Hold, "it is to be on hold, and needs one for as long as that lasts")
        }
        None => return None,
    };
    Some(Finding::left(need.code(), format!("the mailbox keeps its licence: {why}")))
}

fn waits() -> Finding {
    let says = "the licence that the mailbox needs is taken once the mailbox is seen to be a shared one";
    Finding::note("licence-waits", says)
}
