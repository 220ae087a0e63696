//! Decisions as tables: rules and an account in, what is asked for it out.

use serde_json::{Value, json};

use super::resolve::given;
use super::*;

const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
const E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
const F3: &str = "66b55226-6b4f-492c-910c-a3b7a3c9d993";
const VISIO: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";
const MAIL: &str = "efb87545-963c-4e0d-99df-69c6916d9eb0";
const SWAY: &str = "a23b959c-7ce8-4e57-9140-b90eb88a9e97";
const TEAMS: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";
const NAMES: [(&str, &str); 7] = [
    (E3, "SPE_E3"),
    (E5, "SPE_E5"),
    (F3, "SPE_F1"),
    (VISIO, "VISIOCLIENT"),
    (MAIL, "MAIL"),
    (SWAY, "SWAY"),
    (TEAMS, "TEAMS"),
];
const SALES: &str = "00000000-0000-4000-8000-000000000007";
const LEGAL: &str = "00000000-0000-4000-8000-000000000008";

fn name(id: &str) -> &'static str {
    NAMES.into_iter().find(|(known, _)| *known == id).map(|(_, name)| name).unwrap()
}

/// E3 and E5 have three plans in common, F3 has two of them, VISIO none.
fn skus() -> Value {
    let sku = |id: &str, plans: &[&str]| {
        let plans: Vec<Value> =
            plans.iter().map(|id| json!({"servicePlanId": id, "servicePlanName": name(id)})).collect();
        json!({"skuId": id, "skuPartNumber": name(id), "capabilityStatus": "Enabled", "consumedUnits": 5, "prepaidUnits": {"enabled": 9}, "servicePlans": plans})
    };
    json!([
        sku(E3, &[MAIL, SWAY, TEAMS]),
        sku(E5, &[MAIL, SWAY, TEAMS]),
        sku(F3, &[MAIL, TEAMS]),
        sku(VISIO, &[])
    ])
}

/// The rules as a tenant understands them whose groups go by their ids.
fn resolved(rules: Value, takes: Value) -> Resolved {
    let file: Rules = serde_json::from_value(json!({"rules": rules, "takes": takes})).unwrap();
    let skus: Vec<directory::licence::Sku> = serde_json::from_value(skus()).unwrap();
    let ids = |condition: &Condition| condition.group.iter().map(|id| id.parse().unwrap()).collect();
    let meant = file.rules.into_iter().map(|rule| resolve::Meant {
        gives: rule.licences.iter().map(|wanted| given(&skus, wanted, "").unwrap()).collect(),
        when: ids(&rule.when),
        unless: rule.unless.as_ref().map(ids).unwrap_or_default(),
        rule,
    });
    let rules = meant.collect();
    let takes = directory::product::all_wanted(&skus, &file.takes, "/takes").unwrap();
    Resolved { rules, takes, groups: Vec::new(), skus: skus.into() }
}

fn account(more: Value) -> Account {
    let mut account = json!({
        "id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "AdeleV@contoso.com",
        "accountEnabled": true, "userType": "Member", "usageLocation": "US",
    });
    let more = more.as_object().cloned().unwrap_or_default();
    account.as_object_mut().unwrap().extend(more);
    serde_json::from_value(account).unwrap()
}

fn held(sku: &str, off: &[&str]) -> Value {
    json!({"skuId": sku, "disabledPlans": off, "state": "Active", "error": "None"})
}

fn by_group(sku: &str, state: &str) -> Value {
    json!({"skuId": sku, "disabledPlans": [SWAY], "assignedByGroup": SALES, "state": state, "error": "None"})
}

fn holding(states: Value) -> Account {
    account(json!({"licenseAssignmentStates": states}))
}

/// What is asked for an account, by names; nothing if it is in line.
fn asked(rules: &Resolved, account: &Account, groups: &[&str]) -> Value {
    let groups = groups.iter().map(|id| id.parse().unwrap()).collect();
    let Some(difference) = rules.difference(account, &groups) else { return Value::Null };
    let text = serde_json::to_string(&difference.want).unwrap();
    let text = NAMES.iter().fold(text, |text, (id, name)| text.replace(id, name));
    let mut asked: Value = serde_json::from_str(&text).unwrap();
    asked.as_object_mut().unwrap().remove("user");
    asked
}

