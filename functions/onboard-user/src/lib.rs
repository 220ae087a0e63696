//! Onboard a user: everything a new hire needs, in an order in which no half-built account can sign in.
//!
//! 1. The account is created, blocked, with its profile and manager; or the one with this employee id is brought in line.
//! 2. Licences, groups, sponsors, administrative unit.
//! 3. Only if all of that holds, and not before the start date, sign-in is allowed.
//! 4. A Temporary Access Pass is issued and shown once.
//! 5. Lists, aliases, shared mailboxes, calendars and the mailbox's own settings, once the mailbox is there: the run goes on
//!    by itself until then, and nothing else waits for it.
//!
//! An account that exists keeps its names: a rename is not an onboarding.

mod access;
mod facts;
mod flaws;
mod identity;
mod licences;
mod mail;
mod observe;
mod people;
mod profile;
mod request;
mod start;

use directory::Who;
use directory::account::{self, Account, NewAccount};
use directory::look::Found;
use graph::{Error, ObjectId};
use journal::TaskName;
use plan::{Finding, Flaw, Plan, Record, Standing, Subject, Task, Tenant};

use crate::access::Part;
pub use crate::facts::{Domain, Facts, Held};
use crate::identity::Name;
pub use crate::mail::{Calendar, Mail, Shared};
pub use crate::request::{
    CopyFrom, Kind, MailboxSettings, NewHire, OrgData, Profile, SharedCalendar, SharedMailbox, WantedLicence,
    WhenNoLicence,
};

/// Onboard a user.
#[derive(Debug)]
pub struct OnboardUser;

/// The action that issues a new Temporary Access Pass for the account of a run.
pub const CREDENTIAL: &str = "credential";

impl Task for OnboardUser {
    const NAME: TaskName = TaskName::of("onboard-user");
    const ACTIONS: &'static [&'static str] = &[CREDENTIAL];
    type Request = NewHire;
    type Facts = Facts;

    fn flaws(want: &NewHire) -> Vec<Flaw> {
        flaws::of(want)
    }

    async fn observe(want: &NewHire, tenant: &Tenant) -> Result<Facts, Error> {
        observe::everything(want, tenant).await
    }

    fn plan(want: &NewHire, have: &Facts) -> Plan {
        let planned = identity::existing(want, have).and_then(|account| match account {
            Some(account) => bring_in_line(want, have, account),
            None => identity::choose(want, have).and_then(|name| create(want, have, &name)),
        });
        let plan =
            planned.unwrap_or_else(|finding| Plan::about(Subject::named(want.full_name())).finding(finding));
        plan.findings(people::not_found(want, have)).findings(people::blocked(have))
    }

    async fn standing(account: ObjectId, tenant: &Tenant) -> Result<Option<Standing>, Error> {
        let found = observe::account(account, tenant).await?;
        Ok(found.one().map(|(account, held)| Standing {
            subject: start::subject(account, Some(held)),
            findings: start::in_use(account).into_iter().collect(),
        }))
    }

    async fn act(_action: &str, record: &Record, tenant: &Tenant) -> Result<Plan, Error> {
        let account = match record.account() {
            Some(account) => observe::account(account, tenant).await?,
            None => Found::None,
        };
        Ok(start::new_credential(record, &account, tenant.clock.now()))
    }
}

impl host::Function for OnboardUser {
    const TIMERS: &'static [host::Timer] = &[host::Timer::due("enable-due")];
}

/// The plan for a person who has no account.
fn create(want: &NewHire, have: &Facts, name: &Name) -> Result<Plan, Finding> {
    let full_name = want.full_name();
    let who = Who::new(&full_name);
    let new = account::create(&new_account(want, have, name, full_name.clone()));
    let Part { changes, mail, seats, findings } = access::grant(want, have, &who, None).and(mail::wanted(
        want,
        have,
        &who,
        None,
        &name.user_principal_name,
    ));
    let arrival = mail::arrival(want, have, None, &changes);
    let dates_and_people =
        profile::leave_date(want, &who, None).into_iter().chain(people::sponsors(have, &who));
    let plan = Plan::about(Subject::named(full_name))
        .then([new])
        .then(dates_and_people.chain(changes))
        .seats(seats)
        .findings(findings);
    Ok(mail::see_to(start::let_in(plan, want, have, &who, None)?, mail, arrival))
}

fn new_account(want: &NewHire, have: &Facts, name: &Name, display_name: String) -> NewAccount {
    NewAccount {
        user_principal_name: name.user_principal_name.clone(),
        mail_nickname: name.mail_nickname.clone(),
        display_name,
        employee_id: want.employee_id.clone(),
        profile: profile::wanted(want),
        manager: people::manager(have).map(|manager| manager.id),
    }
}

/// The plan for a person who has an account: only what differs.
fn bring_in_line(want: &NewHire, have: &Facts, account: &Account) -> Result<Plan, Finding> {
    let who = account.who();
    let Part { changes, mail, seats, findings } = access::grant(want, have, &who, Some(account))
        .and(mail::wanted(want, have, &who, Some(account), &account.user_principal_name));
    let arrival = mail::arrival(want, have, Some(account), &changes);
    let dates_and_people = people::new_manager(have, account)
        .into_iter()
        .chain(profile::leave_date(want, &who, Some(account)))
        .chain(people::sponsors(have, &who));
    let plan = Plan::about(start::subject(account, have.held.as_ref()))
        .then(profile::update(want, account))
        .then(dates_and_people.chain(changes))
        .seats(seats)
        .findings(findings)
        .findings(profile::left_on_premises(want, have, account))
        .findings(profile::left_hire_date(want, account))
        .findings(licences::by_group::errors(have, account))
        .findings(identity::kept_names(want, account))
        .findings(start::role_holder(have));
    Ok(mail::see_to(start::let_in(plan, want, have, &who, Some(account))?, mail, arrival))
}
