//! What the leaver could still come in by: methods, roles, applications.

use directory::account::Account;
use directory::{app_role, grant, method, role};
use plan::{Finding, Plan};

use crate::facts::Rest;

/// Takes away what proves who somebody is, and what they may do with it.
pub(crate) fn take_away(plan: Plan, have: &Rest, account: &Account) -> Plan {
    let who = account.who();
    let methods = have.methods.iter().filter(|method| !method.is_password());
    let (removable, fixed): (Vec<_>, Vec<_>) = methods
        .map(|method| (method, method::remove(&who, method)))
        .partition(|(_, change)| change.is_some());
    let roles = have.roles.iter().map(|role| role::take_away(&who, role));
    let eligible = have.eligibilities.iter().flatten().filter(|eligibility| eligibility.is_direct());
    let eligible = eligible.map(|eligibility| role::end_eligibility(&who, eligibility));
    let apps = have.app_roles.iter().filter(|assignment| assignment.is_direct());
    let apps = apps.map(|assignment| app_role::take_away(&who, assignment));
    let grants = have.grants.iter().map(|(grant, application)| grant::withdraw(&who, grant, application));
    plan.apart(removable.into_iter().filter_map(|(_, change)| change))
        .apart(roles.chain(eligible).chain(apps).chain(grants))
        .findings(fixed.into_iter().map(|(method, _)| left(&method.name())))
        .findings(have.eligibilities.is_none().then(unseen))
}

fn left(method: &str) -> Finding {
    Finding::left("method", format!("remove the {method} in the Entra admin centre"))
}

fn unseen() -> Finding {
    let says = "roles that may be taken for a while could not be seen: the tenant has no Privileged Identity Management, or this function may not look";
    Finding::note("eligibilities-unseen", says)
}
