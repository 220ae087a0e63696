//! Onboard a user: everything a new hire needs, in an order in which no half-built account can sign in.
//!
//! 1. The account is created, blocked, with its profile and manager; or the one with this employee id is brought in line.
//! 2. Licences, groups, sponsors, administrative unit.
//! 3. Only if all of that holds, and not before the start date, sign-in is allowed.
//! 4. Last, a Temporary Access Pass is issued and shown once.
//!
//! What needs Exchange is named in the plan and left to a person for now.

mod access;
mod facts;
mod identity;
mod request;

use directory::account::{self, Account, NewAccount};
use directory::{Who, manager, pass, sponsor};
use graph::{Error, ObjectId};
use jiff::{SignedDuration, Timestamp};
use journal::TaskName;
use plan::{Change, Finding, Flaw, Plan, Record, Subject, Task, Tenant};
use serde_json::{Map, Value};

use crate::access::Part;
pub use crate::facts::{Domain, Facts, Found, Held};
use crate::identity::Name;
pub use crate::request::{CopyFrom, Kind, NewHire, OrgData, Profile, WantedLicence, WhenNoLicence};

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
        want.flaws()
    }

    async fn observe(want: &NewHire, tenant: &Tenant) -> Result<Facts, Error> {
        facts::observe(want, tenant).await
    }

    fn plan(want: &NewHire, have: &Facts) -> Plan {
        let planned = identity::existing(want, have).and_then(|account| match account {
            Some(account) => bring_in_line(want, have, account),
            None => identity::choose(want, have).map(|name| start(want, have, &name)),
        });
        let plan =
            planned.unwrap_or_else(|finding| Plan::about(Subject::named(want.full_name())).finding(finding));
        plan.findings(people_findings(want, have)).findings(left_to_exchange(want))
    }

    async fn act(_action: &str, record: &Record, tenant: &Tenant) -> Result<Plan, Error> {
        let id = record.account().ok_or_else(|| Error::failed("the run came to no account", None))?;
        let account: Account = tenant.graph.send(account::read(&id.into())).await?.json()?;
        Ok(new_credential(record, &account))
    }
}

/// The plan for a person who has no account.
fn start(want: &NewHire, have: &Facts, name: &Name) -> Plan {
    let full_name = want.full_name();
    let who = Who::new(&full_name);
    let create = account::create(&new_account(want, have, name, full_name.clone()));
    let Part { changes, findings } = access::grant(want, have, &who, None);
    let plan = Plan::about(Subject::named(full_name))
        .then([create])
        .then(leave_date(want, &who, None).into_iter().chain(sponsors(want, have, &who)).chain(changes))
        .findings(findings);
    let_in(plan, want, have, &who)
}

fn new_account(want: &NewHire, have: &Facts, name: &Name, display_name: String) -> NewAccount {
    NewAccount {
        user_principal_name: name.user_principal_name.clone(),
        mail_nickname: name.mail_nickname.clone(),
        display_name,
        employee_id: want.employee_id.clone(),
        profile: properties(want),
        manager: manager_id(have),
    }
}

/// The plan for a person who has an account: only what differs.
fn bring_in_line(want: &NewHire, have: &Facts, account: &Account) -> Result<Plan, Finding> {
    let who = account.who();
    let Part { changes, findings } = access::grant(want, have, &who, Some(account));
    let groups = have.held.iter().flat_map(|held| &held.groups).map(|group| group.id).collect();
    let subject = Subject { member_of: groups, ..Subject::known(account.id, account.name()) };
    let plan = Plan::about(subject)
        .then(profile(want, account, &who))
        .then(
            new_manager(have, &who)
                .into_iter()
                .chain(leave_date(want, &who, Some(account)))
                .chain(sponsors(want, have, &who))
                .chain(changes),
        )
        .findings(findings)
        .findings(synced(want, account))
        .findings(renamed(want, account));
    match account.account_enabled {
        Some(true) => Ok(with_pass(plan, want, have, &who)),
        _ if !want.reinstate && was_used(account) => Err(blocked_since(account)),
        _ => Ok(let_in(plan, want, have, &who)),
    }
}

