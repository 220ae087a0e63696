//! Products by their names: what people write is "Microsoft 365 E3", what the directory knows is `SPE_E3` and an id.
//!
//! ```
//! use directory::licence::Sku;
//! use directory::look::Found;
//! use directory::product;
//!
//! let bought: Vec<Sku> = serde_json::from_str(
//!     r#"[{"skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "skuPartNumber": "SPE_E3", "capabilityStatus": "Enabled",
//!          "consumedUnits": 3, "prepaidUnits": {"enabled": 25}}]"#,
//! )?;
//! assert!(matches!(product::find(&bought, "M365 E3"), Found::One(sku) if sku.sku_part_number == "SPE_E3"));
//! assert_eq!(product::name(&bought[0]), "Microsoft 365 E3");
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! The names are Microsoft's, from "Product names and service plan identifiers for licensing". They are compiled in, and
//! read when the first is asked for; `./scripts/products` renews them. Until it has been run they are an excerpt:
//! [`names`] says so, and of which day.
//!
//! Nothing is guessed: a name that is not in the list is none, and one that fits several is answered with all of them. And
//! no product is found that the tenant has not bought: Microsoft gives one name to several.

mod list;
mod wanted;

use std::sync::LazyLock;

use graph::SkuId;

pub use list::{List, Malformed, Name};
pub use wanted::{all_wanted, ambiguous, wanted, wanted_plan, wanted_plans};

use crate::licence::{ServicePlan, Sku};
use crate::look::Found;

const FILE: &str = include_str!("../../data/products.tsv");

/// The names that are compiled in.
pub fn names() -> &'static List<'static> {
    // That the file can be read is tested.
    static NAMES: LazyLock<List<'static>> = LazyLock::new(|| List::read(FILE).unwrap_or_default());
    &NAMES
}

/// What a product is called; its part number, if the list does not know it.
pub fn name(sku: &Sku) -> &str {
    name_of(sku.sku_id).unwrap_or(&sku.sku_part_number)
}

/// What the product of this id is called, if the list knows it.
pub fn name_of(sku: SkuId) -> Option<&'static str> {
    called(&names().products, &sku.to_string()).next()
}

/// What a service plan is called; its name in the field, if the list does not know it.
pub fn plan_name(plan: &ServicePlan) -> &str {
    let id = plan.service_plan_id.to_string();
    called(&names().plans, &id).next().unwrap_or(&plan.service_plan_name)
}

/// What somebody means among the SKUs that the tenant has bought: an id, else a part number, else the name of a product.
/// Of several, whoever wrote the name must choose, by part number or id.
pub fn find<'a>(skus: &'a [Sku], wanted: &str) -> Found<&'a Sku> {
    first_of(
        skus.iter().filter(|sku| sku.is_called(wanted.trim())),
        skus.iter().filter(|sku| is_among(&names().products, &sku.sku_id.to_string(), wanted)),
    )
}

/// What somebody means among the service plans of a SKU: an id, else a name in the field, else a name for people.
pub fn find_plan<'a>(sku: &'a Sku, wanted: &str) -> Found<&'a ServicePlan> {
    let plans = &sku.service_plans;
    first_of(
        plans.iter().filter(|plan| plan.is_called(wanted.trim())),
        plans.iter().filter(|plan| is_among(&names().plans, &plan.service_plan_id.to_string(), wanted)),
    )
}

/// Whether two names are the same but for what nobody minds: case, spaces, hyphens, and M365 for Microsoft 365.
pub fn is_same(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// What is found by its exact name; only if nothing is, what is found by its name for people.
fn first_of<T>(exactly: impl Iterator<Item = T>, by_name: impl Iterator<Item = T>) -> Found<T> {
    match Found::of(exactly.collect()) {
        Found::None => Found::of(by_name.collect()),
        found => found,
    }
}

/// All names of an id, the one that is displayed first.
fn called<'a>(names: &[Name<'a>], id: &str) -> impl Iterator<Item = &'a str> {
    names.iter().filter(move |name| name.id == id).map(|name| name.name)
}

