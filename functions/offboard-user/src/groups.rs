//! Memberships and ownership: handed on first, then let go.
//!
//! A group that would be left without an owner is handed to the successor; where there is none, it keeps the leaver as its
//! owner, and that is told. Memberships that are not ours to change are listed by name.

use directory::Who;
use directory::account::{Account, Reference};
use directory::group::{self, Barrier, Group};
use directory::list::{self, List};
use directory::owner::{self, Owned};
use graph::ObjectId;
use plan::{Change, Finding, Plan};

use crate::facts::{Quick, Rest};
use crate::request::Leaver;

/// Hands ownership on.
pub(crate) fn hand_on(plan: Plan, have: &Quick, rest: &Rest, account: &Account) -> Plan {
    let (who, successor) = (account.who(), have.successor());
    let (mut apart, mut add, mut handed_on, mut told) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (owned, owners) in &rest.owned {
        match (is_last(owners, account), &successor) {
            _ if !is_ours(owned) => told.push(barred(owned, account)),
            (true, None) => told.push(nobody_left(owned, owners, account)),
            (true, Some(successor)) => {
                let successor = Who::known(successor.id, successor.name());
                apart.extend(team_joined(&successor, owned, rest));
                add.extend(owner::add(&successor, owned));
                handed_on.extend(owner::remove(&who, owned));
                told.extend(do_not_count(owned, owners, account));
            }
            (false, _) => apart.extend(owner::remove(&who, owned)),
        }
    }
    plan.apart(apart).chapter([add, handed_on]).findings(told)
}

/// Whether its owners can be changed here.
fn is_ours(owned: &Owned) -> bool {
    let is_known = !matches!(owned, Owned::Other(_));
    is_known && matches!(owned.barrier(), None | Some(Barrier::RoleAssignable))
}

/// Whether nobody else answers for it: owners who may not sign in do not count, since they may have left, too.
fn is_last(owners: &[Reference], account: &Account) -> bool {
    !owners.iter().any(|owner| owner.id != account.id && !owner.is_blocked())
}

/// Who works in a team must be a member of it; to be its owner is not enough.
fn team_joined(successor: &Who, owned: &Owned, rest: &Rest) -> Option<Change> {
    let Owned::Group(team) = owned else { return None };
    let joins = team.is_team() && !rest.successor_in.contains(&team.id);
    (joins && team.barrier() != Some(Barrier::Dynamic)).then(|| group::join(successor, team))
}

fn nobody_left(owned: &Owned, owners: &[Reference], account: &Account) -> Finding {
    let but_for = match names_of_others(owners, account) {
        names if names.is_empty() => String::new(),
        names => format!(" but for {names}, who may not sign in"),
    };
    let says =
        format!("{} stays the only owner of {}{but_for}: name a successor", account.name(), owned.name());
    Finding::left("sole-owner", says).at("/successor")
}

fn do_not_count(owned: &Owned, owners: &[Reference], account: &Account) -> Option<Finding> {
    let names = names_of_others(owners, account);
    let says = format!("{names} may not sign in, and so does not count as an owner of {}", owned.name());
    (!names.is_empty()).then(|| Finding::note("owner-blocked", says))
}

fn names_of_others(owners: &[Reference], account: &Account) -> String {
    let others = owners.iter().filter(|owner| owner.id != account.id);
    others.map(Reference::name).collect::<Vec<_>>().join(", ")
}

fn barred(owned: &Owned, account: &Account) -> Finding {
    let says = format!(
        "{} owns {}, whose owners are not ours to change: do it by hand",
        account.name(),
        owned.name()
    );
    Finding::left("owner", says)
}

/// Leaves groups. One that hands out licences is left with the licences, not before.
pub(crate) fn leave(plan: Plan, want: &Leaver, have: &Quick, account: &Account) -> Plan {
    let (who, kept) = (account.who(), |group: &&Group| !is_kept(want, group) && !group.gives_licences());
    if let Some(unknown) = unknown(want, have) {
        return plan.finding(unknown);
    }
    let groups: Vec<&Group> = have.groups.iter().filter(kept).collect();
    let changes: Vec<Change> = groups.iter().filter_map(|group| leaving(&who, group)).collect();
    plan.apart(changes).findings(groups.into_iter().filter_map(told))
}

/// A group that is to be kept and that the leaver is not in may be another one misspelt.
pub(crate) fn unknown(want: &Leaver, have: &Quick) -> Option<Finding> {
    let is_one = |name: &String| have.groups.iter().any(|group| is_called(group, name));
    let at = want.groups.keep.iter().position(|name| !is_one(name))?;
    let says =
        format!("the leaver is not in {}: no group is left until that is put right", want.groups.keep[at]);
    Some(Finding::left("group-unknown", says).at(format!("/groups/keep/{at}")))
}

/// Whether the caller wants the membership kept.
pub(crate) fn is_kept(want: &Leaver, group: &Group) -> bool {
    want.groups.keep.iter().any(|name| is_called(group, name))
}

fn is_called(group: &Group, name: &str) -> bool {
    let is_id = name.parse::<ObjectId>().is_ok_and(|id| id == group.id);
    is_id || group.display_name.as_deref().is_some_and(|display| display.eq_ignore_ascii_case(name))
}

/// Why a membership stays; nothing, if it need not.
pub(crate) fn told(group: &Group) -> Option<Finding> {
    let (barrier, why) = match group.barrier()? {
        Barrier::Dynamic => {
            (Barrier::Dynamic, "its members follow a rule: change the attributes that the rule asks for")
        }
        Barrier::Synced => (Barrier::Synced, "it is mastered on premises: remove the member there"),
        Barrier::Exchange | Barrier::RoleAssignable => return None,
    };
    Some(Finding::left(barrier.code(), format!("{} keeps the leaver: {why}", group.name())))
}

/// Leaves a group, through the service that its members belong to; `None` where that cannot be done here.
pub(crate) fn leaving(who: &Who, group: &Group) -> Option<Change> {
    match group.barrier() {
        None | Some(Barrier::RoleAssignable) => Some(group::leave(who, group)),
        Some(Barrier::Exchange) => Some(list::leave(who, &as_list(group))),
        Some(Barrier::Dynamic | Barrier::Synced) => None,
    }
}

/// Distribution lists and mail-enabled security groups are Exchange's.
fn as_list(group: &Group) -> List {
    List { id: group.id, display_name: group.display_name.clone(), is_dir_synced: false }
}
