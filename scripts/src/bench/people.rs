//! The people of the measurements. New hires get one licence, a manager, three groups; leavers are named, and no more.

use serde_json::{Value, json};

use super::lab::{FUNCTION, LEAVING};
use super::wire;

/// The SKU that they get.
pub(super) const SKU: &str = "SPE_E3";

/// The groups that they join.
pub(super) const GROUPS: [&str; 3] = ["Retail", "Finance", "IT Staff"];

/// Their number, as the tenant knows it.
pub(super) fn employee_id(number: usize) -> String {
    format!("bench-{number:05}")
}

/// The body of a call that onboards the new hire of that number.
pub(super) fn new_hire(number: usize) -> Value {
    let mut hire = alone(number);
    hire["usageLocation"] = "US".into();
    hire["manager"] = "MiriamG@contoso.com".into();
    hire["licences"] = json!([{"sku": SKU}]);
    hire["groups"] = json!(GROUPS);
    hire
}

/// The same with a Temporary Access Pass.
pub(super) fn with_pass(number: usize) -> Value {
    let mut hire = new_hire(number);
    hire["temporaryAccessPass"] = json!({"lifetimeInMinutes": 60});
    hire
}

/// An account and nothing else.
pub(super) fn alone(number: usize) -> Value {
    json!({
        "employeeId": employee_id(number),
        "givenName": "Mallory",
        "surname": "Cortez",
        "userPrincipalName": format!("hire{number:05}@contoso.com"),
    })
}

/// A call that only asks what would be done.
pub(super) fn preview(hire: &Value) -> Vec<u8> {
    wire::request("POST", &format!("/api/{FUNCTION}?whatIf=true"), Some(hire))
}

/// A call that does it.
pub(super) fn onboard(hire: &Value) -> Vec<u8> {
    wire::request("POST", &format!("/api/{FUNCTION}"), Some(hire))
}

/// A call that offboards somebody.
pub(super) fn leave(user: &str) -> Vec<u8> {
    wire::request("POST", &format!("/api/{LEAVING}"), Some(&json!({"user": user})))
}