/// Sign-in and pass, once the start date has come; until then, when to look again.
fn let_in(plan: Plan, want: &NewHire, have: &Facts, who: &Who) -> Plan {
    match want.starts_at {
        Some(at) if at > have.now => {
            let waits = Finding::note("starts-later", format!("sign-in is allowed at {at}, by the timer"));
            let pass = want.temporary_access_pass.map(|_| {
                Finding::left(
                    "credential-later",
                    "collect the Temporary Access Pass from the run's credential once it has started",
                )
            });
            plan.again_at(Some(at)).finding(waits).findings(pass)
        }
        _ => with_pass(plan.then([account::enable(who)]), want, have, who),
    }
}

fn with_pass(plan: Plan, want: &NewHire, have: &Facts, who: &Who) -> Plan {
    let has_pass = have.held.as_ref().is_some_and(|held| held.has_pass);
    plan.then(
        want.temporary_access_pass.as_ref().and_then(|wanted| pass::issue(who, wanted).unless(has_pass)),
    )
}

/// An account that was never let in has the password it was created with; a leaver's was reset.
fn was_used(account: &Account) -> bool {
    match (account.created_date_time, account.last_password_change_date_time) {
        (Some(created), Some(changed)) => changed.duration_since(created) > SignedDuration::from_mins(5),
        _ => false,
    }
}

fn blocked_since(account: &Account) -> Finding {
    let says = format!(
        "{} exists and was blocked after it was in use: if the person is back, ask with \"reinstate\": true",
        account.user_principal_name
    );
    Finding::blocks("account-blocked", says).at("/reinstate")
}

/// What Graph is to hold of the person, without names and relations.
fn properties(want: &NewHire) -> Map<String, Value> {
    let mut properties = want.profile.properties();
    properties.insert("givenName".into(), want.given_name.clone().into());
    properties.insert("surname".into(), want.surname.clone().into());
    properties.extend(want.usage_location.clone().map(|location| ("usageLocation".into(), location.into())));
    properties
}

/// The profile of an account that exists, where it differs; of a synchronised one only the usage location is ours.
fn profile(want: &NewHire, account: &Account, who: &Who) -> Option<Change> {
    let (set, was) = differences(want, account);
    account::update(who, &set, &was).unless(set.is_empty())
}

fn differences(want: &NewHire, account: &Account) -> (Map<String, Value>, Map<String, Value>) {
    let ours = |name: &str| !account.is_synced() || name == "usageLocation";
    let differing =
        properties(want).into_iter().filter(|(name, value)| ours(name) && differs(account, name, value));
    differing.map(|(name, value)| ((name.clone(), value), (name.clone(), held(account, &name)))).unzip()
}

fn differs(account: &Account, name: &str, wanted: &Value) -> bool {
    match (held(account, name), wanted) {
        (Value::Object(held), Value::Object(wanted)) => {
            wanted.iter().any(|(name, value)| held.get(name) != Some(value))
        }
        (held, wanted) => held != *wanted && !same_instant(&held, wanted),
    }
}

/// Graph writes the same instant in more than one way.
fn same_instant(held: &Value, wanted: &Value) -> bool {
    let instant = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    instant(held).is_some() && instant(held) == instant(wanted)
}

fn held(account: &Account, name: &str) -> Value {
    match name {
        "usageLocation" => account.usage_location.clone().into(),
        name => account.rest.get(name).cloned().unwrap_or(Value::Null),
    }
}

/// Its own change, since it takes a permission of its own to write (Microsoft Graph, "Update user").
fn leave_date(want: &NewHire, who: &Who, account: Option<&Account>) -> Option<Change> {
    const LEAVE_DATE: &str = "employeeLeaveDateTime";
    let wanted = Value::String(want.profile.employee_leave_date_time?.to_string());
    let was = account.map_or(Value::Null, |account| held(account, LEAVE_DATE));
    let so = account.is_some_and(|account| !differs(account, LEAVE_DATE, &wanted));
    let one = |value: Value| Map::from_iter([(LEAVE_DATE.to_owned(), value)]);
    account::update(who, &one(wanted), &one(was)).unless(so)
}

fn manager_id(have: &Facts) -> Option<ObjectId> {
    have.manager.as_ref().and_then(Found::one).map(|manager| manager.id)
}