fn everybody(licences: Value) -> Value {
    json!({"name": "All", "when": {"everybody": true}, "licences": licences})
}

#[test]
fn a_rule_is_about_whoever_has_one_of_the_values_of_each_list() {
    let table = [
        ("the value", json!({"department": ["Sales"]}), json!({"department": "Sales"}), true),
        ("one of several", json!({"country": ["Germany", "France"]}), json!({"country": "France"}), true),
        ("another", json!({"country": ["Germany", "France"]}), json!({"country": "Italy"}), false),
        ("capitals", json!({"employeeType": ["CONTRACTOR"]}), json!({"employeeType": "Contractor"}), true),
        (
            "letters beyond English",
            json!({"officeLocation": ["ZÜRICH"]}),
            json!({"officeLocation": "Zürich"}),
            true,
        ),
        ("blanks around", json!({"jobTitle": [" Buyer"]}), json!({"jobTitle": "Buyer "}), true),
        (
            "part of a value",
            json!({"companyName": ["Contoso"]}),
            json!({"companyName": "Contoso Ltd"}),
            false,
        ),
        ("no value", json!({"department": ["Sales"]}), json!({}), false),
        ("null", json!({"department": ["Sales"]}), json!({"department": null}), false),
        (
            "a value of another attribute",
            json!({"department": ["Sales"]}),
            json!({"jobTitle": "Sales"}),
            false,
        ),
        (
            "both of two attributes",
            json!({"department": ["Sales"], "country": ["France"]}),
            json!({"department": "Sales", "country": "France"}),
            true,
        ),
        (
            "one of two attributes",
            json!({"department": ["Sales"], "country": ["France"]}),
            json!({"department": "Sales", "country": "Italy"}),
            false,
        ),
        ("everybody", json!({"everybody": true}), json!({}), true),
    ];
    for (name, when, who, fits) in table {
        let rules =
            resolved(json!([{"name": "R", "when": when, "licences": [{"sku": "SPE_E3"}]}]), json!([]));
        assert_eq!(!asked(&rules, &account(who), &[]).is_null(), fits, "{name}");
    }
}

#[test]
fn a_rule_is_about_members_of_one_of_its_groups() {
    let table: [(&str, Value, &[&str], bool); 6] = [
        ("a member", json!({"group": [SALES]}), &[SALES], true),
        ("of one of several", json!({"group": [SALES, LEGAL]}), &[LEGAL], true),
        ("of another", json!({"group": [SALES]}), &[LEGAL], false),
        ("of none", json!({"group": [SALES]}), &[], false),
        ("with an attribute", json!({"group": [SALES], "department": ["Retail"]}), &[SALES], true),
        ("without that attribute", json!({"group": [SALES], "department": ["Legal"]}), &[SALES], false),
    ];
    for (name, when, groups, fits) in table {
        let rules =
            resolved(json!([{"name": "R", "when": when, "licences": [{"sku": "SPE_E3"}]}]), json!([]));
        let adele = account(json!({"department": "Retail"}));
        assert_eq!(!asked(&rules, &adele, groups).is_null(), fits, "{name}");
    }
}

#[test]
fn unless_leaves_out_who_has_a_value_of_each_of_its_lists() {
    let table: [(&str, Value, &[&str], bool); 5] = [
        ("that value", json!({"department": ["Retail"]}), &[], false),
        ("another value", json!({"department": ["Legal"]}), &[], true),
        ("one of two lists", json!({"department": ["Retail"], "country": ["France"]}), &[], true),
        ("the group", json!({"group": [SALES]}), &[SALES], false),
        ("another group", json!({"group": [SALES]}), &[LEGAL], true),
    ];
    for (name, unless, groups, fits) in table {
        let rule = json!({"name": "R", "when": {"everybody": true}, "unless": unless, "licences": [{"sku": "SPE_E3"}]});
        let adele = account(json!({"department": "Retail", "country": "United States"}));
        assert_eq!(!asked(&resolved(json!([rule]), json!([])), &adele, groups).is_null(), fits, "{name}");
    }
}

