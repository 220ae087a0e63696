//! Bad input: every kind of it gets an answer that names the field and says what would be right, and changes nothing.

#![cfg(test)]

use serde_json::{Value, json};
use telling::input::{are_told_at_once, is_found, is_told};

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
