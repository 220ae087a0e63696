//! Bad input: every kind of it gets an answer that names the field and says what would be right, and changes nothing. What
//! is wrong with the request itself is said before anybody looks at the tenant.
//!
//! Which fields can be wrong, and how, only the function's own tables know; what is wrong around a request is the same for
//! every function.

use serde_json::Value;

use crate::tested::Tested;
use crate::values::with;
use crate::world::{Answer, Asked, World};

/// More than any request.
const LARGE: usize = 300 * 1024;

/// A request that is good but for these fields; `null` takes one away.
pub fn but_for(good: Value, more: Value) -> String {
    let mut want = with(good, more);
    want.as_object_mut().into_iter().for_each(|fields| fields.retain(|_, value| !value.is_null()));
    want.to_string()
}

/// A request that is wrong in itself is answered with this field, and with what would be right; with nothing else; and nobody
/// looks at the tenant for that.
///
/// # Panics
///
/// It is not so.
pub async fn is_told(function: Tested, body: &str, pointer: &str, says: &str) {
    is_told_at(function, "", body, pointer, says).await;
}

/// The same of what is asked below the address of the function, such as of a sweep: `/reconcile`.
///
/// # Panics
///
/// It is not so.
pub async fn is_told_at(function: Tested, path: &str, body: &str, pointer: &str, says: &str) {
    let (answer, trips) = refused(function, &[], &(function.path() + path), body).await;
    let context = format!("{body}: {}", answer.body);
    assert_eq!(problem(&answer), (400, "invalid-request"), "{context}");
    let [error] = errors(&answer) else { panic!("one thing is wrong, so one is told: {context}") };
    assert_eq!(error["pointer"], pointer, "{context}");
    assert!(says_so(&error["detail"], says), "{context} should say {says:?}");
    assert_eq!(trips, 0, "{context}: nobody needs to look at the tenant for that");
}

/// Everything that is wrong is told at once: these fields, whatever their order.
///
/// # Panics
///
/// It is not so.
pub async fn are_told_at_once(function: Tested, body: &str, pointers: &[&str]) {
    let (answer, _) = refused(function, &[], &function.path(), body).await;
    let mut told: Vec<&str> = errors(&answer).iter().filter_map(|error| error["pointer"].as_str()).collect();
    let mut pointers = pointers.to_vec();
    told.sort_unstable();
    pointers.sort_unstable();
    assert_eq!(told, pointers, "{}", answer.body);
}

/// What only the tenant can tell is told with its field, its code, and what would be right.
///
/// # Panics
///
/// It is not so.
pub async fn is_found(function: Tested, body: &str, field: &str, code: &str, says: &str) {
    let (answer, _) = refused(function, &[], &function.path(), body).await;
    let findings = answer.outcome()["findings"].as_array().map_or(&[][..], Vec::as_slice);
    let told = findings.iter().any(|finding| {
        finding["level"] == "blocks"
            && finding["field"] == field
            && finding["code"] == code
            && says_so(&finding["says"], says)
    });
    assert!(told && answer.status == 422, "{body}: {code} at {field} should say {says:?}: {}", answer.body);
}

/// A body that is no request at all is told so.
///
/// # Panics
///
/// It is not so, or the good request is not good.
pub async fn no_request(function: Tested, good: &Value) {
    let flaws = function.read(good.clone()).unwrap_or_else(|error| panic!("{good}: {error}"));
    assert!(flaws.is_empty(), "{good}: {flaws:?}");
    let twice = format!("{good}{{}}");
    let table = [
        ("", "the body is empty"),
        ("   \n", "the body is empty"),
        ("a,b\n1,2", "expected"),
        ("[]", "expected an object"),
        ("\"Mallory\"", "expected an object"),
        (&twice, "trailing characters"),
    ];
    for (body, says) in table {
        is_told(function, body, "", says).await;
    }
}

/// A call that is wrong around its body is told so.
///
/// # Panics
///
/// It is not so.
pub async fn wrong_around_it(function: Tested, good: &Value) {
    let (path, good) = (function.path(), good.to_string());
    let large = good.clone() + &" ".repeat(LARGE);
    let long_key = "k".repeat(256);
    let run = |rest: &str| format!("{path}/runs/{rest}");
    let none = "0193d5a8-0000-7000-8000-000000000000";
    type Row<'a> = (&'a [(&'a str, &'a str)], String, &'a str, u16, &'a str);
    let table: [Row<'_>; 10] = [
        (&[("content-type", "text/csv")], path.clone(), &good, 415, "not-json"),
        (&[("content-type", "application/x-www-form-urlencoded")], path.clone(), &good, 415, "not-json"),
        (&[], path.clone(), &large, 413, "too-large"),
        (&[("if-match", "*")], path.clone(), &good, 400, "invalid-header"),
        (&[("if-match", "\"not a digest\"")], path.clone(), &good, 400, "invalid-header"),
        (&[("idempotency-key", &long_key)], path.clone(), &good, 400, "invalid-header"),
        (&[], format!("{path}?whatIf=yes"), &good, 400, "invalid-query"),
        (&[], run("4711/undo"), "", 404, "no-such-run"),
        (&[], run(&format!("{none}/undo")), "", 404, "no-such-run"),
        (&[], run(&format!("{none}/no-such-action")), "", 404, "nothing-here"),
    ];
    for (headers, path, body, status, kind) in table {
        let (answer, trips) = refused(function, headers, &path, body).await;
        assert_eq!(problem(&answer), (status, kind), "{path} {headers:?}: {}", answer.body);
        assert!(answer.body["title"].as_str().is_some_and(|title| title.len() > 10), "{}", answer.body);
        assert_eq!(trips, 0, "{path} {headers:?}: nobody needs to look at the tenant for that");
    }
}

/// Asks in a world of its own, and sees to it that nothing was changed; tells how many round trips that took.
async fn refused(function: Tested, headers: &[(&str, &str)], path: &str, body: &str) -> (Answer, usize) {
    let world = World::new(function);
    let before = world.tenant.state();
    let answer = world.ask(Asked { method: "POST", path, headers, body: body.into() }).await;
    assert!(world.tenant.state() == before, "{path} {body}: the tenant has changed");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{path} {body}: {}", answer.body);
    (answer, world.tenant.transcript().len())
}

/// Status and kind of a problem.
fn problem(answer: &Answer) -> (u16, &str) {
    let kind = answer.body["type"].as_str().unwrap_or_default();
    (answer.status, kind.strip_prefix("urn:m365-functions:problem:").unwrap_or(kind))
}

fn errors(answer: &Answer) -> &[Value] {
    answer.body["errors"].as_array().map_or(&[], Vec::as_slice)
}

fn says_so(text: &Value, says: &str) -> bool {
    text.as_str().is_some_and(|text| text.contains(says))
}
