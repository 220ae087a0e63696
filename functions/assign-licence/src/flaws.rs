//! What is wrong with a request, as far as can be told without looking at the tenant.

use directory::country;
use plan::Flaw;

use crate::request::Assignment;

/// All flaws of a request.
pub(crate) fn flaws(want: &Assignment) -> Vec<Flaw> {
    [names(want), choices(want), location(want)].concat()
}

/// What the name of a licence may be.
pub(crate) const SKU: &str = "a part number such as SPE_E3, an id, or the name of a product";

/// That a name is none.
pub(crate) fn blank(field: String, name: &str, right: &str) -> Option<Flaw> {
    name.trim().is_empty().then(|| Flaw::at(field, right))
}

/// Those of a list that are none.
pub(crate) fn blanks(field: &str, names: &[String], right: &str) -> Vec<Flaw> {
    let names = names.iter().enumerate();
    names.filter_map(|(at, name)| blank(format!("{field}/{at}"), name, right)).collect()
}

fn names(want: &Assignment) -> Vec<Flaw> {
    let user = blank("/user".into(), &want.user, "an object id, a user principal name or an employee id");
    let assign = want.assign.iter().enumerate();
    let assign = assign.filter_map(|(at, wanted)| blank(format!("/assign/{at}/sku"), &wanted.sku, SKU));
    let replace = want.replace.iter().enumerate().flat_map(|(at, swap)| {
        let gone = blank(format!("/replace/{at}/sku"), &swap.sku, SKU);
        gone.into_iter().chain(blank(format!("/replace/{at}/by"), &swap.by, SKU))
    });
    let lists =
        [("/remove", &want.remove, SKU), ("/join", &want.join, GROUP), ("/leave", &want.leave, GROUP)];
    let lists = lists.into_iter().flat_map(|(field, list, right)| blanks(field, list, right));
    user.into_iter().chain(assign).chain(replace).chain(lists).collect()
}

const GROUP: &str = "an object id or the name of a group";

/// Choices that exclude one another, and none at all.
fn choices(want: &Assignment) -> Vec<Flaw> {
    let twice = want.replace.iter().enumerate().filter(|(_, swap)| swap.disabled_plans.is_some());
    let twice = twice.filter(|(_, swap)| !swap.plans.is_empty()).map(|(at, _)| {
        let says = "not with disabledPlans, which says already what is to be off: leave one of the two out";
        Flaw::at(format!("/replace/{at}/plans"), says)
    });
    let comes = !(want.assign.is_empty() && want.replace.is_empty() && want.join.is_empty());
    let timeless = (want.until.is_some() && !comes).then(|| {
        Flaw::at("/until", "only with what comes: assign, replace or join something, or leave it out")
    });
    let idle = want.is_empty().then(|| {
        Flaw::at("/assign", "something to do: assign, remove, replace, join, leave, cleanUp or reprocess")
    });
    twice.chain(timeless).chain(idle).collect()
}

fn location(want: &Assignment) -> Vec<Flaw> {
    let wrong = want.usage_location.as_deref().and_then(|code| country::check(code).err());
    wrong.map(|says| Flaw::at("/usageLocation", says)).into_iter().collect()
}
