//! The first day: when sign-in is allowed, and how the newcomer gets in.
//!
//! An account that was in use and is blocked may be a leaver's: it is let in only if the caller says so. A pass opens an
//! account to whoever holds it: it is issued for an account that nobody uses yet, or that is being reinstated, and only
//! when somebody waits for the answer. A run that waits for a start date is finished by the timer, whose answer nobody
//! reads, so its pass is always collected.

use directory::Who;
use directory::account::{self, Account};
use directory::pass::{self, Pass};
use jiff::{SignedDuration, Timestamp};
use plan::{Finding, Job, Plan, Record, Subject};

use crate::access::Part;
use crate::facts::{Facts, Found, Held};
use crate::profile;
use crate::request::NewHire;

/// How long the directory may take to finish the creation of an account.
const CREATION: SignedDuration = SignedDuration::from_mins(5);

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
            Ok(last_stage(plan, want, have, Some(account)).finding(blocked_on_premises()))
        }
        _ => Ok(last_stage(plan.then([account::enable(who)]), want, have, account)),
    }
}

/// What nothing else depends on: the pass, and a date that the service may refuse to an application.
fn last_stage(plan: Plan, want: &NewHire, have: &Facts, account: Option<&Account>) -> Plan {
    let who = account.map_or_else(|| Who::new(want.full_name()), Account::who);
    let Part { changes, findings } = first_pass(want, have, &who, account);
    let hire_date = account.and_then(|account| profile::hire_date(want, account));
    plan.then(changes.into_iter().chain(hire_date)).findings(findings)
}

fn first_pass(want: &NewHire, have: &Facts, who: &Who, account: Option<&Account>) -> Part {
    let Some(wanted) = &want.temporary_access_pass else { return Part::default() };
    let in_use = account.is_some_and(was_used) && !want.reinstate;
    let is_listed = have.held.as_ref().is_some_and(|held| held.has_pass);
    match () {
        () if want.starts_at.is_some() => Part::finding(Finding::left(
            "credential-later",
            "collect the Temporary Access Pass from the run's credential once the person has started",
        )),
        () if in_use => Part::finding(
            Finding::left("account-in-use", "a Temporary Access Pass opens an account: of one that is in use it is for an administrator to issue")
                .at("/temporaryAccessPass"),
        ),
        () if is_listed => Part::finding(Finding::note(
            "pass-issued",
            "a Temporary Access Pass was issued before and is not shown again: collect a new one from the run's credential",
        )),
        () => Part::change(pass::issue(who, wanted)).and(Part::finding(Finding::note(
            "credential-once",
            "the Temporary Access Pass is shown once, in the answer to the call that issues it; if that is lost, collect a new one from the run's credential",
        ))),
    }
}

/// Whether somebody has, or may have, used the account. One that was never let in has the password and the sessions it
/// was created with; a leaver's were reset. Where the directory does not say, it counts as used.
fn was_used(account: &Account) -> bool {
    let (Some(created), Some(password)) = (account.created_date_time, account.last_password_change_date_time)
    else {
        return true;
    };
    let is_late = |at: Timestamp| at.duration_since(created) > CREATION;
    is_late(password) || account.sign_in_sessions_valid_from_date_time.is_some_and(is_late)
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

/// The plan that issues a new pass for the account of a run: only for one that may sign in, and is not in use yet.
pub(crate) fn new_credential(record: &Record, account: Found<(Account, Held)>) -> Plan {
    let Some((account, held)) = account.one() else {
        let says = "the run came to no account, or the account is gone";
        return Plan::about(Subject::named("nobody")).finding(Finding::blocks("no-account", says));
    };
    let want = request(record);
    let plan = Plan::about(subject(account, Some(held)));
    if account.account_enabled != Some(true) {
        let says = "the account may not sign in yet: a pass is issued once it has started";
        return plan.finding(Finding::blocks("account-disabled", says));
    }
    if was_used(account) && !want.as_ref().is_some_and(|want| want.reinstate) {
        let says = "a Temporary Access Pass opens an account: of one that is in use it is for an administrator to issue";
        return plan.finding(Finding::blocks("account-in-use", says));
    }
    plan.then([pass::issue(&account.who(), &wanted_pass(want))])
}

fn request(record: &Record) -> Option<NewHire> {
    match record.job() {
        Some(Job::Do(request)) => serde_json::from_value(request.clone()).ok(),
        _ => None,
    }
}

/// What was asked for then; what the tenant's policy says, if no pass was asked for.
fn wanted_pass(want: Option<NewHire>) -> Pass {
    want.and_then(|want| want.temporary_access_pass).unwrap_or_default()
}
