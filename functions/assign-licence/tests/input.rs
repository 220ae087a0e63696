//! Bad input: every kind of it gets an answer that names the field and says what would be right, and changes nothing.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use assign_licence::Reconcile;
use host::Wrong;
use serde_json::{Value, json};
use telling::input::{are_told_at_once, is_found, is_told, is_told_at};

const FUNCTION: telling::Tested = telling::function!(assign_licence::AssignLicence);

telling::input!(FUNCTION, good());

fn good() -> Value {
    json!({"user": "AdeleV@contoso.com", "assign": [{"sku": "VISIOCLIENT"}]})
}

fn but_for(more: Value) -> String {
    telling::input::but_for(good(), more)
}

fn replacing(more: Value) -> String {
    let least = json!({"sku": "SPE_E5", "by": "SPE_E3"});
    but_for(json!({"replace": [telling::with(least, more)]}))
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_wrong_in_itself_is_told_which_field_and_what_would_be_right() {
    let table: Vec<(String, &str, &str)> = vec![
        // Not the shape.
        ("{\"user\":".into(), "/user", "EOF"),
        (but_for(json!({"user": null})), "/user", "required"),
        (but_for(json!({"user": 7})), "/user", "expected a string"),
        (but_for(json!({"licences": []})), "/licences", "unknown field `licences`"),
        (but_for(json!({"assign": ["SPE_E3"]})), "/assign/0", "expected an object"),
        (
            but_for(json!({"assign": [{"sku": "SPE_E3", "plans": []}]})),
            "/assign/0/plans",
            "unknown field `plans`",
        ),
        (but_for(json!({"remove": [{"sku": "SPE_E3"}]})), "/remove/0", "expected a string"),
        (replacing(json!({"by": null})), "/replace/0/by", "expected a string"),
        (replacing(json!({"plans": ["SWAY"]})), "/replace/0/plans", "expected a map"),
        (but_for(json!({"cleanUp": "yes"})), "/cleanUp", "expected a boolean"),
        (but_for(json!({"until": "2026-12-31"})), "/until", "with its UTC offset"),
        // Not what can be meant.
        (but_for(json!({"user": " "})), "/user", "an object id, a user principal name or an employee id"),
        (but_for(json!({"assign": [{"sku": ""}]})), "/assign/0/sku", "a part number such as SPE_E3"),
        (but_for(json!({"remove": [""]})), "/remove/0", "a part number such as SPE_E3"),
        (replacing(json!({"sku": " "})), "/replace/0/sku", "a part number such as SPE_E3"),
        (but_for(json!({"join": [""]})), "/join/0", "an object id or the name of a group"),
        (but_for(json!({"leave": [""]})), "/leave/0", "an object id or the name of a group"),
        (but_for(json!({"usageLocation": "UK"})), "/usageLocation", "GB"),
        (
            replacing(json!({"disabledPlans": [], "plans": {"SWAY": "SWAY"}})),
            "/replace/0/plans",
            "not with disabledPlans",
        ),
        (
            but_for(json!({"assign": [], "remove": ["SPE_E5"], "until": "2026-12-31T00:00:00Z"})),
            "/until",
            "only with what comes",
        ),
        (but_for(json!({"assign": []})), "/assign", "something to do"),
    ];
    for (body, pointer, says) in table {
        is_told(FUNCTION, &body, pointer, says).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_tenant_does_not_know_is_found_and_nothing_is_changed() {
    let table: Vec<(Value, &str, &str, &str)> = vec![
        (
            json!({"user": "nobody@contoso.com"}),
            "/user",
            "user-unknown",
            "there is no account nobody@contoso.com",
        ),
        (
            json!({"assign": [{"sku": "SPE_E7"}]}),
            "/assign/0/sku",
            "licence-unknown",
            "the tenant has no SPE_E7; it has ",
        ),
        (
            json!({"assign": [{"sku": "SPE_E5", "disabledPlans": ["MINECRAFT"]}]}),
            "/assign/0/disabledPlans/0",
            "plan-unknown",
            "MINECRAFT is not a service plan of SPE_E5; these are: ",
        ),
        (
            json!({"assign": [{"sku": "PROJECTPROFESSIONAL"}]}),
            "/assign/0",
            "licence-none-left",
            "no seat of PROJECTPROFESSIONAL is left",
        ),
        (json!({"remove": ["VISIOCLIENT"]}), "/remove/0", "licence-twice", "VISIOCLIENT is named twice"),
        (
            json!({"replace": [{"sku": "EMSPREMIUM", "by": "SPE_E3"}]}),
            "/replace/0/sku",
            "licence-not-held",
            "Adele Vance holds no EMSPREMIUM",
        ),
        (json!({"join": ["Nobody"]}), "/join/0", "group-unknown", "there is no group Nobody"),
        (
            json!({"join": ["Project Falcon"]}),
            "/join/0",
            "ambiguous",
            "group Project Falcon may mean any of these",
        ),
        (json!({"join": ["Finance"]}), "/join/0", "group-without-licences", "it hands out no licences"),
        (
            json!({"usageLocation": "CH"}),
            "/usageLocation",
            "usage-location",
            "the usage location of Adele Vance is US",
        ),
        (json!({"remove": ["SPE_E5"]}), "/giveUpMailbox", "mailbox-licence", "it would be disconnected"),
    ];
    for (more, field, code, says) in table {
        is_found(FUNCTION, &but_for(more), field, code, says).await;
    }
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_wrong_is_told_at_once() {
    let body = but_for(json!({"user": " ", "remove": ["", "SPE_E5"], "join": [""], "usageLocation": "UK"}));
    are_told_at_once(FUNCTION, &body, &["/user", "/remove/0", "/join/0", "/usageLocation"]).await;
}

/// A rule that is good but for these fields; `null` takes one away.
fn rule(more: Value) -> Value {
    let good =
        json!({"name": "Retail", "when": {"department": ["Retail"]}, "licences": [{"sku": "VISIOCLIENT"}]});
    serde_json::from_str(&telling::input::but_for(good, more)).unwrap()
}

/// A file of one rule that is good but for these fields.
fn file(more: Value) -> Value {
    serde_json::from_str(&telling::input::but_for(json!({"rules": [rule(json!({}))]}), more)).unwrap()
}

/// What is wrong with a file of rules, where, and what would be right.
fn bad_rules() -> Vec<(Value, &'static str, &'static str)> {
    let with_rule = |more: Value| file(json!({"rules": [rule(more)]}));
    let groups: Vec<String> = (0..51).map(|number| format!("Group {number}")).collect();
    vec![
        // Not the shape.
        (json!([]), "", "expected an object"),
        (json!({}), "/rules", "required"),
        (file(json!({"rule": []})), "/rule", "unknown field `rule`"),
        (file(json!({"most": -1})), "/most", "expected usize"),
        (file(json!({"takes": "VISIOCLIENT"})), "/takes", "expected a sequence"),
        (with_rule(json!({"when": null})), "/rules/0/when", "required"),
        (with_rule(json!({"licences": null})), "/rules/0/licences", "required"),
        (with_rule(json!({"licence": []})), "/rules/0/licence", "unknown field `licence`"),
        (with_rule(json!({"licences": ["SPE_E3"]})), "/rules/0/licences/0", "expected an object"),
        (
            with_rule(json!({"when": {"departments": ["IT"]}})),
            "/rules/0/when/departments",
            "unknown field `departments`",
        ),
        (with_rule(json!({"when": {"department": "IT"}})), "/rules/0/when/department", "expected a sequence"),
        (with_rule(json!({"when": {"everybody": "yes"}})), "/rules/0/when/everybody", "expected a boolean"),
        // Not what can be meant.
        (file(json!({"rules": []})), "/rules", "at least one rule"),
        (file(json!({"most": 0})), "/most", "at least 1"),
        (file(json!({"fullPassHours": 0})), "/fullPassHours", "at least 1"),
        (file(json!({"takes": ["VISIOCLIENT", " "]})), "/takes/1", "a part number such as SPE_E3"),
        (
            file(json!({"rules": [rule(json!({})), rule(json!({}))]})),
            "/rules/1/name",
            "a name that no rule before has",
        ),
        (with_rule(json!({"name": " "})), "/rules/0/name", "what the rule is called"),
        (with_rule(json!({"licences": []})), "/rules/0/licences", "at least one licence"),
        (
            with_rule(json!({"licences": [{"sku": ""}]})),
            "/rules/0/licences/0/sku",
            "a part number such as SPE_E3",
        ),
        (with_rule(json!({"when": {}})), "/rules/0/when", "who it is about"),
        (with_rule(json!({"when": {"everybody": true, "country": ["CH"]}})), "/rules/0/when", "and not both"),
        (with_rule(json!({"when": {"group": ["Finance", ""]}})), "/rules/0/when/group/1", "a value"),
        (with_rule(json!({"when": {"group": groups}})), "/rules", "at most 50 different groups"),
        (with_rule(json!({"unless": {}})), "/rules/0/unless", "who it is about"),
        (with_rule(json!({"unless": {"everybody": true}})), "/rules/0/unless", "about nobody"),
        (with_rule(json!({"usageLocation": "UK"})), "/rules/0/usageLocation", "GB"),
    ]
}

#[tokio::test(start_paused = true)]
async fn rules_in_a_call_that_are_wrong_are_told_where_and_what_would_be_right() {
    for (rules, pointer, says) in bad_rules() {
        let body = json!({"rules": rules}).to_string();
        is_told_at(FUNCTION, "/reconcile", &body, &format!("/rules{pointer}"), says).await;
    }
    is_told_at(FUNCTION, "/reconcile", "{\"full\": 1}", "/full", "expected a boolean").await;
    is_told_at(FUNCTION, "/reconcile", "{\"rule\": {}}", "/rule", "unknown field `rule`").await;
}

/// A folder of this test's own.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("assign-licence").join(test);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What is wrong with the app setting.
fn setting(text: &str) -> String {
    match Reconcile::read(None, Some(text.to_owned())) {
        Err(Wrong::Setting(says)) => says,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn rules_in_a_file_that_are_wrong_are_told_where_and_what_would_be_right() {
    let file = folder("wrong").join("rules.json");
    for (rules, pointer, right) in bad_rules() {
        fs::write(&file, rules.to_string()).unwrap();
        let says = setting(file.to_str().unwrap());
        assert!(
            says.starts_with(&format!("ASSIGN_RULES: {pointer}")) && says.contains(right),
            "{rules}: {says}"
        );
    }
}

#[test]
fn a_file_of_rules_is_found_and_is_json() {
    let folder = folder("found");
    let path = folder.join("rules.json");
    let file_of = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = file(json!({"most": 7})).to_string();
    let nowhere = folder.join("rule.json");
    let table = [
        (setting(nowhere.to_str().unwrap()), "rule.json cannot be read: No such file"),
        (setting(folder.to_str().unwrap()), "cannot be read: Is a directory"),
        (setting(""), "cannot be read"),
        (setting(&file_of(b"")), "EOF while parsing"),
        (setting(&file_of(b"rules: []")), "expected value"),
        (setting(&file_of(good.trim_end_matches('}').as_bytes())), "EOF while parsing"),
        (setting(&file_of(format!("{good}{good}").as_bytes())), "trailing characters"),
        (setting(&file_of(b"\xff\xfe{\0}\0")), "cannot be read: stream did not contain valid UTF-8"),
        (setting("{\"rules\": []}"), "/rules at least one rule"),
    ];
    for (says, right) in table {
        assert!(says.starts_with("ASSIGN_RULES: ") && says.contains(right), "{says} should say {right:?}");
    }
    let with_bom = [b"\xef\xbb\xbf", good.as_bytes()].concat();
    for told in [file_of(good.as_bytes()), good.clone(), format!("\n {good}\n"), file_of(&with_bom)] {
        let read = Reconcile::read(None, Some(told)).unwrap();
        assert_eq!(read.rules.unwrap().most, 7);
    }
    assert!(
        matches!(Reconcile::read(None, None), Err(Wrong::Setting(says)) if says.contains("must name the file"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_reclaimed_is_told() {
    let reclaim =
        |more: Value| telling::input::but_for(json!({"licences": ["VISIOCLIENT"], "inactiveDays": 30}), more);
    let many: Vec<String> = (0..16).map(|number| format!("SKU_{number}")).collect();
    let table = [
        (String::new(), "", "say which licences, and from whom"),
        ("[]".to_owned(), "", "expected an object"),
        (reclaim(json!({"licences": null})), "/licences", "required"),
        (reclaim(json!({"licences": "VISIOCLIENT"})), "/licences", "expected a sequence"),
        (reclaim(json!({"licences": [{"sku": "VISIOCLIENT"}]})), "/licences/0", "expected a string"),
        (reclaim(json!({"days": 30})), "/days", "unknown field `days`"),
        (reclaim(json!({"inactiveDays": "30"})), "/inactiveDays", "expected u32"),
        (reclaim(json!({"inactiveDays": -1})), "/inactiveDays", "expected u32"),
        (reclaim(json!({"licences": []})), "/licences", "at least one licence"),
        (reclaim(json!({"licences": many})), "/licences", "at most 15"),
        (reclaim(json!({"licences": ["VISIOCLIENT", ""]})), "/licences/1", "a part number such as SPE_E3"),
        (reclaim(json!({"inactiveDays": null})), "/inactiveDays", "from whom"),
        (reclaim(json!({"inactiveDays": 0})), "/inactiveDays", "at least 1"),
        (reclaim(json!({"most": 0})), "/most", "at least 1"),
        (reclaim(json!({"giveUpMailbox": "no"})), "/giveUpMailbox", "expected a boolean"),
    ];
    for (body, pointer, says) in table {
        is_told_at(FUNCTION, "/reclaim", &body, pointer, says).await;
    }
}
