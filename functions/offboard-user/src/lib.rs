//! Offboard a user: blocked within the second, nothing lost, and back again.
//!
//! The order, and why it is this one:
//!
//! 1. The account is blocked, gets a password that nobody knows, is signed out everywhere, and its devices are disabled: in
//!    one round trip, before anything else is even looked at.
//! 2. What it could still come in by: methods, roles, applications.
//! 3. Mail: what leaves the house is stopped, what must be kept is held, the successor is let in, and the mailbox becomes a
//!    shared one.
//! 4. Ownership is handed on, then memberships are left.
//! 5. OneDrive is opened to the successor.
//! 6. Licences go last, and only when the mailbox is seen to need none.
//!
//! Each of these stands apart: what one of them is refused holds up no other, but for what stands on it. Asked again, only
//! what is missing is done.

mod access;
mod cut_off;
mod facts;
mod finish;
mod flaws;
mod groups;
mod licences;
mod mail;
mod observe;
mod request;
mod start;
mod when;

use directory::account::Account;
use graph::{Error, ObjectId};
use journal::TaskName;
use plan::{Flaw, Plan, Standing, Task, Tenant};

pub use crate::facts::{Facts, Quick, Rest};
pub use crate::mail::Mail;
pub use crate::request::{Groups, Hold, Leaver, Licences, Mailbox, Mode, Profile, WantedReply};
use crate::start::{Start, start};
pub use crate::when::When;

/// Offboards a user.
#[derive(Debug)]
pub struct OffboardUser;

impl Task for OffboardUser {
    const NAME: TaskName = TaskName::of("offboard-user");
    type Request = Leaver;
    type Facts = Facts;

    fn flaws(want: &Leaver) -> Vec<Flaw> {
        flaws::flaws(want)
    }

    async fn urgent(want: &Leaver, tenant: &Tenant) -> Result<Option<Plan>, Error> {
        let have = observe::quick(want, tenant).await?;
        Ok(match start(want, &have) {
            Start::Now(plan, account) => Some(cut_off::cut_off(*plan, want, &have, account)),
            Start::NotNow(_) => None,
        })
    }

    async fn observe(want: &Leaver, tenant: &Tenant) -> Result<Facts, Error> {
        observe::everything(want, tenant).await
    }

    fn plan(want: &Leaver, have: &Facts) -> Plan {
        match (start(want, &have.quick), &have.rest) {
            (Start::Now(plan, account), Some(rest)) => everything(*plan, want, have, rest, account),
            (Start::Now(plan, account), None) => cut_off::cut_off(*plan, want, &have.quick, account),
            (Start::NotNow(plan), _) => *plan,
        }
    }

    async fn standing(account: ObjectId, tenant: &Tenant) -> Result<Option<Standing>, Error> {
        observe::standing(account, tenant).await
    }
}

impl host::Function for OffboardUser {
    const TIMERS: &'static [host::Timer] = &[host::Timer::due("offboard-due")];
}

fn everything(plan: Plan, want: &Leaver, have: &Facts, rest: &Rest, account: &Account) -> Plan {
    let quick = &have.quick;
    let plan = cut_off::cut_off(plan, want, quick, account).findings(start::notes(want, quick, account));
    let see_to_mail = |plan| match &rest.mail {
        Some(mail) => mail::see_to(plan, want, quick, mail, account),
        None => plan.findings(mail::none_there(want)),
    };
    match want.mode {
        Mode::Absence => see_to_mail(plan),
        Mode::Move => {
            let plan = groups::leave(plan, want, quick, account).finding(mail::rights_stay(account));
            licences::take(plan, want, quick, rest, account, Some(mail::is_kept()))
        }
        Mode::Leave => {
            let plan = see_to_mail(access::take_away(plan, rest, account));
            let plan = groups::hand_on(plan, quick, rest, account);
            let plan = groups::leave(plan, want, quick, account);
            let plan = finish::one_drive(plan, want, quick, rest, account);
            let needed = mail::licence_need(want, quick, rest.mail.as_ref());
            let plan = licences::take(plan, want, quick, rest, account, needed);
            finish::delete(finish::profile(plan, want, quick, account), want, quick, account)
        }
    }
}
