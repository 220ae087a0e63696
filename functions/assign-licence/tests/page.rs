//! The example of the administrators' page: the rules that are printed there do to the people of its table what the table says.

#![cfg(test)]

use serde_json::{Value, json};
use telling::{World, edit};

const FUNCTION: telling::Tested = telling::function!(assign_licence::AssignLicence);
const PAGE: &str = include_str!("../../../docs/assign-licence.md");

/// Somebody in the table.
struct Row<'a> {
    who: &'a str,
    /// What the directory says of them, and what they hold.
    is: Vec<(&'a str, &'a str)>,
    holds: &'a str,
    /// What the table says is done.
    done: String,
}

/// The section on rules.
fn section() -> &'static str {
    PAGE.split("\n## ").find(|section| section.starts_with("Rules: ")).expect("a section on rules")
}

fn rules() -> Value {
    let block = section().split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    serde_json::from_str(block.expect("a file of rules")).expect("the file of rules is JSON")
}

fn table() -> Vec<Row<'static>> {
    let lines = section().lines().skip_while(|line| !line.starts_with("| Who |")).skip(2);
    lines.take_while(|line| line.starts_with('|')).map(row).collect()
}

fn row(line: &str) -> Row<'_> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, who, is, holds, done, ..] = cells[..] else { panic!("too few columns: {line}") };
    let is = is.split("; ").filter(|one| !one.is_empty());
    let is = is.map(|one| one.split_once(": ").unwrap_or((one, ""))).collect();
    Row { who, is, holds, done: done.to_owned() }
}

/// Whoever is not in the table is blocked; of every SKU there is a seat.
fn prepare(state: &mut Value, rows: &[Row<'_>]) {
    for sku in state["subscribedSkus"].as_array_mut().into_iter().flatten() {
        sku["prepaidUnits"]["enabled"] = json!(100);
    }
    let skus = state["subscribedSkus"].clone();
    for user in state["users"].as_array_mut().into_iter().flatten() {
        match rows.iter().find(|row| user["displayName"] == row.who) {
            Some(row) => set(user, row, &skus),
            None => user["accountEnabled"] = json!(false),
        }
    }
}

fn set(user: &mut Value, row: &Row<'_>, skus: &Value) {
    for name in ["department", "jobTitle", "usageLocation"] {
        user.as_object_mut().map(|user| user.remove(name));
    }
    user["accountEnabled"] = json!(!row.is.iter().any(|(name, _)| *name == "blocked"));
    for (name, value) in &row.is {
        match *name {
            "group" | "blocked" => {}
            "guest" => user["userType"] = json!("Guest"),
            name => user[name] = json!(value),
        }
    }
    if !row.holds.ends_with("by a group") {
        user["licences"] = if row.holds.is_empty() { json!([]) } else { json!([held(row.holds, skus)]) };
    }
}

/// `SPE_E3 without SWAY, YAMMER_ENTERPRISE`
fn held(text: &str, skus: &Value) -> Value {
    let (name, without) = text.split_once(" without ").unwrap_or((text, ""));
    let named = |list: &Value, key: &str, name: &str| {
        let found = list.as_array().into_iter().flatten().find(|one| one[key] == name).cloned();
        found.unwrap_or_else(|| panic!("no {name}"))
    };
    let sku = named(skus, "skuPartNumber", name);
    let off = without.split(", ").filter(|plan| !plan.is_empty());
    let off = off.map(|plan| named(&sku["servicePlans"], "servicePlanName", plan)["servicePlanId"].clone());
    let off: Vec<Value> = off.collect();
    json!({"skuId": sku["skuId"], "disabledPlans": off, "lastUpdatedDateTime": "2026-01-05T09:00:00Z"})
}

/// What is done for somebody, as the table says it.
fn told(part: &Value, who: &str) -> String {
    let changes = part["changes"].as_array().into_iter().flatten();
    let says = changes.map(|change| change["says"].as_str().unwrap_or_default());
    let short = |says: &str| {
        let names = ["to", "from", "for", "of", "in"].map(|word| format!(" {word} {who}"));
        names.iter().fold(says.to_owned(), |says, name| says.replace(name, ""))
    };
    let done = says.map(short).collect::<Vec<_>>().join("; ");
    let findings = part["findings"].as_array().into_iter().flatten();
    let why = findings.filter(|finding| finding["level"] == "blocks").filter_map(|one| one["code"].as_str());
    match why.collect::<Vec<_>>()[..] {
        [] => done,
        ref codes => format!("{done}: refused, {}", codes.join(", ")),
    }
}

#[tokio::test(start_paused = true)]
async fn the_rules_on_the_page_do_what_the_table_below_them_says() {
    let (world, rows) = (World::new(FUNCTION), table());
    edit(&world.tenant, |state| prepare(state, &rows));
    let answer =
        world.post("/api/assign-licence/reconcile?whatIf=true", json!({"rules": rules()}).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let parts = answer.body["parts"].as_array().cloned().unwrap_or_default();
    assert!(rows.len() > 10 && !parts.is_empty(), "{}", answer.body);
    let part = |who: &str| parts.iter().find(|part| part["subject"]["name"] == who);
    for Row { who, done, .. } in &rows {
        assert_eq!(part(who).map(|part| told(part, who)).unwrap_or_default(), *done, "{who}");
    }
    let named = |part: &&Value| !rows.iter().any(|row| part["subject"]["name"] == row.who);
    assert_eq!(parts.iter().find(named), None, "everybody who differs is in the table");
}