fn is_among(names: &[Name<'_>], id: &str, wanted: &str) -> bool {
    called(names, id).any(|name| is_same(name, wanted))
}

fn folded(name: &str) -> String {
    let said = name.chars().filter(|letter| !letter.is_whitespace() && !is_hyphen(*letter));
    let folded: String = said.flat_map(char::to_lowercase).collect();
    match folded.strip_prefix("m365") {
        Some(rest) => format!("microsoft365{rest}"),
        None => folded,
    }
}

/// The hyphen of the keyboard, and the dashes that word processors and Microsoft's list put in its place.
fn is_hyphen(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    /// A SKU with service plans, each by id and name in the field.
    fn sku(part_number: &str, id: &str, plans: &[(&str, &str)]) -> Sku {
        let plan = |(name, id): &(&str, &str)| json!({"servicePlanId": id, "servicePlanName": name});
        serde_json::from_value(json!({
            "skuId": id, "skuPartNumber": part_number, "capabilityStatus": "Enabled", "consumedUnits": 0,
            "prepaidUnits": {}, "servicePlans": plans.iter().map(plan).collect::<Vec<_>>(),
        }))
        .unwrap()
    }

    fn bought() -> [Sku; 5] {
        [
            sku("SPE_E3", "05e9a617-0261-4cee-bb44-138d3ef5d965", &[]),
            sku("VISIOCLIENT", "c5928f49-12ba-48f7-ada3-0d743a3601d5", &[]),
            sku("O365_BUSINESS", "cdd28e44-67e3-425e-be4c-737fab2899d3", &[]),
            sku("SMB_BUSINESS", "b214fe43-f5a3-4703-beeb-fa97188220fc", &[]),
            sku("CONTOSO_TRIAL", "00000000-0000-0000-0000-000000000001", &[]),
        ]
    }

    fn part_numbers(found: &Found<&Sku>) -> Vec<String> {
        let told = |sku: &&Sku| sku.sku_part_number.clone();
        match found {
            Found::One(sku) => vec![told(sku)],
            Found::None => Vec::new(),
            Found::Many(skus) => skus.iter().map(told).collect(),
        }
    }

    #[test]
    fn a_product_is_found_by_id_part_number_or_name_among_those_bought() {
        let table: &[(&str, &[&str])] = &[
            ("05e9a617-0261-4cee-bb44-138d3ef5d965", &["SPE_E3"]),
            ("05E9A617-0261-4CEE-BB44-138D3EF5D965", &["SPE_E3"]),
            ("spe_e3", &["SPE_E3"]),
            (" SPE_E3 ", &["SPE_E3"]),
            ("Microsoft 365 E3", &["SPE_E3"]),
            ("microsoft365 e3", &["SPE_E3"]),
            ("Microsoft\u{a0}365\u{2011}E3", &["SPE_E3"]),
            ("M365 E3", &["SPE_E3"]),
            ("m365-e3", &["SPE_E3"]),
            ("Visio Plan 2", &["VISIOCLIENT"]),
            ("CONTOSO_TRIAL", &["CONTOSO_TRIAL"]),
            // Microsoft's name for two products.
            ("Microsoft 365 Apps for business", &["O365_BUSINESS", "SMB_BUSINESS"]),
            ("SMB_BUSINESS", &["SMB_BUSINESS"]),
            // A part number is exact.
            ("SPE E3", &[]),
            // Nothing is guessed.
            ("365 E3", &[]),
            ("MS365 E3", &[]),
            ("E3", &[]),
            ("Microsoft 365 E", &[]),
            ("Microsoft 365 E3 (no Teams)", &[]),
            ("Visio", &[]),
            ("", &[]),
            (" - ", &[]),
            // They exist, but were not bought.
            ("Microsoft 365 E5", &[]),
            ("SPE_E5", &[]),
            ("06ebc4ee-1bb5-47dd-8120-11324bc54e06", &[]),
        ];
        for (wanted, found) in table {
            assert_eq!(part_numbers(&find(&bought(), wanted)), *found, "«{wanted}»");
        }
    }

    #[test]
    fn a_name_of_several_products_is_no_problem_where_one_of_them_was_bought() {
        let [.., one, other, _] = bought();
        for sku in [one, other] {
            let bought = [sku];
            assert_eq!(find(&bought, "M365 Apps for Business"), Found::One(&bought[0]));
        }
    }

    #[test]
    fn whoever_must_choose_is_shown_part_numbers_and_ids_that_are_found() {
        let bought = bought();
        let Found::Many(candidates) = find(&bought, "Microsoft 365 Apps for business") else {
            panic!("two products are called so");
        };
        for sku in candidates {
            assert_eq!(find(&bought, &sku.sku_part_number), Found::One(sku));
            assert_eq!(find(&bought, &sku.sku_id.to_string()), Found::One(sku));
        }
    }

    #[test]
    fn a_product_of_two_names_is_found_by_either_and_displayed_by_the_first() {
        let bought = [sku("POWER_BI_STANDARD", "a403ebcc-fae0-4ca2-8c8c-7a907fd6c235", &[])];
        for wanted in ["Microsoft Fabric (Free)", "Power BI (free)"] {
            assert_eq!(find(&bought, wanted), Found::One(&bought[0]), "{wanted}");
        }
        assert_eq!(name(&bought[0]), "Microsoft Fabric (Free)");
    }

    #[test]
    fn a_service_plan_is_found_by_id_name_in_the_field_or_name_for_people() {
        let sway = ("SWAY", "a23b959c-7ce8-4e57-9140-b90eb88a9e97");
        let teams = ("TEAMS1", "57ff2da0-773e-42df-b2af-ffb7a2317929");
        let e3 = sku("SPE_E3", "05e9a617-0261-4cee-bb44-138d3ef5d965", &[sway, teams]);
        let table = [
            (sway.1, Some("SWAY")),
            ("sway", Some("SWAY")),
            ("Microsoft Teams", Some("TEAMS1")),
            ("microsoft-teams", Some("TEAMS1")),
            ("teams1 ", Some("TEAMS1")),
            ("Teams", None),
            ("Yammer Enterprise", None),
            ("YAMMER_ENTERPRISE", None),
        ];
        for (wanted, plan) in table {
            let found = find_plan(&e3, wanted).one().map(|plan| plan.service_plan_name.as_str());
            assert_eq!(found, plan, "«{wanted}»");
        }
    }

    #[test]
    fn two_service_plans_of_one_name_are_both_told() {
        let teams = ("TEAMS1", "57ff2da0-773e-42df-b2af-ffb7a2317929");
        let exploratory = ("MCO_TEAMS_IW", "42a3ec34-28ba-46b6-992f-db53a675ac5b");
        let sku = sku("TEAMS_EXPLORATORY", "710779e8-3d4a-4c88-adb9-386c958d1fdf", &[teams, exploratory]);
        let both = sku.service_plans.iter().collect();
        assert_eq!(find_plan(&sku, "Microsoft Teams"), Found::Many(both));
        assert_eq!(find_plan(&sku, "MCO_TEAMS_IW"), Found::One(&sku.service_plans[1]));
    }

    #[test]
    fn what_the_list_does_not_know_goes_by_its_name_in_the_field() {
        let trial = sku(
            "CONTOSO_TRIAL",
            "00000000-0000-0000-0000-000000000001",
            &[("CONTOSO_PLAN", "00000000-0000-0000-0000-000000000002")],
        );
        assert_eq!((name(&trial), name_of(trial.sku_id)), ("CONTOSO_TRIAL", None));
        assert_eq!(plan_name(&trial.service_plans[0]), "CONTOSO_PLAN");
        let e3 = sku(
            "RENAMED",
            "05e9a617-0261-4cee-bb44-138d3ef5d965",
            &[("RENAMED", "57ff2da0-773e-42df-b2af-ffb7a2317929")],
        );
        assert_eq!((name(&e3), plan_name(&e3.service_plans[0])), ("Microsoft 365 E3", "Microsoft Teams"));
    }

    #[test]
    fn the_file_can_be_read_and_says_each_thing_once() {
        let list = List::read(FILE).unwrap();
        assert_eq!(&list, names());
        assert_eq!(list.to_string(), FILE, "as the program would write it");
        assert!(list.source.starts_with("https://"), "{}", list.source);
        for rows in [list.products, list.plans] {
            assert!(!rows.is_empty());
            let distinct: BTreeSet<_> = rows.iter().map(|row| (row.id, folded(row.name))).collect();
            assert_eq!(distinct.len(), rows.len());
        }
    }
}
