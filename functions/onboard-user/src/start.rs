//! The first day: when sign-in is allowed, and how the newcomer gets in.
//!
//! An account that was in use and is blocked may be a leaver's: it is let in only if the caller says so.
//!
//! A pass opens an account to whoever holds it. It is issued at once for an account that was created within the last day
//! and that nobody has used. For any other it is collected from the run that lets it in, and from no other run, for 30 days
//! at the most and not once the account is seen to be in use. So naming somebody who works here opens nothing, and a run
//! that the timer finishes, whose answer nobody reads, issues nothing.

use directory::Who;
use directory::account::{self, Account};
use directory::look::Found;
use directory::pass::{self, Pass};
use jiff::{SignedDuration, Timestamp};
use plan::{Entry, Finding, Job, Plan, Record, Subject};

use crate::access::Part;
use crate::facts::{Facts, Held};
use crate::request::NewHire;

/// How long the directory may take to finish the creation of an account.
const CREATION: SignedDuration = SignedDuration::from_mins(5);
/// For how long the run that let an account in gives a pass: as long as a pass given then could have lived.
const COLLECTABLE: SignedDuration = SignedDuration::from_mins(pass::LONGEST_MINUTES as i64);
/// For how long an account counts as just created: for as long as somebody may ask again after a crash.
const NEW: SignedDuration = SignedDuration::from_hours(24);

/// The account as the guard-rails see it.
pub(crate) fn subject(account: &Account, held: Option<&Held>) -> Subject {
    let groups = held.iter().flat_map(|held| &held.groups).map(|group| group.id).collect();
    let holds_role = held.is_some_and(|held| held.holds_role);
    Subject { holds_role, member_of: groups, ..Subject::known(account.id, account.name()) }
}

/// Sign-in and pass, once the start date has come; until then, when to look again.
pub(crate) fn let_in(
    plan: Plan,
    want: &NewHire,
    have: &Facts,
    who: &Who,
    account: Option<&Account>,
) -> Result<Plan, Finding> {
    let later = want.starts_at.filter(|at| *at > have.now);
    match account {
        Some(account) if account.account_enabled == Some(true) => {
            Ok(last_stage(plan, want, have, Some(account)).findings(later.map(started_before)))
        }
        Some(account) if was_used(account) && !want.reinstate => Err(blocked_since(account)),
        _ if later.is_some() => {
            Ok(last_stage(plan, want, have, account).again_at(later).findings(later.map(waits)))
        }
        Some(account) if account.is_synced() => {
            Ok(plan.finding(blocked_on_premises()).findings(want.temporary_access_pass.map(|_| collected())))
        }
        _ => Ok(last_stage(plan.then([account::enable(who)]), want, have, account)),
    }
}

/// What nothing else depends on: the pass.
fn last_stage(plan: Plan, want: &NewHire, have: &Facts, account: Option<&Account>) -> Plan {
    let Part { changes, findings, .. } = first_pass(want, have, account);
    plan.then(changes).findings(findings)
}

fn first_pass(want: &NewHire, have: &Facts, account: Option<&Account>) -> Part {
    let Some(wanted) = &want.temporary_access_pass else { return Part::default() };
    let is_new = account.is_none_or(|account| is_new(account, have.now) && !was_used(account));
    let is_listed = have.held.as_ref().is_some_and(|held| held.has_pass);
    match account {
        Some(account) if account.account_enabled == Some(true) && !is_new => {
            Part::finding(Finding::left("account-in-use", IN_USE).at("/temporaryAccessPass"))
        }
        _ if !is_new || want.starts_at.is_some() => Part::finding(collected()),
        _ if is_listed => Part::finding(Finding::note("pass-issued", PASS_ISSUED)),
        account => {
            let who = account.map_or_else(|| Who::new(want.full_name()), Account::who);
            let once = Part::finding(Finding::note("credential-once", CREDENTIAL_ONCE));
            Part::change(pass::issue(&who, wanted)).and(once)
        }
    }
}

const PASS_ISSUED: &str = "a Temporary Access Pass was issued before and is not shown again: collect a new one from the run's credential";
const CREDENTIAL_ONCE: &str = "the Temporary Access Pass is shown once, in the answer to the call that issues it; if that is lost, collect a new one from the run's credential";
const IN_USE: &str = "a Temporary Access Pass opens an account: only the run that let this one in gives one, and only until it is in use; otherwise an administrator does";
const TOO_LATE: &str =
    "the run let the account in more than 30 days ago: a pass for it is issued by an administrator";

fn collected() -> Finding {
    let says = "collect the Temporary Access Pass from the run's credential once the person may sign in";
    Finding::left("credential-later", says)
}

