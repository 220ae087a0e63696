//! Products and service plans that were asked for by name, or what to tell whoever asked.

use graph::{ServicePlanId, SkuId};
use plan::Finding;

use super::{find, find_plan};
use crate::licence::Sku;
use crate::look::Found;

/// The SKU of this name, which can be handed out. `field`: where it was asked for.
///
/// # Errors
///
/// `licence-unknown`, `licence-ambiguous` or `licence-company`, which block.
pub fn wanted<'a>(skus: &'a [Sku], name: &str, field: &str) -> Result<&'a Sku, Finding> {
    let blocks = |code: &str, says: String| Err(Finding::blocks(code, says).at(field));
    match find(skus, name) {
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
        Found::Many(several) => blocks("licence-ambiguous", ambiguous(name, several)),
    }
}

/// The SKUs of these names, each once. `field`: where they were asked for.
///
/// # Errors
///
/// What [`wanted`] finds wrong with each of them.
pub fn all_wanted(skus: &[Sku], names: &[String], field: &str) -> Result<Vec<SkuId>, Vec<Finding>> {
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        match wanted(skus, name, &format!("{field}/{at}")) {
            Ok(sku) if all.contains(&sku.sku_id) => {}
            Ok(sku) => all.push(sku.sku_id),
            Err(finding) => wrong.push(finding),
        }
    }
    if wrong.is_empty() { Ok(all) } else { Err(wrong) }
}

/// That a name may mean each of these, with what to say instead.
pub fn ambiguous<'a>(name: &str, several: impl IntoIterator<Item = &'a Sku>) -> String {
    let these = listed(several, |sku| format!("{} ({})", sku.sku_part_number, sku.sku_id));
    format!("{name} may mean any of these, say which: {these}")
}

/// The service plans of these names, each once. `field`: where they were asked for.
///
/// # Errors
///
/// As [`wanted_plan`], of the first that is wrong.
pub fn wanted_plans(sku: &Sku, names: &[String], field: &str) -> Result<Vec<ServicePlanId>, Finding> {
    let mut plans = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let plan = wanted_plan(sku, name, &format!("{field}/{at}"))?;
        if !plans.contains(&plan) {
            plans.push(plan);
        }
    }
    Ok(plans)
}

/// The service plan of this name. `field`: where it was asked for.
///
/// # Errors
///
/// `plan-unknown` or `plan-ambiguous`, which block.
pub fn wanted_plan(sku: &Sku, name: &str, field: &str) -> Result<ServicePlanId, Finding> {
    let blocks = |code: &str, says: String| Err(Finding::blocks(code, says).at(field));
    match find_plan(sku, name) {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";

    fn bought() -> Vec<Sku> {
        let sku = |name: &str, id: &str, to: &str| {
            json!({
                "skuId": id, "skuPartNumber": name, "capabilityStatus": "Enabled", "consumedUnits": 0, "prepaidUnits": {},
                "appliesTo": to, "servicePlans": [
                    {"servicePlanId": "a23b959c-7ce8-4e57-9140-b90eb88a9e97", "servicePlanName": "SWAY"},
                    {"servicePlanId": "57ff2da0-773e-42df-b2af-ffb7a2317929", "servicePlanName": "TEAMS1"},
                ],
            })
        };
        serde_json::from_value(json!([
            sku("SPE_E3", E3, "User"),
            sku("O365_BUSINESS", "cdd28e44-67e3-425e-be4c-737fab2899d3", "User"),
            sku("SMB_BUSINESS", "b214fe43-f5a3-4703-beeb-fa97188220fc", "User"),
            sku("TENANT_WIDE", "00000000-0000-0000-0000-000000000001", "Company"),
        ]))
        .unwrap()
    }

    #[test]
    fn a_product_is_found_or_it_is_told_why_not() {
        let bought = bought();
        assert_eq!(
            wanted(&bought, "Microsoft 365 E3", "/sku").map(|sku| sku.sku_id.to_string()),
            Ok(E3.to_owned())
        );
        let table = [
            ("SPE_E5", "licence-unknown", "it has SPE_E3, O365_BUSINESS, SMB_BUSINESS, TENANT_WIDE"),
            ("Microsoft 365 Apps for business", "licence-ambiguous", "SMB_BUSINESS (b214fe43"),
            ("tenant_wide", "licence-company", "TENANT_WIDE is for the company"),
        ];
        for (name, code, says) in table {
            let finding = wanted(&bought, name, "/sku").unwrap_err();
            assert_eq!((finding.code.as_str(), finding.field.as_deref()), (code, Some("/sku")), "{name}");
            assert!(finding.says.contains(says), "{}", finding.says);
        }
    }

    #[test]
    fn service_plans_are_found_each_once_or_it_is_told_which_is_wrong() {
        let bought = bought();
        let names = ["Microsoft Teams", "SWAY", "TEAMS1"].map(str::to_owned);
        assert_eq!(wanted_plans(&bought[0], &names, "/off").map(|plans| plans.len()), Ok(2));
        let names = ["SWAY", "YAMMER"].map(str::to_owned);
        let finding = wanted_plans(&bought[0], &names, "/off").unwrap_err();
        assert_eq!((finding.code.as_str(), finding.field.as_deref()), ("plan-unknown", Some("/off/1")));
        assert!(finding.says.ends_with("of SPE_E3; these are: SWAY, TEAMS1"), "{}", finding.says);
    }
}
