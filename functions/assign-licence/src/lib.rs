//! Assign licences: by request, and never losing a plan or a seat.
//!
//! What an account holds directly is given, taken and switched in one call, which does all or nothing; plans that are off stay
//! off. What comes by a group is joined, and watched until it is there. Nothing is handed out of which there is no seat, no
//! usage location is guessed, and no licence goes unasked that a mailbox hangs on.

mod direct;
mod facts;
mod flaws;
mod groups;
mod mailbox;
mod many;
mod observe;
mod reclaim;
mod report;
mod request;
mod rules;

use ::report::Report;
use directory::account::{self, Account};
use directory::group::Group;
use directory::licence;
use directory::look::missing;
use graph::auth::Settings;
use graph::{Error, ObjectId, SkuId};
use host::{Timer, Untold, Wrong};
use jiff::Timestamp;
use journal::TaskName;
use plan::{Change, Finding, Flaw, Memory, Plan, Runner, Seat, Standing, Subject, Sweep, Task, Tenant};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use crate::facts::Facts;
pub use crate::reclaim::Reclaim;
pub use crate::request::{Assignment, Replacement, Wanted};
pub use crate::rules::{Condition, Reconcile, Rule, Rules};

/// Assigns licences.
#[derive(Debug)]
pub struct AssignLicence;

impl Task for AssignLicence {
    const NAME: TaskName = TaskName::of("assign-licence");
    type Request = Assignment;
    type Facts = Facts;

    fn flaws(want: &Assignment) -> Vec<Flaw> {
        flaws::flaws(want)
    }

    async fn observe(want: &Assignment, tenant: &Tenant) -> Result<Facts, Error> {
        observe::everything(want, tenant).await
    }

    fn plan(want: &Assignment, have: &Facts) -> Plan {
        match have.user.one() {
            Some(account) => settle(want, have, account),
            None => Plan::about(Subject::named(&want.user)).findings(nobody(want, have)),
        }
    }

    const SWEEPS: &'static [&'static str] = &[RECONCILE, RECLAIM];

    async fn sweep(
        sweep: &str,
        want: &Value,
        memory: &Memory,
        tenant: &Tenant,
    ) -> Result<Sweep<Assignment>, Error> {
        match sweep {
            RECONCILE => rules::sweep(&read(want)?, memory, tenant).await,
            _ => reclaim::sweep(&read(want)?, tenant).await,
        }
    }

    async fn standing(account: ObjectId, tenant: &Tenant) -> Result<Option<Standing>, Error> {
        observe::standing(account, tenant).await
    }
}

impl host::Function for AssignLicence {
    const TIMERS: &'static [Timer] = &[
        Timer::due("assign-due"),
        Timer::sweep("assign-reconcile", RECONCILE),
        Timer::report("assign-report", report::NAME),
    ];

    fn want(sweep: &str, body: Option<&[u8]>, settings: &Settings) -> Result<Value, Wrong> {
        let want = match sweep {
            RECONCILE => serde_json::to_value(Reconcile::read(body, settings.get(rules::SETTING))?),
            _ => serde_json::to_value(Reclaim::read(body)?),
        };
        Ok(want.unwrap_or_default())
    }

    const REPORTS: &'static [&'static str] = &[report::NAME];

    async fn survey(_: &str, runner: &Runner, settings: &Settings) -> Result<Value, Untold> {
        report::survey(runner, settings).await
    }

    fn report(_: &str, facts: &Value, at: Timestamp, settings: &Settings) -> Result<Report, Untold> {
        report::report(facts, at, settings)
    }
}

/// The sweep that brings everybody in line with the rules.
const RECONCILE: &str = "reconcile";

/// The sweep that takes licences from who does not use them.
const RECLAIM: &str = "reclaim";

/// What a sweep was asked for, as the journal keeps it.
fn read<T: DeserializeOwned>(want: &Value) -> Result<T, Error> {
    let unreadable = |error: serde_json::Error| {
        Error::failed("what the sweep was asked for cannot be read any more", Some(error.into()))
    };
    serde_json::from_value(want.clone()).map_err(unreadable)
}

