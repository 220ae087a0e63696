//! What comes last: OneDrive, the profile, and the day on which the account is deleted.

use directory::account::{self, Account};
use directory::{drive, manager};
use jiff::SignedDuration;
use plan::{Finding, Plan};
use serde_json::{Map, Value};

use crate::facts::{Quick, Rest};
use crate::request::Leaver;
use crate::start::gone_since;

/// What a person has to settle before the account can go.
fn waits_for_a_person(finding: &Finding) -> bool {
    matches!(finding.code.as_str(), "sole-owner" | "group-unknown" | "licence-unknown")
}

/// How soon to look again whether nothing is left to do but the deletion.
const LATER: SignedDuration = SignedDuration::from_hours(1);

/// Lets the successor into what the leaver left in OneDrive.
pub(crate) fn one_drive(plan: Plan, want: &Leaver, have: &Quick, rest: &Rest, account: &Account) -> Plan {
    let Some((drive, permissions)) = rest.drive.as_ref().filter(|_| want.opens_one_drive()) else {
        return plan;
    };
    let Some(successor) = have.successor() else { return plan };
    let is_in = permissions.iter().any(|permission| permission.lets_write(&successor.id));
    plan.apart(drive::let_in(&account.who(), drive, &successor).unless(is_in))
}

/// Cleans the profile up.
pub(crate) fn profile(plan: Plan, want: &Leaver, have: &Quick, account: &Account) -> Plan {
    let who = account.who();
    let (set, was) = properties(want, account);
    let update = (!set.is_empty()).then(|| account::update(&who, &set, &was));
    let manager = have.manager.as_ref().filter(|_| want.profile.clear_manager);
    if account.is_synced() {
        return plan.findings(set_there(account, &set, manager.is_some()));
    }
    // The manager may be the successor, for as long as anything is left to hand on.
    let manager = manager.filter(|_| plan.again.is_none() && want.delete_after_days.is_none());
    let clear = manager.map(|was| manager::clear(&who, was));
    match plan.goes_on {
        Some(at) => plan.apart(update).later(clear, at),
        None => plan.apart(update.into_iter().chain(clear)),
    }
}

/// What is to be set on premises, if anything is.
fn set_there(account: &Account, set: &Map<String, Value>, has_manager: bool) -> Option<Finding> {
    let names: Vec<&str> = set.keys().map(String::as_str).chain(has_manager.then_some("manager")).collect();
    (!names.is_empty()).then(|| {
        let says = format!("{} is mastered on premises: set {} there", account.name(), names.join(", "));
        Finding::left("profile-synced", says)
    })
}

/// What is to be set, and what it was.
fn properties(want: &Leaver, account: &Account) -> (Map<String, Value>, Map<String, Value>) {
    let (mut set, mut was) = (Map::new(), Map::new());
    let phone =
        account.rest.get("mobilePhone").filter(|phone| want.profile.clear_mobile_phone && !phone.is_null());
    if let Some(phone) = phone {
        set.insert("mobilePhone".to_owned(), Value::Null);
        was.insert("mobilePhone".to_owned(), phone.clone());
    }
    let prefix = want.profile.display_name_prefix.as_deref();
    if let Some(prefix) = prefix.filter(|prefix| !account.name().starts_with(*prefix)) {
        set.insert("displayName".to_owned(), format!("{prefix}{}", account.name()).into());
        was.insert("displayName".to_owned(), account.name().into());
    }
    (set, was)
}

/// Deletes the account on its day.
pub(crate) fn delete(plan: Plan, want: &Leaver, have: &Quick, account: &Account) -> Plan {
    let Some(days) = want.delete_after_days else { return plan };
    let day = gone_since(want, have).checked_add(SignedDuration::from_hours(24 * i64::from(days)));
    match day {
        Ok(day) if day > have.now && account.is_synced() => {
            let says = format!("the account is mastered on premises: delete it there at {day}");
            plan.finding(Finding::left("delete-synced", says)).again_at(Some(day))
        }
        Ok(day) if day > have.now => {
            let says = format!(
                "the account is deleted at {day}, by the timer; it can be restored for 30 days after that"
            );
            plan.finding(Finding::note("deleted-later", says)).again_at(Some(day))
        }
        Ok(_) if account.is_synced() => {
            let says = "its day has come, and it is mastered on premises: delete the account there";
            plan.finding(Finding::left("delete-synced", says))
        }
        Ok(_) if !plan.is_empty() || plan.findings.iter().any(waits_for_a_person) => {
            let says = "its day has come: the account is deleted once everything before that is done";
            plan.finding(Finding::note("deletion-waits", says)).again_at(Some(have.now + LATER))
        }
        Ok(_) => plan.then([account::retire(&account.who())]),
        Err(_) => plan,
    }
}
