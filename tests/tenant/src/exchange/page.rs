//! Answers of several rows: how many there are to be, and on which page.
//!
//! A page holds a thousand at most. The link to the next is asked with the same body as the first, within half an hour.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Context;
use super::call::Call;
use super::refusal::Refusal;
use super::row::Row;
use crate::ids::hashed;
use crate::login::fields;

/// The most rows on a page.
pub(super) const LONGEST: usize = 1_000;
/// What `ResultSize` is when it is not given.
const USUAL: usize = 1_000;
const EXPIRY_MS: i64 = 30 * 60 * 1_000;

/// The whole body of a good answer.
pub(super) fn body(
    call: &Call,
    context: &Context<'_>,
    mut rows: Vec<Row>,
    mut warnings: Vec<String>,
) -> Result<Value, Refusal> {
    let query = fields(&call.query);
    if rows.len() > most(context) {
        rows.truncate(most(context));
        warnings.push("There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.".to_owned());
    }
    let start = query.get("$skiptoken").map(|token| opened(call, token, context.view.now_ms)).transpose()?;
    let (start, total) = (start.unwrap_or(0), rows.len());
    let select: Option<Vec<String>> =
        query.get("$select").map(|names| names.split(',').map(|name| name.trim().to_owned()).collect());
    let page: Vec<Value> =
        rows.into_iter().skip(start).take(call.page).map(|row| row.selected(select.as_deref())).collect();
    let mut body = json!({
        "@odata.context": format!("https://outlook.office365.com/adminapi/beta/{}/$metadata#Collection(Exchange.GenericHashTable)", call.tenant),
        "adminapi.warnings@odata.type": "#Collection(String)", "@adminapi.warnings": warnings, "value": page,
    });
    if start + call.page < total {
        body["@odata.nextLink"] = json!(link(call, &query, start + call.page, context.view.now_ms));
    }
    Ok(body)
}

fn most(context: &Context<'_>) -> usize {
    if !context.cmdlet.parameters.iter().any(|(name, _)| *name == "ResultSize") {
        return usize::MAX;
    }
    match context.given.value("ResultSize") {
        None | Some(Value::Null) => USUAL,
        Some(Value::Number(number)) => {
            number.as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(USUAL)
        }
        Some(value) => value.as_str().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX),
    }
}

fn link(call: &Call, query: &std::collections::BTreeMap<String, String>, from: usize, now_ms: i64) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!("{from}|{now_ms}|{}", mark(call)));
    let select = query.get("$select").map(|names| format!("$select={names}&")).unwrap_or_default();
    format!("{}{}?{select}$skiptoken={token}", call.root, call.path)
}

/// What tells one body from another.
fn mark(call: &Call) -> u64 {
    hashed(&call.payload.json().map(Value::to_string).unwrap_or_default(), 5)
}

/// The row that a page begins with.
fn opened(call: &Call, token: &str, now_ms: i64) -> Result<usize, Refusal> {
    let expired = || {
        let message = "Expired or Invalid pagination request. Default Expiry time is 00:30:00";
        Refusal::Malformed(400, message.to_owned())
    };
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(expired)?;
    let parts: Vec<i128> = text.split('|').filter_map(|part| part.parse().ok()).collect();
    match parts[..] {
        [from, at, body]
            if body == i128::from(mark(call)) && i128::from(now_ms) <= at + i128::from(EXPIRY_MS) =>
        {
            usize::try_from(from).map_err(|_| expired())
        }
        _ => Err(expired()),
    }
}