fn new_manager(have: &Facts, who: &Who) -> Option<Change> {
    let (wanted, was) = (manager_id(have)?, have.held.as_ref().and_then(|held| held.manager));
    manager::set(who, &wanted, was.as_ref()).unless(was == Some(wanted))
}

fn sponsors(want: &NewHire, have: &Facts, who: &Who) -> Vec<Change> {
    debug_assert_eq!(want.sponsors.len(), have.sponsors.len());
    let held = have.held.iter().flat_map(|held| &held.sponsors).collect::<Vec<_>>();
    let wanted = have.sponsors.iter().filter_map(Found::one).filter(|person| !held.contains(&&person.id));
    wanted.map(|person| sponsor::add(who, &person.id, person.name())).collect()
}

/// People whom the caller named and who cannot be found.
fn people_findings(want: &NewHire, have: &Facts) -> Vec<Finding> {
    let colleague = want.copy_from.as_ref().map(|from| &from.user);
    let one = |name: Option<&String>, found: &Option<Found<Account>>, field: &str| {
        name.zip(found.as_ref()).and_then(|(name, found)| not_found(name, found, field))
    };
    let sponsors = want.sponsors.iter().zip(&have.sponsors).enumerate();
    one(want.manager.as_ref(), &have.manager, "/manager")
        .into_iter()
        .chain(one(colleague, &have.colleague, "/copyFrom/user"))
        .chain(sponsors.filter_map(|(at, (name, found))| not_found(name, found, &format!("/sponsors/{at}"))))
        .collect()
}

fn not_found(name: &str, found: &Found<Account>, field: &str) -> Option<Finding> {
    match found {
        Found::One(_) => None,
        Found::None => {
            Some(Finding::blocks("person-unknown", format!("there is no account {name}")).at(field))
        }
        Found::Many(accounts) => {
            Some(access::ambiguous(name, accounts.iter().map(|account| account.id)).at(field))
        }
    }
}

fn synced(want: &NewHire, account: &Account) -> Option<Finding> {
    let differing: Vec<String> = match account.is_synced() {
        true => properties(want)
            .into_iter()
            .filter(|(name, value)| name != "usageLocation" && differs(account, name, value))
            .map(|(name, _)| name)
            .collect(),
        false => Vec::new(),
    };
    let says = format!("the account is mastered on premises: set {} there", differing.join(", "));
    (!differing.is_empty()).then(|| Finding::left("account-synced", says))
}

fn renamed(want: &NewHire, account: &Account) -> Option<Finding> {
    let wanted = identity::name_of(want).ok()?;
    let says = format!("the account is called {} already and keeps that name", account.user_principal_name);
    (!wanted.eq_ignore_ascii_case(&account.user_principal_name)).then(|| Finding::note("name-kept", says))
}

fn left_to_exchange(want: &NewHire) -> Vec<Finding> {
    let aliases = want.aliases.iter().map(|alias| format!("add the alias {alias}"));
    let mailboxes = want
        .shared_mailboxes
        .iter()
        .map(|mailbox| format!("let the person into the shared mailbox {mailbox}"));
    aliases
        .chain(mailboxes)
        .map(|says| Finding::left("exchange", format!("{says} in Exchange, once the mailbox is there")))
        .collect()
}

/// The plan that issues a new pass for the account of a run; only for one that may sign in.
fn new_credential(record: &Record, account: &Account) -> Plan {
    let plan = Plan::about(Subject::known(account.id, account.name()));
    if account.account_enabled != Some(true) {
        let says = "the account may not sign in yet: a pass is issued once it has started";
        return plan.finding(Finding::blocks("account-disabled", says));
    }
    plan.then([pass::issue(&account.who(), &wanted_pass(record))])
}

fn wanted_pass(record: &Record) -> pass::Pass {
    match record.job() {
        Some(plan::Job::Do(request)) => {
            serde_json::from_value(request["temporaryAccessPass"].clone()).unwrap_or_default()
        }
        _ => pass::Pass::default(),
    }
}

impl host::Function for OnboardUser {
    const TIMERS: &'static [&'static str] = &["enable-due"];
}
