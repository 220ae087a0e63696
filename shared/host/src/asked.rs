//! What a call asks, read strictly: body, `whatIf`, `If-Match`, `Idempotency-Key`, `Prefer`.
//!
//! An unknown field, a wrong type or an impossible date is an error that names the field; nothing is ignored and nothing is
//! guessed. Query options that are not ours are left alone, since the Functions host passes its key as `code`.

use http::{HeaderMap, StatusCode, Uri, header};
use plan::{Approval, Digest, Flaw};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::problem::Problem;

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
    /// Reads query and headers. `body` makes the key of a Logic Apps action its own for each item of a loop.
    pub(crate) fn read(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        Ok(Self {
            what_if: what_if(uri)?,
            approval: approval(headers)?,
            key: key(headers, body)?,
            respond_async: text(headers, "prefer").is_some_and(|prefer| prefer.contains("respond-async")),
        })
    }
}

/// The body as a type of ours.
pub(crate) fn body<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    let kind = text(headers, header::CONTENT_TYPE.as_str()).unwrap_or("application/json");
    if !kind.to_ascii_lowercase().contains("json") {
        let title = "the body must be JSON (Content-Type: application/json)";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", title));
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::invalid([Flaw::at("", "the body is empty; it must be a JSON object")]));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| Problem::invalid([Flaw::at(pointer(error.path()), error.inner().to_string())]))?;
    json.end().map_err(|error| Problem::invalid([Flaw::at("", error.to_string())]))?;
    Ok(read)
}

/// A path of serde as a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    segments.map(|segment| format!("/{segment}")).collect()
}

fn what_if(uri: &Uri) -> Result<bool, Problem> {
    let options = uri.query().unwrap_or_default().split('&').filter_map(|option| option.split_once('='));
    let mut given = options.filter(|(name, _)| name.eq_ignore_ascii_case("whatIf")).map(|(_, value)| value);
    match given.next() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(query_problem("whatIf is true or false")),
    }
}

fn query_problem(says: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-query", says)
}

/// `If-Match: "<digest>"`: one strong entity tag.
fn approval(headers: &HeaderMap) -> Result<Approval, Problem> {
    let Some(tag) = text(headers, "if-match") else { return Ok(Approval::None) };
    let digest = tag.trim().strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    match digest.filter(|digest| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Some(digest) => Ok(Approval::Exactly(Digest(digest.to_ascii_lowercase()))),
        None => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid-header",
            "If-Match holds the planDigest of a preview, in quotes",
        )),
    }
}

/// The caller's key, or what Logic Apps says of its action. Its ids repeat in a loop, so the body is part of it.
fn key(headers: &HeaderMap, body: &[u8]) -> Result<Option<String>, Problem> {
    if let Some(key) = text(headers, "idempotency-key") {
        return match key.trim() {
            key if (1..=255).contains(&key.len()) => Ok(Some(format!("caller {key}"))),
            _ => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid-header",
                "Idempotency-Key has 1 to 255 characters",
            )),
        };
    }
    let run = text(headers, "x-ms-client-tracking-id").or_else(|| text(headers, "x-ms-workflow-run-id"));
    let action = text(headers, "x-ms-workflow-operation-name");
    Ok(run.zip(action).map(|(run, action)| format!("flow {run} {action} {}", fingerprint(body))))
}

fn fingerprint(body: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(body).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Thing {
        name: String,
        #[serde(default)]
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Part {
        on: jiff::civil::Date,
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
            .collect::<Vec<(http::HeaderName, http::HeaderValue)>>()
            .into_iter()
            .collect()
    }

    fn first_error(text: &str) -> (String, String) {
        let problem = body::<Thing>(&HeaderMap::new(), text.as_bytes()).unwrap_err();
        let json = serde_json::to_value(&problem).unwrap();
        let error = &json["errors"][0];
        (error["pointer"].as_str().unwrap().to_owned(), error["detail"].as_str().unwrap().to_owned())
    }

    #[test]
    fn nonsense_is_told_with_the_field_and_what_would_be_right() {
        let table = [
            ("", "", "the body is empty"),
            ("{", "", "EOF while parsing"),
            ("[]", "", "missing field `name`"),
            ("{}", "", "missing field `name`"),
            (r#"{"name": 7}"#, "/name", "expected a string"),
            (r#"{"name": "x", "nmae": "y"}"#, "/nmae", "unknown field `nmae`"),
            (r#"{"name": "x", "parts": [{"on": "2026-02-30"}]}"#, "/parts/0/on", "2026-02-30"),
            (r#"{"name": "x", "parts": {}}"#, "/parts", "expected a sequence"),
            (r#"{"name": "x"} {"#, "", "trailing characters"),
            (r#"{"name": "x", "name": "y"}"#, "", "duplicate field `name`"),
        ];
        for (text, field, says) in table {
            let (pointer, detail) = first_error(text);
            assert!(detail.contains(says), "{text}: {detail}");
            assert!(
                pointer == field || text.starts_with('[') || text.contains(r#""name": "y""#),
                "{text}: {pointer}"
            );
        }
    }

    #[test]
    fn what_if_is_true_or_false_and_nothing_else() {
        let read = |uri: &str| what_if(&uri.parse().unwrap());
        assert_eq!(read("/api/x"), Ok(false));
        assert_eq!(read("/api/x?code=k&whatIf=true"), Ok(true));
        assert_eq!(read("/api/x?whatif=false"), Ok(false));
        assert!(read("/api/x?whatIf=yes").is_err());
    }

    #[test]
    fn an_approval_is_a_digest_in_quotes() {
        let digest = "ab".repeat(32);
        let quoted = format!("\"{digest}\"");
        let read = |text: &str| approval(&headers(&[("if-match", text)]));
        assert_eq!(read(&quoted), Ok(Approval::Exactly(Digest(digest.clone()))));
        assert!(read(&digest).is_err() && read("*").is_err() && read("\"abc\"").is_err());
    }

    #[test]
    fn the_same_action_with_another_body_is_another_run() {
        let flow =
            headers(&[("x-ms-client-tracking-id", "0858"), ("x-ms-workflow-operation-name", "Onboard")]);
        assert_eq!(key(&flow, b"{}"), key(&flow, b"{}"));
        assert_ne!(key(&flow, b"{}"), key(&flow, b"[]"));
        assert_eq!(key(&HeaderMap::new(), b"{}"), Ok(None));
        let named = headers(&[("idempotency-key", "7"), ("x-ms-client-tracking-id", "0858")]);
        assert_eq!(key(&named, b"{}"), key(&named, b"[]"));
    }
}
