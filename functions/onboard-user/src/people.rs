//! The people around the newcomer: manager, sponsors, and whose access to copy.

use directory::account::Account;
use directory::look::{Found, missing};
use directory::{Who, manager, sponsor};
use graph::ObjectId;
use plan::{Change, Finding};

use crate::facts::Facts;
use crate::request::NewHire;

/// The manager, if there is one of that name.
pub(crate) fn manager(have: &Facts) -> Option<&Account> {
    have.manager.as_ref().and_then(Found::one)
}

/// The manager, if the account has another one.
pub(crate) fn differing_manager<'a>(have: &'a Facts, account: &Account) -> Option<&'a Account> {
    manager(have).filter(|manager| account.manager.as_ref().map(|held| held.id) != Some(manager.id))
}

/// Sets the manager of an account that is ours to change.
pub(crate) fn new_manager(have: &Facts, account: &Account) -> Option<Change> {
    let wanted = differing_manager(have, account).filter(|_| !account.is_synced())?;
    Some(manager::set(&account.who(), &wanted.reference(), account.manager.as_ref()))
}

/// Adds the sponsors that the account does not have; one who was named twice once.
pub(crate) fn sponsors(have: &Facts, who: &Who) -> Vec<Change> {
    let mut known: Vec<ObjectId> = have.held.iter().flat_map(|held| held.sponsors.clone()).collect();
    let mut new = Vec::new();
    for person in have.sponsors.iter().filter_map(Found::one) {
        if !known.contains(&person.id) {
            known.push(person.id);
            new.push(sponsor::add(who, &person.id, person.name()));
        }
    }
    new
}

/// People whom the caller named and who cannot be what they are to be.
pub(crate) fn not_found(want: &NewHire, have: &Facts) -> Vec<Finding> {
    let colleague = want.copy_from.as_ref().map(|from| &from.user);
    let named =
        [(want.manager.as_ref(), &have.manager, "/manager"), (colleague, &have.colleague, "/copyFrom/user")];
    let named = named.into_iter().filter_map(|(name, found, field)| nobody(name?, found.as_ref()?, field));
    let sponsors = want.sponsors.iter().zip(&have.sponsors).enumerate();
    let sponsors = sponsors.filter_map(|(at, (name, found))| nobody(name, found, &format!("/sponsors/{at}")));
    named.chain(sponsors).chain(own_manager(have)).collect()
}

fn nobody(name: &str, found: &Found<Account>, field: &str) -> Option<Finding> {
    Some(missing(found, &format!("account {name}"), "person-unknown", |account| account.id)?.at(field))
}

fn own_manager(have: &Facts) -> Option<Finding> {
    let own = manager(have).filter(|manager| have.same.iter().any(|account| account.id == manager.id));
    own.map(|_| Finding::blocks("manager-self", "nobody is their own manager").at("/manager"))
}

/// People who were named and may not sign in: they have left, perhaps.
pub(crate) fn blocked(have: &Facts) -> Vec<Finding> {
    let left = "may not sign in, and can hardly answer for anybody: name somebody else if that is so";
    let sponsors = have.sponsors.iter().enumerate();
    let sponsors = sponsors.filter_map(|(at, found)| {
        is_blocked(found.one(), left)
            .map(|says| Finding::left("person-blocked", says).at(format!("/sponsors/{at}")))
    });
    let manager = is_blocked(manager(have), left);
    let colleague = have.colleague.as_ref().and_then(Found::one);
    let colleague =
        is_blocked(colleague, "may not sign in: look whether what is copied is what is still wanted");
    let manager = manager.map(|says| Finding::left("person-blocked", says).at("/manager"));
    let colleague = colleague.map(|says| Finding::note("person-blocked", says).at("/copyFrom/user"));
    manager.into_iter().chain(sponsors).chain(colleague).collect()
}

fn is_blocked(account: Option<&Account>, says: &str) -> Option<String> {
    let account = account.filter(|account| account.account_enabled == Some(false))?;
    Some(format!("{} {says}", account.name()))
}