#[test]
fn what_is_lacked_is_assigned_and_what_is_in_line_is_left_alone() {
    let e3 = |more: Value| {
        let mut wanted = json!({"sku": "SPE_E3"});
        wanted.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        resolved(json!([everybody(json!([wanted]))]), json!([]))
    };
    let as_it_is = || e3(json!({}));
    let table = [
        ("lacked", as_it_is(), json!([]), json!({"assign": [{"sku": "SPE_E3"}]})),
        ("held", as_it_is(), json!([held(E3, &[])]), Value::Null),
        ("held, and what is off stays off", as_it_is(), json!([held(E3, &[SWAY])]), Value::Null),
        ("by a group", as_it_is(), json!([by_group(E3, "Active")]), Value::Null),
        (
            "by a group that cannot give it",
            as_it_is(),
            json!([by_group(E3, "Error")]),
            json!({"assign": [{"sku": "SPE_E3"}]}),
        ),
        (
            "lacked, with a plan off",
            e3(json!({"disabledPlans": ["SWAY"]})),
            json!([]),
            json!({"assign": [{"sku": "SPE_E3", "disabledPlans": ["SWAY"]}]}),
        ),
        (
            "just these off",
            e3(json!({"disabledPlans": ["TEAMS", "SWAY"]})),
            json!([held(E3, &[SWAY, TEAMS])]),
            Value::Null,
        ),
        (
            "others off",
            e3(json!({"disabledPlans": ["TEAMS"]})),
            json!([held(E3, &[SWAY])]),
            json!({"assign": [{"sku": "SPE_E3", "disabledPlans": ["TEAMS"]}]}),
        ),
        (
            "none off",
            e3(json!({"disabledPlans": []})),
            json!([held(E3, &[SWAY])]),
            json!({"assign": [{"sku": "SPE_E3", "disabledPlans": []}]}),
        ),
        (
            "other plans off by a group",
            e3(json!({"disabledPlans": ["TEAMS"]})),
            json!([by_group(E3, "Active")]),
            Value::Null,
        ),
        ("another licence", as_it_is(), json!([held(E3, &[]), held(VISIO, &[])]), Value::Null),
    ];
    for (name, rules, states, expected) in table {
        assert_eq!(asked(&rules, &holding(states), &[]), expected, "{name}");
    }
}

#[test]
fn what_several_rules_give_adds_up() {
    let rule = |name: &str, department: &str, licence: Value| json!({"name": name, "when": {"department": [department, "Both"]}, "licences": [licence]});
    let e3 = |off: Value| json!({"sku": "SPE_E3", "disabledPlans": off});
    let two =
        |one: Value, other: Value| resolved(json!([rule("A", "A", one), rule("B", "B", other)]), json!([]));
    let table = [
        (
            "two licences",
            two(json!({"sku": "SPE_E3"}), json!({"sku": "VISIOCLIENT"})),
            json!({"assign": [{"sku": "SPE_E3"}, {"sku": "VISIOCLIENT"}]}),
        ),
        (
            "off in both",
            two(e3(json!(["SWAY", "TEAMS"])), e3(json!(["TEAMS"]))),
            json!({"assign": [{"sku": "SPE_E3", "disabledPlans": ["TEAMS"]}]}),
        ),
        (
            "off in neither",
            two(e3(json!(["SWAY"])), e3(json!(["TEAMS"]))),
            json!({"assign": [{"sku": "SPE_E3", "disabledPlans": []}]}),
        ),
        (
            "one says nothing of plans",
            two(json!({"sku": "SPE_E3"}), e3(json!(["TEAMS"]))),
            json!({"assign": [{"sku": "SPE_E3", "disabledPlans": ["TEAMS"]}]}),
        ),
        (
            "nor the other",
            two(json!({"sku": "SPE_E3"}), json!({"sku": E3})),
            json!({"assign": [{"sku": "SPE_E3"}]}),
        ),
    ];
    for (name, rules, expected) in table {
        assert_eq!(asked(&rules, &account(json!({"department": "Both"})), &[]), expected, "{name}");
    }
}

