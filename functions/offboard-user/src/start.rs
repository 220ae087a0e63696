//! Whether it may begin: who it is about, whether it is time, and who takes over.
//!
//! All of it is decided from the first look, so that what a preview blocks is never begun in haste.

use directory::account::Account;
use directory::look::{Found, missing};
use directory::password;
use jiff::{SignedDuration, Timestamp};
use plan::{Finding, Plan, Subject};

use crate::facts::Quick;
use crate::request::{Leaver, Mode};
use crate::when::Unclear;

/// How long after the day of leaving an account is cut off at the latest.
const CUT_OFF_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A plan that has begun, for somebody who leaves now; or the whole plan, where nothing is done yet.
pub(crate) enum Start<'a> {
    /// It is time.
    Now(Box<Plan>, &'a Account),
    /// Nothing is done, or not yet.
    NotNow(Box<Plan>),
}

/// Whether it may begin.
pub(crate) fn start<'a>(want: &Leaver, have: &'a Quick) -> Start<'a> {
    let Some(account) = have.account() else {
        return not_now(Plan::about(Subject::named(&want.user)).findings(nobody(want, &have.leaver)));
    };
    let plan = Plan::about(subject(account, have)).findings(wrong_successor(want, have, account));
    let plan = plan.findings(over_before_it_begins(want, have, account));
    match moment(want, have) {
        Err(unclear) => not_now(plan.finding(says_no_time(unclear))),
        Ok(None) if account.is_synced() && counts_days(want) => not_now(plan.finding(no_day())),
        Ok(Some(at)) if at > have.now => {
            let says = format!(
                "{} leaves at {at}: the timer does it then, if nobody says otherwise",
                account.name()
            );
            not_now(plan.finding(Finding::note("leaves-later", says)).again_at(Some(at)))
        }
        _ if plan.is_blocked() => not_now(plan),
        _ => Start::Now(Box::new(plan), account),
    }
}

fn not_now<'a>(plan: Plan) -> Start<'a> {
    Start::NotNow(Box::new(plan))
}

/// Whether there is somebody who leaves now.
pub(crate) fn is_due(want: &Leaver, have: &Quick) -> bool {
    matches!(start(want, have), Start::Now(..))
}

/// When they leave; `None`: as soon as it is asked for.
fn moment(want: &Leaver, have: &Quick) -> Result<Option<Timestamp>, Unclear> {
    let moment = want.at.map(|at| at.moment(have.zone.as_deref(), have.leave_date()));
    moment.transpose()
}

/// The day from which the leaver is gone: the moment that was asked for; else, of somebody who is blocked, what the
/// directory says, if that is past; else today. Of who may still sign in it says nothing: they may have left before, and come
/// back. A day and not a moment, so that a plan is the same plan when it is approved an hour later.
pub(crate) fn gone_since(want: &Leaver, have: &Quick) -> Timestamp {
    let asked = moment(want, have).ok().flatten();
    let known = have.leave_date().filter(|date| *date <= have.now && was_cut_off(have, *date));
    asked.or(known).unwrap_or_else(|| midnight(have.now))
}

/// Whether the account was cut off on that day: it is blocked, and in the days after it got a password that is not its
/// owner's. Any other date says nothing: the person may have left before and come back, or have chosen a password of their
/// own before somebody blocked them.
fn was_cut_off(have: &Quick, date: Timestamp) -> bool {
    let Some(account) = have.account() else { return false };
    let soon = |at: Timestamp| at >= date && at.duration_since(date) <= CUT_OFF_WITHIN;
    account.account_enabled == Some(false) && password::set_by_others(account).is_some_and(soon)
}

fn midnight(now: Timestamp) -> Timestamp {
    let second = now.as_second() - now.as_second().rem_euclid(SignedDuration::from_hours(24).as_secs());
    Timestamp::from_second(second).unwrap_or(now)
}

