//! Whether an object meets a condition that was found to be supported. Texts are compared whatever their case.

use serde_json::Value;

use super::parse::{Expr, Literal};
use crate::clock;

/// Gives the value at the first segment of a path; null where there is none.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Value;

/// Whether the condition holds.
pub(crate) fn holds(expr: &Expr, lookup: Lookup<'_>) -> bool {
    match expr {
        Expr::And(left, right) => holds(left, lookup) && holds(right, lookup),
        Expr::Or(left, right) => holds(left, lookup) || holds(right, lookup),
        Expr::Not(inner) => !holds(inner, lookup),
        Expr::Compare { path, operator, value } => compare(&resolve(path, lookup), operator, value),
        Expr::In { path, values } => {
            let found = resolve(path, lookup);
            values.iter().any(|value| compare(&found, "eq", value))
        }
        Expr::Count { path, operator, value } => {
            let found = resolve(path, lookup).as_array().map_or(0, Vec::len);
            compare(&Value::from(found), operator, value)
        }
        Expr::Any { path, name, inner } => {
            let found = resolve(path, lookup);
            let elements = found.as_array().map(Vec::as_slice).unwrap_or_default();
            elements.iter().any(|element| holds(inner, &|first| within(first, name, element, lookup)))
        }
    }
}

fn within(first: &str, name: &str, element: &Value, outside: Lookup<'_>) -> Value {
    if first == name { element.clone() } else { outside(first) }
}

fn resolve(path: &[String], lookup: Lookup<'_>) -> Value {
    let Some((first, rest)) = path.split_first() else { return Value::Null };
    rest.iter().fold(lookup(first), |value, member| value.get(member).cloned().unwrap_or_default())
}

fn compare(found: &Value, operator: &str, wanted: &Literal) -> bool {
    let order = order(found, wanted);
    match operator {
        "eq" => order.is_some_and(std::cmp::Ordering::is_eq),
        "ne" => !order.is_some_and(std::cmp::Ordering::is_eq),
        "ge" => order.is_some_and(std::cmp::Ordering::is_ge),
        "le" => order.is_some_and(std::cmp::Ordering::is_le),
        "startswith" => texts(found, wanted).is_some_and(|(found, wanted)| found.starts_with(&wanted)),
        "endswith" => texts(found, wanted).is_some_and(|(found, wanted)| found.ends_with(&wanted)),
        _ => false,
    }
}

fn order(found: &Value, wanted: &Literal) -> Option<std::cmp::Ordering> {
    match wanted {
        Literal::Null => found.is_null().then_some(std::cmp::Ordering::Equal),
        Literal::Bool(wanted) => found.as_bool().map(|found| found.cmp(wanted)),
        Literal::Number(wanted) => found.as_f64().and_then(|found| found.partial_cmp(wanted)),
        Literal::Date(wanted) => found.as_str().and_then(clock::read).map(|found| found.cmp(wanted)),
        Literal::Guid(wanted) => found.as_str().map(|found| found.to_lowercase().cmp(&wanted.to_string())),
        Literal::Text(_) => texts(found, wanted).map(|(found, wanted)| found.cmp(&wanted)),
    }
}

fn texts(found: &Value, wanted: &Literal) -> Option<(String, String)> {
    let Literal::Text(wanted) = wanted else { return None };
    found.as_str().map(|found| (found.to_lowercase(), wanted.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse::filter;
    use super::*;

    #[test]
    fn conditions_hold_or_do_not() {
        let object = json!({
            "displayName": "Adele Vance", "accountEnabled": true, "createdDateTime": "2026-01-02T00:00:00Z",
            "proxyAddresses": ["SMTP:adelev@contoso.com"], "assignedLicenses": [],
            "licences": [{"skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06"}],
        });
        let table = [
            ("displayName eq 'ADELE vance'", true),
            ("startswith(displayName,'Adele') and accountEnabled eq true", true),
            ("endsWith(displayName,'Wilber')", false),
            ("not(displayName eq 'Alex')", true),
            ("displayName in ('x', 'Adele Vance')", true),
            ("createdDateTime ge 2026-01-01T00:00:00Z", true),
            ("createdDateTime le 2026-01-01T00:00:00Z", false),
            ("department eq null", true),
            ("department ne 'Sales'", true),
            ("proxyAddresses/any(p:startswith(p,'smtp:adele'))", true),
            ("licences/any(l:l/skuId eq 06ebc4ee-1bb5-47dd-8120-11324bc54e06)", true),
            ("assignedLicenses/$count eq 0", true),
        ];
        for (text, expected) in table {
            let lookup = |name: &str| object.get(name).cloned().unwrap_or_default();
            assert_eq!(holds(&filter(text).unwrap(), &lookup), expected, "{text}");
        }
    }
}
