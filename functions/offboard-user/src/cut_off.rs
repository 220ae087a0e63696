//! What cannot wait: nobody signs in as the leaver any more, and who is signed in is signed out.
//!
//! Sessions are revoked after the account is blocked, or new ones appear in between; both travel in one round trip. An
//! access token that was issued is good for about an hour even then, except where access is evaluated continuously
//! (Microsoft Graph, "user: revokeSignInSessions").
//!
//! Whether password and sessions were renewed is seen by their dates: since the day the leaver is gone. That day is written
//! to `employeeLeaveDateTime`, so a run that is asked for again, or is mended, knows what is still to do. A password that its
//! owner set since then counts for nothing, nor do sessions that count from before the last one was set. Asked again on
//! another day, nothing is done twice; but who may still sign in, since only on premises can they be blocked, is signed out
//! each time.

use directory::account::{self, Account};
use directory::{Who, device, password, session};
use jiff::Timestamp;
use plan::{Change, Finding, Plan};

use crate::facts::Quick;
use crate::request::{Leaver, Mode};
use crate::start::gone_since;

/// Blocks the account and signs it out; of who leaves for good, password and devices too.
pub(crate) fn cut_off(plan: Plan, want: &Leaver, have: &Quick, account: &Account) -> Plan {
    let who = account.who();
    let since = gone_since(want, have);
    let first = match want.mode {
        Mode::Move => return plan,
        Mode::Absence => block(&who, account).into_iter().collect(),
        Mode::Leave => for_good(want, have, account, &who, since),
    };
    let signed_out = is_signed_out(want, account, since);
    plan.in_order(first, session::revoke(&who, since).unless(signed_out))
        .findings(account.is_synced().then(|| on_premises(account)))
        .findings(devices_left(want, have))
}

/// What sessions depend on comes last: once the account is blocked, no new ones appear.
fn for_good(want: &Leaver, have: &Quick, account: &Account, who: &Who, since: Timestamp) -> Vec<Change> {
    let is_dated = have.leave_date() == Some(since) || account.is_synced();
    let date = account::leave_date(who, since, have.leave_date()).unless(is_dated);
    let password = password::reset(who, since).unless(has_new_password(account, since));
    let devices = have.devices.iter().filter(|device| !want.keep_devices && device.is_enabled());
    let devices = devices.filter(|device| !device.is_linux()).map(device::disable);
    date.into_iter().chain(devices).chain(password).chain(block(who, account)).collect()
}

/// Done once: who lets the leaver in again, while the run waits for a mailbox or a day, has the say.
fn block(who: &Who, account: &Account) -> Option<Change> {
    account::block(who).once().unless(account.account_enabled == Some(false) || account.is_synced())
}

/// Whether nobody knows the password any more, as far as that is ours to see to: on premises it is not.
fn has_new_password(account: &Account, since: Timestamp) -> bool {
    account.is_synced() || is_over(account, password::set_by_others(account), since)
}

/// Whoever knew the password may have signed in with it until it was set anew, or is still to be.
fn is_signed_out(want: &Leaver, account: &Account, since: Timestamp) -> bool {
    let sessions = account.sign_in_sessions_valid_from_date_time;
    let is_last = sessions >= account.last_password_change_date_time;
    let may_sign_in = want.mode == Mode::Leave && !has_new_password(account, since);
    was_signed_out(want, account) || is_over(account, sessions, since) && is_last && !may_sign_in
}

/// Unless the request does, nothing says on which day an absence began, or somebody was disabled on premises. It is enough
/// there that somebody signed the account out since it got its password: who is blocked renews no session (Microsoft Entra,
/// "Revoke user access"). Of who may still sign in that says nothing, so they are signed out whenever it is asked.
fn was_signed_out(want: &Leaver, account: &Account) -> bool {
    let is_undated = want.at.is_none() && (want.mode == Mode::Absence || account.is_synced());
    let dates = account.sign_in_sessions_valid_from_date_time.zip(account.last_password_change_date_time);
    is_undated
        && account.account_enabled == Some(false)
        && dates.is_some_and(|(sessions, password)| sessions > password)
}

/// Of who may still sign in nothing is over.
fn is_over(account: &Account, renewed: Option<Timestamp>, since: Timestamp) -> bool {
    account.account_enabled == Some(false) && renewed.is_some_and(|at| at >= since)
}

/// Nobody may read this as if the account were blocked.
fn on_premises(account: &Account) -> Finding {
    let name = account.name();
    match account.account_enabled {
        Some(false) => {
            let says = format!(
                "{name} is mastered on premises, and disabled: reset its password (twice) there, too"
            );
            Finding::left("account-synced", says)
        }
        _ => {
            let says = format!(
                "{name} is NOT blocked, and can sign in: it is mastered on premises. Disable it and reset its password (twice) there, now; here it is only signed out"
            );
            Finding::outstanding("account-synced", says)
        }
    }
}

fn devices_left(want: &Leaver, have: &Quick) -> Vec<Finding> {
    if want.mode != Mode::Leave || want.keep_devices {
        return Vec::new();
    }
    let left = |device: &device::Device| match () {
        () if !device.is_enabled() => None,
        () if device.is_linux() => Some("an application may not disable it: do it in the Entra admin centre"),
        () if device.is_hybrid() => {
            Some("it is joined on premises too: disable it there, or the synchronisation enables it again")
        }
        () => None,
    };
    let finding = |device: &device::Device| {
        left(device).map(|says| Finding::left("device", format!("{}: {says}", device.name())))
    };
    have.devices.iter().filter_map(finding).collect()
}
