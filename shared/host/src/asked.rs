//! What a call asks, read strictly: `whatIf`, `If-Match`, `Idempotency-Key`, `Prefer`.
//!
//! A preview that is misspelt must not become a change, nor an approval that cannot be read one that was not given. So
//! an unknown option, a repeated header or one that is not text is an error that names it; nothing is ignored, and
//! nothing is guessed.

use axum::extract::Query;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use plan::{Approval, Digest};
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// Options of the front end in the address, which are none of ours: the function key and its name (Azure Functions), the
/// subscription key (API Management).
const NOT_OURS: [&str; 3] = ["code", "clientId", "subscription-key"];

/// Whether an option of the address is one for us.
pub(crate) fn is_ours(name: &str) -> bool {
    !NOT_OURS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// How a call wants its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Plan only.
    pub(crate) what_if: bool,
    /// The approved digest.
    pub(crate) approval: Approval,
    /// What makes a repeated call the same run.
    pub(crate) key: Option<String>,
    /// Whether the caller would rather poll.
    pub(crate) respond_async: bool,
}

impl Asked {
    /// Reads query and headers. `about` is what is asked for, and makes the key of a Logic Apps action its own for each
    /// item of a loop.
    pub(crate) fn read(uri: &Uri, headers: &HeaderMap, about: &[u8]) -> Result<Self, Problem> {
        Ok(Self {
            what_if: what_if(uri)?,
            approval: approval(headers)?,
            key: key(headers, about)?,
            respond_async: respond_async(headers)?,
        })
    }
}

/// Whether a call only wants to see what would become of it.
pub(crate) fn what_if(uri: &Uri) -> Result<bool, Problem> {
    let wrong = |says: String| Problem::new(StatusCode::BAD_REQUEST, "invalid-query", says);
    let Query(options) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| wrong("the options of the address cannot be read".into()))?;
    let is = |name: &str, known: &str| name.eq_ignore_ascii_case(known);
    let ours = options.iter().filter(|(name, _)| is_ours(name));
    let (asked, unknown): (Vec<_>, Vec<_>) = ours.partition(|(name, _)| is(name, "whatIf"));
    if let Some((name, _)) = unknown.first() {
        return Err(wrong(format!("there is no option {name}; there is whatIf, which is true or false")));
    }
    match asked.as_slice() {
        [] => Ok(false),
        [(_, value)] if is(value, "false") => Ok(false),
        [(_, value)] if is(value, "true") => Ok(true),
        _ => Err(wrong("whatIf is given once, and is true or false".into())),
    }
}

/// `If-Match: "<digest>"`: one strong entity tag.
fn approval(headers: &HeaderMap) -> Result<Approval, Problem> {
    const RIGHT: &str = "holds the planDigest of a preview, in quotes";
    let Some(tag) = single(headers, "If-Match", RIGHT)? else { return Ok(Approval::None) };
    let digest = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    let digest = digest.filter(|text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let digest = digest.ok_or_else(|| wrong_header("If-Match", RIGHT))?;
    Ok(Approval::Exactly(Digest(digest.to_ascii_lowercase())))
}

/// The caller's key, or what Logic Apps says of its action. Its ids repeat in a loop, so what is asked for is part of it.
fn key(headers: &HeaderMap, about: &[u8]) -> Result<Option<String>, Problem> {
    const RIGHT: &str = "has 1 to 255 characters of ASCII";
    match single(headers, "Idempotency-Key", RIGHT)? {
        Some(key) if (1..=255).contains(&key.len()) => Ok(Some(format!("caller {key}"))),
        Some(_) => Err(wrong_header("Idempotency-Key", RIGHT)),
        None => Ok(flow_key(headers, about)),
    }
}

/// The run of the flow comes before the tracking id, which a caller may choose, and choose twice.
fn flow_key(headers: &HeaderMap, about: &[u8]) -> Option<String> {
    let text = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let run = text("x-ms-workflow-run-id").or_else(|| text("x-ms-client-tracking-id"))?;
    let action = text("x-ms-workflow-operation-name")?;
    Some(format!("flow {run} {action} {}", fingerprint(about)))
}

fn fingerprint(about: &[u8]) -> String {
    Sha256::digest(about).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `Prefer: respond-async`, among other preferences or alone (RFC 7240).
fn respond_async(headers: &HeaderMap) -> Result<bool, Problem> {
    let lines = headers.get_all("prefer").iter().map(HeaderValue::to_str);
    let lines: Vec<&str> = lines
        .collect::<Result<_, _>>()
        .map_err(|_| invalid("Prefer holds preferences in ASCII, such as respond-async"))?;
    let names = lines.iter().flat_map(|line| line.split(',')).filter_map(|text| text.split(';').next());
    Ok(names.into_iter().any(|name| name.trim().eq_ignore_ascii_case("respond-async")))
}

/// A header that may be given once.
fn single<'a>(headers: &'a HeaderMap, name: &str, right: &str) -> Result<Option<&'a str>, Problem> {
    let mut given = headers.get_all(name).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            value.to_str().map(|text| Some(text.trim())).map_err(|_| wrong_header(name, right))
        }
        _ => Err(wrong_header(name, right)),
    }
}

