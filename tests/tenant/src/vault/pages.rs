//! Lists: twenty-five at most on a page, and a link to the next.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::refusal::{Refusal, bad};
use super::{Context, Reply, SUFFIX, Told};

const LONGEST: usize = 25;

/// A page of a list at an address such as `certificates`. Elements come in the order of what is before them, which is
/// what the link remembers.
pub(super) fn page(context: &Context, path: &str, mut all: Vec<(String, Value)>) -> Told {
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    let size = size(context)?;
    let after = after(context)?;
    let left = all.iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let (mut shown, mut last, mut more) = (Vec::new(), None, false);
    for (key, element) in left {
        more = shown.len() == size;
        if more {
            break;
        }
        shown.push(element.clone());
        last = Some(key);
    }
    let next = last.filter(|_| more).map(|last| link(context, path, last, size));
    Ok(Reply::ok(json!({ "value": shown, "nextLink": next })))
}

fn size(context: &Context) -> Result<usize, Refusal> {
    let given = context.query.get("maxresults").map(|size| size.parse::<usize>());
    match given {
        None => Ok(LONGEST),
        Some(Ok(size)) if (1..=LONGEST).contains(&size) => Ok(size),
        Some(_) => Err(bad(format!("maxresults must be an integer between 1 and {LONGEST}"))),
    }
}

fn after(context: &Context) -> Result<Option<String>, Refusal> {
    let Some(token) = context.query.get("$skiptoken") else { return Ok(None) };
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Some).ok_or_else(|| bad("The $skiptoken is not one that this vault gave."))
}

fn link(context: &Context, path: &str, last: &str, size: usize) -> String {
    let version = context.query.get("api-version").map(String::as_str).unwrap_or_default();
    let token = URL_SAFE_NO_PAD.encode(last);
    format!(
        "https://{}{SUFFIX}:443/{path}?api-version={version}&$skiptoken={token}&maxresults={size}",
        context.vault
    )
}