#[test]
fn nothing_is_taken_but_what_is_held_directly_and_named() {
    let visio = json!([{"name": "Drawing", "when": {"department": ["Engineering"]}, "licences": [{"sku": "VISIOCLIENT"}]}]);
    let takes = |takes: Value| resolved(visio.clone(), takes);
    let table = [
        (
            "named",
            takes(json!(["VISIOCLIENT"])),
            json!([held(VISIO, &[])]),
            json!({"remove": ["VISIOCLIENT"]}),
        ),
        ("not named", takes(json!([])), json!([held(VISIO, &[])]), Value::Null),
        ("another is named", takes(json!(["SPE_E5"])), json!([held(VISIO, &[])]), Value::Null),
        ("by a group", takes(json!(["VISIOCLIENT"])), json!([by_group(VISIO, "Active")]), Value::Null),
        (
            "both ways",
            takes(json!(["VISIOCLIENT"])),
            json!([held(VISIO, &[]), by_group(VISIO, "Active")]),
            json!({"remove": ["VISIOCLIENT"]}),
        ),
        (
            "named twice",
            takes(json!(["VISIOCLIENT", VISIO])),
            json!([held(VISIO, &[])]),
            json!({"remove": ["VISIOCLIENT"]}),
        ),
        ("not held", takes(json!(["VISIOCLIENT"])), json!([]), Value::Null),
    ];
    for (name, rules, states, expected) in table {
        assert_eq!(asked(&rules, &holding(states), &[]), expected, "{name}");
    }
    let engineer =
        account(json!({"department": "Engineering", "licenseAssignmentStates": [held(VISIO, &[])]}));
    assert_eq!(asked(&takes(json!(["VISIOCLIENT"])), &engineer, &[]), Value::Null, "a rule gives it");
}

#[test]
fn a_licence_takes_the_place_of_that_with_which_it_shares_most() {
    let e5 = |licence: Value, takes: Value| resolved(json!([everybody(json!([licence]))]), takes);
    let plain = || json!({"sku": "SPE_E5"});
    let replaced = |sku: &str| json!({"replace": [{"sku": sku, "by": "SPE_E5"}]});
    let table = [
        ("the one that goes", e5(plain(), json!(["SPE_E3"])), json!([held(E3, &[SWAY])]), replaced("SPE_E3")),
        (
            "the closer of two, the other goes as well",
            e5(plain(), json!(["SPE_F1", "SPE_E3"])),
            json!([held(F3, &[]), held(E3, &[])]),
            json!({"replace": [{"sku": "SPE_E3", "by": "SPE_E5"}], "remove": ["SPE_F1"]}),
        ),
        (
            "none shared",
            e5(plain(), json!(["VISIOCLIENT"])),
            json!([held(VISIO, &[])]),
            json!({"assign": [{"sku": "SPE_E5"}], "remove": ["VISIOCLIENT"]}),
        ),
        (
            "not named, so it stays",
            e5(plain(), json!([])),
            json!([held(E3, &[])]),
            json!({"assign": [{"sku": "SPE_E5"}]}),
        ),
        (
            "there already",
            e5(plain(), json!(["SPE_E3"])),
            json!([held(E3, &[]), held(E5, &[])]),
            json!({"remove": ["SPE_E3"]}),
        ),
        (
            "with plans of the rule's own",
            e5(json!({"sku": "SPE_E5", "disabledPlans": ["TEAMS"]}), json!(["SPE_E3"])),
            json!([held(E3, &[SWAY])]),
            json!({"replace": [{"sku": "SPE_E3", "by": "SPE_E5", "disabledPlans": ["TEAMS"]}]}),
        ),
        (
            "there already, with other plans",
            e5(json!({"sku": "SPE_E5", "disabledPlans": []}), json!(["SPE_E3"])),
            json!([held(E3, &[]), held(E5, &[SWAY])]),
            json!({"assign": [{"sku": "SPE_E5", "disabledPlans": []}], "remove": ["SPE_E3"]}),
        ),
    ];
    for (name, rules, states, expected) in table {
        assert_eq!(asked(&rules, &holding(states), &[]), expected, "{name}");
    }
    let two = resolved(json!([everybody(json!([{"sku": "SPE_E3"}, {"sku": "SPE_E5"}]))]), json!(["SPE_F1"]));
    let expected = json!({"replace": [{"sku": "SPE_F1", "by": "SPE_E3"}], "assign": [{"sku": "SPE_E5"}]});
    assert_eq!(
        asked(&two, &holding(json!([held(F3, &[])])), &[]),
        expected,
        "one goes, so one place is taken"
    );
}