fn nobody(want: &Assignment, have: &Facts) -> Option<Finding> {
    let finding =
        missing(&have.user, &format!("account {}", want.user), "user-unknown", |account| account.id)?;
    Some(finding.at("/user"))
}

fn settle(want: &Assignment, have: &Facts, account: &Account) -> Plan {
    let who = account.who();
    let direct = direct::wanted(want, have, account);
    let groups = groups::wanted(want, have, account);
    let gives = !direct.swap.give.is_empty() || !groups.join.is_empty();
    let skus = direct.swap.give.iter().map(|seat| seat.sku.sku_id).chain(groups.skus);
    let seats: Vec<Seat> = skus.filter_map(|sku| seat(have, account, &sku)).collect();
    let (location, unknown) = location(want, account, gives);
    let anew = reprocess(want, account);
    let again = reprocessed(anew.as_ref());
    let gone = mailbox::gone(want, have, account, &direct.swap);
    let plan = Plan::about(subject(account, &have.groups, have.holds_role))
        .then(location)
        .then(direct.swap.change(&who).into_iter().chain(groups.join))
        .then(groups.leave)
        .then(anew)
        .findings(unknown.into_iter().chain(direct.findings).chain(groups.findings))
        .findings(again.into_iter().chain(gone))
        .seats(seats)
        .goes_on_at(groups.goes_on);
    until(plan, want, have)
}

/// The seat that a licence takes; who has one needs no second.
fn seat(have: &Facts, account: &Account, sku: &SkuId) -> Option<Seat> {
    let bought = have.sku(sku).filter(|_| !account.has_seat(sku))?;
    Some(Seat { sku: *sku, free: bought.available() })
}

/// Where the account is: what a licence needs. A location that is there is not changed here.
fn location(want: &Assignment, account: &Account, gives: bool) -> (Option<Change>, Option<Finding>) {
    const FIELD: &str = "/usageLocation";
    match (&account.usage_location, &want.usage_location) {
        (Some(is), Some(wanted)) if is != wanted => {
            let says = format!(
                "the usage location of {} is {is}: it is not changed here, since all its licences hang on it",
                account.name()
            );
            (None, Some(Finding::blocks("usage-location", says).at(FIELD)))
        }
        (None, Some(wanted)) if gives => (Some(account::locate(&account.who(), wanted)), None),
        (None, None) if gives => {
            let says = "a licence needs a usage location, two letters such as CH";
            (None, Some(Finding::blocks("usage-location", says).at(FIELD)))
        }
        _ => (None, None),
    }
}

/// Asked for only where something is in error.
fn reprocess(want: &Assignment, account: &Account) -> Option<Change> {
    let mut states =
        account.license_assignment_states.iter().filter(|state| state.assigned_by_group.is_some());
    let in_error = states.any(|state| state.trouble().is_some());
    (want.reprocess && in_error).then(|| licence::reprocess(&account.who()))
}

/// What comes of it is not known yet.
fn reprocessed(change: Option<&Change>) -> Option<Finding> {
    let says =
        "what comes of working licences out anew shows some minutes later: ask again, as a preview, to hear";
    change.map(|_| Finding::note("reprocessed", says).at("/reprocess"))
}

/// When it ends, if it does.
fn until(plan: Plan, want: &Assignment, have: &Facts) -> Plan {
    let Some(until) = want.until.filter(|until| *until > have.now) else { return plan };
    let says = format!(
        "what is assigned, put in its place or joined here is taken, or left, at {until}, by the timer"
    );
    plan.finding(Finding::note("until", says)).again_at(Some(until))
}

/// The account as the guard-rails see it.
pub(crate) fn subject(account: &Account, groups: &[Group], holds_role: bool) -> Subject {
    Subject {
        holds_role,
        member_of: groups.iter().map(|group| group.id).collect(),
        ..Subject::known(account.id, account.name())
    }
}
