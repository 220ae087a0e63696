//! The mailbox, which hangs on a licence: without one it is disconnected, and lost after 30 days.

use directory::account::{Account, LicenceState};
use directory::licence::Swap;
use graph::{ServicePlanId, SkuId};
use plan::Finding;

use crate::facts::Facts;
use crate::request::Assignment;

/// That the mailbox would be lost by it, unless that is wanted.
pub(crate) fn gone(want: &Assignment, have: &Facts, account: &Account, swap: &Swap) -> Option<Finding> {
    let gives = |sku: &SkuId, off: &[ServicePlanId]| have.sku(sku).is_some_and(|sku| sku.gives_mailbox(off));
    let states = account.license_assignment_states.iter().filter(|state| state.is_active());
    let mut before = states.clone().filter(|state| gives(&state.sku_id, &state.disabled_plans));
    let mut kept = states
        .filter(|state| is_kept(want, have, swap, state) && gives(&state.sku_id, &state.disabled_plans));
    let switched = swap.switch.iter().map(|(_, after)| after);
    let mut given = swap.give.iter().chain(switched).filter(|seat| gives(&seat.sku.sku_id, &seat.off));
    let is_lost = before.next().is_some() && kept.next().is_none() && given.next().is_none();
    let says = format!(
        "{} would have no licence left that has a mailbox: it would be disconnected, and lost after 30 days. Make it a shared one first, or say giveUpMailbox",
        account.name()
    );
    (is_lost && !want.give_up_mailbox).then(|| Finding::blocks("mailbox-licence", says).at("/giveUpMailbox"))
}

/// Whether it stays as it is.
fn is_kept(want: &Assignment, have: &Facts, swap: &Swap, state: &LicenceState) -> bool {
    let joined = have.join.iter().filter(|_| want.is_over(have.now));
    let mut left = have.leave.iter().chain(joined).filter_map(|found| found.one());
    match state.assigned_by_group {
        Some(group) => left.all(|left| left.id != group),
        None => {
            let taken = swap.take.iter().map(|seat| seat.sku.sku_id);
            let switched = swap.switch.iter().map(|(before, _)| before.sku.sku_id);
            taken.chain(switched).all(|sku| sku != state.sku_id)
        }
    }
}