#[test]
fn where_somebody_is_the_first_rule_says_that_fits_and_says_it() {
    let rule = |name: &str, department: &str, location: Value| {
        let mut rule = json!({"name": name, "when": {"department": [department, "Both"]}, "licences": [{"sku": "SPE_E3"}]});
        rule["usageLocation"] = location;
        rule
    };
    let rules = || {
        resolved(
            json!([rule("A", "A", Value::Null), rule("B", "B", json!("CH")), rule("C", "Both", json!("DE"))]),
            json!([]),
        )
    };
    let table = [
        ("said by the second", json!({"usageLocation": null, "department": "Both"}), json!("CH")),
        ("said by none", json!({"usageLocation": null, "department": "A"}), Value::Null),
        ("known", json!({"usageLocation": "US", "department": "Both"}), Value::Null),
    ];
    for (name, who, expected) in table {
        assert_eq!(asked(&rules(), &account(who), &[])["usageLocation"], expected, "{name}");
    }
}

#[test]
fn whatever_is_done_is_told_with_the_names_of_the_rules() {
    let rule = |name: &str, department: &str| json!({"name": name, "when": {"department": [department, "Both"]}, "licences": [{"sku": "SPE_E3"}]});
    let rules = resolved(json!([rule("Office", "A"), rule("Shop", "B")]), json!(["VISIOCLIENT"]));
    let table = [("A", "what fits: Office"), ("Both", "what fits: Office, Shop"), ("none", "no rule fits")];
    for (department, expected) in table {
        let who = account(json!({"department": department, "licenseAssignmentStates": [held(VISIO, &[])]}));
        assert_eq!(rules.difference(&who, &BTreeSet::new()).unwrap().why.says, expected);
    }
}

#[test]
fn blocked_accounts_and_guests_are_left_as_they_are() {
    let table = [
        ("a member", json!({}), None),
        ("blocked", json!({"accountEnabled": false}), Some(Exempt::Blocked)),
        ("nobody knows", json!({"accountEnabled": null}), Some(Exempt::Blocked)),
        ("a guest", json!({"userType": "Guest"}), Some(Exempt::Guest)),
        ("a blocked guest", json!({"accountEnabled": false, "userType": "Guest"}), Some(Exempt::Blocked)),
        ("of no kind, as old accounts are", json!({"userType": null}), None),
    ];
    for (name, who, expected) in table {
        assert_eq!(exempt(&account(who)), expected, "{name}");
    }
}

#[test]
fn served_first_is_whom_the_first_rule_fits_and_then_the_oldest_account() {
    let department = |name: &str, department: &str| json!({"name": name, "when": {"department": [department]}, "licences": [{"sku": "SPE_E3"}]});
    let rules =
        resolved(json!([department("First", "A"), department("Second", "B")]), json!(["VISIOCLIENT"]));
    let who = |number: u32, department: &str, created: Value| {
        account(json!({
            "id": format!("00000000-0000-4000-8000-{number:012}"), "department": department, "createdDateTime": created,
            "licenseAssignmentStates": [held(VISIO, &[])],
        }))
    };
    let (old, new) = (json!("2020-01-01T00:00:00Z"), json!("2025-01-01T00:00:00Z"));
    let mut looked = Looked::default();
    let people = [(1, "none", &old), (2, "B", &old), (3, "A", &new), (5, "A", &old), (4, "A", &old)];
    people.into_iter().for_each(|(number, department, created)| {
        looked.at(who(number, department, created.clone()), &BTreeSet::new(), &rules);
    });
    let order = looked.differ.in_order().into_iter().map(|one| one.account.id.to_string());
    let order: Vec<String> = order.map(|id| id[35..].to_owned()).collect();
    assert_eq!(order, ["4", "5", "3", "2", "1"]);
}