/// The account as the guard-rails see it.
pub(crate) fn subject(account: &Account, have: &Quick) -> Subject {
    Subject {
        holds_role: have.holds_role || have.may_take_role,
        member_of: have.groups.iter().map(|group| group.id).collect(),
        reports: have.reports.len(),
        ..Subject::known(account.id, account.name())
    }
}

fn nobody(want: &Leaver, found: &Found<Account>) -> Option<Finding> {
    Some(missing(found, &format!("account {}", want.user), "user-unknown", |account| account.id)?.at("/user"))
}

fn wrong_successor(want: &Leaver, have: &Quick, leaver: &Account) -> Option<Finding> {
    let (named, found) = (want.successor.as_deref()?, have.named_successor.as_ref()?);
    let blocks = |code: &str, says: String| Some(Finding::blocks(code, says));
    let wrong = match found.one() {
        None => missing(found, &format!("account {named}"), "person-unknown", |account| account.id),
        Some(successor) if successor.id == leaver.id => {
            blocks("successor-self", format!("{} cannot take over from themselves", leaver.name()))
        }
        Some(successor) if successor.account_enabled == Some(false) => {
            blocks("person-blocked", format!("{} may not sign in, and so cannot take over", successor.name()))
        }
        Some(_) => None,
    };
    wrong.map(|finding| finding.at("/successor"))
}

/// An answer whose last day is over before it is set. Of somebody who is cut off it may have been set before, and be over now.
fn over_before_it_begins(want: &Leaver, have: &Quick, account: &Account) -> Option<Finding> {
    let until = want.mailbox.reply.as_ref()?.until?;
    let begins = moment(want, have).ok().flatten().unwrap_or(have.now).max(have.now);
    let is_set = account.is_synced() || account.account_enabled == Some(false);
    let says = format!(
        "the mailbox would answer until {until}, and that is over by then: say a later time, or none"
    );
    (until <= begins && !is_set).then(|| Finding::blocks("reply-over", says).at("/mailbox/reply/until"))
}

fn counts_days(want: &Leaver) -> bool {
    want.licences.after_days.is_some() || want.delete_after_days.is_some()
}

/// The day of leaving of an account that is mastered on premises cannot be written down here.
fn no_day() -> Finding {
    let says =
        "the account is mastered on premises, and so is the day it leaves: say from when the days count";
    Finding::blocks("time-unclear", says).at("/at")
}

fn says_no_time(unclear: Unclear) -> Finding {
    let says = match unclear {
        Unclear::NoLeaveDate => "the account has no employeeLeaveDateTime: set it, or say when",
        Unclear::NoZone => {
            "the mailbox says no time zone that is known here: say the time with its offset, or its zone"
        }
    };
    Finding::blocks("time-unclear", says).at("/at")
}

fn nobody_takes_over(have: &Quick, leaver: &Account) -> Finding {
    const SO: &str = "nobody is let into mailbox and OneDrive; name a successor";
    let (code, why) = match &have.manager {
        Some(manager) => ("manager-blocked", format!("the manager, {}, may not sign in", manager.name())),
        None => ("no-successor", format!("{} has no manager, and nobody was named", leaver.name())),
    };
    Finding::left(code, format!("{why}: {SO}")).at("/successor")
}

/// What is worth knowing before any of it begins.
pub(crate) fn notes(want: &Leaver, have: &Quick, account: &Account) -> Vec<Finding> {
    let no_successor =
        (want.needs_successor() && have.successor().is_none()).then(|| nobody_takes_over(have, account));
    let role = have.holds_role.then(|| {
        let says = "the account holds a directory role: blocking it, and its password, take an identity that holds one too";
        Finding::note("holds-role", says)
    });
    let reports = (want.mode == Mode::Leave && !have.reports.is_empty()).then(|| {
        let names: Vec<String> = have.reports.iter().map(directory::account::Reference::name).collect();
        Finding::left("reports", format!("give them another manager: {}", names.join(", ")))
    });
    no_successor.into_iter().chain(role).chain(reports).collect()
}
