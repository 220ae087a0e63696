//! The handler's answer, taken literally.
//!
//! | answer | reading |
//! |---|---|
//! | 2xx, `application/json` or `text/json`, an object | done |
//! | 2xx, no body, or `null` | never: the invocation hangs until functionTimeout |
//! | 2xx, another content type or none, or not an object | failed |
//! | anything but 2xx | failed, the body is ignored |

use super::node::Node;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

/// What the host makes of an answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Reading {
    Done(Answer),
    /// The host waits for ever; only functionTimeout ends it.
    Never,
    Failed(String),
}

/// The three parts of an answer; whatever else it holds is ignored.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// `None` where it was absent or null, which differs from an empty object.
    pub(crate) outputs: Option<Node>,
    pub(crate) logs: Vec<String>,
    pub(crate) return_value: Option<Node>,
}

pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Reading {
    if !status.is_success() {
        let reason = status.canonical_reason().unwrap_or_default();
        return Reading::Failed(format!(
            "Response status code does not indicate success: {} ({reason}).",
            status.as_u16()
        ));
    }
    let text = String::from_utf8_lossy(body);
    if text.trim().is_empty() {
        return Reading::Never;
    }
    let invalid = |why: String| Reading::Failed(format!("Invalid HttpResponseMessage: {why}\n {text}"));
    if !is_json(headers) {
        return invalid(format!(
            "No MediaTypeFormatter is available to read an object of type 'HttpScriptInvocationResult' from content \
             with media type '{}'.",
            media_type(headers)
        ));
    }
    match Node::parse(&text) {
        Ok(Node::Null) => Reading::Never,
        Ok(node @ Node::Object(_)) => answer(&node).map_or_else(invalid, Reading::Done),
        Ok(_) => invalid("the answer must be a JSON object".into()),
        Err(why) => invalid(why),
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let value =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("application/octet-stream");
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(headers: &HeaderMap) -> bool {
    matches!(media_type(headers).as_str(), "application/json" | "text/json")
}

fn answer(node: &Node) -> Result<Answer, String> {
    Ok(Answer {
        outputs: match node.get_ignoring_case("Outputs") {
            None | Some(Node::Null) => None,
            Some(outputs @ Node::Object(_)) => Some(outputs.clone()),
            Some(_) => return Err("Outputs must be an object".into()),
        },
        logs: match node.get_ignoring_case("Logs") {
            None | Some(Node::Null) => Vec::new(),
            Some(Node::Array(lines)) => lines.iter().map(log_line).collect::<Result<_, _>>()?,
            Some(_) => return Err("Logs must be an array of strings".into()),
        },
        return_value: node.get_ignoring_case("ReturnValue").filter(|value| !value.is_null()).cloned(),
    })
}

fn log_line(node: &Node) -> Result<String, String> {
    match node {
        Node::Text(text) => Ok(text.clone()),
        Node::Array(_) | Node::Object(_) => Err("Logs must be an array of strings".into()),
        scalar => Ok(scalar.to_dotnet()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(status: u16, content_type: Option<&str>, body: &str) -> Reading {
        let headers = content_type.into_iter().map(|value| (CONTENT_TYPE, value.parse().unwrap())).collect();
        read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    fn shown(reading: &Reading) -> String {
        match reading {
            Reading::Done(answer) => format!("done {}", answer.logs.len()),
            Reading::Never => "never".into(),
            Reading::Failed(why) => why.lines().next().unwrap_or_default().into(),
        }
    }

    #[test]
    fn every_kind_of_answer_has_its_reading() {
        const JSON: Option<&str> = Some("application/json; charset=utf-8");
        let cases = [
            (200, JSON, r#"{"Outputs":{},"Logs":["a","b"],"ReturnValue":null}"#, "done 2"),
            (202, Some("text/json"), r#"{"logs":[1]}"#, "done 1"),
            (200, JSON, r#"{"other":1}"#, "done 0"),
            (200, JSON, "", "never"),
            (204, None, "", "never"),
            (200, JSON, " null ", "never"),
            (200, Some("text/plain"), "", "never"),
            (200, JSON, "{", "Invalid HttpResponseMessage: EOF while parsing an object at line 1 column 1"),
            (200, JSON, "[]", "Invalid HttpResponseMessage: the answer must be a JSON object"),
            (200, JSON, r#"{"Logs":[{}]}"#, "Invalid HttpResponseMessage: Logs must be an array of strings"),
            (200, JSON, r#"{"Outputs":[]}"#, "Invalid HttpResponseMessage: Outputs must be an object"),
            (404, JSON, "{}", "Response status code does not indicate success: 404 (Not Found)."),
            (500, JSON, "{}", "Response status code does not indicate success: 500 (Internal Server Error)."),
        ];
        for (status, content_type, body, expected) in cases {
            assert_eq!(
                shown(&reading(status, content_type, body)),
                expected,
                "{status} {content_type:?} {body}"
            );
        }
    }

    #[test]
    fn an_answer_without_a_json_content_type_is_refused() {
        for content_type in [None, Some("text/plain"), Some("application/problem+json")] {
            let reading = shown(&reading(200, content_type, "{}"));
            assert!(reading.contains("No MediaTypeFormatter is available"), "{content_type:?}: {reading}");
        }
    }
}