fn wrong_header(name: &str, right: &str) -> Problem {
    invalid(format!("{name} is given once, and {right}"))
}

fn invalid(says: impl Into<Box<str>>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-header", says)
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn what_if_is_true_or_false_and_a_misspelt_preview_is_no_change() {
        let table = [
            ("", Some(false)),
            ("?", Some(false)),
            ("?code=k", Some(false)),
            ("?code=k&whatIf=true", Some(true)),
            ("?whatif=True&clientId=default", Some(true)),
            ("?%77hat%49f=%74rue", Some(true)),
            ("?whatIf=false", Some(false)),
            ("?whatIf", None),
            ("?whatIf=", None),
            ("?whatIf=yes", None),
            ("?whatIf=true&whatIf=true", None),
            ("?whatIf=true,true", None),
            ("?what-if=true", None),
            ("?dryRun=true", None),
        ];
        for (query, expected) in table {
            let uri = format!("/api/greet{query}").parse().unwrap();
            assert_eq!(what_if(&uri).ok(), expected, "{query}");
        }
    }

    #[test]
    fn an_approval_is_one_digest_in_quotes() {
        let digest = "ab".repeat(32);
        let quoted = format!("\"{digest}\"");
        let read = |tags: &[&str]| {
            approval(&headers(&tags.iter().map(|tag| ("if-match", *tag)).collect::<Vec<_>>()))
        };
        let exactly = Approval::Exactly(Digest(digest.clone()));
        assert_eq!(read(&[]), Ok(Approval::None));
        assert_eq!(read(&[&quoted]), Ok(exactly.clone()));
        assert_eq!(read(&[&quoted.to_uppercase()]), Ok(exactly));
        for wrong in [digest.as_str(), "*", "\"abc\"", &format!("W/{quoted}"), "\"é\"", ""] {
            assert!(read(&[wrong]).is_err(), "{wrong}");
        }
        assert!(read(&[&quoted, &quoted]).is_err());
    }

    #[test]
    fn a_key_is_the_callers_own_or_that_of_the_action_of_a_flow() {
        let long = "k".repeat(256);
        let run = ("x-ms-workflow-run-id", "08586611142736787787412824395CU21");
        let tracked = ("x-ms-client-tracking-id", "order 7");
        let action = ("x-ms-workflow-operation-name", "Onboard");
        let read = |pairs: &[(&'static str, &str)]| key(&headers(pairs), b"{}");
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("idempotency-key", "7"), run, action]), Ok(Some("caller 7".into())));
        for wrong in ["", " ", &long, "schlüssel"] {
            assert!(read(&[("idempotency-key", wrong)]).is_err(), "{wrong}");
        }
        assert!(read(&[("idempotency-key", "7"), ("idempotency-key", "7")]).is_err());
        assert_eq!(read(&[run]), Ok(None), "an action without a name");
        assert_eq!(read(&[run, tracked, action]), read(&[run, action]));
        assert!(read(&[tracked, action]).unwrap().unwrap().starts_with("flow order 7 Onboard "));
    }

    #[test]
    fn the_same_action_with_another_body_is_another_run_but_a_callers_key_is_not() {
        let flow = headers(&[("x-ms-workflow-run-id", "0858"), ("x-ms-workflow-operation-name", "Onboard")]);
        assert_eq!(key(&flow, b"{}"), key(&flow, b"{}"));
        assert_ne!(key(&flow, b"{}"), key(&flow, b"[]"));
        let named = headers(&[("idempotency-key", "7")]);
        assert_eq!(key(&named, b"{}"), key(&named, b"[]"));
    }

    #[test]
    fn a_preference_stands_alone_or_among_others() {
        type Pairs<'a> = &'a [(&'static str, &'a str)];
        let table: [(Pairs, Option<bool>); 7] = [
            (&[], Some(false)),
            (&[("prefer", "respond-async")], Some(true)),
            (&[("prefer", "return=minimal, Respond-Async; foo=bar")], Some(true)),
            (&[("prefer", "return=minimal"), ("prefer", "respond-async")], Some(true)),
            (&[("prefer", "no-respond-async")], Some(false)),
            (&[("prefer", "wait=10")], Some(false)),
            (&[("prefer", "respond-async"), ("prefer", "schlüssel")], None),
        ];
        for (pairs, expected) in table {
            assert_eq!(respond_async(&headers(pairs)).ok(), expected, "{pairs:?}");
        }
    }
}
