//! What the names of a request mean in this tenant: SKUs and service plans.

use directory::licence::Sku;
use directory::look::Found;
use directory::product;
use graph::{ServicePlanId, SkuId};
use plan::Finding;

/// The SKU of this name, which can be handed out.
pub(crate) fn sku<'a>(skus: &'a [Sku], name: &str, field: &str) -> Result<&'a Sku, Finding> {
    let blocks = |code: &str, says: String| Err(Finding::blocks(code, says).at(field));
    match product::find(skus, name) {
        Found::One(sku) if sku.is_for_company() => {
            let says =
                format!("{} is for the company as a whole and cannot be handed out", sku.sku_part_number);
            blocks("licence-company", says)
        }
        Found::One(sku) => Ok(sku),
        Found::None => {
            let known = listed(skus, |sku| sku.sku_part_number.clone());
            blocks("licence-unknown", format!("the tenant has no {name}; it has {known}"))
        }
        Found::Many(several) => {
            let these = listed(several, |sku| format!("{} ({})", sku.sku_part_number, sku.sku_id));
            blocks("licence-ambiguous", format!("{name} may mean any of these, say which: {these}"))
        }
    }
}

/// The SKUs of these names, each once; or what is wrong with them.
pub(crate) fn skus(all: &[Sku], names: &[String], field: &str) -> Result<Vec<SkuId>, Vec<Finding>> {
    let (mut named, mut wrong) = (Vec::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        match sku(all, name, &format!("{field}/{at}")) {
            Ok(sku) if named.contains(&sku.sku_id) => {}
            Ok(sku) => named.push(sku.sku_id),
            Err(finding) => wrong.push(finding),
        }
    }
    if wrong.is_empty() { Ok(named) } else { Err(wrong) }
}

/// The service plans of these names, each once.
pub(crate) fn plans(sku: &Sku, names: &[String], field: &str) -> Result<Vec<ServicePlanId>, Finding> {
    let mut plans = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let plan = plan(sku, name, &format!("{field}/{at}"))?;
        if !plans.contains(&plan) {
            plans.push(plan);
        }
    }
    Ok(plans)
}

/// The service plan of this name.
pub(crate) fn plan(sku: &Sku, name: &str, field: &str) -> Result<ServicePlanId, Finding> {
    let blocks = |code: &str, says: String| Err(Finding::blocks(code, says).at(field));
    match product::find_plan(sku, name) {
        Found::One(plan) => Ok(plan.service_plan_id),
        Found::None => {
            let known = listed(&sku.service_plans, |plan| plan.service_plan_name.clone());
            let says = format!("{name} is not a service plan of {}; these are: {known}", sku.sku_part_number);
            blocks("plan-unknown", says)
        }
        Found::Many(plans) => {
            let these =
                listed(plans, |plan| format!("{} ({})", plan.service_plan_name, plan.service_plan_id));
            blocks("plan-ambiguous", format!("{name} may mean any of these, say which: {these}"))
        }
    }
}

fn listed<T>(all: impl IntoIterator<Item = T>, name: impl Fn(T) -> String) -> String {
    all.into_iter().map(name).collect::<Vec<_>>().join(", ")
}