fn is_new(account: &Account, now: Timestamp) -> bool {
    account.created_date_time.is_some_and(|created| now.duration_since(created) <= NEW)
}

/// Whether somebody has, or may have, used the account. One that was never let in has the password and the sessions it
/// was created with; a leaver's were reset.
fn was_used(account: &Account) -> bool {
    account.created_date_time.is_none_or(|created| was_used_since(account, created))
}

/// What is worth knowing before a run about the account is taken back.
pub(crate) fn in_use(account: &Account) -> Option<Finding> {
    let (password, sessions) =
        (account.last_password_change_date_time, account.sign_in_sessions_valid_from_date_time);
    let trace = match (password, sessions) {
        (Some(at), sessions) if sessions.is_none_or(|other| other <= at) => {
            format!("its password was last set at {at}")
        }
        (_, Some(at)) => format!("its sessions were last revoked at {at}"),
        (_, None) => "the directory does not say since when".to_owned(),
    };
    let says = format!(
        "{} is in use, {trace}: deleting the account takes its mail and files with it",
        account.name()
    );
    was_used(account).then(|| Finding::note("account-in-use", says))
}

/// Whether password or sessions were renewed since. Where the directory does not say, the account counts as used.
fn was_used_since(account: &Account, at: Timestamp) -> bool {
    let is_later = |renewed: Timestamp| renewed.duration_since(at) > CREATION;
    account.last_password_change_date_time.is_none_or(is_later)
        || account.sign_in_sessions_valid_from_date_time.is_some_and(is_later)
}

/// What the service will say of an administrator's account (Microsoft Graph, "Who can perform sensitive actions").
pub(crate) fn role_holder(have: &Facts) -> Option<Finding> {
    let holds_role = have.held.as_ref().is_some_and(|held| held.holds_role);
    let says = "the account holds a directory role: its sign-in, phones, other mails and pass may only be changed by an identity that holds one too";
    holds_role.then(|| Finding::note("holds-role", says))
}

fn waits(at: Timestamp) -> Finding {
    Finding::note("starts-later", format!("sign-in is allowed at {at}, by the timer"))
}

fn started_before(at: Timestamp) -> Finding {
    let says = format!(
        "the account may sign in already, though the person starts at {at}: block it if that is wrong"
    );
    Finding::left("started-before", says).at("/startsAt")
}

fn blocked_on_premises() -> Finding {
    Finding::left("account-synced", "the account is mastered on premises and disabled: enable it there")
}

fn blocked_since(account: &Account) -> Finding {
    let says = format!(
        "{} exists and was blocked after it was in use: if the person is back, ask with \"reinstate\": true",
        account.user_principal_name
    );
    Finding::blocks("account-blocked", says).at("/reinstate")
}

/// The plan that issues a new pass for the account of a run: only for one that it let in and that is not in use yet.
pub(crate) fn new_credential(record: &Record, account: &Found<(Account, Held)>, now: Timestamp) -> Plan {
    let Some((account, held)) = account.one() else {
        let says = "the run came to no account, or the account is gone";
        return Plan::about(Subject::named("nobody")).finding(Finding::blocks("no-account", says));
    };
    let plan = Plan::about(subject(account, Some(held)));
    if account.account_enabled != Some(true) {
        let says = "the account may not sign in yet: a pass is issued once it may";
        return plan.finding(Finding::blocks("account-disabled", says));
    }
    let created = account.created_date_time.filter(|_| is_new(account, now));
    match let_in_by(record, account).or(created) {
        Some(at) if now.duration_since(at) > COLLECTABLE => {
            plan.finding(Finding::blocks("pass-too-late", TOO_LATE))
        }
        Some(at) if !was_used_since(account, at) => {
            plan.then([pass::issue(&account.who(), &wanted_pass(record))])
        }
        _ => plan.finding(Finding::blocks("account-in-use", IN_USE)),
    }
}

/// When this run set out to create the account or to let it in, if it did.
fn let_in_by(record: &Record, account: &Account) -> Option<Timestamp> {
    let enable = account::enable(&account.who()).send;
    record.entries.iter().rev().find_map(|entry| match entry {
        Entry::Planned { at, plan, permitted: true } => {
            plan.changes().any(|change| change.creates_account || change.send == enable).then_some(*at)
        }
        _ => None,
    })
}

/// What was asked for then; what the tenant's policy says, if no pass was asked for.
fn wanted_pass(record: &Record) -> Pass {
    let want = match record.job() {
        Some(Job::Do(request)) => serde_json::from_value::<NewHire>(request.clone()).ok(),
        _ => None,
    };
    want.and_then(|want| want.temporary_access_pass).unwrap_or_default()
}
